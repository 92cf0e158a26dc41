"""A second reading of schedules, as plain as can be: walk over every minute and ask whether it is due.

It shares nothing with the scheduler's own: no cronsim, no search for the next time, no table of clock
changes. For each minute of UTC, zoneinfo says what the clocks on the wall show, and the fields are compared.

- Five fields (Debian): day of month OR day of week, unless one of them begins with `*`; then AND.
- Six fields (NCRONTAB): seconds first; AND.
- A *fixed* time (neither minute nor hour begins with `*`) is due once: in the first pass where clocks show it
  twice, and at the end of the gap where they leap over it. Other times follow the wall.
- `every`: counted from StartAt or else from 1970; `at`: once; parts behind `;` are due together.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *",
}  # fmt: skip
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_UNITS = {
    "second": 1,
    "minute": 60,
    "hour": 3600,
    "day": 86_400,
    "week": 604_800,
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86_400,
}


class Unreadable(ValueError):
    """The text is no schedule that this reader knows: nothing can be said of its due times."""


class Wall(NamedTuple):
    """What the clocks on the wall show at one minute, and the wall times that they leapt over right before it."""

    minute: int
    hour: int
    day: int
    month: int
    weekday: int
    again: bool
    leapt: tuple["Wall", ...] = ()


@dataclass(frozen=True)
class _Cron:
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    second: int
    fixed: bool
    both: bool

    def on(self, wall: Wall) -> bool:
        """Say whether the fields match what the wall shows."""
        if wall.minute not in self.minutes or wall.hour not in self.hours or wall.month not in self.months:
            return False
        day, weekday = wall.day in self.days, wall.weekday in self.weekdays
        return (day and weekday) if self.both else (day or weekday)

    def due(self, wall: Wall) -> bool:
        """Say whether it is due at this minute."""
        if not self.fixed:
            return self.on(wall)
        return (self.on(wall) and not wall.again) or any(map(self.on, wall.leapt))


def dues(cells: tuple[str, str, str, str], first: datetime, last: datetime) -> list[datetime]:
    """Give every due time in [first, last] of (Schedule, TimeZone, StartAt, EndAt) as a person typed them.

    Raises `Unreadable`.
    """
    text, zone, start, end = cells
    _zone(zone or "UTC")
    begin, stop = moment(start, zone or "UTC"), moment(end, zone or "UTC")
    low, high = max(filter(None, (first, begin))), min(filter(None, (last, stop)))
    if text.strip().lower() in ("", "manual"):
        return []
    found = {due for part in text.split(";") for due in _part(" ".join(part.split()), zone or "UTC", begin, low, high)}
    return sorted(found)


def readable(cells: tuple[str, str, str, str]) -> bool:
    """Say whether this reader can say anything about the schedule."""
    try:
        dues(cells, EPOCH, EPOCH)
    except Unreadable:
        return False
    return True


def _part(text: str, zone: str, begin: datetime | None, low: datetime, high: datetime) -> Iterable[datetime]:
    word, _, rest = text.partition(" ")
    if word.lower() == "every":
        return _every(timedelta(seconds=_seconds(rest)), begin or EPOCH, low, high)
    if word.lower() == "at":
        due = moment(rest, zone)
        return [due] if due and low <= due <= high else []
    return _crons(_NAMES.get(text.lower(), text), zone, low, high)


def _every(step: timedelta, anchor: datetime, low: datetime, high: datetime) -> Iterator[datetime]:
    due = anchor + step * -((anchor - low) // step)
    while due <= high:
        yield due
        due += step


def _crons(text: str, zone: str, low: datetime, high: datetime) -> list[datetime]:
    _cron(text)  # unreadable is unreadable, however short the stretch
    days = [low.date() + timedelta(days=number) for number in range((high.date() - low.date()).days + 1)]
    return [due for day in days for due in _of_a_day(text, zone, day) if low <= due <= high]


@lru_cache(maxsize=4096)
def _of_a_day(text: str, zone: str, day: date) -> tuple[datetime, ...]:
    cron, midnight = _cron(text), datetime(day.year, day.month, day.day, tzinfo=UTC)
    second = timedelta(seconds=cron.second)
    return tuple(midnight + number * MINUTE + second for number, wall in enumerate(_walls(zone, day)) if cron.due(wall))


@lru_cache(maxsize=512)
def _walls(zone: str, day: date) -> tuple[Wall, ...]:
    """Ask zoneinfo about each of the 1,440 minutes of a day of UTC."""
    place, midnight = _zone(zone), datetime(day.year, day.month, day.day, tzinfo=UTC)
    walls = []
    before = (midnight - MINUTE).astimezone(place)
    for number in range(24 * 60):
        now = (midnight + number * MINUTE).astimezone(place)
        leapt = []
        skipped = before.replace(tzinfo=None) + MINUTE
        while skipped < now.replace(tzinfo=None):
            leapt.append(_wall(skipped))
            skipped += MINUTE
        walls.append(_wall(now, tuple(leapt)))
        before = now
    return tuple(walls)


def _wall(shown: datetime, leapt: tuple[Wall, ...] = ()) -> Wall:
    weekday = shown.isoweekday() % 7
    return Wall(shown.minute, shown.hour, shown.day, shown.month, weekday, bool(shown.fold), leapt)


@lru_cache(maxsize=4096)
def _cron(text: str) -> _Cron:
    fields = text.split()
    if len(fields) not in (5, 6):
        raise Unreadable(f"{text!r} is no schedule that is known here")
    six = len(fields) == 6
    second, minute, hour, day, month, weekday = fields if six else ["0", *fields]
    seconds = _values(second, 0, 59)
    if len(seconds) != 1:
        raise Unreadable(f"{text!r} fires more than once a minute")
    return _Cron(
        _values(minute, 0, 59), _values(hour, 0, 23), _values(day, 1, 31), _values(month, 1, 12, _MONTHS),
        frozenset(value % 7 for value in _values(weekday, 0, 7, _DAYS)), min(seconds),
        fixed=not minute.startswith("*") and not hour.startswith("*"),
        both=six or day.startswith("*") or weekday.startswith("*"),
    )  # fmt: skip


def _values(text: str, low: int, high: int, names: list[str] | None = None) -> frozenset[int]:
    found: set[int] = set()
    for item in text.split(","):
        body, _, step = item.partition("/")
        first, dash, last = body.partition("-")
        begin = low if body == "*" else _number(first, low, names)
        end = high if body == "*" or (step and not dash) else _number(last or first, low, names)
        if not (low <= begin <= end <= high) or (step and not int(step)):
            raise Unreadable(f"{item!r} is not between {low} and {high}")
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def _number(text: str, low: int, names: list[str] | None) -> int:
    if names and text.lower() in names:
        return names.index(text.lower()) + low
    if not text.isdigit():
        raise Unreadable(f"{text!r} is no number")
    return int(text)


def _seconds(text: str) -> int:
    found = re.findall(r"(\d*) ?([a-z]+?)s?(?=\d| |$)", text.strip().lower())
    if not found or any(unit not in _UNITS for _, unit in found):
        raise Unreadable(f"every {text!r} is no interval")
    return sum(int(count or 1) * _UNITS[unit] for count, unit in found)


def moment(text: str, zone: str) -> datetime | None:
    """Read an instant; one without an offset is the wall's, read as a fixed time is: see the top."""
    if not text:
        return None
    place = _zone(zone)
    try:
        read = datetime.fromisoformat(text.strip().upper())
    except ValueError as wrong:
        raise Unreadable(f"{text!r} is no time") from wrong
    if read.tzinfo:
        return read.astimezone(UTC)
    early, late = (read.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    if early <= late:
        return early
    gap_end = late
    while gap_end.astimezone(place).utcoffset() != early.astimezone(place).utcoffset():
        gap_end += MINUTE
    return gap_end.replace(second=read.second)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as wrong:
        raise Unreadable(f"{name!r} is no time zone") from wrong
