"""A job that runs after others runs when each of them has succeeded since, once for each round, and never misses it.

Successes are levels: the LastSuccessDue that stood in each upstream's row, at each instant. What a run of the
chain could have seen lies between the beginning of the tick that claimed it and its claim.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from tests.simulation.checker.books import Books, JobBook, Run, instant
from tests.simulation.checker.faults import runnable, upstreams
from tests.simulation.checker.findings import Findings, said

ENOUGH = 4
NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Decision:
    """A link that was acted on: run, or let pass."""

    name: str
    due: datetime
    looked: datetime
    claimed: datetime
    run: Run | None


def check_chains(books: Books, found: Findings) -> None:
    """Follow every chain."""
    for book in books.jobs.values():
        links = _decisions(books, book)
        for before, link in zip([None, *links], links, strict=False):
            _held(books, book, before, link, found)
        _none_is_lost(books, book, links[-1] if links else None, found)


def _decisions(books: Books, book: JobBook) -> list[Decision]:
    found = []
    for run in (run for run in book.runs if run.trigger == "after" and run.attempt == 1):
        claim = book.claimed(run)
        if claim:
            found.append(Decision(run.name, run.due, books.began(claim.by), claim.at, run))
    found += [
        Decision(f"the skip of {said(skip.last)}", skip.last, books.began(skip.by), skip.at, None)
        for skip in book.skips
        if skip.trigger == "after"
    ]
    return sorted(found, key=lambda one: one.claimed)


def level(books: Books, name: str, moment: datetime) -> datetime:
    """Give the newest success that an upstream's row ever told of, up to an instant."""
    book = books.jobs.get(name)
    if book is None:
        return NEVER
    told = (instant(one.cells or {}, "LastSuccessDue") for one in book.versions if one.at <= moment)
    return max(filter(None, told), default=NEVER)


def _held(books: Books, book: JobBook, before: Decision | None, link: Decision, found: Findings) -> None:
    cells = book.cells(link.claimed)
    names = upstreams(book.name, cells)
    highs = {name: level(books, name, link.claimed) for name in names}
    lows = {name: level(books, name, link.looked) for name in names}
    found.hold(
        "chain", book.name, link.claimed,
        not names or max(lows.values()) <= link.due <= max(highs.values()),
        f"{link.name} was acted on at {said(link.claimed)}, when the latest success before it was "
        f"due {said(max(highs.values(), default=None))}",
    )  # fmt: skip
    if book.rewritten(link.claimed) or any(
        books.jobs[name].rewritten(link.claimed) for name in names if name in books.jobs
    ):
        found.leave("chain", "a chain of which a person wrote a row whole")
        return
    since = before.looked if before else book.versions[0].at
    for name in names:
        went_on = highs[name] > level(books, name, since) or book.written_by_person(since, link.claimed)
        found.hold(
            "chain", book.name, link.claimed, went_on,
            f"{link.name} was acted on at {said(link.claimed)}, and {name} had not succeeded since {said(since)}",
        )  # fmt: skip


def _none_is_lost(books: Books, book: JobBook, last: Decision | None, found: Findings) -> None:
    """Hold that a chain whose upstreams all went on is not left standing at the end."""
    end = books.history.last
    cells = book.cells(end)
    names = upstreams(book.name, cells)
    if not names or not runnable(books, book, end):
        return
    since = max([one.at for one in book.persons] + ([last.claimed] if last else []))
    moments = [_passed(books, name, level(books, name, since), end) for name in names]
    if any(moment is None for moment in moments):
        found.judged["chain"] += 1
        return
    ready = max(moment for moment in moments if moment)
    chances = [
        tick
        for tick in books.clean_after(ready, end)
        if book.cells(tick.began).get("Active") is not True and not books.crowded(tick)
    ]
    found.hold(
        "chain", book.name, ready, len(chances) <= ENOUGH,
        f"all its upstreams had succeeded again by {said(ready)}, and {len(chances)} ticks later it has not run",
    )  # fmt: skip


def _passed(books: Books, name: str, seen: datetime, end: datetime) -> datetime | None:
    """Say when an upstream's level first passed what was seen."""
    book = books.jobs.get(name)
    versions = book.versions if book else []
    return next(
        (one.at for one in versions if one.at <= end and (instant(one.cells or {}, "LastSuccessDue") or NEVER) > seen),
        None,
    )
