"""What every fact is: a sentence for the log, attributes, and what it adds to the metrics; and what spans are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import ClassVar

from scheduler.outcome import Outcome
from scheduler.row import iso
from scheduler.run import Run

#: How much a fact weighs, as Python's logging has it.
DETAIL, NOTE, WARNING, ERROR = 10, 20, 30, 40

#: Characters of an attribute at most.
_LONGEST = 4_000
#: Fields that only repeat the sentence, or are facts of their own.
_REPEATED = ("said", "told", "news", "troubles")

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
    #: It is told where an error was caught: the log line has the error's trace below it.
    traced: ClassVar[bool] = False

    @property
    def sentence(self) -> str:
        """Say it."""
        raise NotImplementedError

    @property
    def attributes(self) -> Labels:
        """Give what it consists of, by name; what is not known, or only repeats the sentence, is left out."""
        told = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _REPEATED}
        return {name: label(value) for name, value in told.items() if value not in (None, "")}

    @property
    def counts(self) -> tuple[Count, ...]:
        """Give what it adds to the metrics."""
        return ()


def label(value: object) -> Label:
    """Make a value an attribute: an instant as everywhere, a span in seconds, everything unknown as text."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, timedelta):
        return value.total_seconds()
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
