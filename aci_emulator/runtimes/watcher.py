"""A child that ends the containers should the emulator be killed before it can.

It reads `+PGID` and `-PGID` lines from its standard input. When the input ends, the emulator is gone: it
kills the process groups that are left, and removes the folder named by its argument.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable


class Watcher:
    """The emulator's end of the watcher."""

    def __init__(self, folder: str) -> None:
        command = [sys.executable, "-I", "-S", __file__, folder]
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        self.pid = self._child.pid

    def watch(self, group: int) -> None:
        """Kill the process group `group` if the emulator dies."""
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        """Leave `group` alone from now on: it has ended."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """End the watcher, which ends what it still watches."""
        if self._child.stdin is not None:
            with contextlib.suppress(OSError):
                self._child.stdin.close()
        self._child.wait()

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            if self._child.stdin is not None:
                self._child.stdin.write(line.encode())
                self._child.stdin.flush()


def groups_left(lines: Iterable[str]) -> set[int]:
    """Return the process groups that were announced and not taken back."""
    groups: set[int] = set()
    for line in lines:
        (groups.add if line[0] == "+" else groups.discard)(int(line[1:]))
    return groups


def _main() -> None:
    for group in groups_left(sys.stdin):
        with contextlib.suppress(OSError):
            os.killpg(group, signal.SIGKILL)
    shutil.rmtree(sys.argv[1], ignore_errors=True)


if __name__ == "__main__":
    _main()
