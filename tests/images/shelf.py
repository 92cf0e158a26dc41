"""A registry on this machine that keeps what an engine pushes: enough of the protocol for `docker push`."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit


@dataclass
class Shelf:
    """The registry `host`; `manifests` by name and tag, `blobs` by digest."""

    host: str = ""
    manifests: dict[str, bytes] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)


def digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shelf: ClassVar[Shelf]

    def do_GET(self) -> None:
        """Say that this is a registry; it gives nothing back."""
        self._answer(200 if self.path == "/v2/" else 404)

    def do_HEAD(self) -> None:
        last = self.path.rpartition("/")[2]
        self._answer(200 if last in self.shelf.blobs else 404, {"Docker-Content-Digest": last})

    def do_POST(self) -> None:
        """Open an upload; which one, its path says."""
        self._body()
        self._answer(202, {"Location": f"{self.path}one", "Range": "0-0"})

    def do_PATCH(self) -> None:
        body = self._body()
        self.shelf.blobs[digest(body)] = body
        self._answer(202, {"Location": self.path, "Range": f"0-{len(body) - 1}"})

    def do_PUT(self) -> None:
        """Take a manifest, or the end of an upload whose bytes came before."""
        body, asked = self._body(), urlsplit(self.path)
        if "/manifests/" in asked.path:
            self.shelf.manifests[asked.path.removeprefix("/v2/").replace("/manifests/", ":")] = body
            self._answer(201, {"Docker-Content-Digest": digest(body)})
            return
        wanted = parse_qs(asked.query)["digest"][0]
        self._answer(201 if wanted in self.shelf.blobs else 400, {"Docker-Content-Digest": wanted})

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        whole = bytearray()
        while size := int(self.rfile.readline().split(b";")[0], 16):
            whole += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return bytes(whole)

    def _answer(self, status: int, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": "0", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def shelf() -> Iterator[Shelf]:
    """Serve an empty registry on a free port."""
    kept = Shelf()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Request", (_Request,), {"shelf": kept}))
    server.daemon_threads = True
    kept.host = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
