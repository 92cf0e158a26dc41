"""A way to the servers for one tick: it names every request, and kills the tick before or after one of them.

Before: the request was sent and never arrives. After: it arrived, its effect stands, and its answer is lost.
Towards both sides it is plain HTTP/1.1: connections are kept, bodies pass as they were framed, of any size.
"""

import contextlib
import functools
import os
import select
import signal
import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Self
from urllib.parse import urlsplit

import h11

from tests.kills.names import Asked, Names

PIECE = 65_536
#: Seconds of silence after which a server or a client hangs.
PATIENCE = 60
LOCAL = "127.0.0.1"
#: Entered when a request may go on, and left when its answer is there: where several ticks can meet.
type Turn = Callable[[], contextlib.AbstractContextManager[None]]


@dataclass(frozen=True)
class Kill:
    """Where a tick is killed: before or after the request of this name. `sure`: that request must come."""

    request: str
    after: bool
    sure: bool = True

    def strikes(self, request: str, *, after: bool) -> bool:
        """Say whether this is the place."""
        return (self.request, self.after) == (request, after)

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.request}"


@dataclass(frozen=True)
class Message:
    """A request or an answer, whole."""

    head: h11.Request | h11.Response
    body: bytes


class Cut(Exception):
    """The other side went away in the middle of a message."""


class Line:
    """One connection, seen from here: whole messages in, whole messages out."""

    def __init__(self, wire: socket.socket, *, asking: bool) -> None:
        wire.settimeout(PATIENCE)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.wire = wire
        self._talk = h11.Connection(h11.CLIENT if asking else h11.SERVER)

    def read(self) -> Message | None:
        """Read the next message; None when the other side has closed the connection between two."""
        head: h11.Request | h11.Response | None = None
        body = bytearray()
        while True:
            event = self._talk.next_event()
            if event is h11.NEED_DATA:
                self._talk.receive_data(self.wire.recv(PIECE))
            elif isinstance(event, h11.Request | h11.Response):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.EndOfMessage) and head:
                return Message(head, bytes(body))
            elif isinstance(event, h11.ConnectionClosed):
                return None

    def write(self, message: Message) -> None:
        """Send a message, framed as it came."""
        body = [h11.Data(data=message.body)] if message.body else []
        events = [message.head, *body, h11.EndOfMessage()]
        self.wire.sendall(b"".join(self._talk.send(event) or b"" for event in events))

    def again(self) -> bool:
        """Make ready for the next message; False when this connection takes none."""
        if self._talk.our_state is h11.DONE and self._talk.their_state is h11.DONE:
            self._talk.start_next_cycle()
            return True
        return False

    @property
    def stale(self) -> bool:
        """Say whether the other side closed it while nothing was said."""
        return bool(select.select([self.wire], [], [], 0)[0])


class Far:
    """The connection to a server behind one connection to us."""

    def __init__(self, url: str) -> None:
        self._where = _place(url)
        self._line: Line | None = None

    def ask(self, asked: Message) -> Message:
        """Send a request once, and read its answer; raises `Cut` when there is none."""
        try:
            return self._answer(asked)
        except OSError as lost:
            raise Cut(f"{self._where} did not answer") from lost

    def _answer(self, asked: Message) -> Message:
        if self._line is None or self._line.stale:
            self.close()
            self._line = Line(socket.create_connection(self._where, PATIENCE), asking=True)
        self._line.write(asked)
        answer = self._line.read()
        if answer is None:
            raise Cut(f"{self._where} closed the connection before it answered")
        if not self._line.again():
            self.close()
        return answer

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._line:
            self._line.wire.close()
        self._line = None


class Door:
    """The servers' addresses for one tick. `servers`: which name is at which address.

    `seen` has every request's name in the order in which they came. `date`: what the storage's own clock says.
    """

    def __init__(
        self,
        servers: Mapping[str, str],
        names: Names,
        kill: Kill | None = None,
        turn: Turn = contextlib.nullcontext,
        date: datetime | None = None,
    ) -> None:
        self.seen: list[str] = []
        self.faults: list[BaseException] = []
        self.killed = False
        self.pid: Future[int] = Future()
        self._servers, self._names, self._kill, self._turn = servers, names, kill, turn
        self._date = format_datetime(date, usegmt=True).encode() if date else b""
        self._lock = threading.Lock()
        self._closing = False
        self._listeners: list[threading.Thread] = []
        self._carriers: list[threading.Thread] = []
        self._wires: list[socket.socket] = []
        self.urls = {name: self._open(name, url) for name, url in servers.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let what was sent on come to its end, and close everything; a fault of the proxy's own is raised."""
        self._closing = True
        for url in self.urls.values():
            # Wakes the listener; it is gone already when a late connection did so.
            with contextlib.suppress(ConnectionError):
                socket.create_connection(_place(url), PATIENCE).close()
        for listener in self._listeners:
            listener.join(PATIENCE)
        for wire in self._wires:
            with contextlib.suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)
        for carrier in self._carriers:
            carrier.join(PATIENCE)
        if self.faults:
            raise ExceptionGroup("the proxy failed", [fault for fault in self.faults if isinstance(fault, Exception)])

    def _open(self, server: str, url: str) -> str:
        ear = socket.create_server((LOCAL, 0), backlog=64)
        self._listeners.append(_begun(lambda: self._listen(ear, server)))
        return urlsplit(url)._replace(netloc=f"{LOCAL}:{ear.getsockname()[1]}").geturl()

    def _listen(self, ear: socket.socket, server: str) -> None:
        with ear:
            while not self._closing:
                wire, _ = ear.accept()
                self._wires.append(wire)
                self._carriers.append(_begun(functools.partial(self._carry, wire, server)))

    def _carry(self, wire: socket.socket, server: str) -> None:
        """Carry one connection's requests, one after the other."""
        far = Far(self._servers[server])
        try:
            near = Line(wire, asking=False)
            while (asked := near.read()) and (answer := self._asked(server, asked, far)):
                near.write(answer)
                if not near.again():
                    break
        except OSError:
            pass  # the tick ended, or was killed
        except Exception as fault:  # noqa: BLE001 - told at the end; a thread has nobody to tell
            if not self.killed:
                self.faults.append(fault)
        finally:
            far.close()
            wire.close()

    def _asked(self, server: str, message: Message, far: Far) -> Message | None:
        """Carry one request; None when its answer will never come."""
        head = message.head
        assert isinstance(head, h11.Request)
        asked = Asked(server, head.method.decode(), head.target.decode(), message.body)
        with self._lock:
            if self.killed:
                return None
            name = self._names.give(asked)
            self.seen.append(name)
            if self._kill and self._kill.strikes(name, after=False):
                self._strike()
                return None
        with self._turn():
            answer = far.ask(message)
        with self._lock:
            if self._kill and self._kill.strikes(name, after=True):
                self._strike()
            return None if self.killed else self._dated(answer)

    def _strike(self) -> None:
        self.killed = True
        os.kill(self.pid.result(PATIENCE), signal.SIGKILL)

    def _dated(self, answer: Message) -> Message:
        head = answer.head
        if not self._date or not isinstance(head, h11.Response):
            return answer
        headers = [(name, self._date if name == b"date" else value) for name, value in head.headers]
        return Message(h11.Response(status_code=head.status_code, headers=headers, reason=head.reason), answer.body)


def _place(url: str) -> tuple[str, int]:
    return urlsplit(url).hostname or LOCAL, urlsplit(url).port or 0


def _begun(act: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread
