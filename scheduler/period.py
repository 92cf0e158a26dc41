"""What a job's runs of some days come to: each day, all of them, the longest row of failures, the slow ones. Pure.

Each due time counts once, by its last attempt; attempts before that and runs of a backfill are counted apart. A due
time whose next attempt is running or promised counts for nothing yet.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from math import fsum
from typing import Self
from zoneinfo import ZoneInfo

from scheduler import trend
from scheduler.history import Figures, slow, usual
from scheduler.run import ENDS, OPEN, SKIPPED, State, Trigger
from scheduler.stale import FORGOTTEN
from scheduler.trend import Trend
from scheduler.wall import midnight

_ENDS = {str(state): state for state in ENDS}
_RED = (State.FAILED, State.LOST)


@dataclass(frozen=True)
class Seen:
    """A row of Runs as far as figures need it; `due` is a skip's first one. What the row does not say is None."""

    due: datetime
    attempt: int
    said: str
    trigger: str = ""
    seconds: float | None = None
    cost: float | None = None
    retry_at: datetime | None = None

    @property
    def state(self) -> State | None:
        """How it ended; None for what is open or no run at all."""
        return _ENDS.get(self.said)


@dataclass(frozen=True)
class Sums:
    """What the runs of a day, or of all days, come to."""

    #: Over due times, each by its last attempt.
    figures: Figures
    failed: int
    cancelled: int
    #: How many of the successful ones took much longer than is usual in the period.
    slow: int
    #: Ranges of due times that were let pass; a range counts on the day on which it begins.
    skipped: int
    #: Closed attempts before the last ones, and closed runs of a backfill.
    attempts: int
    backfills: int
    #: Of everything that ran; None where nothing says what it cost.
    cost: float | None

    @classmethod
    def of(cls, seen: Sequence[Seen], ended: Sequence[Seen], usually: float | None) -> Self:
        """Count rows, and of these the last attempts (`ended`, by due time)."""
        own, costs = [one for one in seen if one.state], [one.cost for one in seen if one.cost is not None]
        backfills = sum(one.trigger == Trigger.BACKFILL for one in own)
        return cls(
            figures=Figures.of(ended),
            failed=sum(one.state in _RED for one in ended),
            cancelled=sum(one.state is State.CANCELLED for one in ended),
            slow=sum(is_slow(one, usually) for one in ended),
            skipped=sum(one.said == SKIPPED for one in seen),
            attempts=max(0, len(own) - backfills - len(ended)),
            backfills=backfills,
            cost=fsum(costs) if costs else None,
        )


@dataclass(frozen=True)
class Day:
    """A day of the zone that was asked for; a run belongs to the day of its due time."""

    date: date
    sums: Sums


@dataclass(frozen=True)
class Failures:
    """Failures in a row, by the due times of the first and the last of them."""

    runs: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Period:
    """The days from the first to the last one, those without any run among them."""

    days: tuple[Day, ...]
    sums: Sums
    #: The longest row of failures; None when nothing failed. What somebody cancelled neither ends it nor counts.
    failures: Failures | None
    #: What took much longer than is usual in the period, the newest first.
    slow: tuple[Seen, ...]
    #: Due times that are not decided yet: their run is open, or their next attempt is promised.
    going: int
    trend: Trend

    @classmethod
    def of(cls, seen: Iterable[Seen], first: date, zone: ZoneInfo, now: datetime) -> Self:
        """Reckon the days of `zone` from `first` to the one that it is `now`."""
        rows = sorted(seen, key=lambda one: (one.due, one.attempt))
        ended, going = _decided(rows, now)
        usually = usual(ended)
        last = max(first, now.astimezone(zone).date())
        by_day, ended_by_day = _by_day(rows, zone), _by_day(ended, zone)
        dates = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return cls(
            days=tuple(Day(one, Sums.of(by_day.get(one, ()), ended_by_day.get(one, ()), usually)) for one in dates),
            sums=Sums.of(rows, ended, usually),
            failures=_failures(ended),
            slow=tuple(one for one in reversed(ended) if is_slow(one, usually)),
            going=going,
            trend=_trend(ended, now, midnight(first, zone)),
        )


def is_slow(one: Seen, usually: float | None) -> bool:
    """Say whether a run succeeded and took much longer than is usual."""
    return one.state is State.SUCCEEDED and one.seconds is not None and slow(one.seconds, usually)


def _decided(rows: Sequence[Seen], now: datetime) -> tuple[list[Seen], int]:
    """Give the last attempt of each due time, by due time, and how many due times are still going."""
    own = [one for one in rows if (one.state or one.said == OPEN) and one.trigger != Trigger.BACKFILL]
    lasts = [list(several)[-1] for _, several in groupby(own, key=lambda one: one.due)]
    ended = [one for one in lasts if one.state and not (one.retry_at and now < one.retry_at + FORGOTTEN)]
    return ended, len(lasts) - len(ended)


def _by_day(rows: Sequence[Seen], zone: ZoneInfo) -> dict[date, list[Seen]]:
    found: dict[date, list[Seen]] = {}
    for one in rows:
        found.setdefault(one.due.astimezone(zone).date(), []).append(one)
    return found


def _failures(ended: Sequence[Seen]) -> Failures | None:
    judged = [one for one in ended if one.state is not State.CANCELLED]
    rows = [list(several) for red, several in groupby(judged, key=lambda one: one.state in _RED) if red]
    longest = max(rows, key=len, default=None)  # the earliest of equals
    return Failures(len(longest), longest[0].due, longest[-1].due) if longest else None


def _trend(ended: Sequence[Seen], now: datetime, begin: datetime) -> Trend:
    good = [(one.due, one.seconds) for one in ended if one.state is State.SUCCEEDED and one.seconds is not None]
    reach = now - max(begin, good[0][0]) if good else timedelta()
    return trend.over(good, now, max(reach, timedelta()))
