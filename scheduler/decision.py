"""What may be decided about a job: start, let pass, cancel, wait; each with its reason. Pure."""

from dataclasses import dataclass
from datetime import datetime

from scheduler.changed import replace
from scheduler.run import Run, Trigger
from scheduler.standing import Standing

#: The attempt of a due time that may have had runs before: the next free number, which only Runs knows.
NEXT_FREE = 0


@dataclass(frozen=True)
class Skip:
    """Let these due times pass, and write down why: a skip is a decision too."""

    first: datetime
    last: datetime
    trigger: str
    why: str
    #: What a chained job saw of its upstreams when it let them pass.
    upstreams: str = ""
    #: They were late, and no run of the job's own was in the way: somebody wants to know.
    late: bool = False


@dataclass(frozen=True)
class Start:
    """Claim this due time and start its run."""

    due: datetime
    trigger: str
    interval: tuple[datetime, datetime] | None
    why: str
    attempt: int = 1
    #: What the run is told instead of the row's watermark, and keeps to itself; None = the row's own.
    watermark: str | None = None
    #: The row's watermark stays whatever the run answers.
    apart: bool = False
    #: The attempt that was waiting, where this is one.
    waited: Run | None = None
    #: When its due time had failed for good before a person asked for it again.
    failed: datetime | None = None
    #: The backfill that it belongs to, as it stands once this is claimed.
    backfill: str = ""
    #: Run again what failed or was cancelled last: only Runs knows what that is.
    last: bool = False
    #: The location that it goes to; '' = the first that it may.
    place: str = ""
    #: It answers the row's Request: as long as it does not start, that stands.
    asked: bool = False
    #: What the row tells beside it: what became of a request that this start does not answer.
    said: str = ""

    def telling(self, reason: str) -> str:
        """Give the row's Reason, with what must be told beside it."""
        return f"{self.said} {reason}".strip()


@dataclass(frozen=True)
class Cancel:
    """End this run: a person asked for it, or a newer one replaces it."""

    run: Run
    why: str


@dataclass(frozen=True)
class Wait:
    """Nothing to do before `until`; None = before somebody edits the row."""

    until: datetime | None
    why: str


type Decision = Skip | Start | Cancel | Wait


def undone(told: Standing, before: Standing, start: Start) -> Standing:
    """Take out of what a row should say what the plan of one start has put there: it is due again in the next tick.

    What else was planned or claimed in the same row stays.
    """
    if start.asked:
        told = replace(told, request=before.request)
    if start.asked or start.backfill:
        told = replace(told, backfill=before.backfill)
    if start.trigger in (Trigger.SCHEDULE, Trigger.AFTER) and not start.waited:
        told = replace(told, next_due=start.due, last_due=before.last_due, upstreams=before.upstreams)
    return told


@dataclass(frozen=True)
class Plan:
    """What to do about one job, and what its row should say once that is written."""

    standing: Standing
    decisions: tuple[Decision, ...]

    @property
    def idle(self) -> bool:
        """Say whether there is nothing to be done."""
        return all(isinstance(one, Wait) for one in self.decisions)

    @property
    def skips(self) -> tuple[Skip, ...]:
        """The ranges of due times that pass."""
        return tuple(one for one in self.decisions if isinstance(one, Skip))

    @property
    def starts(self) -> tuple[Start, ...]:
        """The runs to start."""
        return tuple(one for one in self.decisions if isinstance(one, Start))

    @property
    def start(self) -> Start | None:
        """The run to start, if any."""
        return next(iter(self.starts), None)

    @property
    def cancels(self) -> tuple[Cancel, ...]:
        """The runs to end."""
        return tuple(one for one in self.decisions if isinstance(one, Cancel))
