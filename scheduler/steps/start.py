"""start: write down what passes, claim what is due, register the runs, create their groups. In this order.

1. skip      insert the rows of skipped ranges; refused = decided before
2. line      what ACI would not create now waits, in order
3. claim     merge the job row with its ETag: the merge is the lock; 412 = nothing was promised
4. register  insert the run's row; refused = the job row was an old copy of itself
5. create    PUT the group, once, and no later than three minutes into the tick
"""

from collections.abc import Mapping, Sequence

from scheduler.asked import kept
from scheduler.decision import Plan
from scheduler.entry import row_of
from scheduler.facts.fact import of_end, of_runs
from scheduler.facts.runs import RunStarted
from scheduler.facts.troubles import StartOdd, StartsLate
from scheduler.job import Job
from scheduler.outcome import Outcome
from scheduler.ports import Allowance, GroupRefused, Insert, Unknown
from scheduler.row import Columns, Key
from scheduler.run import SKIPPED, Cause, Event, State, finished
from scheduler.spec import body
from scheduler.steps.back import look_back
from scheduler.steps.claim import Claim, claim
from scheduler.steps.existing import ended
from scheduler.steps.finish import Ending, call_off, decided, end, examine, note
from scheduler.steps.line import in_line, too_late
from scheduler.steps.repair import disproved, passed_before
from scheduler.steps.skip import let_pass
from scheduler.steps.turns import Missed, tell, until_refused
from scheduler.steps.work import Work
from scheduler.steps.write import Done, NotDone, write
from scheduler.verdict import Stay


def start(work: Work, plans: Mapping[Key, Plan]) -> None:
    """Carry out the plans: skips, claims, registrations, creations and cancels."""
    with work.span("skip", quiet=True) as span:
        plans = in_line(work, let_pass(work, look_back(work, plans)))
        span.note(skipped=work.skipped or None)
    with work.span("claim", quiet=True) as span:
        claims = claim(work, plans)
        work.troubles += [StartsLate(work.late, work.age)] if work.late else []
        span.note(**of_runs([one.run for one in claims]) if claims else {})
    with work.span("register", quiet=not claims):
        registered = _register(work, claims)
    _create(work, registered)
    _cancel(work, [one.run.job for planned in plans.values() for one in planned.cancels])


def _register(work: Work, claims: Sequence[Claim]) -> list[Claim]:
    """Add the runs' rows; a refusal shows that the job row was an old copy, or that another tick has the run."""
    by_key = {one.run.key: one for one in claims}
    registered = []
    for key, answer in write(work.world.runs, [Insert(key, _row(work, one)) for key, one in by_key.items()]).items():
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


def _row(work: Work, one: Claim) -> Columns:
    """Write a run's row, and in it what will be asked of ACI: the job row may say something else tomorrow."""
    seen = work.seen[one.run.job]
    columns, job = row_of(one.run, seen.row.columns.get("ActiveRuns", ""), seen.standing.runs), seen.job
    if one.run.existing or not isinstance(job, Job) or not job.image:
        return columns
    return {**columns, "Container": kept(job, one.run, work.world.settings)}


def _unclaimed(work: Work, one: Claim, refused: NotDone) -> None:
    """Take the promise back: this due time was decided before, or its run cannot be written down at all."""
    row, run = refused.row, one.run
    if not refused.lost:
        why = Outcome(State.FAILED, Cause.SPEC, f"it cannot be registered: {refused.sentence[:300]}", finished=work.now)
        end(work, [Ending(run, why, closed=True, removed=True)])
    elif one.again and row and (outcome := Outcome.from_row(row)):
        end(work, [Ending(run, outcome, closed=True)])
    elif row and row.columns.get("State") == SKIPPED:
        passed_before(work, run, row, one.before)
    else:
        disproved(work, run, one.before, row)


def _create(work: Work, claims: Sequence[Claim]) -> None:
    """Create the groups, the most important first; what ACI refuses is closed at once, with its reason."""
    ordered = sorted(claims, key=lambda one: (-_priority(work, one.run.job), one.run.due))
    answers = work.each(lambda one: _sent(work, one), ordered)
    work.allow()
    for one, answer in zip(ordered, answers, strict=True):
        if not isinstance(answer, Ending):
            work.world.telemetry.tell(RunStarted.of(one.run, work.now))
    work.started += sum(not isinstance(answer, Ending) for answer in answers)
    for answer in answers:
        if isinstance(answer, Stay):
            note(work, answer)
    end(work, [answer for answer in answers if isinstance(answer, Ending)])


def _priority(work: Work, key: Key) -> int:
    job = work.seen[key].job
    return job.priority if isinstance(job, Job) else 0


def _sent(work: Work, claimed: Claim) -> Ending | Stay | None:
    """Send what starts one run, and tell what came of it."""
    run = claimed.run
    with work.span("create", run) as span:
        answer = _send(work, claimed)
        told = of_end(answer.outcome) if isinstance(answer, Ending) else {"state": str(run.state)}
        span.note(**told, trigger=str(run.trigger), location=run.location)
        return answer


def _send(work: Work, claimed: Claim) -> Ending | Stay | None:
    """Send one PUT, or one start. An answer that tells nothing is no failure: the next tick looks.

    Scenario: the PUT arrived, its answer did not. A second PUT would restart the container that the first
    one started, and the job would run twice. Nor may one after a PUT that was answered, should the group then
    vanish: the run remembers that its group was there.
    """
    run, job = claimed.run, work.seen[claimed.run.job].job
    if claimed.refused:
        return _refused(work, claimed, claimed.refused)
    if too_late(work, existing=run.existing) or not isinstance(job, Job):
        return None
    try:
        if run.existing:
            view = work.world.groups.get(run.group) if claimed.again else claimed.view
            work.world.groups.start(run.group, stop_first=ended(view))
            return None  # seen when its start time changes
        return _put(work, claimed, job)
    except GroupRefused as refused:
        return _refused(work, claimed, refused)
    except Unknown:
        return None
    except Exception as error:  # noqa: BLE001 - one run's odd answer must not keep the others from starting
        work.troubles.append(StartOdd(claimed.mask(repr(error)), job.id))
        return None


def _put(work: Work, claimed: Claim, job: Job) -> Ending | Stay | None:
    run, world = claimed.run, work.world
    if not job.image:
        return _refused(work, claimed, GroupRefused(Cause.SPEC, "its row names no image any more"))
    if claimed.again and world.groups.get(run.group) is not None:
        return None
    values = {reference: one.value for reference, one in claimed.secrets.items()}
    asked = body(job, run, world.settings, location=run.location, secrets=values, commit=run.commit)
    work.told.append((run.location, world.groups.create(run.group, asked), 1))
    return Stay(run.after(Event.SEEN))


def _refused(work: Work, claimed: Claim, refused: GroupRefused) -> Ending:
    """Close what was refused; another attempt follows where its cause has one left."""
    if refused.cause is Cause.THROTTLED:
        work.throttled += 1
        work.told.append((claimed.run.location, Allowance(0, None), 0))
    sentence = claimed.mask(refused.sentence)
    outcome = Outcome(State.FAILED, refused.cause, sentence, finished=work.now)
    return Ending(claimed.run, decided(work, claimed.run, outcome, refused.after), removed=True)


def _cancel(work: Work, jobs: Sequence[Key]) -> None:
    """End the runs whose cancel was just written down."""
    runs = [
        run for key in dict.fromkeys(jobs) if key in work.seen for run in work.seen[key].standing.going if run.cancel
    ]
    call_off(work, [run for run in runs if run.waiting])
    going = [run for run in runs if not run.waiting]
    look = until_refused(work, lambda run: examine(work, run, work.seen[run.job].standing.watermark))
    found = work.each(look, going)
    tell(work, [one for one in found if isinstance(one, Missed)])
    end(work, [one for one in found if isinstance(one, Ending)])
