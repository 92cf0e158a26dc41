"""Runs as people read them: a job's newest first, page by page; one of them; all attempts of a due time.

A page costs the same however many runs there are: it is read from the job's own range of keys, and a filter looks at
no more than a few answers of the service before it gives what it has and says where to go on.
"""

from collections.abc import Sequence
from datetime import datetime

from scheduler.desk.faults import Missing, Wrong
from scheduler.desk.names import job_name, read_ref
from scheduler.desk.runline import LISTED, RunLine, of_entry, of_row
from scheduler.identity import countdown, run_key, run_ref, span
from scheduler.ports import World
from scheduler.row import Key, Row
from scheduler.run import ENDS, OPEN, SKIPPED, Run, State
from scheduler.standing import Standing

#: The most lines of a page.
MOST = 200
#: How many answers of the service a page with a filter looks at before it gives what it has found.
MOST_LOOKS = 4
#: More attempts of one due time than the first of these are not shown.
MOST_ATTEMPTS = 100
#: What may be asked for: how a run ended, what was let pass, and what is going.
STATES = (*sorted(ENDS), SKIPPED, OPEN)


def runs(
    world: World, key: Key, *, state: str | None = None, limit: int = 50, after: str = ""
) -> tuple[list[RunLine], str]:
    """Read a page of a job's runs and skips, newest first, and where the next page goes on ('' = there is none).

    `state`: only these, one of `STATES` in any case; `Active` is what is going or waits. A page may be short, or
    even empty, and yet have a next one. Raises `Wrong`, and `Missing` for a job that is not there and never ran.
    """
    asked = _state(state)
    if not 1 <= limit <= MOST:
        raise Wrong(f"limit is {limit}: it must be a number from 1 to {MOST}.", "limit")
    job = world.jobs.read(key) if not after else None
    going = _entries(job)
    if asked == OPEN and job:
        return _open(world, going), ""
    rows, following = _page(world, key, asked, limit, after)
    if not (rows or job or after or following):
        raise Missing(f"There is no job {job_name(key)}.")
    if after and any(row.columns.get("State") == OPEN for row in rows):
        going = _entries(world.jobs.read(key))
    found = [of_row(row, _entry(row.key, going)) for row in rows]
    if not after and not asked:
        found += _without_rows(rows, going, following)
    return sorted(found, key=lambda one: (one.began, one.attempt), reverse=True), following


def active(world: World, key: Key) -> list[RunLine]:
    """Read what is going or waits, however old its due time: a backfill's run stands far behind the first page."""
    return _open(world, _entries(world.jobs.read(key)))


def led(going: Sequence[RunLine], found: Sequence[RunLine]) -> list[RunLine]:
    """Put what goes before the other runs, however old its due time."""
    names = {one.ref for one in going}
    return [*going, *(one for one in found if one.ref not in names)]


def run(world: World, key: Key, ref: str) -> RunLine:
    """Read one run, skip or waiting attempt by its name (`names`); raises `Wrong` and `Missing`."""
    due, attempt = read_ref(ref)
    return run_at(world, key, due, attempt)


def run_at(world: World, key: Key, due: datetime, attempt: int) -> RunLine:
    """Read one run by what its name says; raises `Missing`."""
    name = run_key(key, due, attempt)
    row = world.runs.read(name)
    entry = None if row and row.columns.get("State") != OPEN else _entry(name, _entries(world.jobs.read(key)))
    if row:
        return of_row(row, entry)
    if entry:
        return of_entry(entry)
    raise Missing(f"{job_name(key)} has no run {run_ref(due, attempt)}.")


def attempts(world: World, key: Key, due: datetime) -> list[RunLine]:
    """Read every attempt of one due time, the first one first, with the one that waits or is going."""
    rows = world.runs.query([span(key, due)], LISTED, limit=MOST_ATTEMPTS).rows
    settled = rows and all(row.columns.get("State") != OPEN and "RetryAt" not in row.columns for row in rows)
    going = () if settled else [one for one in _entries(world.jobs.read(key)) if countdown(one.due) == countdown(due)]
    found = [of_row(row, _entry(row.key, going)) for row in rows]
    taken = {row.key for row in rows}
    return sorted([*found, *(of_entry(one) for one in going if one.key not in taken)], key=lambda one: one.attempt)


def _state(typed: str | None) -> str:
    """Read what the list is to be filter by; '' = all."""
    wanted = (typed or "").strip().lower()
    found = next((one for one in STATES if one.lower() == wanted), "")
    if wanted and not found:
        raise Wrong(f"state is {typed!r}: it must be one of {', '.join(STATES)}.", "state")
    return found


def _page(world: World, key: Key, state: str, limit: int, after: str) -> tuple[list[Row], str]:
    """Read on until the page is full, the runs are over, or enough was looked at."""
    where = [[*span(key), *([("State", "eq", state)] if state else [])]]
    rows: list[Row] = []
    for _ in range(MOST_LOOKS):
        try:
            found = world.runs.page(where, LISTED, limit - len(rows), after)
        except ValueError as wrong:
            raise Wrong(str(wrong), "after") from None
        rows += found.rows
        after = found.next
        if not after or len(rows) >= limit:
            break
    return rows, after


def _entries(job: Row | None) -> tuple[Run, ...]:
    """Read what a job's row says of its open runs; nothing when the row was deleted."""
    return Standing.from_row(job).going if job else ()


def _entry(name: Key, going: Sequence[Run]) -> Run | None:
    return next((one for one in going if one.key == name), None)


def _open(world: World, going: Sequence[Run]) -> list[RunLine]:
    """Make the lines of what is going from the job's row: there are few of them, wherever their rows stand."""
    rows = {one.key: world.runs.read(one.key) for one in going if not one.waiting}
    found = [of_row(row, one) if (row := rows.get(one.key)) else of_entry(one) for one in going]
    return sorted(found, key=lambda one: (one.began, one.attempt), reverse=True)


def _without_rows(rows: Sequence[Row], going: Sequence[Run], following: str) -> list[RunLine]:
    """Add what is promised in the job's row and is not registered yet: attempts that wait, a claim of this moment.

    A run far behind the first page has its row there: it is not told twice.
    """
    last = rows[-1].key if rows and following else None
    taken = {row.key for row in rows}
    return [
        of_entry(one)
        for one in going
        if one.key not in taken and (one.waiting or (one.state is State.STARTING and (last is None or one.key <= last)))
    ]
