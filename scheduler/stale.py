"""Tell an old copy of a job row from a true one, and mend it from Runs.

A script or an import may write an old copy of a row over a newer one: the scheduler's columns go back in
time with it. Runs cannot go back: a run is registered there under its due time, and a second is refused.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from scheduler import recent
from scheduler.changed import replace
from scheduler.entry import run_of
from scheduler.outcome import Outcome
from scheduler.retry import next_attempt
from scheduler.row import UNSET, Key, Row, known
from scheduler.run import LEASE, OPEN, SKIPPED, Run, State, Trigger, due_of, finished
from scheduler.schedule import Schedule
from scheduler.standing import Standing

#: After so long an attempt that was promised in a row that is gone is not begun any more.
FORGOTTEN = timedelta(days=1)
NOTE = "The row was an older copy of itself; its runs, due times and watermark were restored from the Runs table."


def restored(standing: Standing, newest: Sequence[Row], schedule: Schedule | None, now: datetime) -> Standing | None:
    """Give the standing that the job's newest run rows prove, or None when the row is no older than they.

    A run that is open there but not here gets its entry back with a lease from now: the tick that claimed
    it may still be about to send its PUT.
    """
    known_runs = {run.run_id for run in standing.runs}
    missing = [row for row in newest if not finished(row) and str(row.columns.get("RunId")) not in known_runs]
    begun = _begun(standing, newest)
    waiting = _to_come([run for run in standing.runs if run.key not in begun], newest, now)
    if not (missing or waiting or begun or _behind(standing, newest)):
        return None
    read = [run for row in missing if (run := run_of(row))]
    if not (read or waiting or begun or _behind(standing, newest)):
        return None
    kept = tuple(run for run in standing.runs if run.key not in begun)
    runs = tuple(replace(run, tick="", lease=now + LEASE) for run in read)
    mended = replace(standing, runs=(*kept, *runs, *waiting), note=NOTE, damaged=False)
    return _wound_forward(mended, newest, schedule) if _behind(standing, newest) else mended


def _begun(standing: Standing, newest: Sequence[Row]) -> set[Key]:
    """Find attempts that the row says are to come, and that Runs says were begun.

    Scenario: attempt 2 succeeded and later runs did; then an old copy with attempt 2 to come is written over the row.
    """
    keys = {row.key for row in newest}
    return {run.key for run in standing.runs if run.waiting and run.key in keys}


def _to_come(held: Sequence[Run], newest: Sequence[Row], now: datetime) -> tuple[Run, ...]:
    """Find attempts that were promised when the one before them was closed, and that nobody knows of any more.

    Whatever else becomes of a promised attempt leaves a row of Runs. What was promised more than a day ago and
    was forgotten with a deleted row stays so.
    """
    keys = {row.key for row in newest}
    entries = {(run.due, run.attempt) for run in held}
    found = []
    for row in newest:
        at, run, outcome = known(row.columns.get("RetryAt")), run_of(row), Outcome.from_row(row)
        if at is None or run is None or outcome is None or now - at > FORGOTTEN:
            continue
        following = next_attempt(run, outcome.cause, at)
        if following.key not in keys and not {(run.due, run.attempt), (run.due, following.attempt)} & entries:
            found.append(following)
    return tuple(found)


def _behind(standing: Standing, newest: Sequence[Row]) -> bool:
    """Say whether Runs knows of a later scheduled due time, or of an end that was settled and is not in the row."""
    entries = {run.run_id for run in standing.runs}
    settled = [row for row in newest if finished(row) and str(row.columns.get("RunId")) not in entries]
    due, ended = _newest(_scheduled(newest), "Due"), _newest(settled, "Finished")
    return _later(due, standing.last_due) or _later(ended, standing.last_finished)


def _later(proved: datetime | None, said: datetime | None) -> bool:
    return proved is not None and (said is None or proved > said)


def _scheduled(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.columns.get("Trigger") in (Trigger.SCHEDULE, Trigger.AFTER) and _run(row)]


def _run(row: Row) -> bool:
    return row.columns.get("State") != SKIPPED


def _wound_forward(standing: Standing, newest: Sequence[Row], schedule: Schedule | None) -> Standing:
    runs = sorted((row for row in newest if _run(row)), key=_claimed, reverse=True)
    ended = [row for row in runs if finished(row)]
    live = [row for row in runs if (run := run_of(row)) is None or not run.apart]
    successes = [
        row for row in ended
        if row.columns.get("State") == State.SUCCEEDED and row.columns.get("Trigger") != Trigger.BACKFILL
    ]  # fmt: skip
    success = max(successes, key=lambda row: known(row.columns.get("Due")) or UNSET, default=None)
    last_due = _newest(_scheduled(newest), "Due") or standing.last_due
    return replace(
        standing,
        last_due=last_due,
        next_due=_ahead(standing, schedule, last_due, newest) if schedule else standing.next_due,
        undated=False,
        watermark=_watermark(live[0]) if live and not _begun_anew(standing) else standing.watermark,
        upstreams=_upstreams(runs) or standing.upstreams,
        last_started=_newest(runs, "Started") or standing.last_started,
        last_finished=_newest(ended, "Finished") or standing.last_finished,
        last_success=_newest(successes, "Finished") or standing.last_success,
        last_success_due=_newest(successes, "Due") or standing.last_success_due,
        last_success_start=known(success.columns.get("IntervalStart")) if success else standing.last_success_start,
        recent=recent.mended(standing.recent, [row.columns for row in ended]),
    )


def _ahead(standing: Standing, schedule: Schedule, last_due: datetime | None, newest: Sequence[Row]) -> datetime | None:
    """Give the later of what Runs leaves undecided and what the copy said itself.

    Scenario: a person gave the job another schedule an hour ago. Its times before that were never due, and the copy,
    made since, knows; Runs does not.
    """
    undecided = first_undecided(schedule, last_due, newest) if last_due else None
    said = [due for due in (undecided, standing.next_due) if due and (last_due is None or due > last_due)]
    return max(said, default=None)


def first_undecided(schedule: Schedule, last_due: datetime, newest: Iterable[Row]) -> datetime | None:
    """Find the first due time after one that was decided that no skip among these rows covers.

    Scenario: a tick claimed one, died before registering it, and the old copy took the claim away too. A
    later skip must not hide it.
    """
    passed = {known(row.columns.get("From")): due_of(row) for row in newest if not _run(row)}
    due = schedule.after(last_due)
    for first, last in sorted((first, last) for first, last in passed.items() if first and last):
        if due and first <= due <= last:
            due = schedule.after(last)
    return due


def _upstreams(runs: Sequence[Row]) -> str:
    """Give what a chained job had seen of its upstreams at its newest run."""
    return next((run.upstreams for row in runs if (run := run_of(row)) and run.upstreams), "")


def _claimed(row: Row) -> datetime:
    return known(row.columns.get("Claimed")) or UNSET


def _begun_anew(standing: Standing) -> bool:
    """Say whether somebody wrote the whole row anew and chose a watermark for it."""
    return not standing.digest and bool(standing.watermark)


def _watermark(row: Row) -> str:
    """Give the watermark that the job's row had after this run, or has while it goes: a person's, if one typed it."""
    names = ("WatermarkFrom",) if row.columns.get("State") == OPEN else ("WatermarkHeld", "WatermarkTo")
    return str(next((row.columns[name] for name in names if name in row.columns), ""))


def _newest(rows: Sequence[Row], name: str) -> datetime | None:
    return max((moment for row in rows if (moment := known(row.columns.get(name)))), default=None)
