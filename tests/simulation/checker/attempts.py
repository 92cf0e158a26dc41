"""Failures are tried again by their causes: the job's own within its Retries, the platform's without burning them.

Attempts of a due time are numbered without a gap, each follows a failure that announced it (`RetryAt`), none
comes before its time, and an announced one comes.
"""

import itertools
from collections import defaultdict
from datetime import datetime, timedelta

from tests.simulation.checker.books import OPEN, SKEW, Books, JobBook, Run
from tests.simulation.checker.cells import instant, text
from tests.simulation.checker.faults import runnable
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Tick

#: Causes that are the job's own.
OWN = ("exit", "timeout")
ENOUGH = 4
#: How often the platform's causes are tried again.
BUDGETS = {"capacity": 24, "quota": 24, "throttled": 24, "platform": 5, "image": 3, "denied": 3, "spec": 0}


def check_attempts(books: Books, found: Findings) -> None:
    """Walk the attempts at each due time."""
    for book in books.jobs.values():
        by_due: defaultdict[datetime, list[Run]] = defaultdict(list)
        for run in book.runs:
            by_due[run.due].append(run)
        for attempts in by_due.values():
            _numbered(book, attempts, found)
            _within_budget(book, attempts, found)
            for run in attempts:
                _followed(books, book, run, attempts, found)


def _numbered(book: JobBook, attempts: list[Run], found: Findings) -> None:
    if len(attempts) == 1 and attempts[0].attempt == 1:
        return
    numbers = [run.attempt for run in attempts]
    first = 1 + any(skip.first == attempts[0].due for skip in book.skips)  # a skip takes the first one's place
    found.hold(
        "attempt", book.name, attempts[0].due, numbers == list(range(first, len(numbers) + first)),
        f"the attempts at {said(attempts[0].due)} are numbered {numbers}",
    )  # fmt: skip


def _within_budget(book: JobBook, attempts: list[Run], found: Findings) -> None:
    """Hold that every further attempt was paid for by the budget of the cause that led to it."""
    spent: defaultdict[str, int] = defaultdict(int)
    for before, after in itertools.pairwise(attempts):
        announced = instant(before.cells, "RetryAt")
        own = after.trigger != before.trigger  # of a due time that somebody had run on request, its own run follows
        anew = not announced and (after.trigger in ("request", "backfill") or own)
        if anew or _asked_again(book, before, after):
            spent.clear()  # a person asked for it: a new beginning
            continue
        given_up = text(after.versions[0].cells or {}, "State") != OPEN  # written down closed: it never began
        early = announced and after.registered < announced - SKEW and not given_up
        found.hold(
            "attempt", book.name, after.registered, announced and not early,
            f"{after.name} began at {said(after.registered)}; {before.name} is {before.state} and announced "
            f"the next for {said(announced)}",
        )  # fmt: skip
        cause = text(before.cells, "Cause")
        spent["own" if cause in OWN else cause] += 0 if _moved(before, after) else 1
    retries = max((int(float(text(book.cells(one.at), "Retries") or 0)) for one in book.versions), default=0)
    for cause, times in spent.items():
        allowed = retries if cause == "own" else BUDGETS.get(cause, 0)
        found.hold(
            "attempt", book.name, attempts[0].due, times <= allowed,
            f"{said(attempts[0].due)} was tried again {times} times for {cause}, and {allowed} are allowed",
        )  # fmt: skip


def _moved(before: Run, after: Run) -> bool:
    return text(before.cells, "Location") != text(after.cells, "Location")


def _asked_again(book: JobBook, before: Run, after: Run) -> bool:
    """Say whether a person asked for the next attempt: a new beginning, with budgets of its own."""
    claim = book.claimed(before)
    since = claim.at if claim else before.registered
    asked = [one.at for one in book.persons if text(one.cells or {}, "Request").strip().lower() == "retry"]
    return any(since <= at <= after.registered for at in asked)


def _followed(books: Books, book: JobBook, run: Run, attempts: list[Run], found: Findings) -> None:
    """Hold that what was announced comes, and that a failure with retries left announces something."""
    announced = instant(run.cells, "RetryAt")
    if run.closed is None or run.state == OPEN:
        return
    later = next((one for one in attempts if one.attempt == run.attempt + 1), None)
    if announced is None:
        _given_up_rightly(book, run, attempts, found)
        return
    if later or any(one.cells is None for one in book.versions) or book.rewritten(books.history.last):
        found.judged["attempt"] += 1
        return
    since = max(announced, run.closed)
    chances = [tick for tick in books.clean_after(since, books.history.last) if _could(books, book, tick)]
    found.hold(
        "attempt", book.name, run.closed, len(chances) <= ENOUGH,
        f"{run.name} announced another attempt for {said(announced)}, and {len(chances)} ticks later there is none",
    )  # fmt: skip


def _could(books: Books, book: JobBook, tick: Tick) -> bool:
    """Say whether a tick had every chance to begin it."""
    written = book.written_by_person(tick.began, tick.ended or tick.began)
    return runnable(books, book, tick.began) and not books.crowded(tick) and not written


def _replaced(book: JobBook, run: Run) -> bool:
    """Say whether a newer due time had come by its end, and took its place."""
    ended = run.closed or run.registered
    newer = any(run.due < other.due <= ended + SKEW for other in book.runs)
    return text(book.cells(ended), "Overlap").lower() == "replace" and newer


def _given_up_rightly(book: JobBook, run: Run, attempts: list[Run], found: Findings) -> None:
    if run.state not in ("Failed", "Lost") or text(run.cells, "Cause") not in OWN or run.trigger == "backfill":
        return
    claimed = book.claimed(attempts[0])
    retries = int(float(text(book.cells(claimed.at) if claimed else {}, "Retries") or 0))
    tried = sum(text(one.cells, "Cause") in OWN for one in attempts if one.attempt < run.attempt)
    asked = any(one.trigger == "request" for one in attempts)
    cancelled = any("cancel" in f"{call.cells and call.cells.get('Request')}".lower() for call in book.persons)
    if (
        asked
        or cancelled
        or book.written_by_person(attempts[0].registered - timedelta(minutes=1), run.closed or run.registered)
    ):
        found.leave("attempt", "a failure in whose time a person wrote the row")
        return
    if _replaced(book, run):
        found.leave("attempt", "a failure that a newer run had been told to replace")
        return
    found.hold(
        "attempt", book.name, run.closed or run.registered, tried >= retries,
        f"{run.name} failed by {text(run.cells, 'Cause')} and was given up after {tried} retries of {retries}",
    )  # fmt: skip
