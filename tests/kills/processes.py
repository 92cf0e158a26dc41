"""Ticks as processes of their own: forked by a nursery, or started as anybody starts `python -m scheduler`."""

import contextlib
import itertools
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scheduler.row import iso
from tests.servers import ROOT

#: Seconds for a tick to end: far more than any needs.
PATIENCE = 60

#: App settings, and the tick's `now`.
type Begin = Callable[[Mapping[str, str], datetime], "Tick"]


@dataclass(frozen=True)
class Ended:
    """How a tick ended: its exit code, negative = killed by that signal, and what it said."""

    code: int
    said: str


@dataclass(frozen=True)
class Tick:
    """A process that runs one tick."""

    pid: int
    end: "Future[Ended]"

    def ended(self) -> Ended:
        """Wait for its end."""
        return self.end.result(PATIENCE)


class Nursery:
    """The test's side of `tests.kills.nursery`; any thread may start ticks."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self._numbers = itertools.count()
        self._births: dict[int, Future[int]] = {}
        self._ends: dict[int, Future[Ended]] = {}
        self._writing = threading.Lock()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def begin(self, settings: Mapping[str, str], now: datetime) -> Tick:
        """Start `python -m scheduler tick --now NOW` under these settings."""
        assert self._process.stdin
        number = next(self._numbers)
        birth: Future[int] = Future()
        end: Future[Ended] = Future()
        self._births[number], self._ends[number] = birth, end
        asked = {"number": number, "typed": ["tick", "--now", iso(now)], "settings": dict(settings)}
        with self._writing:
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        return Tick(birth.result(PATIENCE), end)

    def close(self) -> None:
        """End the nursery, with all that still runs in it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._listening.join()

    def _listen(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            told: dict[str, Any] = json.loads(line)
            if "pid" in told:
                self._births.pop(told["number"]).set_result(told["pid"])
            else:
                self._ends.pop(told["number"]).set_result(Ended(told["code"], told["said"]))


@contextlib.contextmanager
def nursery() -> Iterator[Nursery]:
    """Run a nursery."""
    command = [sys.executable, "-m", "tests.kills.nursery"]
    with (
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
        contextlib.closing(Nursery(process)) as started,
    ):
        yield started


def executed(settings: Mapping[str, str], now: datetime) -> Tick:
    """Start the tick as a person does, in an interpreter of its own."""
    command = [sys.executable, "-m", "scheduler", "tick", "--now", iso(now)]
    how: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, text=True, **how)
    end: Future[Ended] = Future()

    def attend() -> None:
        said, _ = process.communicate()
        end.set_result(Ended(process.returncode, said))

    threading.Thread(target=attend, daemon=True).start()
    return Tick(process.pid, end)
