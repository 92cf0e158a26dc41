"""The proxy itself, between a client and a server of plain HTTP: it is a way, until it kills."""

import http.client
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from tests.kills.names import Asked, Names
from tests.kills.proxy import Door, Kill

LARGE = bytes(range(256)) * 16_384  # 4 MiB


@dataclass
class Heard:
    """What arrived at the server: from which connection, with which framing, and the body."""

    requests: list[tuple[tuple[str, int], str, bytes]] = field(default_factory=list)
    url: str = ""


def echo(heard: Heard) -> type[BaseHTTPRequestHandler]:
    class Echo(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            framing = "length" if "Content-Length" in self.headers else "chunks"
            body = self.rfile.read(int(self.headers["Content-Length"])) if framing == "length" else self._chunks()
            heard.requests.append((self.client_address, framing, body))
            self.send_response(200)
            self.send_header("Content-Length" if framing == "length" else "Transfer-Encoding", self._told(body))
            self.end_headers()
            self.wfile.write(body if framing == "length" else b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))

        def do_HEAD(self) -> None:
            self.send_response(404)
            self.send_header("Content-Length", "1000")
            self.end_headers()

        def do_DELETE(self) -> None:
            self.send_response(204)
            self.end_headers()

        def _told(self, body: bytes) -> str:
            return str(len(body)) if "Content-Length" in self.headers else "chunked"

        def _chunks(self) -> bytes:
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size + 2)[:-2]
            self.rfile.readline()
            return body

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Echo


@pytest.fixture
def heard() -> Iterator[Heard]:
    """A server that answers what it is sent."""
    heard = Heard()
    with ThreadingHTTPServer(("127.0.0.1", 0), echo(heard)) as server:
        server.daemon_threads = True
        heard.url = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield heard
        server.shutdown()
        serving.join()


@pytest.fixture
def victim() -> Iterator["subprocess.Popen[bytes]"]:
    """A process to kill."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def client(door: Door) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(door.urls["blob"]).netloc, timeout=20)


def door(heard: Heard, kill: Kill | None = None, date: datetime | None = None) -> Door:
    return Door({"blob": heard.url}, Names({}), kill, date=date)


def test_bodies_of_any_size_and_framing_pass_over_one_connection_on_either_side(heard: Heard) -> None:
    with door(heard) as way, closing(client(way)) as near:
        for body, chunked in ((LARGE, False), (LARGE, True), (b"", False), (b"small", True)):
            near.request("PUT", "/a/b", iter([body]) if chunked else body, encode_chunked=chunked)
            assert near.getresponse().read() == body
    assert [(framing, body) for _, framing, body in heard.requests] == [
        ("length", LARGE), ("chunks", LARGE), ("length", b""), ("chunks", b"small"),
    ]  # fmt: skip
    assert len({where for where, _, _ in heard.requests}) == 1
    assert way.seen == ["blob: PUT b", "blob: PUT b (2)", "blob: PUT b (3)", "blob: PUT b (4)"]


def test_answers_without_a_body_pass(heard: Heard) -> None:
    with door(heard) as way, closing(client(way)) as near:
        for method, status in (("HEAD", 404), ("DELETE", 204), ("HEAD", 404)):
            near.request(method, "/a/b")
            answer = near.getresponse()
            assert (answer.status, answer.read()) == (status, b"")


def test_the_answers_say_the_date_that_they_are_told_to_say(heard: Heard) -> None:
    with door(heard, date=datetime(2026, 11, 22, 9, tzinfo=UTC)) as way, closing(client(way)) as near:
        near.request("DELETE", "/a/b")
        assert near.getresponse().headers["Date"] == "Sun, 22 Nov 2026 09:00:00 GMT"


@pytest.mark.parametrize("after", [False, True])
def test_the_process_dies_before_its_request_arrives_or_before_its_answer_does(
    heard: Heard, victim: "subprocess.Popen[bytes]", after: bool
) -> None:
    with door(heard, Kill("blob: PUT c", after=after)) as way, closing(client(way)) as near:
        way.pid.set_result(victim.pid)
        near.request("PUT", "/a/b", b"first")
        assert near.getresponse().read() == b"first"
        near.request("PUT", "/a/c", b"second")
        with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
            near.getresponse()
        with closing(client(way)) as late:
            late.request("PUT", "/a/d", b"what a thread of it still sent")
            with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
                late.getresponse()
    assert victim.wait() == -signal.SIGKILL
    assert [body for _, _, body in heard.requests] == ([b"first", b"second"] if after else [b"first"])
    assert way.killed


def test_a_server_that_closed_a_connection_between_two_requests_is_called_anew() -> None:
    closed = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as ear:

        def answer_once_each() -> None:
            for _ in range(2):
                wire, _ = ear.accept()
                with wire:
                    wire.recv(65_536)
                    wire.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                closed.set()

        serving = threading.Thread(target=answer_once_each)
        serving.start()
        url = f"http://127.0.0.1:{ear.getsockname()[1]}"
        with Door({"blob": url}, Names({})) as way, closing(client(way)) as near:
            for _ in range(2):
                near.request("GET", "/a/b")
                assert near.getresponse().read() == b"ok"
                closed.wait()
        serving.join()


BATCH = (
    b"--batch\r\n\r\nPATCH http://127.0.0.1:1/account/Jobs7(PartitionKey='team',RowKey='a%20b') HTTP/1.1\r\n"
    b"If-Match: x\r\n\r\n{}\r\n--changeset\r\n\r\nPOST http://127.0.0.1:1/account/Jobs7 HTTP/1.1\r\nA: b\r\n\r\n"
    b'{"PartitionKey": "team", "RowKey": "run|253402300800000|001"}\r\n--changeset--\r\n'
)


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (Asked("table", "GET", "/account/Jobs7()?$filter=x"), "table: GET Jobs()"),
        (Asked("table", "POST", "/account/$batch", BATCH), "table: merge Jobs team/a b, insert Jobs team/run|001"),
        (
            Asked("table", "GET", "/account/Jobs7(PartitionKey='t',RowKey='a%7C253402300800000%7C002')"),
            "table: GET Jobs(PartitionKey='t',RowKey='a|002')",
        ),
        (Asked("blob", "PUT", "/account/logs/t/ct-a-0123456789abcdef.log"), "blob: PUT logs/t/ct-a.log"),
        (Asked("arm", "GET", "/s/x/containerGroups?api-version=1"), "arm: GET list"),
        (Asked("arm", "POST", "/s/x/containerGroups/ct-a-0123456789abcdef/stop"), "arm: POST ct-a/stop"),
    ],
)
def test_a_request_has_the_same_name_in_every_play(asked: Asked, name: str) -> None:
    names = Names({"Jobs7": "Jobs"})
    assert [names.give(asked), names.give(asked)] == [name, f"{name} (2)"]
