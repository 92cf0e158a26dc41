"""Processes that fled their container's session and lost their parent: Linux gives them to the emulator.

Elsewhere than on Linux nothing is adopted, and such a process lives on.
"""

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36

_waiting: set[object] = set()


@contextlib.contextmanager
def waiting_for_a_child() -> Iterator[None]:
    """Let no orphan go while this is open.

    For who starts a child that `reap_orphans` is not told of: it would take the child for an orphan, and its exit code
    would be lost.
    """
    mark = object()
    _waiting.add(mark)
    try:
        yield
    finally:
        _waiting.discard(mark)


def adopt_orphans() -> set[int]:
    """Ask Linux to make this process the parent of its descendants whose own parent ends.

    Return the children that it has already: they are no orphans.
    """
    _adopt(yes=True)
    return _children()


def disown_orphans() -> None:
    """Let descendants whose parent ends go where they went before."""
    _adopt(yes=False)


def kill_orphans(but: AbstractSet[int]) -> None:
    """Kill every child of this process, and what those leave in turn; `but`: children that are not orphans."""
    while orphans := _children() - but:
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def reap_orphans(but: AbstractSet[int]) -> None:
    """Let the orphans go that have ended, unless somebody is waiting for a child.

    `but` must name every other child that is waited for, or its exit code would be lost.
    """
    if _waiting:
        return
    for pid in _children() - but:
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


def _adopt(*, yes: bool) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0)


def _children() -> set[int]:
    try:
        return {int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()}
    except OSError:
        return set()
