"""One run: its identity, its states and the only legal moves, and its two written forms.

A run is one execution of a job for one due time. While it is open it stands as an entry in the job row's
ActiveRuns (the lock) and as a row of Runs; once closed, its row of Runs never changes again.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from scheduler.identity import aware, run_key
from scheduler.row import Columns, Key, Row, Value, iso, known

#: How long a claim belongs to the tick that made it.
LEASE = timedelta(minutes=10)
#: A vanished group is believed only when it was missing on two ticks at least this far apart.
MISSING = timedelta(minutes=2)


class State(StrEnum):
    """Where a run stands."""

    STARTING = "Starting"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    LOST = "Lost"


class Event(StrEnum):
    """What can happen to a run."""

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


class IllegalMove(ValueError):
    """A run was asked to do what its state does not allow."""


_MOVES: Mapping[State, Mapping[Event, State]] = {
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
#: What reading JSON that somebody mangled may raise.
ODD = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)
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
    """An open run, whole enough to be finished without its job row's present columns."""

    job: Key
    due: datetime
    attempt: int
    trigger: str  # schedule | request
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
    cancel: bool = False  # a person asked for its end
    tries: int = 1  # how often its creation was claimed: a takeover adds one
    removing: bool = False  # closed; its group still has to go

    @property
    def key(self) -> Key:
        """PartitionKey and RowKey of the run's row."""
        return run_key(self.job, self.due, self.attempt)

    @property
    def going(self) -> bool:
        """Say whether it is still open: a closed run that waits for its group's removal is not."""
        return not self.removing

    @property
    def blocking(self) -> bool:
        """Say whether it counts for Overlap.

        Scenario: the stop of an existing group was done and its answer lost. A stop sent again would end the
        next run of that group, so that no next run may start before the stop is known.
        """
        return self.going or self.existing

    def after(self, event: Event) -> Self:
        """Move to the state that `event` leads to."""
        return replace(self, state=move(self.state, event))

    def entry(self) -> dict[str, Any]:
        """Write the run as it stands in ActiveRuns."""
        said: dict[str, Any] = {
            "due": iso(self.due),
            "attempt": self.attempt,
            "trigger": self.trigger,
            "state": str(self.state),
            "run_id": self.run_id,
            "group": self.group,
            "tick": self.tick,
            "claimed": iso(self.claimed),
            "lease": iso(self.lease),
            "timeout": self.timeout.total_seconds(),
            "start_timeout": self.start_timeout.total_seconds(),
            "location": self.location,
            "watermark": self.watermark,
        }
        optional = {
            "existing": self.existing or None,
            "interval": self.interval and [iso(end) for end in self.interval],
            "prior": self.prior and self.prior.isoformat(),  # to the last digit: it is compared with what ACI says
            "missing": self.missing and iso(self.missing),
            "unread": self.unread and iso(self.unread),
            "cancel": self.cancel or None,
            "tries": self.tries if self.tries > 1 else None,
            "removing": self.removing or None,
        }
        return said | {name: value for name, value in optional.items() if value}

    @classmethod
    def from_entry(cls, job: Key, said: Mapping[str, Any]) -> Self:
        """Read an entry back; raises what `ODD` names when a person mangled it."""
        interval = said.get("interval")
        if (state := State(said["state"])) in ENDS:
            raise ValueError(f"an open run cannot be {state}")
        return cls(
            job=job,
            due=aware(said["due"]),
            attempt=int(said["attempt"]),
            trigger=str(said["trigger"]),
            state=state,
            run_id=str(said["run_id"]),
            group=str(said["group"]),
            tick=str(said["tick"]),
            claimed=aware(said["claimed"]),
            lease=aware(said["lease"]),
            timeout=timedelta(seconds=float(said["timeout"])),
            start_timeout=timedelta(seconds=float(said["start_timeout"])),
            location=str(said["location"]),
            watermark=str(said["watermark"]),
            existing=bool(said.get("existing")),
            interval=(aware(interval[0]), aware(interval[1])) if interval else None,
            prior=aware(said["prior"]) if "prior" in said else None,
            missing=aware(said["missing"]) if "missing" in said else None,
            unread=aware(said["unread"]) if "unread" in said else None,
            cancel=bool(said.get("cancel")),
            tries=int(said.get("tries", 1)),
            removing=bool(said.get("removing")),
        )

    def row(self) -> Columns:
        """Write the columns with which the run is registered in Runs, its entry among them."""
        columns: dict[str, Value] = {
            "State": OPEN,
            "Trigger": self.trigger,
            "Due": self.due,
            "Attempt": self.attempt,
            "Group": self.group,
            "RunId": self.run_id,
            "Location": self.location,
            "Tick": self.tick,
            "Claimed": self.claimed,
            "Lease": self.lease,
            "WatermarkFrom": self.watermark,
            "Entry": json.dumps(self.entry()),
        }
        if self.interval:
            columns |= {"IntervalStart": self.interval[0], "IntervalEnd": self.interval[1]}
        return columns

    @classmethod
    def from_row(cls, row: Row) -> Self | None:
        """Read a registered run back from its row of Runs, as it was when it was claimed; None when it is mangled."""
        try:
            return cls.from_entry((row.partition, job_name(row)), json.loads(str(row.columns.get("Entry"))))
        except ODD:
            return None


def job_name(row: Row) -> str:
    """Name the job that a row of Runs belongs to."""
    return row.name.partition("|")[0]


def read_entries(job: Key, written: Value | None) -> tuple[Run, ...] | None:
    """Read ActiveRuns; None when somebody mangled it."""
    try:
        said = json.loads(str(written or "[]"))
        return tuple(Run.from_entry(job, entry) for entry in said) if isinstance(said, list) else None
    except ODD:
        return None


def write_entries(runs: Sequence[Run]) -> str:
    """Write ActiveRuns."""
    return json.dumps([run.entry() for run in runs])


def finished(row: Row) -> bool:
    """Say whether a row of Runs is closed."""
    return row.columns.get("State") != OPEN


def due_of(row: Row) -> datetime | None:
    """Read the due time of a row of Runs, or the end of the range that it lets pass."""
    return known(row.columns.get("Due"))
