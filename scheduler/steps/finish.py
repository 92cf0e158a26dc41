"""finish: ask ACI about each active run; keep the evidence; close the run; delete the group; settle the row.

The order is the safety. A tick that dies after any of these steps leaves a state from which the next one
goes on: evidence may be read twice, a close is conditional, a delete of nothing is done, and the settling
write carries the ETag of the row that it read.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from scheduler.alerts.news import news, scarce
from scheduler.changed import replace
from scheduler.entry import row_of
from scheduler.facts.fact import Labels, of_end, of_runs
from scheduler.facts.runs import RunFinished
from scheduler.facts.troubles import EvidenceRefused, LookOdd, LookRefused
from scheduler.identity import group_name
from scheduler.outcome import Outcome
from scheduler.ports import ANY, Change, GroupRefused, Insert, Merge, Throttled, Unknown
from scheduler.retry import retry_at
from scheduler.row import Key, Row, iso
from scheduler.run import Run, State, finished
from scheduler.settle import settle
from scheduler.standing import Status
from scheduler.steps.evidence import outcome_of, read_on
from scheduler.steps.existing import at_rest
from scheduler.steps.remove import gone, remove, still_ours
from scheduler.steps.repair import look_again, without
from scheduler.steps.seen import Seen
from scheduler.steps.turns import Missed, in_turn
from scheduler.steps.work import Work
from scheduler.steps.write import Answer, Done, write
from scheduler.verdict import Close, Retake, Stay, judge
from scheduler.view import View


@dataclass(frozen=True)
class Ending:
    """A run that is over, and what is still to be done about it."""

    run: Run
    outcome: Outcome
    #: Its row of Runs says so already.
    closed: bool = False
    #: Its group is gone, or was never there.
    removed: bool = False


@dataclass(frozen=True)
class Removed:
    """A run that was settled before, whose group is gone at last."""

    run: Run


type Finding = Stay | Retake | Ending | Removed | Missed


def finish(work: Work) -> None:
    """Look at every active run of the rows seen, and finish those that are over."""
    held = {key: seen.standing.watermark for key, seen in work.seen.items()}
    runs = [run for seen in work.seen.values() for run in seen.standing.runs if not run.waiting]
    findings = in_turn(work, lambda run: examine(work, run, held[run.job]), runs)
    work.retakes += [found for found in findings if isinstance(found, Retake)]
    for found in findings:
        if isinstance(found, Stay):
            note(work, found)
    end(work, [found for found in findings if isinstance(found, Ending)])
    _forget(work, [found.run for found in findings if isinstance(found, Removed)])
    call_off(work, [run for seen in work.seen.values() for run in seen.standing.runs if run.waiting and run.cancel])


def call_off(work: Work, runs: Sequence[Run]) -> None:
    """Close attempts that were cancelled before they began: each leaves a row, so that none is begun again."""
    why = Outcome(State.CANCELLED, why="cancelled before it was claimed", finished=work.now)
    name = partial(group_name, work.world.settings.installation)
    named = [replace(run, run_id=name(run.job, run.due, run.attempt)) for run in runs]
    end(work, [Ending(run, why, removed=True) for run in named])


def decided(work: Work, run: Run, outcome: Outcome, after: timedelta | None = None) -> Outcome:
    """Add what follows a failure: when its next attempt begins, or that there is none."""
    if outcome.state not in (State.FAILED, State.LOST):
        return outcome
    at = retry_at(run, outcome.cause, work.now, after)
    last = f"attempt {run.attempt} was the last" if at is None and run.attempt > 1 else ""
    return replace(outcome, retry_at=at, note="; ".join(filter(None, (outcome.note, last))))


def note(work: Work, found: Stay) -> None:
    """Put what was learnt of an open run into its entry; the row is written when the tick reports."""
    run, seen = found.run, work.seen[found.run.job]
    runs = tuple(run if other.key == run.key else other for other in seen.standing.runs)
    standing = replace(seen.standing, runs=runs)
    if found.why:
        standing = replace(standing, reason=f"The run due {iso(run.due)}: {found.why}.")
    elif run.state is State.RUNNING and standing.status == Status.STARTING:
        reason = standing.reason.replace(" is starting.", " is running.")
        standing = replace(standing, status=Status.RUNNING, reason=reason)
    work.seen[run.job] = seen.saying(standing)


def examine(work: Work, run: Run, held: str) -> Finding:
    """Look at one run's group; `held` is its row's present watermark.

    Whatever ACI or a mangled row answers stays with this run: one exception out of here would end the tick for
    all jobs, in this tick and in the next.
    """
    with work.span("observe", run, quiet=True) as span:
        found = _looked_at(work, run, held)
        span.note(**_noticed(found))
        return found


def _noticed(found: Finding) -> Labels:
    """Say what is worth telling of a look; that a run goes on is not."""
    if isinstance(found, Ending):
        return of_end(found.outcome)
    quiet = isinstance(found, Missed) or (isinstance(found, Stay) and not found.why)
    return {} if quiet else {"found": type(found).__name__}


def _looked_at(work: Work, run: Run, held: str) -> Finding:
    try:
        return _examined(work, run, held)
    except Unknown as unknown:
        return Missed(run, str(unknown), throttled=isinstance(unknown, Throttled))
    except GroupRefused as refused:
        work.troubles.append(LookRefused(refused.sentence, "/".join(run.job)))
        why = f"it cannot be looked at: {refused.sentence.rstrip('.')}"
        return Stay(run, "" if run.removing else why)
    except Exception as error:  # noqa: BLE001 - as the docstring says
        work.troubles.append(LookOdd(repr(error), "/".join(run.job)))
        return Stay(run)


def _examined(work: Work, run: Run, held: str) -> Finding:
    world = work.world
    if run.removing:
        there = still_ours(work, run)
        if there is None or (run.existing and at_rest(there)):
            return Removed(run)
        # What a newer run replaces is gone only when ACI says so: until then both would write.
        return Removed(run) if remove(work, run) and not run.replaced else Stay(run)
    view = world.groups.get(run.group)
    if view and view.started and view.current.state == "Running":
        work.running[run.key] = view.started
    row = world.runs.read(run.key) if view is None else None
    if row and finished(row):
        outcome = Outcome.from_row(row)
        return Ending(run, outcome, closed=True, removed=True) if outcome else Removed(run)
    verdict = judge(run, view, work.now, world.settings.installation)
    if isinstance(verdict, Close):
        return _ending(work, verdict, view, held)
    return read_on(work, verdict, view) if isinstance(verdict, Stay) else verdict


def _ending(work: Work, verdict: Close, view: View | None, held: str) -> Ending | Stay:
    """Keep the evidence, and say how the run ended and what follows."""
    run = verdict.run
    with work.span("evidence", run):
        outcome = outcome_of(work, verdict, view, held)
    if isinstance(outcome, Stay):
        # Another tick may have been quicker, and its log in the way of ours: then the run has its end already.
        row = work.world.runs.read(run.key)
        there = Outcome.from_row(row) if row and finished(row) else None
        return Ending(run, there, closed=True) if there else outcome
    stopped = run.existing and view is not None and at_rest(view)
    return Ending(run, decided(work, run, outcome), removed=verdict.absent or stopped)


def end(work: Work, endings: Sequence[Ending]) -> None:
    """Close, remove and settle, each for all at once."""
    if not endings:
        return
    with work.span("close") as span:
        closed = _close(work, endings)
        span.note(**of_runs([one.run for one in closed]))
    work.finished += len(closed)
    for one in closed:
        if not one.closed:
            work.world.telemetry.tell(RunFinished.of(one.run, one.outcome))
    left = work.each(lambda one: replace(one, removed=one.removed or gone(work, one.run)), closed)
    with work.span("settle") as span:
        span.note(**of_runs([one.run for one in left]))
        _settle(work, left)


def _close(work: Work, endings: Sequence[Ending]) -> list[Ending]:
    """Write the ends into Runs; gives those that stand there now, and only their groups may go.

    Scenario: this tick saw Running and a cancel, another a moment later exit 0. Whoever writes first has
    decided; without the ETag the two would leave a row that says one thing and a job that says another.
    """
    waiting = [one for one in endings if not one.closed]
    etags = work.world.memory.etags
    unread = [one for one in waiting if one.run.key not in etags]
    read = work.each(lambda one: work.world.runs.read(one.run.key), unread)
    rows = {one.run.key: row for one, row in zip(unread, read, strict=True)}
    changes = {one.run.key: _change(one, etags.pop(one.run.key, ""), rows.get(one.run.key)) for one in waiting}
    answers = write(work.world.runs, [change for change in changes.values() if change])
    closed = [_closed(work, one, answers.get(one.run.key), rows.get(one.run.key)) for one in waiting]
    return [one for one in endings if one.closed] + [one for one in closed if one]


def _change(one: Ending, etag: str, row: Row | None) -> Change | None:
    """Write the end on the open row; a run that was claimed but never registered is added with its end."""
    if row and finished(row):
        return None
    columns = one.outcome.columns(one.run)
    if etag or row:
        return Merge(one.run.key, columns, etag or (row.etag if row else ""))
    return Insert(one.run.key, {**row_of(one.run), **columns})


def _closed(work: Work, one: Ending, answer: Answer | None, row: Row | None) -> Ending | None:
    """Give the end as it stands in Runs; None when it does not stand there, and the next tick tries again."""
    if isinstance(answer, Done):
        return one
    row = answer.row if answer else row
    if row and finished(row):
        decided = Outcome.from_row(row)
        return replace(one, outcome=decided, closed=True) if decided else None
    if answer and not answer.lost:
        bare = Merge(one.run.key, one.outcome.bare(one.run), ANY)
        again = write(work.world.runs, [bare])[one.run.key]
        work.troubles.append(EvidenceRefused(answer.sentence[:300], "/".join(one.run.job)))
        return one if isinstance(again, Done) else None
    return None


def _settle(work: Work, endings: Iterable[Ending]) -> None:
    """Write the ends into the job rows; a row that was edited meanwhile is read and settled once more."""
    by_job: dict[Key, list[Ending]] = defaultdict(list)
    for one in endings:
        if one.run.job in work.seen:  # a run may outlive its job row, and then there is nothing to settle
            by_job[one.run.job].append(one)
    for key, several in by_job.items():
        several.sort(key=lambda one: one.outcome.finished or work.now)  # the row tells of the last
        _apply(work, work.seen[key], several)
    for key, refused in work.save(list(by_job)).items():
        if not refused.lost:
            work.leave(key, refused)
        elif look_again(work, key, refused.row):
            _apply(work, work.seen[key], by_job[key])
            for other, answer in work.save([key]).items():
                work.leave(other, answer)


def _apply(work: Work, seen: Seen, endings: Sequence[Ending]) -> None:
    standing = seen.standing
    for one in endings:
        entry = next((run for run in standing.runs if run.key == one.run.key), None)
        if entry and entry.removing:
            # Settled before, by a tick beside this one: counted twice, a failure would be two.
            standing = without(standing, entry) if one.removed else standing
        elif entry:
            work.hear(news(standing.failures, one.run, one.outcome), seen)
            work.hear(scarce(one.run, one.outcome, work.now))
            standing = settle(standing, one.run, one.outcome, removed=one.removed)
        elif not one.removed and not (one.run.existing and standing.runs):
            # Scenario: an old copy was written over the row while its run was closed, and the DELETE was lost. What
            # replaces it would start beside it, and only the hourly sweep would find the group.
            standing = replace(standing, runs=(*standing.runs, replace(one.run, removing=True, missing=None)))
    work.seen[seen.key] = seen.saying(standing)


def _forget(work: Work, runs: Sequence[Run]) -> None:
    """Take settled runs whose groups are gone out of their rows; the report writes it."""
    for run in runs:
        if seen := work.seen.get(run.job):
            standing = without(seen.standing, run)
            if run.going and not standing.going and standing.status != Status.INVALID:
                told = "The last run was decided elsewhere; the Runs table says how."
                standing = replace(standing, status=Status.SCHEDULED, reason=told)
            work.seen[run.job] = seen.saying(standing)
