"""Virtual time: everything that is going to happen, in the order of its instants, and ticks that interleave.

A tick is plain synchronous code. To let two of them run into each other at any call, each has a thread of its
own while there is more than one (`Strand`), and exactly one thread runs at any moment: it goes on until it
makes a call, says when that call will have its effect, and hands over to whatever comes first. So the order
is that of virtual time, and the same each time. A tick that is alone needs no thread.
"""

import heapq
from collections.abc import Callable
from datetime import datetime
from itertools import count
from threading import Semaphore, Thread

from tests.world.clock import Clock


class Timeline:
    """What is going to happen; at one instant, in the order in which it was set."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        #: The tick that runs in the timeline's own thread, if any.
        self.alone: Strand | None = None
        self.back = Semaphore(0)
        self._count = count()
        self._ahead: list[tuple[datetime, int, Callable[[], None], bool]] = []

    def at(self, moment: datetime, act: Callable[[], None], *, apart: bool = False) -> None:
        """Let something happen at `moment` (now, when that is past). `apart`: it may hand over to a tick."""
        heapq.heappush(self._ahead, (max(moment, self.clock.now), next(self._count), act, apart))

    @property
    def next(self) -> datetime | None:
        """When the next thing happens."""
        return self._ahead[0][0] if self._ahead else None

    def run(self) -> None:
        """Let everything happen."""
        while self._ahead:
            self._step()

    def drive(self, moment: datetime) -> None:
        """Let everything up to `moment` happen, ticks too, from within the one that runs in this thread."""
        if self._ahead and self._ahead[0][0] <= moment:
            reached: list[bool] = []
            self.at(moment, lambda: reached.append(True), apart=True)
            while not reached:
                self._step()
        else:
            self.clock.to(moment)

    def pass_to(self, moment: datetime) -> bool:
        """Let everything up to `moment` happen within a thread; False when something must happen in another."""
        while self._ahead and self._ahead[0][0] <= moment:
            if self._ahead[0][3]:
                return False
            self._step()
        self.clock.to(moment)
        return True

    def _step(self) -> None:
        moment, _, act, _ = heapq.heappop(self._ahead)
        self.clock.to(moment)
        act()


class Strand:
    """The ticks of one process: at most one at a time, in a thread only if another process's tick is under way."""

    def __init__(self, timeline: Timeline) -> None:
        self.busy = False
        self._timeline = timeline
        self._go = Semaphore(0)
        self._work: Callable[[], None] | None = None
        self._failed: BaseException | None = None
        self._thread: Thread | None = None

    def begin(self, work: Callable[[], None]) -> None:
        """Do some work: to its end, or until it pauses and another thread must bring it on."""
        self.busy = True
        if self._timeline.alone is None:
            self._timeline.alone = self
            try:
                work()
            finally:
                self._timeline.alone, self.busy = None, False
            return
        if self._thread is None:
            self._thread = Thread(target=self._live, daemon=True)
            self._thread.start()
        self._work = work
        self._resume()

    def pause(self, until: datetime) -> None:
        """Within the work: let time pass, and whatever happens meanwhile happen."""
        if self._timeline.alone is self:
            self._timeline.drive(until)
        elif not self._timeline.pass_to(until):
            self._timeline.at(until, self._resume, apart=True)
            self._timeline.back.release()
            self._go.acquire()

    def close(self) -> None:
        """Let the thread end."""
        if self._thread:
            self._work = None
            self._go.release()
            self._thread.join()
            self._thread = None

    def _live(self) -> None:
        while True:
            self._go.acquire()
            if self._work is None:
                return
            try:
                self._work()
            except BaseException as failed:  # noqa: BLE001 - it belongs to whoever waits
                self._failed = failed
            self.busy = False
            self._timeline.back.release()

    def _resume(self) -> None:
        self._go.release()
        self._timeline.back.acquire()
        if self._failed:
            failed, self._failed = self._failed, None
            raise failed
