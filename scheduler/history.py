"""What people ask of a job's runs: how many, how often red, how long, how long usually. Pure: runs in, figures out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import ceil
from statistics import median
from typing import Self

from scheduler.recent import Past
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


#: Of fewer successes nobody can say what is usual.
_FEWEST = 5
#: What a run takes at least beyond the usual, in seconds, to be called slow: a second more than two is no news.
_MARGIN = 60.0
#: And at least so many times the usual.
_TIMES = 1.5


@dataclass(frozen=True)
class Figures:
    """What the last runs of a job say, as one looks at them; durations in seconds, of successes only.

    A failure's duration says how soon it failed, and a cancelled run's how patient somebody was.
    """

    runs: int
    succeeded: int
    #: From 0 to 1; None when nothing ended yet. What somebody cancelled is not counted against it.
    rate: float | None
    #: How the last runs in a row ended, and how many; None when nothing ended yet.
    streak: tuple[State, int] | None
    median: float | None
    p95: float | None
    longest: float | None

    @classmethod
    def of(cls, pasts: Sequence[Past]) -> Self:
        """Reckon them over these runs, the newest last."""
        lasted = _successful(pasts)
        judged = sum(past.state is not State.CANCELLED for past in pasts)
        return cls(
            runs=len(pasts),
            succeeded=len(lasted),
            rate=len(lasted) / judged if judged else None,
            streak=_streak(pasts),
            median=median(lasted) if lasted else None,
            p95=percentile(lasted, 95) if lasted else None,
            longest=max(lasted, default=None),
        )


def percentile(values: Sequence[float], share: float) -> float:
    """Give the smallest of the values that at least `share` percent of them do not exceed: always one that was seen.

    A value between two would be one that no run took. Raises ValueError without values.
    """
    if not values:
        raise ValueError("without values there is no percentile")
    rank = ceil(len(values) * share / 100)
    return sorted(values)[min(max(rank, 1), len(values)) - 1]


def usual(pasts: Sequence[Past]) -> float | None:
    """Give the seconds that 95 of 100 successful runs do not exceed; None while there are too few to say."""
    lasted = _successful(pasts)
    return percentile(lasted, 95) if len(lasted) >= _FEWEST else None


def slow(lasted: float, usual: float | None) -> bool:
    """Say whether a run of these seconds, over or still going, takes much longer than is usual.

    Much is half as long again, and a minute: a job of two seconds that takes four is as good as ever.
    """
    return usual is not None and lasted > max(usual * _TIMES, usual + _MARGIN)


def _successful(pasts: Sequence[Past]) -> list[float]:
    return [past.seconds for past in pasts if past.state is State.SUCCEEDED]


def _streak(pasts: Sequence[Past]) -> tuple[State, int] | None:
    if not pasts:
        return None
    last = pasts[-1].state
    return last, sum(1 for _ in takewhile(lambda past: past.state is last, reversed(pasts)))
