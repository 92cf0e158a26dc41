"""The last runs that a job's row remembers: written small, read whatever stands there."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.outcome import Outcome
from scheduler.recent import MOST, Past, mended, read, settled, write
from scheduler.row import Columns
from scheduler.run import ENDS, Cause, State
from tests.calendars import at, run
from tests.test_stale import ended, opened, skipped

FIRST = Past(at("09:00"), 1, State.SUCCEEDED, at("09:00:18"), 282.0, moved=True)
INSTANTS = st.integers(0, 10**14).map(lambda number: at("1602-01-01T00:00+00:00") + timedelta(milliseconds=number))
PASTS = st.builds(
    Past,
    due=INSTANTS,
    attempt=st.integers(1, 999),
    state=st.sampled_from(sorted(ENDS)),
    started=st.none() | INSTANTS,
    seconds=st.floats(allow_nan=False),
    moved=st.booleans(),
    cause=st.sampled_from(Cause),
).map(Past.cut)


def past(minute: int, **changes: Any) -> Past:
    return replace(FIRST, due=at("09:00") + timedelta(minutes=minute), started=None, **changes)


def test_a_run_is_one_word_that_a_person_can_read() -> None:
    lost = Past(at("10:00:00.250"), 3, State.LOST, None, 0.0, moved=False)
    early = replace(FIRST, started=at("08:59:59"), seconds=0.125, moved=False, state=State.FAILED)
    assert write([FIRST, lost, early]) == (
        "20261122T090000Z.1S+18/282^ 20261122T100000.250Z.3L/0 20261122T090000Z.1F-1/0.125"
    )


def test_a_cause_stands_behind_a_run_where_no_exit_code_tells_why_it_failed() -> None:
    ended = replace(FIRST, state=State.FAILED, moved=False)
    late, broke = replace(ended, cause=Cause.TIMEOUT), replace(ended, cause=Cause.EXIT)
    assert write([late, broke]) == "20261122T090000Z.1F+18/282!timeout 20261122T090000Z.1F+18/282"
    assert [one.cause for one in read(write([late, broke]))] == [Cause.TIMEOUT, Cause.NONE]
    assert [one.cause for one in read("20261122T090000Z.1F+18/282!sloth")] == [Cause.NONE]


def test_a_row_of_runs_says_the_cause_that_the_settling_write_said() -> None:
    made = Outcome(State.FAILED, Cause.TIMEOUT, started=at("12:00:20"), finished=at("12:10"))
    past = Past.from_row({**ended("12:00", "2").columns, "WatermarkTo": "", **made.columns(run(at("12:00")))})
    assert past
    assert past.cause is Cause.TIMEOUT


@given(st.lists(PASTS, max_size=2 * MOST))
def test_what_is_written_is_read_back_and_the_oldest_are_forgotten(pasts: list[Past]) -> None:
    assert read(write(pasts)) == tuple(pasts[-MOST:])


@given(PASTS)
def test_what_any_run_takes_is_bounded(one: Past) -> None:
    assert len(write([one])) <= 65


def test_thirty_runs_take_less_than_a_kilobyte_and_a_half() -> None:
    """Backfills are the longest: they are due years before they begin."""
    slow = Past(at("09:00:00.123"), 12, State.CANCELLED, at("09:00") + timedelta(days=900), 86_400.5, moved=True)
    assert len(write([slow] * MOST)) < 1_536
    assert len(write([FIRST] * MOST)) < 1_000


DAMAGED = [
    ("", 0),
    ("nothing of it", 0),
    ("20261122T090000Z.1S+18/282^ 2026112", 1),
    ("20261122T090000Z.1S+18/28", 1),
    ("20260231T090000Z.1S/1 00000101T090000Z.1S/1 20261322T090000Z.1S/1", 0),
    ("99991231T235959Z.1S+999999999999/1 99991231T235959Z.1S+9999999999999/1", 0),
    ("20261122T090000Z.1W/1 20261122T090000Z.1R/1 20261122T090000Z.1s/1", 0),
    ("20261122T090000Z.1S/inf 20261122T090000Z.1S/-1 20261122T090000Z.1S/1e5 20261122T090000Z.1S/", 0),
    ("\u0662\u0660261122T090000Z.1S/1 20261122T090000Z.\u0661S/1", 0),
    ("20261122T090000Z.1S/1,20261122T100000Z.1S/1", 0),
    ("\x00 20261122T090000Z.1S/1\n\t20261122T100000Z.2F/1", 2),
]


@pytest.mark.parametrize(("text", "left"), DAMAGED)
def test_a_damaged_cell_is_read_as_far_as_it_can_be(text: str, left: int) -> None:
    assert len(read(text)) == left


@given(st.text() | st.text(alphabet="0123456789TZ.SF+-/^ "))
def test_whatever_stands_there_never_raises(text: str) -> None:
    assert read(write(read(text))) == tuple(one.cut() for one in read(text))


def test_a_run_that_is_settled_goes_to_the_end_and_stands_there_once() -> None:
    text = write([past(0), past(1), past(2)])
    again = past(1, state=State.FAILED)
    assert read(settled(text, again)) == (past(0), past(2), again)


def test_a_backfills_run_stands_behind_the_live_one_that_was_settled_before_it() -> None:
    """The order tells what came after what: by due time a backfill would hide in the middle."""
    assert [one.due for one in read(settled(write([past(9)]), past(0)))] == [past(9).due, past(0).due]


def test_the_31st_run_pushes_out_the_oldest() -> None:
    text = ""
    for minute in range(MOST + 1):
        text = settled(text, past(minute))
    assert read(text) == tuple(past(minute) for minute in range(1, MOST + 1))


# rows of Runs


def columns(*rows: Any) -> list[Columns]:
    return [row.columns for row in rows]


def test_a_row_of_runs_says_what_the_settling_write_said() -> None:
    one = replace(run(at("12:00")), watermark="1")
    made = Outcome(State.SUCCEEDED, started=at("12:00:20"), finished=at("12:10"), watermark="2")
    (row,) = columns(ended("12:00", "2"))
    cells = {**row, **made.columns(one)}
    assert Past.from_row(cells) == Past(at("12:00"), 1, State.SUCCEEDED, at("12:00:20"), 580.0, moved=True)


@pytest.mark.parametrize(
    "row", [opened("12:00").columns, skipped("11:00", "12:00").columns, {}, {"State": "Succeeded"}]
)
def test_what_is_no_closed_run_has_no_past(row: Columns) -> None:
    assert Past.from_row(row) is None


@pytest.mark.parametrize("lasted", ["long", float("nan"), float("inf"), -5, None, True])
def test_a_duration_that_somebody_typed_over_does_no_harm(lasted: Any) -> None:
    made = Past.from_row({**ended("12:00", "2").columns, "Duration": lasted})
    assert made
    assert read(write([made])) == (made,)


def test_an_old_copy_gets_its_last_runs_back_and_keeps_the_older_ones() -> None:
    text = write([past(-600), replace(past(120), state=State.FAILED)])
    told = read(mended(text, columns(ended("12:00", "6"), opened("12:30"), ended("11:00", "5"))))
    assert [(f"{one.due:%H:%M}", one.state.value) for one in told] == [
        ("23:00", "Succeeded"), ("11:00", "Succeeded"), ("12:00", "Succeeded"),
    ]  # fmt: skip


def test_the_docs_show_a_cell_that_reads_as_they_say() -> None:
    page = (Path(__file__).parents[1] / "docs/history.md").read_text()
    (shown,) = re.findall(r"^ {4}(\d{8}T.*)$", page, re.MULTILINE)
    failed, then = read(shown)
    assert (failed.state, failed.attempt, failed.seconds, failed.moved) == (State.FAILED, 1, 40.0, False)
    assert (then.state, then.attempt, then.started, then.moved) == (State.SUCCEEDED, 2, at("09:02:10"), True)
