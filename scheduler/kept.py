"""What is kept of a long run's log so far, and when it is to be read again. Pure.

Of a container that ended ACI gives the last 16 KB or 1,000 lines of its log, of one that runs the last 4 MB. So one
that runs for some minutes is read now and then, and what was printed since is kept as the next part of its log.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from scheduler.identity import aware
from scheduler.row import iso
from scheduler.watermark import MOST_METRICS, Answer

#: What ACI keeps of the log of a container that has ended, and of one that runs.
ENDED_BYTES, ENDED_LINES, RUNNING_BYTES = 16 * 1024, 1_000, 4 * 1024 * 1024
#: How long a container runs before its log is first read; a shorter run costs one reading, at its end.
FIRST = timedelta(minutes=3)
#: The longest pause between two readings.
LONGEST_GAP = timedelta(minutes=30)
#: The share of what an ended container keeps that may be printed until the next reading, as far as one can tell.
SHARE = 0.25
_LONGEST_METRICS, _LONGEST_PROGRESS = 600, 80


@dataclass(frozen=True)
class Kept:
    """What is kept of a log, and where it ends; small enough for a cell, or for a blob's metadata."""

    parts: int = 0
    size: int = 0
    #: The instant of the last line kept, as it was written, and how many lines of that instant are kept.
    until: str = ""
    same: int = 0
    #: How many bytes of that line are kept, a digest of them, and whether it was not finished.
    length: int = 0
    digest: str = ""
    open: bool = False
    #: The last watermark line, the metrics and the progress heard so far.
    said: Answer = field(default_factory=Answer)
    #: Whether lines are missing. Of a log that is too long: how many bytes its end part has.
    cut: bool = False
    end: int | None = None
    #: When it was read and is to be read again, and how much of what an ended container keeps it grew a second.
    read: datetime | None = None
    next: datetime | None = None
    rate: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Write it down, without what says nothing."""
        said: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        said |= {name: iso(moment) for name in _MOMENTS if (moment := getattr(self, name))}
        said |= {"value": self.said.value, "fault": self.said.fault, "progress": self.said.progress[:_LONGEST_PROGRESS]}
        told = {name: value for name, value in said.items() if value not in ("", 0, None)}
        told |= {name: said[name] for name in ("end", "value") if said[name] is not None}
        metrics = _newest(self.said.metrics)
        return told | ({"metrics": metrics} if metrics else {})

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Read it back; raises what `entry.ODD` names when somebody mangled it."""
        plain = {name: kind(said[name]) for name, kind in _PLAIN.items() if name in said}
        moments: dict[str, Any] = {name: aware(said[name]) for name in _MOMENTS if name in said}
        metrics = {str(name): float(value) for name, value in said.get("metrics", {}).items()}
        value = str(said["value"]) if "value" in said else None
        answer = Answer(value, str(said.get("fault", "")), metrics, str(said.get("progress", "")))
        return cls(**plain, **moments, said=answer)

    @property
    def note(self) -> str:
        """Write it as one line of ASCII."""
        return json.dumps(self.as_json(), separators=(",", ":"))

    @classmethod
    def from_note(cls, note: str) -> Self:
        """Read a note back; one that is empty, or that somebody mangled, tells of nothing kept."""
        try:
            return cls.from_json(json.loads(note))
        except (ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError):
            return cls()

    def after(self, share: float, now: datetime, began: datetime) -> Self:
        """Choose the next reading, so that little more is printed before it than an ended container would keep.

        `share`: how much of that was printed since the last reading, or since it `began`. A pause is at most
        twice as long as the one before it.
        """
        seconds = max((now - (self.read or min(began, now - FIRST))).total_seconds(), 1.0)
        rate = max(share / seconds, self.rate / 2)
        wait = min(2 * seconds, SHARE / rate if rate else 2 * seconds, LONGEST_GAP.total_seconds())
        return replace(self, read=now, next=now + timedelta(seconds=wait), rate=rate)


_PLAIN: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("parts", "size", "same", "length", "end"), int),
    **dict.fromkeys(("until", "digest"), str),
    **dict.fromkeys(("open", "cut"), bool),
    "rate": float,
}
_MOMENTS = ("read", "next")


def due(kept: Kept, started: datetime | None, now: datetime) -> bool:
    """Say whether a running container's log should be read now; `started`: when it began to run."""
    if kept.next is None:
        return started is not None and now - started >= FIRST
    return not now < kept.next <= now + LONGEST_GAP


def merged(earlier: Answer, later: Answer) -> Answer:
    """Put together what two parts of a log said: the last watermark line counts, whichever part it stands in."""
    last = later if later.fault or later.value is not None else earlier
    older = [(name, value) for name, value in earlier.metrics.items() if name not in later.metrics]
    metrics = [*older, *later.metrics.items()][-MOST_METRICS:]
    return Answer(last.value, last.fault, dict(metrics), later.progress or earlier.progress)


def _newest(metrics: Mapping[str, float]) -> dict[str, float]:
    """Give as many of the metrics as have room, the newest first."""
    room: dict[str, float] = {}
    for name, value in reversed([*metrics.items()]):
        if len(json.dumps({**room, name: value})) <= _LONGEST_METRICS:
            room[name] = value
    return dict(reversed([*room.items()]))
