"""A weather job's world: the first hundred days of the real table, an empty store, and ways to run a command."""

import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from weather.__main__ import main

TABLE = Path(__file__).parent.parent / "data" / "seattle-weather.csv"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a table of 2012-01-01 to 2012-04-09."""
    path = tmp_path / "source.csv"
    path.write_text("".join(TABLE.read_text("utf-8").splitlines(keepends=True)[:101]), "utf-8")
    return path


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reach this machine directly, also where the environment names a proxy for everything."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir()
    return folder


@pytest.fixture
def run(source: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., CompletedProcess[str]]:
    """Run a command in this process: `run("extract", WATERMARK="2012-01-30")`."""

    def run_command(*arguments: str, **environment: str) -> CompletedProcess[str]:
        settings = {"WEATHER_SOURCE": str(source), "WEATHER_STORE": str(store), **environment}
        try:
            code = main(arguments, settings)
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return CompletedProcess(arguments, code, out, err)

    return run_command


@pytest.fixture
def snapshot(store: Path) -> Callable[[], dict[str, bytes]]:
    """Return every file of the store with its bytes, drafts of killed runs included."""
    return lambda: {
        str(path.relative_to(store)): path.read_bytes() for path in sorted(store.rglob("*")) if path.is_file()
    }


@pytest.fixture
def nobody() -> Iterator[str]:
    """Return an address that refuses connections: its port is taken, and nobody listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def serve() -> Iterator[Callable[..., str]]:
    """Serve each GET with the function given, on a free port, and return the address."""
    servers: list[ThreadingHTTPServer] = []

    def start(answer: Callable[[BaseHTTPRequestHandler], None]) -> str:
        class Answering(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
                """Keep quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
