"""tick: one pass, as the timer makes it."""

import json
from typing import Annotated

import typer

from scheduler import cell, wiring
from scheduler.commands.answer import DONE
from scheduler.commands.typed import Json, present, room

app = room()


@app.command()
def tick(
    ctx: typer.Context,
    *,
    now: Annotated[
        str, typer.Option("--now", metavar="ISO", help="the instant of the pass, for example 2026-11-22T09:00:00Z")
    ] = "",
    as_json: Json = False,
) -> int:
    """Run one pass, as the timer does; exit 0 when it was whole."""
    try:
        done = wiring.run_tick(cell.moment("--now", now, "UTC") if now else present(ctx))
    finally:
        wiring.send_the_rest()
    print(json.dumps(done.to_dict()) if as_json else done)
    return DONE
