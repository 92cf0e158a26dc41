"""How a run ended, with its evidence, and what that makes of its job row.

Pure: a `Close` and the log become an `Outcome`; an `Outcome` becomes the columns of the run's row, and
settles the job row: counters, watermark, and the entry removed, in one write.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from scheduler.row import Row, Value, iso, known, seconds
from scheduler.run import ENDS, Cause, Run, State
from scheduler.standing import Standing, Status
from scheduler.verdict import Close
from scheduler.view import View
from scheduler.watermark import Answer, Survivor, heard, survivor

#: What ACI keeps of the log of a container that has ended.
KEPT_BYTES, KEPT_LINES = 16 * 1024, 1_000
#: What it keeps of one that runs.
KEPT_RUNNING = 4 * 1024 * 1024
#: How many closed runs a row remembers whose groups still have to go.
MOST_REMOVING = 10
_NEARLY = 256
_LONGEST_CELL = 8_000
CUT_MARK = b"[cut: the platform keeps the last 16 KB or 1,000 lines of an ended container, 4 MB of a running one]\n"


@dataclass(frozen=True)
class Outcome:
    """A closed run."""

    state: State
    cause: Cause = Cause.NONE
    why: str = ""
    exit_code: int | None = None
    started: datetime | None = None
    finished: datetime | None = None
    #: The value that the run moved the watermark to; None when it did not.
    watermark: str | None = None
    note: str = ""
    #: The whole sentence, where it was said before and is only repeated.
    said: str = ""
    evidence: dict[str, Value] = field(default_factory=dict)

    @property
    def duration(self) -> timedelta:
        """How long the container ran."""
        return self.finished - self.started if self.finished and self.started else timedelta(0)

    @property
    def sentence(self) -> str:
        """Say the end in words."""
        if self.said:
            return self.said
        told = (
            f"Succeeded in {seconds(self.duration.total_seconds())}"
            if self.state is State.SUCCEEDED
            else f"{self.state}: {self.why.rstrip('.')}"
        )
        return f"{told}; {self.note}." if self.note else f"{told}."

    def columns(self, run: Run) -> dict[str, Value]:
        """Write the cells that close the run's row: what happened, and the evidence."""
        return self.bare(run) | self.evidence | self._times()

    def _times(self) -> dict[str, Value]:
        moments = {"Started": self.started, "Finished": self.finished}
        return {name: moment for name, moment in moments.items() if moment}

    def bare(self, run: Run) -> dict[str, Value]:
        """Write only what settling a job row needs, for a service that refuses the rest."""
        return {
            "State": str(self.state),
            "Cause": str(self.cause),
            "Reason": self.sentence,
            "Duration": self.duration.total_seconds(),
            "ExitCode": -1 if self.exit_code is None else self.exit_code,
            "WatermarkFrom": run.watermark,
            "WatermarkTo": run.watermark if self.watermark is None else self.watermark,
        }

    @classmethod
    def from_row(cls, row: Row) -> Self | None:
        """Read a closed run's row, to settle a job row that was left behind by a tick that died.

        None when it closes no run: it is a skip, or somebody mangled it.
        """
        cells = row.columns
        if cells.get("State") not in set(ENDS) or cells.get("Cause") not in set(Cause):
            return None
        code, to, state = cells.get("ExitCode"), str(cells.get("WatermarkTo", "")), State(str(cells["State"]))
        moved = state is State.SUCCEEDED and to != cells.get("WatermarkFrom", "")
        return cls(
            state=state,
            cause=Cause(str(cells.get("Cause", ""))),
            said=str(cells.get("Reason", "")),
            exit_code=code if isinstance(code, int) and code >= 0 else None,
            started=known(cells.get("Started")),
            finished=known(cells.get("Finished")),
            watermark=to if moved else None,
        )


def close(verdict: Close, view: View | None, log: bytes, held: str, log_name: str, *, unread: str = "") -> Outcome:
    """Make the outcome of a run from the verdict and its evidence.

    `held` is the row's present watermark, `unread` why the log could not be had.
    """
    answer = heard(log)
    kept = replace(Survivor(held), note=f"its log could not be kept ({unread})") if unread else None
    if kept is None and verdict.state is State.SUCCEEDED:
        kept = survivor(verdict.run.watermark, held, answer, cut=was_cut(log))
    moved = kept is not None and not kept.note and kept.value != verdict.run.watermark
    return Outcome(
        verdict.state,
        verdict.cause,
        verdict.why,
        verdict.exit_code,
        verdict.started,
        verdict.finished,
        watermark=kept.value if kept and moved else None,
        note=kept.note if kept else "",
        evidence=_evidence(view, answer, log_name if log and not unread else ""),
    )


def was_cut(log: bytes) -> bool:
    """Say whether the platform may have dropped lines: it keeps so much that less proves nothing is missing."""
    full = KEPT_BYTES - _NEARLY <= len(log) <= KEPT_BYTES or len(log) >= KEPT_RUNNING - _NEARLY
    return full or KEPT_LINES <= log.count(b"\n") <= KEPT_LINES + 1


def _evidence(view: View | None, answer: Answer, log_name: str) -> dict[str, Value]:
    cells: dict[str, Value] = {"Log": log_name}
    if view:
        cells |= {"Image": view.image, "Digest": view.digest, "Events": _events(view.events)}
    if answer.metrics:
        cells["Metrics"] = json.dumps(answer.metrics)
    if answer.progress:
        cells["Progress"] = answer.progress
    return cells


def _events(events: Sequence[Any]) -> str:
    """Write the newest events that fit, with a mark where older ones were left out."""
    kept: list[Any] = []
    for event in reversed(events):
        if len(json.dumps([event, *kept])) > _LONGEST_CELL:
            kept.insert(0, {"message": f"[cut: {len(events) - len(kept)} older events]"})
            break
        kept.insert(0, event)
    return json.dumps(kept)


def settle(standing: Standing, run: Run, outcome: Outcome, *, removed: bool) -> Standing:
    """Write a run's end into its job row; until its group is `removed` the entry stays, marked so.

    The watermark moves only if the row still holds the value that the run was given: whoever edited it
    between the close and this write wins too.
    """
    rest = tuple(other for other in standing.runs if other.run_id != run.run_id)
    if not removed:
        rest = _bounded((*rest, replace(run, removing=True, missing=None)))
    success, failed = outcome.state is State.SUCCEEDED, outcome.state in (State.FAILED, State.LOST)
    moved, told = outcome.watermark is not None and standing.watermark == run.watermark, outcome
    if outcome.watermark is not None and not moved:
        edit = "the watermark was edited during the run: the edit stays"
        told = replace(outcome, said=f"{outcome.sentence.rstrip('.')}; {edit}.")
    after = replace(
        standing,
        runs=rest,
        watermark=outcome.watermark if moved and outcome.watermark is not None else standing.watermark,
        failures=0 if success else standing.failures + failed,
        last_started=outcome.started or standing.last_started,
        last_finished=max(filter(None, (outcome.finished, standing.last_finished)), default=None),
        last_duration=outcome.duration.total_seconds(),
        last_exit_code=-1 if outcome.exit_code is None else outcome.exit_code,
    )
    if success:
        due = max(run.due, standing.last_success_due or run.due)
        after = replace(after, last_success_due=due, last_success=outcome.finished)
    return after if standing.status == Status.INVALID else _told(after, run, told)


def _bounded(runs: tuple[Run, ...]) -> tuple[Run, ...]:
    """Forget the oldest groups that cannot be deleted: the sweep knows them by their tags, and a cell is finite."""
    waiting = [run for run in runs if run.removing and not run.existing]
    forgotten = {run.run_id for run in waiting[:-MOST_REMOVING]}
    return tuple(run for run in runs if run.run_id not in forgotten)


def _told(standing: Standing, run: Run, outcome: Outcome) -> Standing:
    following = f" Next run {iso(standing.next_due)}." if standing.next_due else ""
    return replace(
        standing,
        status=str(outcome.state),
        reason=f"The run due {iso(run.due)}: {outcome.sentence}{following}",
    )
