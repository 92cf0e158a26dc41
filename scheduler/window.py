"""The due times of a job that nobody has decided about yet, and which of them should run. Pure.

From what the row says was last decided to the present: one due time on a quiet minute, thousands after an
outage. They are never walked over: their first, their last and a neighbour are all that is asked for.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.cell import length
from scheduler.chain import Link
from scheduler.job import CatchUp, Job
from scheduler.schedule import Schedule
from scheduler.standing import Standing

#: The most missed due times that are caught up with CatchUp all.
MOST_CAUGHT_UP = 100
_SHARES = 2**32


def delay(job: Job) -> timedelta:
    """Give the job's share of its Jitter, in whole seconds: the same for the same job on every day."""
    if not job.jitter:
        return job.jitter
    number = int.from_bytes(hashlib.sha256(job.id.encode()).digest()[:4])
    return timedelta(seconds=int(job.jitter.total_seconds() * number / _SHARES))


@dataclass(frozen=True)
class Range:
    """Due times in a row that pass, and why."""

    first: datetime
    last: datetime
    why: str


@dataclass(frozen=True)
class Window:
    """Undecided due times from `first` to `last`, and `following`, the first that lies ahead.

    A chain has no calendar: of what its upstreams did meanwhile only the newest is due.
    """

    first: datetime
    last: datetime
    following: datetime | None
    calendar: Schedule | None = None
    #: From when on a chain could start: its due time is its upstreams', and long past when they end.
    ready: datetime | None = None

    def before(self, due: datetime) -> datetime | None:
        """Give the due time before this one, if it lies in the window."""
        if self.calendar is None:
            return self.first if self.first < due else None
        found = self.calendar.before(due)
        return found if found and found >= self.first else None

    def after(self, due: datetime) -> datetime | None:
        """Give the due time after this one, also beyond the window."""
        if self.calendar is None:
            return self.last if due < self.last else None
        return self.calendar.after(due)


def undecided(job: Job, standing: Standing, now: datetime, link: Link | None) -> Window | None:
    """Find what is due and undecided at `now`; None when nothing is."""
    at = now - delay(job)
    if link:
        first, ready = min(standing.next_due or link.due, link.due), max(link.ready or link.due, link.due)
        return Window(first, link.due, None, ready=ready) if ready <= at and job.schedule.within(link.due) else None
    due = standing.next_due
    if due is None or due > at:
        return None
    following = job.schedule.after(due)
    if following is not None and following <= at:
        return Window(due, job.schedule.latest(at) or due, job.schedule.after(at), job.schedule)
    return Window(due, due, following, job.schedule)


@dataclass(frozen=True)
class Choice:
    """The due time that should run, None when all pass, and the ranges that pass before it."""

    due: datetime | None
    passing: tuple[Range, ...]
    following: datetime | None


def choose(job: Job, window: Window, now: datetime) -> Choice:
    """Apply Grace and CatchUp: which of the undecided due times runs, and why the others do not."""
    on_time, late = _on_time(job, window, now)
    passing = [late] if late else []
    if on_time is None:
        return Choice(None, tuple(passing), window.following)
    if job.catch_up is CatchUp.ALL and window.calendar:
        oldest = _oldest_of_all(window, on_time)
        if oldest > on_time and (passed := window.before(oldest)):
            passing.append(Range(on_time, passed, f"more than {MOST_CAUGHT_UP} were missed (CatchUp all)"))
        return Choice(oldest, tuple(passing), window.after(oldest))
    passed = window.before(window.last) if on_time < window.last else None
    if passed and passed >= on_time:
        passing.append(Range(on_time, passed, _superseded(job, window)))
    return Choice(window.last, tuple(passing), window.following)


def _superseded(job: Job, window: Window) -> str:
    if window.calendar is None:
        return "its upstreams succeeded again before it could start"
    return f"a newer due time came before it could start (CatchUp {job.catch_up})"


def _on_time(job: Job, window: Window, now: datetime) -> tuple[datetime | None, Range | None]:
    """Give the first due time that is within Grace, and the range of those that are too late."""
    if job.grace is None:
        return window.first, None
    limit = now - delay(job) - job.grace
    if window.first >= limit or (window.ready and window.ready >= limit):
        return window.first, None
    why = f"it could not start within its Grace of {length(job.grace)}"
    if window.last < limit:
        return None, Range(window.first, window.last, why)
    last_late = window.before(limit)
    first = window.after(last_late) if last_late else window.first
    return first, Range(window.first, last_late, why) if last_late else None


def _oldest_of_all(window: Window, first: datetime) -> datetime:
    """Give the oldest of the newest due times that are caught up; walks back over these only."""
    oldest = window.last
    for _ in range(MOST_CAUGHT_UP - 1):
        before = window.before(oldest)
        if before is None or before < first:
            return oldest
        oldest = before
    return oldest
