"""What passes has a cause that holds, what runs is neither early nor too late, and all of it goes forward in time."""

import itertools
from datetime import datetime, timedelta

from tests.simulation.checker.books import SKEW, Books, JobBook, Run, Skip
from tests.simulation.checker.calendar import Unreadable, dues
from tests.simulation.checker.cells import instant, span, text
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Cells

#: So many missed due times are caught up with CatchUp all, and no more.
MOST = 100
BY_ITSELF = ("schedule", "after")


def check_skips(books: Books, found: Findings) -> None:
    """Judge every skip, and when every run began."""
    for book in books.jobs.values():
        for skip in book.skips:
            _earned(books, book, skip, found)
        first = [run for run in book.runs if run.trigger == "schedule" and run.attempt == 1]
        for run in first:
            _in_time(books, book, run, found)
        _forward(book, first, found)


def _earned(books: Books, book: JobBook, skip: Skip, found: Findings) -> None:
    """Hold that a skip had a cause: a later due time, a run that was going, or a Grace that was over."""
    found.hold("skip", book.name, skip.last, skip.why.strip(), f"{said(skip.last)} was skipped without a reason")
    began = books.began(skip.by)
    read = [book.cells(skip.at), book.cells(began)]  # a person may have written the row since the tick read it
    graces = [grace for cells in read if (grace := _grace(cells)) is not None]
    late = any(skip.at + SKEW - skip.last > grace for grace in graces)
    going = any(run.registered <= skip.at and (run.closed is None or run.closed >= began) for run in book.runs)
    held = any(cells.get("Active") is True for cells in read) or _awaited(book, skip, began)
    overtaken = any(_overtaken(book, skip, cells) for cells in read)
    somebody_elses = "running already" in skip.why
    found.hold(
        "skip", book.name, skip.last, late or going or held or somebody_elses or overtaken,
        f"{said(skip.first)} to {said(skip.last)} was skipped at {said(skip.at)} ({skip.why}), "
        "though nothing was going, nothing later was due, and it was not too late",
    )  # fmt: skip


def _awaited(book: JobBook, skip: Skip, began: datetime) -> bool:
    """Say whether another attempt was announced that had not begun: Runs tells, whatever became of the row."""
    begun = {(run.due, run.attempt) for run in book.runs if run.registered < began}
    return any(
        instant(run.cells, "RetryAt") and (run.due, run.attempt + 1) not in begun
        for run in book.runs
        if run.closed and run.closed <= skip.at
    )


def _overtaken(book: JobBook, skip: Skip, cells: Cells) -> bool:
    """Say whether something later was due by then: with CatchUp all, a hundred things."""
    if skip.trigger == "after":
        return any(run.due > skip.last and run.registered <= skip.at + timedelta(hours=2) for run in book.runs)
    times = tuple(text(cells, name) for name in ("Schedule", "TimeZone", "StartAt", "EndAt"))
    try:
        later = dues((times[0], times[1], times[2], times[3]), skip.last + timedelta(seconds=1), skip.at + SKEW)
    except Unreadable:
        return True
    return len(later) >= (MOST if text(cells, "CatchUp").lower() == "all" else 1)


def _grace(cells: Cells) -> timedelta | None:
    if text(cells, "Grace"):
        return span(cells, "Grace", "")
    return timedelta(minutes=10) if text(cells, "CatchUp").lower() == "none" else None


def _in_time(books: Books, book: JobBook, run: Run, found: Findings) -> None:
    claim = book.claimed(run)
    if claim is None:
        found.leave("in time", "a run that no version of its row holds")
        return
    now = books.clock(claim.by)
    found.hold(
        "in time", book.name, run.due, now >= run.due,
        f"{run.name} was claimed at {said(claim.at)}, when even that process's clock said {said(now)}",
    )  # fmt: skip
    grace = _grace(claim.cells or {})
    if grace is not None:
        found.hold(
            "in time", book.name, run.due, now - run.due <= grace + span(claim.cells or {}, "Jitter", "0"),
            f"{run.name} was claimed at {said(now)}, later than its Grace of {grace}",
        )  # fmt: skip


def _forward(book: JobBook, runs: list[Run], found: Findings) -> None:
    """Hold that due times are claimed in their order."""
    claims: list[tuple[datetime, Run]] = sorted(
        ((claim.at, run) for run in runs if (claim := book.claimed(run))), key=lambda one: (one[0], one[1].due)
    )
    for (_, before), (at, after) in itertools.pairwise(claims):
        found.hold(
            "order", book.name, at, before.due < after.due or book.rewritten(at),
            f"{after.name} was claimed after {before.name}",
        )  # fmt: skip
