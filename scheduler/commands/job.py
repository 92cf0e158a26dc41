"""job: one job's row, shown, added, edited, removed; `asking` holds what is asked of the job."""

import typer

from scheduler import wiring
from scheduler.commands import asking
from scheduler.commands.answer import DONE, FAILED, Missing, confirmed, give, pairs, plain, say, tell
from scheduler.commands.rows import actor, answered, cells, key, place, row
from scheduler.commands.typed import Cells, Force, Given, JobName, Json, Yes, present, room
from scheduler.desk import acts, faults
from scheduler.desk.jobs import one

app = room(help="Show, add, edit or remove one job, and ask something of it.")


@app.command()
def show(job: JobName, *, as_json: Json = False) -> int:
    """Show a row, all of its cells, and how its last runs went."""
    shown = row(key(job))
    if as_json:
        give(plain(shown))
        return DONE
    pairs(plain(shown))
    if (figures := one(wiring.world(), shown.key).figures).runs:
        tell(f"Of the last {figures.runs} runs {figures.succeeded} succeeded.")
    return DONE


@app.command()
def add(ctx: typer.Context, job: JobName, typed: Cells = None, *, force: Force = False, as_json: Json = False) -> int:
    """Add a row that is not there yet; one that would be Invalid is refused with all its faults."""
    wanted, changed = key(job), cells(typed or ())
    try:
        saved = acts.add(place(), actor(present(ctx)), wanted, changed, force=force)
    except faults.Conflict as there:
        raise Missing(f"{job} is there already; edit it with: job set {job} COLUMN=VALUE") from there
    return answered(saved.key, f"{job} is saved; the next tick reads it.", present(ctx), as_json=as_json)


@app.command("set")
def edit(ctx: typer.Context, job: JobName, typed: Given, *, force: Force = False, as_json: Json = False) -> int:
    """Edit cells of a row; COLUMN= empties one. What would make the row Invalid is refused with all its faults."""
    wanted, changed = key(job), cells(typed)
    try:
        acts.change(place(), actor(present(ctx)), wanted, changed, force=force)
    except faults.Missing as gone:
        raise Missing(f"{job} is not there; add it with: job add {job} COLUMN=VALUE") from gone
    return answered(wanted, f"{job} is saved; the next tick reads it.", present(ctx), as_json=as_json)


@app.command()
def remove(ctx: typer.Context, job: JobName, *, yes: Yes = False, force: Force = False, as_json: Json = False) -> int:
    """Remove a row; its runs and logs stay. A job that is running is refused, unless --force."""
    wanted = key(job)
    row(wanted)
    if not confirmed(f"Remove {job}?", yes=yes):
        return say("Nothing was removed.", FAILED)
    gone = acts.remove(wiring.world(), actor(present(ctx)), wanted, force=force)
    if as_json:
        give(plain(gone))
    else:
        tell(f"{job} is removed; its runs and logs stay.")
    return DONE


app.command()(asking.run)
app.command()(asking.cancel)
app.command()(asking.retry)
app.command()(asking.backfill)
app.command()(asking.pause)
app.command()(asking.resume)
app.command()(asking.rewind)
