"""What a job should do now: (job, what its row says, now) -> decisions, each with its reason.

Pure. "Due" is always computed from what the row says was last decided, never from "the timer fired": a
tick may come minutes or days late, twice, or not at all.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from scheduler import backfill, request
from scheduler.backfill import Backfill
from scheduler.cell import Fault
from scheduler.chain import Link, to_text
from scheduler.decision import NEXT_FREE, Cancel, Decision, Plan, Skip, Start, Wait
from scheduler.edit import follow_edit, following, next_run, rested
from scheduler.job import Digest, Faulty, Job, Overlap
from scheduler.overlap import Obstacle, Remedy, obstacle, told
from scheduler.row import iso
from scheduler.run import Run, Trigger
from scheduler.standing import Standing, Status
from scheduler.window import Choice, Range, Window, choose, undecided


@dataclass(frozen=True)
class Draft:
    """A plan in the making: what the row should say so far, and what was decided."""

    standing: Standing
    decisions: tuple[Decision, ...] = ()

    def saying(self, standing: Standing, *decisions: Decision) -> "Draft":
        """Add decisions, and change what the row should say."""
        return Draft(standing, (*self.decisions, *decisions))

    @property
    def idle(self) -> bool:
        """Say whether nothing starts or ends by it."""
        return not any(isinstance(one, Start | Cancel) for one in self.decisions)


def plan(
    job: Job | Faulty, digest: Digest, standing: Standing, edited: datetime, now: datetime, *, link: Link | None = None
) -> Plan:
    """Decide for one row.

    `edited` is its Timestamp, when somebody or the scheduler last wrote it; `link` says that its upstreams
    succeeded, if it runs after others.
    """
    standing = _awake(job, follow_edit(job, digest, standing, edited))
    asked = _command(job, standing)
    if isinstance(asked, request.Cancel):
        return _cancelled(standing)
    if isinstance(job, Faulty):
        return Plan(standing, (Wait(None, standing.reason),))
    draft = _first(job, Draft(standing), asked, now)
    standing = draft.standing
    window = undecided(job, standing, now, link) if job.enabled and draft.idle else None
    if window:
        draft = _scheduled(job, draft, window, now, link)
        if asked == request.Run() and not draft.idle:
            draft = draft.saying(replace(draft.standing, request=""))  # this is the run that was asked for
    elif link and draft.idle and job.enabled and job.schedule.within(link.due):
        # Only its jitter holds it back: unless its due time stands in the row, nothing brings the row back in time.
        draft = draft.saying(replace(standing, next_due=link.due))
    if draft.idle or not isinstance(asked, request.Retry):
        draft = _pending(job, draft, now)
    if asked and draft.standing.request and not draft.decisions:
        draft = _asked(job, draft, asked, now)
    if draft.idle:
        draft = _backfilled(job, draft)
    return _planned(job, draft)


def _awake(job: Job | Faulty, standing: Standing) -> Standing:
    """Forget that something waited, where it is no attempt: what still waits, this tick finds again."""
    if isinstance(job, Faulty) or standing.status != Status.WAITING or standing.going:
        return standing
    status = Status.SCHEDULED if job.enabled else Status.PAUSED
    return replace(standing, status=status, reason=following(job, standing))


def _first(job: Job, draft: Draft, asked: request.Command | None, now: datetime) -> Draft:
    """Obey what a person asked for in particular before the schedule: a job of every minute would never come to it.

    A due time that this puts off is decided in the next tick.
    """
    free = isinstance(asked, request.Retry) or obstacle(job, draft.standing) is None
    special = isinstance(asked, request.Backfill) or (free and asked not in (None, request.Run()))
    return _asked(job, draft, asked, now) if asked and special else draft


def _command(job: Job | Faulty, standing: Standing) -> request.Command | None:
    """Read the request; in a row that is wrong otherwise too, only a cancel is heard."""
    try:
        return request.read(standing.request, job.schedule.zone if job.schedule else "UTC")
    except Fault:
        return None


def _planned(job: Job, draft: Draft) -> Plan:
    standing = replace(draft.standing, next_run=next_run(job, draft.standing))
    if draft.decisions:
        return Plan(standing, draft.decisions)
    standing = rested(job, standing)
    return Plan(standing, (Wait(standing.next_run, standing.reason),))


def _cancelled(standing: Standing) -> Plan:
    going = Backfill.read(standing.backfill)
    ended = f" {going.progress}; it ends here." if going else ""
    standing = replace(standing, request="", backfill="")
    if not standing.going:
        why = ended.strip() or "There was no run to cancel."
        return Plan(replace(standing, reason=why), (Wait(standing.next_run, why),))
    runs = tuple(replace(run, cancel=run.going or run.cancel) for run in standing.runs)
    said = replace(standing, runs=runs, status=Status.CANCELLING, reason=f"Cancelling on request.{ended}")
    return Plan(said, tuple(Cancel(run, "cancelled on request") for run in said.going))


def _scheduled(job: Job, draft: Draft, window: Window, now: datetime, link: Link | None) -> Draft:
    """Start what should run of the undecided due times, let pass what should not, and hold what must wait."""
    choice = choose(job, window, now)
    seen = to_text(link.seen) if link else draft.standing.upstreams
    trigger = Trigger.AFTER if link else Trigger.SCHEDULE
    # A chain's due times are its upstreams': only the newest counts, and none of them is missed.
    late = link is None and not draft.standing.blocking
    skips = tuple(Skip(one.first, one.last, trigger, one.why, seen, late=late) for one in choice.passing)
    if choice.due is None:
        standing = _passed(job, draft.standing, choice, seen)
        return draft.saying(_skipped(job, standing, skips[-1], standing), *skips)
    hindered = obstacle(job, draft.standing)
    if hindered is None:
        start = Start(choice.due, trigger, _interval(job, draft.standing, choice.due, link), f"due {iso(choice.due)}",
                      apart=job.overlap is Overlap.ALLOW)  # fmt: skip
        standing = replace(_passed(job, draft.standing, choice, seen), last_due=choice.due)
        return draft.saying(standing, *skips, start)
    if hindered.remedy is not Remedy.SKIP:
        return _held(draft, skips, choice.due, hindered)
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


def _held(draft: Draft, skips: tuple[Skip, ...], due: datetime, hindered: Obstacle) -> Draft:
    """Let a due time wait for what is in its way; to be replaced, that is ended.

    NextDue stays at what waits, so that nothing is lost if nobody ticks for an hour.
    """
    reason = f"The run due {iso(due)} waits: {hindered.why}."
    standing = replace(draft.standing, next_due=due)
    if hindered.remedy is Remedy.HOLD:
        return draft.saying(replace(standing, reason=reason), *skips)
    ending = {run.key for run in hindered.runs if run.going and not run.replaced}
    runs = tuple(
        replace(run, cancel=True, replaced=True) if run.key in ending else run for run in standing.runs
    )  # fmt: skip
    why = f"replaced by the run due {iso(due)}"
    said = replace(standing, runs=runs, reason=reason, status=Status.CANCELLING if ending else standing.status)
    return draft.saying(said, *skips, *(Cancel(run, why) for run in runs if run.key in ending))


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
    if not job.enabled or any(isinstance(one, Cancel) for one in draft.decisions):
        return draft
    return draft.saying(draft.standing, *(_again(run) for run in _one_by_one(job, draft, ready)))


def _one_by_one(job: Job, draft: Draft, ready: Sequence[Run]) -> Sequence[Run]:
    """Let attempts start one after the other, and beside nothing else, unless the job's runs may overlap.

    Scenario: an old copy was written over the row while attempt 2 was awaited, and hid it; the next due time
    started before Runs brought it back.
    """
    if job.overlap is Overlap.ALLOW:
        return ready
    busy = not draft.idle or any(run.blocking and not run.waiting for run in draft.standing.runs)
    return () if busy else sorted(ready, key=lambda run: run.due)[:1]


def _again(run: Run) -> Start:
    why = f"attempt {run.attempt} of the run due {iso(run.due)}"
    return Start(run.due, run.trigger, run.interval, why, run.attempt, waited=run)


def _asked(job: Job, draft: Draft, asked: request.Command, now: datetime) -> Draft:
    cleared = replace(draft.standing, request="")
    match asked:
        case request.Retry():
            return _retried(job, draft, cleared, now)
        case request.Backfill():
            return _begun(job, draft, cleared, asked, now)
        case request.Run():
            return _requested(job, draft, cleared, asked, now)
    return draft


def _requested(job: Job, draft: Draft, cleared: Standing, asked: request.Run, now: datetime) -> Draft:
    if asked.due and asked.due > now:
        return draft.saying(replace(cleared, reason=f"The requested run was not started: {iso(asked.due)} is to come."))
    hindered = obstacle(job, draft.standing)
    if hindered is None:
        return draft.saying(cleared, _own(job, asked, now))
    if hindered.remedy is Remedy.SKIP:
        told = replace(cleared, reason=f"The requested run was not started: {hindered.why}.")
        return draft.saying(told, *([] if asked.due else [Skip(now, now, Trigger.REQUEST, hindered.why)]))
    held = _held(draft, (), asked.due or now, hindered)
    reason = f"The requested run waits: {hindered.why}."
    return Draft(replace(held.standing, next_due=draft.standing.next_due, reason=reason), held.decisions)


def _own(job: Job, asked: request.Run, now: datetime) -> Start:
    """Make the start of a requested run; one with a due time or a watermark keeps its watermark to itself."""
    apart = asked.due is not None or asked.watermark is not None or job.overlap is Overlap.ALLOW
    before = job.schedule.before(asked.due) if asked.due else None
    interval = (before, asked.due) if before and asked.due else None
    attempt = NEXT_FREE if asked.due else 1
    return Start(asked.due or now, Trigger.REQUEST, interval, "requested", attempt, asked.watermark, apart)


def _retried(job: Job, draft: Draft, cleared: Standing, now: datetime) -> Draft:
    """Bring the waiting attempts forward, or run again what failed last."""
    early = tuple(replace(run, not_before=now) if run.waiting and not run.cancel else run for run in cleared.runs)
    if waiting := [run for run in early if run.waiting and not run.cancel]:
        ready = _one_by_one(job, draft, waiting)
        return draft.saying(replace(cleared, runs=early), *(_again(run) for run in ready))
    if cleared.blocking:
        return draft.saying(replace(cleared, reason=f"Nothing was tried again: {told(cleared.blocking[0])}."))
    return draft.saying(cleared, Start(now, Trigger.REQUEST, None, "asked for again", NEXT_FREE, last=True))


def _begun(job: Job, draft: Draft, cleared: Standing, asked: request.Backfill, now: datetime) -> Draft:
    """Note a backfill in the row; its first run starts when nothing else is going."""
    going = Backfill.read(cleared.backfill)
    begun = (
        f"one is going ({going.progress}): cancel it first"
        if going
        else backfill.begin(job.schedule, asked.first, asked.before, asked.watermark or "", now)
    )
    if isinstance(begun, str):
        return draft.saying(replace(cleared, reason=f"The backfill was not begun: {begun}."))
    return draft.saying(replace(cleared, backfill=str(begun), reason=f"{begun.progress}."))


def _backfilled(job: Job, draft: Draft) -> Draft:
    """Start the next due time of a backfill, when nothing else is going and nothing live is about to start."""
    going = Backfill.read(draft.standing.backfill)
    if going is None or going.next is None or draft.standing.blocking:
        return draft
    before = job.schedule.before(going.next)
    interval = (before, going.next) if before else None
    claimed = str(going.claimed(job.schedule))
    start = Start(going.next, Trigger.BACKFILL, interval, "backfill", NEXT_FREE, going.watermark, apart=True)
    return draft.saying(replace(draft.standing, backfill=claimed), replace(start, backfill=claimed))


__all__ = ["Cancel", "Decision", "Plan", "Range", "Skip", "Start", "Wait", "follow_edit", "plan"]
