"""The scheduler's own columns of a job row: what was last decided, and what the row tells its reader.

Reading never fails: a cell that a person or an import damaged reads as unset, and `damaged` says so.
Writing gives only the cells whose value changes, so that a row at rest keeps its ETag and can be edited.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from scheduler import cell
from scheduler.entry import read_entries, write_entries
from scheduler.row import NEVER, UNSET, Columns, Key, Row, Value, iso, known
from scheduler.run import Run
from scheduler.view import instant

#: Longest Reason: a cell holds 32K characters, a reader far less.
LONGEST_REASON = 2_000


class Status(StrEnum):
    """What a job row says of itself; after a run it is that run's end."""

    SCHEDULED = "Scheduled"
    WAITING = "Waiting"
    STARTING = "Starting"
    RUNNING = "Running"
    CANCELLING = "Cancelling"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    LOST = "Lost"
    PAUSED = "Paused"
    INVALID = "Invalid"


@dataclass(frozen=True)
class Standing:
    """A job row's scheduler columns, with Watermark and Request, which it shares with people."""

    key: Key
    status: str = ""
    reason: str = ""
    next_run: datetime | None = None
    next_due: datetime | None = None
    digest: str = ""
    last_due: datetime | None = None
    last_success_due: datetime | None = None
    last_started: datetime | None = None
    last_finished: datetime | None = None
    last_success: datetime | None = None
    #: Where the data interval of the run of LastSuccessDue begins, for the jobs that run after this one.
    last_success_start: datetime | None = None
    last_duration: float = 0.0
    last_exit_code: int = -1
    failures: int = 0
    runs: tuple[Run, ...] = ()
    #: What a chained job last saw of its upstreams; `scheduler.chain` reads it.
    upstreams: str = ""
    #: The backfill that goes on; `scheduler.backfill` reads it.
    backfill: str = ""
    #: The last closed runs; `scheduler.recent` reads them.
    recent: str = ""
    #: What stands wrong with the job, and since when; `scheduler.alerts.alarms` reads it.
    alarms: str = ""
    watermark: str = ""
    request: str = ""
    damaged: bool = False
    #: NextDue cannot be read, or be meant, as opposed to saying that nothing is due any more.
    undated: bool = False
    #: When the scheduler last wrote the row, by its own clock; it stands behind the digest.
    written: datetime | None = None
    #: Something that the row's reader must hear once, before what comes next.
    note: str = ""

    @classmethod
    def from_row(cls, row: Row) -> Self:
        """Read the row; `damaged` when ActiveRuns cannot be read, `undated` when NextDue cannot."""
        cells = row.columns
        digest, written = _digest(_text(cells, "ScheduleDigest"))
        runs = read_entries(row.key, cells.get("ActiveRuns"))
        return cls(
            key=row.key,
            status=status if (status := _text(cells, "Status")) in _STATUSES else "",
            reason=_text(cells, "Reason"),
            next_run=known(cells.get("NextRun")),
            next_due=known(cells.get("NextDue")),
            digest=digest,
            written=written,
            last_due=known(cells.get("LastDue")),
            last_success_due=known(cells.get("LastSuccessDue")),
            last_started=known(cells.get("LastStarted")),
            last_finished=known(cells.get("LastFinished")),
            last_success=known(cells.get("LastSuccess")),
            last_success_start=known(cells.get("LastSuccessStart")),
            last_duration=_number(cells, "LastDuration", 0),
            last_exit_code=int(_number(cells, "LastExitCode", -1)),
            failures=int(_number(cells, "Failures", 0)),
            runs=runs or (),
            upstreams=_text(cells, "Upstreams"),
            backfill=_text(cells, "Backfill"),
            recent=_text(cells, "Recent"),
            alarms=_text(cells, "Alarms"),
            watermark=_text(cells, "Watermark"),
            request=_text(cells, "Request"),
            damaged=runs is None,
            undated=not isinstance(cells.get("NextDue"), datetime),
        )

    @property
    def blocking(self) -> tuple[Run, ...]:
        """The runs that count for Overlap."""
        return tuple(run for run in self.runs if run.blocking)

    @property
    def going(self) -> tuple[Run, ...]:
        """The runs that are open."""
        return tuple(run for run in self.runs if run.going)

    def columns(self) -> Columns:
        """Write every scheduler column, each with its sentinel when there is nothing to say."""
        return {
            "Status": self.status,
            "Reason": self.reason if len(self.reason) <= LONGEST_REASON else f"{self.reason[: LONGEST_REASON - 1]}…",
            "NextRun": self.next_run or NEVER,
            "NextDue": self.next_due or NEVER,
            "NextAttempt": min((run.attempt for run in self.runs if run.waiting), default=1),
            "ScheduleDigest": f"{self.digest}@{iso(self.written)}" if self.written else self.digest,
            "LastDue": self.last_due or UNSET,
            "LastSuccessDue": self.last_success_due or UNSET,
            "LastStarted": self.last_started or UNSET,
            "LastFinished": self.last_finished or UNSET,
            "LastSuccess": self.last_success or UNSET,
            "LastSuccessStart": self.last_success_start or UNSET,
            "LastDuration": self.last_duration,
            "LastExitCode": self.last_exit_code,
            "Failures": self.failures,
            "Active": bool(self.runs),
            "ActiveRuns": write_entries(self.runs),
            "Upstreams": self.upstreams,
            "Backfill": self.backfill,
            "Recent": self.recent,
            "Alarms": self.alarms,
        }

    def changes(self, row: Row) -> dict[str, Value]:
        """Give the cells of `row` that this standing would change; a cell of the wrong type is a change.

        The time of writing alone is none: a row at rest would be written each minute.
        """
        cells = row.columns
        changed = {
            name: value
            for name, value in self.columns().items()
            if (said := cells.get(name)) is not value and not _same(said, value)
        }
        shared = {"Watermark": self.watermark, "Request": self.request}
        changed |= {name: text for name, text in shared.items() if text != _text(cells, name)}
        alone = set(changed) == {"ScheduleDigest"} and _digest(_text(cells, "ScheduleDigest"))[0] == self.digest
        return {} if alone else changed


_STATUSES = frozenset(Status)
#: The columns that only the scheduler writes.
COLUMNS = tuple(Standing(("", "")).columns())


def _same(before: Value | None, after: Value) -> bool:
    if type(before) is type(after):
        return before == after
    if isinstance(after, bool) or isinstance(before, bool):
        return before is after
    number = isinstance(after, int | float) and isinstance(before, int | float)
    return before == after and (number or isinstance(before, datetime) == isinstance(after, datetime))


def _digest(said: str) -> tuple[str, datetime | None]:
    digest, _, written = said.partition("@")
    return digest, instant(written)


def _text(cells: Columns, name: str) -> str:
    value = cells.get(name, "")
    return "" if isinstance(value, bytes) else cell.text(name, value)


def _number(cells: Columns, name: str, otherwise: float) -> float:
    try:
        return cell.number(name, cells.get(name, otherwise), -1e15, 1e15)
    except cell.Fault:
        return otherwise
