"""The last whole tick, as the heartbeat row tells of it; here and nowhere else stands when ticks are late."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from scheduler.ports import World
from scheduler.row import HEARTBEAT, Columns, known

#: A tick is due every minute; Azure's timer is late by minutes now and then.
LATE = timedelta(minutes=5)


@dataclass(frozen=True)
class Beat:
    """When the last whole tick was, and how long ago; None = there was never one."""

    last: datetime | None
    age: timedelta | None

    @classmethod
    def of(cls, heartbeat: Columns, now: datetime) -> Self:
        """Read it from the cells of the heartbeat row."""
        last = known(heartbeat.get("LastTick"))
        return cls(last, now - last if last else None)

    @property
    def late(self) -> bool:
        """Say whether there were ticks, and none for five minutes."""
        return self.age is not None and self.age > LATE

    @property
    def status(self) -> str:
        """Say it in a word: ok, late or never."""
        return "never" if self.last is None else "late" if self.late else "ok"


def beat(world: World, now: datetime) -> Beat:
    """Read the heartbeat row, in one request."""
    row = world.jobs.read(HEARTBEAT)
    return Beat.of(row.columns if row else {}, now)
