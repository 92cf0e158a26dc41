"""job: one job's row, shown, added, edited, removed; `asking` holds what is asked of the job."""

import typer

from scheduler import wiring
from scheduler.commands import asking
from scheduler.commands.answer import DONE, FAILED, confirmed, give, pairs, plain, say, tell
from scheduler.commands.rows import actor, answered, cells, key, missing, place, row
from scheduler.commands.typed import Cells, Force, Given, JobName, Json, Yes, present, room
from scheduler.desk import acts
from scheduler.desk.faults import Conflict, Missing
from scheduler.desk.jobs import kept, one

app = room(help="Show, add, edit or remove one job, and ask something of it.")


@app.command()
def show(job: JobName, *, as_json: Json = False) -> int:
    """Show a row, all of its cells, and how its last runs went."""
    wanted = key(job)
    try:
        line = one(wiring.world(), wanted)
    except Missing as gone:
        raise missing(wanted) from gone
    if as_json:
        give(plain(line.row))
        return DONE
    # What waits for the next tick is said at once.
    now = {"Status": line.status, "Reason": line.reason} | ({"NextRun": "-"} if line.paused else {})
    told = plain(line.row)
    pairs(told | {name: said for name, said in now.items() if name in told})
    for warning in line.warnings:
        tell(warning)
    if (figures := line.figures).runs:
        tell(f"Of the last {figures.runs} runs {figures.succeeded} succeeded.")
    return DONE


@app.command()
def add(ctx: typer.Context, job: JobName, typed: Cells = None, *, force: Force = False, as_json: Json = False) -> int:
    """Add a row that is not there yet; one that would be Invalid is refused with all its faults."""
    wanted, changed = key(job), cells(typed or ())
    try:
        saved = acts.add(place(), actor(present(ctx)), wanted, changed, force=force)
    except Conflict as there:
        raise Missing(f"{job} is there already; edit it with: job set {job} COLUMN=VALUE") from there
    return answered(saved.key, f"{job} is saved; the next tick reads it.", present(ctx), as_json=as_json)


@app.command("set")
def edit(ctx: typer.Context, job: JobName, typed: Given, *, force: Force = False, as_json: Json = False) -> int:
    """Edit cells of a row; COLUMN= empties one. What would make the row Invalid is refused with all its faults."""
    wanted, changed = key(job), cells(typed)
    try:
        acts.change(place(), actor(present(ctx)), wanted, changed, force=force)
    except Missing as gone:
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
        lists = f"its runs and logs stay: `python -m scheduler runs {job}` lists them."
        tell(f"{job} is removed; {lists}" if kept(wiring.world(), wanted) else f"{job} is removed.")
    return DONE


app.command()(asking.run)
app.command()(asking.cancel)
app.command()(asking.retry)
app.command()(asking.backfill)
app.command()(asking.pause)
app.command()(asking.resume)
app.command()(asking.rewind)
