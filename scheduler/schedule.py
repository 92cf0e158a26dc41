"""Schedules: a row's text and zone become due times. Pure: time is an argument.

The grammar: cron in five fields (Debian's) or six (NCRONTAB), `@daily` and its kin, `every 2 hours`,
`at 2026-12-24T18:00`, `manual` or nothing; several parts separated by `;`, of which two that are due at the
same instant make one due. Ticks are a minute apart, so a schedule able to fire twice within 60 seconds is
refused (`scheduler.spacing` says how that is known); exactly 60 seconds apart is allowed.

`after a, team/b` is a chain: other jobs make it due, no clock does. It stands alone, and `scheduler.chain`
says when it is due.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from scheduler.cron import Cron
from scheduler.spacing import Every, Once, Part, clash
from scheduler.wall import EPOCH, FIRST, LAST, SECOND, Refused, once, quoted, whole, zone_named

__all__ = ["Refused", "Schedule", "fixed_time"]

_LONGEST_TEXT = 1000
_MOST_PARTS = 20
_MOST_UPSTREAMS = 20
_SHORTEST = 60
_LONGEST = 36_525 * 86_400
_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_UNITS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86_400),
    **dict.fromkeys(("w", "week", "weeks"), 604_800),
}
_JOB = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,62}/)?[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_TIME = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"([T ](?P<clock>[0-9]{2}:[0-9]{2}(:[0-9]{2})?)(\.0+)? ?(?P<offset>Z|[+-][0-9]{2}(:?[0-9]{2})?)?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Schedule:
    """When a job is due: a text, read in a zone, between two bounds (inclusive).

    Every instant given out is an aware `datetime` in UTC, in whole seconds. Every `moment` taken is an aware
    `datetime` of any zone; a naive one is a ValueError. Dues lie in the years 2 to 9998.
    """

    text: str
    zone: str
    start: datetime | None = None
    end: datetime | None = None
    #: The jobs of a chain, as they were typed: `scheduler.chain.names` makes keys of them. () when it is none.
    upstreams: tuple[str, ...] = ()
    _parts: tuple[Part, ...] = field(default=(), repr=False, compare=False)

    @classmethod
    def parse(
        cls, text: str, zone: str = "UTC", start: datetime | None = None, end: datetime | None = None
    ) -> "Schedule":
        """Read a schedule once; `start` also anchors its intervals, else 1970-01-01T00:00Z does.

        Raise Refused, with one sentence that says what is wrong and where, for anything it cannot mean.
        """
        return _parsed(text, zone, _bound("StartAt", start), _bound("EndAt", end))

    @property
    def manual(self) -> bool:
        """Whether it is due only on request: neither a time nor another job makes it due."""
        return not self._parts and not self.upstreams

    def within(self, due: datetime) -> bool:
        """Whether a due time lies between StartAt and EndAt.

        That of a chain is another job's and may lie outside: then it is not run, and the next one may be.
        """
        return (self.start is None or self.start <= due) and (self.end is None or due <= self.end)

    def after(self, moment: datetime) -> datetime | None:
        """The first due strictly after `moment`; None when there is none any more, and always for a chain."""
        moment = max(whole(moment), (self.start or FIRST) - SECOND)
        due = min((due for part in self._parts if (due := part.after(moment))), default=None)
        return due if due is not None and due <= min(LAST, self.end or LAST) else None

    def latest(self, moment: datetime) -> datetime | None:
        """The last due at or before `moment`; None when there was none yet, and always for a chain."""
        moment = min(whole(moment), LAST, self.end or LAST)
        due = max((due for part in self._parts if (due := part.latest(moment))), default=None)
        return due if due is not None and due >= max(FIRST, self.start or FIRST) else None

    def before(self, moment: datetime) -> datetime | None:
        """The last due strictly before `moment`; None when there was none yet."""
        return self.latest(moment if moment.microsecond else whole(moment) - SECOND)


def _bound(column: str, moment: datetime | None) -> datetime | None:
    """StartAt or EndAt, moved inwards to a whole second."""
    if moment is None:
        return None
    if moment.utcoffset() is None:
        raise Refused(f"{column} {quoted(moment.isoformat())} has no offset: write one such as Z or +01:00.")
    late = column == "StartAt" and moment.microsecond
    return whole(moment) + (SECOND if late else timedelta(0))


@lru_cache(maxsize=4096)
def _parsed(text: str, zone: str, start: datetime | None, end: datetime | None) -> Schedule:
    place = zone_named(zone)
    if start is not None and end is not None and start > end:
        raise Refused(f"StartAt {start.isoformat()} is after EndAt {end.isoformat()}: it would never run.")
    pieces = _pieces(text)
    upstreams = _upstreams(text, pieces)
    parts = () if upstreams else _parts(text, pieces, place, start or EPOCH)
    schedule = Schedule(text.strip(), place.key, start, end, upstreams, parts)
    if (start or end) and parts and schedule.after(FIRST - SECOND) is None:
        raise Refused(f"Schedule {quoted(text.strip())}: never fires between StartAt and EndAt.")
    return schedule


def _pieces(text: str) -> list[str]:
    """Take a text apart at its ';', white space single."""
    if len(text) > _LONGEST_TEXT:
        raise Refused(f"Schedule {quoted(text)} is {len(text)} characters long: at most {_LONGEST_TEXT}.")
    if text.strip().lower() in ("", "manual"):
        return []
    pieces = [" ".join(piece.split()) for piece in text.split(";")]
    if len(pieces) > _MOST_PARTS:
        raise Refused(f"Schedule {quoted(text)} has {len(pieces)} parts separated by ';': at most {_MOST_PARTS}.")
    if "" in pieces:
        raise Refused(f"Schedule {quoted(text)}: part {pieces.index('') + 1} is empty: remove a ';'.")
    words = [piece.partition(" ")[0].lower() for piece in pieces]
    for word in ("manual", "after"):
        if word in words and len(words) > 1:
            raise Refused(f"Schedule {quoted(text)}: {word} stands alone: remove it or the other parts.")
    return pieces


def _upstreams(text: str, pieces: list[str]) -> tuple[str, ...]:
    """Read the jobs of `after a, team/b`, as typed; () when the text is no chain."""
    word, _, rest = (pieces or [""])[0].partition(" ")
    if word.lower() != "after":
        return ()
    names = tuple(name.strip() for name in rest.split(","))
    for name in names:
        if not _JOB.fullmatch(name):
            raise Refused(
                f"Schedule {quoted(text)}: after takes jobs as PartitionKey/RowKey, or as RowKey alone within the "
                f"same PartitionKey, separated by commas, not {quoted(name)}."
            )
        if names.count(name) > 1:
            raise Refused(f"Schedule {quoted(text)}: {quoted(name)} stands there twice: once is enough.")
    if len(names) > _MOST_UPSTREAMS:
        raise Refused(f"Schedule {quoted(text)}: after takes at most {_MOST_UPSTREAMS} jobs, not {len(names)}.")
    return names


def _parts(text: str, pieces: list[str], zone: ZoneInfo, anchor: datetime) -> tuple[Part, ...]:
    parts = tuple(_part(piece, zone, anchor) for piece in pieces)
    near = clash(parts)
    if near:
        raise Refused(
            f"Schedule {quoted(text)}: {quoted(near[0].text)} and {quoted(near[1].text)} can fire within "
            "60 seconds of each other, and ticks are a minute apart: give them the same second, or move one."
        )
    return parts


def _part(piece: str, zone: ZoneInfo, anchor: datetime) -> Part:
    """One part of a schedule, its white space single; Refused names it."""
    try:
        return _read(piece, zone, anchor)
    except Refused as wrong:
        raise Refused(f"Schedule {quoted(piece)}: {wrong}") from None


def _read(piece: str, zone: ZoneInfo, anchor: datetime) -> Part:
    word, _, rest = piece.partition(" ")
    match word.lower():
        case "every":
            return Every(piece, _interval(rest), anchor)
        case "at":
            return Once(piece, fixed_time(rest, zone))
        case alias if alias.startswith("@"):
            return replace(Cron.read(_alias(piece.lower()), zone), text=piece)
        case _:
            return _cron(piece, zone)


def _cron(piece: str, zone: ZoneInfo) -> Cron:
    if " " not in piece:
        raise Refused(
            "no kind of schedule that is known: write cron (5 fields), NCRONTAB (6 fields), @daily, "
            "every 2 hours, at 2026-12-24T18:00, after another/job or manual."
        )
    return Cron.read(piece, zone)


def _alias(word: str) -> str:
    if word == "@reboot":
        raise Refused("there is no machine here that is started again: write a time, or every and an interval.")
    if word not in _ALIASES:
        raise Refused(f"this name is not known: {', '.join(_ALIASES)} are.")
    return _ALIASES[word]


def _interval(text: str) -> int:
    """`1h30m`, `90 minutes` or `day` in seconds, from 60 to those of 36,525 days."""
    units = re.findall(r"([0-9]*) ?([a-z]+) ?", text.lower())
    plain = re.fullmatch(r"(?:[a-z]+|(?:[0-9]+ ?[a-z]+ ?)+)", text.lower())
    if not plain:
        raise Refused(f"the interval {quoted(text)} is not read: write whole numbers with units, such as 1h30m.")
    seconds = 0
    seen: list[int] = []
    for count, unit in units:
        if unit not in _UNITS:
            raise Refused(f"the unit {quoted(unit)} is not known: seconds, minutes, hours, days and weeks are.")
        seen.append(_UNITS[unit])
        seconds += int(count or 1) * _UNITS[unit]
    if seen != sorted(set(seen), reverse=True):
        raise Refused("units go from large to small, each once, such as 1d12h.")
    if not _SHORTEST <= seconds <= _LONGEST:
        raise Refused(f"the interval {quoted(text)} is not allowed: 60 seconds to 36525 days.")
    return seconds


def fixed_time(text: str, zone: ZoneInfo) -> datetime:
    """The instant of `2026-12-24T18:00`: in the row's zone, read as a fixed time, or at its own offset.

    A date alone is its midnight. Raise Refused for anything else.
    """
    found = _TIME.fullmatch(text)
    due = None
    if found:
        iso = f"{found['day']}T{found['clock'] or '00:00'}{found['offset'] or ''}"
        with suppress(ValueError, OverflowError):
            moment = datetime.fromisoformat(iso.upper())
            due = once(moment, zone) if moment.tzinfo is None else moment.astimezone(UTC)
    if due is None:
        raise Refused(
            f"{quoted(text)} is not a time: write 2026-12-24T18:00, which is in the row's TimeZone, "
            "or add an offset such as Z or +01:00."
        )
    if not FIRST <= due <= LAST:
        raise Refused(f"{quoted(text)} is not allowed: the years 2 to 9998.")
    return due
