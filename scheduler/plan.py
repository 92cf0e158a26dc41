"""What a job should do now: (job, what its row says, now) -> decisions, each with its reason.

Pure. "Due" is always computed from what the row says was last decided, never from "the timer fired": a
tick may come minutes or days late, twice, or not at all.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from scheduler.job import Digest, Faulty, Job
from scheduler.row import iso
from scheduler.run import Run, State
from scheduler.standing import Standing, Status


@dataclass(frozen=True)
class Skip:
    """Let these due times pass, and write down why: a skip is a decision too."""

    first: datetime
    last: datetime
    trigger: str
    why: str


@dataclass(frozen=True)
class Start:
    """Claim this due time and start its run."""

    due: datetime
    trigger: str
    interval: tuple[datetime, datetime] | None
    why: str


@dataclass(frozen=True)
class Cancel:
    """End this run: a person asked for it."""

    run: Run
    why: str


@dataclass(frozen=True)
class Wait:
    """Nothing to do before `until`; None = before somebody edits the row."""

    until: datetime | None
    why: str


type Decision = Skip | Start | Cancel | Wait


@dataclass(frozen=True)
class Plan:
    """What to do about one job, and what its row should say once that is written."""

    standing: Standing
    decisions: tuple[Decision, ...]

    @property
    def skips(self) -> tuple[Skip, ...]:
        """The ranges of due times that pass."""
        return tuple(one for one in self.decisions if isinstance(one, Skip))

    @property
    def start(self) -> Start | None:
        """The run to start, if any."""
        return next((one for one in self.decisions if isinstance(one, Start)), None)

    @property
    def cancels(self) -> tuple[Cancel, ...]:
        """The runs to end."""
        return tuple(one for one in self.decisions if isinstance(one, Cancel))


def follow_edit(job: Job | Faulty, digest: Digest, standing: Standing, edited: datetime) -> Standing:
    """Take note of an edit before anything else is written into its row.

    Scenario: a tick settles a run in a row whose Schedule was just edited, and dies. Its write moved the row's
    Timestamp; had it not taken the new digest along, the next tick would count from there and not from the edit.
    """
    if isinstance(job, Faulty):
        return _refused(job, digest, standing, edited)
    return _renewed(job, digest, standing, edited)


def plan(job: Job | Faulty, digest: Digest, standing: Standing, edited: datetime, now: datetime) -> Plan:
    """Decide for one row; `edited` is its Timestamp, when somebody or the scheduler last wrote it."""
    standing = follow_edit(job, digest, standing, edited)
    if standing.request == "cancel":
        return _cancel(standing)
    if isinstance(job, Faulty):
        return Plan(standing, (Wait(None, standing.reason),))
    due = standing.next_due if job.enabled else None
    if due and due <= now:
        return _scheduled(job, standing, due, now)
    if standing.request == "run":
        return _requested(standing, now)
    standing = _rested(job, standing)
    return Plan(standing, (Wait(standing.next_run, standing.reason),))


def _refused(job: Faulty, digest: Digest, standing: Standing, edited: datetime) -> Standing:
    """Say what is wrong; the times are kept in mind, so that a mended row catches up what was due meanwhile."""
    told = replace(standing, status=Status.INVALID, reason=" ".join(job.faults), next_run=None, digest=str(digest))
    if _times(standing) != digest.times:
        told = replace(told, next_due=job.schedule.after(_from(standing, edited)) if job.schedule else None)
    return told


def _cancel(standing: Standing) -> Plan:
    if not standing.going:
        why = "There was no run to cancel."
        return Plan(replace(standing, request="", reason=why), (Wait(standing.next_run, why),))
    why = "cancelled on request"
    runs = tuple(replace(run, cancel=run.going or run.cancel) for run in standing.runs)
    told = replace(standing, request="", runs=runs, status=Status.CANCELLING, reason="Cancelling on request.")
    return Plan(told, tuple(Cancel(run, why) for run in told.going))


def _times(standing: Standing) -> str:
    return standing.digest.partition("-")[0]


def _renewed(job: Job, digest: Digest, standing: Standing, edited: datetime) -> Standing:
    """Follow an edit: new times count from the edit, never from before it; the row says what comes next."""
    next_due = standing.next_due
    if _times(standing) != digest.times:
        next_due = job.schedule.after(_from(standing, edited))
    elif standing.undated:
        next_due = job.schedule.after(standing.last_due or edited)
    if not job.enabled:
        next_due = None
    if standing.digest == str(digest) and standing.status not in ("", Status.INVALID) and not standing.note:
        return replace(standing, next_due=next_due, next_run=next_due)
    told = replace(standing, next_due=next_due, next_run=next_due, digest=str(digest))
    status = Status.PAUSED if not job.enabled else Status.SCHEDULED
    reason = f"{standing.note} {_next(job, told)}".strip()
    return replace(told, status=_going_status(told) or status, reason=reason)


def _from(standing: Standing, edited: datetime) -> datetime:
    """Give the instant from which edited times count: no due time that had its run may come again.

    Scenario: the service's clock is half a minute behind ours, and a person edits right after a run was claimed.
    """
    return max(edited, standing.last_due or edited)


def _going_status(standing: Standing) -> str:
    if not standing.going:
        return ""
    if any(run.cancel for run in standing.going):
        return Status.CANCELLING
    running = any(run.state is State.RUNNING for run in standing.going)
    return Status.RUNNING if running else Status.STARTING


def _next(job: Job, standing: Standing) -> str:
    """Say what comes next, without a word that changes while nothing happens."""
    going = "".join(f"The run due {iso(run.due)} is going. " for run in standing.going[:1])
    if not job.enabled:
        return f"{going}Paused{f': {job.paused_reason}' if job.paused_reason else ''}."
    if standing.next_due:
        return f"{going}Next run {iso(standing.next_due)}."
    return f"{going}{'Runs on request only.' if job.schedule.manual else 'No due time is left.'}"


def _rested(job: Job, standing: Standing) -> Standing:
    """Show a pause once its last run has ended."""
    if job.enabled or standing.going or standing.status == Status.PAUSED:
        return standing
    return replace(standing, status=Status.PAUSED, reason=f"{_next(job, standing)} {standing.reason}".strip())


def _scheduled(job: Job, standing: Standing, due: datetime, now: datetime) -> Plan:
    """Start the latest due time; the ones before it pass, or all of them while a run is going.

    After an outage a job catches up once, not once for every minute that was missed.
    """
    last = max(job.schedule.latest(now) or due, due)
    following = job.schedule.after(now)
    told = replace(standing, next_due=following, next_run=following)
    if standing.blocking:
        skip = Skip(due, last, "schedule", f"{_blocked(standing.blocking[0])} (Overlap skip)")
        reason = f"Skipped {_range(skip)}: {skip.why}. {_next(job, replace(told, runs=()))}"
        return Plan(replace(told, reason=reason), (skip,))
    interval = _interval(job, standing, last)
    start = Start(last, "schedule", interval, f"due {iso(last)}")
    told = replace(told, last_due=last, request="" if standing.request == "run" else standing.request)
    before = job.schedule.before(last)
    if before is None or before < due:
        return Plan(told, (start,))
    return Plan(told, (Skip(due, before, "schedule", "missed: only the latest is caught up (CatchUp latest)"), start))


def _blocked(run: Run) -> str:
    """Say what holds up the next run; what was claimed and never seen is looked for until its lease ends."""
    if run.removing:
        return f"the container group of the run due {iso(run.due)} could not be stopped yet"
    if run.missing:
        return f"the container group of the run due {iso(run.due)} is missing since {iso(run.missing)}"
    if run.state is State.STARTING:
        return f"the run due {iso(run.due)} was not seen to start yet, and is looked for until {iso(run.lease)}"
    return f"the run due {iso(run.due)} is still going"


def _range(skip: Skip) -> str:
    return iso(skip.first) if skip.first == skip.last else f"{iso(skip.first)} to {iso(skip.last)}"


def _interval(job: Job, standing: Standing, due: datetime) -> tuple[datetime, datetime] | None:
    """Give the data interval: from the last scheduled run's due, else the schedule's previous due."""
    start = standing.last_due or job.schedule.before(due)
    return (start, due) if start and start < due else None


def _requested(standing: Standing, now: datetime) -> Plan:
    cleared = replace(standing, request="")
    if not standing.blocking:
        return Plan(cleared, (Start(now, "request", None, "requested"),))
    why = f"{_blocked(standing.blocking[0])} (Overlap skip)"
    return Plan(
        replace(cleared, reason=f"The requested run was not started: {why}."),
        (Skip(now, now, "request", why),),
    )
