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
from scheduler.run import SKIPPED, Cause, Event, Run, State, finished
from scheduler.spec import body
from scheduler.steps.claim import Claim, claim
from scheduler.steps.existing import ended
from scheduler.steps.finish import Ending, end, examine, note
from scheduler.steps.repair import disproved, passed_before
from scheduler.steps.skip import let_pass
from scheduler.steps.work import Work
from scheduler.steps.write import Done, NotDone, write
from scheduler.verdict import Stay

#: Seconds into a tick after which it sends no PUT any more. The lease is ten minutes, and ARM applies a
#: PUT within five of its sending: a later tick that finds the lease over can trust a 404.
LAST_PUT = 240.0
#: Likewise for a start, which stops the group first, pauses, and may have to ask several times.
LAST_START = 60.0


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
            _unclaimed(work, one, answer)
    return registered


def _unclaimed(work: Work, one: Claim, refused: NotDone) -> None:
    """Take the promise back: this due time was decided before, or its run cannot be written down at all."""
    row, run = refused.row, one.run
    if not refused.lost:
        why = Outcome(State.FAILED, Cause.SPEC, f"it cannot be registered: {refused.sentence[:300]}", finished=work.now)
        end(work, [Ending(run, why, closed=True, removed=True)])
        return
    if one.again and row and (outcome := Outcome.from_row(row)):
        end(work, [Ending(run, outcome, closed=True)])
        return
    seen = work.seen[run.job]
    others = tuple(other for other in seen.standing.runs if other.run_id != run.run_id)
    work.seen[run.job] = seen.saying(replace(seen.standing, runs=others))
    if row and row.columns.get("State") == SKIPPED:
        passed_before(work, run.job, row, one.before)
    else:
        disproved(work, run.job, one.before, row)


def _create(work: Work, claims: Sequence[Claim]) -> None:
    """Create the groups, the most important first; what ACI refuses is closed at once, with its reason."""
    ordered = sorted(claims, key=lambda one: (-_priority(work, one.run.job), one.run.due))
    answers = work.each(lambda one: _send(work, one), ordered)
    work.started += sum(not isinstance(answer, Ending) for answer in answers)
    for answer in answers:
        if isinstance(answer, Stay):
            note(work, answer)
    end(work, [answer for answer in answers if isinstance(answer, Ending)])


def _priority(work: Work, key: Key) -> int:
    job = work.seen[key].job
    return job.priority if isinstance(job, Job) else 0


def _send(work: Work, claimed: Claim) -> Ending | Stay | None:
    """Send one PUT, or one start. An answer that tells nothing is no failure: the next tick looks.

    Scenario: the PUT arrived, its answer did not. A second PUT would restart the container that the first
    one started, and the job would run twice. Nor may one after a PUT that was answered, should the group then
    vanish: the run remembers that its group was there.
    """
    run, job = claimed.run, work.seen[claimed.run.job].job
    if work.age > (LAST_START if run.existing else LAST_PUT) or not isinstance(job, Job):
        return None
    try:
        if run.existing:
            view = work.world.groups.get(run.group) if claimed.again else claimed.view
            work.world.groups.start(run.group, stop_first=ended(view))
            return None  # seen when its start time changes
        if not job.image:
            return _refused(work, run, Cause.SPEC, "its row names no image any more")
        if claimed.again and work.world.groups.get(run.group) is not None:
            return None
        work.world.groups.create(run.group, body(job, run, work.world.settings))
    except GroupRefused as refused:
        return _refused(work, run, refused.cause, refused.sentence)
    except Unknown:
        return None
    except Exception as error:  # noqa: BLE001 - one run's odd answer must not keep the others from starting
        work.troubles.append(f"{job.id}: its start gave {error!r}")
        return None
    return Stay(run.after(Event.SEEN))


def _refused(work: Work, run: Run, cause: Cause, sentence: str) -> Ending:
    return Ending(run, Outcome(State.FAILED, cause, sentence, finished=work.now), removed=True)


def _cancel(work: Work, jobs: Sequence[Key]) -> None:
    """End the runs whose cancel was just written down."""
    runs = [
        run for key in dict.fromkeys(jobs) if key in work.seen for run in work.seen[key].standing.going if run.cancel
    ]
    found = work.each(lambda run: examine(work, run, work.seen[run.job].standing.watermark), runs)
    end(work, [one for one in found if isinstance(one, Ending)])
