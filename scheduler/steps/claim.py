"""claim: promise each due run in its job row. The merge with the row's ETag is the lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import compress

from scheduler.backfill import Backfill
from scheduler.changed import replace
from scheduler.decision import Plan, Skip, Start, undone
from scheduler.edit import next_run
from scheduler.facts.troubles import NeedsOdd
from scheduler.identity import group_name
from scheduler.job import Job
from scheduler.mask import Mask
from scheduler.ports import GroupRefused, Secret, Unknown
from scheduler.row import Key, iso
from scheduler.run import LEASE, Run, State, Trigger
from scheduler.spec import requested
from scheduler.standing import Standing, Status
from scheduler.steps.decide import decide_one
from scheduler.steps.existing import always, someone_elses
from scheduler.steps.line import leave_due, looked_at, too_late
from scheduler.steps.prepare import NotNow, Ready, asks, prepare, read_secrets
from scheduler.steps.repair import look_again, refuse, without
from scheduler.steps.seen import Seen
from scheduler.steps.skip import write_down
from scheduler.steps.work import Work
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
    #: What its body needs; never written anywhere.
    secrets: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    #: Why it can never be created.
    refused: GroupRefused | None = None

    @cached_property
    def mask(self) -> Mask:
        """What must not be seen of what it is told."""
        return Mask(one.value for one in self.secrets.values())


def claim(work: Work, plans: Mapping[Key, Plan]) -> list[Claim]:
    """Promise each start in its job row; whoever edited a row meanwhile wins, and it is planned once more."""
    starts = [(key, start) for key, decided in plans.items() for start in decided.starts]
    claims = _prepared(work, starts)
    for one in _retaken(work):
        claims.setdefault(one.run.job, []).append(one)
    cancelled = [key for key, decided in plans.items() if decided.cancels]
    for key, refused in work.save(list(dict.fromkeys([*claims, *cancelled]))).items():
        claims.pop(key, None)
        places = {start.due: start.place for start in plans[key].starts} if key in plans else {}
        if again := _claim_again(work, key, refused, places):
            claims[key] = again
    return [one for several in claims.values() for one in several]


def _prepared(work: Work, starts: Sequence[tuple[Key, Start]]) -> dict[Key, list[Claim]]:
    """Find out what each start needs, all at once, and make the runs that can be claimed."""
    jobs = [(key, start, job) for key, start in starts if isinstance(job := work.seen[key].job, Job)]
    # Most starts need nothing that somebody must be asked for: they are not handed to other threads.
    asking = [asks(job, start) for _, start, job in jobs]
    answers = iter(work.each(lambda one: _find_out(work, one[2], one[1]), compress(jobs, asking)))
    found = [
        next(answers) if asked else _find_out(work, one[2], one[1]) for one, asked in zip(jobs, asking, strict=True)
    ]
    claims: dict[Key, list[Claim]] = {}
    for (key, start, job), ready in zip(jobs, found, strict=True):
        if made := _prepare(work, key, job, start, ready):
            claims.setdefault(key, []).append(made)
    return claims


def _find_out(work: Work, job: Job, start: Start) -> Ready | NotNow:
    """Prepare one start; an odd answer stays with its job, or it would end this tick and the next for all."""
    try:
        entries = [run.attempt for run in work.seen[job.key].standing.runs if run.due == start.due]
        return prepare(work.world, job, start, after=max(entries, default=0))
    except Exception as error:  # noqa: BLE001 - as the docstring says
        work.troubles.append(NeedsOdd(type(error).__name__, job.id))
        return NotNow(f"what it needs could not be understood: {type(error).__name__}")


def _prepare(work: Work, key: Key, job: Job, start: Start, ready: Ready | NotNow) -> Claim | None:
    """Make the run and its entry; None when it cannot start now."""
    if too_late(work, existing=bool(job.group)):
        leave_due(work, key, start)
        return None
    seen = work.seen[key]
    before = seen.unplanned
    if isinstance(ready, NotNow):
        # Nothing was decided: the next tick finds the row as due as it is.
        back = undone(seen.standing, before, start)
        back = replace(back, request="") if ready.for_good else back
        back = back if ready.backfill is None else replace(back, backfill=ready.backfill)
        work.seen[key] = seen.saying(_not_now(work, back, start, ready))
        return None
    if ready.view and ready.view.restart_policy == "Always":
        refuse(work, seen.saying(before), always(job.group))
        decide_one(work, key)
        return None
    if someone_elses(ready.view) and start.trigger == Trigger.BACKFILL and not start.last:
        why = "The backfill waits: the container group is running already, and not by a run of this job."
        back = undone(seen.standing, before, start)
        work.seen[key] = seen.saying(_not_now(work, back, start, NotNow(why)))
        return None
    if someone_elses(ready.view):
        _passed(work, seen, start)
        return None
    run = _run(work, job, ready, seen.standing)
    others = without(seen.standing, run)
    played = Backfill.read(run.backfill)
    reason = start.telling(f"{_called(run)} is starting.{f' {played.progress}.' if played else ''}")
    told = replace(others, runs=(*others.runs, run), status=Status.STARTING, reason=reason)
    work.seen[key] = seen.saying(replace(told, next_run=next_run(job, told)))
    return Claim(run, _taken_back(seen, start), ready.view, secrets=ready.secrets, refused=ready.refused)


def _taken_back(seen: Seen, start: Start) -> Standing:
    """Give what the row says again should this claim be taken back: what a request asked for beside it stays done."""
    before, told = seen.unplanned, seen.standing
    if start.asked:
        return before
    return replace(before, request=told.request, backfill=before.backfill if start.backfill else told.backfill)


def _not_now(work: Work, back: Standing, start: Start, ready: NotNow) -> Standing:
    """Let the row say why nothing starts, and be looked at again in the next tick: a request has no due time."""
    back = replace(back, reason=start.telling(ready.why))
    if ready.for_good:
        return back
    status = back.status if back.going else Status.WAITING
    return replace(back, status=status, next_run=looked_at(work, back))


def _called(run: Run) -> str:
    return f"Attempt {run.attempt} of the run due {iso(run.due)}" if run.attempt > 1 else f"The run due {iso(run.due)}"


def _run(work: Work, job: Job, ready: Ready, standing: Standing) -> Run:
    settings, start, waited = work.world.settings, ready.start, ready.start.waited
    name = group_name(settings.installation, job.key, start.due, start.attempt)
    places = job.locations or (settings.location,)
    apart = waited.apart if waited else start.apart or start.watermark is not None
    own = waited.watermark if waited and apart else start.watermark
    cpu, memory, spot = (0.0, 0.0, False) if job.group else requested(job, settings)
    return Run(
        job=job.key,
        due=start.due,
        attempt=start.attempt,
        trigger=start.trigger,
        run_id=name,
        group=job.group or name,
        tick=work.tick,
        claimed=work.now,
        lease=work.now + LEASE,
        timeout=job.timeout,
        start_timeout=job.start_timeout,
        existing=bool(job.group),
        location=ready.view.location if ready.view else start.place or _place(places, waited),
        watermark=standing.watermark if own is None else own,
        interval=start.interval,
        prior=ready.view.started if ready.view else None,
        retries=job.retries,
        retry_delay=job.retry_delay,
        spent=waited.spent if waited else {},
        places=places,
        cpu=cpu,
        memory=memory,
        spot=spot,
        commit=ready.commit,
        secrets=tuple(one.id for one in ready.secrets.values()),
        apart=apart,
        upstreams=standing.upstreams,
        backfill=waited.backfill if waited else start.backfill,
        failed=waited.failed if waited else start.failed,
    )


def _place(places: tuple[str, ...], waited: Run | None) -> str:
    return waited.location if waited and waited.location in places else places[0]


def _passed(work: Work, seen: Seen, start: Start) -> None:
    """Let the due time pass: somebody else's work is running in the group, and a start would not be ours."""
    why = "the container group is running already, and not by a run of this job"
    if start.waited and not start.last:
        told = replace(seen.unplanned, reason=start.telling(f"{_called(start.waited)} waits: {why}."))
    else:
        # What is tried again on request had its due time long ago: what passes is the request.
        due, trigger = (work.now, Trigger.REQUEST) if start.last else (start.due, start.trigger)
        write_down(work, seen.key, Skip(due, due, trigger, why))
        done = trigger == Trigger.REQUEST or not start.asked
        request = seen.standing.request if done else seen.unplanned.request
        told = replace(seen.standing, last_due=seen.unplanned.last_due, request=request)
        told = replace(told, reason=start.telling(f"Skipped {iso(due)}: {why}."))
    work.seen[seen.key] = seen.saying(told)


def _retaken(work: Work) -> list[Claim]:
    """Renew the leases of runs that were claimed by a tick that is gone, and never created.

    The run is taken as the row has it now: a cancel that was just planned must not be overwritten by the copy
    that was judged before it.
    """
    claims = []
    for judged in (retake.run for retake in work.retakes):
        seen = work.seen.get(judged.job)
        run = next((one for one in seen.standing.runs if one.key == judged.key), None) if seen else None
        if seen is None or run is None or run.cancel or run.state is not State.STARTING:
            continue
        # Scenario: another tick took it over since this one judged it, and its PUT is under way. And what a row that
        # is wrong would ask for, nobody knows: its run waits until the row is mended, or cancelled.
        if run.lease != judged.lease or not isinstance(seen.job, Job) or too_late(work, existing=run.existing):
            continue
        try:
            secrets = (
                read_secrets(work.world, seen.job.references) if isinstance(seen.job, Job) and not run.existing else {}
            )
        except (Unknown, GroupRefused):
            continue  # its lease stays over: the next tick takes it, or gives it up
        ids = tuple(dict.fromkeys((*run.secrets, *(one.id for one in secrets.values()))))
        mine = replace(run, tick=work.tick, lease=work.now + LEASE, tries=judged.tries, secrets=ids)
        runs = tuple(mine if other.key == run.key else other for other in seen.standing.runs)
        work.seen[run.job] = seen.saying(replace(seen.standing, runs=runs))
        claims.append(Claim(mine, seen.standing, again=True, secrets=secrets))
    return claims


def _claim_again(work: Work, key: Key, refused: NotDone, places: Mapping[datetime, str]) -> list[Claim] | None:
    """Read and plan once more after a lost race; what loses again is left to the next tick.

    `places`: where each due time was to go, as ACI has no creation left in the first of its row's Locations.
    """
    if not refused.lost:
        work.leave(key, refused)
        return None
    if not look_again(work, key, refused.row):
        return None
    decided = decide_one(work, key)
    job = work.seen[key].job
    allowed = job.locations if isinstance(job, Job) else ()
    placed = [(start, places.get(start.due, "")) for start in decided.starts]
    again = [replace(start, place=place) if place in allowed else start for start, place in placed]
    starts = [(key, start) for start in again] if not decided.skips else []
    claims = _prepared(work, starts).get(key)
    if not claims or key not in work.seen:
        work.seen.pop(key, None)  # what else the row should say, the next tick will find
        return None
    for other, answer in work.save([key]).items():
        work.leave(other, answer)
        return None
    return claims
