"""The ledger of one job, out of its runs."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduler.desk import jobs
from scheduler.desk.faults import Wrong
from scheduler.desk.jobs import JobLine
from scheduler.desk.runline import RunLine, of_row
from scheduler.identity import span
from scheduler.ledger import Ledger, Step
from scheduler.ports import Where, World
from scheduler.row import UNSET, Key, Row
from scheduler.run import State, Trigger

#: The most successful runs that one ledger is made of.
MOST = 1_000
#: How many answers of the service are looked at for them.
_MOST_LOOKS = 8
_CELLS = ("State", "Due", "Attempt", "Trigger", "WatermarkFrom", "WatermarkTo", "Claimed", "Started", "Finished")
_OWN = (*_CELLS, "Entry")


@dataclass(frozen=True)
class JobLedger:
    """How far a job's data has come, as its newest successful runs tell it."""

    job: JobLine
    ledger: Ledger
    #: Whether there are older runs that were not looked at.
    more: bool = False


def ledger(world: World, key: Key, limit: int = MOST) -> JobLedger:
    """Read a job's ledger from its newest successful runs; raises `Missing` and `Wrong`."""
    if not 1 <= limit <= MOST:
        raise Wrong(f"limit is {limit}: it must be a number from 1 to {MOST}.", "limit")
    line = jobs.one(world, key)
    succeeded = ("State", "eq", str(State.SUCCEEDED))
    rows, more = _read(world, [[*span(key), succeeded]], _CELLS, limit)
    own = _own(world, key, rows) if any(row.columns.get("Trigger") == Trigger.REQUEST for row in rows) else set()
    found = sorted((of_row(row) for row in rows), key=_ended)
    return JobLedger(line, Ledger.of(_step(one, own) for one in found), more)


def _read(world: World, where: Where, select: Sequence[str], limit: int) -> tuple[list[Row], bool]:
    rows: list[Row] = []
    after = ""
    for _ in range(_MOST_LOOKS):
        found = world.runs.page(where, select, limit - len(rows), after)
        rows += found.rows
        after = found.next
        if not after or len(rows) >= limit:
            break
    return rows, bool(after)


def _own(world: World, key: Key, rows: Sequence[Row]) -> set[Key]:
    """Find the requested runs that were told a watermark of their own: only the entry in their rows says so."""
    first, last = rows[0].name, rows[-1].name
    asked = ("Trigger", "eq", str(Trigger.REQUEST))
    where = [("PartitionKey", "eq", key[0]), ("RowKey", "ge", first), ("RowKey", "le", last), asked]
    found, _ = _read(world, [where], _OWN, MOST)
    return {row.key for row in found if RunLine(row).apart}


def _ended(line: RunLine) -> tuple[datetime, datetime]:
    """Order runs as they moved the watermark."""
    return line.finished or line.claimed or line.due, line.claimed or UNSET


def _step(line: RunLine, own: Container[Key]) -> Step:
    apart = line.row.key in own or line.trigger == Trigger.BACKFILL
    return Step(line.ref, line.watermark_from, line.watermark_to or "", apart)
