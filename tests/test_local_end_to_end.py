"""`python -m local` on real parts: Azurite, the emulator, function_app.py behind azure-functions-runtime.

The timer ticks every two seconds here, so the story of some minutes takes some seconds; nothing is
waited for but the lines that the command itself prints.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Thread

import pytest

from local import needs, seed, values
from local.needs import ROOT
from local.options import Options

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(300)]


class Laptop:
    """One person's machine: starts and stops the command, reads what it prints, types other commands."""

    def __init__(self, folder: Path, webhook: str) -> None:
        self.options = Options(0, 0, 0, 0, "small", folder).settled()
        self._outside = dict(os.environ) | {"TICK_SCHEDULE": "*/2 * * * * *", "ALERT_WEBHOOK": webhook}
        self._process: subprocess.Popen[str] | None = None
        self.said: list[str] = []

    def start(self) -> None:
        chosen = self.options
        ports = {
            "--port": chosen.port,
            "--azurite-port": chosen.azurite_port,
            "--emulator-port": chosen.emulator_port,
            "--weather-port": chosen.weather_port,
        }
        words = [word for option, port in ports.items() for word in (option, str(port))]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "local", "--host", "small", "--data", str(chosen.data), *words],
            cwd=ROOT,
            env=self._outside,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = []

    def see(self, *words: str) -> None:
        """Read on until a line holds all of `words`, unless one already did."""
        if any(all(word in line for word in words) for line in self.said):
            return
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line)
            if all(word in line for word in words):
                return
        pytest.fail(f"it ended before it said {words}:\n{''.join(self.said)}")

    def type(self, *words: str) -> str:
        env = values.environment(self.options, values.from_file(), self._outside)
        command = [sys.executable, "-m", *words]
        return subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout

    def ctrl_c(self) -> int:
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        self._process.communicate()
        return self._process.returncode

    def close(self) -> None:
        if self._process and self._process.poll() is None:
            self.ctrl_c()


class Webhook(ThreadingHTTPServer):
    """Takes the messages that ALERT_WEBHOOK's address gets."""

    daemon_threads = True

    def __init__(self) -> None:
        self.taken: Queue[bytes] = Queue()
        super().__init__(("127.0.0.1", 0), _Message)

    def hear(self, *words: str) -> None:
        """Wait for a message that holds all of `words`."""
        message = ""
        while not all(word in message for word in words):
            message = self.taken.get(timeout=60).decode()


class _Message(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Webhook)
        self.server.taken.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        pass


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def laptop(tmp_path: Path, webhook: Webhook) -> Iterator[Laptop]:
    laptop = Laptop(tmp_path, f"http://127.0.0.1:{webhook.server_port}/alerts")
    yield laptop
    laptop.close()


def test_from_an_empty_world_to_loaded_days_and_back_after_ctrl_c(laptop: Laptop, webhook: Webhook) -> None:
    laptop.start()
    laptop.see("Pages", f"http://127.0.0.1:{laptop.options.port}/", "key: local")
    laptop.see("weather/extract", "Succeeded", "start -> 2012-01-30")

    laptop.type("scheduler", "job", "set", "weather/extract", "Request=run")
    laptop.see("weather/extract", "Succeeded", "2012-01-30 -> 2012-02-29")

    laptop.type("scheduler", "job", "set", "weather/summarise", "Request=run")
    laptop.see("weather/summarise", "Succeeded", "start -> ")

    laptop.type("scheduler", "job", "set", "demo/hello", "Schedule=61 * * * *", "--force")
    laptop.see("demo/hello", "Invalid", "61")
    webhook.hear("demo/hello", "61")

    laptop.type("scheduler", "job", "set", "demo/hello", "Description=the last edit")
    assert laptop.ctrl_c() == 130
    assert all(needs.is_free(port) for port in laptop.options.ports())
    source = str(seed.WEATHER / "data" / seed.SOURCE_FILE)
    assert verified(source, str(seed.store(laptop.options)))

    elsewhere = needs.free_from(laptop.options.weather_port + 1)
    laptop.options = replace(laptop.options, weather_port=elsewhere)
    laptop.start()
    laptop.see("weather/extract", "watermark 2012-0")
    assert f"http://127.0.0.1:{elsewhere}/" in laptop.type("scheduler", "job", "show", "weather/extract")
    assert "the last edit" in laptop.type("scheduler", "job", "show", "demo/hello")
    assert not any("adding the example jobs" in line for line in laptop.said)


def verified(source: str, store: str) -> str:
    """What `python -m weather verify` says of the store; raises on a gap or a double."""
    command = [sys.executable, "-m", "weather", "verify", "--source", source, "--store", store]
    return subprocess.run(command, cwd=seed.WEATHER, check=True, capture_output=True, text=True).stdout
