"""HTTP: every request finds its operation, meets its faults, is answered in ARM's shape and written down."""

import asyncio
import re
import sys
import traceback
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from aci_emulator import control, endpoint
from aci_emulator.arm import BODY_LIMIT, Answer, ArmError, check_version
from aci_emulator.faults import Fault
from aci_emulator.gate import Gate, check_site
from aci_emulator.held import Held
from aci_emulator.journal import Entry
from aci_emulator.lookups import Asked, Lookups
from aci_emulator.protocol import path_of
from aci_emulator.provider import ASYNC_OPERATION, Provider
from aci_emulator.refusals import gateway_timeout, internal, unavailable
from aci_emulator.routes import Call, Operate, find
from aci_emulator.store import StoreError
from aci_emulator.struck import refuse

type Drop = Callable[[Scope, Receive], Awaitable[None]]


class Dropped(Exception):
    """The connection is to be dropped without an answer: a fault on demand."""


async def _raise(_scope: Scope, _receive: Receive) -> None:
    """Stand for a dropped connection where there is none: a client in the same process sees the exception."""
    raise Dropped


@dataclass(frozen=True)
class Found:
    """A request on its way: its call, what carries it out, and its line in the journal."""

    call: Call
    operate: Operate
    entry: Entry


class Server:
    """The ASGI application that serves `provider`.

    `gate` decides whether a request may come in at all; `drop` ends its connection without an answer.
    """

    def __init__(self, provider: Provider, gate: Gate, drop: Drop = _raise) -> None:
        self._provider = provider
        self._platform = provider.platform
        self._lookups = Lookups(Held(provider))
        self._gate = gate
        self._drop = drop
        self._late: set[asyncio.Task[None]] = set()
        self._calls: set[asyncio.Task[Any]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or drop it."""
        task = asyncio.current_task()
        assert task is not None, "an ASGI application is run by a task"  # noqa: S101 - a type the library leaves open
        self._calls.add(task)
        try:
            response = await self._respond(Request(scope, receive))
        except (Dropped, asyncio.CancelledError):
            await self._drop(scope, receive)
        else:
            await response(scope, receive, send)
        finally:
            self._calls.discard(task)

    def close(self) -> None:
        """Drop every request that is being answered: the emulator ends, and what they wait for will not come."""
        for task in [*self._calls, *self._late]:
            task.cancel()

    async def _respond(self, request: Request) -> Response:
        headers = _ids(request)
        try:
            check_site(request.headers.get("host", ""), request.headers.get("origin"))
            if control.is_for(request.scope["path"]):
                told = await control.answer(self._provider, request, await _body(request))
                self._keep()
                return _told(told, headers)
            token = endpoint.answer(self._platform, request)
            return await self._arm(request, headers) if token is None else _told(token, headers)
        except ArmError as refusal:
            return _refused(request, refusal, headers)
        except ClientDisconnect:
            return Response(status_code=400)
        except Dropped:
            raise
        except Exception:  # noqa: BLE001 - the last fence: a fault of ours must not reach a client as a trace
            traceback.print_exc(file=sys.stderr)
            return _refused(request, internal(headers["x-ms-request-id"]), headers)

    async def _arm(self, request: Request, headers: dict[str, str]) -> Response:
        """Answer a request of an ARM client; write it down whatever becomes of it."""
        entry = self._platform.journal.request(self._platform.clock.now(), request.method, _written(request))
        entry.client_request_id = request.headers.get("x-ms-client-request-id", "")[:64]
        try:
            found = await self._find(request, entry)
            answer = await self._govern(request, found, headers)
            self._keep()
        except ArmError as refusal:
            entry.status, entry.code = refusal.status, refusal.code
            raise
        except (Dropped, ClientDisconnect):
            raise
        except Exception:
            entry.status, entry.code = 500, "InternalServerError"
            raise
        entry.status = answer.status
        return _answered(request, answer, headers)

    def _keep(self) -> None:
        """Keep what changed before anybody is told of it: a client that was told must find it after a crash."""
        try:
            self._platform.keeper.flush()
        except StoreError:
            raise unavailable() from None

    async def _find(self, request: Request, entry: Entry) -> Found:
        """Find what carries out the request: on groups, else a look-up; complete its `entry`."""
        path = path_of(request.scope)
        query = {name.lower(): value for name, value in request.query_params.items()}
        word = "usages" if path.lower().rstrip("/").endswith("/usages") else "lookup"
        entry.operation = word
        found = find(request.method, path)
        parts, entry.operation = (_parts(path), word) if found is None else found[1:3]
        if found is not None:
            check_version(query.get("api-version"), found[0].kind)
        call = Call(entry.operation, parts, query, await _body(request), self._provider)
        if "name" in parts:
            entry.group, entry.id = call.path.name, call.path.id
        if found is not None:
            return Found(call, found[3], entry)
        asked = Asked(query, call.body, _absolute(request, ""))

        async def look_up(_call: Call) -> Answer:
            return self._lookups.answer(request.method, path, asked)

        return Found(call, look_up, entry)

    async def _govern(self, request: Request, found: Found, headers: dict[str, str]) -> Answer:
        """Carry out a call that the gate lets in, through whatever faults wait for it."""
        now = self._platform.clock.now()
        headers |= self._gate.let_in(request, found.call.parts.get("subscription", ""), now)
        call, entry = found.call, found.entry
        if call.operation == "put":
            self._lookups.check_place(call.path.subscription, call.path.resource_group)
        faults = self._platform.faults.at_request(call.operation, call.parts.get("name", ""))
        entry.fault = ", ".join(fault.kind for fault in faults)
        for fault in faults:
            self._strike(fault, found, headers)
        try:
            answer = await found.operate(call)
        except ArmError:
            await self._surround(faults, headers)
            raise
        entry.effect = answer.effect
        await self._surround(faults, headers)
        return answer

    def _strike(self, fault: Fault, found: Found, headers: dict[str, str]) -> None:
        """Let a fault act in place of the request, if it is one of those."""
        if fault.kind == "drop-before":
            raise Dropped
        if fault.kind == "late":
            self._land_later(fault, found)
            raise gateway_timeout()
        refusal = refuse(fault, found.call, headers["x-ms-request-id"])
        if refusal is not None:
            raise refusal

    async def _surround(self, faults: list[Fault], headers: dict[str, str]) -> None:
        """Let the faults act that come after the effect: first the slow ones, then one that hides the answer."""
        kinds = {fault.kind for fault in faults}
        for fault in faults:
            if fault.kind == "slow":
                await self._platform.clock.sleep(fault.seconds, at_least=fault.seconds)
        if "drop-after" in kinds:
            raise Dropped
        if "server-error-after" in kinds:
            raise internal(headers["x-ms-request-id"])

    def _land_later(self, fault: Fault, found: Found) -> None:
        task = asyncio.create_task(self._land(fault, found))
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def _land(self, fault: Fault, found: Found) -> None:
        """Carry out a request whose answer nobody waits for; refused by then, it is lost."""
        await self._platform.clock.sleep(fault.seconds, at_least=fault.seconds)
        try:
            found.entry.effect = (await found.operate(found.call)).effect
        except ArmError as refusal:
            found.entry.effect = f"lost: {refusal.code}"
        except Exception:  # noqa: BLE001 - nobody waits for it: what went wrong must be seen somewhere
            traceback.print_exc(file=sys.stderr)
            found.entry.effect = "lost: InternalServerError"


def make_app(provider: Provider, gate: Gate | None = None, drop: Drop = _raise) -> Server:
    """Return the ASGI application that serves `provider`; without a `gate`, one that only counts."""
    return Server(provider, gate or Gate(provider.platform), drop)


def _parts(path: str) -> dict[str, str]:
    """Return the subscription that a look-up is about, if it is about one."""
    match = re.match(r"/subscriptions/(?P<subscription>[^/]+)", path, re.IGNORECASE)
    return {} if match is None else match.groupdict()


async def _body(request: Request) -> bytes:
    """Return the body of the request; a larger one than ARM takes is refused while it comes."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_LIMIT:
            sentence = f"The request content size exceeds the maximum size of {BODY_LIMIT} bytes."
            raise ArmError(413, "RequestContentTooLarge", sentence, gateway=True)
    return bytes(body)


def _told(response: Response, headers: dict[str, str]) -> Response:
    """Return an answer that is none of ARM's, with what every answer has."""
    response.headers.update(headers)
    return response


def _answered(request: Request, answer: Answer, headers: dict[str, str]) -> Response:
    headers |= answer.headers
    if ASYNC_OPERATION in headers:
        headers[ASYNC_OPERATION] = _absolute(request, headers[ASYNC_OPERATION])
    if answer.body is None:
        return Response(status_code=answer.status, headers=headers)
    body = answer.body
    if isinstance(body, dict) and "nextLink" in body:
        page = request.url.include_query_params(**{"$skiptoken": body["nextLink"]})
        body = body | {"nextLink": _absolute(request, f"{page.path}?{page.query}")}
    return JSONResponse(body, answer.status, headers)


def _refused(request: Request, refusal: ArmError, headers: dict[str, str]) -> Response:
    """Return a refusal as HTTP: HEAD has no body."""
    headers = headers | refusal.headers()
    if request.method == "HEAD":
        return Response(status_code=refusal.status, headers=headers)
    return JSONResponse(refusal.body(), refusal.status, headers)


def _ids(request: Request) -> dict[str, str]:
    """Return what ARM puts on every answer: its ids, of which a client may give the second, and no caching."""
    correlation = request.headers.get("x-ms-correlation-request-id", "")
    own = re.fullmatch(r"[0-9A-Za-z-]{1,64}", correlation) is not None
    headers = {
        "x-ms-request-id": str(uuid.uuid4()),
        "x-ms-correlation-request-id": correlation if own else str(uuid.uuid4()),
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
    }
    client = request.headers.get("x-ms-client-request-id", "")
    wanted = request.headers.get("x-ms-return-client-request-id", "").lower() == "true"
    if wanted and re.fullmatch(r"[0-9A-Za-z-]{1,64}", client):
        headers["x-ms-client-request-id"] = client
    return headers


def _written(request: Request) -> str:
    query = request.scope.get("query_string", b"").decode("ascii", "replace")
    path: str = request.scope["path"]
    return f"{path}?{query}" if query else path


def _absolute(request: Request, path: str) -> str:
    """Return `path` under the scheme and host that the client wrote, so that its next request comes here too."""
    host = request.headers.get("host", "127.0.0.1")
    return f"{request.scope['scheme']}://{host}{path}"
