"""Whether a request whose write was refused may have been obeyed all the same: told by what the row says since. Pure.

The storage refuses a write for its ETag where another writer came between: then nothing was written. It does so too
where the SDK sent our write again, and the first one was done, though its answer was lost; a tick may have obeyed that
one, and cleared it. What obeying leaves in the row tells the two apart.
"""

from scheduler import recent
from scheduler.row import Row
from scheduler.run import Run, State
from scheduler.standing import Standing

#: Words of the reasons that a tick gives when it obeys a request, or will not.
_TOLD = ("request", "no run to cancel", "it ends here", "tried again", "asked for again", "backfill", "not started")


def maybe(word: str, row: Row, there: Row) -> bool:
    """Say whether `there`, the row as it is now, leaves it open that our request was obeyed since `row` was read.

    `word`: what was asked for (run, retry, cancel). Whatever cannot be explained by the ordinary course of the job's
    runs counts: written twice, a job would run twice.
    """
    before, after = Standing.from_row(row), Standing.from_row(there)
    # A row that had no such cell, and has an empty one now, had a request meanwhile.
    emptied = "Request" not in row.columns and there.columns.get("Request") == ""
    if before.damaged or after.damaged or emptied:
        return True
    now = {run.key: run for run in after.runs}
    both = [(run, now[run.key]) for run in before.runs if run.key in now]
    if word in _SPARED and any(_SPARED[word](one, other) for one, other in both):
        return False
    return (
        (before.last_due, before.backfill) != (after.last_due, after.backfill)
        or any(_touched(one, other) for one, other in both)
        or _begun(before, after, promised=word != "retry")
        or _ended(before, after)
        or _said(before, after)
    )


def _spared_by_cancel(before: Run, now: Run) -> bool:
    return before.going and now.going and not before.cancel and not now.cancel


def _spared_by_retry(before: Run, now: Run) -> bool:
    return now.waiting and not now.cancel and before == now


#: What these would have changed at once, had they been obeyed: a run that is as it was says that they were not.
_SPARED = {"cancel": _spared_by_cancel, "retry": _spared_by_retry}


def _touched(before: Run, now: Run) -> bool:
    """Say whether a run's end was asked for, or an attempt that waited was brought forward."""
    return (before.cancel, before.waiting, before.not_before) != (now.cancel, now.waiting, now.not_before)


def _begun(before: Standing, after: Standing, *, promised: bool) -> bool:
    """Say whether something began; an attempt that was only promised is the course of things (`promised`)."""
    held = {run.key for run in before.runs}
    return any(run.key not in held and not (promised and run.waiting and not run.cancel) for run in after.runs)


def _ended(before: Standing, after: Standing) -> bool:
    """Say whether a run ended that was not there, or one that was there is gone, and not by an end of its own."""
    then, now = recent.read(before.recent), recent.read(after.recent)
    held = {(run.due, run.attempt): run for run in before.runs}
    fresh = {past.key: past for past in now if past not in then}
    cancelled = [key for key, past in fresh.items() if past.state is State.CANCELLED]
    left = {run.key for run in after.runs}
    gone = [run for run in before.runs if run.key not in left and not run.removing]
    return (
        any(key not in held for key in fresh)
        or any(not held[key].cancel for key in cancelled)
        or any((run.due, run.attempt) not in fresh for run in gone)
    )


def _said(before: Standing, after: Standing) -> bool:
    """Say whether the row's new reason speaks of a request, or of nothing else that is to be seen."""
    if before.reason == after.reason:
        return False
    told = any(word in after.reason for word in _TOLD)
    return told or _seen(before) == _seen(after)


def _seen(standing: Standing) -> tuple[object, ...]:
    return standing.runs, standing.recent, standing.next_due, standing.digest
