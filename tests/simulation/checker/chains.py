"""A job that runs after others runs when each of them has succeeded since, once for each round, and never misses it.

Successes are levels: the LastSuccessDue that stood in each upstream's row, at each instant. What a run of the
chain could have seen lies between the beginning of the tick that claimed it and its claim.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.simulation.checker.books import Books, JobBook, Run, instant, text
from tests.simulation.checker.calendar import moment
from tests.simulation.checker.faults import runnable, upstreams
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Cells, Tick

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
        if book.persons:
            _none_is_lost(books, book, links, found)


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
    for name in names:
        seen = _seen(books, book, before, name)
        went_on = highs[name] > seen or bool(before and book.written_by_person(before.looked, link.claimed))
        found.hold(
            "chain", book.name, link.claimed, went_on,
            f"{link.name} was acted on at {said(link.claimed)}, and {name} had not succeeded since "
            f"{before.name if before else 'its row was added'}",
        )  # fmt: skip


def _seen(books: Books, book: JobBook, before: Decision | None, name: str) -> datetime:
    """Give the level of an upstream that the decision before acted on, at least."""
    if before is None:
        return level(books, name, book.versions[0].at)
    if before.run:
        return level(books, name, before.looked)
    # A link that passes may have waited for long, while its upstreams went on: it stands for its own round.
    told = (
        (instant(one.cells or {}, "LastSuccessDue") for one in books.jobs[name].versions) if name in books.jobs else ()
    )
    return max((due for due in told if due and due <= before.due), default=NEVER)


def _none_is_lost(books: Books, book: JobBook, links: Sequence[Decision], found: Findings) -> None:
    """Hold that no round is left standing: neither between two that were acted on, nor at the end.

    A later success would lead on from a lost link, so that only the ticks in between tell.
    """
    ends = [link.claimed for link in links] + [books.history.last]
    for before, until in zip([None, *links], ends, strict=True):
        since = max([book.versions[0].at, *(one.at for one in book.persons if one.at < until)])
        since = max(since, before.claimed) if before else since
        names = upstreams(book.name, book.cells(since))
        moments = [_passed(books, name, level(books, name, since), until) for name in names]
        if not names:
            continue
        ready = max((moment for moment in moments if moment), default=until)
        due = max(level(books, name, ready) for name in names)
        if any(moment is None for moment in moments) or not _within(book.cells(ready), due):
            found.judged["chain"] += 1
            continue
        chances = [tick for tick in books.clean_after(ready, until) if _could(books, book, tick)]
        found.hold(
            "chain", book.name, ready, len(chances) <= ENOUGH,
            f"all its upstreams had succeeded again by {said(ready)}, and {len(chances)} ticks later it had not run",
        )  # fmt: skip


def _within(cells: Cells, due: datetime) -> bool:
    """Say whether a link's due time lies between StartAt and EndAt."""
    zone = text(cells, "TimeZone") or "UTC"
    start, end = (moment(text(cells, name), zone) for name in ("StartAt", "EndAt"))
    return (start or due) <= due <= (end or due)


def _could(books: Books, book: JobBook, tick: Tick) -> bool:
    """Say whether a tick had every chance to act on a link."""
    idle = book.cells(tick.began).get("Active") is not True
    return idle and runnable(books, book, tick.began) and not books.crowded(tick)


def _passed(books: Books, name: str, seen: datetime, end: datetime) -> datetime | None:
    """Say when an upstream's level first passed what was seen."""
    book = books.jobs.get(name)
    versions = book.versions if book else []
    return next(
        (one.at for one in versions if one.at <= end and (instant(one.cells or {}, "LastSuccessDue") or NEVER) > seen),
        None,
    )
