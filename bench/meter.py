"""How a contender measures itself. It knows the standard library only: it runs in the peers' environments, too."""

import json
import resource
import statistics
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

#: Passes of which the median is taken.
PASSES = 11
#: Seconds of idleness that stand for a minute, where a scheduler has no passes.
IDLE_SECONDS = 10.0
#: Seconds for all that is due to be started, or the contender gives up.
PATIENCE = 300.0
#: How many bytes `ru_maxrss` counts by.
_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Order:
    """What the contender is asked: so many jobs, so many of them due, and where it may keep what it keeps."""

    registered: int
    due: int
    folder: str
    options: dict[str, Any]

    @property
    def later(self) -> int:
        """How many of the jobs are not due."""
        return self.registered - self.due


def order() -> Order:
    """Read the order from the command line."""
    return Order(**json.loads(sys.argv[1]))


@dataclass
class Begin:
    """The instant from which a stretch of work is measured."""

    wall: float = field(default_factory=time.perf_counter)
    cpu: float = field(default_factory=time.process_time)

    def spent(self) -> dict[str, float]:
        """Give the seconds since then, on the wall and of this process's CPU."""
        return {"cpu": time.process_time() - self.cpu, "wall": time.perf_counter() - self.wall}


class Starts:
    """Counts the jobs that were started; with the last one it takes the time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all = threading.Event()
        self._left = 0
        self._begin = Begin()
        self._spent: dict[str, float] = {}

    def expect(self, due: int, begin: Begin) -> None:
        """Say how many starts are to come, and from when on the time counts."""
        self._left, self._begin = due, begin

    def one(self) -> None:
        """Count a start: all that a job does."""
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self._spent = self._begin.spent()
                self._all.set()

    def spent(self) -> dict[str, float]:
        """Wait for the last start, and give what it took until then."""
        if not self._all.wait(PATIENCE):
            raise SystemExit(f"{self._left} of the due jobs were not started within {PATIENCE:.0f} s")
        return self._spent


#: The starts of this process. Schedulers that keep their jobs in a database find `start` by its name.
STARTS = Starts()


def start(*_: object) -> None:
    """Be a job that does nothing."""
    STARTS.one()


def idle_pass(run: Callable[[], object]) -> dict[str, float]:
    """Measure a pass that finds nothing due: the median of some."""
    run()
    return {"idle_cpu": statistics.median(_cpu(run) for _ in range(PASSES))}


def _cpu(run: Callable[[], object]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def peak() -> int:
    """Give the most memory that this process ever held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT


def report(**figures: float | str | None) -> None:
    """Answer with the figures, on a line of their own: others may print, too."""
    print("\n" + json.dumps({"memory": peak()} | figures), flush=True)
