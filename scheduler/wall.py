"""The clock on a zone's wall: which instant shows which wall time, over gaps and folds.

An instant is an aware `datetime` in UTC; a wall time is a naive one, as read off a clock in the zone.
A gap is an hour that the clock leaps over in spring (its wall times have no instant), a fold one that it
shows twice in autumn (two instants). All arithmetic on instants is in UTC: adding to a zoned `datetime`
forgets in which pass of a fold it was.
"""

import difflib
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

SECOND = timedelta(seconds=1)
FIRST = datetime(2, 1, 1, tzinfo=UTC)
"""No due time is before this one; the year before it leaves room for every zone's offset."""
LAST = datetime(9998, 12, 31, 23, 59, 59, tzinfo=UTC)
"""No due time is after this one; the year after it is the tables' "never"."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TURNS_FROM = datetime(2024, 1, 1, tzinfo=UTC)

_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")
_NOT_A_PLACE = re.compile(r"(posix|right)/.*|localtime|posixrules|Factory", re.IGNORECASE)
_LONGEST_QUOTE = 60


class Refused(ValueError):
    """A schedule's text is wrong; `str()` is one sentence that says what and where."""


def quoted(text: str) -> str:
    """`text` between quotes for a sentence: printable, and cut at 60 characters."""
    cut = text if len(text) <= _LONGEST_QUOTE else text[:_LONGEST_QUOTE] + "…"
    return "'" + "".join(char if char.isprintable() else "?" for char in cut) + "'"


def zone_named(name: str) -> ZoneInfo:
    """The IANA zone of this name, whatever its case; raise Refused, with a near name, when there is none."""
    name = name.strip()
    if _ZONE.fullmatch(name) and not _NOT_A_PLACE.fullmatch(name):
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            same = _names().get(name.lower())
            if same:
                return ZoneInfo(same)
    near = _near(name.lower()) if len(name) <= _LONGEST_QUOTE else None
    hint = f"did you mean {near}?" if near else "write one such as Europe/Berlin or UTC."
    raise Refused(f"TimeZone {quoted(name)} is not an IANA time zone: {hint}")


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Give the first instant of a day, in UTC; where the clock leaps over midnight, the end of that gap."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _near(name: str) -> str | None:
    """The zone whose name, or whose city, is most like this one."""
    cities = {lower.rpartition("/")[2]: zone for lower, zone in _names().items()}
    zones = cities | _names()
    found = difflib.get_close_matches(name, zones, n=1, cutoff=0.75)
    return zones[found[0]] if found else None


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Every zone's name by its lower case."""
    return {name.lower(): name for name in sorted(available_timezones()) if not _NOT_A_PLACE.fullmatch(name)}


def whole(moment: datetime) -> datetime:
    """The last whole second at or before `moment`, in UTC, kept to a second around FIRST and LAST.

    A naive `moment` is a ValueError.
    """
    if moment.tzinfo is UTC and not moment.microsecond and FIRST <= moment <= LAST:
        return moment
    if moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} has no offset: a moment must be aware.")
    try:
        moment = moment.astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return FIRST - SECOND if moment.year < LAST.year else LAST + SECOND
    return max(FIRST - SECOND, min(moment, LAST + SECOND))


def shown(instant: datetime, zone: ZoneInfo) -> datetime:
    """The wall time at an instant."""
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def instants(wall: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The instants at which the clock shows `wall`: none in a gap, two in a fold (in order), else one."""
    early = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    late = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if early == late:
        return (early,)
    return (early, late) if early < late else ()


def once(wall: datetime, zone: ZoneInfo) -> datetime:
    """The one instant of a fixed time, as Debian's cron has it: a fold's first pass, a gap's end.

    Seconds are kept in a gap (02:30:20 becomes 03:00:20), so that a time of second 20 is never less than a
    minute from another one of second 20.
    """
    found = instants(wall, zone)
    if found:
        return found[0]
    before = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    past = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return turn(before, past, zone) + timedelta(seconds=wall.second)


def turn(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of the new offset, given one before the change of the clock and one after it."""
    offset = low.astimezone(zone).utcoffset()
    while high - low > SECOND:
        middle = low + (high - low) // SECOND // 2 * SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=64)
def turns(zone: ZoneInfo) -> tuple[datetime, ...]:
    """The zone's clock changes of 28 years from 2024: then dates fall on the same weekdays again."""
    return tuple(_turns(zone))


def _turns(zone: ZoneInfo) -> Iterator[datetime]:
    week = timedelta(days=7)
    low = TURNS_FROM
    while low.year < TURNS_FROM.year + 28:
        high = low + week
        if low.astimezone(zone).utcoffset() != high.astimezone(zone).utcoffset():
            yield turn(low, high, zone)
        low = high
