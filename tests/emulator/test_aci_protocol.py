"""What is no HTTP, and connections that drop (aci.md, 1.4): a real server, raw sockets and real clients."""

import http.client
import json
from collections.abc import Iterator

import httpx2 as httpx
import pytest

from aci_emulator import protocol
from aci_emulator.arm import ArmError
from aci_emulator.protocol import path_of
from tests.emulator.driver import PATIENCE, until
from tests.emulator.tiny_server import DROPS, Served, ask, no_fault_logged, read_all, started


@pytest.fixture(name="served", scope="module")
def a_running_server() -> Iterator[Served]:
    with started() as served:
        yield served


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    with no_fault_logged(caplog):
        yield


def head_and_body(answer: bytes) -> tuple[int, dict[str, str], dict[str, str]]:
    """Return status, headers and error of exactly one answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status, _, headers = head.partition(b"\r\n")
    fields = dict(line.split(": ", 1) for line in headers.decode().lower().split("\r\n"))
    assert len(body) == int(fields["content-length"])
    return int(status.split()[1]), fields, json.loads(body)["error"]


NO_HTTP = {
    "garbage": b"\x00\x01\x02\x03\r\n\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40 + b"\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n",
    "a space in a header's name": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
    "bytes beyond ASCII in the path": b"GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space in the path": b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a length that is no number": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: many\r\n\r\n",
    "two lengths": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "a negative length": b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
}


@pytest.mark.parametrize("text", NO_HTTP.values(), ids=NO_HTTP)
def test_what_is_no_http_is_refused_in_arms_shape(served: Served, text: bytes) -> None:
    status, headers, error = head_and_body(served.raw(text))
    assert (status, error["code"]) == (400, "InvalidHttpRequest")
    assert error["message"].startswith("Invalid HTTP request received: ")
    assert headers["content-type"] == "application/json"
    assert headers["connection"] == "close"
    assert len(headers["x-ms-request-id"]) == 36


def test_headers_that_do_not_end_are_refused(served: Served) -> None:
    status, _, error = head_and_body(served.raw(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1_000_000))
    assert (status, error["code"]) == (431, "RequestHeadersTooLarge")


def test_a_transfer_encoding_that_nobody_knows_is_refused(served: Served) -> None:
    text = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"
    status, _, error = head_and_body(served.raw(text))
    assert (status, error["code"]) == (501, "InvalidHttpRequest")


def test_garbage_after_a_good_request_is_refused_and_the_answer_stays_whole(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET /good HTTP/1.1\r\nHost: a\r\n\r\n")
        first = b""
        while not first.endswith(b'"path":"/good"}'):
            first += connection.recv(65536)
        connection.sendall(b"\x00\x00\r\n\r\n")
        status, _, _ = head_and_body(read_all(connection))
    assert status == 400


def test_a_body_that_breaks_off_into_garbage_is_refused_once_and_its_request_has_no_effect(served: Served) -> None:
    before = served.app.disconnected
    text = b"PUT /half HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzzz\r\n"
    status, _, error = head_and_body(served.raw(text))
    assert (status, error["code"]) == (400, "InvalidHttpRequest")
    until(lambda: served.app.disconnected, lambda count: count == before + 1)
    assert "/half" not in served.app.seen


def test_a_request_whose_body_breaks_off_learns_it_though_its_client_stays(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "LINGER", PATIENCE * 2)
    before = served.app.disconnected
    with served.connect() as connection:
        connection.sendall(b"PUT /waits HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        until(lambda: "/waits" in served.app.begun, bool)
        connection.sendall(b"zzz\r\n")
        until(lambda: served.app.disconnected, lambda count: count == before + 1)


@pytest.mark.parametrize("path", ["/early", "/early/whole"])
def test_an_answer_that_has_begun_ends_where_the_body_breaks_off(served: Served, path: str) -> None:
    before = served.app.disconnected
    with served.connect() as connection:
        connection.sendall(f"PUT {path} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
        answer = connection.recv(12)
        connection.sendall(b"zzz\r\n")
        answer += read_all(connection)
    assert answer.count(b"HTTP/1.1") == 1
    until(lambda: served.app.disconnected, lambda count: count == before + 1)


def test_a_refused_client_may_go_on_sending_and_still_reads_why(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "LINGER", PATIENCE * 2)
    with served.connect() as connection:
        connection.sendall(b"\x00\r\n\r\n")
        answer = connection.recv(12)
        for _ in range(100):
            connection.sendall(b"\x00" * 100_000)
        status, _, _ = head_and_body(answer + read_all(connection))
    assert status == 400


def test_a_refused_client_that_never_goes_is_left(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LINGER", 0.01)
    with served.connect() as connection:
        connection.sendall(b"\x00\r\n\r\n")
        assert head_and_body(read_all(connection))[0] == 400
        until(lambda: len(served.server.server_state.connections), lambda left: left == 0)


def test_who_goes_away_in_the_middle_is_no_fault(served: Served) -> None:
    for text in (b"", b"GE", b"PUT /gone HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"):
        with served.connect() as connection:
            connection.sendall(text)
    assert httpx.get(f"{served.url}/alive").status_code == 200
    assert "/gone" not in served.app.seen


@pytest.mark.parametrize(("path", "effect"), DROPS)
def test_a_dropped_request_gets_no_answer_before_and_after_its_effect(served: Served, path: str, effect: bool) -> None:
    served.app.seen.clear()
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    with pytest.raises(ConnectionError):
        ask(connection, path)
    connection.close()
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        httpx.put(served.url + path, content=b"x" * 100_000)
    assert served.app.seen == ([path] * 2 if effect else [])


@pytest.mark.parametrize(("path", "effect"), DROPS)
def test_a_connection_that_was_used_before_can_drop_too(served: Served, path: str, effect: bool) -> None:
    served.app.seen.clear()
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    assert b"/first" in ask(connection, "/first")
    with pytest.raises(ConnectionError):
        ask(connection, path)
    connection.close()
    assert served.app.seen == (["/first", path] if effect else ["/first"])


def test_a_dropped_connection_takes_what_waits_behind_it_along(served: Served) -> None:
    served.app.seen.clear()
    one = b"GET %b HTTP/1.1\r\nHost: a\r\n\r\n"
    answer = served.raw(one % b"/first" + one % b"/after" + one % b"/behind")
    assert answer.count(b"HTTP/1.1") <= 1
    assert served.app.seen == ["/first", "/after"]


def test_an_answer_that_was_sent_is_not_dropped_any_more(served: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)
    assert b"/late" in ask(connection, "/late")
    assert b"/next" in ask(connection, "/next")
    connection.close()


def test_a_dropped_connection_is_reset(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(b"GET /before HTTP/1.1\r\nHost: a\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_the_server_keeps_no_dropped_and_no_refused_connection(served: Served) -> None:
    for _ in range(20):
        served.raw(b"GET /before HTTP/1.1\r\nHost: a\r\n\r\n")
        served.raw(b"\x00\r\n\r\n")
    until(lambda: len(served.server.server_state.connections), lambda left: left == 0)
    assert served.server.server_state.tasks == set()


def test_a_server_ends_while_a_refused_client_lingers() -> None:
    with started() as served:
        connection = served.connect()
        connection.sendall(b"\x00\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 400"
    connection.close()


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        ("/a%20b", "/a b"),
        ("/%C3%A4", "/ä"),
        ("/%zz%", "/%zz%"),
        ("/a%00b", "/a\x00b"),
        ("/?q=%ff", "/"),
        ("//a///b//", "/a/b/"),
    ],
)
def test_a_path_is_decoded(served: Served, raw: str, decoded: str) -> None:
    answer = served.raw(f"GET {raw} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["path"] == decoded


def test_a_path_that_is_no_utf_8_is_refused() -> None:
    for raw in (b"/subscriptions/%ff", b"/%C3", b"/%ED%A0%80"):
        with pytest.raises(ArmError, match="InvalidRequestUri") as caught:
            path_of({"raw_path": raw, "path": "/whatever"})
        assert caught.value.status == 400
    assert path_of({"path": "/ä"}) == "/ä"
