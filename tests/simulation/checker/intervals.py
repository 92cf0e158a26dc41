"""The data intervals of a job's scheduled runs join up: each begins where the one claimed before it ended."""

from datetime import UTC, datetime, timedelta

from tests.simulation.checker.books import Books, JobBook, Run
from tests.simulation.checker.calendar import Unreadable, dues
from tests.simulation.checker.cells import instant, text
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Cells

_LOOK_BACK = (timedelta(days=1), timedelta(days=9), timedelta(days=40), timedelta(days=400))


def check_intervals(books: Books, found: Findings) -> None:
    """Hold every scheduled run against the one before it, and its container against its row."""
    for book in books.jobs.values():
        for run in book.runs:
            if run.trigger == "schedule":
                _joins(book, run, found)
            _was_told(books, run, found)


def _joins(book: JobBook, run: Run, found: Findings) -> None:
    if book.rewritten(run.registered):
        found.leave("interval", "a job whose row was written whole by a person")
        return
    claimed = book.claimed(run)
    if claimed is None:
        found.leave("interval", "an attempt that never began")
        return
    begin, end = instant(run.cells, "IntervalStart"), instant(run.cells, "IntervalEnd")
    first = next((one for one in book.runs if one.due == run.due and one.trigger == "schedule"), run)
    wanted = _previous(book, run, claimed.cells or {}) if first is run else instant(first.cells, "IntervalStart")
    right = begin == wanted and end == (run.due if wanted else None)
    found.hold(
        "interval", book.name, run.due, right,
        f"{run.name} has the interval {said(begin)} to {said(end)}; it should begin at {said(wanted)}",
    )  # fmt: skip


def _previous(book: JobBook, run: Run, cells: Cells) -> datetime | None:
    """Give the due time of the scheduled run claimed before it, else the one before it on the calendar."""
    scheduled = [one for one in book.runs if one.trigger in ("schedule", "after") and one.due < run.due]
    before = [one.due for one in scheduled if _claimed(book, one) <= _claimed(book, run)]
    if before:
        return max(before)
    times = tuple(text(cells, name) for name in ("Schedule", "TimeZone", "StartAt", "EndAt"))
    for back in _LOOK_BACK:
        try:
            past = dues((times[0], times[1], times[2], times[3]), run.due - back, run.due - timedelta(seconds=1))
        except Unreadable:
            return None
        if past:
            return past[-1]
    return None


def _claimed(book: JobBook, run: Run) -> datetime:
    claim = book.claimed(run)
    return claim.at if claim else run.registered


def _was_told(books: Books, run: Run, found: Findings) -> None:
    for put in books.puts.get(text(run.cells, "Group"), []):
        told = [_read(put.told.get(name)) for name in ("INTERVAL_START", "INTERVAL_END")]
        row = [instant(run.cells, name) for name in ("IntervalStart", "IntervalEnd")]
        found.hold(
            "interval", run.job, put.at, told == row,
            f"{run.name} was told the interval {' to '.join(map(said, told))}, "
            f"and its row says {' to '.join(map(said, row))}",
        )  # fmt: skip


def _read(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
