"""alerts test: one message to a webhook, and what it answered."""

from typing import Annotated

import typer

from scheduler import wiring
from scheduler.commands.answer import DONE, FAILED, give, say, tell
from scheduler.commands.rows import actor, key
from scheduler.commands.typed import Json, named_jobs, present, room
from scheduler.desk import alerts

app = room(help="Try whether alerts arrive.")


@app.callback()
def _group() -> None:
    """Make `alerts test` two words, though it is alone."""


@app.command("test")
def send(
    ctx: typer.Context,
    job: Annotated[
        str, typer.Argument(metavar="[JOB]", help="to the webhook of this job's alerts", autocompletion=named_jobs)
    ] = "",
    *,
    as_json: Json = False,
) -> int:
    """Send a message to the webhook of ALERT_WEBHOOK, or a job's; exit 1 when it was not taken."""
    sent = alerts.test(wiring.world(), actor(present(ctx)), key(job) if job else None)
    if as_json:
        give({"To": sent.to, "Done": sent.done, "Said": sent.said})
    elif sent.done:
        tell(sent.sentence)
    else:
        say(sent.sentence)
    return DONE if sent.done else FAILED
