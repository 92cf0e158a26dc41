"""jobs: all of them, or those of a group, a status, or a word."""

from typing import Annotated

import typer

from scheduler import wiring
from scheduler.commands.answer import DONE, Wrong, give, moment, plain, table, text
from scheduler.commands.typed import Json, room
from scheduler.row import Row
from scheduler.standing import Status
from scheduler.steps.work import is_job

app = room()
_HEADS = ("JOB", "STATUS", "NEXT RUN", "WATERMARK", "REASON")


@app.command()
def jobs(
    *,
    group: Annotated[str, typer.Option("--group", help="only those of this PartitionKey")] = "",
    status: Annotated[str, typer.Option("--status", help="only those that say so, for example failed,invalid")] = "",
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="only those in whose cells it stands")] = "",
    as_json: Json = False,
) -> int:
    """List the jobs."""
    wanted = _statuses(status)
    where = [[("PartitionKey", "eq", group)]] if group else []
    rows = [row for row in wiring.world().jobs.query(where).rows if is_job(row)]
    found = [row for row in rows if (not wanted or text(row, "Status") in wanted) and _holds(row, search)]
    if as_json:
        give([plain(row) for row in found])
        return DONE
    shown = [
        ("/".join(row.key), text(row, "Status"), moment(row, "NextRun"), text(row, "Watermark"), text(row, "Reason"))
        for row in found
    ]
    table(_HEADS, shown)
    return DONE


def _statuses(typed: str) -> frozenset[str]:
    named = [word.strip().capitalize() for word in typed.split(",") if word.strip()]
    if wrong := [word for word in named if word not in set(Status)]:
        raise Wrong(f"--status is {wrong[0]!r}: it must be one of {', '.join(Status)}, or several with commas.")
    return frozenset(named)


def _holds(row: Row, searched: str) -> bool:
    words = searched.casefold()
    return (
        not words
        or words in "/".join(row.key).casefold()
        or any(words in str(value).casefold() for value in row.columns.values())
    )
