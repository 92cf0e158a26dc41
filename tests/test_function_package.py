"""What is deployed, and nothing else: the checkout as Azure's tools would pack it."""

import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from local.needs import ROOT

DEPLOYED = ("function_app.py", "host.json", "requirements.txt")
LEFT_BY_TOOLS = (
    ".git/config",
    ".venv/bin/python",
    "node_modules/azurite/x.js",
    ".local/azurite/y",
    "local.settings.json",
)
LEFT_BY_PYTHON = ("__pycache__/function_app.cpython-313.pyc", "scheduler/steps/__pycache__/look.cpython-313.pyc")


def pattern(lines: Sequence[str], ending: str) -> re.Pattern[str]:
    """The tools' reading of .funcignore: every line is escaped, ** and * mean some characters, and together they
    are matched at the beginning of the path. Newer tools want a word's end after it, older ones do not."""
    special = re.compile(r"[-\[\]/{}()+?.\\^$|]")
    globs = [special.sub(r"\\\g<0>", line).replace("**", "(.+)").replace("*", "([^/]+)") for line in lines]
    return re.compile(f"^(({')|('.join(globs)})){ending}", re.ASCII)


@pytest.fixture(params=[r"\b", ""], ids=["newer tools", "older tools"])
def left_out(request: pytest.FixtureRequest) -> Callable[[str], bool]:
    text = (ROOT / ".funcignore").read_text()
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    rules = pattern(lines, request.param)
    return lambda path: rules.match(path) is not None


def checkout() -> list[str]:
    """Every file that git knows or would add, as a path from the root; without git, every file."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if answer.returncode == 0:
        return answer.stdout.splitlines()
    return [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]


def is_deployed(path: str) -> bool:
    return path in DEPLOYED or (path.startswith("scheduler/") and "__pycache__" not in path)


def test_everything_deployed_is_packed_and_nothing_else(left_out: Callable[[str], bool]) -> None:
    files = checkout()
    assert set(DEPLOYED) <= set(files)
    assert [path for path in files if is_deployed(path) == left_out(path)] == []


@pytest.mark.parametrize("path", LEFT_BY_TOOLS + LEFT_BY_PYTHON)
def test_what_tools_leave_behind_is_not_packed(path: str, left_out: Callable[[str], bool]) -> None:
    assert left_out(path)


@pytest.mark.parametrize("name", ["infrastructure.py", "tests_of.py", "test.py", "job.py", "web/pages/docs.html"])
def test_no_rule_reaches_into_the_scheduler(name: str, left_out: Callable[[str], bool]) -> None:
    assert not left_out(f"scheduler/{name}")


def test_no_function_json_makes_the_tools_take_it_for_the_old_model() -> None:
    assert [path for path in checkout() if Path(path).name == "function.json"] == []


def requirements() -> list[str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def test_every_requirement_is_pinned_so_that_a_remote_build_installs_what_was_tested() -> None:
    assert requirements() != []
    assert [line for line in requirements() if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.]*", line)] == []


def test_the_worker_is_not_required_and_its_runtime_is() -> None:
    names = {line.partition("==")[0].lower() for line in requirements()}
    assert "azure-functions-worker" not in names
    assert {"azure-functions", "azure-functions-runtime"} <= names


def test_every_direct_requirement_is_among_the_pinned_ones() -> None:
    lines = (ROOT / "requirements.in").read_text().splitlines()
    direct = {line.partition("==")[0].strip().lower() for line in lines if line and not line.startswith("#")}
    assert direct <= {line.partition("==")[0].lower() for line in requirements()}
