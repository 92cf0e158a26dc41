"""The emulator's own requests under `/_emulator`: faults, journal, limits, and the virtual clock."""

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from aci_emulator.arm import ArmError, read_value
from aci_emulator.clock import VirtualClock, iso
from aci_emulator.faults import FaultError, read_faults
from aci_emulator.limits import LimitError
from aci_emulator.provider import Provider

PREFIX = "/_emulator/"
LONGEST = 366 * 86_400.0
"""Seconds that the virtual clock moves at once, at most."""

CLOCK = "clock"
"""By which name the virtual clock's time is kept."""

DIGITS = 18
"""More than the number of any entry has."""


class Asked:
    """A request for the emulator itself."""

    def __init__(self, provider: Provider, request: Request, body: bytes, rest: str) -> None:
        self.provider = provider
        self.platform = provider.platform
        self.query = request.query_params
        self.rest = rest
        self._body = body

    def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """Return the body's value; ArmError when it is not JSON."""
        return read_value(self._body)


def is_for(path: str) -> bool:
    """Say whether a request is for the emulator itself; identities have an address of their own below it."""
    return path.startswith(PREFIX) and not path.startswith(f"{PREFIX}identity/")


async def answer(provider: Provider, request: Request, body: bytes) -> Response:
    """Answer a request for the emulator itself; ArmError says what is wrong with it."""
    what, _, rest = request.scope["path"].removeprefix(PREFIX).rstrip("/").partition("/")
    found = KNOWN.get((request.method, what))
    if found is None or (rest and found is not _disarm):
        known = ", ".join(f"{method} {PREFIX}{name}" for method, name in KNOWN)
        raise ArmError(404, "NotFound", f"Not {request.method} {request.scope['path']}: there are {known}.")
    return await found(Asked(provider, request, body, rest))


async def _faults(asked: Asked) -> Response:
    return JSONResponse({"value": asked.platform.faults.body()})


async def _arm(asked: Asked) -> Response:
    try:
        faults = read_faults(asked.json())
    except FaultError as fault:
        raise _refused("InvalidFault", str(fault)) from None
    return JSONResponse({"value": [asked.platform.faults.add(fault) for fault in faults]}, 201)


async def _disarm(asked: Asked) -> Response:
    if not asked.rest:
        asked.platform.faults.clear()
    elif not asked.platform.faults.remove(asked.rest):
        raise ArmError(404, "FaultNotFound", f"There is no fault '{asked.rest}'.")
    return Response(status_code=204)


async def _journal(asked: Asked) -> Response:
    after = asked.query.get("after", "0")
    if not (after.isascii() and after.isdigit()) or len(after) > DIGITS:
        raise _refused("InvalidQuery", f"after is '{after}', not the number of an entry")
    operation, group = asked.query.get("operation", ""), asked.query.get("group", "")
    return JSONResponse({"value": asked.platform.journal.body(int(after), operation, group)})


async def _forget(asked: Asked) -> Response:
    asked.platform.journal.clear()
    return Response(status_code=204)


async def _limits(asked: Asked) -> Response:
    return JSONResponse(asked.platform.limits.body())


async def _adjust(asked: Asked) -> Response:
    changes = asked.json()
    if not isinstance(changes, dict):
        raise _refused("InvalidLimit", f'limits are an object like {{"groups": 10}}, not {changes!r}')
    try:
        asked.platform.limits = asked.platform.limits.adjusted(changes)
    except LimitError as fault:
        raise _refused("InvalidLimit", str(fault)) from None
    return await _limits(asked)


async def _clock(asked: Asked) -> Response:
    return JSONResponse({"now": iso(asked.platform.clock.now())})


async def _advance(asked: Asked) -> Response:
    clock, move = asked.platform.clock, asked.json()
    if not isinstance(clock, VirtualClock):
        raise ArmError(409, "ClockNotVirtual", "The clock is the wall's: start the emulator with --clock virtual.")
    seconds = move.get("advance") if isinstance(move, dict) else None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= LONGEST:
        raise _refused("InvalidClock", f'send {{"advance": SECONDS}}, from 0 to {LONGEST:g}, not {move!r}')
    await clock.advance(seconds)
    asked.platform.keeper.noted(CLOCK, iso(clock.now()))
    return await _clock(asked)


KNOWN: dict[tuple[str, str], Callable[[Asked], Awaitable[Response]]] = {
    ("GET", "faults"): _faults,
    ("POST", "faults"): _arm,
    ("DELETE", "faults"): _disarm,
    ("GET", "journal"): _journal,
    ("DELETE", "journal"): _forget,
    ("GET", "limits"): _limits,
    ("POST", "limits"): _adjust,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _advance,
}


def _refused(code: str, sentence: str) -> ArmError:
    return ArmError(400, code, sentence)
