"""What a person asked for becomes decisions, or a sentence that says why it does not. Pure."""

from datetime import datetime

from scheduler import backfill, request
from scheduler.backfill import Backfill
from scheduler.changed import replace
from scheduler.decision import NEXT_FREE, Cancel, Plan, Skip, Start, Wait
from scheduler.draft import Draft, again, held, one_by_one
from scheduler.job import Job, Overlap
from scheduler.overlap import Remedy, obstacle, told
from scheduler.row import iso
from scheduler.run import Trigger
from scheduler.standing import Standing, Status

NOTHING = "There was no run to cancel."
#: How a row begins whose requested run waits for one of its own job.
HELD = "The requested run waits"


def obeyed(job: Job, draft: Draft, asked: request.Command, now: datetime) -> Draft:
    """Obey a request, or say why nothing comes of it; of a cancel only what ends no run, see `cancelled`."""
    cleared = replace(draft.standing, request="")
    match asked:
        case request.Retry():
            return _retried(job, draft, cleared, now)
        case request.Backfill():
            return _begun(job, draft, cleared, asked, now)
        case request.Run():
            return _requested(job, draft, cleared, asked, now)
        case request.Cancel():
            return draft.answering(replace(cleared, backfill=""), _ended(cleared) or NOTHING)


def _requested(job: Job, draft: Draft, cleared: Standing, asked: request.Run, now: datetime) -> Draft:
    if asked.due and asked.due > now:
        return draft.answering(cleared, f"The requested run was not started: {iso(asked.due)} is to come.")
    hindered = obstacle(job, draft.standing)
    if hindered is None:
        return draft.saying(cleared, _own(job, asked, now))
    if hindered.remedy is Remedy.SKIP:
        told = replace(cleared, reason=f"The requested run was not started: {hindered.why}.")
        return draft.saying(told, *([] if asked.due else [Skip(now, now, Trigger.REQUEST, hindered.why)]))
    waits = held(draft, (), asked.due or now, hindered)
    reason = f"{HELD}: {hindered.why}."
    return replace(waits, standing=replace(waits.standing, next_due=draft.standing.next_due, reason=reason))


def _own(job: Job, asked: request.Run, now: datetime) -> Start:
    """Make the start of a requested run; one with a due time or a watermark keeps its watermark to itself."""
    apart = asked.due is not None or asked.watermark is not None or job.overlap is Overlap.ALLOW
    before = job.schedule.before(asked.due) if asked.due else None
    interval = (before, asked.due) if before and asked.due else None
    attempt = NEXT_FREE if asked.due else 1
    return Start(asked.due or now, Trigger.REQUEST, interval, "requested", attempt, asked.watermark, apart, asked=True)


def _retried(job: Job, draft: Draft, cleared: Standing, now: datetime) -> Draft:
    """Bring the waiting attempts forward, or run again what failed last.

    One that was brought forward stays as it is: written anew with each tick that it waits in line, no person could
    edit its row.
    """
    early = tuple(
        replace(run, not_before=min(run.not_before or now, now)) if run.waiting and not run.cancel else run
        for run in cleared.runs
    )
    if waiting := [run for run in early if run.waiting and not run.cancel]:
        ready = one_by_one(job, draft, waiting)
        return draft.saying(replace(cleared, runs=early), *(replace(again(run), asked=True) for run in ready))
    if cleared.blocking:
        return draft.answering(cleared, f"Nothing was tried again: {told(cleared.blocking[0])}.")
    start = Start(now, Trigger.REQUEST, None, "asked for again", NEXT_FREE, last=True, asked=True)
    return draft.saying(cleared, start)


def _begun(job: Job, draft: Draft, cleared: Standing, asked: request.Backfill, now: datetime) -> Draft:
    """Note a backfill in the row; its first run starts when nothing else is going."""
    going = Backfill.read(cleared.backfill)
    begun = (
        f"one is going ({going.progress}): cancel it first"
        if going
        else backfill.begin(job.schedule, asked.first, asked.before, asked.watermark or "", now)
    )
    if isinstance(begun, str):
        return draft.answering(cleared, f"The backfill was not begun: {begun}.")
    return draft.answering(replace(cleared, backfill=str(begun)), f"{begun.progress}.")


def refused(standing: Standing, asked: request.Command | None) -> Plan:
    """Leave a row that is wrong as it is, but for a cancel, which needs nothing of it."""
    if isinstance(asked, request.Cancel):
        why = f"{standing.reason} {_ended(standing) or NOTHING}"
        standing = replace(standing, request="", backfill="", reason=why)
    return Plan(standing, (Wait(None, standing.reason),))


def cancelled(standing: Standing) -> Plan:
    """End every run that is going, every attempt that waits, and the backfill."""
    reason = f"Cancelling on request. {_ended(standing)}".strip()
    runs = tuple(replace(run, cancel=run.going or run.cancel) for run in standing.runs)
    said = replace(standing, request="", backfill="", runs=runs, status=Status.CANCELLING, reason=reason)
    return Plan(said, tuple(Cancel(run, "cancelled on request") for run in said.going))


def _ended(standing: Standing) -> str:
    """Tell how far a backfill came that a cancel ends."""
    going = Backfill.read(standing.backfill)
    return f"{going.progress}; it ends here." if going else ""
