"""Requests as bytes on a socket, so that a test can send what no client library would, and answers read strictly."""

import contextlib
import json
import socket
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlsplit

import h11

PATIENCE = 20.0
"""Seconds after which a server that says nothing hangs."""


class Cut(Exception):
    """The server ended the connection before its answer was complete."""


@dataclass(frozen=True)
class Sent:
    """One request: the parts of its head as they are written, and the bytes of its body."""

    method: str = "GET"
    target: str = "/"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    def wire(self) -> bytes:
        """Return its bytes; Host and Content-Length are added unless it brings its own."""
        own = {name.lower() for name, _ in self.headers}
        framed = [] if own & {"content-length", "transfer-encoding"} else [("Content-Length", str(len(self.body)))]
        hosted = [] if "host" in own else [("Host", "127.0.0.1")]
        lines = [f"{name}: {value}" for name, value in [*hosted, *framed, *self.headers]]
        head = "\r\n".join([f"{self.method} {self.target} HTTP/1.1", *lines])
        return head.encode("utf-8", "surrogateescape") + b"\r\n\r\n" + self.body


@dataclass
class Got:
    """One answer; the names of its headers are in lower case.

    `closed`: whether it is the connection's last. `more`: what had come behind it by then.
    """

    status: int
    headers: dict[str, str]
    body: bytes = b""
    closed: bool = False
    more: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Wire:
    """A connection to the server at `url`, made anew whenever the server ends it."""

    url: str
    _socket: socket.socket | None = field(default=None, repr=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, sent: Sent) -> Got:
        """Send one request and return its answer."""
        return self.say(sent.wire(), sent.method)

    def say(self, wire: bytes, method: str = "GET", *, end: bool = False) -> Got:
        """Send bytes that stand for one request, and return its answer; `end`: nothing more will come.

        Cut when the connection ends first, TimeoutError when nothing comes at all.
        """
        connection = self._connect()
        with contextlib.suppress(ConnectionError):
            connection.sendall(wire)
            if end:
                connection.shutdown(socket.SHUT_WR)
        try:
            got = _read(connection, "HEAD" if method == "HEAD" else "GET")
        except BaseException:
            self.close()
            raise
        if got.closed or end:
            self.close()
        return got

    def _connect(self) -> socket.socket:
        if self._socket is None:
            parts = urlsplit(self.url)
            self._socket = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PATIENCE)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._socket


def _read(connection: socket.socket, method: str) -> Got:
    """Read one answer to a request with `method`, which says whether it may have a body; informational ones pass."""
    parser = h11.Connection(h11.CLIENT)
    parser.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    parser.send(h11.EndOfMessage())
    got = None
    while True:
        event = parser.next_event()
        if event is h11.NEED_DATA:
            parser.receive_data(_some(connection))
        elif isinstance(event, h11.Response):
            got = Got(event.status_code, {name.decode(): value.decode() for name, value in event.headers})
        elif isinstance(event, h11.Data) and got is not None:
            got.body += event.data
        elif isinstance(event, h11.EndOfMessage) and got is not None:
            got.closed = parser.their_state is h11.MUST_CLOSE
            got.more = parser.trailing_data[0]
            return got


def _some(connection: socket.socket) -> bytes:
    try:
        piece = connection.recv(65_536)
    except ConnectionError:
        piece = b""
    if not piece:
        raise Cut
    return piece
