"""What a job should do now: (job, what its row says, now) -> decisions, each with its reason.

Pure. "Due" is always computed from what the row says was last decided, never from "the timer fired": a
tick may come minutes or days late, twice, or not at all.
"""

from datetime import datetime

from scheduler import request
from scheduler.backfill import Backfill
from scheduler.cell import Fault
from scheduler.chain import Link, to_text
from scheduler.changed import replace
from scheduler.decision import NEXT_FREE, Cancel, Decision, Plan, Skip, Start, Wait
from scheduler.draft import Draft, again, held, one_by_one
from scheduler.edit import follow_edit, following, next_run, rested
from scheduler.job import Digest, Faulty, Job, Overlap
from scheduler.obey import cancelled, obeyed, refused
from scheduler.overlap import Remedy, delayed, obstacle, waits_for
from scheduler.row import iso
from scheduler.run import Trigger
from scheduler.standing import Standing, Status
from scheduler.window import Choice, Range, Window, choose, undecided


def plan(
    job: Job | Faulty,
    digest: Digest,
    standing: Standing,
    edited: datetime,
    now: datetime,
    *,
    link: Link | None = None,
    said: str = "",
) -> Plan:
    """Decide for one row.

    `edited` is its Timestamp, when somebody or the scheduler last wrote it; `link` says that its upstreams
    succeeded, if it runs after others; `said` what became of its request, where only the tables could tell.
    """
    waited, begun = waits_for(standing.reason), Backfill.read(standing.backfill) is None
    standing = _awake(job, follow_edit(job, digest, standing, edited))
    asked = _command(job, standing)
    if isinstance(asked, request.Cancel) and standing.going:
        return cancelled(standing)
    if isinstance(job, Faulty):
        return refused(standing, asked)
    draft = Draft(standing, waited=waited)
    draft = _first(job, draft.answering(standing, said) if said else draft, asked, now)
    standing = draft.standing
    window = undecided(job, standing, now, link) if job.enabled and _free_beside(job, draft) else None
    if window:
        draft = _scheduled(job, draft, window, now, link)
        if asked == request.Run() and draft.starting:
            draft = _answered(draft)  # this is the run that was asked for
    elif link and draft.idle and job.enabled and job.schedule.within(link.due):
        # Only its jitter holds it back: unless its due time stands in the row, nothing brings the row back in time.
        draft = draft.saying(replace(standing, next_due=link.due))
    if draft.idle or not isinstance(asked, request.Retry):
        draft = _pending(job, draft, now)
    if asked and draft.standing.request and not draft.decisions:
        draft = obeyed(job, draft, asked, now)
    if draft.idle:
        draft = _backfilled(job, draft, begun=begun)
    return _planned(job, draft)


def _awake(job: Job | Faulty, standing: Standing) -> Standing:
    """Forget that something waited, where it is no attempt: what still waits, this tick finds again."""
    if isinstance(job, Faulty) or standing.status != Status.WAITING or standing.going:
        return standing
    status = Status.SCHEDULED if job.enabled else Status.PAUSED
    return replace(standing, status=status, reason=following(job, standing))


def _first(job: Job, draft: Draft, asked: request.Command | None, now: datetime) -> Draft:
    """Obey what a person asked for in particular before the schedule: a job of every minute would never come to it.

    A due time that this puts off is decided in the next tick, and says what was before it.
    """
    if asked is None:
        return draft
    free = isinstance(asked, request.Retry | request.Cancel) or obstacle(job, draft.standing) is None
    special = isinstance(asked, request.Backfill) or (free and asked != request.Run())
    return obeyed(job, draft, asked, now) if special else draft


def _command(job: Job | Faulty, standing: Standing) -> request.Command | None:
    """Read the request; in a row that is wrong otherwise too, only a cancel is heard."""
    try:
        return request.read(standing.request, job.schedule.zone if job.schedule else "UTC")
    except Fault:
        return None


def _free_beside(job: Job, draft: Draft) -> bool:
    """Say whether a due time may be decided in the tick of what a person asked for: where two runs may overlap."""
    return draft.idle or (job.overlap is Overlap.ALLOW and draft.starting > 0)


def _answered(draft: Draft) -> Draft:
    decisions = tuple(replace(one, asked=True) if isinstance(one, Start) else one for one in draft.decisions)
    return replace(draft, standing=replace(draft.standing, request=""), decisions=decisions)


def _planned(job: Job, draft: Draft) -> Plan:
    standing, said = replace(draft.standing, next_run=next_run(job, draft.standing)), draft.said
    if said and standing.reason != said:
        standing = replace(standing, reason=f"{said} {standing.reason}")
    if draft.decisions:
        starts = (replace(one, said=said) if said and isinstance(one, Start) else one for one in draft.decisions)
        return Plan(standing, tuple(starts))
    standing = rested(job, standing)
    return Plan(standing, (Wait(standing.next_run, standing.reason),))


def _scheduled(job: Job, draft: Draft, window: Window, now: datetime, link: Link | None) -> Draft:
    """Start what should run of the undecided due times, let pass what should not, and hold what must wait."""
    choice = choose(job, window, now)
    seen = to_text(link.seen) if link else draft.standing.upstreams
    trigger = Trigger.AFTER if link else Trigger.SCHEDULE
    hindered = obstacle(job, draft.standing, draft.starting)
    delays = [delayed(job, draft.standing, one.last, hindered, draft.waited) for one in choice.passing]
    # A chain's due times are its upstreams': only the newest counts, and none of them is missed.
    skips = tuple(
        Skip(one.first, one.last, trigger, by.after(one.why), seen, late=link is None and not by.own)
        for one, by in zip(choice.passing, delays, strict=True)
    )
    if choice.due is None:
        standing = _passed(job, draft.standing, choice, seen)
        return draft.saying(_skipped(job, standing, skips[-1], standing), *skips)
    if hindered is None:
        start = Start(choice.due, trigger, _interval(job, draft.standing, choice.due, link), f"due {iso(choice.due)}",
                      apart=job.overlap is Overlap.ALLOW)  # fmt: skip
        standing = replace(_passed(job, draft.standing, choice, seen), last_due=choice.due)
        return draft.saying(standing, *skips, start)
    if hindered.remedy is not Remedy.SKIP:
        return held(draft, skips, choice.due, hindered)
    whole = Skip(window.first, choice.due, trigger, hindered.why, seen)
    standing = _passed(job, draft.standing, choice, seen)
    return draft.saying(_skipped(job, standing, whole, replace(standing, runs=())), whole)


def _passed(job: Job, standing: Standing, choice: Choice, seen: str) -> Standing:
    """Move on behind what is decided."""
    return replace(
        standing, next_due=choice.following, upstreams=seen if job.schedule.upstreams else standing.upstreams
    )


def _skipped(job: Job, standing: Standing, skip: Skip, shown: Standing) -> Standing:
    span = iso(skip.first) if skip.first == skip.last else f"{iso(skip.first)} to {iso(skip.last)}"
    return replace(standing, reason=f"Skipped {span}: {skip.why}. {following(job, shown)}")


def _interval(
    job: Job, standing: Standing, due: datetime, link: Link | None = None
) -> tuple[datetime, datetime] | None:
    """Give the data interval: from the last scheduled run's due, else the schedule's previous due."""
    if link:
        return link.interval(standing.last_due)
    start = standing.last_due or job.schedule.before(due)
    return (start, due) if start and start < due else None


def _pending(job: Job, draft: Draft, now: datetime) -> Draft:
    """Start the attempts whose time has come; a paused job's wait."""
    ready = [run for run in draft.standing.runs if run.waiting and not run.cancel and (run.not_before or now) <= now]
    if not ready or not job.enabled or any(isinstance(one, Cancel) for one in draft.decisions):
        return draft
    return draft.saying(draft.standing, *(again(run) for run in one_by_one(job, draft, ready)))


def _backfilled(job: Job, draft: Draft, *, begun: bool) -> Draft:
    """Start the next due time of a backfill, when nothing else is going and nothing live is about to start.

    `begun`: a request has begun it just now, and stands again should its first run not start.
    """
    going = Backfill.read(draft.standing.backfill)
    if going is None or going.next is None or draft.standing.blocking:
        return draft
    before = job.schedule.before(going.next)
    interval = (before, going.next) if before else None
    claimed = str(going.claimed(job.schedule))
    start = Start(
        going.next, Trigger.BACKFILL, interval, "backfill", NEXT_FREE, going.watermark, apart=True, backfill=claimed,
        asked=begun,
    )  # fmt: skip
    said = "" if begun else draft.said  # its start tells how far it is
    return replace(draft.saying(replace(draft.standing, backfill=claimed), start), said=said)


__all__ = ["Cancel", "Decision", "Plan", "Range", "Skip", "Start", "Wait", "follow_edit", "plan"]
