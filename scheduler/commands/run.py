"""run show: one run of a job, with its events."""

import typer

from scheduler.commands.answer import DONE, give, pairs, table, tell
from scheduler.commands.found import line, shape
from scheduler.commands.typed import JobName, Json, RunName, present, room
from scheduler.desk.runline import RunLine
from scheduler.row import iso, seconds

app = room(help="Show one run of a job.")


@app.callback()
def _group() -> None:
    """Make `run show` two words, though it is alone."""


@app.command()
def show(ctx: typer.Context, job: JobName, run: RunName = "", *, as_json: Json = False) -> int:
    """Show a run: how it went and why, where, what it said of its watermark, what happened to its container."""
    one = line(job, run)
    if as_json:
        told = {"Events": [dict(event) for event in one.events], "Metrics": dict(one.metrics)}
        give(shape(one) | {"State": one.state} | told)
        return DONE
    lasted = one.lasting(present(ctx))
    pairs({name: value for name, value in _told(one, lasted).items() if value not in ("", None)})
    if one.events:
        tell("")
        names = ("lastTimestamp", "name", "message")
        table(("AT", "EVENT", "MESSAGE"), [[str(event.get(name, "")) for name in names] for event in one.events])
    return DONE


def _told(one: RunLine, lasted: float | None) -> dict[str, object]:
    moments = {"Claimed": one.claimed, "Started": one.started, "Finished": one.finished, "Tried again": one.retry_at}
    return {
        "Run": one.ref,
        "State": one.state,
        "Reason": one.reason,
        "Cause": one.cause,
        "Trigger": one.trigger,
        "Due": f"{iso(one.began)} to {iso(one.due)}" if one.skip and one.began != one.due else iso(one.due),
        **{name: iso(moment) if moment else "" for name, moment in moments.items()},
        "Took": seconds(lasted) if lasted is not None else "",
        "Exit code": one.exit_code,
        "Watermark": _way(one),
        "Image": one.image,
        "Group": one.group,
        "Location": one.location,
        "Commit": one.commit,
        "Cost": "" if one.cost is None else f"{one.cost:g}",
        "Progress": one.progress,
        **{f"::{name}": f"{value:g}" for name, value in one.metrics.items()},
        "Log": one.log_name,
    }


def _way(one: RunLine) -> str:
    if one.watermark_to is None:
        return one.watermark_from
    return f"{one.watermark_from or '-'} -> {one.watermark_to or '-'}"
