"""Plays the place that telemetry is sent to: takes what the real exporter sends, and reads it as the service would."""

import gzip
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: An instrumentation key of nobody.
KEY = "12345678-1234-1234-1234-123456789abc"
PATIENCE = 20.0


class Ingestion:
    """What arrived. `held`: no answer is given until it is set."""

    def __init__(self) -> None:
        self.items: list[Mapping[str, Any]] = []
        self.headers: list[Mapping[str, str]] = []
        self.status = 200
        self.held: threading.Event | None = None
        self.arrived = threading.Condition()
        self.url = ""

    @property
    def connection(self) -> str:
        """The connection string, as infra/ hands it to the app."""
        return f"InstrumentationKey={KEY};IngestionEndpoint={self.url}/;LiveEndpoint={self.url}/"

    def of(self, kind: str) -> list[Mapping[str, Any]]:
        """The data of each item of this kind: RequestData, RemoteDependencyData, MetricData, MessageData."""
        return [item["data"]["baseData"] for item in self.items if item["data"]["baseType"] == kind]

    def tags(self, kind: str) -> list[Mapping[str, str]]:
        return [item["tags"] for item in self.items if item["data"]["baseType"] == kind]

    def take(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        if self.held:
            self.held.wait(PATIENCE)
        plain = gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body
        items = [json.loads(line) for line in plain.decode().splitlines()] if plain[:1] != b"[" else json.loads(plain)
        with self.arrived:
            self.headers.append(headers)
            if self.status == 200:
                self.items += items
            self.arrived.notify_all()
        told = {"itemsReceived": len(items), "itemsAccepted": len(items), "errors": []}
        return self.status, json.dumps(told if self.status == 200 else {"message": "No."}).encode()


@contextmanager
def ingestion() -> Iterator[Ingestion]:
    """Listen on a free port of this machine."""
    place = Ingestion()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = place.take(body, {name.lower(): value for name, value in self.headers.items()})
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        place.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield place
        finally:
            server.shutdown()
