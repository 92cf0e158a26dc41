"""What is asked of one job: run, cancel, retry, backfill, pause, resume, rewind. The next tick obeys."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from scheduler import wiring
from scheduler.commands.rows import actor, answered, key, place
from scheduler.commands.typed import JobName, Json, present
from scheduler.desk import acts, asks
from scheduler.desk.audit import Actor
from scheduler.desk.faults import Wrong
from scheduler.ports import World
from scheduler.row import Key, Row

#: How the command line calls what the desk calls otherwise.
_TYPED = {name: f"--{name}" for name in ("due", "watermark", "reason")} | {"first": "FIRST", "before": "BEFORE"}
_WATERMARK = typer.Option("--watermark", metavar="VALUE", help='told in place of the row\'s; "" is: from the beginning')


def run(
    ctx: typer.Context,
    job: JobName,
    *,
    due: Annotated[str, typer.Option("--due", metavar="ISO", help="that due time (again), not now")] = "",
    watermark: Annotated[str | None, _WATERMARK] = None,
    as_json: Json = False,
) -> int:
    """Run it now, or a due time of its schedule again."""
    return _ask(ctx, job, partial(asks.run, due=due or None, watermark=watermark), as_json=as_json)


def cancel(ctx: typer.Context, job: JobName, *, as_json: Json = False) -> int:
    """End what runs, what waits, and a backfill."""
    return _ask(ctx, job, asks.cancel, as_json=as_json)


def retry(ctx: typer.Context, job: JobName, *, as_json: Json = False) -> int:
    """Start the attempt that waits, or run again what failed or was cancelled last."""
    return _ask(ctx, job, asks.retry, as_json=as_json)


def backfill(
    ctx: typer.Context,
    job: JobName,
    first: Annotated[str, typer.Argument(metavar="FIRST", help="the first instant, for example 2026-01-01")],
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="the instant before which the last due time lies")],
    *,
    watermark: Annotated[str | None, _WATERMARK] = None,
    as_json: Json = False,
) -> int:
    """Play past due times again, one after the other, with a watermark of their own."""
    return _ask(ctx, job, partial(asks.backfill, first=first, before=before, watermark=watermark), as_json=as_json)


def _ask(ctx: typer.Context, job: str, asked: Callable[[World, Actor, Key], Row], *, as_json: bool) -> int:
    wanted = key(job)
    try:
        saved = asked(place(), actor(present(ctx)), wanted)
    except Wrong as wrong:
        raise wrong.called(_TYPED) from wrong
    return answered(
        wanted, f"{job}: {saved.columns['Request']!s} is asked; the next tick obeys it.", present(ctx), as_json=as_json
    )


def pause(
    ctx: typer.Context,
    job: JobName,
    *,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="why, for whoever looks at it")] = "",
    as_json: Json = False,
) -> int:
    """Start nothing more of it until it is resumed; what runs comes to its end."""
    wanted = key(job)
    try:
        acts.pause(wiring.world(), actor(present(ctx)), wanted, reason)
    except Wrong as wrong:
        raise wrong.called(_TYPED) from wrong
    return answered(wanted, f"{job} is paused; what runs comes to its end.", present(ctx), as_json=as_json)


def resume(ctx: typer.Context, job: JobName, *, as_json: Json = False) -> int:
    """End a pause; what was due meanwhile is not caught up."""
    wanted = key(job)
    acts.resume(wiring.world(), actor(present(ctx)), wanted)
    return answered(wanted, f"{job} is due again, from now on.", present(ctx), as_json=as_json)


def rewind(
    ctx: typer.Context,
    job: JobName,
    value: Annotated[str, typer.Argument(metavar="WATERMARK", help='where the next run begins; "" is the beginning')],
    *,
    as_json: Json = False,
) -> int:
    """Set the watermark; a run that is going now does not move it any more."""
    wanted = key(job)
    acts.rewind(wiring.world(), actor(present(ctx)), wanted, value)
    return answered(wanted, f"{job}: the next run begins at {value or 'the beginning'}.", present(ctx), as_json=as_json)
