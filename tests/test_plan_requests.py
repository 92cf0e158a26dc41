"""Calendars: a person's requests, times that come once, intervals, and cells that somebody damaged."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.row import NEVER, Row
from scheduler.standing import Standing, Status
from tests.calendars import JOB, at, hourly, run, typed

# A request to run


def test_a_request_starts_an_idle_job_now_and_is_cleared() -> None:
    calendar = hourly().edit("10:20", Request="run")
    assert calendar.tick("10:20:30") == ["start 10:20:30 on request"]
    assert (calendar.standing.request, calendar.next) == ("", "11:00")
    assert calendar.ends().tick("10:21:30") == []
    assert calendar.tick("11:00") == ["start 11:00"]


def test_a_requested_run_has_no_data_interval_and_is_no_scheduled_due_time() -> None:
    calendar = hourly().edit("10:20", Request="run")
    calendar.tick("10:20:30")
    assert calendar.last.start
    assert calendar.last.start.interval is None
    assert calendar.standing.last_due == at("10:00")
    calendar.ends().tick("11:00")
    assert calendar.last.start.interval == (at("10:00"), at("11:00"))


def test_a_request_while_a_run_is_going_is_let_pass_with_its_reason() -> None:
    calendar = hourly()
    calendar.tick("11:00")
    calendar.edit("11:05", Request="run")
    assert calendar.tick("11:06") == ["skip 11:06"]
    assert calendar.standing.request == ""
    assert calendar.standing.reason == (
        "The requested run was not started: the run due 2026-11-22T11:00:00Z was not seen to start yet, "
        "and is looked for until 2026-11-22T11:15:00Z (Overlap skip)."
    )
    assert calendar.ends().tick("11:07") == []


def test_a_request_together_with_a_due_time_makes_one_run() -> None:
    calendar = hourly().edit("10:59:50", Request="run")
    assert calendar.tick("11:00:10") == ["start 11:00"]
    assert calendar.standing.request == ""
    assert calendar.ends().tick("11:01:10") == []


def test_a_request_together_with_a_due_time_that_passes_is_answered_at_the_next_tick() -> None:
    calendar = hourly()
    calendar.tick("11:00")
    calendar.edit("11:59", Request="run")
    assert calendar.tick("12:00") == ["skip 12:00"]
    assert calendar.tick("12:01") == ["skip 12:01"]
    assert calendar.standing.request == ""


def test_a_request_runs_a_paused_job_once_and_it_stays_paused() -> None:
    calendar = hourly().edit("10:30", Enabled=False)
    calendar.tick("10:31")
    assert calendar.edit("10:40", Request="run").tick("10:41") == ["start 10:41 on request"]
    assert calendar.ends().tick("12:00") == []
    assert calendar.standing.status == Status.PAUSED


@pytest.mark.parametrize("schedule", ["manual", ""])
def test_a_manual_job_runs_on_request_only_and_says_so(schedule: str) -> None:
    calendar = typed(schedule)
    assert calendar.tick("09:01") == []
    assert calendar.standing.reason == "Runs on request only."
    assert calendar.standing.columns()["NextRun"] == NEVER
    assert calendar.edit("12:00", Request="run").tick("12:00:30") == ["start 12:00:30 on request"]


def test_a_request_on_a_wrong_row_waits_until_it_is_mended() -> None:
    calendar = hourly().edit("10:20", Cpu="lots", Request="run")
    assert calendar.tick("10:21") == []
    assert calendar.edit("10:30", Cpu=2).tick("10:31") == ["start 10:31 on request"]


# A request to cancel


def test_a_cancel_ends_the_run_that_is_going() -> None:
    calendar = hourly()
    calendar.tick("11:00")
    assert calendar.edit("11:05", Request="cancel").tick("11:06") == ["cancel 11:00"]
    assert calendar.standing.request == ""
    assert [one.cancel for one in calendar.standing.runs] == [True]
    assert (calendar.standing.status, calendar.standing.reason) == ("Cancelling", "Cancelling on request.")
    assert calendar.tick("11:07") == [], "once"


def test_a_cancel_without_a_run_says_so_and_changes_nothing_else() -> None:
    calendar = hourly()
    before = calendar.standing
    assert calendar.edit("10:20", Request="cancel").tick("10:21") == []
    assert calendar.standing == replace(before, reason="There was no run to cancel.")
    assert calendar.tick("11:00") == ["start 11:00"]


def test_a_cancel_leaves_alone_what_only_waits_for_its_groups_removal() -> None:
    calendar = hourly()
    calendar.tick("11:00")
    calendar.standing = replace(
        calendar.standing, runs=tuple(replace(one, removing=True) for one in calendar.standing.runs), request="cancel"
    )
    assert calendar.tick("11:05") == []
    assert [one.cancel for one in calendar.standing.runs] == [False]


def test_a_cancel_ends_the_going_run_only() -> None:
    calendar = hourly()
    calendar.tick("11:00")
    leaving = replace(run(at("10:00")), removing=True)
    calendar.standing = replace(calendar.standing, runs=(leaving, *calendar.standing.runs), request="cancel")
    assert calendar.tick("11:05") == ["cancel 11:00"]
    assert [one.cancel for one in calendar.standing.runs] == [False, True]


def test_a_cancel_works_on_a_wrong_row_too() -> None:
    calendar = hourly()
    calendar.tick("11:00")
    calendar.edit("11:01", Cpu="lots").tick("11:02")
    assert calendar.edit("11:05", Request="cancel").tick("11:06") == ["cancel 11:00"]
    calendar.ends().tick("11:07")
    assert calendar.standing.status == Status.INVALID


def test_a_due_time_that_falls_on_a_cancel_of_nothing_starts_and_the_row_tells_both() -> None:
    calendar = hourly().edit("10:59:30", Request="cancel")
    assert calendar.tick("11:00") == ["start 11:00"]
    assert calendar.last.start
    assert calendar.last.start.said == "There was no run to cancel."
    assert not calendar.last.start.asked
    assert calendar.standing.request == ""


def test_a_cancel_beside_a_group_that_is_only_to_be_stopped_is_answered_at_once() -> None:
    calendar = hourly()
    stopping = replace(run(at("10:00")), removing=True, existing=True, group="nightly")
    calendar.standing = replace(calendar.standing, runs=(stopping,), request="cancel")
    assert calendar.tick("11:00") == ["skip 11:00"]
    assert calendar.standing.request == ""
    assert calendar.standing.reason.startswith("There was no run to cancel. Skipped 2026-11-22T11:00:00Z: ")


def test_a_due_time_that_falls_on_the_cancel_of_a_run_is_decided_at_the_next_tick() -> None:
    calendar = hourly()
    calendar.tick("11:00")
    calendar.edit("11:59:30", Request="cancel")
    assert calendar.tick("12:00") == ["cancel 11:00"]
    assert calendar.ends().tick("12:01") == ["start 12:00"]


def test_an_edit_together_with_a_cancel_loses_no_due_time() -> None:
    calendar = typed(edited="10:59:30", Request="cancel")
    calendar.edit("10:59:30", Request="cancel")
    assert calendar.tick("11:00:05") == ["start 11:00"]


def test_a_cancel_of_nothing_in_a_row_that_is_wrong_leaves_its_faults_to_be_read() -> None:
    calendar = hourly().edit("10:20", Cpu="lots", Request="cancel")
    assert calendar.tick("10:21") == []
    assert calendar.standing.status == Status.INVALID
    assert calendar.standing.reason.startswith("Cpu is 'lots'")
    assert calendar.standing.reason.endswith("There was no run to cancel.")
    assert calendar.standing.request == ""


# times that come once


def test_a_single_instant_runs_once() -> None:
    calendar = typed("at 2026-11-22T10:00")
    assert calendar.tick("09:01") == []
    assert calendar.tick("10:00:20") == ["start 10:00"]
    assert calendar.next == "never"
    assert calendar.ends().tick("10:01") == []
    assert calendar.edit("10:30", Owner="me").tick("10:31") == []


def test_a_single_instant_that_was_past_when_it_was_typed_does_not_run() -> None:
    calendar = typed("at 2026-11-22T08:00")
    assert calendar.tick("09:01") == []
    assert calendar.standing.reason == "No due time is left."
    assert calendar.tick("09:02") == []


def test_a_single_instant_past_when_typed_does_not_run_in_a_job_that_ran_before() -> None:
    calendar = hourly()
    calendar.edit("10:30", Schedule="at 2026-11-22T10:15")
    assert calendar.tick("10:31") == []
    assert calendar.tick("10:32") == []


def test_a_last_due_time_that_was_let_pass_is_not_started_afterwards() -> None:
    calendar = typed("at 2026-11-22T10:00; at 2026-11-22T11:00")
    assert calendar.tick("10:00") == ["start 10:00"]
    assert calendar.tick("11:00") == ["skip 11:00"]
    assert calendar.tick("11:01") == []
    assert calendar.ends().tick("11:02") == []


def test_times_typed_together_with_a_fault_count_from_that_edit() -> None:
    calendar = hourly()
    calendar.edit("10:30", Schedule="20 * * * *", Cpu="lots")
    calendar.tick("10:31")
    calendar.edit("10:40", Cpu=2)
    assert calendar.tick("10:41") == []
    assert calendar.next == "11:20"


# intervals


@pytest.mark.parametrize(
    ("story", "cells", "edited", "ticks"),
    [
        ("a new row", {}, "10:31:30", ["interval of 10:00 to 11:00"]),
        ("typed on a due time", {}, "10:00", ["interval of 10:00 to 11:00"]),
        ("anchored", {"StartAt": "2026-11-22T10:20"}, "10:31", ["interval of 10:20 to 11:20"]),
        (
            "anchored ahead",
            {"StartAt": "2026-11-22T11:20"},
            "10:31",
            ["no interval at 11:20", "interval of 11:20 to 12:20"],
        ),
    ],
)
def test_an_interval_begins_at_the_previous_due_time_or_there_is_none(
    story: str, cells: dict[str, Any], edited: str, ticks: list[str]
) -> None:
    calendar = typed("every 1 hour", edited, **cells)
    seen: list[str] = []
    calendar.tick("10:31:45")
    while len(seen) < len(ticks):
        calendar.tick(calendar.next)
        start = calendar.last.start
        assert start, story
        ends = [f"{end:%H:%M}" for end in start.interval or ()]
        seen.append(f"interval of {ends[0]} to {ends[1]}" if ends else f"no interval at {start.due:%H:%M}")
        calendar.ends()
    assert seen == ticks


# damaged cells


@pytest.mark.parametrize("typed_in", ["2026-11-22T11:00:00Z", "", 5, True, b"x"])
def test_a_next_due_that_somebody_typed_over_is_found_again_from_the_last_one_claimed(typed_in: Any) -> None:
    calendar = hourly().edit("12:30", NextDue=typed_in, NextRun=typed_in)
    assert calendar.tick("13:10") == ["skip 11:00 to 12:00", "start 13:00"]
    assert calendar.next == "14:00"


def test_a_next_run_of_another_type_is_written_anew() -> None:
    calendar = hourly()
    row = Row(*JOB, {**calendar.standing.columns(), "NextDue": "soon", "NextRun": "2026-11-22T11:00:00Z"})
    calendar.standing = Standing.from_row(row)
    assert calendar.standing.next_run is None
    calendar.edit("10:05", NextDue="soon").tick("10:10")
    changes = calendar.standing.changes(row)
    assert changes["NextDue"] == changes["NextRun"] == at("11:00")


def test_a_next_due_beside_the_calendar_makes_no_range_that_runs_backwards() -> None:
    calendar = hourly()
    calendar.standing = replace(calendar.standing, next_due=at("11:30"))
    assert calendar.tick("12:05")[-1] == "start 12:00"
    assert all(skip.first <= skip.last for skip in calendar.last.skips)


def test_a_next_due_after_the_present_is_believed() -> None:
    calendar = hourly()
    calendar.standing = replace(calendar.standing, next_due=at("10:30"))
    assert calendar.tick("10:30") == ["start 10:30"]
    assert calendar.next == "11:00"
