"""Processes that fled their container's session and lost their parent: Linux gives them to the emulator.

Elsewhere than on Linux nothing is adopted, and such a process lives on.
"""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """Ask Linux to make this process the parent of its descendants whose own parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def kill_orphans(but: AbstractSet[int]) -> None:
    """Kill every child of this process, and what those leave in turn; `but`: children that are not orphans."""
    while orphans := _children() - but:
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def reap_orphans(but: AbstractSet[int]) -> None:
    """Let the orphans go that have ended.

    `but` must name every child that somebody else waits for, or its exit code would be lost to them.
    """
    for pid in _children() - but:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _children() -> set[int]:
    try:
        return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}
    except OSError:
        return set()
