"""Overlap and CatchUp: what becomes of a due time while a run is going, and of those that nobody saw."""

from typing import Any

import pytest

from scheduler.entry import run_of
from tests.world import Killed, World, at, minutes

JOB = "weather/extract"


def slow(minutes_long: float = 25, **columns: Any) -> World:
    world = World("09:00")
    world.groups.behave(start_delay=5, duration=60 * minutes_long, log=lambda env: f"::watermark::{env['DUE']}\n")
    world.add(JOB, **{"Schedule": "*/10 * * * *", "Image": "weather:1", **columns})
    world.tick("09:01")
    return world


def told(world: World) -> list[str]:
    """Each decision, oldest due first: 'ran 09:10', 'passed 09:20'."""
    rows = sorted((row.columns for row in world.runs(JOB)), key=lambda row: row["Due"])
    return [_told(row) for row in rows]


def _told(row: Any) -> str:
    first = row.get("From", row["Due"])
    span = f"{row['Due']:%H:%M}" if first == row["Due"] else f"{first:%H:%M}-{row['Due']:%H:%M}"
    return f"{'passed' if row['State'] == 'Skipped' else 'ran'} {span}"


def running(world: World) -> int:
    """How many containers of the job are running now."""
    return sum(bool(group.began and not group.over(world.clock.now)) for group in world.groups.groups.values())


def test_skip_lets_a_due_time_pass_while_a_run_is_going() -> None:
    world = slow()
    world.ticks(*minutes("09:10", "09:45"))
    assert told(world) == ["ran 09:10", "passed 09:20", "passed 09:30", "ran 09:40"]


def test_wait_starts_the_newest_that_waits_as_soon_as_the_run_has_ended() -> None:
    world = slow(Overlap="wait")
    world.ticks(*minutes("09:10", "09:37"))
    assert told(world) == ["ran 09:10", "passed 09:20", "ran 09:30"]
    assert [row.columns["Claimed"] for row in world.runs(JOB) if row.columns["Due"] == at("09:30")] == [at("09:36")]


def test_while_it_waits_the_row_says_for_what() -> None:
    world = slow(Overlap="wait")
    world.ticks(*minutes("09:10", "09:22"))
    row = world.row(JOB)
    assert (row["Status"], row["NextDue"]) == ("Running", at("09:20"))
    assert row["Reason"] == (
        "The run due 2026-11-22T09:20:00Z waits: the run due 2026-11-22T09:10:00Z is still going (Overlap wait)."
    )


def test_waiting_is_written_once_and_not_every_minute() -> None:
    world = slow(Overlap="wait")
    world.ticks(*minutes("09:10", "09:22"))
    etag = world.copy(JOB).etag
    world.ticks(*minutes("09:23", "09:29"))
    assert world.copy(JOB).etag == etag


def test_replace_ends_the_run_and_starts_the_newer_one_when_its_group_is_gone() -> None:
    world = slow(Overlap="replace")
    for now in minutes("09:10", "09:24"):
        world.tick(now)
        assert running(world) <= 1
    old, new = reversed(world.runs(JOB))
    assert (old.columns["State"], new.columns["State"]) == ("Cancelled", "Active")
    assert "replaced by a newer run" in str(old.columns["Reason"])
    assert new.columns["Claimed"] == at("09:21")
    assert world.row(JOB).get("Watermark", "") == ""


def test_a_replacement_waits_as_long_as_the_old_group_is_there() -> None:
    world = slow(Overlap="replace")
    world.ticks(*minutes("09:10", "09:19"))
    world.groups.fail("delete", times=4)
    for now in minutes("09:20", "09:28"):
        world.tick(now)
        assert running(world) <= 1
        assert len([name for name in world.groups.groups if name.startswith("ct-")]) <= 1
    assert told(world)[:2] == ["ran 09:10", "ran 09:20"]


def test_a_delete_that_is_answered_but_not_done_yet_keeps_the_replacement_waiting() -> None:
    world = slow(Overlap="replace")
    world.ticks(*minutes("09:10", "09:20"))
    (old,) = [name for name in world.started() if name.startswith("ct-")]
    assert not [line for line in world.journal.matching("groups.create *") if old not in line]
    world.tick("09:21")
    looked = [line for line in world.journal.lines if line.startswith("groups.")]
    assert looked.index(f"groups.delete {old}") < len(looked) - 1 - looked[::-1].index(f"groups.get {old}")


def test_allow_runs_side_by_side_up_to_max_overlap() -> None:
    world = slow(45, Overlap="allow", MaxOverlap=3)
    world.ticks(*minutes("09:10", "09:45"))
    assert told(world) == ["ran 09:10", "ran 09:20", "ran 09:30", "passed 09:40"]
    assert running(world) == 3
    skip = world.runs(JOB)[0].columns
    assert skip["Reason"] == "3 runs are going, and MaxOverlap is 3"
    read = [run_of(row) for row in world.runs(JOB)[1:]]
    assert [run and run.due for run in read] == [at("09:30"), at("09:20"), at("09:10")]


def test_a_run_that_was_allowed_beside_others_keeps_no_watermark() -> None:
    world = slow(1, Overlap="allow")
    world.ticks("09:10", "09:12")
    assert world.row(JOB).get("Watermark", "") == ""
    assert "Overlap allow keeps no watermark" in str(world.row(JOB)["Reason"])


def test_latest_runs_the_last_of_what_was_missed() -> None:
    world = slow(1)
    world.ticks("09:10", "09:12", "10:45")
    assert told(world) == ["ran 09:10", "passed 09:20-10:30", "ran 10:40"]


def test_none_runs_nothing_that_is_later_than_its_grace() -> None:
    world = slow(1, CatchUp="none", Grace="3m")
    world.ticks("09:10", "09:12", "10:45", "10:50")
    assert told(world) == ["ran 09:10", "passed 09:20-10:40", "ran 10:50"]
    assert "Grace of 3m" in str(world.runs(JOB)[1].columns["Reason"])


def test_none_forgives_a_late_timer() -> None:
    world = slow(1, CatchUp="none")
    world.ticks("09:18", "09:20", "09:31")
    assert told(world) == ["ran 09:10", "ran 09:20", "ran 09:30"]


def test_all_runs_every_missed_due_time_in_order_one_after_the_other() -> None:
    world = slow(1, CatchUp="all")
    world.ticks("09:10", "09:12", *minutes("09:55", "10:09"))
    assert told(world) == ["ran 09:10", "ran 09:20", "ran 09:30", "ran 09:40", "ran 09:50", "ran 10:00"]
    rows = list(reversed([row.columns for row in world.runs(JOB)]))
    assert [row["IntervalStart"] for row in rows[1:]] == [row["IntervalEnd"] for row in rows[:-1]]
    assert [row["WatermarkFrom"] for row in rows[1:]] == [row["WatermarkTo"] for row in rows[:-1]]


def test_all_is_bounded_and_says_what_it_leaves_out() -> None:
    world = slow(0.5, CatchUp="all", Schedule="* * * * *")
    world.ticks("09:02", "09:03", "13:00")
    passed = [row.columns for row in world.runs(JOB) if row.columns["State"] == "Skipped"]
    assert [(row["From"], row["Due"]) for row in passed] == [(at("09:04"), at("11:20"))]
    assert passed[0]["Reason"] == "more than 100 were missed (CatchUp all)"
    assert world.row(JOB)["LastDue"] == at("11:21")


def test_all_lets_nothing_pass_while_a_run_is_going() -> None:
    world = slow(25, CatchUp="all")
    world.ticks(*minutes("09:10", "10:05"))
    assert told(world) == ["ran 09:10", "ran 09:20", "ran 09:30"]


def test_grace_bounds_how_long_a_due_time_may_wait() -> None:
    world = slow(25, Overlap="wait", Grace="4m")
    world.ticks(*minutes("09:10", "09:36"))
    assert told(world) == ["ran 09:10", "passed 09:20", "passed 09:30"]


def test_a_start_is_put_off_by_a_share_of_its_jitter_that_is_the_same_every_time() -> None:
    world = slow(1, Jitter="8m", Schedule="0 * * * *")
    world.ticks(*minutes("10:00", "10:09"), *minutes("11:00", "11:09"))
    first, second = (row.columns for row in reversed(world.runs(JOB)))
    assert (first["Due"], second["Due"]) == (at("10:00"), at("11:00"))
    assert first["Claimed"] - at("10:00") == second["Claimed"] - at("11:00") > at("09:01") - at("09:00")  # type: ignore[operator]  # instants
    assert world.row(JOB)["NextDue"] == at("12:00") < world.row(JOB)["NextRun"] <= at("12:08")  # type: ignore[operator]  # instants
    world.edit(JOB, Jitter="9m")
    world.tick("11:30")
    assert "Next run 2026-11-22T12:00:00Z, put off to 2026-11-22T12:0" in str(world.row(JOB)["Reason"])


@pytest.mark.parametrize("overlap", ["skip", "wait", "replace"])
def test_a_requested_run_obeys_overlap_too(overlap: str) -> None:
    world = slow(Overlap=overlap, Schedule="0 9 * * *", StartAt="2026-11-22T09:00:00Z")
    world.edit(JOB, Request="run")
    world.ticks("09:02", "09:03")
    world.edit(JOB, Request="run")
    world.ticks(*minutes("09:04", "09:32"))
    states = {"skip": ["Succeeded", "Skipped"], "wait": ["Succeeded", "Active"], "replace": ["Cancelled", "Succeeded"]}
    assert world.states(JOB) == states[overlap]


def test_of_two_runs_that_are_settled_together_the_row_tells_of_the_one_that_ended_last() -> None:
    world = slow(14, Overlap="allow", Retries=0)
    world.groups.behave(start_delay=5, duration=60 * 14, exit_code=3)
    world.tick("09:10")
    world.groups.behave(start_delay=5, duration=60)
    world.ticks("09:20", "09:26")
    row = world.row(JOB)
    assert (row["Status"], row["LastExitCode"], row["Failures"]) == ("Failed", 3, 1)
    assert row["LastFinished"] == at("09:24:05")


def test_a_new_jobs_due_time_is_not_lost_when_a_tick_died_between_the_skip_and_the_claim() -> None:
    world = World("09:00")
    world.groups.behave(start_delay=5, duration=60)
    world.add(JOB, Schedule="31 * * * *", Image="weather:1")
    world.clock.to("11:35")
    world.journal.kill_before("jobs.submit*")
    with pytest.raises(Killed):
        world.tick("11:35")
    assert told(world) == ["passed 09:31-10:31"]
    world.restart()
    world.ticks("12:35", "12:37")
    assert told(world) == ["passed 09:31-10:31", "passed 11:31", "ran 12:31"]


def test_a_group_whose_delete_was_lost_is_remembered_though_an_old_copy_hid_its_run() -> None:
    world = slow(1)
    old = dict(world.row(JOB))
    world.tick("09:10")
    world.journal.before("runs.submit*", lambda: world.edit(JOB, **old))
    world.groups.fail("delete")
    world.tick("09:12")
    assert world.states(JOB) == ["Succeeded"]
    assert len(world.groups.groups) == 1
    world.ticks("09:13", "09:14")
    assert len(world.groups.groups) == 0
