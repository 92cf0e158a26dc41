"""Whatever a client sends, it is answered in ARM's shape, at once, and the emulator lives on (aci.md, 4)."""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import h11
import pytest
from hypothesis import given

from tests.emulator.driver import GROUPS, SUBSCRIPTION, Emulator, container, group, started, until, write_images
from tests.emulator.fuzz import fuzz, requests, wires
from tests.emulator.procfs import children
from tests.emulator.rawhttp import Cut, Got, Sent, Wire

GOOD = Sent("PUT", f"{GROUPS}/good?api-version=2023-05-01", body=json.dumps(group(container("any", "true"))).encode())
EVERYWHERE = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerInstance/containerGroups"
BATCH = 50
"""Requests before the emulator is asked whether it is well."""

PROGRAM = re.compile(
    r"Traceback|<class |object at 0x|\bline \d+, in|\.py\b|Error\(|NoneType|'(str|int|dict|list)'|codec|bytearray"
    r"|recursion|sys\."
)
"""What only a program says, never a sentence for people."""


class Fuzzed:
    """An emulator that is sent anything; `errors` is what it says on standard error."""

    def __init__(self, emulator: Emulator, errors: Path) -> None:
        self.emulator = emulator
        self.errors = errors
        self.wire = Wire(emulator.url)
        self.sent = 0

    def hold(self, sent: Sent) -> None:
        """Send a request: its answer is one of ARM's; now and then ask whether the emulator is as well as before."""
        got = self.wire.ask(sent)
        check(sent, got)
        assert got.more == b"", (sent, got)
        self.disarm(sent)
        self.count()

    def hold_bytes(self, wire: bytes) -> None:
        """Send bytes on a connection of their own: as soon as they can be answered, they are."""
        enough = can_be_answered(wire)
        with Wire(self.emulator.url) as alone:
            try:
                check(Sent(body=wire), alone.say(wire, wire[:4].decode("latin-1").strip(), end=not enough))
            except Cut:
                assert not enough, wire
        self.count()

    def count(self) -> None:
        self.sent += 1
        if self.sent % BATCH == 0:
            self.well()

    def disarm(self, sent: Sent) -> None:
        """Take back what makes later answers rightly odd: faults and limits that were fuzzed in."""
        if unquote(sent.target).startswith("/_emulator/"):
            self.wire.ask(Sent("DELETE", "/_emulator/faults"))
            self.wire.ask(Sent("POST", "/_emulator/limits", body=b'{"all": "none"}'))

    def well(self) -> None:
        """Fail unless a good request is served, all groups can be deleted, and standard error is silent."""
        made = self.wire.ask(GOOD)
        assert made.status == 201, made
        for found in self.wire.ask(Sent("GET", f"{EVERYWHERE}?api-version=2023-05-01")).json()["value"]:
            gone = Sent("DELETE", f"{found['id']}?api-version=2023-05-01")
            until(partial(self.status, gone), lambda status: status in {200, 204})
        assert self.errors.read_text() == ""

    def status(self, sent: Sent) -> int:
        return self.wire.ask(sent).status


def can_be_answered(wire: bytes) -> bool:
    """Say whether `wire` is a whole request, or can never become one; else its reader waits for more."""
    reader = h11.Connection(h11.SERVER, max_incomplete_event_size=65_536)
    reader.receive_data(wire)
    try:
        while (event := reader.next_event()) is not h11.NEED_DATA:
            if isinstance(event, h11.EndOfMessage):
                return True
    except h11.RemoteProtocolError:
        return True
    return False


def check(sent: Sent, got: Got) -> None:
    """Fail unless `got` is how ARM answers `sent`."""
    seen = (sent, got)
    assert got.status < 500 or is_not_implemented(unquote(sent.target), got), seen
    assert "x-ms-request-id" in got.headers, seen
    if sent.method == "HEAD" or got.status == 204 or (sent.method == "DELETE" and got.headers["content-length"] == "0"):
        assert got.body == b"", seen
        return
    assert got.headers["content-type"] == "application/json", seen
    answer = got.json()
    if got.status >= 400:
        check_refusal(answer, seen)


def check_refusal(answer: dict[str, Any], seen: object) -> None:
    """Fail unless a body is a code for programs and a sentence for people; IMDS, for identities, has its own names."""
    if set(answer) == {"error", "error_description"}:
        assert "/oauth2/token" in unquote(str(seen)).lower(), seen
        code, sentence = answer["error"], answer["error_description"]
    else:
        assert set(answer) == {"error"}, seen
        code, sentence = answer["error"]["code"], answer["error"]["message"]
        assert re.fullmatch(r"[A-Z][A-Za-z]{3,60}", code), seen
    assert 10 < len(sentence) < 2_000, seen
    assert not PROGRAM.search(str(sentence)), seen


def is_not_implemented(target: str, got: Got) -> bool:
    """Say whether an answer is a rightful 501: of exec and attach, or of a Transfer-Encoding that nobody knows."""
    if got.status != 501:
        return False
    return bool(re.search("/(exec|attach)", target, re.IGNORECASE)) or b"Transfer-Encoding" in got.body


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "files/account/data").mkdir(parents=True)
    options = ("--speed", "0", "--runtime", "process", "--files", str(folder / "files"))
    errors = folder / "errors"
    with errors.open("w") as stderr, started(write_images(folder, {"*": {}}), *options, stderr=stderr) as emulator:
        before = children(emulator.process.pid)
        fuzzed = Fuzzed(emulator, errors)
        yield fuzzed
        fuzzed.wire.close()
        until(lambda: children(emulator.process.pid), lambda left: left == before)
    assert errors.read_text() == ""


@pytest.mark.parametrize("count", [2_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_any_request_is_answered_in_arms_shape(fuzzed: Fuzzed, count: int) -> None:
    before = fuzzed.sent
    fuzz(count)(given(requests())(fuzzed.hold))()
    assert fuzzed.sent - before >= count


@pytest.mark.parametrize("count", [500, pytest.param(5_000, marks=pytest.mark.long)])
def test_any_bytes_are_answered_in_arms_shape_once_they_can_be(fuzzed: Fuzzed, count: int) -> None:
    before = fuzzed.sent
    fuzz(count)(given(wires())(fuzzed.hold_bytes))()
    assert fuzzed.sent - before >= count


HOST = b" HTTP/1.1\r\nHost: a\r\n"
TOO_LARGE = {
    "a header of 1 MB": (b"GET /" + HOST + b"X: " + b"x" * 1_000_000, 431, "RequestHeadersTooLarge"),
    "a path of 1 MB": (b"GET /" + b"x" * 1_000_000, 431, "RequestHeadersTooLarge"),
    "20,000 headers": (b"GET /" + HOST + b"X: y\r\n" * 20_000, 431, "RequestHeadersTooLarge"),
    "a body of 5 MB": (Sent("PUT", GOOD.target, body=b" " * 5_000_000).wire(), 413, "RequestContentTooLarge"),
    "a chunk of 5 MB": (
        f"PUT {GOOD.target}".encode() + HOST + b"Transfer-Encoding: chunked\r\n\r\n4c4b40\r\n" + b" " * 5_000_000,
        413,
        "RequestContentTooLarge",
    ),
}


@pytest.mark.parametrize(("wire", "status", "code"), TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_is_too_large_is_refused_while_it_comes(fuzzed: Fuzzed, wire: bytes, status: int, code: str) -> None:
    with Wire(fuzzed.emulator.url) as alone:
        got = alone.say(wire)
    check(Sent(), got)
    assert (got.status, got.json()["error"]["code"]) == (status, code)
    fuzzed.well()
