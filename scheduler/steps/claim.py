"""claim: promise each due run in its job row. The merge with the row's ETag is the lock."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from scheduler.identity import group_name
from scheduler.job import Job
from scheduler.plan import Plan, Skip, Start
from scheduler.ports import GroupRefused, Unknown
from scheduler.row import Key, iso
from scheduler.run import LEASE, Run
from scheduler.standing import Standing, Status
from scheduler.steps.decide import decide_one
from scheduler.steps.existing import always, before_start, refuse, someone_elses
from scheduler.steps.repair import look_again
from scheduler.steps.skip import write_down
from scheduler.steps.work import Seen, Work
from scheduler.steps.write import NotDone
from scheduler.view import View


@dataclass(frozen=True)
class Claim:
    """A run that is ours to create, and the group's state before it, where the group was there before."""

    run: Run
    #: What the row said before this claim.
    before: Standing
    view: View | None = None
    again: bool = False


def claim(work: Work, plans: Mapping[Key, Plan]) -> list[Claim]:
    """Promise each start in its job row; whoever edited a row meanwhile wins, and it is planned once more."""
    starts = {key: decided.start for key, decided in plans.items() if decided.start}
    claims = _prepared(work, starts) | _retaken(work)
    cancelled = [key for key, decided in plans.items() if decided.cancels]
    for key, refused in work.save(list(dict.fromkeys([*claims, *cancelled]))).items():
        claims.pop(key, None)
        if claim := _claim_again(work, key, refused):
            claims[key] = claim
    return list(claims.values())


def _prepared(work: Work, starts: Mapping[Key, Start]) -> dict[Key, Claim]:
    """Look at the existing groups, all at once, and make the runs that can be claimed."""
    jobs = {key: job for key in starts if isinstance(job := work.seen[key].job, Job)}
    groups = {key: job.group for key, job in jobs.items() if job.group}
    looks = dict(zip(groups, work.each(lambda group: before_start(work.world, group), groups.values()), strict=True))
    made = {key: _prepare(work, key, starts[key], looks.get(key)) for key in jobs}
    return {key: claim for key, claim in made.items() if claim}


def _prepare(work: Work, key: Key, decided: Start, look: View | Unknown | GroupRefused | None) -> Claim | None:
    """Make the run and its entry; None when the look at an existing group says that it cannot start now."""
    seen = work.seen[key]
    job, before = seen.job, seen.unplanned
    if not isinstance(job, Job):
        return None
    if isinstance(look, Unknown | GroupRefused):
        # Nothing was decided: the next tick finds the row as due as it is.
        reason = f"ContainerGroup '{job.group}' cannot be looked at: {look}"
        work.seen[key] = seen.saying(replace(before, reason=reason))
        return None
    if look and look.restart_policy == "Always":
        _made_invalid(work, seen, always(job.group))
        return None
    if someone_elses(look):
        _passed(work, seen, decided)
        return None
    run = _run(work, job, decided, look, seen.standing.watermark)
    reason = f"The run due {iso(run.due)} is starting."
    told = replace(seen.standing, runs=(*seen.standing.runs, run), status=Status.STARTING, reason=reason)
    work.seen[key] = seen.saying(told)
    return Claim(run, before, look)


def _run(work: Work, job: Job, decided: Start, view: View | None, watermark: str) -> Run:
    name = group_name(work.world.settings.installation, job.key, decided.due, 1)
    return Run(
        job=job.key,
        due=decided.due,
        attempt=1,
        trigger=decided.trigger,
        run_id=name,
        group=job.group or name,
        tick=work.tick,
        claimed=work.now,
        lease=work.now + LEASE,
        timeout=job.timeout,
        start_timeout=job.start_timeout,
        existing=bool(job.group),
        location=view.location if view else work.world.settings.location,
        watermark=watermark,
        interval=decided.interval,
        prior=view.started if view else None,
    )


def _made_invalid(work: Work, seen: Seen, fault: str) -> None:
    """Undo the plan: the due time stays undecided until the row or the group is mended."""
    refuse(work, seen.saying(seen.unplanned), fault)
    decide_one(work, seen.key)


def _passed(work: Work, seen: Seen, decided: Start) -> None:
    """Let the due time pass: somebody else's work is running in the group, and a start would not be ours."""
    why = "the container group is running already, and not by a run of this job"
    write_down(work, seen.key, Skip(decided.due, decided.due, decided.trigger, why))
    request = seen.standing.request if decided.trigger == "request" else seen.unplanned.request
    reason = f"Skipped {iso(decided.due)}: {why}."
    told = replace(seen.standing, last_due=seen.unplanned.last_due, request=request, reason=reason)
    work.seen[seen.key] = seen.saying(told)


def _retaken(work: Work) -> dict[Key, Claim]:
    """Renew the leases of runs that were claimed by a tick that is gone, and never created.

    The run is taken as the row has it now: a cancel that was just planned must not be overwritten by the copy
    that was judged before it.
    """
    claims = {}
    for judged in (retake.run for retake in work.retakes):
        seen = work.seen.get(judged.job)
        run = next((one for one in seen.standing.runs if one.run_id == judged.run_id), None) if seen else None
        if seen is None or run is None or run.cancel:
            continue
        mine = replace(run, tick=work.tick, lease=work.now + LEASE, tries=judged.tries)
        runs = tuple(mine if other.run_id == run.run_id else other for other in seen.standing.runs)
        work.seen[run.job] = seen.saying(replace(seen.standing, runs=runs))
        claims[run.job] = Claim(mine, seen.standing, again=True)
    return claims


def _claim_again(work: Work, key: Key, refused: NotDone) -> Claim | None:
    """Read and plan once more after a lost race; what loses again is left to the next tick."""
    if not refused.lost:
        work.leave(key, refused)
        return None
    if not look_again(work, key, refused.row):
        return None
    decided = decide_one(work, key)
    claim = _prepared(work, {key: decided.start}).get(key) if decided.start and not decided.skips else None
    if claim is None or key not in work.seen:
        work.seen.pop(key, None)  # what else the row should say, the next tick will find
        return None
    for other, answer in work.save([key]).items():
        work.leave(other, answer)
        return None
    return claim
