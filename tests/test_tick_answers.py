"""Stories of answers: what ACI refuses, loses, sends late or says of a group that is gone."""

from scheduler.ports import GroupRefused, Unknown
from scheduler.run import Cause
from tests.test_tick import JOB, loading
from tests.world import minutes


def test_what_aci_refuses_for_good_ends_the_run_at_once_with_its_reason() -> None:
    world = loading()
    world.groups.fail("create", GroupRefused(Cause.SPEC, "BadRequest: there is no such thing."))
    world.tick("09:10")
    row, (run,) = world.row(JOB), world.runs(JOB)
    assert (row["Status"], row["Active"], run.columns["Cause"]) == ("Failed", False, "spec")
    assert "there is no such thing" in str(row["Reason"])


def test_what_aci_refuses_and_may_take_later_closes_the_run_at_once_and_waits() -> None:
    world = loading()
    world.groups.fail("create", GroupRefused(Cause.IMAGE, "The image 'weather:1' is not accessible."))
    world.tick("09:10")
    row, (run,) = world.row(JOB), world.runs(JOB)
    assert (run.columns["State"], run.columns["Cause"]) == ("Failed", "image")
    assert (row["Status"], row["Active"], row["NextAttempt"]) == ("Waiting", True, 2)
    assert "not accessible" in str(row["Reason"])
    assert "Attempt 2 follows at 2026-11-22T09:11:00Z." in str(row["Reason"])
    world.ticks("09:11", "09:12")
    assert world.row(JOB)["Status"] == "Succeeded"


def test_an_unknown_answer_to_a_put_that_landed_starts_nothing_twice() -> None:
    world = loading()
    world.groups.fail("create", Unknown("time-out"), done=True)
    world.ticks(*minutes("09:10", "09:25"))
    assert world.states(JOB) == ["Succeeded", "Succeeded"]
    assert all(len(starts) == 1 for starts in world.started().values())


def test_an_unknown_answer_to_a_put_that_was_lost_is_made_good_after_the_lease() -> None:
    world = loading()
    world.groups.fail("create", Unknown("time-out"))
    world.ticks(*minutes("09:10", "09:24"))
    assert world.groups.calls["create"] == 1
    world.ticks(*minutes("09:25", "09:27"))
    assert world.groups.calls["create"] == 2
    assert world.states(JOB) == ["Succeeded", "Skipped"]


def test_a_put_that_lands_late_within_the_lease_is_found() -> None:
    world = loading()
    world.groups.fail("create", Unknown("time-out"), late=240)
    world.ticks(*minutes("09:10", "09:16"))
    assert world.states(JOB) == ["Succeeded"]
    assert world.groups.calls["create"] == 1


def test_no_put_is_sent_more_than_three_minutes_into_a_tick() -> None:
    world = loading()
    world.journal.before("runs.submit *", lambda: world.clock.passes(181))
    world.tick("09:10")
    assert world.groups.calls["create"] == 0
    world.ticks(*minutes("09:15", "09:24"))
    assert world.groups.calls["create"] == 0, "nobody else may know that it was not sent"
    world.tick("09:25")
    assert world.groups.calls["create"] == 1


def test_a_put_is_still_sent_three_minutes_into_a_tick() -> None:
    world = loading()
    world.journal.before("runs.submit *", lambda: world.clock.passes(180))
    world.tick("09:10")
    assert world.groups.calls["create"] == 1


def test_a_vanished_group_is_believed_on_the_second_look_two_minutes_later() -> None:
    world = loading()
    world.groups.behave(duration=None)
    world.ticks("09:10", "09:11")
    world.groups.groups.clear()
    world.ticks("09:12", "09:13")
    assert world.row(JOB)["Active"] is True
    world.tick("09:14")
    row, (run,) = world.row(JOB), world.runs(JOB)
    assert (run.columns["State"], run.columns["Cause"]) == ("Lost", "platform")
    assert (row["Status"], row["Failures"]) == ("Waiting", 0)
    world.ticks("09:15", "09:16")
    assert [run.columns["State"] for run in world.runs(JOB)] == ["Lost", "Active"]


def test_a_group_that_was_missing_once_and_is_back_is_no_loss() -> None:
    world = loading()
    world.groups.behave(duration=600)
    world.ticks("09:10", "09:11")
    gone = dict(world.groups.groups)
    world.groups.groups.clear()
    world.tick("09:12")
    world.groups.groups.update(gone)
    world.ticks("09:15", "09:21")
    assert world.states(JOB)[0] == "Succeeded"


def test_a_second_start_by_the_platform_does_not_hide_the_first_end() -> None:
    world = loading()
    world.groups.behave(duration=5, exit_code=7, again=1)
    world.ticks("09:10", "09:10:20")
    assert world.runs(JOB)[0].columns["ExitCode"] == 7


def test_a_delete_that_fails_is_tried_again_and_does_not_hold_up_the_next_run() -> None:
    world = loading()
    world.groups.fail("delete", times=2, name="ct-*")
    world.ticks("09:10", "09:11")
    row = world.row(JOB)
    assert (row["Status"], row["Watermark"], row["Active"]) == ("Succeeded", "2026-11-22T09:10:00Z", True)
    world.tick("09:20")
    assert world.row(JOB)["Status"] == "Running"
    world.ticks("09:21", "09:22")
    assert not world.groups.groups
    assert world.states(JOB) == ["Succeeded", "Succeeded"]
