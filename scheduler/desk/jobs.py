"""Jobs as people read them: a line for each, all of them in one query."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property, lru_cache

from scheduler import cell
from scheduler.alerts.alarms import read as read_alarms
from scheduler.cell import Faults
from scheduler.columns import filled, when
from scheduler.desk import since, warned
from scheduler.desk.cells import Cell, code, moment, number, text, whole
from scheduler.desk.faults import Missing
from scheduler.desk.names import job_name
from scheduler.history import Figures
from scheduler.identity import span
from scheduler.ledger import as_time
from scheduler.ports import World
from scheduler.recent import Past
from scheduler.recent import read as read_recent
from scheduler.row import OWN_PREFIX, Columns, Key, Row, Value, known
from scheduler.run import Run
from scheduler.schedule import Schedule
from scheduler.standing import Standing, Status
from scheduler.template import inherit, is_template
from scheduler.trend import Trend

#: What a list of jobs is made of: not the cells that hold much, and no list shows.
SELECT = (
    *("Schedule", "TimeZone", "StartAt", "EndAt", "Enabled", "PausedReason", "Template", "Owner", "Description"),
    *("Image", "ContainerGroup", "Overlap", "Watermark", "Request", "FreshFor"),
    *("Status", "Reason", "NextRun", "NextDue", "LastDue", "LastStarted", "LastFinished", "LastSuccess"),
    *("LastSuccessDue", "LastDuration", "LastExitCode", "Failures"),
    *("Active", "ActiveRuns", "Backfill", "Recent", "Alarms"),
)


_STATUSES = frozenset(Status)
#: What finds the jobs that fail, whatever their status is by now; see `JobLine.failing`.
FAILING = "failing"
#: What finds the jobs whose data is older than FreshFor allows; see `JobLine.stale`.
STALE = "stale"
#: What finds the jobs that get slower; see `JobLine.trend`.
SLOWER = "slower"


@dataclass(frozen=True)
class JobLine:
    """One job. `row` is what was read of it (in a list cut to `SELECT`), `cells` the same with its templates' cells."""

    row: Row
    cells: Columns = field(repr=False)
    #: The row that an inherited cell comes from.
    origins: Mapping[str, Key] = field(default_factory=dict)
    #: Why it could not inherit.
    faults: tuple[str, ...] = ()

    #: Why its status is what it was, in a sentence of the last tick's.
    told = Cell("Reason", text)
    #: What the person who paused it wrote.
    paused_reason = Cell("PausedReason", text)
    #: Schedule, as it was typed.
    schedule_text = Cell("Schedule", text)
    owner = Cell("Owner", text)
    description = Cell("Description", text)
    #: '' where it starts an existing group, `container_group`.
    image = Cell("Image", text)
    container_group = Cell("ContainerGroup", text)
    #: The due time that was last decided; when the last run that ended began and ended; when one last succeeded.
    last_due = Cell("LastDue", moment)
    last_started = Cell("LastStarted", moment)
    last_finished = Cell("LastFinished", moment)
    last_success = Cell("LastSuccess", moment)
    #: What its last run ended with.
    last_exit_code = Cell("LastExitCode", code)
    #: How many due times failed in a row.
    failures = Cell("Failures", whole)
    #: A request that no tick has obeyed yet.
    request = Cell("Request", text)
    #: How far the data has been processed.
    watermark = Cell("Watermark", text)

    @property
    def key(self) -> Key:
        """PartitionKey and RowKey."""
        return self.row.key

    @property
    def name(self) -> str:
        """The job's name, as people write it."""
        return job_name(self.row.key)

    @property
    def group(self) -> str:
        """The team or pipeline: the PartitionKey."""
        return self.row.partition

    @property
    def template(self) -> bool:
        """Whether it is there only for others to inherit from; lists leave it out."""
        return is_template(self.row.key)

    @property
    def said(self) -> str:
        """What the last tick said of it, one of `Status`; '' before a tick has seen it."""
        said = text(self.row.columns.get("Status"))
        return said if said in _STATUSES else ""

    @cached_property
    def status(self) -> str:
        """What it is now: what the last tick said, unless it was paused or resumed since."""
        return since.status(self.said, paused=self.paused, busy=self.paused and self.busy)

    @cached_property
    def reason(self) -> str:
        """Why, in a sentence, with what was asked for since the last tick."""
        paused = self.paused_reason if self.paused else None
        busy = self.paused and self.busy
        return since.reason(self.told, self.said, paused=paused, busy=busy, request=self.request)

    @property
    def busy(self) -> bool:
        """Whether a run of it is going; an attempt that waits is none."""
        return any(not run.waiting for run in self.runs)

    @property
    def unread(self) -> bool:
        """Whether the container of a run that is going has ended, and its log is awaited; `reason` tells."""
        return any(run.unread is not None for run in self.runs)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What stands wrong with it beside its status, a sentence each: stale data, a run that takes very long."""
        return tuple(warned.sentence(name, at) for name, at in self.alarms.items() if name != "invalid")

    @property
    def invalid(self) -> bool:
        """Whether the last tick found it wrong; `reason` names every fault."""
        return self.status == Status.INVALID

    @property
    def failed(self) -> bool:
        """Whether its status is a failure."""
        return self.status in (Status.FAILED, Status.LOST)

    @property
    def failing(self) -> bool:
        """Whether its last due time failed, though it may be scheduled or running again by now; not while Invalid.

        So it is while another attempt is to come, too.
        """
        return self.failed or ((self.failures > 0 or self.failed_attempts > 0) and not self.invalid)

    @property
    def failed_attempts(self) -> int:
        """How many attempts failed of a due time that is tried again; 0 where none is."""
        return max((run.attempt - 1 for run in self.runs), default=0)

    @cached_property
    def enabled(self) -> bool:
        """Whether Enabled says so; a cell that says neither counts as true."""
        return Faults().take(lambda: cell.flag("Enabled", self._given("Enabled", "true")), otherwise=True)

    @property
    def paused(self) -> bool:
        """Whether Enabled is false; `paused_reason` may say why."""
        return not self.enabled

    @cached_property
    def zone(self) -> str:
        """TimeZone; UTC where it is none."""
        return when.zone({"TimeZone": self._given("TimeZone", "UTC")})

    @cached_property
    def schedule(self) -> Schedule | None:
        """When it is due; None when that cannot be read."""
        faults = Faults()
        cells = {name: value for name, value in self.cells.items() if filled(value)}
        read: Schedule = when.read(cells, faults)["schedule"]
        return None if faults else read

    @property
    def next_due(self) -> datetime | None:
        """The next due time; None when there is none, or while it is paused."""
        return known(self.row.columns.get("NextDue")) if self.enabled else None

    @property
    def last_seconds(self) -> float:
        """How long its last run took."""
        return number(self.row.columns.get("LastDuration")) or 0.0

    @cached_property
    def watermark_at(self) -> datetime | None:
        """The instant that the watermark reads as; None when it is no date."""
        return as_time(self.watermark)

    def watermark_age(self, now: datetime) -> timedelta | None:
        """How old the data is; None when the watermark is no date."""
        return now - self.watermark_at if self.watermark_at else None

    @cached_property
    def pasts(self) -> tuple[Past, ...]:
        """Its last 30 closed runs, the newest last."""
        return _pasts(text(self.row.columns.get("Recent")))

    @cached_property
    def figures(self) -> Figures:
        """What these come to."""
        return Figures.of(self.pasts)

    @property
    def trend(self) -> Trend:
        """Whether it gets slower, as its last 30 closed runs tell."""
        return _trend(text(self.row.columns.get("Recent")))

    @cached_property
    def alarms(self) -> Mapping[str, datetime]:
        """What stands wrong with it, and since when, by the names of `scheduler.alerts.alarms`."""
        return read_alarms(text(self.row.columns.get("Alarms")))

    @property
    def stale(self) -> datetime | None:
        """Since when its data is older than FreshFor allows; None while it is not, as far as a tick has seen."""
        return self.alarms.get(STALE)

    @cached_property
    def standing(self) -> Standing:
        """Every cell of the scheduler's, read."""
        return Standing.from_row(self.row)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Its open runs, and the attempts that wait."""
        return self.standing.going if self.row.columns.get("Active") is True else ()

    def _given(self, column: str, otherwise: str) -> Value:
        value = self.cells.get(column)
        return value if value is not None and filled(value) else otherwise


@lru_cache(maxsize=2_048)
def _pasts(written: str) -> tuple[Past, ...]:
    """Read a cell once: a page of many jobs is asked for again and again, and few of them have run meanwhile."""
    return read_recent(written)


@lru_cache(maxsize=2_048)
def _trend(written: str) -> Trend:
    """Judge a cell once, likewise."""
    return Trend.of_recent(_pasts(written))


def lines(world: World) -> list[JobLine]:
    """Read every job, in one query; templates and Crontable's own rows are left out."""
    return of_rows({row.key: row for row in world.jobs.query((), SELECT).rows})


def every(world: World, group: str = "") -> list[JobLine]:
    """Read every job with all of its cells; `group`: only those of this PartitionKey."""
    rows = {row.key: row for row in world.jobs.query([[("PartitionKey", "eq", group)]] if group else ()).rows}
    read = cache(world.jobs.read)
    return [_line(row, rows, read) for row in rows.values() if _is_job(row)]


def of_rows(rows: Mapping[Key, Row]) -> list[JobLine]:
    """Make lines of rows that were read together, templates among them."""
    return [_line(row, rows) for row in rows.values() if _is_job(row)]


def _is_job(row: Row) -> bool:
    return not row.partition.startswith(OWN_PREFIX) and not is_template(row.key)


def one(world: World, key: Key) -> JobLine:
    """Read one job (or template) whole, and what it inherits from; raises `Missing`."""
    row = None if key[0].startswith(OWN_PREFIX) else world.jobs.read(key)
    if row is None:
        raise Missing(f"There is no job {job_name(key)}{' any more; its runs are kept' if kept(world, key) else ''}.")
    inherited = inherit(row, world.jobs.read)
    return JobLine(row, inherited.row.columns, dict(inherited.origins), inherited.faults)


def kept(world: World, key: Key) -> bool:
    """Say whether Runs holds anything of a job, be its row there or not."""
    return not key[0].startswith(OWN_PREFIX) and bool(world.runs.page([span(key)], ("State",), 1).rows)


def _line(row: Row, rows: Mapping[Key, Row], otherwise: Callable[[Key], Row | None] | None = None) -> JobLine:
    if not row.columns.get("Template"):
        return JobLine(row, row.columns)
    inherited = inherit(row, lambda key: rows.get(key) or (otherwise(key) if otherwise else None))
    return JobLine(row, inherited.row.columns, dict(inherited.origins), inherited.faults)
