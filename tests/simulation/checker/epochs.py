"""Part a row's life at the edits of its times: what the calendar demands counts from each edit's Timestamp."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from tests.simulation.checker.books import Books, JobBook
from tests.simulation.checker.cells import text
from tests.simulation.history import Cells, Version

WHEN = ("Schedule", "TimeZone", "StartAt", "EndAt", "Enabled")
#: The scheduler's own triggers: by the calendar, and by other jobs.
BY_CALENDAR = ("schedule",)
OFF = ("false", "0", "no")


@dataclass(frozen=True)
class Epoch:
    """A stretch of time over which a row's times stood unchanged.

    Due times up to `noticed` may or may not count from the edit: somebody wrote the row again before a whole
    tick could answer. Those before `begins` count only if it came with a `copy`, which brings its own past.
    """

    times: tuple[str, str, str, str]
    begins: datetime
    noticed: datetime
    ends: datetime
    copy: bool


def epochs(books: Books, book: JobBook) -> Iterator[Epoch]:
    """Part a row's life at the edits of its times; one that is written whole, as if new, begins anew."""
    anew = book.whole
    turns: list[tuple[Version, tuple[str, ...] | None]] = []
    for version in book.versions:
        times = _times(version.cells) if version.cells is not None else None
        if not turns or turns[-1][1] != times or (version in anew and not (version.cells or {}).get("ScheduleDigest")):
            turns.append((version, times))
    for (version, times), later in zip(turns, [*turns[1:], None], strict=False):
        if times is None or times[4].lower() in OFF:
            continue
        ends = later[0].at if later else books.history.last
        noticed = max(_noticed(books, book, version.at), _decided(book, version.at))
        copies = [version, *(one for one in anew if version.at <= one.at < ends)]
        copied = any(one.cells and one.cells.get("ScheduleDigest") for one in copies)
        yield Epoch((times[0], times[1], times[2], times[3]), version.at, noticed, ends, copied)


def _times(cells: Cells) -> tuple[str, ...]:
    return tuple(text(cells, name).strip() for name in WHEN)


def _noticed(books: Books, book: JobBook, begins: datetime) -> datetime:
    """Say when the edit was answered for certain: the last write of a person before a whole tick that nobody disturbed.

    What a tick would answer while somebody writes the row again is refused, and counts from that later write then.
    """
    for tick in books.history.ticks:
        if tick.whole and tick.ended and tick.began > begins and not book.written_by_person(tick.began, tick.ended):
            return max((one.at for one in book.persons if begins <= one.at <= tick.ended), default=begins)
    return books.history.last


def _decided(book: JobBook, begins: datetime) -> datetime:
    """Give the last due time that was decided before the edit, perhaps by a clock that goes ahead."""
    runs = [run.due for run in book.runs if run.registered <= begins and run.trigger in BY_CALENDAR]
    skips = [skip.last for skip in book.skips if skip.at <= begins]
    return max([*runs, *skips], default=begins)
