"""The ledger: how far the data of a job has come, range by range, each named by the run that processed it. Pure.

A successful run processes what lies between the watermark that it was told and the one that it left. Watermarks are
opaque texts. Where all of them read as dates, or all as numbers, they are laid on a line, and gaps, overlaps and
rewinds show; else a run can only be said to join up with the one before it, or not.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from itertools import groupby, pairwise
from typing import Self

_DATE = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d{1,9})?)?\s?(?:Z|[+-]\d\d(?::?\d\d)?)?)?", re.ASCII
)
_NUMBER = re.compile(r"[+-]?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: More runs than these are not named for one stretch of the line.
MOST_NAMED = 20
#: Of these a sentence names the first.
_SAID = 4


def as_time(text: str) -> datetime | None:
    """Read a watermark as an instant; one without an offset is UTC's. None when it is no date."""
    written = text.strip()
    if not _DATE.fullmatch(written):
        return None
    try:
        read = datetime.fromisoformat(re.sub(r"\s(?=Z|[+-]\d\d)", "", written))
        return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def as_number(text: str) -> float | None:
    """Read a watermark as a number; a whole one keeps every digit. None when it is none."""
    written = text.strip()
    if not _NUMBER.fullmatch(written):
        return None
    return float(written) if "." in written else int(written)


class Scale(StrEnum):
    """What the watermarks of a job read as."""

    TIME = "time"
    NUMBER = "number"
    TEXT = "text"


class Kind(StrEnum):
    """What is odd between two runs, or on a stretch of the line."""

    GAP = "gap"
    OVERLAP = "overlap"
    REWIND = "rewind"
    BREAK = "break"


@dataclass(frozen=True)
class Step:
    """One successful run: its name, what it was told and what it left; in the order in which they ended."""

    name: str
    begin: str
    end: str
    #: Its watermark was its own: it stands beside the line.
    apart: bool = False


@dataclass(frozen=True)
class Range:
    """A stretch of the line, processed by the same runs; `begin` '' = from the beginning of all."""

    begin: str
    end: str
    runs: tuple[str, ...]
    #: How many runs processed it: no more than `MOST_NAMED` are named.
    times: int = 1


@dataclass(frozen=True)
class Finding:
    """A gap, an overlap, a rewind or a break: from where to where, and between or by which runs.

    `before` is the run that left `begin`, `after` the one that went on at `end`; of an overlap `runs` are all that
    processed it. A name is '' where no run of the ledger has it.
    """

    kind: Kind
    begin: str
    end: str
    before: str = ""
    after: str = ""
    runs: tuple[str, ...] = ()
    times: int = 0

    @property
    def sentence(self) -> str:
        """Say it in words."""
        begin, end = self.begin or "the beginning", self.end or "the beginning"
        match self.kind:
            case Kind.GAP:
                by = f"run {self.before} ended before it, run {self.after} began behind it"
                return f"{begin} to {end} was not processed: {by}."
            case Kind.OVERLAP:
                named, others = ", ".join(self.runs[:_SAID]), max(self.times, len(self.runs)) - _SAID
                more = f" and {others:,} more" if others > 0 else ""
                return f"{begin} to {end} was processed more than once: by the runs {named}{more}."
            case Kind.REWIND if self.before == self.after:
                return f"Run {self.after} went back from {begin} to {end}: that is what it answered."
            case Kind.REWIND:
                return f"Run {self.after} began at {end}, behind {begin}, where run {self.before} had come to."
            case Kind.BREAK:
                return f"Run {self.after} began at {end}, and run {self.before} before it had come to {begin}."


@dataclass(frozen=True)
class Ledger:
    """The processed ranges of a job, and what is odd about them."""

    scale: Scale
    #: What moved the job's watermark, in the order in which it happened.
    steps: tuple[Step, ...] = ()
    #: Stretches of the line in its order; of a text scale in the order of the runs.
    ranges: tuple[Range, ...] = ()
    findings: tuple[Finding, ...] = ()
    #: Runs with a watermark of their own.
    side: tuple[Step, ...] = ()
    #: How many successful runs left the watermark where it was.
    still: int = 0

    @classmethod
    def of(cls, steps: Iterable[Step]) -> Self:
        """Lay runs on the line; they come in the order in which they ended."""
        every = list(steps)
        main = [one for one in every if not one.apart]
        moved = tuple(one for one in main if one.begin != one.end)
        side = tuple(one for one in every if one.apart)
        texts = {text for one in main for text in (one.begin, one.end) if text}
        scale, read = _scale(texts)
        ranges = _laid(moved, read) if read else [Range(one.begin, one.end, (one.name,)) for one in moved]
        odd = [*_gaps(ranges, moved), *_overlaps(ranges, moved)] if read else [*_repeated(moved)]
        covered = tuple(one for one in ranges if one.times)
        return cls(scale, moved, covered, (*odd, *_joints(main, read)), side, len(main) - len(moved))

    def share(self, text: str) -> float | None:
        """Say where on the line a watermark lies, 0 to 1, '' at 0; None on a text scale, and off the line."""
        least, most, read = self._bounds
        if read is None or not text:
            return 0.0 if read else None
        return _part(least, most, read(text))

    @cached_property
    def _bounds(self) -> "tuple[float, float, _Number | None]":
        texts = {text for one in self.steps for text in (one.begin, one.end) if text}
        if self.scale is Scale.TEXT or not texts:
            return 0.0, 0.0, None
        read: _Number = _seconds if self.scale is Scale.TIME else as_number
        numbers = [number for text in texts if (number := read(text)) is not None]
        return min(numbers), max(numbers), read


type _Number = Callable[[str], float | None]
#: Orders watermarks; '' comes before all.
type _Place = tuple[bool, float]
type _Read = Callable[[str], _Place]


def _seconds(text: str) -> float | None:
    read = as_time(text)
    return (read - _EPOCH).total_seconds() if read else None


def _part(least: float, most: float, number: float | None) -> float | None:
    if number is None or not least <= number <= most:
        return None
    return float((number - least) / (most - least)) if most > least else 0.0


def _scale(texts: Iterable[str]) -> tuple[Scale, _Read | None]:
    """Find what all of the texts read as."""
    for scale, number in ((Scale.TIME, _microseconds), (Scale.NUMBER, as_number)):
        read = {text: number(text) for text in texts}
        if read and None not in read.values():
            known = {text: (True, value) for text, value in read.items() if value is not None} | {"": (False, 0)}
            return scale, known.__getitem__
    return Scale.TEXT, None


def _microseconds(text: str) -> int | None:
    read = as_time(text)
    return (read - _EPOCH) // timedelta(microseconds=1) if read else None


def _laid(moved: Sequence[Step], read: _Read) -> list[Range]:
    """Cut the line where a run begins or ends; the stretches that none processed are among them, without runs."""
    begins, ends = defaultdict[_Place, list[int]](list), defaultdict[_Place, list[int]](list)
    texts: dict[_Place, str] = {}
    for number, one in enumerate(moved):
        if read(one.begin) < read(one.end):
            begins[read(one.begin)].append(number)
            ends[read(one.end)].append(number)
            texts.setdefault(read(one.begin), one.begin)
            texts.setdefault(read(one.end), one.end)
    on: set[int] = set()
    ranges = []
    for place, following in pairwise(sorted(texts)):
        on = (on - set(ends[place])) | set(begins[place])
        named = tuple(moved[number].name for number in sorted(on)[:MOST_NAMED])
        ranges.append(Range(texts[place], texts[following], named, len(on)))
    return ranges


def _gaps(ranges: Sequence[Range], moved: Sequence[Step]) -> Iterator[Finding]:
    """Name the stretches between the first and the last place that no run processed."""
    left, taken = {one.end: one.name for one in moved}, {one.begin: one.name for one in reversed(moved)}
    for one in ranges:
        if not one.times:
            yield Finding(Kind.GAP, one.begin, one.end, left.get(one.begin, ""), taken.get(one.end, ""))


def _overlaps(ranges: Sequence[Range], moved: Sequence[Step]) -> Iterator[Finding]:
    """Name the stretches that several runs processed; those that touch are told as one."""
    order = {one.name: number for number, one in enumerate(moved)}
    for several, touching in groupby(ranges, key=lambda one: one.times > 1):
        if several:
            them = list(touching)
            names = tuple(sorted({name for one in them for name in one.runs}, key=order.__getitem__))
            times = max(len(names), *(one.times for one in them))
            yield Finding(Kind.OVERLAP, them[0].begin, them[-1].end, runs=names[:MOST_NAMED], times=times)


def _repeated(moved: Sequence[Step]) -> Iterator[Finding]:
    """Name what several runs processed of watermarks that no line holds: they begin and end alike."""
    alike = defaultdict[tuple[str, str], list[str]](list)
    for one in moved:
        alike[one.begin, one.end].append(one.name)
    for (begin, end), names in alike.items():
        if len(names) > 1:
            yield Finding(Kind.OVERLAP, begin, end, runs=tuple(names[:MOST_NAMED]), times=len(names))


def _joints(main: Sequence[Step], read: _Read | None) -> Iterator[Finding]:
    """Hold each run against the one before it: it joins up, jumps ahead (a gap, if nobody fills it) or goes back."""
    met: set[str] = set()
    before: Step | None = None
    for one in main:
        if before and _apart(before.end, one.begin, read) and (kind := _kind(before.end, one.begin, read, met)):
            yield Finding(kind, before.end, one.begin, before.name, one.name)
        met |= {one.begin, before.end if before else one.begin}
        before = one
        if read and read(one.end) < read(one.begin):
            yield Finding(Kind.REWIND, one.begin, one.end, one.name, one.name)


def _apart(at: str, begin: str, read: _Read | None) -> bool:
    return at != begin and (read is None or read(at) != read(begin))


def _kind(at: str, begin: str, read: _Read | None, met: Container[str]) -> Kind | None:
    """Say what a step from one watermark to another is; None when it goes ahead."""
    if read:
        return Kind.REWIND if read(begin) < read(at) else None
    return Kind.REWIND if begin in met or not begin else Kind.BREAK
