"""Requests by cell: run, run a due time, retry, cancel, backfill."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.world import Killed, World, at, minutes
from tests.world.story import SETTINGS

JOB = "weather/extract"


def daily(**columns: Any) -> World:
    world = World("09:00")
    world.groups.behave(
        start_delay=5, duration=20, log=lambda env: f"{json.dumps(dict(env))}\n::watermark::{env['DUE']}\n"
    )
    world.add(JOB, **{"Schedule": "0 0 * * *", "Image": "weather:1", "Watermark": "live", **columns})
    world.tick("09:01")
    return world


def ask(world: World, request: str, *times: Any) -> None:
    world.edit(JOB, Request=request)
    world.ticks(*times)


def environments(world: World) -> list[dict[str, str]]:
    """What each run was told, in the order of their starts."""
    rows = sorted((row for row in world.runs(JOB) if row.columns.get("Log")), key=lambda row: row.columns["Claimed"])
    return [json.loads(world.log(str(row.columns["Log"])).splitlines()[0]) for row in rows]


def test_a_plain_run_uses_and_moves_the_live_watermark() -> None:
    world = daily()
    ask(world, "run", "09:02", "09:03")
    assert environments(world)[0]["WATERMARK"] == "live"
    assert world.row(JOB)["Watermark"] == "2026-11-22T09:02:00Z"
    assert world.row(JOB)["Request"] == ""


def test_a_due_time_can_be_run_again_with_the_next_attempt_and_its_own_watermark() -> None:
    world = daily()
    world.ticks("2026-11-23 00:00", "2026-11-23 00:01")
    ask(world, "run 2026-11-23", "2026-11-23 00:02", "2026-11-23 00:03")
    first, again = environments(world)
    assert (first["ATTEMPT"], again["ATTEMPT"]) == ("1", "2")
    assert again["DUE"] == "2026-11-23T00:00:00Z"
    assert (again["INTERVAL_START"], again["INTERVAL_END"]) == ("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z")
    assert world.row(JOB)["Watermark"] == first["DUE"]
    assert world.row(JOB)["LastDue"] == at("2026-11-23 00:00")


def test_a_due_time_that_was_skipped_can_be_run() -> None:
    world = daily(Schedule="0 * * * *")
    world.groups.behave(start_delay=5, duration=90 * 60, log=lambda env: f"{json.dumps(dict(env))}\n")
    world.ticks("10:00", "11:00", "11:40")
    assert world.states(JOB) == ["Succeeded", "Skipped"]
    ask(world, "RUN 2026-11-22T11:00Z", "11:41")
    assert world.row(JOB)["Status"] == "Running"
    assert max(row.columns.get("Attempt", 0) for row in world.runs(JOB)) == 2


def test_a_watermark_can_be_given_and_keeps_its_case() -> None:
    world = daily()
    ask(world, "Run Watermark Page-7 B", "09:02", "09:03")
    assert environments(world)[0]["WATERMARK"] == "Page-7 B"
    assert world.row(JOB)["Watermark"] == "live"
    (run,) = world.runs(JOB)
    assert (run.columns["WatermarkFrom"], run.columns["WatermarkTo"]) == ("Page-7 B", "2026-11-22T09:02:00Z")


def test_a_due_time_that_is_to_come_is_not_run() -> None:
    world = daily()
    ask(world, "run 2027-01-01", "09:02")
    assert world.row(JOB)["Reason"] == "The requested run was not started: 2027-01-01T00:00:00Z is to come."
    assert (world.row(JOB)["Request"], world.runs(JOB)) == ("", [])


@pytest.mark.parametrize("typed", ["rum", "run tomorrow", "run 2026-13-01", "cancel all", "run 2026-02-01..2026-01-01"])
def test_what_cannot_be_read_is_named_and_nothing_else_happens(typed: str) -> None:
    world = daily()
    ask(world, typed, "09:02")
    assert world.row(JOB)["Status"] == "Invalid"
    assert "Request" in str(world.row(JOB)["Reason"])
    ask(world, "", "09:03")
    assert world.row(JOB)["Status"] == "Scheduled"


def test_retry_brings_a_waiting_attempt_forward() -> None:
    world = daily(Retries=2, RetryDelay="1h")
    world.groups.behave(duration=20, exit_code=1)
    ask(world, "run", "09:02", "09:03")
    assert world.row(JOB)["NextAttempt"] == 2
    ask(world, "retry", "09:04", "09:05")
    assert [row.columns["Claimed"] for row in world.runs(JOB)] == [at("09:02"), at("09:04")]


def test_retry_runs_the_last_failure_again() -> None:
    world = daily(Schedule="0 * * * *")
    world.groups.behave(duration=20, exit_code=1)
    world.ticks("10:00", "10:01")
    world.groups.behave(duration=20, log=lambda env: f"{json.dumps(dict(env))}\n::watermark::{env['DUE']}\n")
    ask(world, "retry", "10:30", "10:31")
    assert world.states(JOB) == ["Succeeded", "Failed"] or world.states(JOB) == ["Failed", "Succeeded"]
    again = environments(world)[-1]
    assert (again["DUE"], again["ATTEMPT"], again["INTERVAL_END"]) == (
        "2026-11-22T10:00:00Z",
        "2",
        "2026-11-22T10:00:00Z",
    )
    assert (world.row(JOB)["Watermark"], world.row(JOB)["Failures"]) == ("2026-11-22T10:00:00Z", 0)
    assert world.row(JOB)["LastSuccessDue"] == at("10:00")


@pytest.mark.parametrize("request_", ["retry", "run 2026-11-22T11:00"])
def test_a_due_time_that_is_asked_for_again_and_fails_again_counts_once(request_: str) -> None:
    world = daily(Schedule="0 * * * *", Retries="1")
    world.groups.behave(duration=20, exit_code=1)
    world.ticks("10:00", "10:01", "10:02", "10:03")
    world.ticks("11:00", "11:01", "11:02", "11:03")
    assert world.row(JOB)["Failures"] == 2
    ask(world, request_, "11:10", "11:11", "11:12", "11:13")
    ask(world, request_, "11:20", "11:21", "11:22", "11:23")
    assert world.row(JOB)["Failures"] == 2
    world.groups.behave(duration=20)
    done = world.ticks("12:00", "12:01")
    assert [said.sentence.partition(". ")[0] for said in done.news] == [f"{JOB} recovered after 2 failures in a row"]


def test_a_due_time_that_failed_before_the_last_success_counts_when_it_fails_again() -> None:
    world = daily(Schedule="0 * * * *")
    world.groups.behave(duration=20, exit_code=1)
    world.ticks("10:00", "10:01")
    world.groups.behave(duration=20)
    world.ticks("11:00", "11:01")
    world.groups.behave(duration=20, exit_code=1)
    ask(world, "run 2026-11-22T10:00", "11:10", "11:11")
    assert world.row(JOB)["Failures"] == 1
    world.ticks("12:00", "12:01")
    assert world.row(JOB)["Failures"] == 2


def test_retry_without_a_failure_says_so() -> None:
    world = daily()
    ask(world, "retry", "09:02")
    assert (world.row(JOB)["Reason"], world.row(JOB)["Request"]) == ("There is no failed run to try again.", "")


def test_retry_finds_a_failure_whose_due_time_lies_behind_many_newer_ones() -> None:
    world = daily(Schedule="* * * * *")
    world.ticks(*minutes("09:02", "10:04"))
    world.groups.behave(duration=20, exit_code=1)
    world.edit(JOB, Enabled=False)
    ask(world, "run 2026-11-20T00:00Z", "10:05", "10:06")
    ask(world, "retry", "10:07")
    first, again = sorted(
        (row.columns for row in world.runs(JOB) if row.columns["Due"] == at("2026-11-20 00:00")), key=str
    )
    assert {first["Attempt"], again["Attempt"]} == {1, 2}
    assert len(world.runs(JOB)) > 50


def backfill(world: World, *times: Any, request: str = "run 2026-11-01..2026-11-05") -> None:
    ask(world, request, *times)


def test_a_backfill_plays_the_due_times_in_order_with_its_own_watermark() -> None:
    world = daily()
    backfill(world, *minutes("09:02", "09:20"))
    told = environments(world)
    days = ["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z", "2026-11-04T00:00:00Z"]
    assert [one["DUE"] for one in told] == days
    assert [one["WATERMARK"] for one in told] == ["", *days[:-1]]
    assert [one["INTERVAL_END"] for one in told] == days
    assert [one["INTERVAL_START"] for one in told] == ["2026-10-31T00:00:00Z", *days[:-1]]
    row = world.row(JOB)
    assert (row["Watermark"], row["LastDue"].year, row["Backfill"]) == ("live", 1601, "")  # type: ignore[union-attr]  # an instant
    assert "4 of 4 done" in str(row["Reason"])
    assert {run.columns["Trigger"] for run in world.runs(JOB)} == {"backfill"}


def test_a_backfill_shows_how_far_it_is() -> None:
    world = daily()
    backfill(world, "09:02", "09:03", "09:04")
    said = json.loads(str(world.row(JOB)["Backfill"]))
    assert (said["total"], said["done"], said["watermark"]) == (4, 2, "2026-11-02T00:00:00Z")
    assert said["next"] == "2026-11-04T00:00:00Z"


def test_a_backfill_begins_with_the_watermark_it_is_given() -> None:
    world = daily()
    backfill(world, *minutes("09:02", "09:10"), request="run 2026-11-01..2026-11-03 watermark Zero")
    assert [one["WATERMARK"] for one in environments(world)] == ["Zero", "2026-11-01T00:00:00Z"]


def test_a_backfill_is_cancelled_with_its_run() -> None:
    world = daily()
    world.groups.behave(duration=None)
    backfill(world, "09:02", "09:03")
    ask(world, "cancel", "09:04", *minutes("09:05", "09:10"))
    assert world.states(JOB) == ["Cancelled"]
    assert (world.row(JOB)["Backfill"], world.row(JOB)["Active"]) == ("", False)


def test_a_backfill_stops_at_a_final_failure_and_says_where() -> None:
    world = daily(Retries=1)
    world.groups.behave(duration=20, exit_code=1)
    backfill(world, *minutes("09:02", "09:20"))
    assert world.states(JOB) == ["Failed", "Failed"] or set(world.states(JOB)) == {"Failed"}
    assert len(world.runs(JOB)) == 2
    assert (world.row(JOB)["Backfill"], world.row(JOB)["Failures"]) == ("", 0)
    assert "0 of 4 done; it ends here" in str(world.row(JOB)["Reason"])


def test_a_live_due_time_waits_for_the_backfills_run_and_goes_first_then() -> None:
    world = daily(Schedule="*/5 * * * *")
    world.groups.behave(start_delay=5, duration=100, log=lambda env: f"::watermark::{env['DUE']}\n")
    backfill(world, *minutes("09:02", "09:30"), request="run 2026-11-01T00:00..2026-11-01T01:00")
    live: list[Any] = [row.columns for row in world.runs(JOB) if row.columns["Trigger"] == "schedule"]
    assert not [row for row in live if row["State"] == "Skipped"]
    assert {f"{row['Due']:%H:%M}" for row in live} >= {"09:05", "09:10", "09:15", "09:20", "09:25"}
    assert [row.columns["Trigger"] for row in world.runs(JOB)].count("backfill") >= 3


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        ("run 2026-11-01..2026-11-01T06:00", None),
        ("run 2026-11-01T01:00..2026-11-01T06:00", "has no due time from 2026-11-01T01:00:00Z"),
        ("run 2026-11-01..2027-11-01", "which is not past yet"),
        ("run 2000-01-01..2026-01-01", "more than 1,000 due times"),
    ],
)
def test_a_backfill_that_cannot_be_is_not_begun_and_says_why(request_: str, why: str | None) -> None:
    world = daily()
    ask(world, request_, "09:02")
    begun = "The backfill was not begun" not in str(world.row(JOB)["Reason"])
    assert begun is (why is None)
    assert why is None or why in str(world.row(JOB)["Reason"])
    assert world.row(JOB)["Request"] == ""


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_tick_that_dies_at_any_call_of_a_backfill_loses_none_of_it_and_doubles_none(when: str) -> None:
    world = daily()
    world.journal.clear()
    backfill(world, *minutes("09:02", "09:08"))
    for call in range(1, len(world.journal.lines) + 1):
        _dies(when, call)


def _dies(when: str, call: int) -> None:
    world = daily()
    world.edit(JOB, Request="run 2026-11-01..2026-11-05")
    (world.journal.kill_before if when == "before" else world.journal.kill_after)("*", call)
    for now in minutes("09:02", "09:40"):
        try:
            world.tick(now)
        except Killed:
            world.restart()
    told = environments(world)
    assert [one["DUE"][:10] for one in told] == [f"2026-11-0{day}" for day in (1, 2, 3, 4)], f"{when} {call}"
    assert [one["WATERMARK"][:10] for one in told] == ["", "2026-11-01", "2026-11-02", "2026-11-03"], f"{when} {call}"
    assert world.row(JOB)["Watermark"] == "live"
    assert all(len(starts) == 1 for starts in world.started().values())


def test_an_old_copy_does_not_play_a_backfill_twice() -> None:
    world = daily()
    world.edit(JOB, Request="run 2026-11-01..2026-11-06")
    world.ticks("09:02", "09:03")
    copy = world.copy(JOB)
    world.ticks("09:04", "09:05")
    world.replace(copy, Owner="Alice")
    world.ticks(*minutes("09:06", "09:30"))
    assert [one["DUE"][:10] for one in environments(world)] == [f"2026-11-0{day}" for day in (1, 2, 3, 4, 5)]


def test_retry_after_a_cancel_of_what_waited_is_the_attempt_after_it() -> None:
    world = daily(Retries=1, RetryDelay="30m")
    world.groups.behave(duration=20, exit_code=3)
    ask(world, "run", "09:02", "09:03")
    ask(world, "cancel", "09:04")
    ask(world, "retry", *minutes("09:05", "09:08"))
    assert sorted(str(row.columns["State"]) for row in world.runs(JOB))[:2] == ["Cancelled", "Failed"]
    assert max(int(str(row.columns["Attempt"])) for row in world.runs(JOB)) == 3
    assert world.row(JOB)["Request"] == ""


def test_a_retry_that_finds_the_line_full_is_kept_until_there_is_a_place() -> None:
    world = World("09:00", replace(SETTINGS, max_active_runs=1))
    world.groups.behave(start_delay=5, duration=20, exit_code=3)
    world.add(JOB, Schedule="0 0 * * *", Image="weather:1", Retries=1, RetryDelay="1h", Request="run")
    world.ticks("09:01", "09:02")
    world.groups.behave("long", duration=600)
    world.add("team/long", Image="long", Request="run")
    world.tick("09:03")
    world.edit(JOB, Request="retry")
    world.ticks(*minutes("09:04", "09:16"))
    assert len(world.runs(JOB)) == 2


def test_a_run_of_a_due_time_does_not_take_the_place_of_its_waiting_attempt() -> None:
    world = daily(Schedule="0 * * * *", Overlap="allow", Retries=1, RetryDelay="30m", Watermark="")
    world.groups.behave(duration=20, exit_code=3)
    world.ticks("10:00", "10:01")
    ask(world, "run 2026-11-22T10:00Z", *minutes("10:02", "10:40"))
    assert {int(str(row.columns["Attempt"])) for row in world.runs(JOB)} >= {1, 2, 3}


def test_a_backfills_run_whose_entry_is_lost_is_found_behind_a_page_of_live_ones() -> None:
    world = daily(Schedule="*/10 * * * *")
    world.groups.behave(start_delay=5, duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    world.ticks(*(now for first in range(9, 19) for now in minutes(f"{first:02}:05", f"{first:02}:59")))
    world.groups.behave(start_delay=5, duration=200, log=lambda env: f"::watermark::{env['DUE']}\n")
    ask(world, "run 2026-11-20T00:00..2026-11-20T00:30", "19:01", "19:02")
    world.edit(JOB, ActiveRuns="[]")
    world.ticks(*minutes("19:03", "19:40"))
    played = [row.columns for row in world.runs(JOB) if row.columns["Trigger"] == "backfill"]
    assert [row["State"] for row in played] == ["Succeeded"] * 3
    assert world.row(JOB)["Backfill"] == ""


def test_what_waited_and_was_taken_back_waits_no_more() -> None:
    world = daily(GitRepo="https://git.example/none")
    world.repositories.fail(times=100)
    ask(world, "run", "09:02", "09:03")
    assert world.row(JOB)["Status"] == "Waiting"
    ask(world, "cancel", "09:04")
    assert world.row(JOB)["Status"] == "Scheduled"


def test_a_job_of_every_minute_comes_to_what_it_is_asked_for() -> None:
    world = daily(Schedule="* * * * *")
    world.ticks("09:02", "09:03")
    ask(world, "run 2026-11-22T08:00Z", "09:04", "09:05")
    assert at("08:00") in [row.columns["Due"] for row in world.runs(JOB)]
    assert world.row(JOB)["Request"] == ""
