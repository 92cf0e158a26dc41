"""How much memory a container of the process runtime may use. Linux only: elsewhere nothing is bounded.

Two bounds. Each process gets a ceiling (`RLIMIT_DATA`) above which it gets no memory at all, for what allocates faster
than anybody looks. And all processes of a container's session together are looked at several times a second: above the
limit they are killed, so that the container shows 137, as in Azure and in Docker. A process that left the session is
not counted; nor is what is in files, in a tmpfs or in the kernel.
"""

import asyncio
import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Iterator

INTERVAL = 0.2
"""Seconds between two looks."""

SHARE = 0.05
"""A look takes at most this part of the time: with very many processes they are further apart."""

HEADROOM = 2**30
"""Bytes from a small limit to its ceiling: stacks and heaps that are reserved but never filled count for the latter."""

SESSION, RESIDENT = 3, 21
"""Where a line of /proc/PID/stat has the session and the resident pages, counted from behind the name."""

PAGE = os.sysconf("SC_PAGE_SIZE")


class MemoryWatch:
    """The containers with a limit, by the session that each is."""

    def __init__(self) -> None:
        self._limits: dict[int, int] = {}
        self._bounded: set[int] = set()
        self._looking: asyncio.Task[None] | None = None

    def watch(self, session: int, limit: int) -> None:
        """Kill the processes of `session` once they use more than `limit` bytes; 0 means no limit."""
        if sys.platform != "linux" or not limit:
            return
        self._limits[session] = limit
        self._bound(session, limit)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look_again_and_again())

    def forget(self, session: int) -> None:
        """Leave `session` alone from now on: it has ended."""
        self._limits.pop(session, None)
        if not self._limits and self._looking is not None:
            self._looking.cancel()
            self._looking = None

    def look(self) -> None:
        """Bound every process that is new, and kill the sessions that are over their limit.

        Resident pages are quick to read, but count a page once for each process that shares it, and files that are
        mapped: only a session that seems to be over is read closely.
        """
        sessions: dict[int, dict[int, int]] = {session: {} for session in self._limits}
        for pid, session, resident in _processes():
            if session in sessions:
                sessions[session][pid] = resident
        for session, processes in sessions.items():
            limit = self._limits[session]
            for pid in processes.keys() - self._bounded:
                self._bound(pid, limit)
            if sum(processes.values()) > limit and sum(_used(*process) for process in processes.items()) > limit:
                _kill(processes)
        self._bounded &= {pid for processes in sessions.values() for pid in processes}

    async def _look_again_and_again(self) -> None:
        while True:
            began = time.perf_counter()
            self.look()
            await asyncio.sleep(max(INTERVAL, (time.perf_counter() - began) / SHARE))

    def _bound(self, pid: int, limit: int) -> None:
        """Give a process its ceiling, which its children inherit; those it already had get theirs at the next look."""
        ceiling = max(2 * limit, limit + HEADROOM)
        with contextlib.suppress(OSError, ValueError):
            soft, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
            resource.prlimit(pid, resource.RLIMIT_DATA, (_lower(soft, ceiling), _lower(hard, ceiling)))
        self._bounded.add(pid)


def _lower(bound: int, ceiling: int) -> int:
    return ceiling if bound == resource.RLIM_INFINITY else min(bound, ceiling)


def _processes() -> Iterator[tuple[int, int, int]]:
    """Yield process id, session and resident bytes of every process of this machine."""
    with os.scandir("/proc") as entries:
        for entry in entries:
            if not entry.name.isdigit():
                continue
            with contextlib.suppress(OSError):
                fields = _read(f"{entry.path}/stat").rpartition(b")")[2].split()
                yield int(entry.name), int(fields[SESSION]), int(fields[RESIDENT]) * PAGE


def _used(pid: int, resident: int) -> int:
    """Return the bytes that a process fills, its part of what it shares with others; `resident` if nothing says."""
    try:
        lines = _read(f"/proc/{pid}/smaps_rollup").splitlines()
    except OSError:
        return resident
    sizes = {line.split()[0]: int(line.split()[1]) * 1024 for line in lines[1:]}
    if b"Pss_Anon:" not in sizes:
        return sizes.get(b"Pss:", resident)
    return sizes[b"Pss_Anon:"] + sizes.get(b"Pss_Shmem:", 0)


def _read(path: str) -> bytes:
    """Read a small file of the kernel's, in a third of the time that a Path takes: there may be a thousand a look."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)


def _kill(processes: dict[int, int]) -> None:
    for pid in processes:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGKILL)
