"""Requests: what a person may type into the cell Request, and what it orders. Pure.

    run                                  now, with the row's own watermark
    run 2026-11-01                       that due time; so does `run 2026-11-01T05:00` and `run 2026-11-01T05:00Z`
    run watermark VALUE                  now, told VALUE
    run 2026-11-01 watermark VALUE       both
    run 2026-01-01..2026-02-01           a backfill: the schedule's due times from the first on and before the second
    run A..B watermark VALUE             a backfill whose first run is told VALUE
    retry                                what failed or was cancelled, again
    cancel                               every run that is going, every attempt that waits, the backfill

Words may be of any case and white space is free; a watermark is taken as it is typed, to the end of the cell.
`watermark ""` is the empty one: from the beginning.

Who asks part by part, a due time here and a watermark there, has the text made by `run` and `backfill`.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from scheduler.cell import Fault
from scheduler.schedule import Refused, fixed_time
from scheduler.wall import zone_named
from scheduler.watermark import LONGEST

_ALLOWED = (
    "it must be run, run 2026-11-01, run 2026-11-01T05:00Z, run 2026-01-01..2026-02-01, each also with "
    "watermark VALUE behind it, or retry, or cancel."
)
_WATERMARK = re.compile(r"(?:^|(?<=\s))watermark(?=\s|$)", re.IGNORECASE)
#: A manual run's due time has milliseconds; tools show up to seven digits.
_FRACTION = re.compile(r"(?<=:[0-9]{2})\.([0-9]{1,7})")


@dataclass(frozen=True)
class Run:
    """Run once: for `due` (None = now), told `watermark` (None = what the row says)."""

    due: datetime | None = None
    watermark: str | None = None


@dataclass(frozen=True)
class Retry:
    """Run again, now, what waits for its next attempt, or else what failed or was cancelled last."""


@dataclass(frozen=True)
class Cancel:
    """End every run that is going, every attempt that waits, and the backfill."""


@dataclass(frozen=True)
class Backfill:
    """Run the schedule's due times from `first` on and before `before`, the first one told `watermark` (None = '')."""

    first: datetime
    before: datetime
    watermark: str | None = None


type Command = Run | Retry | Cancel | Backfill


class Unfit(Fault):
    """A part of what is asked for is wrong; `part` is due, first, before or watermark, and begins the sentence."""

    def __init__(self, part: str, typed: str, allowed: str) -> None:
        super().__init__(part, typed, allowed)
        self.part = part


#: Requests that have no parts.
RETRY, CANCEL = "retry", "cancel"
_WHEN = "it must be a time such as 2026-11-01 or 2026-11-01T05:00Z."
_UTC = ZoneInfo("UTC")


def run(due: str | None = None, watermark: str | None = None) -> str:
    """Write the request for one run: for a due time (None = now), told a watermark (None = the row's, '' = none)."""
    when = [] if due is None else [_part("due", due)[0]]
    return " ".join(["run", *when, *_told(watermark)])


def backfill(first: str, before: str, watermark: str | None = None) -> str:
    """Write the request for a backfill, its first run told a watermark (None and '' = none)."""
    (begin, since), (end, until) = _part("first", first), _part("before", before)
    if since >= until:
        raise Unfit("before", before, f"it must be later than {begin}; a run of that time itself is not asked for.")
    return " ".join(["run", f"{begin}..{end}", *_told(watermark)])


def instant(part: str, typed: str) -> datetime:
    """Read a part as a time, without an offset as one of UTC; `Unfit` when it is none."""
    return _part(part, typed)[1]


def _part(part: str, typed: str) -> tuple[str, datetime]:
    """Write a time the one way; nothing else gets into a request in its place."""
    when = " ".join(typed.split())
    try:
        read = _time(when, when, _UTC) if typed.isprintable() else None
    except Fault:
        read = None
    if read is None:
        raise Unfit(part, typed, _WHEN)
    return canonical(f"run {when}").removeprefix("run "), read


def _told(watermark: str | None) -> list[str]:
    if watermark is None:
        return []
    value = watermark.strip()
    if _unprintable(value):
        raise Unfit("watermark", watermark, f"it must be printable text of at most {LONGEST:,} bytes.")
    return ["watermark", value or '""']


def read(text: str, zone: str) -> Command | None:
    """Read a request; None when there is none.

    A time without an offset is one of `zone` (an IANA name), read as a schedule's fixed time: a gap's end, a
    fold's first pass; a date alone is its midnight. Whether it lies in the future is not looked at. Raise
    `cell.Fault`, which names the column Request, for anything else, and TimeZone for a zone that is none.
    """
    word, rest = _split(text)
    match word:
        case "":
            return None
        case "retry" | "cancel" if rest:
            raise Fault("Request", text, f"{word} stands alone: remove what is behind it.")
        case "retry":
            return Retry()
        case "cancel":
            return Cancel()
        case "run":
            when, value = _apart(rest)
            watermark = None if value is None else _watermark(text, value)
            return _run(text, when, watermark, _zone(zone)) if when else Run(None, watermark)
        case _:
            raise Fault("Request", text, _ALLOWED)


def canonical(text: str) -> str:
    """Write a request the one way: small words, single spaces, the watermark untouched.

    It never fails, is the same when done twice, and is read as the text was; what cannot be read at all stays
    as it was typed, without the white space around it.
    """
    word, rest = _split(text)
    if word not in ("run", "retry", "cancel"):
        return text.strip()
    when, value = _apart(rest) if word == "run" else (rest, None)
    when = re.sub(r"(?<=[0-9Zz]) ?\.\. ?(?=[0-9])", "..", " ".join(when.split()))
    when = re.sub(r"(?<=[0-9])[tz]", lambda found: found[0].upper(), when)
    return " ".join(filter(None, [word, when, None if value is None else f"watermark {value}".strip()]))


def _split(text: str) -> tuple[str, str]:
    """Part the first word, small, from the rest."""
    words = text.split(None, 1)
    return (words[0].lower() if words else ""), (words[1] if len(words) > 1 else "")


def _apart(rest: str) -> tuple[str, str | None]:
    """Part the time from the watermark; None = none is given."""
    found = _WATERMARK.search(rest)
    return (rest[: found.start()], rest[found.end() :].strip()) if found else (rest, None)


def _zone(name: str) -> ZoneInfo:
    try:
        return zone_named(name)
    except Refused:
        raise Fault("TimeZone", name, "it must be an IANA time zone such as Europe/Berlin or UTC.") from None


def _watermark(text: str, value: str) -> str:
    if not value:
        raise Fault("Request", text, 'a value must stand behind watermark; the empty one is written "".')
    if value in ('""', "''"):
        return ""
    if _unprintable(value):
        raise Fault("Request", text, f"its watermark must be printable text of at most {LONGEST:,} bytes.")
    return value


def _unprintable(value: str) -> bool:
    return not value.isprintable() or len(value.encode()) > LONGEST


def _run(text: str, when: str, watermark: str | None, zone: ZoneInfo) -> Run | Backfill:
    first, dots, before = when.partition("..")
    if not dots:
        return Run(_time(text, when, zone), watermark)
    asked = Backfill(_time(text, first, zone), _time(text, before, zone), watermark)
    if asked.first >= asked.before:
        raise Fault("Request", text, "its second time must be later than its first; the second itself is not run.")
    return asked


def _time(text: str, typed: str, zone: ZoneInfo) -> datetime:
    """Read a time as a schedule does, and its milliseconds too, so that a manual run's due time can be asked for."""
    typed = " ".join(typed.split())
    found = _FRACTION.search(typed)
    try:
        whole = fixed_time(_FRACTION.sub("", typed, count=1), zone)
    except Refused as wrong:
        raise Fault("Request", text, str(wrong)) from None
    return whole + timedelta(milliseconds=int(found[1][:3].ljust(3, "0")) if found else 0)
