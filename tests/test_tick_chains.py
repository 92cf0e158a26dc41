"""Chains: a success starts what runs after it, once, whatever dies in between."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from scheduler.row import Row
from tests.world import Killed, World, at, minutes

A, B, C, D = "etl/a", "etl/b", "etl/c", "etl/d"


def chained(**jobs: str) -> World:
    """Jobs of partition etl by name, each with its Schedule; every run takes 30 seconds."""
    world = World("09:00")
    world.groups.behave(start_delay=5, duration=30, log=lambda env: f"::watermark::{env['DUE']}\n")
    for name, schedule in jobs.items():
        world.add(f"etl/{name}", Schedule=schedule, Image=f"{name}:1")
    world.ticks("09:01", "09:02", "09:05")
    return world


def dues(world: World, job: str) -> list[str]:
    return [_clock(row) for row in reversed(world.runs(job)) if row.columns["State"] != "Skipped"]


def _clock(row: Row) -> str:
    due = row.columns["Due"]
    return f"{due:%H:%M}" if isinstance(due, datetime) else ""


def test_a_success_starts_the_downstream_in_the_same_tick_with_its_due_time_and_interval() -> None:
    world = chained(a="0 * * * *", b="after a")
    world.ticks("10:00", "10:01")
    (run,) = world.runs(B)
    assert (run.columns["Due"], run.columns["Trigger"], run.columns["Claimed"]) == (at("10:00"), "after", at("10:01"))
    assert (run.columns["IntervalStart"], run.columns["IntervalEnd"]) == (at("09:00"), at("10:00"))
    world.ticks(*minutes("10:02", "10:20"))
    assert dues(world, B) == ["10:00"]
    assert world.row(B)["Watermark"] == "2026-11-22T10:00:00Z"


def test_the_row_says_for_whom_it_waits() -> None:
    world = chained(a="0 * * * *", b="after a")
    assert (world.row(B)["Status"], world.row(B)["Reason"]) == ("Scheduled", "Runs when etl/a succeeded.")


def test_history_is_not_run_when_a_chain_is_new() -> None:
    world = chained(a="0 * * * *")
    world.ticks("10:00", "10:01", "10:05")
    world.add(B, Schedule="after a", Image="b:1")
    world.ticks("10:06", "10:10")
    assert dues(world, B) == []
    world.ticks("11:00", "11:01")
    assert dues(world, B) == ["11:00"]


def test_a_success_between_the_edit_and_the_first_tick_that_sees_it_counts() -> None:
    world = chained(a="0 * * * *")
    world.tick("10:00")
    world.clock.to("10:00:10")
    world.add(B, Schedule="after a", Image="b:1")
    world.ticks("10:01", "10:02")
    assert dues(world, B) == ["10:00"]


def test_a_failure_starts_nothing_and_its_retry_that_succeeds_does() -> None:
    world = chained(a="0 * * * *", b="after a")
    world.edit(A, Retries=1)
    world.groups.behave("a:1", duration=30, exit_code=1)
    world.ticks("10:00", "10:01")
    assert dues(world, B) == []
    world.groups.behave("a:1", duration=30)
    world.ticks(*minutes("10:02", "10:05"))
    assert dues(world, B) == ["10:00"]


def test_a_diamond_runs_its_end_once() -> None:
    world = chained(a="0 * * * *", b="after a", c="after a", d="after b, c")
    world.groups.behave("c:1", start_delay=5, duration=400)
    world.ticks(*minutes("10:00", "10:40"))
    assert [dues(world, job) for job in (A, B, C, D)] == [["10:00"]] * 4
    world.ticks(*minutes("11:00", "11:40"))
    assert dues(world, D) == ["10:00", "11:00"]


def test_a_chain_of_three_runs_through() -> None:
    world = chained(a="0 * * * *", b="after a", c="after b")
    world.ticks(*minutes("10:00", "10:05"))
    assert [dues(world, job) for job in (A, B, C)] == [["10:00"]] * 3


def test_upstreams_of_other_partitions_are_named_whole() -> None:
    world = chained(a="0 * * * *")
    world.add("report/all", Schedule="after etl/a", Image="all:1")
    world.ticks("09:06", "10:00", "10:01")
    assert dues(world, "report/all") == ["10:00"]


def test_a_missing_upstream_is_named_and_the_row_heals_when_it_comes() -> None:
    world = chained(b="after a")
    assert world.row(B)["Status"] == "Invalid"
    assert "after a" in str(world.row(B)["Reason"])
    world.add(A, Schedule="0 * * * *", Image="a:1")
    world.ticks("09:10", "09:11")
    assert world.row(B)["Status"] == "Scheduled"
    world.ticks("10:00", "10:01")
    assert dues(world, B) == ["10:00"]


def test_a_circle_is_named_in_each_of_its_rows_and_disturbs_no_other() -> None:
    world = chained(a="0 * * * *", b="after c", c="after b", d="after a")
    assert world.row(B)["Status"] == world.row(C)["Status"] == "Invalid"
    assert "etl/b -> etl/c -> etl/b" in str(world.row(B)["Reason"])
    world.ticks("10:00", "10:01")
    assert dues(world, D) == ["10:00"]
    world.edit(C, Schedule="after a")
    world.ticks("10:02", "10:03", "11:00", "11:01", "11:02")
    assert dues(world, B) == ["11:00"]


def test_a_downstream_that_is_busy_follows_overlap() -> None:
    world = chained(a="*/10 * * * *", b="after a")
    world.groups.behave("b:1", start_delay=5, duration=25 * 60)
    world.ticks(*minutes("09:10", "09:45"))
    states = {_clock(row): row.columns["State"] for row in world.runs(B)}
    assert states == {"09:10": "Succeeded", "09:20": "Skipped", "09:30": "Skipped", "09:40": "Active"}


def test_a_downstream_that_waits_takes_the_newest() -> None:
    world = chained(a="*/10 * * * *", b="after a")
    world.edit(B, Overlap="wait")
    world.groups.behave("b:1", start_delay=5, duration=25 * 60)
    world.ticks(*minutes("09:10", "09:40"))
    states = {_clock(row): row.columns["State"] for row in world.runs(B)}
    assert states == {"09:10": "Succeeded", "09:20": "Skipped", "09:30": "Active"}
    newest = next(row.columns for row in world.runs(B) if row.columns["State"] == "Active")
    assert newest["IntervalStart"] == at("09:10")  # with what it let pass


def test_a_manual_run_of_the_upstream_starts_the_downstream_and_an_old_due_time_does_not() -> None:
    world = chained(a="0 * * * *", b="after a")
    world.ticks("10:00", "10:01", "10:03")
    world.edit(A, Request="run 2026-11-22T08:00")
    world.ticks(*minutes("10:04", "10:08"))
    assert dues(world, B) == ["10:00"]
    world.edit(A, Request="run")
    world.ticks(*minutes("10:09", "10:12"))
    assert dues(world, B) == ["10:00", "10:09"]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_tick_that_dies_at_any_call_loses_no_link_and_doubles_none(when: str) -> None:
    world = chained(a="0 * * * *", b="after a", c="after a", d="after b, c")
    world.journal.clear()
    world.ticks(*minutes("10:00", "10:04"))
    for call in range(1, len(world.journal.lines) + 1):
        _dies(when, call)


def _dies(when: str, call: int) -> None:
    world = chained(a="0 * * * *", b="after a", c="after a", d="after b, c")
    (world.journal.kill_before if when == "before" else world.journal.kill_after)("*", call)
    for now in minutes("10:00", "10:30"):
        try:
            world.tick(now)
        except Killed:
            world.restart()
    for job in (A, B, C, D):
        assert dues(world, job) == ["10:00"], f"killed {when} call {call}: {job} ran {dues(world, job)}"
    assert all(len(starts) == 1 for starts in world.started().values())


def test_a_tick_without_news_reads_no_more_for_chains_than_without_them() -> None:
    world = chained(a="0 * * * *", b="after a", c="after a", d="after b, c")
    world.tick("09:20")
    assert world.spent(lambda: world.tick("09:21")) == 2


def test_news_cost_one_query_for_what_waits_for_it() -> None:
    counts: dict[str, int] = {}
    for downstream in ("manual", "after a"):
        world = chained(a="30 * * * *", b=downstream)
        world.ticks("09:20", "09:30")
        counts[downstream] = world.spent(lambda world=world: world.tick("09:31"))  # type: ignore[misc]  # bound at once
    # The row that waits; then its claim, its registration, and the row that says that it runs.
    assert counts["after a"] - counts["manual"] == 1 + 3


def test_a_fresh_process_knows_the_chains_from_the_heartbeat() -> None:
    world = chained(a="0 * * * *", b="after a")
    world.tick("10:00")
    world.restart()
    world.ticks("10:01", "10:02")
    assert dues(world, B) == ["10:00"]


def mangled() -> list[Any]:
    return ["{", "[]", '{"etl/a": 5}', '{"etl/a": "yesterday"}', 7, "x" * 30_000]


@pytest.mark.parametrize("written", mangled())
def test_a_mangled_memory_of_the_upstreams_runs_no_history(written: Any) -> None:
    world = chained(a="0 * * * *", b="after a")
    world.ticks("10:00", "10:01", "10:03", "10:06")
    world.edit(B, Upstreams=written)
    world.ticks("10:07", "10:08")
    assert dues(world, B) == ["10:00"]
    world.ticks("11:00", "11:01")
    assert dues(world, B) == ["10:00", "11:00"]


def test_a_chain_keeps_its_place_over_a_pause_and_runs_once_after_it() -> None:
    world = chained(a="0 * * * *", b="after a")
    world.edit(B, Enabled=False)
    world.ticks("09:10", "10:00", "10:01", "10:05", "11:00", "11:01")
    world.edit(B, Enabled=True)
    world.ticks("11:06", "11:07", "11:10")
    assert dues(world, B) == ["11:00"]


def test_a_success_that_a_cancel_finds_starts_the_downstream_too() -> None:
    world = chained(a="30 * * * *", b="after a")
    world.tick("09:30")
    world.clock.to("09:30:34")
    world.edit(A, Request="cancel")
    # Its container ends while the tick that cancels it is under way: that tick's look at the chains is over by then.
    world.journal.before("jobs.submit etl: merge a", lambda: world.clock.to("09:30:36"))
    world.ticks("09:30:34", "09:31", "09:32")
    assert world.states(A) == ["Succeeded"]
    assert dues(world, B) == ["09:30"]


def test_grace_of_a_chain_counts_from_its_upstreams_success() -> None:
    world = chained(a="0 * * * *", b="after a", c="after a")
    world.edit(C, Overlap="wait")
    for job in (B, C):
        world.edit(job, Grace="5m", Timeout="3h")
    world.groups.behave("a:1", start_delay=5, duration=40 * 60)
    world.groups.behave("c:1", start_delay=5, duration=70 * 60)
    world.ticks(*minutes("10:00", "10:45"), *minutes("11:00", "12:10"))
    assert dues(world, B) == ["10:00", "11:00"]  # forty minutes after its due time, and not late
    assert dues(world, C) == ["10:00"]  # the second waited for longer than its Grace


def test_a_chain_with_jitter_starts_when_its_share_has_passed_since_the_success() -> None:
    world = chained(a="30 * * * *", b="after a")
    world.edit(B, Jitter="30m")
    world.ticks(*minutes("09:30", "10:05"))
    (run,) = world.runs(B)
    claimed = run.columns["Claimed"]
    assert isinstance(claimed, datetime)
    assert timedelta(minutes=1) < claimed - at("09:31") < timedelta(minutes=31)


def test_a_due_time_that_was_run_on_request_before_is_run_after_its_upstream_too() -> None:
    world = chained(a="30 * * * *", b="after a")
    world.groups.behave("a:1", start_delay=5, duration=400)
    world.tick("09:30")
    world.edit(B, Request="run 2026-11-22T09:30Z")
    world.ticks(*minutes("09:31", "09:45"))
    told = {row.columns["Attempt"]: (row.columns["Trigger"], row.columns["State"]) for row in world.runs(B)}
    assert told == {1: ("request", "Succeeded"), 2: ("after", "Succeeded")}


def test_a_chain_that_catches_up_all_takes_the_newest_too() -> None:
    world = chained(a="*/20 * * * *", b="after a")
    world.edit(B, CatchUp="all", Timeout="3h")
    world.groups.behave("b:1", start_delay=5, duration=50 * 60)
    world.ticks(*minutes("09:20", "10:20"))
    states = {_clock(row): row.columns["State"] for row in world.runs(B)}
    assert states == {"09:20": "Succeeded", "09:40": "Skipped", "10:00": "Active"}
