"""What Azure calls: the timer makes one pass, and every HTTP request goes to the web app.

Nothing else happens here. `wiring` loads the SDKs and the web framework on first use: a timer's
cold start imports no web framework, and indexing the functions imports neither.
"""

import logging
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from scheduler import wiring

type Message = MutableMapping[str, Any]

log = logging.getLogger("crontable.tick")


async def web(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Hand one ASGI conversation to the web app, which the first one loads."""
    await wiring.web()(scope, receive, send)


app = func.AsgiFunctionApp(app=web, http_auth_level=func.AuthLevel.ANONYMOUS, function_name="web")


@app.timer_trigger(arg_name="timer", schedule="%TICK_SCHEDULE%")
def tick(timer: func.TimerRequest) -> None:
    """Make one pass at the present instant: the pass reads no clock but this."""
    summary = wiring.run_tick(datetime.now(UTC))
    log.info("%s%s", "past due: " if timer.past_due else "", summary)
