"""new-job: a folder with all that a job of one's own needs to become an image."""

import json
from pathlib import Path
from typing import Annotated

import typer

from scheduler.commands.answer import DONE
from scheduler.commands.typed import Json, room
from scheduler.desk.faults import Missing, Wrong
from scheduler.new_job import write

app = room()


@app.command()
def new_job(
    name: Annotated[str, typer.Argument(metavar="NAME", help="the job's name, for example sales")],
    *,
    folder: Annotated[str, typer.Option("--folder", help="where the folder NAME is made")] = ".",
    as_json: Json = False,
) -> int:
    """Write a folder with all that a job of your own needs; nothing of what is there already is overwritten."""
    if not folder.strip():
        # Scenario: --folder "$PLACE" where PLACE is not set; '' would be read as the folder one stands in.
        raise Wrong("--folder is '': name a folder that is there; . is the one you stand in.")
    try:
        written = [str(file) for file in write(name, Path(folder))]
    except ValueError as wrong:
        raise Wrong(str(wrong)) from wrong
    except OSError as there:  # what is there already, or a folder that is none
        raise Missing(str(there)) from there
    print(json.dumps(written) if as_json else "\n".join(written))
    return DONE
