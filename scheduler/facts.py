"""What happened, as facts: each with its sentence for the log, its attributes, and what it adds to the metrics. Pure.

The steps tell facts and no sentences, so that the words of the log stand in this one file. docs/telemetry.md has the
names of attributes and metrics: queries and alerts of people rest on them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import ClassVar, Self

from scheduler.outcome import Outcome
from scheduler.row import iso, seconds
from scheduler.run import Cause, Run, State

#: How much a fact weighs, as Python's logging has it.
DETAIL, NOTE, WARNING, ERROR = 10, 20, 30, 40

#: Characters of an attribute at most.
_LONGEST = 4_000

type Label = str | int | float | bool
type Labels = Mapping[str, Label]


@dataclass(frozen=True)
class Count:
    """What a fact adds to a metric; the unit is the metric's."""

    metric: str
    amount: float
    labels: Labels = field(default_factory=dict)


@dataclass(frozen=True)
class Fact:
    """Something that happened. `weight`: how much a person on call wants to hear it."""

    weight: ClassVar[int] = NOTE

    @property
    def sentence(self) -> str:
        """Say it."""
        raise NotImplementedError

    @property
    def attributes(self) -> Labels:
        """Give what it consists of, by name; what is not known, or only repeats the sentence, is left out."""
        told = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in ("said", "told")}
        return {name: label(value) for name, value in told.items() if value not in (None, "")}

    @property
    def counts(self) -> tuple[Count, ...]:
        """Give what it adds to the metrics."""
        return ()


def label(value: object) -> Label:
    """Make a value an attribute: an instant as everywhere, everything unknown as text."""
    if isinstance(value, datetime):
        return iso(value)
    return value if isinstance(value, bool | int | float) else str(value)


def of_run(run: Run) -> Labels:
    """Name a run: the attributes that every span about it has."""
    return {"job": "/".join(run.job), "run_id": run.run_id, "due": iso(run.due), "attempt": run.attempt}


def of_runs(runs: Sequence[Run]) -> Labels:
    """Name the runs of a step that is taken for many at once."""
    return {"runs": len(runs), "run_ids": " ".join(run.run_id for run in runs)[:_LONGEST]}


def of_end(outcome: Outcome) -> Labels:
    """Say how a run ended, for a span."""
    code = {} if outcome.exit_code is None else {"exit_code": outcome.exit_code}
    cause, lasted = str(outcome.cause) or "none", outcome.duration.total_seconds()
    return {"state": str(outcome.state), "cause": cause, "seconds": lasted, **code}


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


@dataclass(frozen=True)
class News(Fact):
    """Something that a person on call wants to be told once; its words are made where it is found."""

    weight = WARNING
    said: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return self.said


class Trouble(News):
    """Something that could not be done, which nothing else can tell."""

    weight = ERROR


@dataclass(frozen=True)
class Ticked(Fact):
    """A whole tick. `past_due`: the timer called later than it should have."""

    seen: int
    started: int
    finished: int
    skipped: int
    throttled: int
    seconds: float
    past_due: bool = False

    @property
    def sentence(self) -> str:
        """Say it; an alert of infra/ looks for the word that tells of throttled starts."""
        late = "past due: " if self.past_due else ""
        throttled = f"{self.throttled} throttled, " if self.throttled else ""
        return (
            f"{late}tick: {self.seen} rows looked at, {self.started} started, {self.finished} finished, "
            f"{self.skipped} skipped, {throttled}in {self.seconds:.2f} s"
        )

    @property
    def counts(self) -> tuple[Count, ...]:
        """Give how long it took, and what passed without a run."""
        return (
            Count("crontable.tick.duration", self.seconds),
            *((Count("crontable.skips", self.skipped),) if self.skipped else ()),
        )


@dataclass(frozen=True)
class TickFailed(Fact):
    """A tick that was not whole, where nobody else would say so. `at`: when it was made."""

    weight = ERROR
    at: datetime
    why: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{_clock(self.at)} tick failed, the next one tries again: {self.why}"


@dataclass(frozen=True)
class LoopBegan(Fact):
    """A loop without Azure Functions goes on from here."""

    schedule: str
    first: datetime

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"A tick at {self.schedule}, the first at {iso(self.first)}; Ctrl-C ends it."


@dataclass(frozen=True)
class TelemetryOff(Fact):
    """A connection string is set, and nothing is sent all the same."""

    why: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"No telemetry is sent, and ticks go on without: {self.why}"


@dataclass(frozen=True)
class TelemetryRefused(TelemetryOff):
    """The same, where somebody should mend it."""

    weight = WARNING


@dataclass(frozen=True)
class TelemetryFailing(Fact):
    """What is sent does not arrive any more; said once, until it does again."""

    weight = WARNING
    why: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"Telemetry does not arrive, and ticks go on without: {self.why[:500]}"


@dataclass(frozen=True)
class TelemetryBack(Fact):
    """What is sent arrives again."""

    sentence = "Telemetry arrives again."


def stamped(at: datetime, told: object) -> str:
    """Put a tick's instant before what is said of it, as a loop prints it."""
    return f"{_clock(at)} {told}"


def _clock(at: datetime) -> str:
    return iso(at.replace(microsecond=0))
