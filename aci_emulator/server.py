"""HTTP: which path and method is which operation, and ARM's shape for every answer."""

import re
import sys
import traceback
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from aci_emulator.arm import (
    BODY_LIMIT,
    PROVIDER,
    Answer,
    ArmError,
    check_version,
    read_json,
    undeserialisable,
)
from aci_emulator.group import GroupPath
from aci_emulator.provider import ASYNC_OPERATION, Provider

_SUBSCRIPTION = r"/subscriptions/(?P<subscription>[^/]+)"
_IN_GROUP = _SUBSCRIPTION + r"/resourceGroups/(?P<resource_group>[^/]+)"
_PROVIDER = rf"/providers/{re.escape(PROVIDER)}"
_GROUPS = _PROVIDER + "/containerGroups"
_ONE = _IN_GROUP + _GROUPS + r"/(?P<name>[^/]+)"


@dataclass(frozen=True)
class Call:
    """A request that found its operation: the named parts of its path, and the request itself."""

    parts: dict[str, str]
    request: Request
    provider: Provider

    @property
    def path(self) -> GroupPath:
        """The container group that the path names."""
        return GroupPath(self.parts["subscription"], self.parts["resource_group"], self.parts["name"])


async def _put(call: Call) -> Answer:
    return await call.provider.put(call.path, read_json(await _body(call.request)))


async def _get(call: Call) -> Answer:
    return call.provider.get(call.path)


async def _patch(call: Call) -> Answer:
    return call.provider.retag(call.path, read_json(await _body(call.request)))


async def _delete(call: Call) -> Answer:
    return await call.provider.delete(call.path)


async def _start(call: Call) -> Answer:
    return await call.provider.start(call.path)


async def _stop(call: Call) -> Answer:
    return await call.provider.stop(call.path)


async def _restart(call: Call) -> Answer:
    return await call.provider.restart(call.path)


async def _list(call: Call) -> Answer:
    resource_group = call.parts.get("resource_group")
    return call.provider.list_groups(
        call.parts["subscription"], None if resource_group is None else resource_group.lower()
    )


async def _logs(call: Call) -> Answer:
    timestamps = call.request.query_params.get("timestamps", "false").lower()
    if timestamps not in {"true", "false"}:
        raise undeserialisable(f"query parameter 'timestamps' is '{timestamps}', not true or false")
    tail = _tail(call.request.query_params.get("tail"))
    return call.provider.logs(call.path, call.parts["container"], tail, timestamps=timestamps == "true")


async def _operation(call: Call) -> Answer:
    return call.provider.operation(call.parts["subscription"], call.parts["operation"])


type Operate = Callable[[Call], Coroutine[Any, Any, Answer]]

_PATTERNS: tuple[tuple[str, str, dict[str, Operate]], ...] = (
    (_ONE, "containerGroups", {"PUT": _put, "GET": _get, "PATCH": _patch, "DELETE": _delete}),
    (_ONE + "/start", "containerGroups", {"POST": _start}),
    (_ONE + "/stop", "containerGroups", {"POST": _stop}),
    (_ONE + "/restart", "containerGroups", {"POST": _restart}),
    (_ONE + "/containers/(?P<container>[^/]+)/logs", "containerGroups/containers", {"GET": _logs}),
    (_IN_GROUP + _GROUPS, "containerGroups", {"GET": _list}),
    (_SUBSCRIPTION + _GROUPS, "containerGroups", {"GET": _list}),
    (
        _SUBSCRIPTION + _PROVIDER + "/locations/(?P<location>[^/]+)/operations/(?P<operation>[^/]+)",
        "operations",
        {"GET": _operation},
    ),
)

ROUTES = tuple((re.compile(f"{pattern}/?", re.IGNORECASE), kind, methods) for pattern, kind, methods in _PATTERNS)


def make_app(provider: Provider) -> ASGIApp:
    """Return the ASGI application that serves `provider`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = await _respond(request, provider)
        await response(scope, receive, send)

    return app


async def _respond(request: Request, provider: Provider) -> Response:
    headers = _ids(request)
    try:
        answer = await _operate(request, provider)
    except ArmError as refusal:
        return JSONResponse(refusal.body(), refusal.status, headers | refusal.headers())
    except ClientDisconnect:
        return Response(status_code=400)
    except Exception:  # noqa: BLE001 - the last fence: a fault of ours must not reach a client as a trace
        traceback.print_exc(file=sys.stderr)
        fault = ArmError(
            500,
            "InternalServerError",
            f"Encountered an internal server error. The tracking activity id is '{headers['x-ms-request-id']}'.",
        )
        return JSONResponse(fault.body(), fault.status, headers)
    headers |= answer.headers
    if ASYNC_OPERATION in headers:
        headers[ASYNC_OPERATION] = _absolute(request, headers[ASYNC_OPERATION])
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    return JSONResponse(answer.body, answer.status, headers)


async def _operate(request: Request, provider: Provider) -> Answer:
    """Find the operation that the request names and carry it out."""
    path = request.scope["path"]
    for pattern, kind, methods in ROUTES:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        operate = methods.get(request.method)
        if operate is None:
            sentence = f"The HTTP method '{request.method}' is not supported here; supported: {', '.join(methods)}."
            raise ArmError(405, "HttpMethodNotSupported", sentence, gateway=True)
        check_version(request.query_params.get("api-version"), kind)
        return await operate(Call(match.groupdict(), request, provider))
    raise ArmError(404, "NotFound", f"Nothing is served at '{path}'.", gateway=True)


async def _body(request: Request) -> bytes:
    """Return the body of the request; a larger one than ARM takes is refused while it comes."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT:
            sentence = f"The request content size exceeds the maximum size of {BODY_LIMIT} bytes."
            raise ArmError(413, "RequestContentTooLarge", sentence, gateway=True)
    return bytes(body)


def _tail(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise undeserialisable(f"query parameter 'tail' is '{text}', not a number of lines")
    return int(text)


def _ids(request: Request) -> dict[str, str]:
    """Return the two ids that ARM puts on every answer; a client may give the second."""
    correlation = request.headers.get("x-ms-correlation-request-id", "")
    own = re.fullmatch(r"[0-9A-Za-z-]{1,64}", correlation) is not None
    return {
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-correlation-request-id": correlation if own else str(uuid.uuid4()),
    }


def _absolute(request: Request, path: str) -> str:
    """Return `path` under the scheme and host that the client wrote, so that its poll comes here too."""
    host = request.headers.get("host", "127.0.0.1")
    return f"{request.scope['scheme']}://{host}{path}"
