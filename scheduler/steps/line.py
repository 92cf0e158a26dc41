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

#: Seconds into a tick after which it sends no PUT any more: see `LEASE`. A later tick that finds the lease over
#: can trust a 404.
LAST_PUT = 180.0
#: Likewise for a start, which stops the group first, pauses, and may have to ask several times.
LAST_START = 60.0


def in_line(work: Work, plans: Mapping[Key, Plan]) -> dict[Key, Plan]:
    """Take the starts out of the plans that must wait; their rows say so, and stay as due as they were.

    The others go where they may be created: see `choose`.
    """
    asked = {
        (key, number): (start, _candidate(work, key, start, number))
        for key, decided in plans.items()
        for number, start in enumerate(decided.starts)
    }
    if not asked:
        return dict(plans)
    active = sum(not (run.existing or run.waiting) for seen in work.seen.values() for run in seen.standing.runs)
    most, allowances = work.world.settings.max_active_runs, work.world.memory.allowances
    late = {existing: too_late(work, existing=existing) for existing in (False, True)}
    in_time = [one for _, one in asked.values() if not late[not one.made]]
    chosen, waiting = choose(in_time, active, most, allowances, work.now)
    renewed = dict(plans)
    for start, one in asked.values():
        if late[not one.made]:
            _swap(renewed, one.key, start, None)
            leave_due(work, one.key, start)
    for one in chosen:
        start, wanted = asked[one.key, one.number]
        if one.location != wanted.location:
            _swap(renewed, one.key, start, replace(start, place=one.location))
    for told in waiting:
        start, one = asked[told.candidate.key, told.candidate.number]
        _swap(renewed, one.key, start, None)
        _hold(work, one.key, start, told)
        if told.rationed:
            work.hear(rationed(one.key, one.location, f"{told.why}.", work.now))
    return renewed


def _swap(plans: dict[Key, Plan], key: Key, start: Start, other: Start | None) -> None:
    """Put another start in the place of one, or none."""
    decisions = (other if one is start else one for one in plans[key].decisions)
    plans[key] = replace(plans[key], decisions=tuple(one for one in decisions if one is not None))


def _candidate(work: Work, key: Key, start: Start, number: int) -> Candidate:
    """Say what it asks for. An attempt that was sent on for want of room goes on, and not back to its first location.

    Scenario: the first has no room, the second no ration left. Each would send it to the other, minute after minute.
    """
    job = work.seen[key].job
    made, priority = (not job.group, job.priority) if isinstance(job, Job) else (False, 0)
    places = (job.locations if isinstance(job, Job) else ()) or (work.world.settings.location,)
    begun = start.waited.location if start.waited else ""
    here, *others = places[places.index(begun) if begun in places else 0 :]
    return Candidate(key, priority, start.due, here, made, number, tuple(others))


def too_late(work: Work, *, existing: bool) -> bool:
    """Say whether this tick is too old to start anything more; `existing`: in a group that is there already."""
    return work.age > (LAST_START if existing else LAST_PUT)


def leave_due(work: Work, key: Key, start: Start) -> None:
    """Let a row say what it said before it was planned: the next tick finds it as due as it is.

    Scenario: the look took four minutes. A claim now could not be sent any more, and would keep everybody from
    starting the run until its lease is over, a quarter of an hour later.
    """
    seen = work.seen[key]
    before = seen.unplanned
    back = undone(seen.standing, before, start)
    told = replace(back, next_run=looked_at(work, back), status=before.status, reason=start.telling(before.reason))
    work.seen[key] = seen.saying(told)
    work.late += 1


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
