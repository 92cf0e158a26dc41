"""When the timer fires: the rules of the Functions timer extension, on values alone.

A timer that missed its time, however often, fires once as soon as the host starts, past due.
Runs never overlap: the next is planned only after the last; when a run outlasted the next
time, one run follows at once and is not past due. The schedule is read in UTC.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, Self

from cronsim import CronSim, CronSimError

SIX_FIELDS = 6


@dataclass(frozen=True)
class Fire:
    """One firing to come."""

    at: datetime
    past_due: bool = False


@dataclass(frozen=True)
class Status:
    """What the host remembers between two of its lives; in Azure a blob, here a file."""

    schedule: str
    next: datetime

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """What was remembered in `path`; None for nothing, or nothing that can be read."""
        try:
            stored = json.loads(path.read_text())
            moment = datetime.fromisoformat(stored["Next"]).astimezone(UTC)
            return cls(str(stored["Schedule"]), moment)
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Remember it in `path`, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps({"Schedule": self.schedule, "Next": self.next.isoformat()}))
        draft.replace(path)


class Clock(Protocol):
    """The time, so that tests need not wait for it."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...

    async def wait_until(self, moment: datetime) -> None:
        """Return at `moment` or after it, never before."""
        ...


def checked(schedule: str) -> str:
    """Return `schedule` unchanged when this host can keep it.

    Raises ValueError with a sentence otherwise. A day of the month and a weekday together
    are refused: NCRONTAB wants both to hold, and the cron library either.
    """
    fields = schedule.split()
    if len(fields) != SIX_FIELDS:
        raise ValueError(f"The timer's schedule is '{schedule}': six fields are needed, seconds first.")
    try:
        CronSim(schedule, datetime(2000, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise ValueError(f"The timer's schedule is '{schedule}', which is no NCRONTAB: {error}.") from error
    if fields[3] != "*" and fields[5] != "*":
        raise ValueError(
            f"The timer's schedule is '{schedule}': this small host keeps a day of the month or a weekday, "
            "not both. Install Azure Functions Core Tools (func) for the whole of NCRONTAB."
        )
    return schedule


def next_after(schedule: str, moment: datetime) -> datetime:
    """The first time of `schedule` later than `moment`."""
    return next(CronSim(schedule, moment))


def at_start(schedule: str, remembered: Status | None, now: datetime) -> Fire:
    """What comes first when the host starts: a changed schedule, like a first start, is never past due."""
    if remembered is None or remembered.schedule != schedule or remembered.next >= now:
        return Fire(next_after(schedule, now))
    return Fire(now, past_due=True)


async def keep(schedule: str, clock: Clock, memory: Path, invoke: Callable[[Fire], Awaitable[None]]) -> None:
    """Fire at every time of `schedule`, one run after the other, until cancelled."""
    fire = at_start(schedule, Status.read(memory), clock.now())
    while True:
        Status(schedule, fire.at).write(memory)
        await clock.wait_until(fire.at)
        started = clock.now()
        await invoke(fire)
        fire = Fire(next_after(schedule, started))
