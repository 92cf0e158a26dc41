"""The command line, and the shipped table from its first day to its last."""

import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from weather.source import read_source

Run = Callable[..., CompletedProcess[str]]
FOLDER = Path(__file__).parent.parent


@pytest.mark.parametrize("arguments", [(), ("load",), ("extract", "--all"), ("verify", "--since", "2012-01-01")])
def test_a_wrong_command_gets_the_usage_on_standard_error(run: Run, arguments: tuple[str, ...]) -> None:
    ended = run(*arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("usage: python -m weather")


def test_help_names_each_command(run: Run) -> None:
    ended = run("--help")
    assert ended.returncode == 0
    assert all(command in ended.stdout for command in ("extract", "summarise", "verify"))


def test_the_package_runs_as_a_module_with_nothing_but_its_variables(store: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "weather", "extract"],
        cwd=FOLDER,
        env={"WEATHER_SOURCE": "data/seattle-weather.csv", "WEATHER_STORE": str(store), "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines()[-1] == "::watermark::2012-01-30"


def test_the_shipped_table_has_every_day_of_four_years_and_is_loaded_to_its_end(run: Run) -> None:
    table = str(FOLDER / "data" / "seattle-weather.csv")
    days = [observation.day for observation in read_source(table)]
    assert days == [date(2012, 1, 1) + timedelta(days=n) for n in range(1461)]
    loaded = run("extract", WEATHER_SOURCE=table, WATERMARK="2015-12-20")
    assert loaded.stdout.endswith("::metric rows::11\n::watermark::2015-12-31\n")
