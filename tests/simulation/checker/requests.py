"""What a person asked for is done, and done once; a backfill plays its due times in order, with its own watermark."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.simulation.checker.books import OPEN, SKEW, Books, JobBook, Run
from tests.simulation.checker.calendar import Unreadable, dues
from tests.simulation.checker.cells import instant, text
from tests.simulation.checker.faults import faulty, missing
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Version

ENOUGH = 4
_RUN = re.compile(r"run(?:\s+(?P<when>\S+?)(?:\.\.(?P<until>\S+))?)?(?:\s+watermark\s+(?P<value>.*))?", re.IGNORECASE)


@dataclass(frozen=True)
class Asked:
    """A Request as it was typed: when, and what it means."""

    at: datetime
    word: str
    due: datetime | None = None
    until: datetime | None = None
    watermark: str | None = None


def check_requests(books: Books, found: Findings) -> None:
    """Match requested runs with the cells that people filled."""
    for book in books.jobs.values():
        asked = [one for version in book.persons if (one := read(version))]
        _each_was_asked_for(book, asked, found)
        _each_was_heard(books, book, found)
        for one in asked:
            if one.until:
                _backfilled(books, book, one, found)


def read(version: Version) -> Asked | None:
    """Read what a person asked for; None when the cell is empty, or says nothing that is known."""
    typed = text(version.cells or {}, "Request").strip()
    if typed.lower() in ("cancel", "retry"):
        return Asked(version.at, typed.lower())
    found = _RUN.fullmatch(typed)
    if not found:
        return None
    when = None if found["when"] in (None, "watermark") else found["when"]
    value = found["value"] if found["value"] is not None else None
    return Asked(version.at, "run", _moment(when), _moment(found["until"]), value)


def _moment(typed: str | None) -> datetime | None:
    if not typed:
        return None
    moment = datetime.fromisoformat(typed.upper())
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _each_was_asked_for(book: JobBook, asked: list[Asked], found: Findings) -> None:
    """Hold that each requested run has a request of its own, told as it says."""
    left = [one for one in asked if one.word in ("run", "retry") and one.until is None]
    announced = {(run.due, run.attempt + 1) for run in book.runs if instant(run.cells, "RetryAt")}
    for run in sorted(book.runs, key=lambda run: run.registered):
        if run.trigger != "request" or (run.due, run.attempt) in announced:
            continue
        given = text(run.cells, "WatermarkFrom")
        several = [one for one in left if one.at <= run.registered + SKEW and _is_of(one, run)]
        mine = min(several, key=lambda one: one.watermark not in {None, given}, default=None)
        found.hold(
            "request", book.name, run.registered, mine,
            f"{run.name} was started on request at {said(run.registered)}, and nobody had asked for it",
        )  # fmt: skip
        if mine is None:
            continue
        left.remove(mine)
        if mine.watermark is not None:
            found.hold(
                "request", book.name, run.registered, given == mine.watermark,
                f"{run.name} was asked for with the watermark {mine.watermark!r} and was told {given!r}",
            )  # fmt: skip


def _is_of(one: Asked, run: Run) -> bool:
    if one.word == "retry":
        return True
    return one.due in (None, run.due)


def _each_was_heard(books: Books, book: JobBook, found: Findings) -> None:
    """Hold that a filled Request does not stand through ticks that could have answered it."""
    for number, version in enumerate(book.versions):
        typed = text(version.cells or {}, "Request")
        if not version.persons or not typed:
            continue
        later = (one.at for one in book.versions[number + 1 :] if text(one.cells or {}, "Request") != typed)
        answered = next(later, books.history.last)
        chances = sum(
            1 for tick in books.clean_after(version.at + SKEW, answered)
            if tick.ended and _hears(books, book, tick.began)
            and not book.written_by_person(tick.began, tick.ended)
            and (typed.lower() == "cancel" or (not busy(book, tick.began) and not books.crowded(tick)))
        )  # fmt: skip
        found.hold(
            "request", book.name, version.at, chances <= ENOUGH,
            f"Request={typed!r} of {said(version.at)} stood through {chances} ticks",
        )  # fmt: skip


def busy(book: JobBook, moment: datetime) -> bool:
    """Say whether something of a job is going."""
    return book.cells(moment).get("Active") is True


def _hears(books: Books, book: JobBook, moment: datetime) -> bool:
    """Say whether a row could obey at an instant: paused or not, but not while it is wrong."""
    return not faulty(book.cells(moment)) and not missing(books, book, moment)


def _backfilled(books: Books, book: JobBook, one: Asked, found: Findings) -> None:
    """Hold that a backfill plays exactly the calendar's due times, in order, each told what the one before answered."""
    if one.due is None or one.until is None:
        return
    if book.written_by_person(one.at + timedelta(microseconds=1), books.history.last):
        found.leave("backfill", "a backfill in whose time a person wrote the row")
        return
    if text(book.cells(one.at), "Backfill"):
        # Most often it is refused; what is played on then is the other's, be its stretch of the past the same.
        found.leave("backfill", "a backfill that was asked for while another went")
        return
    played = [run for run in book.runs if run.trigger == "backfill" and one.at - SKEW <= run.registered]
    mine = sorted(
        (run for run in played if one.due <= run.due < one.until),
        key=lambda run: (run.registered, run.due, run.attempt),
    )
    cells = book.cells(one.at)
    times = tuple(text(cells, name) for name in ("Schedule", "TimeZone", "StartAt", "EndAt"))
    try:
        wanted = dues((times[0], times[1], times[2], times[3]), one.due, one.until - timedelta(seconds=1))
    except Unreadable:
        wanted = []
    _in_order(book, mine, wanted, found)
    _own_watermark(book, one, mine, found)
    _to_its_end(books, book, mine, wanted, found)


def _in_order(book: JobBook, mine: list[Run], wanted: list[datetime], found: Findings) -> None:
    played = list(dict.fromkeys(run.due for run in mine))
    found.hold(
        "backfill", book.name, mine[0].registered if mine else book.versions[0].at, played == wanted[: len(played)],
        f"a backfill played {', '.join(map(said, played))}; the calendar has {', '.join(map(said, wanted))}",
    )  # fmt: skip


def _own_watermark(book: JobBook, one: Asked, mine: list[Run], found: Findings) -> None:
    expected = one.watermark or ""
    for run in mine:
        given = text(run.cells, "WatermarkFrom")
        found.hold(
            "backfill", book.name, run.registered, given == expected,
            f"{run.name} of a backfill was told {given!r}, and the one before it left {expected!r}",
        )  # fmt: skip
        expected = text(run.cells, "WatermarkTo") if run.state == "Succeeded" else expected


def _to_its_end(books: Books, book: JobBook, mine: list[Run], wanted: list[datetime], found: Findings) -> None:
    """Hold that it does not stand still: not even the live schedule holds it up for ever."""
    last = books.history.last
    final = [run for run in mine if run.state in ("Failed", "Lost", "Cancelled") and not instant(run.cells, "RetryAt")]
    done = {run.due for run in mine if run.state == "Succeeded"}
    if final or not mine or len(done) == len(wanted) or any(run.state == OPEN for run in book.runs):
        found.judged["backfill"] += 1
        return
    since = max(run.closed or run.registered for run in book.runs)
    idle = [tick for tick in books.clean_after(since, last) if not busy(book, tick.began) and not books.crowded(tick)]
    found.hold(
        "backfill", book.name, since, len(idle) <= ENOUGH or faulty(book.cells(since)),
        f"a backfill of {len(wanted)} due times stands at {len(done)} since {said(since)}, through {len(idle)} ticks",
    )  # fmt: skip
