"""`python -m local` on real parts: Azurite, the emulator, function_app.py behind azure-functions-runtime.

The timer ticks every two seconds here, so the story of some minutes takes some seconds; nothing is
waited for but the lines that the command itself prints.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import needs, seed, values
from local.needs import ROOT
from local.options import Options

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(300)]


class Laptop:
    """One person's machine: starts and stops the command, reads what it prints, types other commands."""

    def __init__(self, folder: Path) -> None:
        self.options = Options(0, 0, 0, 0, "small", folder).settled()
        self._outside = dict(os.environ) | {"TICK_SCHEDULE": "*/2 * * * * *"}
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


@pytest.fixture
def laptop(tmp_path: Path) -> Iterator[Laptop]:
    laptop = Laptop(tmp_path)
    yield laptop
    laptop.close()


def test_from_an_empty_world_to_loaded_days_and_back_after_ctrl_c(laptop: Laptop) -> None:
    laptop.start()
    laptop.see("Pages", f"http://127.0.0.1:{laptop.options.port}/", "key: local")
    laptop.see("weather/extract", "Succeeded", "start -> 2012-01-30")

    laptop.type("scheduler", "job", "set", "weather/extract", "Request=run")
    laptop.see("weather/extract", "Succeeded", "2012-01-30 -> 2012-02-29")

    laptop.type("scheduler", "job", "set", "weather/summarise", "Request=run")
    laptop.see("weather/summarise", "Succeeded", "start -> ")

    laptop.type("scheduler", "job", "set", "demo/hello", "Schedule=61 * * * *", "--force")
    laptop.see("demo/hello", "Invalid", "61")

    laptop.type("scheduler", "job", "set", "demo/hello", "Description=the last edit")
    assert laptop.ctrl_c() == 130
    assert all(needs.is_free(port) for port in laptop.options.ports())
    source = str(seed.WEATHER / "data" / seed.SOURCE_FILE)
    assert verified(source, str(seed.store(laptop.options)))

    laptop.start()
    laptop.see("weather/extract", "watermark 2012-0")
    assert "the last edit" in laptop.type("scheduler", "job", "show", "demo/hello")
    assert not any("adding the example jobs" in line for line in laptop.said)


def verified(source: str, store: str) -> str:
    """What `python -m weather verify` says of the store; raises on a gap or a double."""
    command = [sys.executable, "-m", "weather", "verify", "--source", source, "--store", store]
    return subprocess.run(command, cwd=seed.WEATHER, check=True, capture_output=True, text=True).stdout
