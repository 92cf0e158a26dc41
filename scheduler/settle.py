"""What a run's end makes of its job row: counters, watermark, and the entry removed, in one write. Pure."""

from scheduler import recent
from scheduler.backfill import Backfill
from scheduler.changed import replace
from scheduler.outcome import Outcome
from scheduler.retry import next_attempt
from scheduler.row import iso
from scheduler.run import Run, State, Trigger
from scheduler.standing import Standing, Status

#: How many closed runs a row remembers whose groups still have to go.
MOST_REMOVING = 10


def settle(standing: Standing, run: Run, outcome: Outcome, *, removed: bool) -> Standing:
    """Write a run's end into its job row; until its group is `removed` the entry stays, marked so.

    When another attempt follows, its entry takes the place of this one in the same write: a tick that dies
    anywhere has either both the failure and what follows it in the row, or neither.
    """
    rest = tuple(other for other in standing.runs if other.key != run.key)
    if not removed:
        rest = _bounded((*rest, replace(run, removing=True, missing=None)))
    if outcome.retry_at:
        rest = (*rest, next_attempt(run, outcome.cause, outcome.retry_at))
    after = replace(
        standing,
        runs=rest,
        last_started=outcome.started or standing.last_started,
        last_finished=max(filter(None, (outcome.finished, standing.last_finished)), default=None),
        last_duration=outcome.duration.total_seconds(),
        last_exit_code=-1 if outcome.exit_code is None else outcome.exit_code,
        recent=recent.settled(standing.recent, _past(run, outcome)),
    )
    after, told = _marked(after, run, outcome)
    after = _backfilled(after, run, outcome) if run.trigger == Trigger.BACKFILL else _counted(after, run, outcome)
    return after if standing.status == Status.INVALID else _told(after, run, told)


def _past(run: Run, outcome: Outcome) -> recent.Past:
    lasted, moved = outcome.duration.total_seconds(), outcome.watermark is not None
    return recent.Past(run.due, run.attempt, outcome.state, outcome.started, lasted, moved, outcome.cause)


def _marked(standing: Standing, run: Run, outcome: Outcome) -> tuple[Standing, Outcome]:
    """Move the watermark, only if the row still holds the value that the run was given.

    Whoever edited it between the close and this write wins too.
    """
    if outcome.watermark is None or run.apart:
        return standing, outcome
    if standing.watermark == (run.watermark if outcome.given is None else outcome.given):
        return replace(standing, watermark=outcome.watermark), outcome
    edit = "the watermark was edited during the run: the edit stays"
    return standing, replace(outcome, said=f"{outcome.sentence.rstrip('.')}; {edit}.")


def _counted(standing: Standing, run: Run, outcome: Outcome) -> Standing:
    """Count a success, or the last failure of a due time: what will be tried again is none yet."""
    if outcome.state is not State.SUCCEEDED:
        failed = outcome.state in (State.FAILED, State.LOST) and not outcome.retry_at
        return replace(standing, failures=standing.failures + (failed and not _counts_already(standing, run)))
    newest = standing.last_success_due is None or run.due >= standing.last_success_due
    counted = replace(standing, failures=0, last_success=outcome.finished)
    if not newest:
        return counted
    return replace(counted, last_success_due=run.due, last_success_start=run.interval[0] if run.interval else None)


def _counts_already(standing: Standing, run: Run) -> bool:
    """Say whether the failures in a row hold this due time: it failed for good, and a person asked for it again."""
    since = standing.last_success
    return bool(standing.failures and run.failed and (since is None or run.failed > since))


def _backfilled(standing: Standing, run: Run, outcome: Outcome) -> Standing:
    """Move the backfill on, or end it: the live schedule's counters are not its own."""
    going, began = Backfill.read(standing.backfill), Backfill.read(run.backfill)
    if going is None or began is None or going.id != began.id or outcome.retry_at:
        return standing
    if outcome.state is not State.SUCCEEDED:
        return replace(standing, backfill="")
    going = going.settled(run.watermark if outcome.watermark is None else outcome.watermark)
    return replace(standing, backfill=str(going) if going.next else "")


def _bounded(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Forget the oldest groups that cannot be deleted: the sweep knows them by their tags, and a cell is finite."""
    removing = [run for run in runs if run.removing and not run.existing]
    forgotten = {run.key for run in removing[:-MOST_REMOVING]}
    return tuple(run for run in runs if run.key not in forgotten)


def _told(standing: Standing, run: Run, outcome: Outcome) -> Standing:
    said = f"The run due {iso(run.due)}: {outcome.sentence}"
    if outcome.retry_at:
        follows = f" Attempt {run.attempt + 1} follows at {iso(outcome.retry_at)}."
        return replace(standing, status=Status.WAITING, reason=said + follows)
    following = f" Next run {iso(standing.next_due)}." if standing.next_due else ""
    others = any(other.going and not other.waiting for other in standing.runs)
    status = Status.RUNNING if others else str(outcome.state)
    return replace(standing, status=status, reason=said + _progress(standing, run, outcome) + following)


def _progress(standing: Standing, run: Run, outcome: Outcome) -> str:
    if run.trigger != Trigger.BACKFILL or not (began := Backfill.read(run.backfill)):
        return ""
    if outcome.state is not State.SUCCEEDED:
        return f" {began.progress}; it ends here."
    going = Backfill.read(standing.backfill) or replace(began, done=began.done + 1)
    return f" {going.progress}."
