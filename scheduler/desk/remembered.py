"""What was read from outside, kept for a moment, so that many readers cost as much as one; bounded in number and bytes.

Scenario: thirty people have the page of one run open, and each asks the container every few seconds. And scenario:
they look at fifty runs whose logs are of 4 MB each, and go home; the process would hold them all for weeks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True)
class _Kept[T]:
    value: T
    until: float
    size: int


class Remembered[T]:
    """Values by name, each until an instant of a monotonic clock; what is over goes as soon as anything is kept."""

    def __init__(self, size: Callable[[T], int], most: int, most_bytes: int) -> None:
        self._size, self._most, self._most_bytes = size, most, most_bytes
        self._kept: dict[str, _Kept[T]] = {}
        self._lock = Lock()

    def get(self, name: str, now: float) -> T | None:
        """Give what is known by this name and not over yet."""
        with self._lock:
            self._let_go(now)
            kept = self._kept.get(name)
            return kept.value if kept else None

    def keep(self, name: str, value: T, until: float, now: float) -> None:
        """Keep a value; the oldest make room for it, and one that is too large itself is not kept."""
        with self._lock:
            self._kept.pop(name, None)
            self._let_go(now)
            size = self._size(value)
            if size > self._most_bytes:
                return
            while self._kept and (len(self._kept) >= self._most or self._held + size > self._most_bytes):
                del self._kept[next(iter(self._kept))]
            self._kept[name] = _Kept(value, until, size)

    def forget(self, name: str) -> None:
        """Let the next one read anew."""
        with self._lock:
            self._kept.pop(name, None)

    @property
    def held(self) -> int:
        """How many bytes are kept."""
        with self._lock:
            return self._held

    @property
    def _held(self) -> int:
        return sum(kept.size for kept in self._kept.values())

    def _let_go(self, now: float) -> None:
        self._kept = {name: kept for name, kept in self._kept.items() if now < kept.until}
