"""Cron texts: five fields as Debian's cron reads them, six as NCRONTAB (Azure Functions) does.

Debian's crontab(5) and NCrontab are the oracles for the fields. Day of month and day of week: five fields
take either (both, when one of them begins with `*`), six take both. What NCrontab silently reads otherwise
than written (`22-2` as `2-22`, `*/0` as `*/1`) is refused in both.

Daylight is Debian's in both: a time is *fixed* when neither minute nor hour begins with `*`. A fixed time
runs once: in a gap at its end, in a fold in its first pass. Other times follow the wall: a gap skips them, a
fold runs them in both passes. cronsim searches the calendar of wall times and is never given a zone: with
one, it can answer with a time in the past inside a fold, and does not guard six fields at all.
"""

from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim

from scheduler.wall import FIRST, SECOND, Refused, instants, once, quoted, shown, turn

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_DAYS_IN = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FIVE, _SIX = 5, 6
_STRANGE = {"L", "W", "#", "?"}
#: Many rows say `0 6 * * *`, and are due in the same tick: what one of them asked for is not searched for again.
_REMEMBERED = 1024


@dataclass(frozen=True)
class _Field:
    """One column of a cron text: what it counts, its bounds, and the names for numbers from `low` on."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()
    ncrontab: bool = False

    def values(self, text: str) -> frozenset[int]:
        """The numbers that a text stands for; raise Refused naming the field, the value and the rule."""
        return frozenset(value for item in text.split(",") for value in self._item(item))

    def _item(self, item: str) -> range:
        body, slash, step_text = item.partition("/")
        step = self._step(step_text, item) if slash else 1
        if body == "*":
            return range(self.low, self.high + 1, step)
        first_text, dash, last_text = body.partition("-")
        first = self._number(first_text, item)
        if dash:
            last = self._number(last_text, item)
            if last < first:
                raise self._wrong(item, "", f"a range runs upwards; write {self._wrapped(first_text, last_text)}")
            return range(first, last + 1, step)
        if slash and not self.ncrontab:
            raise self._wrong(item, "", f"a step follows '*' or a range; write {body}-{self.high}/{step_text}")
        # NCrontab reads a/1 as a alone, and a/2 as every second value from a to the end.
        return range(first, self.high + 1, step) if step > 1 else range(first, first + 1)

    def _wrapped(self, first: str, last: str) -> str:
        """What a reversed range most likely meant, as two ranges."""
        return f"{first}-{self.high},{self.low}-{last}"

    def _step(self, text: str, item: str) -> int:
        if not _digits(text) or int(text) == 0:
            raise self._wrong(item, text, "a step is a whole number from 1")
        return int(text)

    def _number(self, text: str, item: str) -> int:
        value = int(text) if _digits(text) else self._named(text)
        if value is None or not self.low <= value <= self.high:
            raise self._wrong(item, text, self._allowed(text))
        return value

    def _named(self, text: str) -> int | None:
        """The number of a name: its first three letters (Debian), any beginning (NCrontab; T is Tuesday)."""
        for number, name in enumerate(self.names, start=self.low):
            if text and (name.startswith(text.lower()) if self.ncrontab else name[:3] == text.lower()):
                return number
        return None

    def _allowed(self, text: str) -> str:
        rule = f"{self.low} to {self.high}"
        if self.names:
            rule += f", or {self.names[0][:3]} to {self.names[-1][:3]}"
        return f"{rule}; L, W, # and ? are not known here" if set(text.upper()) & _STRANGE else rule

    def _wrong(self, item: str, value: str, rule: str) -> Refused:
        where = f" in {quoted(item)}" if value and value != item else ""
        return Refused(f"{self.name} {quoted(value or item)}{where} is not allowed: {rule}.")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _columns(*, ncrontab: bool) -> tuple[_Field, ...]:
    return (
        _Field("second", 0, 59, ncrontab=ncrontab),
        _Field("minute", 0, 59, ncrontab=ncrontab),
        _Field("hour", 0, 23, ncrontab=ncrontab),
        _Field("day of month", 1, 31, ncrontab=ncrontab),
        _Field("month", 1, 12, _MONTHS, ncrontab=ncrontab),
        _Field("day of week", 0, 6 if ncrontab else 7, _WEEKDAYS, ncrontab=ncrontab),
    )


_DEBIAN, _NCRONTAB = _columns(ncrontab=False), _columns(ncrontab=True)
_BLANK = CronSim("* * * * * *", FIRST.replace(tzinfo=None))


@dataclass(frozen=True)
class Cron:
    """A cron text in a zone. Instants go in and come out in UTC and whole seconds."""

    text: str
    zone: ZoneInfo
    second: int
    fixed: bool
    days_and: bool
    _calendar: CronSim = field(repr=False, compare=False)

    @classmethod
    def read(cls, text: str, zone: ZoneInfo) -> "Cron":
        """Read five or six fields; raise Refused naming the field, the value and what is allowed."""
        parts = text.split()
        if len(parts) not in (_FIVE, _SIX):
            counted = f"{len(parts)} field" + ("" if len(parts) == 1 else "s")
            raise Refused(f"{counted} where cron has 5 (minute first) and NCRONTAB 6 (second first).")
        six = len(parts) == _SIX
        if not six:
            parts.insert(0, "0")
        sets = [column.values(part) for column, part in zip(_NCRONTAB if six else _DEBIAN, parts, strict=True)]
        days_and = six or parts[3].startswith("*") or parts[5].startswith("*")
        _check_seconds(parts[0], sets[0])
        if days_and:
            _check_days(parts, sets)
        calendar = copy(_BLANK)
        calendar.seconds, calendar.minutes, calendar.hours = set(sets[0]), set(sets[1]), set(sets[2])
        calendar.days, calendar.months, calendar.weekdays = set(sets[3]), set(sets[4]), set(sets[5])
        calendar.day_and = days_and
        fixed = not parts[1].startswith("*") and not parts[2].startswith("*")
        return cls(text, zone, min(sets[0]), fixed, days_and, calendar)

    def after(self, moment: datetime) -> datetime | None:
        """The first due strictly after `moment`; None past the last day of the calendar."""
        return _after(self, moment)

    def latest(self, moment: datetime) -> datetime | None:
        """The last due at or before `moment`; None before the first day of the calendar."""
        return _latest(self, moment)

    def clock(self) -> frozenset[int]:
        """The wall times of day at which it fires, in seconds from midnight."""
        hours, minutes = self._calendar.hours, self._calendar.minutes
        return frozenset(hour * 3600 + minute * 60 + self.second for hour in hours for minute in minutes)

    def on(self, day: date) -> bool:
        """Whether it fires on this day of the wall's calendar."""
        return day.month in self._calendar.months and self._calendar.match_day(day)

    def _walls(self, wall: datetime, direction: int) -> Iterator[datetime]:
        """The matching wall times from `wall` (not included) onwards, 1, or backwards, -1."""
        calendar = copy(self._calendar)
        calendar.dt, calendar.tick_direction = wall, direction
        return calendar

    def _fixed_after(self, moment: datetime) -> datetime | None:
        # A time in a gap lands `second` after the gap's end. Asked between the two, the wall is past the gap
        # and a search from there would lose that run.
        wall = shown(moment - timedelta(seconds=self.second), self.zone)
        dues = (once(wall, self.zone) for wall in self._walls(wall, 1))
        return next((due for due in dues if due > moment), None)

    def _fixed_latest(self, moment: datetime) -> datetime | None:
        wall = shown(moment, self.zone)
        if moment.astimezone(self.zone).fold:
            # In the second pass every time of the fold, later ones too, has had its run in the first.
            first, second = instants(wall, self.zone)
            wall += second - first
        dues = (once(wall, self.zone) for wall in self._walls(wall + SECOND, -1))
        return next((due for due in dues if due <= moment), None)

    def _shown_after(self, moment: datetime) -> datetime | None:
        wall = shown(moment, self.zone)
        passes = instants(wall, self.zone)
        if len(passes) > 1 and not moment.astimezone(self.zone).fold:
            back = turn(passes[0], passes[1], self.zone)
            due = next((moment + (later - wall) for later in self._walls(wall, 1)), None)
            if due is not None and due < back:
                return due
            # The clock goes back: what it showed before `moment` is shown again before anything later is.
            wall = shown(back, self.zone) - SECOND
        dues = (due for later in self._walls(wall, 1) for due in instants(later, self.zone))
        return next((due for due in dues if due > moment), None)

    def _shown_latest(self, moment: datetime) -> datetime | None:
        wall = shown(moment, self.zone)
        if moment.astimezone(self.zone).fold:
            first, second = instants(wall, self.zone)
            back = turn(first, second, self.zone)
            due = next((moment - (wall - past) for past in self._walls(wall + SECOND, -1)), None)
            if due is not None and due >= back:
                return due
            wall = shown(back - SECOND, self.zone)
        walls = self._walls(wall + SECOND, -1)
        dues = (due for past in walls for due in reversed(instants(past, self.zone)))
        return next((due for due in dues if due <= moment), None)


@lru_cache(_REMEMBERED)
def _after(cron: Cron, moment: datetime) -> datetime | None:
    with suppress(OverflowError):
        return cron._fixed_after(moment) if cron.fixed else cron._shown_after(moment)  # noqa: SLF001 - its own
    return None


@lru_cache(_REMEMBERED)
def _latest(cron: Cron, moment: datetime) -> datetime | None:
    with suppress(OverflowError):
        return cron._fixed_latest(moment) if cron.fixed else cron._shown_latest(moment)  # noqa: SLF001 - its own
    return None


def _check_seconds(text: str, seconds: frozenset[int]) -> None:
    if len(seconds) > 1:
        raise Refused(
            f"second {quoted(text)} fires {len(seconds)} times within 60 seconds, "
            "and jobs start at most once a minute: give one second, such as 0."
        )


def _check_days(parts: list[str], sets: list[frozenset[int]]) -> None:
    day, months = min(sets[3]), sets[4]
    if all(day > _DAYS_IN[month] for month in months):
        raise Refused(f"never fires: month {quoted(parts[4])} has no day {quoted(parts[3])}.")
