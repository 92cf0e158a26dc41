"""A job's charts as plain figures: how long its runs took, which were slow, how far its watermark came. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from scheduler.desk.runline import RunLine
from scheduler.history import slow
from scheduler.ledger import as_time
from scheduler.row import iso
from scheduler.web import words


@dataclass(frozen=True)
class Grid:
    """The newest due times, oldest first, each with its attempts, the first one first."""

    columns: Sequence[Sequence[RunLine]]

    @property
    def deepest(self) -> int:
        """How many attempts the due time with the most of them had."""
        return max((len(column) for column in self.columns), default=0)


def grid(lines: Sequence[RunLine], most: int) -> Grid:
    """Sort runs (newest first, as they are read) by due time; skips stand between them."""
    found: dict[Any, list[RunLine]] = {}
    for line in lines:
        found.setdefault(line.began, []).append(line)
    newest = list(found.values())[:most]
    return Grid([sorted(column, key=lambda line: line.attempt) for column in reversed(newest)])


def durations(lines: Sequence[RunLine], median: float | None, p95: float | None) -> dict[str, Any] | None:
    """Give the durations of closed runs, oldest first; None with fewer than two: a point is no curve."""
    ended = [line for line in reversed(lines) if line.seconds is not None and line.started]
    if len(ended) < 2:  # noqa: PLR2004 - as said
        return None
    return {
        "at": [line.started.timestamp() for line in ended if line.started],
        "seconds": [line.seconds for line in ended],
        "states": [line.state for line in ended],
        "slow": [int(bool(line.succeeded) and slow(line.seconds or 0.0, p95)) for line in ended],
        "refs": [line.ref for line in ended],
        "median": median,
        "p95": p95,
    }


def durations_told(lines: Sequence[RunLine]) -> str:
    """Say what the chart of durations shows, for whoever sees no chart."""
    ended = [line for line in reversed(lines) if line.seconds is not None and line.started]
    if len(ended) < 2:  # noqa: PLR2004 - there is no chart
        return ""
    took = [line.seconds or 0.0 for line in ended]
    ends = Counter(line.state for line in ended)
    how = ", ".join(f"{many} {state.lower()}" for state, many in ends.most_common())
    between = f"from {iso(ended[0].started or ended[0].due)} to {iso(ended[-1].started or ended[-1].due)}"
    span = f"the shortest {words.lasted(min(took))}, the longest {words.lasted(max(took))}"
    return f"Durations of {len(ended)} runs {between}: {how}; {span}. The table of runs has each."


def watermarks_told(lines: Sequence[RunLine]) -> str:
    """Say what the chart of the watermark shows, likewise."""
    said = [line for line in reversed(lines) if line.finished and line.watermark_to]
    if not said:
        return ""
    first, last = (words.trimmed(line.watermark_to or "", 60) for line in (said[0], said[-1]))
    return f"The watermark after {len(said)} runs: from {first} to {last}. The table of runs has each."


def watermarks(lines: Sequence[RunLine]) -> dict[str, Any] | None:
    """Give how far the watermark was after each run, oldest first; None where the values are no dates or numbers."""
    said = [(line.finished, line.watermark_to) for line in reversed(lines) if line.finished and line.watermark_to]
    dates = [as_time(text) for _, text in said]
    if len(said) > 1 and all(dates):
        return {
            "at": [at.timestamp() for at, _ in said],
            "to": [date.timestamp() for date in dates if date],
            "dates": True,
        }
    try:
        numbers = [float(text) for _, text in said]
    except ValueError:
        return None
    if len(numbers) < 2 or not all(abs(number) < 1e300 for number in numbers):  # noqa: PLR2004 - a point is no curve
        return None
    return {"at": [at.timestamp() for at, _ in said], "to": numbers, "dates": False}
