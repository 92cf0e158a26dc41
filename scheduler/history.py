"""What people ask of a job's runs: how many, how often red, how long. Pure: rows of Runs in, figures out."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

from scheduler.row import Row, seconds
from scheduler.run import OPEN, SKIPPED, State


@dataclass(frozen=True)
class Summary:
    """A few figures over the runs that were read; durations in seconds."""

    runs: int
    succeeded: int
    skipped: int
    median_duration: float | None

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Self:
        """Count closed runs; open ones and skips are no runs that one could judge."""
        states = [str(row.columns.get("State")) for row in rows]
        closed = [row for row, state in zip(rows, states, strict=True) if state not in (OPEN, SKIPPED)]
        good = [row for row in closed if row.columns.get("State") == State.SUCCEEDED]
        lasted = [value for row in good if isinstance(value := row.columns.get("Duration"), int | float)]
        return cls(len(closed), len(good), states.count(SKIPPED), median(lasted) if lasted else None)

    def __str__(self) -> str:
        share = f"{self.succeeded} of {self.runs} runs succeeded" if self.runs else "no run has ended yet"
        usual = f", half of those within {seconds(self.median_duration)}" if self.median_duration is not None else ""
        return f"{share}{usual}; {self.skipped} skips"
