"""HTTP/1.1 as uvicorn speaks it, but that what is no HTTP is refused in ARM's shape, and that a request can be dropped.

A dropped request's connection ends without an answer, as when a network fails (aci.md, 1.4).
"""

import asyncio
import contextlib
import json
import re
import socket
import struct
import sys
import uuid
from typing import Any
from urllib.parse import unquote_to_bytes

import h11
from starlette.types import Receive, Scope
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol
from uvicorn.server import ServerState

from aci_emulator.arm import ArmError

LINGER = 1.0
"""Seconds that a refused client has to read why, while what else it sends is read and forgotten.

A connection that closes on unread bytes is reset, and the reset may overtake the answer.
"""

_KEY = "aci_emulator.connection"
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER: on, 0 seconds. The other side meets a reset instead of an orderly end."""

TOO_LARGE = 431
"""The status of headers that do not end."""


class ArmProtocol(H11Protocol):
    """One connection."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state | {_KEY: self}, _loop)
        self._refused = False

    def data_received(self, data: bytes) -> None:
        """Take bytes from the client; a refused one is no longer listened to."""
        if not self._refused:
            super().data_received(data)

    def send_400_response(self, msg: str) -> None:
        """Refuse bytes that are no HTTP.

        A request that is being answered meanwhile, one whose body broke off in the middle, counts as disconnected:
        its answer would come on top of this one.
        """
        self._refused = True
        self._disconnect()
        if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.close()
            return
        for event in _refusal(sys.exception(), msg):
            self.transport.write(self.conn.send(event) or b"")
        if self.transport.can_write_eof():
            with contextlib.suppress(OSError):
                self.transport.write_eof()
        self.loop.call_later(LINGER, self.transport.close)

    def drop(self, scope: Scope) -> None:
        """End the connection at once if the request of `scope` still waits for its answer."""
        if self.cycle is None or self.cycle.scope["state"] is not scope["state"] or self.cycle.response_complete:
            return
        self._refused = True
        self._disconnect()
        connection: socket.socket | None = self.transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def _disconnect(self) -> None:
        """Let the request that is being answered, if there is one, find its client gone."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()


async def drop(scope: Scope, receive: Receive) -> None:
    """End the connection of the request in `scope` without an answer; the application then returns.

    A server that speaks another protocol, or none, has nothing to drop.
    """
    del receive
    connection = scope.get("state", {}).get(_KEY)
    if isinstance(connection, ArmProtocol):
        connection.drop(scope)


def path_of(scope: Scope) -> str:
    """Return the decoded path of a request; ArmError 400 when its bytes are no UTF-8, for no name has them.

    Slashes in a row are one, as in Azure: `az resource show` writes two before a type without a parent.
    """
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    try:
        return re.sub("/+", "/", unquote_to_bytes(raw.partition(b"?")[0]).decode())
    except UnicodeDecodeError:
        sentence = f"The path '{raw.decode('ascii', 'replace')[:200]}' is not UTF-8 once its percent signs are decoded."
        raise ArmError(400, "InvalidRequestUri", sentence, gateway=True) from None


def _refusal(fault: BaseException | None, message: str) -> list[h11.Event]:
    """Return the answer to what `fault` says is wrong with the bytes: 431 when they never end, else 400."""
    status = fault.error_status_hint if isinstance(fault, h11.RemoteProtocolError) else 400
    why = f"{message.rstrip('.')}: {str(fault).partition(': bytearray')[0]}." if fault else message
    refusal = ArmError(status, "RequestHeadersTooLarge" if status == TOO_LARGE else "InvalidHttpRequest", why)
    headers = {
        "content-type": "application/json",
        "connection": "close",
        "x-ms-failure-cause": "gateway",
        "x-ms-request-id": str(uuid.uuid4()),
    }
    body = json.dumps(refusal.body()).encode()
    headers["content-length"] = str(len(body))
    response = h11.Response(status_code=status, headers=list(headers.items()), reason=STATUS_PHRASES[status])
    return [response, h11.Data(data=body), h11.EndOfMessage()]
