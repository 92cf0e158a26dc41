"""What several commands take: JOB, RUN, --json; and what each of them is made with."""

from datetime import datetime
from typing import Annotated, Any

import typer

PROGRAM = "python -m scheduler"
#: The variable by which a shell asks what could follow; `completion` tells the shells to set it.
COMPLETE = "_CRONTABLE_COMPLETE"


def room(**given: Any) -> typer.Typer:  # noqa: ANN401 - what typer takes
    """Make what the commands of one file are registered with; its help is plain text, wherever it is shown."""
    return typer.Typer(
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        **given,
    )


def present(ctx: typer.Context) -> datetime:
    """Give the instant at which the command was typed."""
    now: datetime = ctx.obj
    return now


def named_jobs(incomplete: str) -> list[str]:
    """Name the jobs that begin so, for a shell; no storage, no names."""
    from scheduler import wiring  # noqa: PLC0415 - only a person who presses the tab key pays for it
    from scheduler.steps.seen import is_job  # noqa: PLC0415 - likewise

    try:
        rows = wiring.world().jobs.query((), ("Status",)).rows
    except Exception:  # noqa: BLE001 - whatever is wrong, a shell wants no word of it amid what is being typed
        return []
    return [name for row in rows if is_job(row) and (name := "/".join(row.key)).startswith(incomplete)]


Json = Annotated[bool, typer.Option("--json", help="answer in JSON")]
JobName = Annotated[
    str,
    typer.Argument(metavar="JOB", help="PartitionKey/RowKey, for example weather/extract", autocompletion=named_jobs),
]
RunName = Annotated[
    str,
    typer.Argument(
        metavar="[RUN]",
        help="a run, for example 2026-11-22T09:00:00Z.1; the one that goes, or else the newest, when left out",
    ),
]
Cells = Annotated[list[str] | None, typer.Argument(metavar="COLUMN=VALUE", help='for example Schedule="0 6 * * *"')]
Given = Annotated[list[str], typer.Argument(metavar="COLUMN=VALUE", help='for example Schedule="0 6 * * *"')]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="do not ask first")]
Force = Annotated[bool, typer.Option("--force", help="save it even if the row will be Invalid")]
