"""What follows a failed attempt: another one, when and where, or none. Pure.

Each cause has a remedy of its own, and so a budget of its own: the job's own failures use the job's Retries,
and what the platform does never burns them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.changed import replace
from scheduler.run import Cause, Run, State

#: No wait between two attempts of a job's own failures is longer.
LONGEST_DELAY = timedelta(hours=1)
#: The causes that are the job's own.
OWN = frozenset({Cause.EXIT, Cause.TIMEOUT})
#: The causes for which another location is tried before any wait.
ELSEWHERE = frozenset({Cause.CAPACITY, Cause.QUOTA})
#: The causes after which the first location is tried first again: what it lacked, time brings back.
_AFRESH = ELSEWHERE | {Cause.THROTTLED}


@dataclass(frozen=True)
class Budget:
    """How often a due time is tried again for one cause, and how long it waits: doubling from `first` to `longest`."""

    times: int
    first: timedelta
    longest: timedelta

    def wait(self, spent: int) -> timedelta:
        """Give the wait after so many waits before."""
        return min(self.first * (1 << min(spent, 30)), self.longest)


_MINUTE = timedelta(minutes=1)
_SHORT = 15 * _MINUTE
#: The platform's causes; a spec that ACI refuses is refused again.
BUDGETS: Mapping[Cause, Budget] = {
    Cause.CAPACITY: Budget(24, _MINUTE, _SHORT),
    Cause.QUOTA: Budget(24, _MINUTE, _SHORT),
    Cause.THROTTLED: Budget(24, _MINUTE, _SHORT),
    Cause.PLATFORM: Budget(5, _MINUTE, _SHORT),
    Cause.IMAGE: Budget(3, _MINUTE, _SHORT),
    Cause.DENIED: Budget(3, 5 * _MINUTE, timedelta(hours=1)),
}


def budget(run: Run, cause: Cause) -> Budget:
    """Give the budget of a cause; the job's own causes share one."""
    if cause in OWN:
        return Budget(run.retries, run.retry_delay, LONGEST_DELAY)
    return BUDGETS.get(cause, Budget(0, _MINUTE, _MINUTE))


def spent(run: Run, cause: Cause) -> int:
    """Count how often this due time was tried again for this cause."""
    return sum(run.spent.get(str(one), 0) for one in (OWN if cause in OWN else {cause}))


def retry_at(run: Run, cause: Cause, now: datetime, after: timedelta | None = None) -> datetime | None:
    """Say when the next attempt may begin; None when there is none. `after`: how long ACI wants to be left alone.

    In whole seconds. Scenario: it failed in a tick that came some milliseconds late, and the one a minute later comes
    on time: "after 1 minute" would be two, and a job of every minute would miss a due time by them.
    """
    if run.cancel or cause is Cause.NONE:
        return None
    if cause in ELSEWHERE and elsewhere(run):
        return now
    allowed, before = budget(run, cause), spent(run, cause)
    if before >= allowed.times:
        return None
    return (now + max(allowed.wait(before), after or timedelta(0))).replace(microsecond=0)


def elsewhere(run: Run) -> str:
    """Name the location that comes after the run's own; '' when it was the last."""
    if run.location not in run.places:
        return ""
    later = run.places[run.places.index(run.location) + 1 :]
    return later[0] if later else ""


def next_attempt(run: Run, cause: Cause, at: datetime) -> Run:
    """Make the entry of the attempt that follows at `at`; it has no name before it is claimed."""
    moved = elsewhere(run) if cause in ELSEWHERE else ""
    used = dict(run.spent) if moved else {**run.spent, str(cause): run.spent.get(str(cause), 0) + 1}
    begun_again = run.places[0] if cause in _AFRESH and run.places else run.location
    return replace(
        fresh(run),
        attempt=run.attempt + 1,
        not_before=at,
        spent=used,
        location=moved or begun_again,
    )


def fresh(run: Run) -> Run:
    """Give the run as an attempt that is still to come: what its last attempt did and saw is not its own."""
    return replace(
        run, run_id="", group=run.group if run.existing else "", tick="", state=State.WAITING, tries=1, commit="",
        prior=None, missing=None, unread=None, cancel=False, removing=False, replaced=False, secrets=(), kept={},
    )  # fmt: skip
