"""Ctrl-C stops every child, always: real signals, stand-in children, a pipe that tells of the last.

Each child holds the writing end of a named pipe open, so the end of the file is the proof that no
child and no child of a child lives on; nothing here waits for a time.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

ROOT = Path(__file__).resolve().parent.parent

CHILD = """
import os, signal, sys, time
pipe = os.open(os.environ["PIPE"], os.O_WRONLY)
name, *traits = sys.argv[1:]
def stop(number, frame):
    os.write(pipe, f"{name} got {signal.Signals(number).name}\\n".encode())
    if "stubborn" not in traits:
        os._exit(0)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
if "parent" in traits and os.fork() == 0:
    os.setsid()
    name = "grandchild"
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(pipe, f"{name} started {os.getpid()}\\n".encode())
while True:
    time.sleep(60)
"""

SUPERVISOR = """
import asyncio, os, signal, sys
from pathlib import Path
from local.command import until_signal
from local.children import Children

async def work(children, names):
    for number, words in enumerate(names):
        stop_with = signal.SIGINT if number == 0 else signal.SIGTERM
        await children.start(words.split()[0], [sys.executable, "-c", os.environ["CHILD"], *words.split()],
                             os.environ, stop_with=stop_with, patience=float(os.environ["PATIENCE"]))
    await children.any_end()

async def main():
    async with Children(Path(sys.argv[1])) as children:
        return await until_signal(work(children, sys.argv[2:]))

sys.exit(asyncio.run(main()))
"""


class Stand:
    """A supervisor over stand-in children, and what they wrote."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pipe = folder / "pipe"
        os.mkfifo(self._pipe)
        self.process: subprocess.Popen[str] | None = None
        self._reader: TextIO | None = None

    def start(self, *names: str, patience: float = 30) -> None:
        env = dict(os.environ) | {"PIPE": str(self._pipe), "CHILD": CHILD, "PATIENCE": str(patience)}
        command = [sys.executable, "-c", SUPERVISOR, str(self._folder / "logs"), *names]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._reader = self._pipe.open()

    def wait_for(self, *words: str) -> dict[str, int]:
        """Read until each of `words` has started; returns their process ids."""
        assert self._reader is not None
        pids: dict[str, int] = {}
        while not set(words) <= set(pids):
            line = self._reader.readline()
            assert line, f"ended before {words} had started: {self.end()}"
            name, verb, what = line.split()
            if verb == "started":
                pids[name] = int(what)
        return pids

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def rest(self) -> list[str]:
        """Read until the last writer is gone: then no child lives."""
        assert self._reader is not None
        return [line.strip() for line in self._reader]

    def end(self) -> tuple[int, str]:
        """Wait for the supervisor's end: exit code, and what it said on standard error."""
        assert self.process is not None
        _, said = self.process.communicate()
        return self.process.returncode, said

    def close(self) -> None:
        if self._reader:
            self._reader.close()
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    stand = Stand(tmp_path)
    yield stand
    stand.close()


def test_ctrl_c_stops_every_child_the_last_started_first_and_azurite_with_sigint(stand: Stand) -> None:
    stand.start("azurite", "emulator", "host")
    stand.wait_for("azurite", "emulator", "host")
    stand.send(signal.SIGINT)
    assert stand.rest() == ["host got SIGTERM", "emulator got SIGTERM", "azurite got SIGINT"]
    assert stand.end()[0] == 130


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_ways_to_end_it_stop_every_child_too(stand: Stand, number: signal.Signals, code: int) -> None:
    stand.start("azurite", "host")
    stand.wait_for("azurite", "host")
    stand.send(number)
    assert stand.rest() == ["host got SIGTERM", "azurite got SIGINT"]
    assert stand.end()[0] == code


def test_ctrl_c_while_children_are_still_being_started_leaves_none(stand: Stand) -> None:
    stand.start(*(f"child{n}" for n in range(12)))
    stand.wait_for("child0")
    stand.send(signal.SIGINT)
    stand.rest()
    assert stand.end()[0] == 130


def test_an_impatient_second_and_third_ctrl_c_cuts_nothing_short(stand: Stand) -> None:
    stand.start("azurite", "host stubborn", patience=1)
    stand.wait_for("azurite", "host")
    stand.send(signal.SIGINT)
    assert stand._reader is not None
    assert stand._reader.readline() == "host got SIGTERM\n"
    stand.send(signal.SIGINT)
    stand.send(signal.SIGTERM)
    assert stand.rest() == ["azurite got SIGINT"]
    code, said = stand.end()
    assert (code, "Still stopping" in said, "Traceback" in said) == (130, True, False)


def test_a_child_that_ends_by_itself_ends_the_rest_and_is_named_with_its_last_words(stand: Stand) -> None:
    stand.start("azurite", "host")
    os.kill(stand.wait_for("azurite", "host")["host"], signal.SIGKILL)
    assert stand.rest() == ["azurite got SIGINT"]
    code, said = stand.end()
    assert code == 1
    assert said.startswith("host ended by itself with exit code -9. Its log, ")


linux = pytest.mark.skipif(sys.platform != "linux", reason="the death of a parent is told on Linux only")


@linux
def test_a_supervisor_that_is_killed_takes_its_children_along(stand: Stand) -> None:
    stand.start("azurite", "host")
    stand.wait_for("azurite", "host")
    stand.send(signal.SIGKILL)
    assert sorted(stand.rest()) == ["azurite got SIGINT", "host got SIGTERM"]
    assert stand.end()[0] == -signal.SIGKILL


@linux
def test_the_grandchildren_of_a_killed_child_are_ended_though_they_fled_its_process_group(
    stand: Stand,
) -> None:
    stand.start("azurite", "emulator parent")
    pids = stand.wait_for("azurite", "emulator", "grandchild")
    os.kill(pids["emulator"], signal.SIGKILL)
    assert stand.rest()[-1] == "azurite got SIGINT"
    assert stand.end()[0] == 1
