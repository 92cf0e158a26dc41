"""Calendars: what a job does at each tick, on time, late, edited, paused or wrong."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.job import Digest, Job
from scheduler.plan import Skip, plan
from scheduler.row import Row
from scheduler.standing import Status
from tests.calendars import JOB, at, hourly, run, typed


def test_a_new_row_is_told_its_first_run_and_earlier_due_times_are_not_caught_up() -> None:
    calendar = typed()
    assert calendar.tick("09:01") == []
    assert (calendar.standing.status, calendar.standing.reason) == ("Scheduled", "Next run 2026-11-22T10:00:00Z.")
    assert calendar.standing.next_run == calendar.standing.next_due == at("10:00")


def test_a_row_typed_before_a_due_time_and_first_seen_after_it_is_started() -> None:
    assert typed(edited="09:59:50").tick("10:00:10") == ["start 10:00"]


@pytest.mark.parametrize(
    ("story", "now", "decided", "following"),
    [
        ("a second early", "10:59:59", [], "11:00"),
        ("on the dot", "11:00", ["start 11:00"], "12:00"),
        ("a timer that is late", "11:40", ["start 11:00"], "12:00"),
        ("one missed", "12:00:01", ["skip 11:00", "start 12:00"], "13:00"),
        ("three hours down", "14:10", ["skip 11:00 to 13:00", "start 14:00"], "15:00"),
    ],
)
def test_after_an_outage_the_latest_due_time_starts_once_and_the_rest_is_one_range(
    story: str, now: str, decided: list[str], following: str
) -> None:
    calendar = hourly()
    assert calendar.tick(now) == decided, story
    assert calendar.next == following
    assert calendar.ends().tick(now) == [], "the same instant again"


def test_a_missed_range_says_why() -> None:
    calendar = hourly()
    calendar.tick("14:10")
    (skip,) = calendar.last.skips
    assert skip == Skip(
        at("11:00"), at("13:00"), "schedule", "a newer due time came before it could start (CatchUp latest)", late=True
    )


def test_a_due_time_passes_while_the_last_run_is_going_and_the_row_says_so() -> None:
    calendar = typed()
    calendar.tick("10:00:05")
    assert calendar.tick("11:00:05") == ["skip 11:00"]
    assert calendar.standing.reason == (
        "Skipped 2026-11-22T11:00:00Z: the run due 2026-11-22T10:00:00Z was not seen to start yet, and is looked for "
        "until 2026-11-22T10:15:00Z (Overlap skip). "
        "Next run 2026-11-22T12:00:00Z."
    )
    assert calendar.tick("13:30") == ["skip 12:00 to 13:00"]
    assert calendar.ends().tick("13:31") == [], "what was let pass is not started later"
    assert calendar.tick("14:00") == ["start 14:00"]


def test_a_run_that_waits_for_its_groups_removal_holds_nothing_up() -> None:
    calendar = hourly()
    calendar.standing = replace(calendar.standing, runs=(replace(run(at("10:00")), removing=True),))
    assert calendar.tick("11:00") == ["start 11:00"]
    assert len(calendar.standing.runs) == 2


def test_the_data_interval_joins_the_last_started_due_time_even_over_skipped_ones() -> None:
    calendar = hourly()
    calendar.tick("11:00")
    assert calendar.last.start
    assert calendar.last.start.interval == (at("10:00"), at("11:00"))
    calendar.tick("12:00")
    calendar.ends().tick("14:00")
    assert calendar.last.start
    assert calendar.last.start.interval == (at("11:00"), at("14:00"))


def test_the_first_interval_begins_at_the_schedules_previous_due_time() -> None:
    calendar = typed()
    calendar.tick("10:00")
    assert calendar.last.start
    assert calendar.last.start.interval == (at("09:00"), at("10:00"))


@pytest.mark.parametrize("schedule", ["at 2026-11-22T10:00", "0 10 22 11 *"])
def test_a_first_due_time_without_a_previous_one(schedule: str) -> None:
    calendar = typed(schedule, StartAt="2026-11-22")
    assert calendar.tick("10:00") == ["start 10:00"]
    assert calendar.last.start
    assert calendar.last.start.interval is None


# edits


@pytest.mark.parametrize(
    ("cells", "following"),
    [
        ({"Schedule": "*/10 * * * *"}, "10:40"),
        ({"Schedule": "0 10,20 * * *"}, "20:00"),
        ({"TimeZone": "Asia/Kolkata"}, "11:30"),
        ({"StartAt": "2026-11-22T13:30"}, "14:00"),
        ({"Schedule": "every 50 minutes", "StartAt": "2026-11-22T10:00"}, "10:50"),
        ({"EndAt": "2026-11-22T10:45"}, "never"),
        ({"Schedule": "manual"}, "never"),
    ],
)
def test_new_times_count_from_the_edit_and_never_from_before_it(cells: dict[str, Any], following: str) -> None:
    calendar = hourly().edit("10:30:30", **cells)
    assert calendar.tick("10:31") == []
    assert calendar.next == following
    assert calendar.tick("10:32") == [], "nor at the tick after"


@pytest.mark.parametrize("column", ["Image", "Command", "Owner", "Timeout"])
def test_an_edit_of_anything_else_keeps_the_due_time(column: str) -> None:
    calendar = hourly().edit("11:00:30", **{column: "2h"})
    assert calendar.tick("11:01") == ["start 11:00"]


def test_an_edit_between_the_due_time_and_its_tick_counts() -> None:
    assert hourly().edit("11:00:10", Schedule="*/30 * * * *").tick("11:00:20") == []


def test_a_pause_is_told_with_its_reason_and_nothing_is_caught_up_after_it() -> None:
    calendar = hourly().edit("10:30", Enabled="no", PausedReason="until the source is back")
    assert calendar.tick("10:31") == []
    assert (calendar.standing.status, calendar.standing.reason) == ("Paused", "Paused: until the source is back.")
    assert calendar.tick("12:00") == []
    calendar.edit("13:30", Enabled="yes")
    assert calendar.tick("13:31") == []
    assert (calendar.standing.status, calendar.next) == ("Scheduled", "14:00")


def test_a_pause_during_a_run_lets_it_go_on_and_shows_once_it_ended() -> None:
    calendar = hourly()
    calendar.tick("11:00")
    calendar.edit("11:01", Enabled="no").tick("11:02")
    assert calendar.standing.status == Status.STARTING
    assert "The run due 2026-11-22T11:00:00Z is going. Paused." in calendar.standing.reason
    calendar.ends().tick("11:03")
    assert calendar.standing.status == Status.PAUSED
    before = calendar.standing
    calendar.tick("11:04")
    assert calendar.standing == before, "a row at rest is not written each minute"


def test_a_row_at_rest_says_the_same_at_every_tick() -> None:
    calendar = hourly()
    before = calendar.standing
    for minute in range(1, 60):
        assert calendar.tick(f"10:{minute:02d}") == []
        assert calendar.standing == before


def test_a_row_that_was_mended_says_so_once_and_goes_on() -> None:
    calendar = hourly()
    row = Row(*JOB, {**calendar.standing.columns(), **calendar.cells})
    mended = replace(calendar.standing, note="It was an older copy.")
    told = plan(Job.from_row(row), Digest.of(row.columns), mended, at("10:05"), at("10:06")).standing
    assert (told.status, told.reason) == ("Scheduled", "It was an older copy. Next run 2026-11-22T11:00:00Z.")


# wrong rows


def test_a_wrong_row_says_what_is_wrong_and_does_nothing() -> None:
    calendar = hourly().edit("10:30", Cpu="lots")
    assert calendar.tick("10:31") == []
    assert calendar.standing.status == Status.INVALID
    assert calendar.standing.reason == "Cpu is 'lots': it must be a number from 0.1 to 31."
    assert calendar.standing.next_run is None
    assert calendar.tick("12:00") == []


def test_a_mended_row_keeps_its_due_times() -> None:
    calendar = hourly().edit("10:30", Cpu="lots")
    calendar.tick("10:31")
    calendar.tick("12:01")
    calendar.edit("12:30", Cpu="2")
    assert calendar.tick("12:31") == ["skip 11:00", "start 12:00"]


def test_another_edit_that_leaves_a_row_wrong_keeps_its_due_times_too() -> None:
    calendar = hourly().edit("10:30", Cpu="lots")
    calendar.tick("10:31")
    calendar.edit("12:10", Cpu="more").tick("12:11")
    assert calendar.edit("12:30", Cpu="2").tick("12:31") == ["skip 11:00", "start 12:00"]


def test_a_row_that_was_wrong_in_its_times_counts_from_its_mending() -> None:
    calendar = hourly().edit("10:30", Schedule="61 * * * *")
    calendar.tick("10:31")
    calendar.edit("12:30", Schedule="0 * * * *")
    assert calendar.tick("12:31") == []
    assert (calendar.standing.status, calendar.next) == ("Scheduled", "13:00")


def test_a_row_that_becomes_wrong_keeps_its_open_run() -> None:
    calendar = hourly()
    calendar.tick("11:00")
    calendar.edit("11:01", Cpu="lots").tick("11:02")
    assert [one.due for one in calendar.standing.going] == [at("11:00")]


def test_many_faults_make_one_reason_that_fits_a_cell() -> None:
    calendar = hourly().edit("10:30", **dict.fromkeys(("Cpu", "MemoryGb", "Env", "Timeout", "Priority"), "x" * 3000))
    calendar.tick("10:31")
    assert 300 < len(calendar.standing.reason) <= 2000
