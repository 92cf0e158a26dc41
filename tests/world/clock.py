"""Virtual time, and the journal of everything that is asked of the world, where a tick can be killed."""

import re
from bisect import insort
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from itertools import count

#: The day on which stories happen when they name none.
DAY = "2026-11-22"
_TIME = re.compile(r"^\d\d:\d\d(:\d\d(\.\d+)?)?$")


def at(text: str) -> datetime:
    """Read "09:00", "09:00:30" or "2026-11-23 09:00" as an instant in UTC."""
    whole = f"{DAY} {text}" if _TIME.match(text) else text
    read = datetime.fromisoformat(whole)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def span(seconds: "float | timedelta") -> timedelta:
    """Take a duration in seconds or as it is."""
    return seconds if isinstance(seconds, timedelta) else timedelta(seconds=seconds)


@dataclass
class Clock:
    """The one time of a world: the services' date and, beside it, seconds that never jump."""

    now: datetime = field(default_factory=lambda: at("09:00"))
    seconds: float = 0.0
    _plans: list[tuple[datetime, int, Callable[[datetime], object]]] = field(default_factory=list, repr=False)
    _numbers: Iterator[int] = field(default_factory=count, repr=False)

    def to(self, moment: datetime | str) -> datetime:
        """Set the time, and let happen what is planned until then; the steady seconds go along, but never back."""
        moment = at(moment) if isinstance(moment, str) else moment
        while self._plans and self._plans[0][0] <= moment:
            when, _, act = self._plans.pop(0)
            self._moves(max(when, self.now))
            act(when)
        self._moves(moment)
        return moment

    def plan(self, when: datetime, act: Callable[[datetime], object]) -> None:
        """Let something happen at an instant to come; it is told the instant."""
        insort(self._plans, (when, next(self._numbers), act))

    @property
    def upcoming(self) -> datetime | None:
        """The next instant at which something is planned; None when nothing is."""
        return self._plans[0][0] if self._plans else None

    def _moves(self, moment: datetime) -> None:
        self.seconds += max(0.0, (moment - self.now).total_seconds())
        self.now = moment

    def passes(self, seconds: float | timedelta) -> datetime:
        """Let time pass, even within a tick."""
        return self.to(self.now + span(seconds))

    def monotonic(self) -> float:
        """Give the steady seconds."""
        return self.seconds


class Killed(BaseException):
    """The process died here. Nothing may catch it: a dead process runs no handlers."""


@dataclass
class _Point:
    glob: str
    nth: int
    then: Callable[[], object]
    after: bool


class Journal:
    """Every operation in order, as lines like "jobs.submit weather: merge extract" or "groups.create ct-...".

    Points let a story happen at an operation: before it is done, or after it was done and before its caller
    hears of it. A point is used once. Operations of a point are counted from the moment when it was set.
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._points: list[_Point] = []

    def before(self, glob: str, then: Callable[[], object], nth: int = 1) -> None:
        """Call `then` before the nth operation whose line matches the glob; what it raises, the caller gets."""
        self._points.append(_Point(glob, nth, then, after=False))

    def after(self, glob: str, then: Callable[[], object], nth: int = 1) -> None:
        """Call `then` after the nth such operation has had its effect."""
        self._points.append(_Point(glob, nth, then, after=True))

    def kill_before(self, glob: str = "*", nth: int = 1) -> None:
        """Kill the tick before the nth such operation."""
        self.before(glob, _die, nth)

    def kill_after(self, glob: str = "*", nth: int = 1) -> None:
        """Kill the tick after the nth such operation has had its effect."""
        self.after(glob, _die, nth)

    def fail(self, glob: str, error: Exception, nth: int = 1, *, done: bool = False) -> None:
        """Let the nth such operation fail; `done`: it had its effect all the same."""
        self._points.append(_Point(glob, nth, partial(_throw, error), after=done))

    def clear(self) -> None:
        """Forget the lines and the points not reached."""
        self.lines.clear()
        self._points.clear()

    def matching(self, glob: str) -> list[str]:
        """Give the lines that match."""
        return [line for line in self.lines if fnmatchcase(line, glob)]

    @property
    def waiting(self) -> bool:
        """Say whether a point was set and has not been reached."""
        return bool(self._points)

    @contextmanager
    def operation(self, line: str) -> Iterator[None]:
        """Note one operation around its effect."""
        self.lines.append(line)
        hit = [point for point in self._points if fnmatchcase(line, point.glob)]
        for point in hit:
            point.nth -= 1
        due = [point for point in hit if not point.nth]
        self._points = [point for point in self._points if point.nth]
        _run(point for point in due if not point.after)
        yield
        _run(point for point in due if point.after)


def _run(points: Iterator[_Point]) -> None:
    for point in points:
        point.then()


def _die() -> None:
    raise Killed


def _throw(error: Exception) -> None:
    raise error
