"""python -m scheduler loop as a process: real signals, a real Azurite, a real emulator."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest

from tests.servers import ROOT, Azurite
from tests.typist import Typist, settings, terminal

SOON = """
import sys
from datetime import UTC, datetime, timedelta
from scheduler.cli import main
from scheduler.commands import loop

class Hurried(datetime):
    @classmethod
    def now(cls, tz=None):
        return BEGAN + (datetime.now(tz) - REAL) * 600

REAL = datetime.now(UTC)
BEGAN = REAL + timedelta(days=1)
loop.datetime, loop.NAP = Hurried, 0.05
sys.exit(main(["loop", "--beat", sys.argv[1]], BEGAN))
"""


@contextmanager
def looping(environment: dict[str, str], beat: Path) -> Iterator["subprocess.Popen[str]"]:
    """A loop whose minutes last a tenth of a second."""
    command = [sys.executable, "-c", SOON, str(beat)]
    whole = {**os.environ, **environment}
    with subprocess.Popen(
        command, cwd=ROOT, env=whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


@pytest.fixture
def given(azurite: Azurite, emulators: Callable[..., str]) -> dict[str, str]:
    return settings(azurite, emulators({"hello": {"command": ["python", "-c", "print('::watermark::monday')"]}}))


@pytest.fixture
def beside(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Typist]:
    with terminal(monkeypatch, given):
        yield Typist(capsys)


@pytest.mark.azurite
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_runs_jobs_until_it_is_told_to_end(
    given: dict[str, str], beside: Typist, tmp_path: Path, number: signal.Signals
) -> None:
    beside.type("job", "add", "weather/extract", "Image=hello", "Request=run", "Timeout=30d", "StartTimeout=1d")
    assert beside.err == ""
    with looping(given, tmp_path / "beat") as child:
        assert child.stdout
        assert child.stderr
        assert any(" 1 finished" in line for line in islice(child.stdout, 1_000))
        child.send_signal(number)
        assert all(" tick: " in line for line in child.stdout)
        assert child.stderr.read().count("\n") == 1, "the first line, and no word of a failure"
        assert child.wait() == 0
    shown = beside.json("job", "show", "weather/extract")
    assert isinstance(shown, dict)
    assert (shown["Status"], shown["Watermark"]) == ("Succeeded", "monday")
    assert (tmp_path / "beat").exists()
