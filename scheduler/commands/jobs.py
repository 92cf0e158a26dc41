"""jobs: all of them, or those of a group, a status, or a word."""

from typing import Annotated

import typer

from scheduler import wiring
from scheduler.commands.answer import DONE, give, moment, plain, table, text
from scheduler.commands.typed import Json, room
from scheduler.desk import chosen
from scheduler.desk.jobs import JobLine
from scheduler.desk.stands import stands
from scheduler.row import Row, lasted

app = room()
_HEADS = ("JOB", "STATUS", "NEXT RUN", "USUALLY", "WATERMARK", "REASON")


@app.command()
def jobs(
    *,
    group: Annotated[str, typer.Option("--group", help="only those of this PartitionKey")] = "",
    status: Annotated[str, typer.Option("--status", help="only those that are so, for example failing,invalid")] = "",
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="only those in whose cells it stands")] = "",
    as_json: Json = False,
) -> int:
    """List the jobs."""
    wanted = chosen.asked(status, "--status")
    lines = chosen.of_group(wiring.world(), group)
    found = [line for line in lines if chosen.takes(wanted, line) and _holds(line.row, search)]
    if as_json:
        give([plain(line.row) for line in found])
    else:
        table(_HEADS, [_row(line) for line in found])
    return DONE


def _row(line: JobLine) -> tuple[str, ...]:
    due = "-" if line.paused else moment(line.row, "NextRun")
    told = " ".join((line.reason, *line.warnings))
    return line.name, stands(line), due, _usually(line), text(line.row, "Watermark"), told


def _usually(line: JobLine) -> str:
    """Give the median of its last successful runs, and that it gets slower."""
    median = line.figures.median
    slower = f", {line.trend.mark}" if line.trend.slower else ""
    return "-" if median is None else f"{lasted(median)}{slower}"


def _holds(row: Row, searched: str) -> bool:
    words = searched.casefold()
    return (
        not words
        or words in "/".join(row.key).casefold()
        or any(words in str(value).casefold() for value in row.columns.values())
    )
