"""A scheduler that is a program of its own: started here, measured from outside with all that it starts, ended here."""

import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from bench import meter

#: Seconds between two looks at whether all has started.
LOOK_EVERY = 0.05
#: Seconds for a program to end by itself.
ENDS_WITHIN = 10.0


@contextmanager
def running(command: Sequence[str], env: Mapping[str, str], log: Path) -> Iterator[psutil.Process]:
    """Run a program; in the end nothing of it is left."""
    with log.open("wb") as output:
        program = psutil.Popen(command, env=dict(env), stdout=output, stderr=subprocess.STDOUT)
    try:
        yield program
    finally:
        whole = tree(program)
        program.terminate()
        _, left = psutil.wait_procs(whole, ENDS_WITHIN)
        for process in left:
            process.kill()


def tree(program: psutil.Process) -> list[psutil.Process]:
    """Give a process and all below it."""
    try:
        return [program, *program.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu(program: psutil.Process) -> float:
    """Give the CPU seconds of the tree, with those of children that ended."""
    found = 0.0
    for process in tree(program):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        found += times.user + times.system + times.children_user + times.children_system
    return found


def memory(program: psutil.Process) -> float:
    """Give the memory of the tree."""
    found = 0.0
    for process in tree(program):
        try:
            found += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return found


def minute_after(seconds: float) -> datetime:
    """Give the first full minute that is at least so far away."""
    return (datetime.now(UTC) + timedelta(seconds=seconds + 60)).replace(second=0, microsecond=0)


def idle_minute(program: psutil.Process) -> float:
    """Measure a stretch in which nothing is due, as a minute of it."""
    before = cpu(program)
    time.sleep(meter.IDLE_SECONDS * 2)
    return (cpu(program) - before) * 60 / (meter.IDLE_SECONDS * 2)


def burst(
    program: psutil.Process, due: datetime, jobs: int, started: Callable[[], Sequence[float]]
) -> dict[str, float]:
    """Wait for the due instant and then for the last start; `started` gives the instants of the starts so far."""
    time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds()))
    before, begin = cpu(program), time.monotonic()
    while len(starts := started()) < jobs:
        if time.monotonic() - begin > meter.PATIENCE:
            raise SystemExit(f"{len(starts)} of {jobs} jobs were started within {meter.PATIENCE:.0f} s")
        time.sleep(LOOK_EVERY)
    spent = {"cpu": cpu(program) - before, "wall": max(starts) - due.timestamp()}
    return spent | {"memory": memory(program)}
