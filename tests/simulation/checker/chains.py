"""A job that runs after others runs when each of them has succeeded since, once for each round, and never misses it.

Successes are levels: the LastSuccessDue that stood in each upstream's row, at each instant. What a run of the
chain could have seen lies between the beginning of the tick that claimed it and its claim.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.simulation.checker.books import Books, JobBook, Run, Skip
from tests.simulation.checker.calendar import moment
from tests.simulation.checker.cells import instant, text
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
    #: When the row said what it had seen; a skip's tick may die before that, and a later one decides it anew.
    settled: datetime
    #: It passed only for a newer one, which stands for both.
    passed_on: bool = False


def check_chains(books: Books, found: Findings) -> None:
    """Follow every chain."""
    for book in books.jobs.values():
        links = _decisions(books, book)
        before = None
        for link in links:
            _held(books, book, before, link, found)
            before = before if link.passed_on else link
        if book.persons:
            _none_is_lost(books, book, links, found)


def _decisions(books: Books, book: JobBook) -> list[Decision]:
    found = []
    first: dict[datetime, Run] = {}
    for run in book.runs:
        if run.trigger == "after":
            first.setdefault(run.due, run)
    for run in first.values():
        claim = book.claimed(run)
        if claim:
            found.append(Decision(run.name, run.due, books.began(claim.by), claim.at, run, claim.at))
    for skip in (skip for skip in book.skips if skip.trigger == "after"):
        name, passed_on = f"the skip of {said(skip.last)}", _overtaken(books, book, skip)
        found.append(
            Decision(name, skip.last, books.began(skip.by), skip.at, None, _settled(books, book, skip), passed_on)
        )
    return sorted(found, key=lambda one: one.claimed)


def _overtaken(books: Books, book: JobBook, skip: Skip) -> bool:
    """Say whether an upstream had gone on already when a link passed."""
    names = upstreams(book.name, book.cells(skip.at))
    return skip.last < max((proved(books, name, skip.at) for name in names), default=NEVER)


def _settled(books: Books, book: JobBook, skip: Skip) -> datetime:
    """Say when the row took note of a skip.

    Scenario: a tick writes the skip's row and dies. Until the next tick an upstream succeeds once more, with the same
    due time as the skip's. It is decided then, and its row is there: one skip stands for both.
    """
    if books.whole(skip.by):
        return skip.at
    before = book.cells(skip.at).get("Upstreams")
    later = (one for one in book.versions if one.at >= skip.at and not one.persons and one.cells)
    return next((one.at for one in later if one.cells and one.cells.get("Upstreams") != before), skip.at)


def level(books: Books, name: str, moment: datetime) -> datetime:
    """Give the newest success that an upstream's row ever told of, up to an instant."""
    book = books.jobs.get(name)
    if book is None:
        return NEVER
    told = (instant(one.cells or {}, "LastSuccessDue") for one in book.versions if one.at <= moment)
    return max(filter(None, told), default=NEVER)


def proved(books: Books, name: str, moment: datetime) -> datetime:
    """Give the newest success that could be known of: where a person wrote an old copy, Runs knows better."""
    book = books.jobs.get(name)
    known = [level(books, name, moment)]
    if book and book.rewritten(moment):
        ended = [run for run in book.runs if run.closed and run.closed <= moment and run.trigger != "backfill"]
        known += [run.due for run in ended if run.state == "Succeeded"]
    return max(known)


def _held(books: Books, book: JobBook, before: Decision | None, link: Decision, found: Findings) -> None:
    cells = book.cells(link.claimed)
    names = upstreams(book.name, cells)
    highs = {name: proved(books, name, link.claimed) for name in names}
    lows = {name: level(books, name, link.looked) for name in names}
    # What passes may have waited for long: only that it was a success once can be said of it.
    earliest = max(lows.values(), default=NEVER) if link.run else NEVER
    found.hold(
        "chain", book.name, link.claimed,
        not names or earliest <= link.due <= max(highs.values()),
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
    return level(books, name, before.looked)


def _none_is_lost(books: Books, book: JobBook, links: Sequence[Decision], found: Findings) -> None:
    """Hold that no round is left standing: neither between two that were acted on, nor at the end.

    A later success would lead on from a lost link, so that only the ticks in between tell.
    """
    ends = [link.claimed for link in links] + [books.history.last]
    for before, until in zip([None, *links], ends, strict=True):
        since = max([book.versions[0].at, *(one.at for one in book.persons if one.at < until)])
        since = max(since, before.settled) if before else since
        names = upstreams(book.name, book.cells(since))
        moments = [_passed(books, name, proved(books, name, since), until, _begun(book, until)) for name in names]
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


def _begun(book: JobBook, until: datetime) -> datetime:
    """Say when a person made the row the chain that it is: what had ended before is history to it."""
    begun = NEVER
    for before, version in zip([None, *book.versions], book.versions, strict=False):
        chain, was = (upstreams(book.name, one.cells or {}) if one else [] for one in (version, before))
        if version.at <= until and version.persons and (chain != was or version in book.whole):
            begun = version.at
    return begun


def _passed(books: Books, name: str, seen: datetime, end: datetime, begun: datetime) -> datetime | None:
    """Say when an upstream's level first passed what was seen, by a success that ended since the chain is one."""
    book = books.jobs.get(name)
    for one in book.versions if book else []:
        cells = one.cells or {}
        due, ended = (instant(cells, column) or NEVER for column in ("LastSuccessDue", "LastSuccess"))
        if one.at <= end and due > seen and ended >= begun:
            return one.at
    return None
