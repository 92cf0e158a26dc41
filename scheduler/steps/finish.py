"""finish: ask ACI about each active run; keep the evidence; close the run; delete the group; settle the row.

The order is the safety. A tick that dies after any of these steps leaves a state from which the next one
goes on: evidence may be read twice, a close is conditional, a delete of nothing is done, and the settling
write carries the ETag of the row that it read.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from scheduler.alert import news
from scheduler.outcome import CUT_MARK, KEPT_RUNNING, Outcome, close, settle, was_cut
from scheduler.ports import Change, GroupRefused, Insert, Merge, Unknown, World
from scheduler.row import Key, Row
from scheduler.run import Run, finished
from scheduler.steps.work import Seen, Work
from scheduler.steps.write import Done, write
from scheduler.verdict import Close, Retake, Stay, judge
from scheduler.view import View

#: How long the end of a run waits for its log.
PATIENCE = timedelta(minutes=10)


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


type Finding = Stay | Retake | Ending | Removed


def finish(work: Work) -> None:
    """Look at every active run of the rows seen, and finish those that are over."""
    held = {key: seen.standing.watermark for key, seen in work.seen.items()}
    runs = [run for seen in work.seen.values() for run in seen.standing.runs]
    findings = work.each(lambda run: examine(work, run, held[run.job]), runs)
    work.retakes += [found.run for found in findings if isinstance(found, Retake)]
    for found in findings:
        if isinstance(found, Stay):
            _remember(work, found.run)
    end(work, [found for found in findings if isinstance(found, Ending)])
    _forget(work, [found.run for found in findings if isinstance(found, Removed)])


def _remember(work: Work, run: Run) -> None:
    """Put what was learnt of an open run into its entry; the row is written when the tick reports."""
    seen = work.seen[run.job]
    runs = tuple(run if other.run_id == run.run_id else other for other in seen.standing.runs)
    standing = replace(seen.standing, runs=runs)
    if run.state != next(other.state for other in seen.standing.runs if other.run_id == run.run_id):
        standing = replace(
            standing, status=str(run.state), reason=standing.reason.replace(" is starting.", " is running.")
        )
    work.seen[run.job] = seen.saying(standing)


def examine(work: Work, run: Run, held: str) -> Finding:
    """Look at one run's group; `held` is its row's present watermark. Never raises what ACI may answer."""
    world = work.world
    try:
        if run.removing:
            return Removed(run) if remove(world, run) else Stay(run)
        view = world.groups.get(run.group)
        row = world.runs.read(run.key) if view is None else None
        if row and finished(row):
            return Ending(run, Outcome.from_row(row), closed=True, removed=True)
        verdict = judge(run, view, work.now, world.settings.installation)
        return verdict if not isinstance(verdict, Close) else _ending(work, verdict, view, held)
    except (Unknown, GroupRefused):
        return Stay(run)


def _ending(work: Work, verdict: Close, view: View | None, held: str) -> Ending | Stay:
    """Keep the evidence while the group is still there; only then may the run be closed.

    A log that cannot be read now may be readable in the next tick; a run is not held up by it for ever.
    """
    run, name, log, unread = verdict.run, f"{'/'.join(verdict.run.job)}/{verdict.run.run_id}.log", b"", ""
    try:
        if view and not verdict.absent:
            log = work.world.groups.log(run.group, view.container)[-KEPT_RUNNING:]
        if log:
            work.world.logs.write(name, CUT_MARK + log if was_cut(log) else log)
    except GroupRefused as refused:
        unread = refused.sentence
    except Unknown as unknown:
        since = run.unread or work.now
        if work.now - since < PATIENCE:
            return Stay(replace(run, unread=since))
        unread = str(unknown)
    outcome = close(verdict, None if verdict.absent else view, log, held, name, unread=unread)
    stopped = run.existing and view is not None and view.current.state == "Terminated"
    return Ending(run, outcome, removed=verdict.absent or stopped)


def end(work: Work, endings: Sequence[Ending]) -> None:
    """Close, remove and settle, each for all at once."""
    closed = _close(work, endings)
    work.finished += len(closed)
    gone = work.each(lambda one: replace(one, removed=one.removed or remove(work.world, one.run)), closed)
    _settle(work, gone)


def _close(work: Work, endings: Sequence[Ending]) -> list[Ending]:
    """Write the ends into Runs; an end that another tick wrote first is the one that counts.

    Scenario: this tick saw Running and a cancel, another a moment later exit 0. Whoever writes first has
    decided; without the ETag the two would leave a row that says one thing and a job that says another.
    """
    etags, waiting = work.world.memory.etags, [one for one in endings if not one.closed]
    unread = [one for one in waiting if one.run.key not in etags]
    rows = dict(
        zip(
            [one.run.key for one in unread],
            work.each(lambda one: work.world.runs.read(one.run.key), unread),
            strict=True,
        )
    )
    done = [one for one in endings if one.closed]
    done += [_decided(one, row) for one in unread if (row := rows[one.run.key]) and finished(row)]
    changes = [
        _change(one, etags.get(one.run.key), rows.get(one.run.key))
        for one in waiting
        if not _over(rows.get(one.run.key))
    ]
    answers = write(work.world.runs, changes)
    for one in waiting:
        answer = answers.get(one.run.key)
        etags.pop(one.run.key, None)
        if isinstance(answer, Done):
            done.append(one)
        elif answer and answer.row and finished(answer.row):
            done.append(_decided(one, answer.row))
        elif answer and not answer.lost:
            work.troubles.append(f"{'/'.join(one.run.job)}: the run's row cannot be written: {answer.sentence[:300]}")
            done.append(one)
    return done


def _over(row: Row | None) -> bool:
    return row is not None and finished(row)


def _decided(one: Ending, row: Row) -> Ending:
    return replace(one, outcome=Outcome.from_row(row), closed=True)


def _change(one: Ending, etag: str | None, row: Row | None) -> Change:
    """Write the end on the open row; a run that was claimed but never registered is added with its end."""
    columns = one.outcome.columns(one.run)
    if etag or row:
        return Merge(one.run.key, columns, etag or (row.etag if row else ""))
    return Insert(one.run.key, {**one.run.row(), **columns})


def remove(world: World, run: Run) -> bool:
    """Delete the run's group, or stop an existing one; says whether it is done."""
    try:
        if run.existing:
            world.groups.stop(run.group)
        else:
            world.groups.delete(run.group)
    except (Unknown, GroupRefused):
        return False
    return True


def _settle(work: Work, endings: Iterable[Ending]) -> None:
    """Write the ends into the job rows; a row that was edited meanwhile is read and settled once more."""
    by_job: dict[Key, list[Ending]] = defaultdict(list)
    for one in endings:
        if one.run.job in work.seen:  # a run may outlive its job row, and then there is nothing to settle
            by_job[one.run.job].append(one)
    for key, several in by_job.items():
        _apply(work, work.seen[key], several)
    for key, refused in work.save(list(by_job)).items():
        seen = work.look_again(key, refused.row) if refused.lost else None
        if seen:
            _apply(work, seen, by_job[key])
            again = work.save([key])
            for other, answer in again.items():
                work.drop(other, answer)
        elif key in work.seen:
            work.drop(key, refused)


def _apply(work: Work, seen: Seen, endings: Sequence[Ending]) -> None:
    standing = seen.standing
    for one in endings:
        if any(run.run_id == one.run.run_id for run in standing.runs):
            told = news("/".join(seen.key), standing.failures, one.outcome)
            work.news += [told] if told else []
            standing = settle(standing, one.run, one.outcome, removed=one.removed)
    work.seen[seen.key] = seen.saying(standing)


def _forget(work: Work, runs: Sequence[Run]) -> None:
    """Take settled runs whose groups are gone out of their rows; the report writes it."""
    for run in runs:
        if seen := work.seen.get(run.job):
            left = tuple(other for other in seen.standing.runs if other.run_id != run.run_id)
            work.seen[run.job] = seen.saying(replace(seen.standing, runs=left))
