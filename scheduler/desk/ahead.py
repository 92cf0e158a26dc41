"""Due times that follow each other closely, as stretches: a job of every minute has one, to the day's end. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from scheduler.row import lasted

#: Due times closer than this belong together, where there are at least so many of them.
CLOSE, LEAST = timedelta(minutes=15), 10


@dataclass(frozen=True)
class Ahead:
    """So many due times from the first to the last; `every`: how far apart, None where that changes."""

    first: datetime
    last: datetime
    many: int
    every: timedelta | None = None

    @property
    def often(self) -> str:
        """Say how often it is due: every 5 min, or how many times."""
        return f"every {_rounded(self.every)}" if self.every else f"{self.many:,} times"


def apart(due: datetime, ahead: Iterable[Ahead]) -> bool:
    """Say whether a due time lies in none of these stretches."""
    return not any(one.first <= due <= one.last for one in ahead)


def stretches(dues: Iterable[datetime]) -> Iterator[Ahead]:
    """Give the stretches of these due times, which are in order; those that stand apart are in none."""
    held = list[datetime]()
    for due in dues:
        if held and due - held[-1] > CLOSE:
            yield from _made(held)
            held = []
        held.append(due)
    yield from _made(held)


def _made(held: Sequence[datetime]) -> Iterator[Ahead]:
    if len(held) >= LEAST:
        gaps = {later - earlier for earlier, later in pairwise(held)}
        yield Ahead(held[0], held[-1], len(held), min(gaps) if len(gaps) == 1 else None)


def _rounded(every: timedelta) -> str:
    seconds = round(every.total_seconds())
    return "minute" if seconds == 60 else f"{seconds} s" if seconds < 60 else lasted(seconds)  # noqa: PLR2004 - a minute's
