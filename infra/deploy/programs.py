"""`az` and `func` as children: found on PATH, run in the checkout, their words kept."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from infra.deploy.stop import Stop

#: The checkout: `infra/` and the Function app stand in it.
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Answer:
    """What a program said: its exit code, and what it wrote on both streams."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """All that it wrote."""
        return f"{self.out}\n{self.err}".strip()


class Programs:
    """The programs of this machine. A signal ends each that runs, and raises Stopped in whoever waits for it."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self._environ = dict(os.environ)

    def find(self, name: str) -> str | None:
        """Where a program is, or None."""
        return shutil.which(name, path=self._environ.get("PATH", ""))

    def run(self, command: Sequence[str], *, python: bool = False, hear: Callable[[str], None] | None = None) -> Answer:
        """Run a program to its end.

        It gets no input: a program that asks a question fails rather than waits. `python`: this Python comes first on
        its PATH, since func compares it with that of the plan. `hear`: gets each line while it runs. Raises
        OSError when it cannot be started, and Stopped.
        """
        self._stop.check()
        child = subprocess.Popen(  # noqa: S603  running az and func is what it is for
            command,
            cwd=ROOT,
            env=self._with_python() if python else self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            # A terminal's Ctrl-C reaches only us: we hand it on, and wait for what the child has to say.
            process_group=0,
        )
        self._stop.enter(child)
        said: tuple[list[str], list[str]] = ([], [])
        readers = [
            threading.Thread(target=_read, args=(stream, lines, hear), daemon=True)
            for stream, lines in zip((child.stdout, child.stderr), said, strict=True)
        ]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        code = child.wait()
        self._stop.leave(child)
        return Answer(code, "".join(said[0]), "".join(said[1]))

    def _with_python(self) -> Mapping[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{self._environ.get('PATH', '')}"
        return {**self._environ, "PATH": path, "VIRTUAL_ENV": sys.prefix}


def _read(stream: IO[str] | None, lines: list[str], hear: Callable[[str], None] | None) -> None:
    for line in stream or ():
        lines.append(line)
        if hear:
            hear(line.rstrip())
