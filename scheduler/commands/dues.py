"""next: the due times that a schedule has ahead of it, or why it has none."""

import json
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from scheduler import cell
from scheduler.commands.answer import DONE, say, whole
from scheduler.commands.typed import Json, present, room
from scheduler.row import iso
from scheduler.schedule import Schedule

app = room()
_MOST = 1_000


@app.command()
def following(
    ctx: typer.Context,
    schedule: Annotated[str, typer.Argument(metavar="SCHEDULE", help='for example "0 2 * * 1-5"')],
    *,
    zone: Annotated[str, typer.Option("--zone", help="an IANA zone")] = "UTC",
    start: Annotated[str, typer.Option("--from", metavar="ISO", help="due times after this instant, not now")] = "",
    count: Annotated[str, typer.Option("--count", metavar="NUMBER", help="how many")] = "5",
    as_json: Json = False,
) -> int:
    """Show the next due times of a schedule, with their offset in the zone; where there are none, say why."""
    many = whole("--count", count, 1, _MOST)
    read = Schedule.parse(schedule, zone)
    begin = cell.moment("--from", start, zone) if start else present(ctx)
    due: datetime | None = begin
    found: list[str] = []
    while len(found) < many and due and (due := read.after(due)):
        found.append(due.astimezone(ZoneInfo(zone)).isoformat())
    print(json.dumps(found) if as_json else "\n".join(found), end="\n" if found or as_json else "")
    return DONE if found else say(_none(read, begin), DONE)


def _none(schedule: Schedule, start: datetime) -> str:
    if schedule.upstreams:
        jobs = " and ".join(schedule.upstreams)
        return f"{schedule.text!r} has no due times of its own: it runs when {jobs} succeeded, and takes that due time."
    if schedule.manual:
        return f"{schedule.text!r} has no due times: it runs only when somebody types `run` into the cell Request."
    return f"{schedule.text!r} has no due time after {iso(start)}."
