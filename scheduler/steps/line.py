"""Put what is due in line: ACI creates only so many groups, and the installation allows only so many at once."""

from collections.abc import Mapping
from datetime import datetime

from scheduler.alerts.news import rationed
from scheduler.changed import replace
from scheduler.decision import Plan, Start, undone
from scheduler.edit import next_run
from scheduler.job import Job
from scheduler.overlap import WAITING
from scheduler.pace import Candidate, Waiting, choose
from scheduler.row import Key
from scheduler.standing import Standing, Status
from scheduler.steps.work import Work


def in_line(work: Work, plans: Mapping[Key, Plan]) -> dict[Key, Plan]:
    """Take the starts out of the plans that must wait; their rows say so, and stay as due as they were."""
    by_candidate = {
        _candidate(work, key, start, number): (key, start)
        for key, decided in plans.items()
        for number, start in enumerate(decided.starts)
    }
    if not by_candidate:
        return dict(plans)
    active = sum(not (run.existing or run.waiting) for seen in work.seen.values() for run in seen.standing.runs)
    most, allowances = work.world.settings.max_active_runs, work.world.memory.allowances
    _, waiting = choose(list(by_candidate), active, most, allowances, work.now)
    held = dict(plans)
    for one in waiting:
        key, start = by_candidate[one.candidate]
        decided = held[key]
        held[key] = replace(decided, decisions=tuple(other for other in decided.decisions if other is not start))
        _hold(work, key, start, one)
        if one.rationed:
            work.hear(rationed(key, one.candidate.location, f"{one.why}.", work.now))
    return held


def _candidate(work: Work, key: Key, start: Start, number: int) -> Candidate:
    job = work.seen[key].job
    made, priority = (not job.group, job.priority) if isinstance(job, Job) else (False, 0)
    place = start.waited.location if start.waited else ""
    places = job.locations if isinstance(job, Job) else ()
    return Candidate(key, priority, start.due, place or next(iter(places), work.world.settings.location), made, number)


def _hold(work: Work, key: Key, start: Start, waiting: Waiting) -> None:
    """Undo what the plan of this start would have written: the next tick must find it as due as it was.

    What the row says is as true in the next minute: a row that is written each minute cannot be edited by a person.
    """
    seen = work.seen[key]
    back, before = undone(seen.standing, seen.unplanned, start), seen.unplanned
    reason = start.telling(f"{WAITING}{waiting.why}.")
    work.seen[key] = seen.saying(replace(back, next_run=looked_at(work, back), status=_status(before), reason=reason))


def looked_at(work: Work, back: Standing) -> datetime:
    """Give the due time that waits; of a request, which has none, the instant since when it waits."""
    seen = work.seen[back.key]
    due = next_run(seen.job, back) if isinstance(seen.job, Job) else None
    return due if due and due <= work.now else min(seen.unplanned.next_run or work.now, work.now)


def _status(before: Standing) -> str:
    return before.status if any(not run.waiting for run in before.going) else Status.WAITING
