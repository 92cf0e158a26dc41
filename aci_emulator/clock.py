"""Time: the only reader of the wall clock, and the pace of the platform."""

import asyncio
import itertools
from datetime import UTC, datetime, timedelta
from typing import Protocol

TURNS = 60
"""How often the event loop turns before virtual time moves on: longer than any chain of tasks that wait for no time."""


def iso(instant: datetime) -> str:
    """Write `instant` as ACI does, in UTC with milliseconds: `2026-11-22T09:00:00.123Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock(Protocol):
    """What the emulator asks of time."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        ...

    async def sleep(self, seconds: float, at_least: float = 0.0) -> None:
        """Wait for `seconds` of the platform's time, and for `at_least` seconds that no speed shortens."""
        ...


class ScaledClock:
    """The wall clock, with the platform's delays multiplied by `speed`: 1 is Azure's pace, 0 is no delay."""

    def __init__(self, speed: float) -> None:
        self._speed = speed

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float, at_least: float = 0.0) -> None:
        """Wait for `seconds` times the speed, and for no less than `at_least` real seconds."""
        await asyncio.sleep(max(seconds * self._speed, at_least))


class VirtualClock:
    """Time that only `advance` moves, from `start` on: delays cost nothing, and a test says when they are over."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._order = itertools.count()
        self._moving = asyncio.Lock()

    def now(self) -> datetime:
        """Return the present virtual instant, in UTC."""
        return self._now

    async def sleep(self, seconds: float, at_least: float = 0.0) -> None:
        """Wait until virtual time has moved by `seconds`, which are Azure's here, or by `at_least` if that is more."""
        wake = asyncio.get_running_loop().create_future()
        wait = timedelta(seconds=max(seconds, at_least))
        self._sleepers.append((self._now + wait, next(self._order), wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Let `seconds` pass, and everything happen that is due within them, in its order.

        Who asks while another one's seconds pass waits: time would go back for one of the two.
        """
        async with self._moving:
            await self._advance(seconds)

    async def _advance(self, seconds: float) -> None:
        end = self._now + timedelta(seconds=seconds)
        await settle()
        while due := sorted(entry for entry in self._sleepers if entry[0] <= end and not entry[2].done()):
            self._now = due[0][0]
            self._sleepers.remove(due[0])
            due[0][2].set_result(None)
            await settle()
        self._sleepers = [entry for entry in self._sleepers if not entry[2].done()]
        self._now = end


async def settle() -> None:
    """Let every task go as far as it can without the clock."""
    for _ in range(TURNS):
        await asyncio.sleep(0)
