"""A stand-in for one Key Vault over HTTP: what the SDK needs to read secrets, and refusals on order.

It runs in a thread of the tests and listens on 127.0.0.1 alone. It takes any token.
"""

import json
import ssl
import threading
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

#: As every vault of Azure's public cloud asks for a token.
CHALLENGE = 'Bearer authorization="https://login.microsoftonline.com/tenant", resource="https://vault.azure.net"'


@dataclass
class Answer:
    """An answer in place of the right one: a status, the code of the fault and its inner one, headers, or raw bytes."""

    status: int
    code: str = "Fault"
    inner: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = None

    @property
    def body(self) -> bytes:
        """The body, as Key Vault words it."""
        fault: dict[str, Any] = {"code": self.code, "message": f"{self.code} as the test wants it."}
        if self.inner:
            fault["innererror"] = {"code": self.inner}
        return json.dumps({"error": fault}).encode() if self.raw is None else self.raw


class KeyVault:
    """The secrets of a vault, and what was asked of it: `asked`, a path for each request with a token."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[str] = []
        self.challenges = 0
        self.tokens: set[str] = set()
        self._secrets: defaultdict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self._ordered: deque[Answer] = deque()

    def put(self, name: str, value: str, expires: datetime | None = None, begins: datetime | None = None) -> str:
        """Make a value the current version of a secret; gives the version."""
        version = uuid4().hex
        attributes: dict[str, Any] = {"enabled": True, "created": 1700000000, "updated": 1700000000}
        for key, moment in (("exp", expires), ("nbf", begins)):
            if moment:
                attributes[key] = int(moment.timestamp())
        self._secrets[name.lower()][version] = {"value": value, "attributes": attributes}
        return version

    def disable(self, name: str) -> None:
        """Disable the current version."""
        list(self._secrets[name.lower()].values())[-1]["attributes"]["enabled"] = False

    def remove(self, name: str) -> None:
        """Remove a secret."""
        del self._secrets[name.lower()]

    def order(self, *answers: Answer) -> None:
        """Give these answers to the next requests that bring a token."""
        self._ordered.extend(answers)

    def answer(self, path: str, token: str, host: str) -> Answer:
        """Answer one request."""
        if not token:
            self.challenges += 1
            return Answer(401, "Unauthorized", headers={"WWW-Authenticate": CHALLENGE})
        self.tokens.add(token)
        self.asked.append(urlsplit(path).path)
        return self._ordered.popleft() if self._ordered else self._right(path, host)

    def _right(self, path: str, host: str) -> Answer:
        where, query = urlsplit(path).path.split("/"), parse_qs(urlsplit(path).query)
        if where[:2] != ["", "secrets"] or "api-version" not in query:
            return Answer(400, "BadParameter")
        name, version = [*where[2:], ""][:2]
        versions = self._secrets.get(name.lower(), {})
        if not versions or version not in {"", *versions}:
            return Answer(404, "SecretNotFound")
        version = version or list(versions)[-1]
        found = versions[version]
        if not found["attributes"]["enabled"]:
            return Answer(403, "Forbidden", "SecretDisabled")
        whole = {**found, "id": f"https://{host}/secrets/{name}/{version}"}
        return Answer(200, raw=json.dumps(whole).encode())


class _Request(BaseHTTPRequestHandler):
    vault: ClassVar[KeyVault]
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer."""
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        answer = self.vault.answer(self.path, token, self.headers.get("Host", ""))
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server names it so
        """Keep quiet."""


@contextmanager
def keyvault(tls: ssl.SSLContext | None = None) -> Iterator[KeyVault]:
    """Run a vault on a free port, over https when `tls` is given; its address is in `url`."""
    vault = KeyVault()
    request = type("Request", (_Request,), {"vault": vault})
    with ThreadingHTTPServer(("127.0.0.1", 0), request) as server:
        server.daemon_threads = True
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        vault.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield vault
        server.shutdown()
        thread.join()
