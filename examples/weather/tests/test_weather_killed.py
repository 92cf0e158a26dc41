"""Runs that are killed midway, as real processes and with SIGKILL: the next run makes the store whole."""

import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

Run = Callable[..., CompletedProcess[str]]
Snapshot = Callable[[], dict[str, bytes]]
FOLDER = Path(__file__).parent.parent
CRASH = """
import os, runpy, signal, sys
left = int(os.environ["KILL_AT"])

def deadly(step):
    def taken(*arguments, **named):
        for run in (lambda: None, lambda: step(*arguments, **named)):
            global left
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            run()
    return taken

os.fsync, os.replace = deadly(os.fsync), deadly(os.replace)
sys.argv = ["weather", sys.argv[1]]
runpy.run_module("weather", run_name="__main__")
"""
"""Runs a command and kills it before or after one of its writes to the disk: the KILL_AT-th such moment."""

PACED = """
import runpy, sys, time
time.sleep = lambda seconds: sys.stdin.readline()
sys.argv = ["weather", sys.argv[1]]
runpy.run_module("weather", run_name="__main__")
"""
"""Runs a command whose every pause lasts until a line comes on standard input: no test waits for time."""


@pytest.fixture
def start(source: Path, store: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start Python with these arguments in a process of its own, in the job's folder; none outlives its test."""
    processes: list[subprocess.Popen[str]] = []

    def start_process(*arguments: str, **environment: str) -> subprocess.Popen[str]:
        settings = {"WEATHER_SOURCE": str(source), "WEATHER_STORE": str(store), **environment}
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=FOLDER,
            env={"PATH": os.environ["PATH"], **settings},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        return process

    yield start_process
    for process in processes:
        process.kill()
        process.communicate()


Start = Callable[..., subprocess.Popen[str]]


def let_it_store(process: subprocess.Popen[str], number: int) -> list[str]:
    """Return what the process printed up to its `number`-th progress line; it then waits in the pause after it."""
    assert process.stdin
    assert process.stdout
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        number -= line.startswith("::progress::")
        if number == 0:
            break
        if line.startswith("::progress::"):
            process.stdin.write("\n")
            process.stdin.flush()
    return lines


@pytest.mark.parametrize("number", [1, *random.Random(2012).sample(range(2, 30), 3), 30])
def test_a_run_killed_between_two_days_keeps_whole_days_and_no_watermark(
    run: Run, start: Start, store: Path, snapshot: Snapshot, number: int
) -> None:
    process = start("-c", PACED, "extract")
    lines = let_it_store(process, number)
    process.kill()
    rest, _ = process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert "::watermark::" not in "".join([*lines, rest])
    assert len(list(store.rglob("*.jsonl"))) == number
    assert run("verify").stdout.startswith(f"ok: {number} days")

    assert run("extract").stdout.splitlines()[-1] == "::watermark::2012-01-30"
    assert run("verify", "--watermark", "2012-01-30").returncode == 0
    assert len(snapshot()) == 30


def killed(start: Start, command: str, moment: int, **environment: str) -> None:
    process = start("-c", CRASH, command, KILL_AT=str(moment), **environment)
    out, err = process.communicate()
    assert process.returncode == -signal.SIGKILL, err
    assert "::watermark::" not in out


@pytest.mark.parametrize("moment", sorted(random.Random(2013).sample(range(1, 35), 6)))
def test_an_extractor_killed_at_any_write_is_made_good_by_the_next_run(
    run: Run, start: Start, snapshot: Snapshot, moment: int
) -> None:
    """Five days have 34 moments: two for each file, rename and folder, and four for the two new folders."""
    killed(start, "extract", moment, WEATHER_DAYS_PER_RUN="5")
    assert {name for name in snapshot() if name.endswith(".jsonl")} <= {
        f"days/2012-01/2012-01-0{n}.jsonl" for n in range(1, 6)
    }
    assert run("extract", WEATHER_DAYS_PER_RUN="5").stdout.splitlines()[-1] == "::watermark::2012-01-05"
    after = snapshot()
    assert len(after) == 5
    assert run("verify").returncode == 0
    run("extract", WEATHER_DAYS_PER_RUN="5")
    assert snapshot() == after


@pytest.mark.parametrize("moment", sorted(random.Random(2014).sample(range(1, 21), 4)))
def test_a_transform_killed_at_any_write_is_made_good_by_the_next_run(
    run: Run, start: Start, snapshot: Snapshot, moment: int
) -> None:
    """Three months have 20 moments: six for each, and two for the new folder."""
    run("extract", WEATHER_DAYS_PER_RUN="70")
    killed(start, "summarise", moment)
    assert run("verify").returncode == 0
    assert run("summarise").stdout.splitlines()[-1] == "::watermark::2012-03-10"
    assert run("verify").returncode == 0
    assert len(snapshot()) == 73


def test_a_hundred_days_arrive_whole_though_every_run_is_killed_once(
    run: Run, start: Start, snapshot: Snapshot
) -> None:
    """The scheduler's part is played here: the watermark moves only when a run ended well."""
    chance, watermark = random.Random(2015), ""
    while watermark != "2012-04-09":
        killed(start, "extract", chance.randrange(1, 61), WATERMARK=watermark)
        watermark = run("extract", WATERMARK=watermark).stdout.splitlines()[-1].removeprefix("::watermark::")
        assert run("verify", "--watermark", watermark).returncode == 0
    assert len(snapshot()) == 100


def test_a_run_that_is_asked_to_stop_stops_at_once_without_a_watermark(start: Start, snapshot: Snapshot) -> None:
    process = start("-c", PACED, "extract")
    let_it_store(process, 3)
    process.terminate()
    out, err = process.communicate()
    assert (process.returncode, out) == (143, "")
    assert err == "weather: stopped by SIGTERM before it was done.\n"
    assert len(snapshot()) == 3
