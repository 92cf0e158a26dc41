"""Stories of jobs that start an existing container group, which gets no environment and is never deleted."""

from dataclasses import replace

from tests.world import World, at, minutes
from tests.world.story import SETTINGS

JOB, GROUP = "weather/report", "nightly"


def provisioned(policy: str = "Never", **how: object) -> World:
    """A group that ran once when it was provisioned, and a job that starts it every ten minutes."""
    world = World()
    world.groups.behave("report", **{"duration": 30, "log": "::watermark::done\n", **how})  # type: ignore[arg-type]  # a story's own words
    world.groups.provision(GROUP, "report", policy)
    world.clock.to("09:05")
    world.add(JOB, Schedule="*/10 * * * *", ContainerGroup=GROUP)
    world.tick("09:05:30")
    return world


def test_it_is_started_watched_and_left_in_place() -> None:
    world = provisioned()
    world.tick("09:10")
    assert world.row(JOB)["Status"] == "Starting"
    world.ticks("09:10:20", "09:11")
    row = world.row(JOB)
    assert (row["Status"], row["Watermark"], row["Active"]) == ("Succeeded", "done", False)
    assert GROUP in world.groups.groups
    assert (world.groups.calls["delete"], len(world.groups.starts[GROUP])) == (0, 2)


def test_the_previous_runs_end_does_not_close_the_new_run() -> None:
    world = provisioned(start_delay=120)
    world.ticks("09:10", "09:11", "09:11:30")
    assert world.states(JOB) == ["Active"]
    world.ticks("09:12:10", "09:13")
    assert world.states(JOB) == ["Succeeded"]


def test_timeout_and_cancel_stop_it() -> None:
    world = provisioned(duration=None)
    world.groups.stop(GROUP)
    world.ticks("09:10", "09:11")
    world.edit(JOB, Request="cancel")
    world.tick("09:12")
    assert (world.states(JOB), world.groups.calls["delete"]) == (["Cancelled"], 0)
    assert world.groups.groups[GROUP].began is None


def test_a_group_that_somebody_else_started_is_left_alone() -> None:
    world = provisioned(duration=None)
    world.ticks("09:10", "09:11")
    assert world.states(JOB) == ["Skipped"]
    assert "running already" in str(world.row(JOB)["Reason"])
    assert world.groups.calls["start"] == 0


def test_a_group_that_always_restarts_is_invalid_and_mended_by_an_edit() -> None:
    world = provisioned("Always")
    assert world.row(JOB)["Status"] == "Invalid"
    assert "restartPolicy is Always" in str(world.row(JOB)["Reason"])
    world.tick("09:06")
    assert world.row(JOB)["Status"] == "Invalid"
    world.groups.groups.clear()
    world.groups.provision(GROUP, "report")
    world.edit(JOB, Description="mended")
    world.ticks("09:07", "09:10", "09:11")
    assert world.states(JOB) == ["Succeeded"]


def test_one_group_named_by_two_enabled_jobs_makes_both_invalid() -> None:
    world = provisioned()
    world.add("weather/second", Schedule="*/10 * * * *", ContainerGroup=GROUP)
    world.ticks("09:06", "09:10")
    for job, other in ((JOB, "weather/second"), ("weather/second", JOB)):
        assert f"{other} names it too" in str(world.row(job)["Reason"])
    world.edit("weather/second", Enabled=False)
    world.edit(JOB, Description="alone again")
    world.ticks("09:11", "09:12")
    assert world.states(JOB)[0] == "Succeeded"


def test_one_group_that_two_jobs_inherit_makes_both_invalid_and_one_alone_valid_again() -> None:
    """Scenario: the template names the group, and no job has a cell of its own for it."""
    world = World("08:57")
    world.groups.provision(GROUP, "report")
    world.add("weather/_night", ContainerGroup=GROUP)
    world.add(JOB, Schedule="0 12 * * *", Template="_night")
    world.ticks("08:57", "08:58", "09:05", "09:06")
    world.add("weather/second", Schedule="30 * * * *", Template="_night")
    world.tick("09:10")
    for job, other in ((JOB, "weather/second"), ("weather/second", JOB)):
        assert f"{other} names it too" in str(world.row(job)["Reason"])
    world.edit("weather/second", Enabled=False)
    world.tick("09:11")
    assert [world.row(job)["Status"] for job in (JOB, "weather/second")] == ["Scheduled", "Paused"]


def test_a_job_that_others_inherit_from_is_looked_behind_too() -> None:
    world = World("08:57")
    world.groups.provision(GROUP, "report")
    world.add("weather/base", Schedule="0 12 * * *", ContainerGroup=GROUP, Enabled=False)
    world.add(JOB, Template="base", Enabled=True)
    world.ticks("08:57", "08:58", "09:05", "09:06")
    world.add("weather/second", Schedule="30 * * * *", ContainerGroup=GROUP)
    world.tick("09:10")
    assert "weather/second names it too" in str(world.row(JOB)["Reason"])
    assert "weather/report names it too" in str(world.row("weather/second")["Reason"])


def test_a_template_that_names_a_group_is_no_job() -> None:
    """Scenario: a heir is edited; who else names its group is looked up, and the template is found."""
    world = World("08:57", replace(SETTINGS, alert_webhook="https://hooks.example.com/x"))
    world.groups.provision(GROUP, "report")
    template = world.add("weather/_night", ContainerGroup=GROUP)
    world.add(JOB, Schedule="0 * * * *", Template="_night")
    world.ticks("08:57", "08:58")
    world.edit(JOB, Description="nicer")
    world.tick("09:10")
    assert world.jobs.rows[template.key] == template
    world.send()
    assert world.webhooks.said == []


def test_a_group_that_is_not_there_fails_the_run_and_says_so() -> None:
    world = provisioned()
    world.groups.groups.clear()
    world.ticks("09:10", "09:11")
    assert world.row(JOB)["Status"] == "Failed"
    assert "not found" in str(world.row(JOB)["Reason"])


def test_a_start_whose_answer_was_lost_is_found_and_not_repeated() -> None:
    world = provisioned()
    world.groups.fail("start", done=True)
    world.ticks("09:10", "09:11", "09:12")
    assert world.states(JOB) == ["Succeeded"]
    assert len(world.groups.starts[GROUP]) == 2


def test_a_start_that_was_lost_is_made_good_after_the_lease() -> None:
    world = provisioned()
    world.groups.fail("start")
    world.ticks("09:10", "09:11", "09:20", "09:24")
    assert len(world.groups.starts[GROUP]) == 1, "it may still begin"
    world.ticks("09:25", "09:26", "09:27")
    assert world.states(JOB) == ["Succeeded", "Skipped"]
    assert world.runs(JOB)[-1].columns["Due"] == at("09:10")
    assert len(world.groups.starts[GROUP]) == 2


def test_an_arm_that_does_not_answer_leaves_the_due_time_undecided() -> None:
    world = provisioned()
    world.groups.fail("get")
    world.tick("09:10")
    assert world.states(JOB) == []
    world.ticks("09:11", "09:12")
    assert world.states(JOB) == ["Succeeded"]


def test_a_start_that_never_comes_up_is_stopped_and_blocks_nothing_that_follows() -> None:
    world = provisioned()
    world.groups.behave("report", stuck=True, log="what the run before printed")
    world.ticks(*minutes("09:10", "10:15"))
    given_up = [row.columns for row in world.runs(JOB) if row.columns["State"] == "Failed"][-1]
    assert given_up["Cause"] == "platform"
    assert "Log" not in given_up or given_up["Log"] == "", "the log of the run before is no evidence of this one"
    world.groups.behave("report", duration=30, log="::watermark::again\n")
    world.ticks(*minutes("10:16", "11:30"))
    assert "Succeeded" in world.states(JOB)
    assert world.row(JOB)["Watermark"] == "again"
