"""Time: the only reader of the wall clock, and the pace of the platform."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol


def iso(instant: datetime) -> str:
    """Write `instant` as ACI does, in UTC with milliseconds: `2026-11-22T09:00:00.123Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Clock(Protocol):
    """What the emulator asks of time; a test may put a virtual one in its place."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        ...

    async def sleep(self, seconds: float, at_least: float = 0.0) -> None:
        """Wait for `seconds` of the platform's time, and for `at_least` seconds of real time."""
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
