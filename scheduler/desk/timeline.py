"""A day as a Gantt chart: what ran, what is going, what is planned, and how many container groups that makes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduler.desk import jobs
from scheduler.desk.ahead import Ahead, apart
from scheduler.desk.faults import Wrong
from scheduler.desk.jobs import JobLine
from scheduler.desk.names import read_zone
from scheduler.desk.planned import MOST_IN_ALL, MOST_PLANNED, Plan
from scheduler.desk.runline import of_row
from scheduler.identity import countdown, run_prefix, run_ref
from scheduler.ports import World
from scheduler.recent import MOST as MOST_RECENT
from scheduler.recent import Past
from scheduler.row import Row
from scheduler.run import ENDS, Run
from scheduler.wall import midnight

#: The most bars of one job, and for how many jobs the Runs table is asked.
MOST_BARS = MOST_ASKED = 100
#: ACI's own bound of container groups in one region.
ACI_GROUPS = 100
#: A run that was due so long before the day may reach into it.
REACH = timedelta(hours=12)
#: How long a run is taken to last that nothing is known of.
UNKNOWN_LASTS = 60.0
#: How fine the count of groups is.
STRETCH = timedelta(minutes=5)
_FIRST, _LAST = date(1970, 1, 1), date(9998, 12, 30)
_CELLS = ("State", "Due", "Attempt", "Started", "Finished", "Claimed", "Duration", "Cpu")


@dataclass(frozen=True)
class Bar:
    """A run on the line of its job; of one that is going `end` is now."""

    due: datetime
    attempt: int
    state: str
    begin: datetime
    end: datetime
    going: bool = False

    @property
    def ref(self) -> str:
        """The run's name within its job."""
        return run_ref(self.due, self.attempt)


@dataclass(frozen=True)
class Planned:
    """A due time to come, and when its run would end if it took as long as most do."""

    due: datetime
    end: datetime


@dataclass(frozen=True)
class Lane:
    """One job's day. `notes` say what is left out, as sentences.

    `ahead` are the stretches of the day to come in which it is due often, those among `planned` included.
    """

    line: JobLine
    bars: tuple[Bar, ...] = ()
    planned: tuple[Planned, ...] = ()
    notes: tuple[str, ...] = ()
    ahead: tuple[Ahead, ...] = ()

    @property
    def due(self) -> int:
        """How many due times are to come that day, as far as they were looked at."""
        return sum(apart(one.due, self.ahead) for one in self.planned) + sum(one.many for one in self.ahead)


@dataclass(frozen=True)
class Level:
    """In the `STRETCH` from this instant on there are so many container groups; `planned`: that is a guess."""

    at: datetime
    groups: int
    planned: bool = False


@dataclass(frozen=True)
class Day:
    """A day of all jobs, or of one group's."""

    date: date
    zone: str
    begin: datetime
    end: datetime
    now: datetime
    lanes: tuple[Lane, ...]
    levels: tuple[Level, ...]
    #: MAX_ACTIVE_RUNS, and ACI's own bound of a region.
    most: int
    aci: int = ACI_GROUPS
    notes: tuple[str, ...] = ()

    @property
    def peak(self) -> int:
        """The most groups at one time."""
        return max((level.groups for level in self.levels), default=0)


def day(world: World, now: datetime, asked: date, zone: str, group: str = "") -> Day:
    """Read a day of every job, or of those of one group; raises `Wrong`.

    One query of Jobs; where the runs that a job's row holds do not reach back to the day's beginning, one query of
    Runs for it, in parallel, and for no more than `MOST_ASKED` jobs.
    """
    begin, end, named = bounds(asked, zone)
    lines = [line for line in jobs.lines(world) if group in ("", line.group)]
    past = begin < now
    short = [line for line in lines if past and _short(line, begin)]
    rows = dict(
        zip((line.key for line in short[:MOST_ASKED]), _asked(world, short[:MOST_ASKED], begin, end), strict=True)
    )
    unasked = {line.key for line in short[MOST_ASKED:]}
    plan = Plan(begin, end, now, MOST_IN_ALL)
    lanes = [_lane(line, plan, rows.get(line.key), unasked=line.key in unasked) for line in lines]
    notes = [f"Of {len(unasked)} jobs only the last {MOST_RECENT} runs are shown: choose one group."] if unasked else []
    if plan.left <= 0:
        notes.append(f"Only {MOST_IN_ALL:,} due times to come are shown: choose one group.")
    levels = tuple(_levels(lanes, begin, end, now))
    return Day(asked, named, begin, end, now, tuple(lanes), levels, world.settings.max_active_runs, notes=tuple(notes))


def bounds(asked: date, zone: str) -> tuple[datetime, datetime, str]:
    """Give a day's first instant, the next day's, and the zone as IANA names it; raises `Wrong`."""
    place = read_zone(zone)
    if not _FIRST <= asked <= _LAST:
        raise Wrong(f"day is {asked.isoformat()}: it must be a day of the years {_FIRST.year} to {_LAST.year}.", "day")
    begin, end = (midnight(one, place) for one in (asked, asked + timedelta(days=1)))
    return begin, end, place.key


def _short(line: JobLine, begin: datetime) -> bool:
    """Say whether a job's row may not hold all of its runs since `begin`: rows of before it held any are such, too."""
    if len(line.pasts) < MOST_RECENT:
        return not line.pasts and line.last_finished is not None and line.last_finished >= begin
    return min(one.started or one.due for one in line.pasts) > begin


def _asked(world: World, lines: Sequence[JobLine], begin: datetime, end: datetime) -> list[Sequence[Row]]:
    """Read the runs of a day of several jobs, in parallel; a run's attempt tells it from a skip."""

    def read(line: JobLine) -> Sequence[Row]:
        prefix = run_prefix(line.key[1])
        first, last = f"{prefix}{countdown(end)}", f"{prefix}{countdown(begin - REACH)}~"
        where = [("PartitionKey", "eq", line.key[0]), ("RowKey", "ge", first), ("RowKey", "le", last)]
        return world.runs.query([[*where, ("Attempt", "ge", 1)]], _CELLS, limit=MOST_BARS + 1).rows

    return list(world.pool.map(read, lines))


def _lane(line: JobLine, plan: Plan, rows: Sequence[Row] | None, *, unasked: bool) -> Lane:
    bars = {(bar.due, bar.attempt): bar for bar in map(_of_past, line.pasts) if bar.end >= plan.begin}
    bars |= {(bar.due, bar.attempt): bar for bar in (_of_row(row) for row in rows or ()) if bar}
    bars |= {(bar.due, bar.attempt): bar for one in line.runs if (bar := _of_run(one, plan.now))}
    shown = sorted((bar for bar in bars.values() if bar.begin < plan.end and bar.end >= plan.begin), key=_begins)
    dues = plan.dues(line)
    lasts = timedelta(seconds=UNKNOWN_LASTS if line.figures.median is None else line.figures.median)
    planned = tuple(Planned(due, due + lasts) for due in dues[:MOST_PLANNED])
    notes = []
    if len(shown) > MOST_BARS or (rows and len(rows) > MOST_BARS):
        notes.append(f"Only the newest {MOST_BARS} of its runs are shown.")
    if unasked:
        notes.append(f"Only its last {MOST_RECENT} runs are shown.")
    ahead = plan.ahead(line, dues)
    if (most := _told(dues, ahead)) < len(dues) or (dues and line.schedule in plan.cut):
        notes.append(f"Only the next {most:,} of its due times are shown.")
    return Lane(line, tuple(shown[-MOST_BARS:]), planned, tuple(notes), ahead)


def _told(dues: Sequence[datetime], ahead: Sequence[Ahead]) -> int:
    """Count the due times that are planned one by one, or lie in a stretch."""
    return len(dues) - sum(apart(due, ahead) for due in dues[MOST_PLANNED:])


def _begins(bar: Bar) -> tuple[datetime, int]:
    return bar.begin, bar.attempt


def _of_past(past: Past) -> Bar:
    begin = past.started or past.due
    end = begin + timedelta(seconds=past.seconds)
    return Bar(past.due, past.attempt, past.state, begin, end)


def _of_row(row: Row) -> Bar | None:
    """Make a bar of a closed run; one that is open stands in its job's row."""
    line = of_row(row)
    if line.state not in set(ENDS):
        return None
    begin = line.started or line.claimed or line.due
    return Bar(line.due, line.attempt, line.state, begin, begin + timedelta(seconds=line.seconds or 0.0))


def _of_run(run: Run, now: datetime) -> Bar | None:
    if run.waiting:
        return None
    begin = min(run.claimed, now)
    state = "Cancelling" if run.cancel else str(run.state)
    return Bar(run.due, run.attempt, state, begin, now, going=True)


def _planned(lane: Lane, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Give the stays of what is planned; of a stretch as many beside each other as its runs last longer than its gaps.

    At least one: within the few minutes of a `Level` it is there once.
    """
    lasts = lane.planned[0].end - lane.planned[0].due if lane.planned else timedelta(0)
    for one in lane.planned:
        if apart(one.due, lane.ahead):
            yield max(one.due, now), max(one.due, now) + lasts
    for stretch in lane.ahead:
        gap = (stretch.last - stretch.first) / (stretch.many - 1)
        yield from [(stretch.first, stretch.last + lasts)] * min(-(-lasts // gap) or 1, ACI_GROUPS)


def _levels(lanes: Sequence[Lane], begin: datetime, end: datetime, now: datetime) -> list[Level]:
    """Count the groups in every stretch of the day, at its fullest; runs of existing groups create none."""
    made = [lane for lane in lanes if not lane.line.container_group]
    stays = [(bar.begin, bar.end) for lane in made for bar in lane.bars]
    stays += [stay for lane in made for stay in _planned(lane, now)]
    changes = sorted(
        [(first, 1) for first, last in stays if first < last] + [(last, -1) for first, last in stays if first < last]
    )
    levels, groups, at = [], 0, 0
    for number in range(-(-(end - begin) // STRETCH)):
        first = begin + number * STRETCH
        most = groups
        while at < len(changes) and changes[at][0] < first + STRETCH:
            groups += changes[at][1]
            most = groups if changes[at][0] <= first else max(most, groups)
            at += 1
        levels.append(Level(first, most, first >= now))
    return levels
