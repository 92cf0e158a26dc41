"""Whether a job gets slower: its newer successful runs held against the older ones. Pure.

The rule is one for people who are woken by it, so it must not shout on noise: the medians must differ by much, and
the runs as a whole, too, so that a few odd ones decide nothing (`docs/history.md` says it in words).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from math import sqrt
from statistics import median
from typing import Self

from scheduler.recent import Past
from scheduler.row import lasted
from scheduler.run import State

#: With fewer successful runs on either side nobody can say anything.
FEWEST = 7
#: What the longer median is at least, in times of the shorter one and in seconds beyond it.
TIMES, MARGIN = 1.25, 5.0
#: In times of the shorter one where less than a week is held against less than a week: nights differ from days, and
#: Sundays from Mondays, and no job gets slower by that.
TIMES_SHORT = 1.5
#: What is held against each other where a job runs often enough.
WEEK = timedelta(days=7)
#: How many standard deviations the ranks lie off: chance alone does that to one of 700 jobs that stay as they are.
LUCK = 3.0
#: A run that began so long after it was due was played again: what it had to do was something else.
REPLAYED = timedelta(days=1)


class Verdict(StrEnum):
    """What the newer runs are, beside the older ones."""

    SLOWER = "slower"
    FASTER = "faster"
    STEADY = "steady"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Stretch:
    """One side: what it is called (`the last 7 days`), how many runs succeeded in it, and their median in seconds."""

    name: str
    runs: int
    median: float | None

    @classmethod
    def of(cls, name: str, took: Sequence[float]) -> Self:
        """Reckon it."""
        return cls(name, len(took), median(took) if took else None)


@dataclass(frozen=True)
class Trend:
    """The newer runs against the older ones."""

    newer: Stretch
    older: Stretch
    verdict: Verdict

    @classmethod
    def of(cls, newer: tuple[str, Sequence[float]], older: tuple[str, Sequence[float]], times: float = TIMES) -> Self:
        """Judge what successful runs took, each side with its name; `times` is by how much the medians must differ."""
        return cls(Stretch.of(*newer), Stretch.of(*older), _verdict(newer[1], older[1], times))

    @classmethod
    def of_recent(cls, pasts: Sequence[Past]) -> Self:
        """Judge the newer half of the last successful runs against the older half."""
        good = [one for one in pasts if one.state is State.SUCCEEDED and not _replayed(one)]
        half = len(good) // 2
        older, newer = good[len(good) - 2 * half : len(good) - half], good[len(good) - half :]
        long = bool(half) and newer[-1].due - older[0].due >= 2 * WEEK
        names = (f"the last {half} successful runs", f"the {half} before")
        took = [[one.seconds for one in side] for side in (newer, older)]
        return cls.of((names[0], took[0]), (names[1], took[1]), TIMES if long else TIMES_SHORT)

    @property
    def slower(self) -> bool:
        """Whether the job gets slower."""
        return self.verdict is Verdict.SLOWER

    @property
    def change(self) -> float | None:
        """By what share of the older median the newer one is longer, below 0 shorter; None where one is not known."""
        if self.newer.median is None or not self.older.median:
            return None
        return self.newer.median / self.older.median - 1

    @property
    def mark(self) -> str:
        """Say it in two words, for a list: `51 % slower`; '' where there is nothing to say."""
        if self.verdict not in (Verdict.SLOWER, Verdict.FASTER):
            return ""
        if self.change is None:
            return str(self.verdict)
        if self.change >= 1:
            return f"{self.change + 1:.1f} times as long"
        return f"{abs(self.change):.0%} {self.verdict}".replace("%", " %")

    @property
    def sentence(self) -> str:
        """Say it with its figures."""
        newer, older = self.newer, self.older
        if self.verdict is Verdict.UNKNOWN:
            if not newer.name:
                return "Whether it gets slower is told once its successful runs go back two days."
            found = f"{newer.runs} in {newer.name}, {older.runs} in {older.name}"
            return f"Too few runs succeeded to say whether it gets slower: {found}; it takes {FEWEST} in each."
        medians = f"Median of {newer.name} {lasted(newer.median or 0)}, of {older.name} {lasted(older.median or 0)}"
        return f"{medians}: {self.mark or 'no clear change'}."


def over(took: Sequence[tuple[datetime, float]], now: datetime, reach: timedelta) -> Trend:
    """Judge the successful runs of a period by their due times: a week against the week before.

    Where that shows nothing, or `reach` (how far back these go) is less than two weeks, half of it against the other:
    of a job that runs once a day a week is little.
    """
    halves = reach.days // 2
    found = [_split(took, now, days) for days in sorted({min(WEEK.days, halves), halves} - {0})]
    clear = [one for one in found if one.mark]
    known = [one for one in found if one.verdict is not Verdict.UNKNOWN]
    return next(iter([*clear, *known, *reversed(found)]), Trend.of(("", []), ("", [])))


def _split(took: Sequence[tuple[datetime, float]], now: datetime, days: int) -> Trend:
    begin = now - timedelta(days=days)
    newer = [one for due, one in took if due > begin]
    older = [one for due, one in took if begin - timedelta(days=days) < due <= begin]
    last, before = (f"the last {days} days", f"the {days} before") if days > 1 else ("the last day", "the day before")
    return Trend.of((last, newer), (before, older), TIMES if days >= WEEK.days else TIMES_SHORT)


def _replayed(past: Past) -> bool:
    return past.started is not None and past.started - past.due > REPLAYED


def _verdict(newer: Sequence[float], older: Sequence[float], times: float) -> Verdict:
    if min(len(newer), len(older)) < FEWEST:
        return Verdict.UNKNOWN
    after, before = median(newer), median(older)
    short, long = sorted((after, before))
    # The ranks last: of a thousand jobs hardly one gets so far.
    if long < max(short * times, short + MARGIN) or abs(ranked(newer, older)) < LUCK:
        return Verdict.STEADY
    return Verdict.SLOWER if after > before else Verdict.FASTER


def ranked(newer: Sequence[float], older: Sequence[float]) -> float:
    """Give how far the newer values stand above the older ones in their common order, in standard deviations.

    Ranks and not values (Mann and Whitney's test): one run of ten hours weighs no more than any long one.
    """
    values = sorted([(one, True) for one in newer] + [(one, False) for one in older])
    ranks, ties, seen, every = 0.0, 0, 0, len(values)
    for _, several in groupby(values, key=lambda one: one[0]):
        alike = [new for _, new in several]
        ranks += sum(alike) * (seen + (len(alike) + 1) / 2)
        ties += len(alike) ** 3 - len(alike)
        seen += len(alike)
    spread = len(newer) * len(older) / 12 * (every + 1 - ties / (every * (every - 1)))
    return (ranks - len(newer) * (every + 1) / 2) / sqrt(spread) if spread > 0 else 0.0
