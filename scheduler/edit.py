"""What an edit means for a job's row, and what the row says comes next. Pure."""

from datetime import datetime, timedelta

from scheduler import chain
from scheduler.backfill import Backfill
from scheduler.baseline import renewed as seen_again
from scheduler.changed import replace
from scheduler.job import Digest, Faulty, Job
from scheduler.row import UNSET, iso
from scheduler.run import Run, State
from scheduler.standing import Standing, Status
from scheduler.window import delay

#: From a due time, which is a whole second, back to before it.
_JUST_BEFORE = timedelta(milliseconds=1)


def follow_edit(job: Job | Faulty, digest: Digest, standing: Standing, edited: datetime) -> Standing:
    """Take note of an edit before anything else is written into its row.

    Scenario: a tick settles a run in a row whose Schedule was just edited, and dies. Its write moved the row's
    Timestamp; had it not taken the new digest along, the next tick would count from there and not from the edit.
    """
    if isinstance(job, Faulty):
        return _refused(job, digest, standing, edited)
    return _renewed(job, digest, standing, edited)


def _refused(job: Faulty, digest: Digest, standing: Standing, edited: datetime) -> Standing:
    """Say what is wrong; the times are kept in mind, so that a mended row catches up what was due meanwhile."""
    told = replace(standing, status=Status.INVALID, reason=" ".join(job.faults), next_run=None, digest=str(digest))
    if _times(standing) != digest.times:
        told = replace(told, next_due=job.schedule.after(_from(standing, edited)) if job.schedule else None)
        if job.schedule:
            names = chain.names(job.schedule, job.key)
            told = replace(told, upstreams=seen_again(standing.upstreams, names, edited))
    return told


def _renewed(job: Job, digest: Digest, standing: Standing, edited: datetime) -> Standing:
    """Follow an edit: new times count from the edit, never from before it; the row says what comes next."""
    next_due, upstreams = standing.next_due, standing.upstreams
    if _times(standing) != digest.times:
        next_due = job.schedule.after(_from(standing, edited))
        upstreams = seen_again(upstreams, chain.names(job.schedule, job.key), edited)
    elif standing.undated:
        next_due = job.schedule.after(_counted(job, standing, edited))
    if not job.enabled:
        next_due = None
    changed = next_due != standing.next_due or upstreams != standing.upstreams or standing.undated
    # It has a date now: asked again after this tick's first write, it would count from there.
    renewed = replace(standing, next_due=next_due, upstreams=upstreams, undated=False) if changed else standing
    renewed = replace(renewed, next_run=next_run(job, renewed))
    if standing.digest == str(digest) and standing.status not in ("", Status.INVALID) and not standing.note:
        return renewed
    told = replace(renewed, digest=str(digest))
    status = Status.PAUSED if not job.enabled else Status.SCHEDULED
    reason = f"{standing.note} {following(job, told)}".strip()
    return replace(told, status=going_status(told) or status, reason=reason)


def misdated(job: Job, digest: Digest, standing: Standing, edited: datetime) -> bool:
    """Say whether NextDue is no due time, or a later one than the next: no tick has written it.

    Scenario: a person types 2030 into it, for a pause. The job would rest until then, and no alarm would tell.
    """
    if _times(standing) != digest.times or not job.enabled or job.schedule.upstreams:
        return False  # new times are counted anew; a chain's is the due time that waits, if any
    due, since = standing.next_due, max(_from(standing, edited), standing.written or edited)
    if due and due <= since:
        return job.schedule.after(due - _JUST_BEFORE) != due
    return due != job.schedule.after(since)


def _counted(job: Job, standing: Standing, edited: datetime) -> datetime:
    """Give the instant from which due times count where NextDue cannot be believed.

    Scenario: a daily job was paused for four days, and 2030 is typed when it goes again. The days of the pause, behind
    its last run, were never due; our own last write knew. A due time that waits was there before that write, though.
    """
    last = standing.last_due
    if last is None and standing.status == Status.WAITING and not standing.runs:
        waits = job.schedule.latest(edited)  # it is the first that this job ever had
        return waits - _JUST_BEFORE if waits else edited
    holds = standing.runs or standing.status in (Status.WAITING, Status.INVALID)
    return last or edited if holds or not standing.written else max(standing.written - delay(job), last or UNSET)


def _times(standing: Standing) -> str:
    return standing.digest.partition("-")[0]


def _from(standing: Standing, edited: datetime) -> datetime:
    """Give the instant from which edited times count: no due time that had its run may come again.

    Scenario: the service's clock is half a minute behind ours, and a person edits right after a run was claimed.
    """
    return max(edited, standing.last_due or edited)


def next_run(job: Job, standing: Standing) -> datetime | None:
    """Say when the row needs a decision next: its due time put off by its jitter, an attempt or a backfill to go on."""
    due = standing.next_due + delay(job) if standing.next_due else None
    if not standing.runs and not standing.backfill:
        return due
    waiting = [run.not_before for run in standing.runs if run.waiting and run.not_before]
    backfill = None if standing.runs else Backfill.read(standing.backfill)
    return min((one for one in (due, backfill and backfill.next, *waiting) if one), default=None)


def going_status(standing: Standing) -> str:
    """Say what the row's runs are doing; '' when it has none."""
    if not standing.going:
        return ""
    if any(run.cancel for run in standing.going):
        return Status.CANCELLING
    if any(run.state is State.RUNNING for run in standing.going):
        return Status.RUNNING
    return Status.WAITING if all(run.waiting for run in standing.going) else Status.STARTING


def following(job: Job, standing: Standing) -> str:
    """Say what comes next, without a word that changes while nothing happens."""
    going = "".join(f"{_going(run)} " for run in standing.going[:1])
    if not job.enabled:
        why = f": {job.paused_reason.rstrip('.')}" if job.paused_reason else ""
        return f"{going}Paused{why}."
    if standing.next_due:
        late = f", put off to {iso(standing.next_due + delay(job))} by its Jitter" if delay(job) else ""
        return f"{going}Next run {iso(standing.next_due)}{late}."
    if names := chain.names(job.schedule, job.key):
        return f"{going}Runs when {' and '.join('/'.join(name) for name in names)} succeeded."
    return f"{going}{'Runs on request only.' if job.schedule.manual else 'No due time is left.'}"


def _going(run: Run) -> str:
    if run.waiting and run.not_before:
        return f"Attempt {run.attempt} of the run due {iso(run.due)} follows at {iso(run.not_before)}."
    return f"The run due {iso(run.due)} is going."


def rested(job: Job, standing: Standing) -> Standing:
    """Show a pause once its last run has ended."""
    if job.enabled or any(not run.waiting for run in standing.going) or standing.status == Status.PAUSED:
        return standing
    return replace(standing, status=Status.PAUSED, reason=f"{following(job, standing)} {standing.reason}".strip())
