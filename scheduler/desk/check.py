"""What the scheduler would think of a row: its faults by column, its next due times; nothing is saved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from scheduler import chain, edit
from scheduler.columns import filled
from scheduler.desk import faults as desk
from scheduler.desk.typed import cleaned, refusals
from scheduler.job import OWNED, Faulty, Job
from scheduler.ports import World
from scheduler.row import Key, Row, Value
from scheduler.schedule import Refused, Schedule
from scheduler.spec import refused
from scheduler.standing import Standing
from scheduler.template import inherit, is_template

#: How many due times are shown, and the most that may be asked for.
SHOWN, MOST = 5, 100
#: The most upstreams of upstreams that are read to find a circle.
DEEPEST = 200

#: What a fault may begin with.
_NAMED = frozenset((*OWNED, "PartitionKey", "RowKey"))

type Cells = Mapping[str, Value | None]


@dataclass(frozen=True)
class Checked:
    """What is wrong with a row, when it would be due, and what it would say."""

    faults: Mapping[str, Sequence[str]] = field(default_factory=dict)
    next_dues: Sequence[datetime] = ()
    #: What the row would tell its reader: what comes next, or all that is wrong.
    sentence: str = ""

    @property
    def good(self) -> bool:
        """Say whether the row would be a job."""
        return not self.faults


def check(world: World, key: Key, cells: Cells, now: datetime, count: int = SHOWN) -> Checked:
    """Check cells, typed over the row of that key where there is one; a None empties its cell."""
    there = world.jobs.read(key) or Row(*key)
    unfit = refusals(cells, there)
    if "" in unfit:
        return Checked(unfit, sentence=unfit[""][0])
    typed = cleaned({name: value for name, value in cells.items() if name not in unfit}, there)
    found = checked(world, laid(there, typed), now, count)
    if not unfit:
        return found
    # What is missing of a row may be what could not be taken.
    faults = unfit | {name: told for name, told in found.faults.items() if name in typed}
    return Checked(faults, found.next_dues, " ".join(one for told in faults.values() for one in told))


def sound(world: World, cells: Cells, row: Row) -> dict[str, Value]:
    """Give the cells as they may be written over a row; Faulty tells of those that cannot be, and of other faults."""
    unfit = refusals(cells, row)
    if not unfit:
        return cleaned(cells, row)
    others = {} if "" in unfit else {name: value for name, value in cells.items() if name not in unfit}
    wrong = {} if is_template(row.key) else by_column(read(world, laid(row, others))[1])
    raise desk.Faulty({name: told for name, told in wrong.items() if name in others} | unfit)


def alone(cells: Cells) -> dict[str, list[str]]:
    """Say what is wrong with cells, whatever row they may come to stand in; what is missing of it is no fault here."""
    unfit = refusals(cells)
    fit = {name: value for name, value in cells.items() if filled(value or "") and name not in unfit}
    job = Job.from_row(laid(Row("", ""), {} if "" in unfit else fit))
    wrong = by_column(job.faults) if isinstance(job, Faulty) else {}
    return {name: told for name, told in wrong.items() if name in fit} | unfit


def laid(row: Row, cells: Cells) -> Row:
    """Lay cells over a row."""
    return replace(row, columns={**row.columns, **{name: "" if v is None else v for name, v in cells.items()}})


def checked(world: World, row: Row, now: datetime, count: int = SHOWN) -> Checked:
    """Check a row as it stands; a template is never wrong by itself."""
    if is_template(row.key):
        return Checked(sentence="A template never runs; what it holds is checked in the rows that name it.")
    job, faults = read(world, row)
    if not isinstance(job, Job) or faults:
        schedule = job.schedule
        return Checked(by_column(faults), dues(schedule, now, count) if schedule else (), " ".join(faults))
    enabled = dues(job.schedule, now, count) if job.enabled else ()
    standing = replace(Standing.from_row(row), next_due=enabled[0] if enabled else None)
    return Checked({}, dues(job.schedule, now, count), edit.following(job, standing))


def read(world: World, row: Row) -> tuple[Job | Faulty, tuple[str, ...]]:
    """Read a row as a tick would, with what it inherits, the settings' allow-lists and its upstreams."""
    inherited = inherit(row, world.jobs.read)
    job = Job.from_row(inherited.row)
    wrong = inherited.faults or (refused(job, world.settings) if isinstance(job, Job) else ())
    if isinstance(job, Faulty):
        wrong = (*job.faults, *wrong, *_forbidden(inherited.row, job.faults, world))
    return job, inherited.name((*wrong, *_chained(world, job)))


def _forbidden(row: Row, faults: Sequence[str], world: World) -> tuple[str, ...]:
    """Hold what is right of a row that is wrong against the allow-lists: all that is wrong is to be told at once."""
    columns = {name: value for name, value in row.columns.items() if name not in by_column(faults)}
    job = Job.from_row(replace(row, columns=columns))
    # What else the settings make impossible may rest on a cell that is left out here.
    return tuple(one for one in refused(job, world.settings) if "ALLOWED_" in one) if isinstance(job, Job) else ()


def dues(schedule: Schedule, now: datetime, count: int = SHOWN) -> tuple[datetime, ...]:
    """Give the next due times of a schedule."""
    found: list[datetime] = []
    due = schedule.after(now)
    while due and len(found) < count:
        found.append(due)
        due = schedule.after(due)
    return tuple(found)


def upcoming(text: str, zone: str, now: datetime, count: int = SHOWN) -> tuple[datetime, ...]:
    """Give the next due times of a schedule that somebody types; `Wrong` tells why it is none."""
    if not 1 <= count <= MOST:
        raise desk.Wrong(f"count is {count}: it must be a whole number from 1 to {MOST}.", "count")
    try:
        return dues(Schedule.parse(text, zone or "UTC"), now, count)
    except Refused as wrong:
        sentence = str(wrong)
        raise desk.Wrong(sentence, "zone" if sentence.startswith("TimeZone") else "schedule") from wrong


def by_column(faults: Sequence[str]) -> dict[str, list[str]]:
    """Sort sentences by the column that each begins with; '' holds those of no column."""
    sorted_: dict[str, list[str]] = {}
    for fault in faults:
        first = fault.partition(" ")[0].rstrip(":")
        sorted_.setdefault(first if first in _NAMED else "", []).append(fault)
    return sorted_


def _chained(world: World, job: Job | Faulty) -> tuple[str, ...]:
    """Say what is wrong with the jobs that it runs after: missing ones, itself, a circle."""
    upstreams = chain.names(job.schedule, job.key) if job.schedule else ()
    if not upstreams:
        return ()
    graph, known, left = {job.key: upstreams}, {job.key}, list(upstreams)
    while left and len(graph) < DEEPEST:
        key = left.pop()
        if key in graph:
            continue
        row = world.jobs.read(key)
        graph[key] = _upstreams(world, row) if row else ()
        known |= {key} if row else set()
        left += graph[key]
    return chain.faults(job.key, graph, known)


def _upstreams(world: World, row: Row) -> tuple[Key, ...]:
    whole = inherit(row, world.jobs.read).row
    job = Job.from_row(whole)
    schedule = job.schedule
    return chain.names(schedule, row.key) if schedule and filled(whole.columns.get("Schedule")) else ()
