"""next: the due times that a schedule has ahead of it, or why it has none."""

import argparse
import json
from datetime import datetime
from zoneinfo import ZoneInfo

from scheduler import cell
from scheduler.commands.answer import DONE, Wrong, say
from scheduler.row import iso
from scheduler.schedule import Schedule

_MOST = 1_000


def following(asked: argparse.Namespace, now: datetime) -> int:
    """Print the next due times with their offset in the zone; where there are none, a sentence says why."""
    if not 1 <= asked.count <= _MOST:
        raise Wrong(f"--count is {asked.count}: it must be a number from 1 to {_MOST}.")
    schedule = Schedule.parse(asked.schedule, asked.zone)
    start = cell.moment("--from", asked.start, asked.zone) if asked.start else now
    due: datetime | None = start
    found: list[str] = []
    while len(found) < asked.count and due and (due := schedule.after(due)):
        found.append(due.astimezone(ZoneInfo(asked.zone)).isoformat())
    print(json.dumps(found) if asked.json else "\n".join(found), end="\n" if found or asked.json else "")
    return DONE if found else say(_none(schedule, start), DONE)


def _none(schedule: Schedule, start: datetime) -> str:
    if schedule.upstreams:
        jobs = " and ".join(schedule.upstreams)
        return f"{schedule.text!r} has no due times of its own: it runs when {jobs} succeeded, and takes that due time."
    if schedule.manual:
        return f"{schedule.text!r} has no due times: it runs only when somebody types `run` into the cell Request."
    return f"{schedule.text!r} has no due time after {iso(start)}."
