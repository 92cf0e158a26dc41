"""What Azure calls: the timer makes one pass, and every HTTP request goes to the web app.

Nothing else happens here. `wiring` loads the SDKs and the web framework on first use: a timer's
cold start imports no web framework, and indexing the functions imports neither.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from typing import Any

import azure.functions as func

from scheduler import wiring

NOT_UTF_8 = "The address or a header holds bytes that are no UTF-8: percent-encode the text's UTF-8."

type Message = MutableMapping[str, Any]


async def web(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    """Hand one ASGI conversation to the web app, which the first one loads."""
    await wiring.web()(scope, receive, send)


class Readable(func.AsgiMiddleware):
    """Refuses an address or a header that is no UTF-8: the library would raise before the web app could answer."""

    async def handle_async(self, req: func.HttpRequest, context: func.Context | None = None) -> func.HttpResponse:
        """Hold one conversation."""
        try:
            answer: func.HttpResponse = await super().handle_async(req, context)
        except UnicodeError:
            told = {"type": "about:blank", "title": "Not readable", "status": 400, "detail": NOT_UTF_8}
            return func.HttpResponse(json.dumps(told), status_code=400, mimetype="application/problem+json")
        return answer


class App(func.AsgiFunctionApp):
    """The library's own, but for what it cannot read."""

    def _add_http_app(self, http_middleware: object, function_name: str = "web") -> None:
        """Put the one that refuses in the place of the library's."""
        del http_middleware
        self.middleware = Readable(web)  # type: ignore[no-untyped-call]  # the library's
        super()._add_http_app(self.middleware, function_name)


app = App(app=web, http_auth_level=func.AuthLevel.ANONYMOUS, function_name="web")


@app.timer_trigger(arg_name="timer", schedule="%TICK_SCHEDULE%")
def tick(timer: func.TimerRequest, context: func.Context) -> None:
    """Make one pass at the present instant: the pass reads no clock but this."""
    parent = context.trace_context.trace_parent or ""
    wiring.run_tick(datetime.now(UTC), wiring.Host(parent, past_due=bool(timer.past_due)))
