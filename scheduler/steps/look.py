"""look: which rows are due, running, or edited since the last tick; one query.

A full read replaces the filter after a failed tick, hourly, and when no tick was whole for an hour: it
catches rows that the filter cannot see (a new row has no NextRun, a NextRun typed as text never matches).
"""

import json
from datetime import datetime, timedelta

from scheduler.alerts.letter import Letter, deaf_from_text, is_letter
from scheduler.chain import graph_from_text
from scheduler.pace import Allowances
from scheduler.ports import Memory, Where
from scheduler.retention import next_look
from scheduler.row import HEARTBEAT, Key, Row, Value, known
from scheduler.steps.heirs import see
from scheduler.steps.repair import understand
from scheduler.steps.seen import SELECT
from scheduler.steps.sharing import refuse_groups
from scheduler.steps.work import Work

#: Rows written while the service's own clock passed the mark may show late: look back a little.
MARGIN = timedelta(minutes=2)
FULL_EVERY = timedelta(hours=1)


def look(work: Work) -> None:
    """Read the rows and make each trustworthy; edited ones are held against their runs."""
    world, memory = work.world, work.world.memory
    if memory.mark is None:
        _remember(memory, world.jobs.read(HEARTBEAT))
    work.full = _full_read_due(memory, work.now)
    page = world.jobs.query(_where(work.now, memory.mark, full=work.full), SELECT)
    work.date = page.date
    work.full_read = work.now if work.full else memory.full_read
    work.outbox = [letter for row in page.rows if is_letter(row) and (letter := Letter.from_row(row))]
    see(work, page.rows)
    understand(work, list(work.seen))
    refuse_groups(work)
    # Only now: a tick that fails before it has mended an old copy must find it as suspect as it was.
    for key in work.seen:
        work.remember(key)


def _remember(memory: Memory, heartbeat: Row | None) -> None:
    """Take up where another process left off: instances of a Function app come and go."""
    if heartbeat:
        memory.mark = known(heartbeat.columns.get("Mark"))
        memory.full_read = known(heartbeat.columns.get("FullRead"))
        memory.chains = _graph(heartbeat.columns.get("Chains"))
        memory.heirs = _graph(heartbeat.columns.get("Heirs"))
        memory.allowances = _creations(heartbeat.columns.get("Creations"))
        memory.deaf = deaf_from_text(heartbeat.columns.get("Deaf"))
        memory.retire_at = next_look(heartbeat.columns.get("Retention"))


def _graph(written: Value | None) -> dict[Key, tuple[Key, ...]] | None:
    graph = graph_from_text(written)
    return None if graph is None else dict(graph)


def _creations(written: Value | None) -> Allowances:
    try:
        return Allowances.from_dict(json.loads(str(written)))
    except (ValueError, RecursionError):
        return Allowances()


def _full_read_due(memory: Memory, now: datetime) -> bool:
    unknown = memory.mark is None or memory.chains is None or memory.heirs is None
    if memory.failed or unknown or memory.full_read is None:
        return True
    return not timedelta(0) <= now - memory.full_read < FULL_EVERY


def _where(now: datetime, mark: datetime | None, *, full: bool) -> Where:
    if full or mark is None:
        return ()
    return ([("NextRun", "le", now)], [("Active", "eq", True)], [("Timestamp", "ge", mark)])
