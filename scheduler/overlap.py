"""What keeps a job's next run from starting, and what is to be done about it. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

from scheduler import recent
from scheduler.entry import write_entries
from scheduler.job import CatchUp, Job, Overlap
from scheduler.row import iso
from scheduler.run import Run, State, Trigger
from scheduler.standing import Standing

#: How a row's Reason begins while what is due waits for something else than a run of its own job.
WAITING = "Waiting: "
_WAITS = re.compile(rf"(?:^|(?<=\. )){WAITING}(?P<why>.+?)\.?$", re.DOTALL)
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


def obstacle(job: Job, standing: Standing, starting: int = 0) -> Obstacle | None:
    """Find what stands in the way of a due time; None when it may start. `starting`: runs that this tick starts too.

    A backfill is never a reason to let a live due time pass: the due time waits for the backfill's run.
    """
    live = tuple(run for run in standing.blocking if run.trigger != Trigger.BACKFILL)
    if job.overlap is Overlap.ALLOW:
        return _full(job, tuple(run for run in live if run.going), starting)
    if not live:
        others = standing.blocking
        return Obstacle(f"{told(others[0])}; it waits for this backfill", Remedy.HOLD, others) if others else None
    if any(run.unread for run in live):
        return Obstacle(f"{told(live[0])}, but for its log, which cannot be read yet", Remedy.HOLD, live)
    if job.catch_up is CatchUp.ALL:
        return Obstacle(f"{told(live[0])} (CatchUp all)", Remedy.HOLD, live)
    remedies = {Overlap.WAIT: Remedy.HOLD, Overlap.REPLACE: Remedy.REPLACE}
    return Obstacle(f"{told(live[0])} (Overlap {job.overlap})", remedies.get(job.overlap, Remedy.SKIP), live)


def _full(job: Job, going: Sequence[Run], starting: int) -> Obstacle | None:
    crowded, many = len(write_entries(going)) > MOST_WRITTEN, len(going) + starting
    if many < job.max_overlap and not crowded:
        return None
    count = f"{many} run{' is' if many == 1 else 's are'} going"
    why = f"{count}, and the row can hold no more" if crowded else f"{count}, and MaxOverlap is {job.max_overlap}"
    return Obstacle(why, Remedy.HOLD if job.catch_up is CatchUp.ALL else Remedy.SKIP, tuple(going))


@dataclass(frozen=True)
class Delay:
    """What kept a due time that passes from starting before; '' when nobody knows, as where no tick came."""

    why: str
    #: It was a run of the job's own.
    own: bool = False

    def after(self, why: str) -> str:
        """Add it to why the due time passes now."""
        return f"{why}: {self.why}" if self.why else why


def delayed(job: Job, standing: Standing, last: datetime, hindered: Obstacle | None, waited: str) -> Delay:
    """Find what kept due times up to `last` from starting; `waited`: what the row said it waits for.

    The job's own run counts where it stands in the way now, or had not ended when the last of them was due: with
    Overlap allow, only the first.
    """
    if hindered:
        return Delay(hindered.why, own=True)
    ended = standing.last_finished
    if job.overlap is not Overlap.ALLOW and ended and ended >= last:
        return Delay(f"{_last_run(standing)} ended at {iso(ended)}", own=True)
    return Delay(waited)


def waits_for(reason: str) -> str:
    """Read out of a row's Reason what is due waits for; '' when it waits for nothing, or for a run of its job."""
    found = _WAITS.search(reason) if WAITING in reason else None
    return found["why"] if found else ""


def _last_run(standing: Standing) -> str:
    """Name the run that ended last."""
    pasts = recent.read(standing.recent)
    last = max(pasts, key=lambda past: (past.started or past.due) + timedelta(seconds=past.seconds), default=None)
    return f"the run due {iso(last.due)}" if last else "a run"


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
