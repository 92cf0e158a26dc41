"""Hold edited rows against their newest runs, and mend those that are old copies of themselves."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from scheduler.changed import replace
from scheduler.edit import follow_edit, misdated
from scheduler.entry import run_of
from scheduler.identity import run_key, span
from scheduler.job import Faulty, Job
from scheduler.ports import World
from scheduler.retry import fresh
from scheduler.row import Key, Row, iso
from scheduler.run import OPEN, SKIPPED, Run, Trigger, due_of
from scheduler.stale import FORGOTTEN, restored
from scheduler.standing import Standing, Status
from scheduler.steps.seen import Seen
from scheduler.steps.work import Work

#: How many of a job's newest run rows are read.
NEWEST = 50
#: From so many edits in one partition on, ask first whether it has any runs at all.
_SEVERAL = 10


def repair(work: Work, keys: Sequence[Key]) -> None:
    """Compare each of these rows with its runs: one query a row, for rows that somebody edited only."""
    suspects = list(_with_history(work.world, keys))
    proofs = work.each(lambda key: _proof(work.world, key, work.now), suspects)
    for key, rows in zip(suspects, proofs, strict=True):
        seen = work.seen[key]
        schedule = seen.job.schedule if isinstance(seen.job, Job) else None
        mended = restored(seen.standing, rows, schedule, work.now)
        if mended:
            work.seen[key] = seen.saying(mended)
            work.mended.add(key)


def understand(work: Work, keys: Sequence[Key]) -> None:
    """Repair rows that somebody wrote, and take note of the edit before anything else is written into them."""
    edited = [key for key in keys if work.seen[key].edited]
    repair(work, [key for key in edited if not _as_it_was(work, key)])
    for key in edited:
        follow(work, key)


def _as_it_was(work: Work, key: Key) -> bool:
    """Say whether nobody wrote the row itself since this process saw it: then its template was edited, or nothing.

    An edit of a template would otherwise cost a query for each of its heirs.
    """
    seen, known = work.seen[key], work.world.memory.rows.get(key)
    return known is not None and known.etag == seen.row.etag and not (seen.standing.damaged or seen.standing.undated)


def follow(work: Work, key: Key) -> None:
    """Count new times from the edit: once we write the row, its Timestamp is ours."""
    seen = work.seen[key]
    standing = seen.standing
    if isinstance(seen.job, Job) and misdated(seen.job, seen.digest, standing, seen.since):
        # Should this tick's write fail, the next one must not take the row for known.
        standing = replace(standing, undated=True)
        work.mended.add(key)
    work.seen[key] = seen.saying(follow_edit(seen.job, seen.digest, standing, seen.since))


def refuse(work: Work, seen: Seen, *faults: str) -> None:
    """Make a row Invalid for reasons that lie outside it."""
    before = seen.job.faults if isinstance(seen.job, Faulty) else ()
    work.seen[seen.key] = replace(seen, job=Faulty(seen.key, (*before, *faults), seen.job.schedule))


def look_again(work: Work, key: Key, row: Row | None) -> bool:
    """Replace what was seen of a job by its present row; False, and out of this pass, when it is gone."""
    if row is None:
        work.seen.pop(key, None)
        return False
    work.seen[key] = Seen.of(work.world, row)
    understand(work, [key])
    return True


def passed_before(work: Work, run: Run, skip: Row, before: Standing) -> None:
    """Take a claim back whose due time a tick had let pass, and died before it could say so in the row."""
    standing = without(work.seen[run.job].standing, run)
    told = f"Skipped before: {skip.columns.get('Reason', '')!s}."
    after = replace(_resting(standing), last_due=before.last_due, request=before.request, reason=told)
    work.seen[run.job] = work.seen[run.job].saying(after)


def disproved(work: Work, run: Run, before: Standing, decided: Row | None) -> None:
    """Take a claim back that the run's row refused: a row that led to a due time which had its run is an old copy.

    Nothing is planned here: what is due by the mended row, the next tick decides. Where Runs proves nothing
    else, the due time that was decided is left behind.
    """
    scheduled = run.trigger in (Trigger.SCHEDULE, Trigger.AFTER)
    if scheduled and decided and decided.columns.get("Trigger") == Trigger.REQUEST:
        _asked_before(work, run)
        return
    standing = without(work.seen[run.job].standing, run)
    told = f"The run due {iso(run.due)} was not started: it had its run before."
    back = replace(standing, last_due=before.last_due, request=before.request, backfill=before.backfill, reason=told)
    work.seen[run.job] = work.seen[run.job].saying(back)
    # Of a later attempt nothing follows for the schedule: its due time is long past.
    _mend(work, run.job, decided if scheduled and run.attempt == 1 else None)


def _asked_before(work: Work, run: Run) -> None:
    """Give a due time that a person had run on request its own run all the same: the next attempt, in the next tick."""
    standing = without(work.seen[run.job].standing, run)
    again = replace(fresh(run), attempt=run.attempt + 1, not_before=work.now)
    told = f"The run due {iso(run.due)} waits: attempt {run.attempt} was run on request."
    work.seen[run.job] = work.seen[run.job].saying(
        replace(standing, runs=(*standing.runs, again), status=Status.WAITING, reason=told)
    )


def overtaken(work: Work, key: Key, decided: Row) -> None:
    """Mend a row that would let a due time pass which had its run already."""
    seen = work.seen[key]
    work.seen[key] = seen.saying(
        replace(seen.standing, last_due=seen.unplanned.last_due, request=seen.unplanned.request)
    )
    _mend(work, key, decided)


def _mend(work: Work, key: Key, decided: Row | None) -> None:
    seen = work.seen[key]
    due = due_of(decided) if decided else None
    following = seen.job.schedule.after(due) if isinstance(seen.job, Job) and due else seen.standing.next_due
    work.seen[key] = seen.saying(replace(seen.standing, next_due=following))
    repair(work, [key])
    mended = work.seen[key].standing
    told = replace(_resting(mended), reason=mended.note or mended.reason, note="")
    work.seen[key] = work.seen[key].saying(told)


def without(standing: Standing, run: Run) -> Standing:
    """Take a run's entry out."""
    return replace(standing, runs=tuple(other for other in standing.runs if other.key != run.key))


def _resting(standing: Standing) -> Standing:
    status = Status.RUNNING if standing.going else Status.SCHEDULED
    return replace(standing, next_run=standing.next_due, status=status)


def _proof(world: World, job: Key, now: datetime) -> Sequence[Row]:
    """Read what proves how far a job is: its newest rows, and those that are open or promise an attempt.

    Rows sort by due time, not by claim. Scenario: a run of two hours lies behind a page of skips, one a minute; a
    backfill's run lies behind two days of live ones. Not found, it would never be closed, nor its group removed.
    """
    newest = {row.key: row for row in newest_runs(world, job)}
    rows_of = span(job)
    loose = [[*rows_of, ("State", "eq", OPEN)], [*rows_of, ("RetryAt", "ge", now - FORGOTTEN)]]
    rows = newest | {row.key: row for row in world.runs.query(loose).rows}
    if newest and all(row.columns.get("State") == SKIPPED for row in newest.values()):
        ran = world.runs.query([[*rows_of, ("Attempt", "ge", 1)]], limit=1).rows
        rows |= {row.key: row for row in ran}
    following = [after for row in rows.values() if (after := _promised(row)) and after not in rows]
    rows |= {row.key: row for key in following if (row := world.runs.read(key))}
    return [row for _, row in sorted(rows.items())]


def _promised(row: Row) -> Key | None:
    """Name the row of the attempt that a closed row says will follow."""
    run = run_of(row) if "RetryAt" in row.columns else None
    return run_key(run.job, run.due, run.attempt + 1) if run else None


def newest_runs(world: World, job: Key, select: Sequence[str] = ()) -> Sequence[Row]:
    """Read a job's newest runs and skips, newest first."""
    return world.runs.query([span(job)], select, limit=NEWEST).rows


def _with_history(world: World, keys: Sequence[Key]) -> Iterator[Key]:
    """Leave out a partition without runs: a first import of 10,000 rows then costs one query, not 10,000."""
    for partition, grouped in groupby(sorted(keys), key=lambda key: key[0]):
        several = list(grouped)
        if len(several) < _SEVERAL or world.runs.query([[("PartitionKey", "eq", partition)]], ("State",), limit=1).rows:
            yield from several
