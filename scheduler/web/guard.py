"""The app's outermost shell: no body is too large for it, and no error leaves it.

Scenario: a route raises. The framework would answer 500 and raise all the same; the Functions host then counts a
failed invocation and answers with a body of its own, and the sentence is lost.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from scheduler.desk import harmless
from scheduler.facts.asking import AnswerFailed
from scheduler.ports import Unknown
from scheduler.spoken import say
from scheduler.web.problem import Problem, answer

type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type App = Callable[[Message, Receive, Send], Awaitable[None]]

#: The most bytes of a body: a row takes 1 MiB, and no form or document of ours has more.
MOST = 1 << 20


class Guard:
    """Reads a body whole before the app sees it, and answers for what the app could not."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Hold one ASGI conversation."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def sent(message: Message) -> None:
            nonlocal started
            started = True
            await send(_dressed(message))

        try:
            body = await _body(scope, receive)
            if body is None:
                sentence = f"The body has more than {MOST:,} bytes: send less."
                await answer(Problem(413, "Too much", sentence))(scope, receive, sent)
                return
            await self._app(scope, _replayed(body, receive), sent)
        except Exception as error:  # noqa: BLE001 - whatever it is, the asker hears a sentence and the log the trace
            address = harmless.line(str(scope.get("path", "")))  # decoded: %0a would begin a line of its own
            say(AnswerFailed(str(scope.get("method")), address))
            if not started:
                await answer(AWAY if _is_away(error) else UNFORESEEN)(scope, receive, sent)


#: On every answer that does not say otherwise: it is for who signed in, and no browser may take it for a script.
_DRESS = {b"cache-control": b"no-store", b"x-content-type-options": b"nosniff"}


def _dressed(message: Message) -> Message:
    if message["type"] != "http.response.start":
        return message
    there = {name.lower() for name, _ in message["headers"]}
    return {**message, "headers": [*message["headers"], *(one for one in _DRESS.items() if one[0] not in there)]}


UNFORESEEN = Problem(500, "Unforeseen", "Something failed that nobody foresaw; the log of the app says what.")
AWAY = Problem(503, "Not answered", "What Crontable asked of Azure was not answered; the log of the app says what.")


def _is_away(error: Exception) -> bool:
    """Tell what the SDKs raise by its name: only `cloud` knows them."""
    return isinstance(error, Unknown) or any(kind.__name__ == "AzureError" for kind in type(error).__mro__)


async def _body(scope: Message, receive: Receive) -> bytes | None:
    """Read the whole body; None when it is too long."""
    told = dict(scope.get("headers", ())).get(b"content-length", b"0")
    if told.isdigit() and int(told[:20]) > MOST:
        return None
    body: bytes = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += bytes(message.get("body", b""))
        if len(body) > MOST:
            return None
        if not message.get("more_body"):
            return body


def _replayed(body: bytes, receive: Receive) -> Receive:
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
