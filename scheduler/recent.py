"""The last closed runs of a job, in its row's cell Recent: a page of jobs needs no query per job. Pure.

One word a run, in the order in which they were settled, the newest last: `20261122T090000Z.1S+18/282^` was due at
9:00, was attempt 1, Succeeded, began 18 seconds after it was due, took 282 seconds and moved the watermark. Where one
did not succeed and no exit code says why, its cause stands behind it: `20261122T100000Z.1F+18/600!timeout`.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from scheduler.row import UNSET, Columns, iso, known
from scheduler.run import ENDS, Cause, State

#: How many runs a row remembers.
MOST = 30
#: Nothing that a row says of a run takes longer: what a damaged cell says beyond is no duration.
_LONGEST = 999_999_999.0
_CAUSES = {str(cause): cause for cause in Cause if cause is not Cause.EXIT}
_LETTERS = {state.name[0]: state for state in sorted(ENDS)}
_WORD = re.compile(
    r"(?P<due>\d{8}T\d{6}(?:\.\d{3})?)Z\.(?P<attempt>\d{1,6})(?P<state>[A-Z])"
    r"(?P<began>[+-]\d{1,12})?/(?P<seconds>\d{1,9}(?:\.\d{1,3})?)(?P<moved>\^?)(?:!(?P<cause>[a-z]{1,12}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Past:
    """One closed run; `started` is cut to whole seconds, `seconds` to tenths, or to thousandths below ten seconds."""

    due: datetime
    attempt: int
    state: State
    started: datetime | None
    seconds: float
    #: The run moved the watermark on.
    moved: bool
    #: Why it did not succeed, where no exit code says so.
    cause: Cause = Cause.NONE

    @classmethod
    def from_row(cls, cells: Columns) -> Self | None:
        """Read it from the cells of a row of Runs; None for one that is open, or is no run."""
        due, attempt, state = known(cells.get("Due")), cells.get("Attempt"), cells.get("State")
        if due is None or not isinstance(attempt, int) or state not in set(ENDS):
            return None
        lasted, ended = cells.get("Duration"), State(str(state))
        seconds = float(lasted) if isinstance(lasted, int | float) else 0.0
        moved = ended is State.SUCCEEDED and cells.get("WatermarkTo", "") != cells.get("WatermarkFrom", "")
        cause = _CAUSES.get(str(cells.get("Cause", "")), Cause.NONE)
        return cls(due, attempt, ended, known(cells.get("Started")), seconds, moved, cause).cut()

    def cut(self) -> Self:
        """Give what a row's cell keeps of it."""
        lasted = min(max(0.0, self.seconds), _LONGEST)
        began = self.started and self.due + timedelta(seconds=round((self.started - self.due).total_seconds()))
        cause = _CAUSES.get(str(self.cause), Cause.NONE)
        return replace(self, started=began, seconds=round(lasted, 3 if lasted < 10 else 1), cause=cause)  # noqa: PLR2004 - as said

    @property
    def key(self) -> tuple[datetime, int]:
        """Which of its job's runs it is."""
        return self.due, self.attempt


def read(text: str) -> tuple[Past, ...]:
    """Read the cell; a word that somebody damaged is left out."""
    return tuple(_read(text))[-MOST:]


def write(pasts: Sequence[Past]) -> str:
    """Write the newest into the cell, the newest last."""
    return " ".join(_written(past.cut()) for past in pasts[-MOST:])


def settled(text: str, past: Past) -> str:
    """Add a run that was settled now; one that stands there already takes its new place at the end."""
    return write([*(one for one in read(text) if one.key != past.key), past])


def mended(text: str, rows: Sequence[Columns]) -> str:
    """Make the cell of an old copy what the job's newest rows of Runs prove; older ones stay as the copy has them."""
    ended = sorted(rows, key=lambda cells: known(cells.get("Finished")) or UNSET)
    proved = {past.key: past for cells in ended if (past := Past.from_row(cells))}
    return write([*(one for one in read(text) if one.key not in proved), *proved.values()])


def _read(text: str) -> Iterator[Past]:
    for word in text.split():
        said = _WORD.fullmatch(word)
        if said and said["state"] in _LETTERS:
            with suppress(ValueError, OverflowError):  # a 31st of February, the year 0
                due = datetime.fromisoformat(said["due"]).replace(tzinfo=UTC)
                began = due + timedelta(seconds=int(said["began"])) if said["began"] else None
                state, seconds = _LETTERS[said["state"]], float(said["seconds"])
                cause = _CAUSES.get(said["cause"] or "", Cause.NONE)
                yield Past(due, int(said["attempt"]), state, began, seconds, bool(said["moved"]), cause)


def _written(past: Past) -> str:
    due = iso(past.due).replace("-", "").replace(":", "")
    began = f"{round((past.started - past.due).total_seconds()):+d}" if past.started else ""
    lasted = f"{past.seconds:.3f}".rstrip("0").rstrip(".")
    behind = f"{'^' if past.moved else ''}{f'!{past.cause}' if past.cause else ''}"
    return f"{due}.{past.attempt}{past.state.name[0]}{began}/{lasted}{behind}"
