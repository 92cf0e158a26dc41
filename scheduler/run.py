"""One run: its identity, its states and the only legal moves.

A run is one execution of a job for one due time. While it is open it stands as an entry in the job row's
ActiveRuns (the lock) and as a row of Runs; once closed, its row of Runs never changes again. An attempt that
is still to come is an entry alone, `Waiting`: it has neither a row nor a group before it is claimed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from scheduler.changed import replace
from scheduler.identity import run_key
from scheduler.row import Key, Row, known

#: How long a claim belongs to the tick that made it. Its PUT may be sent 3 minutes into the tick, after a freeze
#: of 5 more, and take effect 5 minutes after that, by a clock that is 1 minute behind: 14 minutes in all.
LEASE = timedelta(minutes=15)
#: A vanished group is believed only when it was missing on two ticks at least this far apart.
MISSING = timedelta(minutes=2)


class State(StrEnum):
    """Where a run stands."""

    WAITING = "Waiting"
    STARTING = "Starting"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    LOST = "Lost"


class Event(StrEnum):
    """What can happen to a run."""

    CLAIMED = "claimed"
    SEEN = "seen"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    VANISHED = "vanished"


class Cause(StrEnum):
    """Why a run did not succeed; each has its own remedy, so each is told apart."""

    NONE = ""
    EXIT = "exit"
    TIMEOUT = "timeout"
    IMAGE = "image"
    CAPACITY = "capacity"
    QUOTA = "quota"
    THROTTLED = "throttled"
    PLATFORM = "platform"
    DENIED = "denied"
    SPEC = "spec"


class Trigger(StrEnum):
    """Why a run was started."""

    SCHEDULE = "schedule"
    AFTER = "after"
    REQUEST = "request"
    BACKFILL = "backfill"


class IllegalMove(ValueError):
    """A run was asked to do what its state does not allow."""


_MOVES: Mapping[State, Mapping[Event, State]] = {
    State.WAITING: {Event.CLAIMED: State.STARTING, Event.FAILED: State.FAILED, Event.CANCELLED: State.CANCELLED},
    State.STARTING: {
        Event.SEEN: State.RUNNING,
        Event.SUCCEEDED: State.SUCCEEDED,
        Event.FAILED: State.FAILED,
        Event.CANCELLED: State.CANCELLED,
    },
    State.RUNNING: {
        Event.SEEN: State.RUNNING,
        Event.SUCCEEDED: State.SUCCEEDED,
        Event.FAILED: State.FAILED,
        Event.CANCELLED: State.CANCELLED,
        Event.VANISHED: State.LOST,
    },
}
#: States that end a run; nothing leads out of them.
ENDS = frozenset(State) - frozenset(_MOVES)
#: What the State column of a run row says until the run is closed, and for a range that was let pass.
OPEN, SKIPPED = "Active", "Skipped"


def move(state: State, event: Event) -> State:
    """Give the state after `event`, or raise `IllegalMove`."""
    try:
        return _MOVES[state][event]
    except KeyError:
        raise IllegalMove(f"a run that is {state} cannot be {event}") from None


@dataclass(frozen=True)
class Run:
    """An open run, whole enough to be finished and tried again without its job row's present columns."""

    job: Key
    due: datetime
    attempt: int
    trigger: str
    run_id: str
    group: str
    tick: str
    claimed: datetime
    lease: datetime
    timeout: timedelta
    start_timeout: timedelta
    existing: bool = False  # the group was there before us: it is started and stopped, never deleted
    location: str = ""
    watermark: str = ""
    interval: tuple[datetime, datetime] | None = None
    state: State = State.STARTING
    prior: datetime | None = None  # an existing group's start time before we started it
    missing: datetime | None = None  # since when GET says 404
    unread: datetime | None = None  # since when its log could not be read, though it is over
    cancel: bool = False  # a person asked for its end, or a newer run replaces it
    tries: int = 1  # how often its creation was claimed: a takeover adds one
    removing: bool = False  # closed; its group still has to go
    not_before: datetime | None = None  # of an attempt to come: when
    retries: int = 0  # how often the job's own failures are tried again
    retry_delay: timedelta = timedelta(minutes=1)
    spent: Mapping[str, int] = field(default_factory=dict)  # by cause: how often this due time was tried again
    places: tuple[str, ...] = ()  # the locations that may be tried, in order
    cpu: float = 0.0  # of the whole group, for its cost
    memory: float = 0.0
    spot: bool = False
    commit: str = ""  # of GitRepo
    secrets: tuple[str, ...] = ()  # ids of the versions that it was given: their values are masked in its log
    apart: bool = False  # its watermark is its own: the row's stays
    replaced: bool = False  # a newer run waits until its group is gone
    kept: Mapping[str, Any] = field(default_factory=dict)  # what was read of its log while it ran
    upstreams: str = ""  # what a chained job saw of its upstreams when it was claimed
    backfill: str = ""  # the backfill that it belongs to, as it stood when it was claimed
    failed: datetime | None = None  # when its due time had failed for good before somebody asked for it again

    @property
    def key(self) -> Key:
        """PartitionKey and RowKey of the run's row."""
        return run_key(self.job, self.due, self.attempt)

    @property
    def going(self) -> bool:
        """Say whether it is still open: a closed run that waits for its group's removal is not."""
        return not self.removing

    @property
    def waiting(self) -> bool:
        """Say whether it is an attempt that is still to come."""
        return self.state is State.WAITING

    @property
    def blocking(self) -> bool:
        """Say whether it counts for Overlap.

        Scenario: the stop of an existing group was done and its answer lost. A stop sent again would end the
        next run of that group, so that no next run may start before the stop is known. And a run that replaces
        another waits until ACI says that the other's group is gone: until then both would write.
        """
        return self.going or self.existing or self.replaced

    @property
    def unmarked(self) -> bool:
        """Say whether it runs beside others of its job: whose watermark would count, nobody can say."""
        return self.apart and self.trigger in (Trigger.SCHEDULE, Trigger.AFTER)

    def after(self, event: Event) -> Self:
        """Move to the state that `event` leads to."""
        return replace(self, state=move(self.state, event))


def job_name(row: Row) -> str:
    """Name the job that a row of Runs belongs to."""
    return row.name.partition("|")[0]


def finished(row: Row) -> bool:
    """Say whether a row of Runs is closed."""
    return row.columns.get("State") != OPEN


def due_of(row: Row) -> datetime | None:
    """Read the due time of a row of Runs, or the end of the range that it lets pass."""
    return known(row.columns.get("Due"))
