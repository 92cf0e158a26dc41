"""A backfill: which due times it plays, how it moves on, and what is read of its cell, mangled or not."""

import json
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import backfill
from scheduler.backfill import MOST, Backfill, begin
from scheduler.schedule import Schedule
from tests.calendars import at

HOURLY = Schedule.parse("0 * * * *")
NOW = at("12:30")


def begun(first: str, before: str, schedule: Schedule = HOURLY, watermark: str = "") -> Backfill:
    made = begin(schedule, at(first), at(before), watermark, NOW)
    assert isinstance(made, Backfill), made
    return made


def refused(first: str, before: str, schedule: Schedule = HOURLY) -> str:
    made = begin(schedule, at(first), at(before), "", NOW)
    assert isinstance(made, str), made
    return made


def played(going: Backfill, schedule: Schedule = HOURLY) -> list[str]:
    """Every due time that it claims, in order."""
    found = []
    while going.next:
        found.append(f"{going.next:%H:%M}")
        going = going.claimed(schedule)
        assert len(found) <= MOST, "it never ends"
    return found


@pytest.mark.parametrize(
    ("story", "first", "before", "dues"),
    [
        ("both ends on due times", "07:00", "10:00", ["07:00", "08:00", "09:00"]),
        ("the second itself is not run", "07:00", "07:00:01", ["07:00"]),
        ("both between due times", "07:30", "10:30", ["08:00", "09:00", "10:00"]),
        ("a single one", "07:30", "08:30", ["08:00"]),
        ("up to this moment", "11:00", "12:30", ["11:00", "12:00"]),
    ],
)
def test_it_plays_the_due_times_from_the_first_on_and_before_the_second(
    story: str, first: str, before: str, dues: list[str]
) -> None:
    made = begun(first, before)
    assert played(made) == dues, story
    assert (made.total, made.done, made.id) == (len(dues), 0, "2026-11-22T12:30:00Z")


def test_it_plays_what_lies_between_the_schedules_bounds() -> None:
    bounded = Schedule.parse("0 * * * *", start=at("08:00"), end=at("09:30"))
    assert played(begun("05:00", "12:00", bounded), bounded) == ["08:00", "09:00"]


def test_it_begins_with_the_watermark_that_it_is_given() -> None:
    assert begun("07:00", "09:00", watermark="Zero").watermark == "Zero"
    assert begun("07:00", "09:00").watermark == ""


@pytest.mark.parametrize(
    ("story", "first", "before", "schedule", "why"),
    [
        ("not past", "07:00", "12:30:01", "0 * * * *", "it ends at 2026-11-22T12:30:01Z, which is not past yet"),
        ("no due time", "07:10", "07:50", "0 * * * *", "the schedule has no due time from 2026-11-22T07:10:00Z on and"),
        ("manual", "07:00", "09:00", "manual", "the schedule has no due time from"),
        ("a chain", "07:00", "09:00", "after other", "the schedule has no due time from"),
        ("not any more", "07:00", "09:00", "at 2026-11-22T06:00", "the schedule has no due time from"),
    ],
)
def test_what_cannot_be_played_is_not_begun_and_says_why(
    story: str, first: str, before: str, schedule: str, why: str
) -> None:
    assert refused(first, before, Schedule.parse(schedule)).startswith(why), story


def test_a_thousand_due_times_are_a_backfill_and_one_more_is_none() -> None:
    minutely = Schedule.parse("* * * * *")
    last = at("12:00")
    thousand = begin(minutely, last - timedelta(minutes=MOST), last, "", NOW)
    assert isinstance(thousand, Backfill)
    assert thousand.total == MOST == 1_000
    more = begin(minutely, last - timedelta(minutes=MOST + 1), last, "", NOW)
    assert more == "it has more than 1,000 due times: ask for it in pieces"


def test_a_success_is_counted_and_its_watermark_kept() -> None:
    made = begun("07:00", "10:00", watermark="b0").claimed(HOURLY)
    assert made.settled("b1") == replace(made, done=1, watermark="b1")
    assert made.settled("b1").progress == "Backfill 2026-11-22T07:00:00Z..2026-11-22T10:00:00Z: 1 of 3 done"


def test_after_its_last_due_time_nothing_is_to_be_claimed() -> None:
    last = begun("07:00", "08:00").claimed(HOURLY)
    assert last.next is None
    assert last.claimed(HOURLY) == last


def test_a_schedule_that_was_edited_meanwhile_goes_on_from_where_it_is() -> None:
    assert played(begun("07:00", "09:00"), Schedule.parse("*/30 * * * *")) == ["07:00", "07:30", "08:00", "08:30"]


INSTANTS = st.integers(0, 250_000_000_000_000).map(
    lambda passed: at("1970-01-01T00:00+00:00") + timedelta(0, 0, 0, passed)
)
WHOLE = st.integers(0, MOST)
TEXTS = st.text(max_size=20)


@settings(derandomize=True, max_examples=100, database=None, deadline=None)
@given(st.builds(Backfill, INSTANTS, INSTANTS, st.none() | INSTANTS, WHOLE, WHOLE, TEXTS, TEXTS))
def test_its_cell_is_read_back_the_same(going: Backfill) -> None:
    assert Backfill.read(str(going)) == going


def said(**changes: Any) -> str:
    return json.dumps(json.loads(str(begun("07:00", "10:00"))) | changes)


MANGLED = [
    ("nothing", ""),
    ("cut short", said()[:-1]),
    ("no object", "[]"),
    ("a number", "5"),
    ("null", "null"),
    ("an empty object", "{}"),
    ("deeper than the parser goes", "[" * 30_000),
    ("no next", json.dumps({name: value for name, value in json.loads(said()).items() if name != "next"})),
    ("a first that is no time", said(first="monday")),
    ("a time without offset", said(before="2026-11-22T10:00:00")),
    ("a next that is a number", said(next=5)),
    ("a total that is no number", said(total="many")),
    ("a time outside the calendar", said(first="0001-01-01T00:00:00+05:00")),
]


@pytest.mark.parametrize(("story", "written"), MANGLED, ids=[row[0] for row in MANGLED])
def test_a_mangled_cell_is_no_backfill(story: str, written: str) -> None:
    assert Backfill.read(written) is None, story


def test_every_field_of_it_is_written() -> None:
    assert set(json.loads(said())) == set(asdict(begun("07:00", "10:00")))


def test_times_are_written_as_people_read_them() -> None:
    assert json.loads(said())["next"] == "2026-11-22T07:00:00Z"
    assert datetime.fromisoformat(json.loads(said())["before"]) == at("10:00")
    assert backfill.MOST == 1_000
