"""A program that imports what a tick needs once, and then forks a process for each tick it is asked for.

`python -m tests.kills.nursery` reads a line of JSON for each tick, {"number", "typed", "settings"}, and says
{"number", "pid"} when its process is there and {"number", "code", "said"} when it has ended. A forked process
differs from `python -m scheduler` in two things only: its modules are loaded already, and it ends without
taking the interpreter apart. It is forked before any thread, client or connection exists.
"""

import gc
import importlib
import json
import os
import pkgutil
import selectors
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import scheduler.cloud
from scheduler import cli

PIECE = 65_536


@dataclass
class Child:
    """A tick: what it says comes through a pipe that ends when the process does."""

    number: int
    pid: int
    said: bytearray = field(default_factory=bytearray)


class Nursery:
    """Forks ticks, and tells of their births and ends on standard output."""

    def __init__(self) -> None:
        self._eyes = selectors.DefaultSelector()
        self._eyes.register(0, selectors.EVENT_READ)
        self._children: dict[int, Child] = {}
        self._asked = bytearray()

    def serve(self) -> None:
        """Serve until standard input ends; then end what still runs."""
        while True:
            for key, _ in self._eyes.select():
                if key.fd != 0:
                    self._heard(key.fd)
                elif not self._obeyed():
                    return

    def _obeyed(self) -> bool:
        piece = os.read(0, PIECE)
        self._asked += piece
        while b"\n" in self._asked:
            line, _, self._asked = self._asked.partition(b"\n")
            self._bear(**json.loads(line))
        for child in self._children.values() if not piece else ():
            os.kill(child.pid, signal.SIGKILL)
        return bool(piece)

    def _bear(self, number: int, typed: Sequence[str], settings: dict[str, str]) -> None:
        near, far = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(near)
            _live(far, typed, settings)
        os.close(far)
        self._children[near] = Child(number, pid)
        self._eyes.register(near, selectors.EVENT_READ)
        _say(number=number, pid=pid)

    def _heard(self, pipe: int) -> None:
        child = self._children[pipe]
        if piece := os.read(pipe, PIECE):
            child.said += piece
            return
        self._eyes.unregister(pipe)
        os.close(pipe)
        del self._children[pipe]
        _, status = os.waitpid(child.pid, 0)
        said = child.said.decode(errors="replace")
        _say(number=child.number, code=os.waitstatus_to_exitcode(status), said=said)


def _say(**what: Any) -> None:
    os.write(1, json.dumps(what).encode() + b"\n")


def _live(out: int, typed: Sequence[str], settings: dict[str, str]) -> None:
    """Be `python -m scheduler` with these arguments and this environment; never returns."""
    code = 1
    try:
        for number in (1, 2):
            os.dup2(out, number)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.environ.update(settings)
        code = cli.main(typed, datetime.now(UTC))
    except SystemExit as left:
        code = int(left.code or 0)
    except BaseException:  # noqa: BLE001 - nothing may get past the end of this process
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Import what a tick imports late, and serve."""
    importlib.import_module("scheduler.commands.tick")
    for module in pkgutil.iter_modules(scheduler.cloud.__path__, f"{scheduler.cloud.__name__}."):
        importlib.import_module(module.name)
    if threading.active_count() > 1:
        raise RuntimeError("something that was imported started a thread: a fork would not have it")
    gc.freeze()  # what is there now is never looked through again, so that its pages stay shared
    Nursery().serve()


if __name__ == "__main__":
    main()
