"""A plan in the making: what a row should say so far, and what was decided; and how due times are held. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduler.changed import replace
from scheduler.decision import Cancel, Decision, Skip, Start
from scheduler.job import Job, Overlap
from scheduler.overlap import Obstacle, Remedy
from scheduler.row import iso
from scheduler.run import Run
from scheduler.standing import Standing, Status


@dataclass(frozen=True)
class Draft:
    """A plan in the making: what the row should say so far, and what was decided.

    `said`: what became of a request that started nothing; it is told beside whatever else the same tick decides.
    `waited`: what the row said that it waits for.
    """

    standing: Standing
    decisions: tuple[Decision, ...] = ()
    said: str = ""
    waited: str = ""

    def saying(self, standing: Standing, *decisions: Decision) -> "Draft":
        """Add decisions, and change what the row should say."""
        return replace(self, standing=standing, decisions=(*self.decisions, *decisions))

    def answering(self, standing: Standing, said: str) -> "Draft":
        """Tell a person what became of a request, without a decision: the schedule goes on as if nobody had asked."""
        return replace(self, standing=replace(standing, reason=said), said=said)

    @property
    def starting(self) -> int:
        """Count what starts by it."""
        return sum(isinstance(one, Start) for one in self.decisions)

    @property
    def idle(self) -> bool:
        """Say whether nothing starts or ends by it."""
        return not any(isinstance(one, Start | Cancel) for one in self.decisions)


def held(draft: Draft, skips: tuple[Skip, ...], due: datetime, hindered: Obstacle) -> Draft:
    """Let a due time wait for what is in its way; to be replaced, that is ended.

    NextDue stays at what waits, so that nothing is lost if nobody ticks for an hour.
    """
    reason = f"The run due {iso(due)} waits: {hindered.why}."
    standing = replace(draft.standing, next_due=due)
    if hindered.remedy is Remedy.HOLD:
        return draft.saying(replace(standing, reason=reason), *skips)
    ending = {run.key for run in hindered.runs if run.going and not run.replaced}
    runs = tuple(
        replace(run, cancel=True, replaced=True) if run.key in ending else run for run in standing.runs
    )  # fmt: skip
    why = f"replaced by the run due {iso(due)}"
    said = replace(standing, runs=runs, reason=reason, status=Status.CANCELLING if ending else standing.status)
    return draft.saying(said, *skips, *(Cancel(run, why) for run in runs if run.key in ending))


def one_by_one(job: Job, draft: Draft, ready: Sequence[Run]) -> Sequence[Run]:
    """Let attempts start one after the other, and beside nothing else, unless the job's runs may overlap.

    Scenario: an old copy was written over the row while attempt 2 was awaited, and hid it; the next due time
    started before Runs brought it back.
    """
    if job.overlap is Overlap.ALLOW:
        return ready
    busy = not draft.idle or any(run.blocking and not run.waiting for run in draft.standing.runs)
    return () if busy else sorted(ready, key=lambda run: run.due)[:1]


def again(run: Run) -> Start:
    """Start an attempt that waits."""
    why = f"attempt {run.attempt} of the run due {iso(run.due)}"
    return Start(run.due, run.trigger, run.interval, why, run.attempt, waited=run)
