"""skip: write down the due times that pass, each range once; before any claim."""

from collections.abc import Mapping
from datetime import datetime

from scheduler.changed import replace
from scheduler.decision import Plan, Skip
from scheduler.identity import run_key, span
from scheduler.job import Job
from scheduler.ports import Insert
from scheduler.row import Columns, Key, Value, known
from scheduler.run import SKIPPED, Trigger
from scheduler.stale import first_undecided
from scheduler.steps.decide import decide_one
from scheduler.steps.repair import overtaken
from scheduler.steps.work import Work
from scheduler.steps.write import Done, write

#: Runs that a person asked for decide nothing about the schedule.
_ASKED = (Trigger.REQUEST, Trigger.BACKFILL)
_MOST_ATTEMPTS = 100


def let_pass(work: Work, plans: Mapping[Key, Plan]) -> dict[Key, Plan]:
    """Write down the due times that pass; where one was skipped before, plan again from behind it.

    A skip and a first attempt have the same key, so that no due time can be both.
    """
    inserts = {_skip_key(key, skip): (key, skip) for key, decided in plans.items() for skip in decided.skips}
    answers = write(work.world.runs, [Insert(key, _skip_row(skip)) for key, (_, skip) in inserts.items()])
    renewed = dict(plans)
    for skip_key, answer in answers.items():
        key, skip = inserts[skip_key]
        if isinstance(answer, Done):
            work.skipped += 1
        elif answer.row and answer.row.columns.get("Trigger") in _ASKED:
            _beside(work, key, skip)
        elif answer.row and answer.row.columns.get("State") != SKIPPED:
            overtaken(work, key, answer.row)
            renewed.pop(key, None)
        elif (
            answer.row and (decided := known(answer.row.columns.get("Due"))) and decided != skip.last and key in renewed
        ):
            behind = _plan_behind(work, key, decided, str(answer.row.columns.get("Upstreams", "")))
            renewed.pop(key)
            renewed |= let_pass(work, {key: behind})
    return renewed


def _beside(work: Work, key: Key, skip: Skip) -> None:
    """Write down a skip of a due time that a person had run on request: under the next attempt that is free."""
    for attempt in range(2, _MOST_ATTEMPTS):
        row = Insert(run_key(key, skip.first, attempt), _skip_row(skip))
        answer = write(work.world.runs, [row])[row.key]
        if isinstance(answer, Done):
            work.skipped += 1
            return
        if answer.row and answer.row.columns.get("State") == SKIPPED:
            return


def _plan_behind(work: Work, key: Key, decided: datetime, saw: str) -> Plan:
    """Plan again from behind a range that was written before.

    Scenario: a tick wrote this range up to an earlier end, and died before its claim. What the first plan of this
    tick made of the row is forgotten: its start would leave a hole between two data intervals. Should a row that
    somebody just added have no NextDue yet, it has one now: counted from its edit, the range would be met again.
    """
    seen = work.seen[key]
    job = seen.job
    following = _free(work, job, decided) if isinstance(job, Job) else None
    behind = replace(seen.unplanned, next_due=following, next_run=following, undated=False)
    work.seen[key] = seen.saying(replace(behind, upstreams=saw or behind.upstreams))
    return decide_one(work, key)


def _free(work: Work, job: Job, decided: datetime) -> datetime | None:
    """Find the first due time behind what was decided that no skip covers.

    Scenario: a run of 18 hours stood in the way of a job of every minute, and an old copy is written over its row. A
    thousand skips stand behind one another: met one by one, they would outlast the tick, and Python's stack.
    """
    later = [*span(job.key), ("RowKey", "lt", run_key(job.key, decided, 1)[1]), ("State", "eq", SKIPPED)]
    return first_undecided(job.schedule, decided, work.world.runs.query([later], ("State", "From", "Due")).rows)


def _skip_key(job: Key, skip: Skip) -> Key:
    return run_key(job, skip.first, 1)


def _skip_row(skip: Skip) -> Columns:
    columns: dict[str, Value] = {
        "State": SKIPPED, "Trigger": str(skip.trigger), "Reason": skip.why, "From": skip.first, "Due": skip.last,
    }  # fmt: skip
    return columns | ({"Upstreams": skip.upstreams} if skip.upstreams else {})


def write_down(work: Work, key: Key, skip: Skip) -> None:
    """Write down one more range that was found to pass later than the others."""
    write(work.world.runs, [Insert(_skip_key(key, skip), _skip_row(skip))])
    work.skipped += 1
