"""What keeps a job's next run from starting, and what is to be done about it. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from scheduler.entry import write_entries
from scheduler.job import CatchUp, Job, Overlap
from scheduler.row import iso
from scheduler.run import Run, State, Trigger
from scheduler.standing import Standing

#: The most characters of ActiveRuns to which another run is added: a cell holds 32K, and an entry grows.
MOST_WRITTEN = 16_000


class Remedy(Enum):
    """What becomes of the due time that cannot start."""

    SKIP = auto()
    HOLD = auto()
    REPLACE = auto()


@dataclass(frozen=True)
class Obstacle:
    """Why the next run cannot start now, and what becomes of it."""

    why: str
    remedy: Remedy
    runs: tuple[Run, ...] = ()


def obstacle(job: Job, standing: Standing) -> Obstacle | None:
    """Find what stands in the way of a due time; None when it may start.

    A backfill is never a reason to let a live due time pass: the due time waits for the backfill's run.
    """
    live = tuple(run for run in standing.blocking if run.trigger != Trigger.BACKFILL)
    if job.overlap is Overlap.ALLOW:
        return _full(job, tuple(run for run in live if run.going))
    if not live:
        others = standing.blocking
        return Obstacle(f"{told(others[0])}; it waits for this backfill", Remedy.HOLD, others) if others else None
    if any(run.unread for run in live):
        return Obstacle(f"{told(live[0])}, but for its log, which cannot be read yet", Remedy.HOLD, live)
    if job.catch_up is CatchUp.ALL:
        return Obstacle(f"{told(live[0])} (CatchUp all)", Remedy.HOLD, live)
    remedies = {Overlap.WAIT: Remedy.HOLD, Overlap.REPLACE: Remedy.REPLACE}
    return Obstacle(f"{told(live[0])} (Overlap {job.overlap})", remedies.get(job.overlap, Remedy.SKIP), live)


def _full(job: Job, going: Sequence[Run]) -> Obstacle | None:
    crowded = len(write_entries(going)) > MOST_WRITTEN
    if len(going) < job.max_overlap and not crowded:
        return None
    count = f"{len(going)} run{' is' if len(going) == 1 else 's are'} going"
    why = f"{count}, and the row can hold no more" if crowded else f"{count}, and MaxOverlap is {job.max_overlap}"
    return Obstacle(why, Remedy.HOLD if job.catch_up is CatchUp.ALL else Remedy.SKIP, tuple(going))


def told(run: Run) -> str:
    """Say what holds up the next run; what was claimed and never seen is looked for until its lease ends."""
    if run.removing:
        return f"the container group of the run due {iso(run.due)} could not be {_gone(run)} yet"
    if run.waiting:
        when = f" at {iso(run.not_before)}" if run.not_before else ""
        return f"attempt {run.attempt} of the run due {iso(run.due)} is to start{when}"
    if run.missing:
        return f"the container group of the run due {iso(run.due)} is missing since {iso(run.missing)}"
    if run.state is State.STARTING:
        return f"the run due {iso(run.due)} was not seen to start yet, and is looked for until {iso(run.lease)}"
    return f"the run due {iso(run.due)} is still going"


def _gone(run: Run) -> str:
    return "stopped" if run.existing else "removed"
