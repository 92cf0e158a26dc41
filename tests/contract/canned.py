"""A server that gives the answers it was given, for what neither Azurite nor the emulator can be brought to say."""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer.

    `dropped`: the request is read, and the connection closed without an answer. `held`: it comes after this.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    dropped: bool = False
    held: threading.Event | None = None


def refusal(status: int, code: str, message: str = "Because.", **headers: str) -> Answer:
    """Refuse as ARM does."""
    said = {"error": {"code": code, "message": message}}
    return Answer(status, said, {name.replace("_", "-"): value for name, value in headers.items()})


class Canned:
    """Gives its answers in order, the last one again and again; `requests` and `queries` are what it was asked."""

    def __init__(self, url: str, answers: tuple[Answer, ...]) -> None:
        self.url = url
        self.requests: list[str] = []
        self.queries: list[str] = []
        self._answers = answers

    def next(self, request: str, query: str = "") -> Answer:
        """Note a request and give its answer."""
        self.requests.append(request)
        self.queries.append(query)
        return self._answers[min(len(self.requests), len(self._answers)) - 1]


@contextlib.contextmanager
def canned(*answers: Answer) -> Iterator[Canned]:
    """Serve these answers on a free port."""
    with _Server(("127.0.0.1", 0), _Speaker) as server:
        told = Canned(f"http://127.0.0.1:{server.server_port}", answers)
        server.told = told
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield told
        finally:
            server.shutdown()
            thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    told: Canned


class _Speaker(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        assert isinstance(self.server, _Server)
        answer = self.server.told.next(f"{self.command} {path.rpartition('/')[2]}", query)
        self.close_connection = True
        if answer.held:
            answer.held.wait()
        if answer.dropped:
            return
        body = b"" if answer.body is None else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", "Connection": "close", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = _answer  # noqa: N815  http.server finds them by name

    def log_message(self, *_said: object) -> None:
        """Say nothing."""
