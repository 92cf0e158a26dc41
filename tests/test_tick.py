"""Stories of ticks: rows that people write, and what happens to them minute by minute."""

import json

import pytest

from tests.world import World, at

JOB = "weather/extract"


def loading(now: str = "09:00", **columns: str | int | bool) -> World:
    """A world with one job every ten minutes, whose run takes 30 seconds and answers its due time."""
    world = World(now)
    world.groups.behave(duration=30, log=lambda env: f"loaded\n::metric rows::12\n::watermark::{env['DUE']}\n")
    world.add(JOB, **{"Schedule": "*/10 * * * *", "Image": "weather:1", **columns})
    world.tick("09:00:30")
    return world


def test_a_new_row_is_answered_with_its_next_run() -> None:
    row = loading().row(JOB)
    assert (row["Status"], row["NextRun"]) == ("Scheduled", at("09:10"))
    assert row["Reason"] == "Next run 2026-11-22T09:10:00Z."


def test_a_run_starts_when_it_is_due_and_settles_with_its_watermark() -> None:
    world = loading()
    world.tick("09:10")
    assert world.row(JOB)["Status"] == "Running"
    world.tick("09:11")
    row = world.row(JOB)
    assert (row["Status"], row["Watermark"]) == ("Succeeded", "2026-11-22T09:10:00Z")
    assert (row["Active"], row["ActiveRuns"], row["LastDue"]) == (False, "[]", at("09:10"))
    assert (row["LastSuccessDue"], row["LastExitCode"], row["LastDuration"]) == (at("09:10"), 0, 30.0)
    assert row["NextRun"] == at("09:20")


def test_each_run_is_told_where_the_last_one_stopped() -> None:
    world = loading()
    world.groups.behave(duration=5, log=lambda env: f"{json.dumps(dict(env))}\n::watermark::{env['DUE']}\n")
    world.ticks("09:10", "09:11", "09:20", "09:21")
    second, first = world.runs(JOB)
    assert (first.columns["WatermarkFrom"], first.columns["WatermarkTo"]) == ("", "2026-11-22T09:10:00Z")
    assert second.columns["WatermarkFrom"] == "2026-11-22T09:10:00Z"
    told = json.loads(world.log(str(second.columns["Log"])).splitlines()[0])
    assert told["INTERVAL_START"] == "2026-11-22T09:10:00Z"
    assert told["INTERVAL_END"] == told["DUE"] == "2026-11-22T09:20:00Z"
    assert (told["JOB"], told["ATTEMPT"], told["RUN_ID"]) == (JOB, "1", second.columns["RunId"])


def test_the_evidence_is_kept_before_the_group_goes() -> None:
    world = loading()
    world.ticks("09:10", "09:11")
    (run,) = world.runs(JOB)
    assert world.log(str(run.columns["Log"])).startswith("loaded\n")
    assert str(run.columns["Digest"]).startswith("sha256:")
    assert json.loads(str(run.columns["Metrics"])) == {"rows": 12}
    order = [line.split()[0] for line in world.journal.lines if not line.startswith(("jobs.query", "runs.query"))]
    after = order[order.index("groups.log") :]
    assert [step for step in after if step != "jobs.keep"] == [
        "groups.log", "logs.write", "runs.submit", "groups.delete", "jobs.submit",
    ]  # fmt: skip
    assert not world.groups.groups


def test_claim_and_registration_come_before_the_put() -> None:
    world = loading()
    world.journal.clear()
    world.tick("09:10")
    steps = [line.split()[0] for line in world.journal.lines]
    assert steps == [
        "jobs.query", "jobs.submit", "runs.submit", "groups.create", "jobs.submit", "jobs.keep",
    ]  # fmt: skip


def test_after_three_hours_down_a_job_catches_up_once() -> None:
    world = loading()
    world.ticks("12:05", "12:06")
    run, skip = world.runs(JOB)
    assert (run.columns["Due"], run.columns["State"]) == (at("12:00"), "Succeeded")
    assert (skip.columns["From"], skip.columns["Due"]) == (at("09:10"), at("11:50"))
    assert "CatchUp latest" in str(skip.columns["Reason"])


def test_a_due_time_passes_while_the_last_run_is_going() -> None:
    world = loading()
    world.groups.behave(duration=900)
    world.ticks("09:10", "09:11", "09:20", "09:21", "09:26")
    assert world.states(JOB) == ["Succeeded", "Skipped"]
    assert "still going (Overlap skip)" in str(world.runs(JOB)[0].columns["Reason"])
    world.ticks("09:30", "09:31")
    assert world.states(JOB) == ["Succeeded", "Skipped", "Active"]


def test_a_failed_run_keeps_the_watermark_and_counts() -> None:
    world = loading(Watermark="monday")
    world.groups.behave(duration=5, exit_code=3, log="::watermark::tuesday\n")
    world.ticks("09:10", "09:11", "09:20", "09:21")
    row = world.row(JOB)
    assert (row["Status"], row["Watermark"], row["Failures"], row["LastExitCode"]) == ("Failed", "monday", 2, 3)
    assert "exited with code 3" in str(row["Reason"])


def test_only_a_change_is_news() -> None:
    world = loading()
    world.groups.behave(duration=5, exit_code=3)
    assert world.ticks("09:10", "09:11").news[0].sentence.startswith("weather/extract failed.")
    assert world.ticks("09:20", "09:21").news == ()
    world.groups.behave(duration=5)
    assert world.ticks("09:30", "09:31").news[0].sentence.startswith("weather/extract recovered after 2 failures")


def test_whoever_rewinds_during_a_run_wins() -> None:
    world = loading(Watermark="2026-11-20")
    world.tick("09:10")
    world.edit(JOB, Watermark="2026-11-01")
    world.tick("09:11")
    assert world.row(JOB)["Watermark"] == "2026-11-01"
    assert "edited during the run" in str(world.row(JOB)["Reason"])


def test_a_rewind_between_close_and_settle_wins_too() -> None:
    world = loading(Watermark="2026-11-20")
    world.tick("09:10")
    world.journal.before("groups.delete *", lambda: world.edit(JOB, Watermark="2026-11-01"))
    world.tick("09:11")
    row = world.row(JOB)
    assert (row["Watermark"], row["Status"], row["Active"]) == ("2026-11-01", "Succeeded", False)
    assert "the edit stays" in str(row["Reason"])


def test_an_edit_of_the_schedule_counts_from_the_edit() -> None:
    world = loading()
    world.clock.to("09:12")
    world.edit(JOB, Schedule="every 5 minutes")
    world.tick("09:12:30")
    assert world.row(JOB)["NextRun"] == at("09:15")
    assert world.states(JOB) == []


def test_a_pause_lets_the_open_run_end_and_starts_no_other() -> None:
    world = loading()
    world.tick("09:10")
    world.edit(JOB, Enabled=False, PausedReason="source moves")
    world.tick("09:11")
    row = world.row(JOB)
    assert (row["Status"], row["LastSuccessDue"]) == ("Paused", at("09:10"))
    assert str(row["Reason"]).startswith("Paused: source moves.")
    world.ticks("09:20", "09:21")
    assert world.states(JOB) == ["Succeeded"]
    world.edit(JOB, Enabled=True)
    world.ticks("09:22", "09:30", "09:31")
    assert world.states(JOB) == ["Succeeded", "Succeeded"]


def test_a_request_runs_now_and_is_emptied() -> None:
    world = loading()
    world.clock.to("09:05")
    world.edit(JOB, Request="run")
    world.ticks("09:05:01", "09:06")
    row = world.row(JOB)
    assert (row["Request"], row["Status"], row["NextRun"]) == ("", "Succeeded", at("09:10"))
    (run,) = world.runs(JOB)
    assert (run.columns["Trigger"], run.columns["Due"]) == ("request", at("09:05:01"))
    assert "IntervalStart" not in run.columns


def test_a_cancel_ends_the_run_keeps_its_log_and_not_its_watermark() -> None:
    world = loading(Watermark="monday")
    world.groups.behave(duration=None, log="working\n::watermark::tuesday\n")
    world.ticks("09:10", "09:11")
    world.edit(JOB, Request="cancel")
    world.tick("09:12")
    row, (run,) = world.row(JOB), world.runs(JOB)
    assert (row["Status"], row["Request"], row["Watermark"], row["Active"]) == ("Cancelled", "", "monday", False)
    assert world.log(str(run.columns["Log"])).startswith("working")
    assert not world.groups.groups


def test_a_cancel_of_nothing_says_so() -> None:
    world = loading()
    world.edit(JOB, Request="cancel")
    world.tick("09:01")
    assert (world.row(JOB)["Request"], world.row(JOB)["Reason"]) == ("", "There was no run to cancel.")


def test_a_run_past_its_timeout_is_ended() -> None:
    world = loading(Timeout="5m")
    world.groups.behave(start_delay=10, duration=None)
    world.ticks("09:10", "09:15", "09:16")
    row = world.row(JOB)
    assert (row["Status"], row["Failures"]) == ("Failed", 1)
    assert "Timeout of 5m" in str(row["Reason"])
    assert world.runs(JOB)[0].columns["Cause"] == "timeout"
    assert not world.groups.groups


def test_a_run_that_never_comes_up_is_ended_by_its_start_timeout() -> None:
    world = loading(StartTimeout="5m")
    world.groups.behave(stuck=True)
    world.ticks("09:10", "09:14", "09:15")
    assert world.row(JOB)["Status"] == "Running"
    world.tick("09:16")
    row, (run,) = world.row(JOB), world.runs(JOB)
    assert (run.columns["State"], run.columns["Cause"]) == ("Failed", "platform")
    assert (row["Status"], row["Failures"]) == ("Waiting", 0), "it is none of the job's failures"
    assert "StartTimeout of 5m" in str(row["Reason"])
    assert str(row["Reason"]).endswith("Attempt 2 follows at 2026-11-22T09:17:00Z.")
    assert not world.groups.groups


def test_higher_priority_starts_first_then_the_earlier_due() -> None:
    world = World()
    for name, priority in (("low", 0), ("high", 9), ("middle", "5")):
        world.add(f"team/{name}", Schedule="0 10 * * *", Image="x", Priority=priority)
    world.ticks("09:01", "10:00")
    order = [line.split()[1].split("-")[2] for line in world.journal.matching("groups.create *")]
    assert order == ["high", "middle", "low"]


def test_a_log_that_cannot_be_read_now_is_waited_for() -> None:
    world = loading()
    world.groups.fail("log", times=2)
    world.ticks("09:11", "09:12", "09:13")
    assert world.states(JOB) == ["Active"]
    world.tick("09:14")
    assert world.row(JOB)["Watermark"] == "2026-11-22T09:10:00Z"


@pytest.mark.parametrize(("code", "said"), [(127, "was not found in the image"), (126, "cannot be executed")])
def test_a_command_that_cannot_be_executed_is_told_at_once_and_closed_soon(code: int, said: str) -> None:
    """Scenario: a typo in Command. Nothing ever printed, ACI has no log, and somebody on call looks for the cause."""
    world = loading()
    world.groups.behave(duration=0, exit_code=code)
    world.groups.fail("log", times=99)
    world.ticks("09:10", "09:11")
    assert world.states(JOB) == ["Active"]
    assert f"{said}, and its log cannot be read yet." in str(world.row(JOB)["Reason"])
    world.ticks("09:12", "09:13")
    assert world.states(JOB) == ["Failed"]
    assert world.row(JOB)["Failures"] == 1


def test_a_log_that_can_never_be_read_costs_no_due_time_and_moves_no_watermark() -> None:
    world = loading(Watermark="kept")
    world.groups.fail("log", times=99)
    world.ticks("09:10", "09:11", "09:15", "09:20:59")
    assert world.states(JOB) == ["Active"]
    assert "but for its log, which cannot be read yet" in str(world.row(JOB)["Reason"])
    world.tick("09:21")
    assert world.states(JOB) == ["Succeeded", "Active"]
    assert world.row(JOB)["Watermark"] == "kept"
    assert "its log could not be kept (no answer)" in str(world.runs(JOB)[1].columns["Reason"])
