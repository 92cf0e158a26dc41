"""The steps of one run, from its due time to its closed row, with the time that each took.

Our own clock tells the due time, the claim and the closing; ACI's tells the rest, so that neighbouring steps may
seem to be out of order by the seconds that the clocks differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduler.desk.runline import RunLine
from scheduler.view import instant


@dataclass(frozen=True)
class Step:
    """One step; `at` None = not yet, or nothing tells of it. `took`: seconds since the known step before it."""

    name: str
    kind: str
    what: str
    at: datetime | None
    took: float | None = None


@dataclass(frozen=True)
class Piece:
    """A stretch of the line of steps: which step ends it, and where it lies, in per cent of the whole."""

    kind: str
    name: str
    begin: float
    width: float
    took: float


#: What each step is, and why its time may be long.
_WHAT: Mapping[str, tuple[str, str]] = {
    "due": ("Due", "when the schedule, or a person, wanted it"),
    "claimed": ("Claimed", "a tick wrote it into its job row"),
    "created": ("Group created", "the first that ACI tells of the container group"),
    "pulled": ("Image pulled", "the image was there"),
    "started": ("Started", "the container began"),
    "ended": ("Ended", "the container was over"),
    "closed": ("Closed", "log and exit code were kept, and the run's row written for the last time"),
}


def steps(
    line: RunLine, events: Sequence[Mapping[str, Any]], started: datetime | None, ended: datetime | None
) -> list[Step]:
    """Give all seven steps in their order, those that are not known without a time."""
    moments = {
        "due": line.due,
        "claimed": line.claimed,
        "created": _first(events),
        "pulled": _first(events, "Pulled"),
        "started": started,
        "ended": ended if started else None,
        "closed": line.closed,
    }
    told, last = list[Step](), None
    for kind, at in moments.items():
        took = (at - last).total_seconds() if at and last else None
        told.append(Step(_WHAT[kind][0], kind, _WHAT[kind][1], at, took))
        last = at or last
    return told


def pieces(told: Sequence[Step], now: datetime) -> list[Piece]:
    """Lay the known steps on one line, the last one open to `now` where the run is not closed.

    A step that seems to be earlier than the one before it has no stretch.
    """
    known = [(step, at) for step in told if (at := step.at)]
    if told[-1].at is None:
        known.append((Step("Now", "going", "", now), now))
    begin, end = known[0][1], max(at for _, at in known)
    whole = (end - begin).total_seconds()
    if whole <= 0:
        return []
    found, reached = list[Piece](), begin
    for step, at in known[1:]:
        took = (at - reached).total_seconds()
        if took > 0:
            offset = (reached - begin).total_seconds()
            found.append(Piece(step.kind, step.name, 100 * offset / whole, 100 * took / whole, took))
            reached = at
    return found


def _first(events: Sequence[Mapping[str, Any]], name: str = "") -> datetime | None:
    """Find the earliest time of the events of this name, or of any."""
    told = [event for event in events if isinstance(event, Mapping) and (not name or event.get("name") == name)]
    return min((at for event in told if (at := instant(event.get("firstTimestamp")))), default=None)
