"""Hold edited rows against their newest runs, and mend those that are old copies of themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from scheduler.job import Job
from scheduler.ports import World
from scheduler.row import Key, Row
from scheduler.run import SKIPPED, run_prefix
from scheduler.stale import restored
from scheduler.standing import Status
from scheduler.steps.work import Work

#: How many of a job's newest run rows prove what it last did.
NEWEST = 50
#: From so many edits in one partition on, ask first whether it has any runs at all.
_SEVERAL = 10


def repair(work: Work, keys: Sequence[Key]) -> None:
    """Compare each of these rows with its runs: one query a row, for rows that somebody edited only."""
    suspects = list(_with_history(work.world, keys))
    for key, rows in zip(suspects, work.each(lambda key: newest_runs(work.world, key), suspects), strict=True):
        seen = work.seen[key]
        schedule = seen.job.schedule if isinstance(seen.job, Job) else None
        mended = restored(seen.standing, rows, schedule, work.now)
        if mended:
            work.seen[key] = seen.saying(mended)


def disproved(work: Work, key: Key, refused: Row | None) -> None:
    """Mend a row that led us to a due time which Runs has decided already: it is an old copy of itself.

    Or a tick wrote down that the due time passes, and died before it could say so in the row. Nothing is
    planned here: what is due by the mended row, the next tick decides.
    """
    seen = work.seen[key]
    # The plan wrote this due time into LastDue: without it the row shows how old it is.
    work.seen[key] = seen.saying(replace(seen.standing, last_due=None))
    repair(work, [key])
    mended = work.seen[key].standing
    passed = refused is not None and refused.columns.get("State") == SKIPPED
    told = (
        f"Skipped before: {refused.columns.get('Reason', '')!s}."
        if refused and passed
        else mended.note or mended.reason
    )
    status = Status.RUNNING if mended.going else Status.SCHEDULED
    after = replace(mended, next_run=mended.next_due, status=status, reason=told, note="")
    work.seen[key] = work.seen[key].saying(after)


def newest_runs(world: World, job: Key) -> Sequence[Row]:
    """Read a job's newest runs and skips, newest first."""
    prefix = run_prefix(job[1])
    return world.runs.query(
        [[("PartitionKey", "eq", job[0]), ("RowKey", "ge", prefix), ("RowKey", "lt", f"{prefix}~")]], limit=NEWEST
    ).rows


def _with_history(world: World, keys: Sequence[Key]) -> Iterator[Key]:
    """Leave out a partition without runs: a first import of 10,000 rows then costs one query, not 10,000."""
    for partition, grouped in groupby(sorted(keys), key=lambda key: key[0]):
        several = list(grouped)
        if len(several) < _SEVERAL or world.runs.query([[("PartitionKey", "eq", partition)]], ("State",), limit=1).rows:
            yield from several
