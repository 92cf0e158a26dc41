"""The container group of a run, exactly as ACI was asked for it, without any secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from scheduler.asked import asked
from scheduler.desk import jobs
from scheduler.desk.faults import Missing
from scheduler.desk.jobs import JobLine
from scheduler.desk.runline import RunLine
from scheduler.job import Faulty, Job
from scheduler.ports import World


@dataclass(frozen=True)
class Sent:
    """A container group's body, or why there is none; `notes` are sentences that must stand beside it."""

    body: Mapping[str, Any] | None
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The body as JSON, indented; '' when there is none."""
        return json.dumps(self.body, indent=2, ensure_ascii=False) if self.body is not None else ""


_EXISTING = "It starts the existing container group {}: Crontable asks for none."
_REBUILT = "It was not kept with the run: this is what the job's row as it is now would ask for."


def sent(world: World, line: RunLine) -> Sent:
    """Give what ACI was asked for, for a run; where that was not kept, what the job's present row would ask for."""
    if line.skip:
        return Sent(None, ("A due time that was let pass has no container group.",))
    if kept := _kept(line.container):
        return Sent(kept)
    run = line.claim
    if run is None:
        return Sent(None, ("What it asked for was not kept.",))
    if run.existing:
        return Sent(None, (_EXISTING.format(run.group),))
    try:
        job = _job(jobs.one(world, line.key))
    except Missing:
        return Sent(None, ("Its job was deleted, and what it asked for was not kept.",))
    if isinstance(job, str):
        return Sent(None, (job,))
    note = "It is asked for when it is claimed: this is what the job's row as it is now would ask for."
    return Sent(asked(job, run, world.settings), (note if run.waiting else _REBUILT,))


def _kept(written: str) -> Mapping[str, Any] | None:
    try:
        read = json.loads(written) if written else None
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _job(line: JobLine) -> Job | str:
    """Read the job's row with its templates; a sentence when it is none that could run."""
    read = Job.from_row(replace(line.row, columns=line.cells))
    faults = (*line.faults, *(read.faults if isinstance(read, Faulty) else ()))
    if faults or isinstance(read, Faulty):
        return f"The job's row as it is now asks for nothing: {' '.join(faults)}"
    return read
