"""A registry on this machine with one image, and with moods: enough of the protocol for an engine to pull."""

import base64
import contextlib
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.emulator.engine import SHELL, built, zipped

MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
LOGIN = "Basic " + base64.b64encode(b"ada:s3cret").decode()


def sha256(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


@dataclass
class Registry:
    """The registry `host`: `app:1` is there, `limited:1` is asked for too often, `broken:1` fails.

    `closed`: only ada with her password may come in. `asked`: the path of each request that got an answer.
    """

    host: str
    closed: bool
    manifest: bytes
    blobs: dict[str, bytes]
    asked: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        return sha256(self.manifest)

    @property
    def layer(self) -> str:
        """The digest of what is large about the image."""
        return list(self.blobs)[-1]

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body."""
        self.asked.append(path)
        if path == "/v2/":
            return 200, "application/json", b"{}"
        name, _, last = path.removeprefix("/v2/").rpartition("/")
        if name == "app/manifests" and last in {"1", self.digest}:
            return 200, MANIFEST, self.manifest
        if name == "app/blobs" and last in self.blobs:
            return 200, "application/octet-stream", self.blobs[last]
        if name == "limited/manifests":
            return 429, "application/json", _error("TOOMANYREQUESTS", "You have reached your pull rate limit.")
        if name == "broken/manifests":
            return 503, "text/plain", b"sorry"
        return 404, "application/json", _error("MANIFEST_UNKNOWN", "manifest unknown")


@contextlib.contextmanager
def registry(*, closed: bool = False) -> Iterator[Registry]:
    """Serve a registry; one that is closed asks for a name and a password."""
    image = built(SHELL)
    config = json.dumps(json.loads(image.config) | {"author": "registry"}).encode()
    layer = zipped(image)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _part("application/vnd.docker.container.image.v1+json", config),
        "layers": [_part("application/vnd.docker.image.rootfs.diff.tar.gzip", layer)],
    }
    blobs = {sha256(blob): blob for blob in (config, layer)}
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answerer) as server:
        host = f"127.0.0.1:{server.server_address[1]}"
        _Answerer.registries[server.server_address[1]] = Registry(host, closed, json.dumps(manifest).encode(), blobs)
        serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        serving.start()
        try:
            yield _Answerer.registries[server.server_address[1]]
        finally:
            server.shutdown()
            serving.join()


class _Answerer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    registries: dict[int, Registry] = {}  # noqa: RUF012 - one dictionary for all connections is what is meant

    def do_GET(self) -> None:
        self._say()

    def do_HEAD(self) -> None:
        self._say()

    def _say(self) -> None:
        here = self.registries[self.server.server_address[1]]  # type: ignore[index] # of TCP it is a pair
        if here.closed and self.headers["Authorization"] != LOGIN:
            status, kind, body = 401, "application/json", _error("UNAUTHORIZED", "authentication required")
        else:
            status, kind, body = here.answer(self.path)
        self.send_response(status)
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 200 and kind == MANIFEST:
            self.send_header("Docker-Content-Digest", sha256(body))
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="here"')
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


def _part(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "size": len(content), "digest": sha256(content)}


def _error(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()
