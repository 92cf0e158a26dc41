"""Hold edited rows against their newest runs, and mend those that are old copies of themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from scheduler.identity import run_prefix
from scheduler.job import Job
from scheduler.plan import follow_edit
from scheduler.ports import World
from scheduler.row import Key, Row
from scheduler.run import due_of
from scheduler.stale import restored
from scheduler.standing import Standing, Status
from scheduler.steps.work import Seen, Work

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


def understand(work: Work, keys: Sequence[Key]) -> None:
    """Repair rows that somebody wrote, and take note of the edit before anything else is written into them."""
    edited = [key for key in keys if work.seen[key].edited]
    repair(work, edited)
    for key in edited:
        follow(work, key)


def follow(work: Work, key: Key) -> None:
    """Count new times from the edit: once we write the row, its Timestamp is ours."""
    seen = work.seen[key]
    work.seen[key] = seen.saying(follow_edit(seen.job, seen.digest, seen.standing, seen.row.timestamp))


def look_again(work: Work, key: Key, row: Row | None) -> bool:
    """Replace what was seen of a job by its present row; False, and out of this pass, when it is gone."""
    if row is None:
        work.seen.pop(key, None)
        return False
    work.seen[key] = Seen.of(work.world, row)
    understand(work, [key])
    return True


def passed_before(work: Work, key: Key, skip: Row, before: Standing) -> None:
    """Take a claim back whose due time a tick had let pass, and died before it could say so in the row."""
    told = f"Skipped before: {skip.columns.get('Reason', '')!s}."
    after = replace(_resting(work.seen[key].standing), last_due=before.last_due, request=before.request, reason=told)
    work.seen[key] = work.seen[key].saying(after)


def disproved(work: Work, key: Key, before: Standing, decided: Row | None) -> None:
    """Mend a row that led us to a due time which had its run already: it is an old copy of itself.

    Nothing is planned here: what is due by the mended row, the next tick decides. Where Runs proves nothing
    else, the due time that was decided is left behind.
    """
    seen = work.seen[key]
    runs = tuple(run for run in seen.standing.runs if any(run.run_id == other.run_id for other in before.runs))
    due = due_of(decided) if decided else None
    following = seen.job.schedule.after(due) if isinstance(seen.job, Job) and due else seen.standing.next_due
    work.seen[key] = seen.saying(
        replace(seen.standing, runs=runs, last_due=before.last_due, next_due=following, request=before.request)
    )
    repair(work, [key])
    mended = work.seen[key].standing
    told = replace(_resting(mended), reason=mended.note or mended.reason, note="")
    work.seen[key] = work.seen[key].saying(told)


def _resting(standing: Standing) -> Standing:
    status = Status.RUNNING if standing.going else Status.SCHEDULED
    return replace(standing, next_run=standing.next_due, status=status)


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
