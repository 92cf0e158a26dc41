"""What a person sees while it runs, and what the demo puts into an empty world."""

import io
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from local import seed
from local.needs import ROOT
from local.options import Options
from local.view import JobLine, Lines, Look, RunLine, Screen, jobs_table, view

NOW = datetime(2026, 11, 22, 10, 1, tzinfo=UTC)


def job(name: str = "extract", **columns: object) -> JobLine:
    return JobLine.from_row({"PartitionKey": "weather", "RowKey": name} | columns)


def run(number: int = 1, **columns: object) -> RunLine:
    return RunLine.from_row("weather/extract", {"RowKey": f"extract|{number}", "Due": "10:00"} | columns)


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
        "weather/extract     run due 10:00  Active",
        "weather/extract     run due 10:00  Succeeded  start -> 2012-01-30  Took 3 s.",
        "weather/extract     run due 10:00  Active",
    ]


def test_a_terminal_shows_each_of_the_latest_runs_once_in_its_last_state() -> None:
    output = io.StringIO()
    shown = Screen(Console(file=output, width=120, force_terminal=True, _environ={"TERM": "xterm"}))
    shown.show(Look([job()], [run(n, State="Active") for n in range(30)]), NOW)
    shown.show(Look([job()], [run(25, State="Succeeded", WatermarkFrom="a", WatermarkTo="b")]), NOW)
    shown.close()
    last = output.getvalue().rpartition("Jobs at")[2]
    assert (last.count("Active"), last.count("a -> b")) == (9, 1)
    assert last.index("a -> b") < last.index("Active")


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


def test_the_table_of_a_terminal_holds_every_job() -> None:
    output = io.StringIO()
    rows = [job(Status="Running", NextRun="9999-12-31T00:00:00Z"), job("summarise", LastDuration=1.5)]
    Console(file=output, width=120).print(jobs_table(rows, NOW))
    assert all(word in output.getvalue() for word in ("weather/extract", "Running", "weather/summarise", "1.5"))


def test_a_time_that_means_never_is_shown_as_none() -> None:
    assert [job(NextRun=time).next_run for time in ("9999-12-31T00:00:00Z", "", None)] == ["", "", ""]


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_gets_a_live_table_and_anything_else_lines(terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal, _environ={"TERM": "xterm"})
    shown = view(console)
    shown.close()
    assert isinstance(shown, Lines) is not terminal


def test_a_dumb_terminal_gets_lines() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})
    assert isinstance(view(console), Lines)


# the demo


def test_the_images_file_names_what_the_jobs_run(tmp_path: Path) -> None:
    chosen = Options(data=tmp_path)
    images = json.loads(seed.write_images(chosen).read_text())
    assert {name.rstrip("*") for name in images} >= {
        row["Image"] for row in seed.rows(chosen).values() if "Image" in row
    }
    assert (Path(images["crontable/weather*"]["folder"]) / "weather" / "__main__.py").exists()
    assert seed.store(chosen).is_dir()


def test_the_extractor_finds_its_source_and_store_where_they_are(tmp_path: Path) -> None:
    row = seed.rows(Options(weather_port=1234, data=tmp_path))["weather/extract"]
    assert json.loads(row["Env"]) == {
        "WEATHER_SOURCE": "http://127.0.0.1:1234/seattle-weather.csv",
        "WEATHER_STORE": str(tmp_path / "weather"),
    }
    assert (seed.WEATHER / "data" / seed.SOURCE_FILE).exists()


def test_the_provisioned_group_runs_once_and_keeps_its_key_secret() -> None:
    body = seed.group(Options(port=7072), {"CONTEXT_KEY": "k", "ACI_LOCATION": "northeurope"})
    assert (body["location"], body["properties"]["restartPolicy"]) == ("northeurope", "Never")
    variables = {v["name"]: v for v in body["properties"]["containers"][0]["properties"]["environmentVariables"]}
    assert variables["CRONTABLE_URL"]["value"] == "http://127.0.0.1:7072"
    assert variables["CRONTABLE_KEY"] == {"name": "CRONTABLE_KEY", "secureValue": "k"}


def test_both_kinds_of_job_are_in_the_demo() -> None:
    rows = seed.rows(Options()).values()
    assert any("Image" in row for row in rows)
    assert [row["ContainerGroup"] for row in rows if "ContainerGroup" in row] == [seed.GROUP]


# the commands


def test_a_bare_make_says_every_target() -> None:
    text = (ROOT / "Makefile").read_text()
    targets = next(line for line in text.splitlines() if line.startswith(".PHONY")).split()[1:]
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [line.split()[1] for line in said.splitlines()] == targets


def test_the_help_of_the_command_names_its_exit_codes_and_options() -> None:
    command = [sys.executable, "-m", "local", "--help"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(word in said for word in ("--azurite-port", "--emulator-port", "--host", "130 after Ctrl-C"))
