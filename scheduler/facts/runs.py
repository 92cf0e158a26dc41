"""What happens to runs: they start, and they are over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from scheduler.facts.fact import DETAIL, Count, Fact
from scheduler.outcome import Outcome
from scheduler.row import iso, seconds
from scheduler.run import Cause, Run, State


@dataclass(frozen=True)
class RunStarted(Fact):
    """A run's container group was asked for. `late`: seconds since it was due."""

    job: str
    run_id: str
    due: datetime
    attempt: int
    trigger: str
    location: str
    late: float

    @classmethod
    def of(cls, run: Run, now: datetime) -> Self:
        """Tell of a run that starts now; one asked for before it was due is not late."""
        late = max((now - run.due) / timedelta(seconds=1), 0.0)
        job, trigger = "/".join(run.job), str(run.trigger)
        return cls(job, run.run_id, run.due, run.attempt, trigger, run.location, late)

    @property
    def sentence(self) -> str:
        """Say it."""
        again = f" (attempt {self.attempt})" if self.attempt > 1 else ""
        where = f" in {self.location}" if self.location else ""
        return f"{self.job}: the run due {iso(self.due)}{again} starts{where}, {seconds(self.late)} after it was due."

    @property
    def counts(self) -> tuple[Count, ...]:
        """Give the lag of the first attempt; a later one was put off on purpose."""
        return (Count("crontable.lag", self.late, {"trigger": self.trigger}),) if self.attempt == 1 else ()


@dataclass(frozen=True)
class RunFinished(Fact):
    """A run was closed. `seconds`: how long its container ran; `told`: how it ended, in words."""

    job: str
    run_id: str
    due: datetime
    attempt: int
    state: State
    cause: Cause
    seconds: float
    exit_code: int | None
    told: str

    @classmethod
    def of(cls, run: Run, outcome: Outcome) -> Self:
        """Tell of a run that was closed with this outcome."""
        job, lasted = "/".join(run.job), outcome.duration.total_seconds()
        state, cause, told = outcome.state, outcome.cause, outcome.sentence
        return cls(job, run.run_id, run.due, run.attempt, state, cause, lasted, outcome.exit_code, told)

    @property
    def sentence(self) -> str:
        """Say it."""
        again = f" (attempt {self.attempt})" if self.attempt > 1 else ""
        return f"{self.job}: the run due {iso(self.due)}{again} is over: {self.told}"

    @property
    def counts(self) -> tuple[Count, ...]:
        """Give the run by its outcome, and how long it took."""
        labels = {"job": self.job, "state": str(self.state), "cause": str(self.cause) or "none"}
        return (Count("crontable.runs", 1, labels), Count("crontable.run.duration", self.seconds, labels))


@dataclass(frozen=True)
class CreationsLeft(Fact):
    """What ACI's last answer in a region left of its two windows; None = it did not say."""

    weight = DETAIL
    location: str
    five_minutes: int | None
    hour: int | None

    @property
    def sentence(self) -> str:
        """Say it."""
        windows = (("five minutes", self.five_minutes), ("the hour", self.hour))
        told = " and ".join(f"{left} within {window}" for window, left in windows if left is not None)
        return f"ACI would create {told or 'nobody knows how many'} in {self.location}."

    @property
    def counts(self) -> tuple[Count, ...]:
        """Give what is left of each window that ACI named."""
        windows = (("five_minutes", self.five_minutes), ("hour", self.hour))
        return tuple(
            Count("crontable.creations.left", left, {"location": self.location, "window": window})
            for window, left in windows
            if left is not None
        )
