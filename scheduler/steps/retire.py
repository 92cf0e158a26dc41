"""retire, once a day: rows of Runs that are older than RETENTION_DAYS go, with their logs, and old rows of the audit.

It is no part of a tick: it stands behind one that was whole, does a bounded portion, and notes in the heartbeat row how
far it came. A tick that finds the day's sweep over asks nothing. Whatever goes wrong here waits for the next one.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import batched, groupby

from scheduler.facts.fact import Fact
from scheduler.facts.ticks import Retired
from scheduler.facts.troubles import LogsStay, RowsStay
from scheduler.identity import log_name, span
from scheduler.ports import MOST_IN_BATCH, BatchRefused, Delete, Table, Unknown, World
from scheduler.retention import JUDGED, NOWHERE, RUNS, Needed, Sweep, all_skips, bound, next_look, rests
from scheduler.row import HEARTBEAT, Key, Row
from scheduler.run import job_name
from scheduler.steps.newest import Newest
from scheduler.steps.repair import NEWEST
from scheduler.steps.write import CONFLICTS

#: The most requests and seconds of one portion.
MOST_REQUESTS, MOST_SECONDS = 20, 10.0
#: A tick that took longer itself leaves it to the next one.
BUSY = 30.0
#: After a failure it is left alone for so long, so that a role that is missing is told each hour and not each minute.
AFTER_FAILURE = timedelta(hours=1)
#: Rows in one answer.
PAGE = 500
_RUN_ID = re.compile(r"ct-[a-z0-9-]{1,60}")


@dataclass
class Portion:
    """What one tick may do for a sweep, and what it did."""

    world: World
    now: datetime
    before: datetime
    until: float
    left: int = MOST_REQUESTS
    told: list[Fact] = field(default_factory=list)
    #: The newest rows of jobs, as far as they were read.
    newest: Newest = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing read."""
        self.newest = Newest(self.world, JUDGED)

    def affords(self, requests: int) -> bool:
        """Say whether so many requests are left, with one to say how far it came."""
        return self.left > requests and self.world.monotonic() < self.until

    def spend(self, requests: int = 1) -> None:
        """Count requests."""
        self.left -= requests


def retire(world: World, now: datetime, spent: float = 0.0) -> Sequence[Fact]:
    """Do a portion of the day's sweep, if one is due; gives what is to be told of it. `spent`: the tick's seconds.

    An error of the tables leaves as it is: whoever calls this behind a tick keeps it away from the tick.
    """
    memory, days = world.memory, world.settings.retention_days
    if not days or memory.mark is None or spent > BUSY or rests(memory.retire_at, now):
        return ()
    memory.retire_at = now + AFTER_FAILURE
    # Scenario: the machine's clock is a year ahead, or somebody plays a tick of next year with --now. The service's own
    # clock, as the look read it, knows better, and what is removed is gone.
    before = min(now, memory.mark) - timedelta(days=days)
    portion = Portion(world, now, before, world.monotonic() + MOST_SECONDS)
    sweep = _begun(portion)
    if sweep.table:
        while sweep.table and portion.affords(1):
            sweep = _page(portion, sweep)
        world.jobs.keep(HEARTBEAT, {"Retention": str(sweep)})
        if not sweep.table and sweep.removed:
            portion.told.append(Retired(sweep.removed, days))
    memory.retire_at = next_look(str(sweep))
    return portion.told


def _begun(portion: Portion) -> Sweep:
    """Go on with the sweep that the heartbeat tells of: another process may have begun it, or ended it.

    One that a wrong clock dated ahead is none.
    """
    portion.spend()
    row = portion.world.jobs.read(HEARTBEAT)
    sweep = Sweep.read(row.columns.get("Retention")) if row else None
    going = sweep and (sweep.table or sweep.current(portion.now)) and sweep.began <= portion.now
    return sweep if sweep and going else Sweep(portion.now)


def _page(portion: Portion, sweep: Sweep) -> Sweep:
    """Deal with the old rows of one page, as far as the portion goes; a page that is left is read again next time.

    Rows that stay make a page as long as rows that go: by `done` a page of nothing else comes to its end too.
    """
    table = portion.world.runs if sweep.table == RUNS else portion.world.audit
    portion.spend()
    try:
        part = table.page([[("Timestamp", "lt", portion.before)]], JUDGED, PAGE, sweep.after)
    except ValueError:
        if not sweep.after:
            raise
        # Somebody typed over the heartbeat's cell.
        return replace(sweep, after="", done=NOWHERE)
    rows = [row for row in part.rows if row.key > sweep.done]
    for (partition, name), several in groupby(rows, key=_owner):
        group = list(several)
        goes = _may_go(portion, (partition, name), group) if sweep.table == RUNS else group
        if goes is None:
            return sweep
        for batch in batched(goes, MOST_IN_BATCH, strict=False):
            removed = _removed(portion, table, batch) if portion.affords(2) else None
            if removed is None:
                return sweep
            sweep = replace(sweep, done=batch[-1].key, removed=sweep.removed + removed)
        sweep = replace(sweep, done=group[-1].key)
    if part.next:
        return replace(sweep, after=part.next, done=NOWHERE)
    return replace(sweep, table=sweep.following, after="", done=NOWHERE)


def _owner(row: Row) -> Key:
    """Name what a row belongs to: the rows of one are deleted together, and lie behind each other."""
    return row.partition, job_name(row) if "|" in row.name else ""


def _may_go(portion: Portion, job: Key, rows: Sequence[Row]) -> Sequence[Row] | None:
    """Choose the rows of a job that nothing needs any more; None when the portion does not go so far."""
    world = portion.world
    if not job[1]:
        return ()  # no rows of ours
    newest = portion.newest.known(job)
    if newest is None:
        if not portion.affords(5):
            return None
        newest, requests = portion.newest.read(job)
        portion.spend(requests)
    # Scenario: ten thousand jobs of a few runs a year. All their rows are old, and each day nothing of them can go.
    if len(newest) < NEWEST or all(row.name <= bound(newest) for row in rows):
        return ()
    if not portion.affords(2):
        return None
    ran = world.runs.query([[*span(job), ("Attempt", "ge", 1)]], JUDGED, limit=1).rows if all_skips(newest) else ()
    needed = Needed.of(newest, ran, world.jobs.read(job))
    portion.spend(2)
    return [row for row in rows if not needed.spares(row, portion.now)] if needed else ()


def _removed(portion: Portion, table: Table, rows: Sequence[Row]) -> int | None:
    """Remove rows, of runs with their logs; gives how many, None when another tick was quicker with some of them.

    The logs first. A tick that dies between the two leaves rows whose logs are gone, and the next portion finds these
    rows again. The other way round it would leave logs that no row names any more, and nobody would ever find them.
    """
    try:
        if names := [name for row in rows if (name := _log_of(row))]:
            portion.spend()
            portion.world.logs.remove(*names)
        portion.spend()
        table.submit([Delete(row.key, row.etag) for row in rows])
    except Unknown as unknown:
        portion.told.append(LogsStay(str(unknown)))
        return 0
    except BatchRefused as refused:
        if refused.status in CONFLICTS:
            return None
        portion.told.append(RowsStay(refused.sentence))
        return 0
    return len(rows)


def _log_of(row: Row) -> str:
    """Name a run's log. What a row says of itself may have been typed over, and the log of another would go."""
    run_id = str(row.columns.get("RunId", ""))
    return log_name((row.partition, job_name(row)), run_id) if _RUN_ID.fullmatch(run_id) else ""
