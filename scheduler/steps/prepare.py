"""What must be known before a run can be claimed: its group's state, its secrets, its code's commit, its attempt.

All of it is asked for before anything is promised, for many runs at once. What cannot be told now leaves the
due time undecided for the next tick; what is refused for good becomes a run that failed, so that people see it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from scheduler.backfill import Backfill
from scheduler.decision import NEXT_FREE, Start
from scheduler.entry import run_of
from scheduler.identity import span
from scheduler.job import Job
from scheduler.outcome import Outcome
from scheduler.overlap import WAITING
from scheduler.ports import GroupRefused, Secret, Unknown, World
from scheduler.retry import fresh
from scheduler.row import UNSET, Key, Row, iso, known
from scheduler.run import SKIPPED, State, Trigger, finished
from scheduler.steps.existing import before_start
from scheduler.steps.repair import newest_runs
from scheduler.view import View

#: What tells of the runs that a due time has had.
_COLUMNS = (
    "State",
    "Cause",
    "Reason",
    "Entry",
    "ExitCode",
    "Started",
    "Finished",
    "WatermarkFrom",
    "WatermarkTo",
    "RetryAt",
)
_CLAIMS = ("State", "Claimed")
#: How a run ended that may be asked for again.
_AGAIN = (State.FAILED, State.LOST, State.CANCELLED)


@dataclass(frozen=True)
class Ready:
    """A start with all that its claim needs."""

    start: Start
    view: View | None = None
    #: By its reference, as typed.
    secrets: Mapping[str, Secret] = field(default_factory=dict, repr=False)
    commit: str = ""
    #: Why it can never be created: it is claimed all the same, and closed at once.
    refused: GroupRefused | None = None


@dataclass(frozen=True)
class NotNow:
    """Why a start cannot be claimed in this tick; `for_good`: nor in the next one, so that the request is done with."""

    why: str
    for_good: bool = False
    #: How far the backfill is in truth, where the row is an old copy of itself; None = as the row says.
    backfill: str | None = None


def asks(job: Job, start: Start) -> bool:
    """Say whether the claim of one start needs an answer from outside."""
    return start.last or start.attempt == NEXT_FREE or bool(job.group or job.git_repo or job.references)


def prepare(world: World, job: Job, start: Start, after: int = 0) -> Ready | NotNow:
    """Find out what the claim of one start needs; `after`: an attempt of its due time that stands in its row."""
    numbered = _numbered(world, job.key, start, after)
    if isinstance(numbered, NotNow):
        return numbered
    if job.group:
        look = before_start(world, job.group)
        if isinstance(look, Unknown | GroupRefused):
            return NotNow(f"{WAITING}ContainerGroup '{job.group}' cannot be looked at: {look}")
        return Ready(numbered, view=look)
    try:
        commit = world.repositories.commit(job.git_repo, job.git_revision) if job.git_repo else ""
        return Ready(numbered, secrets=read_secrets(world, job.references), commit=commit)
    except Unknown as unknown:
        return NotNow(f"{WAITING}{str(unknown).rstrip('.')}. The run is tried each minute.")
    except GroupRefused as refused:
        return Ready(numbered, refused=refused)


def read_secrets(world: World, references: Sequence[str]) -> dict[str, Secret]:
    """Read secrets from Key Vault; raises `Unknown` and `GroupRefused`."""
    return {reference: world.secrets.read(reference) for reference in references}


def _numbered(world: World, job: Key, start: Start, after: int) -> Start | NotNow:
    """Give the start the attempt that it is: of a due time that had runs before, the one after the last."""
    if start.last:
        return start if start.waited else again(world, job, start)
    if start.attempt != NEXT_FREE:
        return start
    taken = world.runs.query([span(job, start.due)], _COLUMNS).rows
    if played := _played(start, taken):
        return played
    failed = max(filter(None, map(_failed, taken)), default=None)
    return replace(start, attempt=max([after, *map(_attempt, taken)]) + 1, failed=failed)


def _failed(row: Row) -> datetime | None:
    """Say when a run of the live schedule, or of a request, failed for good: Failures has counted it then."""
    run, outcome = run_of(row), Outcome.from_row(row)
    if run is None or outcome is None or run.trigger == Trigger.BACKFILL:
        return None
    if outcome.state not in (State.FAILED, State.LOST) or outcome.retry_at:
        return run.failed
    return outcome.finished or run.claimed


def _played(start: Start, taken: Sequence[Row]) -> NotNow | None:
    """Tell a due time that this backfill has played already.

    Scenario: a script writes the row back as it was an hour ago, with the backfill as far as it was then.
    """
    going = Backfill.read(start.backfill)
    for row in reversed(taken):
        run = run_of(row)
        began = Backfill.read(run.backfill) if run else None
        if going and began and began.id == going.id:
            why = f"The backfill's run due {iso(start.due)} was found in the Runs table."
            return NotNow(why, backfill=_after(going, Outcome.from_row(row), row))
    return None


def _after(going: Backfill, outcome: Outcome | None, row: Row) -> str | None:
    if outcome is None or outcome.retry_at:
        return None  # it is open: a full read finds it
    if outcome.state is not State.SUCCEEDED:
        return ""
    ahead = going.settled(str(row.columns.get("WatermarkTo", "")))
    return str(ahead) if ahead.next else ""


def _begun(row: Row) -> tuple[datetime, int]:
    """Order runs by their claims; an attempt that was cancelled before its own has that of the one before it."""
    return known(row.columns.get("Claimed")) or UNSET, _attempt(row)


def _attempt(row: Row) -> int:
    """Read the attempt out of a RowKey; 0 when somebody typed another end."""
    digits = row.name.rpartition("|")[2]
    return int(digits) if digits.isdecimal() else 0


def _newest(world: World, job: Key) -> Row | None:
    """Find what was claimed last: rows sort by due time, and what a person asked for may lie behind many newer ones."""
    asked = [[*span(job), ("Trigger", "eq", trigger)] for trigger in (Trigger.REQUEST, Trigger.BACKFILL)]
    rows = [*newest_runs(world, job), *world.runs.query(asked, _CLAIMS).rows]
    newest = max((row for row in rows if row.columns.get("State") != SKIPPED), key=_begun, default=None)
    return newest and world.runs.read(newest.key)


def again(world: World, job: Key, start: Start) -> Start | NotNow:
    """Find what failed or was cancelled last, and make another attempt of it."""
    newest = _newest(world, job)
    run = run_of(newest) if newest else None
    outcome = Outcome.from_row(newest) if newest and finished(newest) else None
    if run is None or outcome is None or outcome.state not in _AGAIN:
        return NotNow("There is no failed run to try again.", for_good=True)
    attempt = replace(fresh(run), attempt=run.attempt + 1, spent={}, failed=_failed(newest) if newest else None)
    told = replace(start, due=run.due, trigger=run.trigger, interval=run.interval)
    return replace(told, attempt=attempt.attempt, waited=attempt)
