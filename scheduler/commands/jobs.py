"""jobs: all of them, or those of a group, a status, or a word."""

from typing import Annotated

import typer

from scheduler import wiring
from scheduler.commands.answer import DONE, give, moment, plain, table, text
from scheduler.commands.typed import Json, room
from scheduler.desk import jobs as desk
from scheduler.row import Row
from scheduler.steps.work import is_job

app = room()
_HEADS = ("JOB", "STATUS", "NEXT RUN", "WATERMARK", "REASON")


@app.command()
def jobs(
    *,
    group: Annotated[str, typer.Option("--group", help="only those of this PartitionKey")] = "",
    status: Annotated[str, typer.Option("--status", help="only those that are so, for example failing,invalid")] = "",
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="only those in whose cells it stands")] = "",
    as_json: Json = False,
) -> int:
    """List the jobs."""
    wanted = desk.asked(status, "--status")
    where = [[("PartitionKey", "eq", group)]] if group else []
    rows = [row for row in wiring.world().jobs.query(where).rows if is_job(row)]
    found = [row for row in rows if desk.takes(wanted, desk.JobLine(row, row.columns)) and _holds(row, search)]
    if as_json:
        give([plain(row) for row in found])
        return DONE
    shown = [
        ("/".join(row.key), text(row, "Status"), moment(row, "NextRun"), text(row, "Watermark"), text(row, "Reason"))
        for row in found
    ]
    table(_HEADS, shown)
    return DONE


def _holds(row: Row, searched: str) -> bool:
    words = searched.casefold()
    return (
        not words
        or words in "/".join(row.key).casefold()
        or any(words in str(value).casefold() for value in row.columns.values())
    )
