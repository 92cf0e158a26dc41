"""What people ask of a job's runs: how many, how often red, how long, how long usually. Pure: runs in, figures out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import ceil
from statistics import median
from typing import Protocol, Self

from scheduler.row import lasted
from scheduler.run import State

#: Of fewer successes nobody can say what is usual.
_FEWEST = 5
#: What a run takes at least beyond the usual, in seconds, to be called slow: a second more than two is no news.
_MARGIN = 60.0
#: And at least so many times the usual.
_TIMES = 1.5


class Ended(Protocol):
    """A closed run, wherever it was read."""

    @property
    def state(self) -> State | None:
        """How it ended; None is no end that counts as a success."""

    @property
    def seconds(self) -> float | None:
        """How long it took; None where nothing says so."""


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
    def of(cls, pasts: Sequence[Ended]) -> Self:
        """Reckon them over these runs, the newest last."""
        took = _successful(pasts)
        judged = sum(past.state is not State.CANCELLED for past in pasts)
        succeeded = sum(past.state is State.SUCCEEDED for past in pasts)
        return cls(
            runs=len(pasts),
            succeeded=succeeded,
            rate=succeeded / judged if judged else None,
            streak=_streak(pasts),
            median=median(took) if took else None,
            p95=percentile(took, 95) if took else None,
            longest=max(took, default=None),
        )

    @property
    def sentence(self) -> str:
        """Say it in a line; without an end, for there may follow more."""
        if not self.runs:
            return "no run has ended yet"
        usual = f", half of those within {lasted(self.median)}" if self.median is not None else ""
        return f"{self.succeeded} of {self.runs} runs succeeded{usual}"


def percentile(values: Sequence[float], share: float) -> float:
    """Give the smallest of the values that at least `share` percent of them do not exceed: always one that was seen.

    A value between two would be one that no run took. Raises ValueError without values.
    """
    if not values:
        raise ValueError("without values there is no percentile")
    rank = ceil(len(values) * share / 100)
    return sorted(values)[min(max(rank, 1), len(values)) - 1]


def usual(pasts: Sequence[Ended]) -> float | None:
    """Give the seconds that 95 of 100 successful runs do not exceed; None while there are too few to say."""
    took = _successful(pasts)
    return percentile(took, 95) if len(took) >= _FEWEST else None


def slow(lasted: float, usual: float | None) -> bool:
    """Say whether a run of these seconds, over or still going, takes much longer than is usual.

    Much is half as long again, and a minute: a job of two seconds that takes four is as good as ever.
    """
    return usual is not None and lasted > max(usual * _TIMES, usual + _MARGIN)


def _successful(pasts: Sequence[Ended]) -> list[float]:
    return [past.seconds for past in pasts if past.state is State.SUCCEEDED and past.seconds is not None]


def _streak(pasts: Sequence[Ended]) -> tuple[State, int] | None:
    last = pasts[-1].state if pasts else None
    return (last, sum(1 for _ in takewhile(lambda past: past.state is last, reversed(pasts)))) if last else None
