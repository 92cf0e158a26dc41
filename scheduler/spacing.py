"""The parts of a schedule beside cron, and how near two parts can come to each other.

Ticks are a minute apart, so two dues are at the same instant or at least 60 seconds apart. One part alone
keeps that by its own rules: a cron part has one second of the minute, an interval is at least a minute long.
Two parts are compared before either runs:

- a single instant with any part: exactly, by looking at the minute on either side of it;
- two intervals: exactly; they share their anchor, so the nearest they come is the divisor of both lengths;
- two cron parts: exactly; parts of the same second never clash, others do when their wall times are near on
  any kind of day (28 years hold every date on every weekday) or at a clock change of those 28 years;
- an interval with a cron part: by time of day in UTC, at every offset of the zone, whatever the date. Only
  here is a schedule refused that might never clash: when the interval keeps another second than the cron
  part, and meets its time of day though perhaps never on its days.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import combinations, pairwise
from math import gcd

from scheduler.cron import Cron
from scheduler.wall import EPOCH, LAST, SECOND, TURNS_FROM, shown, turns

_MINUTE = timedelta(minutes=1)
_DAY = 86_400
_CYCLE = [date(2000, 1, 1) + timedelta(days=number) for number in range(28 * 365 + 7)]


@dataclass(frozen=True)
class Every:
    """An interval of at least a minute, counted in UTC from an anchor, whatever the clocks do."""

    text: str
    seconds: int
    anchor: datetime

    def after(self, moment: datetime) -> datetime | None:
        """The first due strictly after `moment`; None past the last day of the calendar."""
        due = self._count(moment) + 1
        return self._due(due) if due * self.seconds <= (LAST - self.anchor) // SECOND else None

    def latest(self, moment: datetime) -> datetime | None:
        """The last due at or before `moment`; None before the first day of the calendar."""
        try:
            return self._due(self._count(moment))
        except OverflowError:
            return None

    def _count(self, moment: datetime) -> int:
        return (moment - self.anchor) // timedelta(seconds=self.seconds)

    def _due(self, count: int) -> datetime:
        return self.anchor + timedelta(seconds=count * self.seconds)


@dataclass(frozen=True)
class Once:
    """A single instant."""

    text: str
    due: datetime

    def after(self, moment: datetime) -> datetime | None:
        """The instant, when it is still to come."""
        return self.due if self.due > moment else None

    def latest(self, moment: datetime) -> datetime | None:
        """The instant, when it has come."""
        return self.due if self.due <= moment else None


type Part = Cron | Every | Once


def clash(parts: tuple[Part, ...]) -> tuple[Part, Part] | None:
    """Two parts that can fire less than 60 seconds apart, but not together; None when there are none."""
    return next((pair for pair in combinations(parts, 2) if _near(*pair)), None)


def _near(one: Part, other: Part) -> bool:
    if isinstance(one, Once):
        return _near_instant(one.due, other)
    if isinstance(other, Once):
        return _near_instant(other.due, one)
    if isinstance(one, Cron) and isinstance(other, Cron):
        return one.second != other.second and (_near_on_a_day(one, other) or _near_at_a_turn(one, other))
    return _near_in_phase(*_phase(one), *_phase(other))


def _near_instant(instant: datetime, part: Part) -> bool:
    return any(due != instant for due in _dues(part, instant - _MINUTE, instant + _MINUTE))


def _dues(part: Part, low: datetime, high: datetime) -> Iterator[datetime]:
    """The dues strictly between two instants."""
    due = part.after(low)
    while due is not None and due < high:
        yield due
        due = part.after(due)


def _near_in_phase(cycle: int, times: frozenset[int], other_cycle: int, other_times: frozenset[int]) -> bool:
    """Whether two sets of seconds, each repeated for ever in its own cycle, come near each other.

    All their distances repeat in the divisor of both cycles; in one of less than a minute something is near.
    """
    both = gcd(cycle, other_cycle)
    apart = {(time - other) % both for time in times for other in other_times}
    return any(0 < gap < 60 or both - 60 < gap for gap in apart)  # noqa: PLR2004 - a minute


def _phase(part: Cron | Every) -> tuple[int, frozenset[int]]:
    """A part's cycle in seconds, and the seconds in it, counted in UTC, at which it may fire."""
    if isinstance(part, Every):
        return part.seconds, frozenset({(part.anchor - EPOCH) // SECOND % part.seconds})
    changes = turns(part.zone)
    offsets = {shown(at, part.zone) - at.replace(tzinfo=None) for at in (TURNS_FROM, *changes)}
    times = {(time - offset // SECOND) % _DAY for time in part.clock() for offset in offsets}
    landed = {((at - EPOCH) // SECOND + part.second) % _DAY for at in changes} if part.fixed else set()
    return _DAY, frozenset(times | landed)


def _near_on_a_day(one: Cron, other: Cron) -> bool:
    """Whether the wall times of two cron parts are near each other, on the same day or over midnight."""
    ahead = (other.second - one.second) % 60
    times = other.clock()
    steps = {time + step for time in one.clock() for step in (ahead, ahead - 60)}
    midnights = {step // _DAY for step in steps if step % _DAY in times}
    return any(day + over in _days(other) for over in midnights for day in _days(one))


@lru_cache(maxsize=64)
def _days(part: Cron) -> frozenset[int]:
    """The days of 28 years on which a part fires, numbered."""
    return frozenset(number for number, day in enumerate(_CYCLE) if part.on(day))


def _near_at_a_turn(one: Cron, other: Cron) -> bool:
    """Whether two parts come near at a clock change: a gap moves times to its end, a fold repeats them."""
    for at in turns(one.zone):
        low, high = at - 2 * _MINUTE, at + 3 * _MINUTE
        dues = sorted({*_dues(one, low, high), *_dues(other, low, high)})
        if any(later - due < _MINUTE for due, later in pairwise(dues)):
            return True
    return False
