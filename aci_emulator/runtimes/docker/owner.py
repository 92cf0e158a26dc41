"""Who made a container: what is left of emulators that were killed can be told from what a living one runs."""

import contextlib
import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

ENDED = ("Z", "X")
"""States of a process that has ended and is only still in the list."""


@dataclass(frozen=True)
class Owner:
    """An emulator: the machine's name and its boot, where process ids count, the id, and since when it has it."""

    machine: str
    boot: str
    space: str
    pid: int
    since: str

    @property
    def label(self) -> str:
        """The owner as one line."""
        return json.dumps(asdict(self), sort_keys=True)


def this_owner() -> Owner:
    """Return this process."""
    return Owner(
        platform.node(), _first_line("/proc/sys/kernel/random/boot_id"), _space(), os.getpid(), _since(os.getpid())
    )


def has_ended(label: str, here: Owner) -> bool:
    """Say whether the owner of `label` is known to live no more; one that cannot be judged from `here` may live."""
    try:
        owner = Owner(**json.loads(label))
    except (ValueError, TypeError):
        return False
    if owner.machine != here.machine:
        return False
    if owner.boot != here.boot:
        return True
    return owner.space == here.space and _since(owner.pid) != owner.since


def _since(pid: int) -> str:
    """Return when the process began, as text that stays the same; empty when it runs no more."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return "" if Path("/proc/self/stat").exists() else _asked(pid)
    state, *rest = stat.rpartition(")")[2].split()
    return "" if state in ENDED else rest[18]


def _asked(pid: int) -> str:
    """Ask ps, where there is no /proc."""
    command = ["ps", "-o", "stat=", "-o", "lstart=", "-p", str(pid)]
    state, _, began = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().partition(" ")
    return "" if state.startswith(ENDED) else began.strip()


def _space() -> str:
    """Return which process ids these are: a container has its own."""
    with contextlib.suppress(OSError):
        return Path("/proc/self/ns/pid").readlink().name
    return ""


def _first_line(path: str) -> str:
    with contextlib.suppress(OSError):
        return Path(path).read_text(encoding="utf-8").strip()
    return ""
