"""The line to a webhook: it is cut when its time is over, whatever drips, and says in words why nothing came."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from scheduler.cloud.webhook import HttpWebhook
from scheduler.ports import Unknown

#: A second is long enough for whatever must happen on this machine; a test that waits longer is red.
SOON = 10
RECORD = b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb"


class Dripping:
    """A server that sends `first`, and then a byte now and then, for ever; `left`: its asker is gone."""

    def __init__(self, listening: socket.socket, first: bytes) -> None:
        self.left = threading.Event()
        self._listening, self._first = listening, first
        self.port = listening.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection, suppress(ConnectionError):
            connection.settimeout(0.02)
            connection.sendall(self._first)
            while True:
                try:
                    if not connection.recv(65_536):
                        break
                except TimeoutError:
                    connection.sendall(b"x")
        self.left.set()


@contextmanager
def dripping(first: bytes) -> Iterator[Dripping]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield Dripping(listening, first)


def posting() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "webhook"]


@pytest.mark.parametrize(
    ("scheme", "first"),
    [("http", b""), ("http", b"HTTP/1.1 200 OK\r\nA: "), ("https", RECORD)],
    ids=["its first line", "a header", "its greeting by TLS"],
)
def test_a_server_that_drips_is_left_when_its_time_is_over_and_nothing_stays_of_it(scheme: str, first: bytes) -> None:
    with dripping(first) as server:
        with pytest.raises(Unknown, match=r"^it did not answer within 0\.3 seconds$"):
            HttpWebhook(seconds=0.3).post(f"{scheme}://127.0.0.1:{server.port}/secret", b"{}")
        assert server.left.wait(SOON), "the connection was closed"
        for one in posting():
            one.join(SOON)
        assert posting() == []


def test_what_stands_below_the_headers_is_not_waited_for() -> None:
    with dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n") as server:
        assert HttpWebhook(seconds=SOON).post(f"http://127.0.0.1:{server.port}/secret", b"{}").status == 200
        assert server.left.wait(SOON)


def test_there_are_never_more_posts_than_may_be_though_names_are_looked_up_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = threading.Event()

    def looked_up(*_: Any, **__: Any) -> None:
        found.wait(SOON)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    webhook = HttpWebhook(seconds=0.05, most=2)
    said = []
    for _ in range(4):
        with pytest.raises(Unknown) as unknown:
            webhook.post("https://slow.example.com/secret", b"{}")
        said.append(str(unknown.value))
    assert len(posting()) == 2
    assert (
        said == ["it did not answer within 0.05 seconds"] * 2 + ["too many earlier messages are still on their way"] * 2
    )
    found.set()
    for one in posting():
        one.join(SOON)
    with pytest.raises(Unknown, match="its host name is not known"):
        HttpWebhook(most=2).post("https://slow.example.com/secret", b"{}")


def test_a_thread_that_cannot_be_started_leaves_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario: the process has no more threads for a while. Its places stayed taken, and nobody was told any more."""

    def full(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    webhook = HttpWebhook(most=1)
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", full)
        for _ in range(2):
            with pytest.raises(Unknown, match="cannot start a thread"):
                webhook.post("https://a.invalid/x", b"{}")


# why nothing came


def unheard(address: str) -> str:
    with pytest.raises(Unknown) as unknown:
        HttpWebhook(seconds=SOON).post(address, b"{}")
    assert "secret" not in str(unknown.value)
    return str(unknown.value)


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does one thing with the one connection that it takes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                answer(connection)

        serving = threading.Thread(target=serve)
        serving.start()
        yield listening.getsockname()[1]
        serving.join(SOON)


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert unheard(f"http://127.0.0.1:{port}/secret") == "it refused the connection: nobody listens there"


def test_a_name_that_nobody_knows() -> None:
    assert unheard("https://nobody.invalid/secret") == "its host name is not known"


def test_a_server_that_hangs_up() -> None:
    with answering(socket.socket.close) as port:
        assert unheard(f"http://127.0.0.1:{port}/secret") == "it ended the connection without an answer"


def test_a_server_that_speaks_no_tls() -> None:
    with answering(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as port:
        assert unheard(f"https://127.0.0.1:{port}/secret") == "no TLS connection could be made with it"


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a key, and a certificate that only its own key vouches for."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "h")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 7, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    (folder / "made.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return folder / "made.pem", folder / "key.pem"


def test_a_certificate_that_nobody_here_trusts(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(tmp_path))

    def greet(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True):
            pass

    with answering(greet) as port:
        said = unheard(f"https://127.0.0.1:{port}/secret")
    assert said.startswith("its certificate is not trusted: ")
    assert "self" in said or "issuer" in said


def test_a_proxy_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
    assert unheard("https://example.com/secret") == "the proxy of this machine does not let it through"
