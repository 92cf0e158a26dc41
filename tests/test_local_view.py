"""What a person sees while it runs."""

import io
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from local.needs import ROOT
from local.screen import view
from local.view import JobLine, Lines, Look, RunLine

NOW = datetime(2026, 11, 22, 10, 1, tzinfo=UTC)
DUE = f"{NOW.replace(minute=0).astimezone():%H:%M:%S}"


def job(name: str = "extract", **columns: object) -> JobLine:
    return JobLine.from_row({"PartitionKey": "weather", "RowKey": name} | columns)


def run(number: int = 1, **columns: object) -> RunLine:
    own = {"RowKey": f"extract|{number}", "Due": "2026-11-22T10:00:00Z", "Timestamp": NOW}
    return RunLine.from_row("weather/extract", own | columns)


def lines(*looks: list[JobLine] | Look) -> list[str]:
    """What a pipe gets for these looks at the tables, without the time of day."""
    output = io.StringIO()
    shown = Lines(Console(file=output, width=60))
    for look in looks:
        shown.show(look if isinstance(look, Look) else Look(look), NOW)
    return [line[10:] for line in output.getvalue().splitlines()]


def test_a_run_is_told_when_it_begins_and_when_it_ends_and_then_no_more() -> None:
    active, done = run(State="Active"), run(State="Succeeded", WatermarkTo="2012-01-30", Reason="Took 3 s.")
    assert lines(Look([], [active]), Look([], [active]), Look([], [done, run(2, State="Active")]), Look([])) == [
        f"weather/extract     run due {DUE}  Active",
        f"weather/extract     run due {DUE}  Succeeded  start -> 2012-01-30  Took 3 s.",
        f"weather/extract     run due {DUE}  Active",
    ]


def test_a_pipe_is_not_told_the_runs_of_yesterday() -> None:
    kept = run(State="Succeeded", Timestamp=NOW - timedelta(days=1))
    fresh = run(2, State="Active", Timestamp=NOW + timedelta(seconds=1))
    assert lines(Look([job(Status="Succeeded")], [kept]), Look([job(Status="Succeeded")], [kept, fresh])) == [
        "weather/extract     Succeeded",
        f"weather/extract     run due {DUE}  Active",
    ]


def test_a_pipe_gets_one_line_for_each_change_and_none_for_a_state_that_stays() -> None:
    running = job(Status="Running", Reason="started 10:01")
    done = job(Status="Succeeded", Reason="next at 10:02", Watermark="2012-01-31")
    assert lines([running], [running], [done], [done]) == [
        "weather/extract     Running     started 10:01",
        "weather/extract     Succeeded   watermark 2012-01-31  next at 10:02",
    ]


def test_a_row_that_is_gone_is_said_once() -> None:
    assert lines([job()], [], [])[1:] == ["weather/extract     removed"]


def test_a_new_row_that_the_scheduler_has_not_seen_is_new() -> None:
    assert lines([job()]) == ["weather/extract     new"]


def test_a_long_reason_stays_one_line_in_a_pipe() -> None:
    assert len(lines([job(Status="Invalid", Reason="x " * 200)])) == 1


def test_a_watermark_cannot_steer_the_terminal_nor_fill_it() -> None:
    (line,) = lines([job(Watermark="\x1b[2J\r\n" + "9" * 1000)])
    assert line == "weather/extract     new         watermark  [2J  " + "9" * 25 + "…"


def test_brackets_in_a_reason_are_text_and_no_markup() -> None:
    assert lines([job(Status="Invalid", Reason="Command [bold]")])[0].endswith("Command [bold]")


@pytest.mark.parametrize("never", ["9999-12-31T00:00:00Z", "1601-01-01 00:00:00+00:00", "", None])
def test_a_time_that_means_never_or_not_yet_is_none(never: str | None) -> None:
    fresh = job(NextRun=never, LastFinished=never, LastDuration=0.0)
    assert (fresh.next_run, fresh.finished, fresh.seconds) == ("", "", "")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_gets_a_live_table_and_anything_else_lines(terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, _environ={"TERM": "xterm"})
    shown = view(console)
    shown.close()
    assert isinstance(shown, Lines) is not terminal


def test_a_dumb_terminal_gets_lines() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    assert isinstance(view(console), Lines)


# the commands


def make(*words: str) -> str:
    """What make says, also when a make runs these tests: it would hand down its own flags and depth."""
    env = {name: value for name, value in os.environ.items() if name not in ("MAKELEVEL", "MAKEFLAGS", "MFLAGS")}
    command = ["make", "--no-print-directory", *words]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("target", ["run", "test", "test-long"])
def test_node_is_looked_for_before_anything_is_installed(target: str) -> None:
    planned = make("--dry-run", "--always-make", target)
    assert -1 < planned.index("local/node.sh") < planned.index("local/venv.sh") < planned.index("npm ci")


def test_a_bare_make_says_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = next(line for line in text.splitlines() if line.startswith(".PHONY")).split()[1:]
    said = make()
    assert [line.split()[1] for line in said.splitlines()] == targets


def test_the_help_of_the_command_names_its_exit_codes_and_options() -> None:
    command = [sys.executable, "-m", "local", "--help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(word in said for word in ("--azurite-port", "--emulator-port", "--host", "130 after Ctrl-C"))
