"""What may go when it is older than the settings keep it, and how far a sweep has come. Pure.

A row's age is that of its last write, by the service's own clock: a closed run's row is never written again. Its due
time tells nothing: a backfill's run of yesterday may be due two years ago.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from scheduler.entry import ODD
from scheduler.identity import aware
from scheduler.row import UNSET, Key, Row, Value, iso, known
from scheduler.run import OPEN, SKIPPED, Trigger
from scheduler.stale import FORGOTTEN
from scheduler.standing import Standing

#: Once in this time everything is looked through.
EVERY = timedelta(days=1)
#: The tables, in their order.
RUNS, AUDIT = "runs", "audit"
#: Before every row.
NOWHERE: Key = ("", "")
_FOLLOWS: Mapping[str, str] = {RUNS: AUDIT, AUDIT: ""}
#: The cells of a row of Runs by which it is judged.
JUDGED = ("State", "Trigger", "Due", "RunId", "RetryAt", "Claimed")


@dataclass(frozen=True)
class Sweep:
    """How far a sweep has come: whoever ticks next goes on from here."""

    began: datetime
    #: Which table it looks through; '' = it is over.
    table: str = RUNS
    #: Where in the table its present page begins (`ports.Slice.next`), and the last row of it that was dealt with.
    after: str = ""
    done: Key = NOWHERE
    #: How many rows it removed so far.
    removed: int = 0

    @classmethod
    def read(cls, cell: Value | None) -> Self | None:
        """Read the heartbeat's cell; None where there is none, or somebody mangled it."""
        try:
            said: dict[str, Any] = json.loads(str(cell))
            first, second = said["done"]
            table = said["table"] if said["table"] in _FOLLOWS else ""
            return cls(aware(said["began"]), table, str(said["after"]), (str(first), str(second)), int(said["removed"]))
        except ODD:
            return None

    def __str__(self) -> str:
        """Write the cell."""
        return json.dumps({**vars(self), "began": iso(self.began)})

    @property
    def following(self) -> str:
        """Name the table that comes next; '' after the last."""
        return _FOLLOWS[self.table]

    def current(self, now: datetime) -> bool:
        """Say whether it is the sweep of this day."""
        return now - self.began < EVERY


def next_look(cell: Value | None) -> datetime | None:
    """Say when there is something to do again, by what the heartbeat says; None = at once."""
    sweep = Sweep.read(cell)
    return sweep.began + EVERY if sweep and not sweep.table else None


def rests(until: datetime | None, now: datetime) -> bool:
    """Say whether nothing is to be done before `until`; further ahead than a day was the doing of a wrong clock."""
    return until is not None and now < until <= now + EVERY


@dataclass(frozen=True)
class Needed:
    """What the scheduler still reads of one job's rows of Runs, however old they are."""

    #: The RowKey up to which rows are among the newest: an old copy of the job row is known by them.
    newest: str
    #: When the newest of those was claimed: what was claimed no earlier may be what `retry` tries again.
    claimed: datetime
    #: What is kept beside them: the last run behind rows that are all skips.
    rows: frozenset[Key] = field(default_factory=frozenset)
    #: The due times of runs and attempts that the job row names.
    dues: frozenset[datetime] = field(default_factory=frozenset)
    #: A backfill goes on: its rows say what it has played.
    backfill: bool = False

    @classmethod
    def of(cls, newest: Sequence[Row], ran: Sequence[Row], job: Row | None) -> Self | None:
        """Reckon it from a job's newest rows, its last run if they hold none, and its row; None = every row.

        All attempts of a due time stay together.
        """
        standing = Standing.from_row(job) if job else None
        if not newest or (standing and standing.damaged):
            return None
        claims = [moment for row in (*newest, *ran) if (moment := known(row.columns.get("Claimed")))]
        return cls(
            bound(newest),
            max(claims, default=UNSET),
            frozenset(row.key for row in ran),
            frozenset(run.due for run in standing.runs) if standing else frozenset(),
            bool(standing and standing.backfill),
        )

    def spares(self, row: Row, now: datetime) -> bool:
        """Say whether this row must stay."""
        cells = row.columns
        retry, claimed = known(cells.get("RetryAt")), known(cells.get("Claimed"))
        return (
            cells.get("State") == OPEN
            or row.name <= self.newest
            or row.key in self.rows
            or known(cells.get("Due")) in self.dues
            or (retry is not None and now - retry <= FORGOTTEN)
            or (claimed is not None and claimed >= self.claimed)
            or (self.backfill and cells.get("Trigger") == Trigger.BACKFILL)
        )


def bound(newest: Sequence[Row]) -> str:
    """Give the RowKey up to which rows are among these newest: all attempts of a due time stay together."""
    return f"{newest[-1].name.rpartition('|')[0]}|~"


def all_skips(rows: Sequence[Row]) -> bool:
    """Say whether the last run of these newest rows' job lies behind them."""
    return all(row.columns.get("State") == SKIPPED for row in rows)
