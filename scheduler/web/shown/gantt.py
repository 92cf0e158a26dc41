"""A day's bars: rows of jobs, by group, each bar where its run was.

What lies too close to be told apart is drawn as one bar that says how many it stands for, so that a job of every
minute, or a thousand jobs, stay a page that a phone can hold.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby

from scheduler.desk.ahead import apart
from scheduler.desk.timeline import Lane
from scheduler.row import Key
from scheduler.web.dress import job_path, run_path
from scheduler.web.shown.day import Day

#: What a run that is only planned is called here.
PLANNED = "Planned"
#: The least width of a bar, in per cent: a run of seconds is seen and can be hit.
LEAST = 0.35
#: How close bars of one outcome must lie to be drawn as one, in per cent: the first at which the page holds them.
CLOSE = (0.1, 0.5, 1.5, 4.2, 13.0, 100.0)
#: The most bars of a page.
MOST_BARS = 1_200
#: How wide a letter in a bar is at most, and the room beside the words, in per cent of the narrowest day.
_LETTER, _MARGIN = 0.95, 1.2
#: A sign that stands behind a bar needs so much.
_SIGN = 1.6
#: A sign beside the colour: nobody needs to see red to see what failed.
SIGNS: Mapping[str, str] = {
    "Failed": "✕",
    "Lost": "?",
    "Cancelled": "\N{EN DASH}",
    "Running": "▸",
    "Starting": "▸",
    "Cancelling": "\N{EN DASH}",
}


@dataclass(frozen=True)
class Stretch:
    """One run of a job: from when to when (None = it still goes), and where its page is."""

    key: Key
    state: str
    begin: datetime
    end: datetime | None
    ref: str = ""
    attempt: int = 1
    #: Of a stretch of due times that are too close to be told apart: how often it is due, and how many there are.
    often: str = ""
    many: int = 1

    @property
    def href(self) -> str:
        """The run's page; of a planned one its job's."""
        return run_path(self.key, self.ref) if self.ref else job_path(self.key)


def stretches(lanes: Iterable[Lane]) -> Iterator[Stretch]:
    """Give every run of a day, and what is planned; of a job for which no more could be planned, what is due next."""
    for lane in lanes:
        key = lane.line.key
        for bar in lane.bars:
            yield Stretch(key, bar.state, bar.begin, None if bar.going else bar.end, bar.ref, bar.attempt)
        for planned in lane.planned:
            if apart(planned.due, lane.ahead):
                yield Stretch(key, PLANNED, planned.due, planned.end)
        for one in lane.ahead:
            yield Stretch(key, PLANNED, one.first, one.last, often=one.often, many=one.many)
        if not (lane.bars or lane.planned) and (due := lane.line.next_due):
            yield Stretch(key, PLANNED, due, due)


@dataclass(frozen=True)
class Mark:
    """One bar as it is drawn: `x` and `width` in per cent."""

    x: float
    width: float
    kind: str
    sign: str
    label: str
    href: str
    begin: datetime
    many: int = 1
    often: str = ""
    #: Whether the next one begins so close behind it that nothing can be written between them.
    crowded: bool = False

    @property
    def words(self) -> str:
        """What is written into it: all that there is to say, as much as there is room for, or nothing."""
        times = self.often or (f"\N{MULTIPLICATION SIGN} {self.many}" if self.many > 1 else "")
        said = (f"{self.sign} {self.kind} {times}", f"{self.kind} {times}", f"{self.sign} {times}", self.sign)
        found = (" ".join(one.split()) for one in said)
        return next((one for one in found if one and len(one) * _LETTER + _MARGIN <= self.width), "")


@dataclass(frozen=True)
class Line:
    """One job's row, its bars from left to right."""

    key: Key
    marks: Sequence[Mark]

    @property
    def id(self) -> str:
        """Partition and name as people write them."""
        return "/".join(self.key)


@dataclass(frozen=True)
class Chart:
    """The rows of a page by group (PartitionKey); `merged`: some bars stand for several runs."""

    groups: Mapping[str, Sequence[Line]] = field(default_factory=dict)
    merged: bool = False


def chart(runs: Iterable[Stretch], day: Day, now: datetime) -> Chart:
    """Lay the runs of a day out, as coarse as it must be."""
    by_job: defaultdict[Key, list[Stretch]] = defaultdict(list)
    for one in runs:
        by_job[one.key].append(one)
    for close in CLOSE:
        lines = [Line(key, _apart(_marks(sorted(them, key=_order), day, now, close))) for key, them in by_job.items()]
        if sum(len(line.marks) for line in lines) <= MOST_BARS:
            break
    lines.sort(key=lambda line: (line.key[0].lower(), line.key[1].lower(), line.key))
    groups = {name: list(them) for name, them in groupby(lines, key=lambda line: line.key[0])}
    return Chart(groups, any(mark.many > 1 and not mark.often for line in lines for mark in line.marks))


def _apart(marks: Iterable[Mark]) -> list[Mark]:
    """Say of each mark whether the next one leaves room behind it."""
    found = list(marks)
    ends = [*(mark.x for mark in found[1:]), 100 + _SIGN]
    return [replace(mark, crowded=begin - mark.x - mark.width < _SIGN) for mark, begin in zip(found, ends, strict=True)]


def _order(one: Stretch) -> tuple[datetime, int]:
    return one.begin, one.attempt


def _marks(runs: Sequence[Stretch], day: Day, now: datetime, close: float) -> Iterator[Mark]:
    """Draw one job's runs, joining neighbours of one outcome that lie closer than `close`."""
    held, reach = list[Stretch](), 0.0
    for one in runs:
        x = day.x(one.begin)
        if held and not (one.state == held[-1].state and one.often == held[-1].often and x - reach < close):
            yield _mark(held, reach, day, now)
            held, reach = [], 0.0
        held.append(one)
        reach = max(reach, day.x(_end(one, now)), x + LEAST)
    if held:
        yield _mark(held, reach, day, now)


def _end(one: Stretch, now: datetime) -> datetime:
    return one.end or max(now, one.begin)


def _mark(held: Sequence[Stretch], reach: float, day: Day, now: datetime) -> Mark:
    first = held[0]
    x = day.x(first.begin)
    width = min(max(reach - x, LEAST), max(100 - x, LEAST))
    many = sum(one.many for one in held)
    href = first.href if many == 1 else job_path(first.key)
    return Mark(
        min(x, 100 - LEAST), width, first.state.lower(), SIGNS.get(first.state, ""), _label(held, day, now),
        href, first.begin, many, first.often,
    )  # fmt: skip


def _label(held: Sequence[Stretch], day: Day, now: datetime) -> str:
    first, last = held[0], held[-1]
    said = f"{'/'.join(first.key)}: {first.state.lower()}"
    if first.often:
        return f"{said} {first.often}, from {day.clock(first.begin)} to {day.clock(last.end or last.begin)}"
    if len(held) > 1:
        return f"{said}, {len(held)} runs from {day.clock(first.begin)} to {day.clock(_end(last, now))}"
    if first.state == PLANNED:
        return f"{said} for {day.clock(first.begin)}"
    until = f" to {day.clock(first.end)}" if first.end else ", still going"
    attempt = f", attempt {first.attempt}" if first.attempt > 1 else ""
    return f"{said}, {day.clock(first.begin)}{until}{attempt}"
