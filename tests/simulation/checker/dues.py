"""Each due time that the calendar demands is run exactly once, or skipped.

What the calendar demands is what the row demanded as it stood: a row's schedule counts from the Timestamp of
the edit that brought it, up to the next such edit. It is walked minute by minute, by this checker's own reader.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tests.simulation.checker.books import SKEW, Books, JobBook
from tests.simulation.checker.calendar import Unreadable, dues, readable
from tests.simulation.checker.cells import entries, span, text
from tests.simulation.checker.epochs import BY_CALENDAR, Epoch, epochs
from tests.simulation.checker.faults import faulty
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Cells, Tick

#: So many ticks that nothing befell leave no due time undecided.
ENOUGH = 3
#: How long a claim belongs to the tick that made it.
LEASE = timedelta(minutes=15)


def check_dues(books: Books, found: Findings) -> None:
    """Hold every job to its calendar."""
    for book in books.jobs.values():
        stretches = list(epochs(books, book))
        for epoch in stretches:
            _demanded(books, book, epoch, found)
        _expected(book, stretches, found)


def _demanded(books: Books, book: JobBook, epoch: Epoch, found: Findings) -> None:
    if not readable(epoch.times):
        found.leave("due", "a schedule that says nothing")
        return
    for due in dues(epoch.times, epoch.begins, min(epoch.ends, books.history.last)):
        if not epoch.noticed < due < epoch.ends:
            continue
        decisions = list(_decisions(book, due))
        if len(decisions) > 1 and _passed_again(book, due):
            found.leave("due", "one that passed, and passed again with an old copy of its row")
        elif decisions:
            found.hold(
                "due", book.name, due, len(decisions) == 1,
                f"the due time {said(due)} was decided {len(decisions)} times: {'; '.join(decisions)}",
            )  # fmt: skip
        elif (chances := _chances(books, book, epoch, due)) < ENOUGH:
            found.leave("due", "too few ticks to decide it")
        elif _forsaken(book, epoch, due):
            found.leave("due", "one that was claimed, in a row that a person then deleted or wrote as if new")
        else:
            found.hold(
                "due", book.name, due, False,
                f"the due time {said(due)} was neither run nor skipped, though {chances} ticks could have",
            )  # fmt: skip


def _decisions(book: JobBook, due: datetime) -> Iterator[str]:
    """Give what was decided about a due time: attempts at it are one decision."""
    runs = [run for run in book.runs if run.due == due and run.trigger in BY_CALENDAR]
    if runs:
        yield f"run, from {said(runs[0].registered)} on"
    for skip in book.skips:
        if skip.first <= due <= skip.last and skip.trigger in BY_CALENDAR:
            yield f"skipped at {said(skip.at)} ({skip.why})"


def _forsaken(book: JobBook, epoch: Epoch, due: datetime) -> bool:
    """Say whether a row held a claim that was not registered yet when a person took the row away, and all it knew."""
    last = book.row(epoch.ends)
    anew = last is not None and last.persons and not text(last.cells or {}, "ScheduleDigest")
    claim = f'"due": "{due:%Y-%m-%dT%H:%M:%S}'
    stood = (one for one in book.versions if epoch.begins <= one.at < epoch.ends)
    return anew and any(claim in text(one.cells or {}, "ActiveRuns") for one in stood)


def _passed_again(book: JobBook, due: datetime) -> bool:
    """Say whether only skips cover a due time, and a person wrote the row whole before the last of them."""
    last = max((skip.at for skip in book.skips if skip.first <= due <= skip.last), default=due)
    return book.rewritten(last) and not any(run.due == due for run in book.runs)


def _chances(books: Books, book: JobBook, epoch: Epoch, due: datetime) -> int:
    """Count the ticks that had every chance to decide a due time: nothing befell them, nothing held them up."""
    return sum(
        1
        for tick in books.clean_after(due, epoch.ends)
        if tick.ended
        and not book.written_by_person(tick.began - SKEW, tick.ended)
        and not faulty(cells := book.cells(tick.began))
        and tick.now >= due + span(cells, "Jitter", "0")
        and not _held_up(cells)
        and not _claimed(cells, due, tick)
        and not _took_another(book, cells, tick)
        and not books.crowded(tick)
    )


def _claimed(cells: Cells, due: datetime, tick: Tick) -> bool:
    """Say whether another tick had claimed it so lately that its PUT could still be under way."""
    for entry in entries(cells):
        if entry.due.startswith(f"{due:%Y-%m-%dT%H:%M:%S}") and entry.lease:
            return tick.now < datetime.fromisoformat(entry.lease) <= tick.began + LEASE + SKEW
    return False


def _took_another(book: JobBook, cells: Cells, tick: Tick) -> bool:
    """Say whether a tick started something else of the job: with CatchUp all each due time waits for its turn."""
    by = f"tick {tick.number}"
    wrote = (one for one in book.versions if one.by == by and one.cells is not None)
    return text(cells, "CatchUp").lower() == "all" and any(entries(one.cells or {}) for one in wrote)


def _held_up(cells: Cells) -> bool:
    """Say whether a due time may wait: for a run that is going, by Overlap or CatchUp, or for a backfill."""
    patient = text(cells, "Overlap").lower() in ("wait", "replace") or text(cells, "CatchUp").lower() == "all"
    return cells.get("Active") is True and (patient or bool(cells.get("Backfill")))


def _expected(book: JobBook, stretches: list[Epoch], found: Findings) -> None:
    """Hold that nothing ran, or passed, that the calendar does not know."""
    decided = [(run.due, run.registered, run.name) for run in book.runs if run.trigger in BY_CALENDAR]
    decided += [(skip.first, skip.at, "the skip") for skip in book.skips if skip.trigger in BY_CALENDAR]
    for due, at, name in decided:
        known = any(_knows(epoch, due, book.versions[0].at) for epoch in stretches if epoch.begins <= at)
        found.hold(
            "calendar", book.name, due, known,
            f"{name} of {said(due)} was decided at {said(at)}, and no schedule that stood then has that due time",
        )  # fmt: skip


def _knows(epoch: Epoch, due: datetime, ever: datetime) -> bool:
    earliest = ever if epoch.copy else epoch.begins
    if not earliest <= due <= epoch.ends + SKEW:
        return False
    try:
        return due in dues(epoch.times, due, due)
    except Unreadable:
        return False
