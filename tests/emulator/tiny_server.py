"""A real server of a tiny application behind ArmProtocol, and raw connections to it."""

import contextlib
import http.client
import logging
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from aci_emulator.protocol import ArmProtocol, drop, path_of
from tests.emulator.driver import PATIENCE, until

DROPS: list[tuple[str, bool]] = [("/before", False), ("/after", True)]
"""Paths whose requests are dropped, and whether they have their effect."""


class App:
    """Answers with the path and the number of the request; a path with `drop` in it is dropped after its effect."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.seen: list[str] = []
        self.disconnected = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = path_of(scope)
        if "before" in path:
            await drop(scope, receive)
            return
        if "early" in path:
            await self.answer_early(path, receive, send)
            return
        self.begun.append(path)
        try:
            await request.body()
        except ClientDisconnect:
            self.disconnected += 1
            return
        self.seen.append(path)
        if "after" in path:
            await drop(scope, receive)
            return
        response = JSONResponse({"value": [], "path": path})
        await response(scope, receive, send)
        if "late" in path:
            await drop(scope, receive)

    async def answer_early(self, path: str, receive: Receive, send: Send) -> None:
        """Answer before the body came: in part, or whole when the path says so."""
        whole = "whole" in path
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"whole" if whole else b"half", "more_body": not whole})
        while (await receive())["type"] != "http.disconnect":
            pass
        self.disconnected += 1


class Served:
    """A running server of `app`."""

    def __init__(self, app: App, server: uvicorn.Server, port: int, scheme: str) -> None:
        self.app = app
        self.server = server
        self.port = port
        self.url = f"{scheme}://localhost:{port}"

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)

    def raw(self, text: bytes) -> bytes:
        """Send bytes, and return all that comes until the connection ends."""
        with self.connect() as connection:
            connection.sendall(text)
            return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    pieces = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


@contextlib.contextmanager
def started(**options: Any) -> Iterator[Served]:
    listener = socket.create_server(("127.0.0.1", 0))
    app = App()
    config = uvicorn.Config(app, http=ArmProtocol, lifespan="off", ws="none", log_config=None, **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        until(lambda: server.started, bool)
        scheme = "https" if config.is_ssl else "http"
        yield Served(app, server, listener.getsockname()[1], scheme)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def ask(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("PUT", path, body=b"{}")
    return connection.getresponse().read()


@contextlib.contextmanager
def no_fault_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Let no test pass in which uvicorn or asyncio complained of a fault."""
    with caplog.at_level(logging.WARNING):
        yield
    assert [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR] == []
