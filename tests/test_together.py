"""The tests on several workers: which of them stay together, and that `make test` obeys."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import APART, TOGETHER

ROOT = Path(__file__).parents[1]


def test_every_file_that_is_named_there_is_one() -> None:
    files = {file.relative_to(ROOT).as_posix() for file in (ROOT / "tests").rglob("test_*.py")}
    assert not APART - files
    assert all(any(file.startswith(beginning) for file in files) for beginning in TOGETHER)


def test_a_file_stays_whole_and_all_of_an_engine_with_it(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        file = item.nodeid.partition("::")[0]
        groups = {mark.args[0] for mark in item.iter_markers("xdist_group")}
        if file in APART:
            assert not groups
        else:
            assert groups == {next((TOGETHER[start] for start in TOGETHER if file.startswith(start)), file)}


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_test_gives_out_groups_and_not_single_tests() -> None:
    command = ["make", "--dry-run", "--silent", "--assume-old=.venv/.test", "--assume-old=.venv/.run", "test"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    line = next(line for line in told.splitlines() if "-m pytest" in line)
    assert "--dist loadgroup" in line
