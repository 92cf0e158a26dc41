"""How a run ended, with its evidence.

Pure: a `Close` and the log become an `Outcome`; an `Outcome` becomes the columns of the run's row.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from scheduler.kept import ENDED_BYTES, ENDED_LINES, RUNNING_BYTES, Kept
from scheduler.row import Row, Value, known, seconds
from scheduler.run import ENDS, Cause, Run, State
from scheduler.verdict import Close
from scheduler.view import View
from scheduler.watermark import Answer, Survivor, heard, survivor

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
    #: What the run was told, where it was read from its row; None = what its entry says.
    given: str | None = None
    note: str = ""
    #: The whole sentence, where it was said before and is only repeated.
    said: str = ""
    #: When the next attempt of the same due time may begin; None when there is none.
    retry_at: datetime | None = None
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
            **({"RetryAt": self.retry_at} if self.retry_at else {}),
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
            given=str(cells["WatermarkFrom"]) if "WatermarkFrom" in cells else None,
            retry_at=known(cells.get("RetryAt")),
        )


def close(
    verdict: Close,
    view: View | None,
    log: bytes,
    held: str,
    log_name: str,
    *,
    unread: str = "",
    kept: Kept | None = None,
) -> Outcome:
    """Make the outcome of a run from the verdict and its evidence.

    `held` is the row's present watermark, `unread` why the log could not be had, `kept` what was read of the log of
    a long run in steps, in place of `log`.
    """
    answer, run, cut = (kept.said, verdict.run, kept.cut) if kept else (heard(log), verdict.run, was_cut(log))
    held = run.watermark if run.apart else held
    value = replace(Survivor(held), note=f"its log could not be kept ({unread})") if unread else None
    if value is None and run.unmarked and answer.value is not None:
        value = Survivor(held, "its watermark line is ignored: Overlap allow keeps no watermark")
    if value is None and verdict.state is State.SUCCEEDED:
        value = survivor(run.watermark, held, answer, cut=cut)
    # A person may have moved it while a run went that said nothing of it: that is not the run's work.
    moved = answer.value is not None and value is not None and not value.note and value.value != run.watermark
    return Outcome(
        verdict.state,
        verdict.cause,
        verdict.why,
        verdict.exit_code,
        verdict.started,
        verdict.finished,
        watermark=value.value if value and moved else None,
        note=value.note if value else "",
        evidence=_evidence(view, answer, log_name if (log or (kept and kept.parts)) and not unread else "")
        | ({"WatermarkHeld": held} if held != run.watermark else {}),
    )


def was_cut(log: bytes) -> bool:
    """Say whether the platform may have dropped lines: it keeps so much that less proves nothing is missing."""
    full = ENDED_BYTES - _NEARLY <= len(log) <= ENDED_BYTES or len(log) >= RUNNING_BYTES - _NEARLY
    return full or ENDED_LINES <= log.count(b"\n") <= ENDED_LINES + 1


def _evidence(view: View | None, answer: Answer, log_name: str) -> dict[str, Value]:
    cells: dict[str, Value] = {"Log": log_name}
    if view:
        cells |= {"Image": view.image, "Digest": view.digest, "Events": _events(view.events)}
        cells |= {"Restarts": view.restarts} if view.restarts else {}
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
