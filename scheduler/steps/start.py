"""start: write down what passes, claim what is due, register the runs, create their groups. In this order.

1. skip      insert the rows of skipped ranges; refused = decided before
2. claim     merge the job row with its ETag: the merge is the lock; 412 = nothing was promised
3. register  insert the run's row; refused = the job row was an old copy of itself
4. create    PUT the group, once, and no later than four minutes into the tick
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scheduler.job import Job
from scheduler.outcome import Outcome
from scheduler.plan import Plan
from scheduler.ports import GroupRefused, Insert, Unknown
from scheduler.row import Key
from scheduler.run import Run, State, finished
from scheduler.spec import body
from scheduler.steps.claim import Claim, claim
from scheduler.steps.existing import ended
from scheduler.steps.finish import Ending, end, examine
from scheduler.steps.repair import disproved
from scheduler.steps.skip import let_pass
from scheduler.steps.work import Work
from scheduler.steps.write import Done, NotDone, write

#: Seconds into a tick after which it sends no PUT any more. The lease is ten minutes, and ARM applies a
#: PUT within five of its sending: a later tick that finds the lease over can trust a 404.
LAST_PUT = 240.0


def start(work: Work, plans: Mapping[Key, Plan]) -> None:
    """Carry out the plans: skips, claims, registrations, creations and cancels."""
    plans = let_pass(work, plans)
    _create(work, _register(work, claim(work, plans)))
    _cancel(work, [one.run.job for decided in plans.values() for one in decided.cancels])


def _register(work: Work, claims: Sequence[Claim]) -> list[Claim]:
    """Add the runs' rows; a refusal shows that the job row was an old copy, or that another tick has the run."""
    by_key = {one.run.key: one for one in claims}
    registered = []
    for key, answer in write(work.world.runs, [Insert(key, one.run.row()) for key, one in by_key.items()]).items():
        one = by_key[key]
        if isinstance(answer, Done):
            work.world.memory.etags[key] = answer.etag
            registered.append(one)
        elif one.again and answer.row and not finished(answer.row):
            work.world.memory.etags[key] = answer.row.etag
            registered.append(one)
        else:
            _unclaimed(work, one.run, answer)
    return registered


def _unclaimed(work: Work, run: Run, refused: NotDone) -> None:
    """Take the promise back: this due time had its run before, or has it now under another tick."""
    seen = work.seen[run.job]
    others = tuple(other for other in seen.standing.runs if other.run_id != run.run_id)
    if not refused.lost:
        work.troubles.append(f"{'/'.join(run.job)}: the run cannot be registered: {refused.sentence[:300]}")
    work.seen[run.job] = seen.saying(replace(seen.standing, runs=others))
    disproved(work, run.job, refused.row)


def _create(work: Work, claims: Sequence[Claim]) -> None:
    """Create the groups, the most important first; what ACI refuses is closed at once, with its reason."""
    ordered = sorted(claims, key=lambda one: (-_priority(work, one.run.job), one.run.due))
    work.started += len(ordered)
    refusals = work.each(lambda one: _send(work, one), ordered)
    end(work, [one for one in refusals if one])


def _priority(work: Work, key: Key) -> int:
    job = work.seen[key].job
    return job.priority if isinstance(job, Job) else 0


def _send(work: Work, claimed: Claim) -> Ending | None:
    """Send one PUT, or one start. An answer that tells nothing is no failure: the next tick looks.

    Scenario: the PUT arrived, its answer did not. A second PUT would restart the container that the first
    one started, and the job would run twice.
    """
    world, run = work.world, claimed.run
    job = work.seen[run.job].job
    if world.monotonic() - work.began > LAST_PUT or not isinstance(job, Job):
        return None
    try:
        if run.existing:
            world.groups.start(run.group, stop_first=ended(claimed.view or world.groups.get(run.group)))
        elif not claimed.again or world.groups.get(run.group) is None:
            world.groups.create(run.group, body(job, run, world.settings))
    except GroupRefused as refused:
        why = Outcome(State.FAILED, refused.cause, refused.sentence, finished=work.now)
        return Ending(run, why, removed=True)
    except Unknown:
        pass
    return None


def _cancel(work: Work, jobs: Sequence[Key]) -> None:
    """End the runs whose cancel was just written down."""
    runs = [
        run for key in dict.fromkeys(jobs) if key in work.seen for run in work.seen[key].standing.going if run.cancel
    ]
    found = work.each(lambda run: examine(work, run, work.seen[run.job].standing.watermark), runs)
    end(work, [one for one in found if isinstance(one, Ending)])
