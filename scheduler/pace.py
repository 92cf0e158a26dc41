"""Pace: which container groups may be created now, and which wait in line. Pure.

ACI grants 300 creations an hour and 100 in five minutes per subscription and region, and says with every
answer how many are left. What it said last is kept here, and with the heartbeat for the next process.
MAX_ACTIVE_RUNS bounds how many groups are there at once, below ACI's own bound for a region.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from scheduler.changed import replace
from scheduler.row import Key, iso

FIVE_MINUTES = timedelta(minutes=5)
HOUR = timedelta(hours=1)
#: More regions than these are no regions.
_MOST_LOCATIONS = 100
#: So many ticks in five minutes are no ticks.
_MOST_MADE = 50
_ODD = (ValueError, LookupError, TypeError, AttributeError, OverflowError)


class Made(NamedTuple):
    """Creations of one tick, and an instant by which all of them were made and answered."""

    when: datetime
    number: int


@dataclass(frozen=True)
class Told:
    """What ACI's last answer in a region said is left of both windows, and when; None = it did not say.

    `made`: our own creations of the five minutes before it.
    """

    five_minutes: int | None
    hour: int | None
    when: datetime
    made: tuple[Made, ...] = ()


@dataclass(frozen=True)
class Allowances:
    """How many creations ACI still grants, by region, as far as it is known.

    The rule: an answer bounds the five-minute window for five minutes and the hour's for an hour, and after
    that nothing. What we created ourselves is free again when it is five minutes old, whatever kind of window
    ACI counts by: one that slides, one that begins anew, a bucket that fills up. When an answer left nothing of
    the hour, one creation is tried five minutes after each answer that said so: creations of the past fall out
    of the hour one by one, and only an answer tells how many did.
    """

    regions: Mapping[str, Told] = field(default_factory=dict)

    def told(
        self, location: str, five_minutes: int | None, hour: int | None, now: datetime, ours: Made | None = None
    ) -> "Allowances":
        """Take note of an answer; a creation that was refused as throttled is told as 0.

        `ours`: whether it created something, and an instant by which it was there. Of several answers of one instant
        (a tick creates at once and has one `now`) the least counts, and an answer older than the one that is known
        does not. What an answer does not say of the hour, the one before it said. Answers of over an hour ago are
        forgotten.
        """
        region = region_of(location)
        kept = {name: told for name, told in self.regions.items() if now - told.when < HOUR}
        last = kept.get(region)
        if (five_minutes is None and hour is None) or (last and _believed(last, now) and now < last.when):
            return Allowances(kept)
        if last and last.when == now:
            five_minutes, hour = _least(last.five_minutes, five_minutes), _least(last.hour, hour)
        if last and hour is None and _believed(last, now):
            hour = last.hour
        # What grew old before the answer came is free in what it says, and must not be counted twice.
        made = _counted([*(last.made if last else ()), ours or Made(now, 0)], ours.when if ours else now)
        return Allowances(kept | {region: Told(five_minutes, hour, now, made)})

    def left(self, location: str, now: datetime) -> int | None:
        """Say how many creations may be sent to a region now; None = as many as one likes, for all we know."""
        return self._bound(location, now)[0]

    def window(self, location: str, now: datetime) -> str:
        """Name the window that bounds a region now: 'five minutes' or 'hour'; '' when none does."""
        return self._bound(location, now)[1]

    def _bound(self, location: str, now: datetime) -> tuple[int | None, str]:
        told = self.regions.get(region_of(location))
        if told is None or not _believed(told, now):
            return None, ""
        age = now - told.when
        bounds = []
        if told.hour is not None and age < HOUR:
            bounds.append((1 if told.hour <= 0 and age >= FIVE_MINUTES else max(told.hour, 0), "hour"))
        if told.five_minutes is not None and age < FIVE_MINUTES:
            again = sum(one.number for one in told.made if now - one.when >= FIVE_MINUTES)
            bounds.append((max(told.five_minutes, 0) + again, "five minutes"))
        return min(bounds, default=(None, ""))

    def to_dict(self) -> dict[str, Any]:
        """Write it as JSON takes it."""
        return {
            name: {
                "five_minutes": told.five_minutes,
                "hour": told.hour,
                "told": iso(told.when),
                "made": [[iso(one.when), one.number] for one in told.made],
            }
            for name, told in sorted(self.regions.items())
        }

    @classmethod
    def from_dict(cls, said: object) -> "Allowances":
        """Read what `to_dict` wrote; what somebody mangled tells nothing."""
        if not isinstance(said, Mapping):
            return cls()
        several = list(said.items())[:_MOST_LOCATIONS]
        return cls({region_of(str(name)): told for name, one in several if (told := _told(one))})


@dataclass(frozen=True)
class Candidate:
    """A run that is due; `made` = its container group is created for it, rather than being there already.

    `others`: where else it may go, in order, as long as ACI creates no more groups in its `location`.
    """

    key: Key
    priority: int
    due: datetime
    location: str
    made: bool = True
    #: Which of its job's starts it is: with Overlap allow, one due time may be tried again and asked for at once.
    number: int = 0
    others: tuple[str, ...] = ()


class Waiting(NamedTuple):
    """A run that must wait, and for what.

    No place in line: the row would have to be written whenever somebody else starts. `rationed`: it waits for ACI's
    ration of creations, and not for a place of our own.
    """

    candidate: Candidate
    why: str
    rationed: bool = False


def choose(
    starts: Sequence[Candidate], active: int, most: int, allowances: Allowances, now: datetime
) -> tuple[list[Candidate], list[Waiting]]:
    """Part the runs that may start now from those that wait; both in order: priority (higher first), due, key.

    `active` runs hold a place of the `most` already. A run in an existing group creates nothing: it neither
    waits nor takes a place. One that waits for its region does not hold up those of other regions. Those chosen have
    the location that they go to: the first of theirs for which ACI has a creation left.
    """
    room = most - active
    ration = _Ration(allowances, now)
    chosen: list[Candidate] = []
    held: list[Waiting] = []
    for one in sorted(starts, key=lambda one: (-one.priority, one.due, one.key, one.number)):
        place = next(filter(ration.has, (one.location, *one.others)), "")
        # The ration first: it stays used up for minutes, while places come and go, and each change is a write.
        if not one.made:
            chosen.append(one)
        elif not place:
            held.append(Waiting(one, ration.why(one), rationed=True))
        elif room <= 0:
            held.append(Waiting(one, f"all {most} places of MAX_ACTIVE_RUNS are taken"))
        else:
            chosen.append(one if place == one.location else replace(one, location=place))
            ration.take(place)
            room -= 1
    return chosen, held


class _Ration:
    """What is left of each region's creations while they are given away."""

    def __init__(self, allowances: Allowances, now: datetime) -> None:
        self._allowances, self._now = allowances, now
        self._left: dict[str, int | None] = {}

    def has(self, location: str) -> bool:
        """Say whether one more may be created there."""
        region = region_of(location)
        if region not in self._left:
            self._left[region] = self._allowances.left(region, self._now)
        left = self._left[region]
        return left is None or left > 0

    def take(self, location: str) -> None:
        """Give one away."""
        region = region_of(location)
        if left := self._left[region]:
            self._left[region] = left - 1

    def why(self, one: Candidate) -> str:
        """Say why it must wait."""
        region = region_of(one.location)
        window = "this hour" if self._allowances.window(region, self._now) == "hour" else "these five minutes"
        nor = f", nor in {', '.join(map(region_of, one.others))}" if one.others else ""
        return f"ACI creates no more container groups in {region} within {window}{nor}"


def region_of(location: str) -> str:
    """Name a region the one way: West Europe is westeurope."""
    return "".join(location.split()).lower()


def _believed(told: Told, now: datetime) -> bool:
    """Refuse an answer of the future: nobody's clock is that wrong, so somebody typed it."""
    return told.when - now < FIVE_MINUTES


def _least(one: int | None, other: int | None) -> int | None:
    return min((number for number in (one, other) if number is not None), default=None)


def _told(said: Any) -> Told | None:  # noqa: ANN401 - it may be anything that JSON can be
    try:
        when = datetime.fromisoformat(said["told"])
        numbers = [said.get("five_minutes"), said.get("hour")]
        if when.tzinfo is None or not all(one is None or type(one) is int for one in numbers):
            return None
        made = [Made(datetime.fromisoformat(at), int(count)) for at, count in said.get("made", ())]
        return Told(numbers[0], numbers[1], when.astimezone(UTC), _counted(made, when))
    except _ODD:
        return None


def _counted(made: Sequence[Made], now: datetime) -> tuple[Made, ...]:
    """Sum up our creations by their instants, without those that are free again."""
    counts: dict[datetime, int] = {}
    for one in made[-_MOST_MADE:]:
        if one.number > 0 and now - one.when < FIVE_MINUTES:
            counts[one.when] = counts.get(one.when, 0) + one.number
    return tuple(Made(when, count) for when, count in counts.items())
