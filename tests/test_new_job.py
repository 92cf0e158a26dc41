"""`new-job`: a whole small job is written, its own tests and checks pass, and weather has the same shape."""

import difflib
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scheduler.new_job import write

ROOT = Path(__file__).parents[1]
WEATHER = ROOT / "examples" / "weather"
FILES = [
    ".dockerignore",
    ".github/workflows/load-sales.yml",
    ".gitignore",
    "Dockerfile",
    "Makefile",
    "README.md",
    "entry.py",
    "load_sales/__init__.py",
    "load_sales/__main__.py",
    "load_sales/crontable.py",
    "load_sales/load.py",
    "lock.py",
    "requirements.in",
    "requirements.txt",
    "smoke.py",
    "tests/test_load_sales.py",
]
#: A job is a script, and its tests are as this checkout's.
OWN_RULES = '{"*.py" = ["INP001", "S603", "T201"], "tests/**" = ["D", "PLR2004", "S"]}'
TARGETS = {"help", "test", "style-check", "python-pkg-refresh", "build", "smoke-test", "push", "deploy", "rollback"}


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a job load-sales, just written."""
    folder = tmp_path_factory.mktemp("new")
    write("load-sales", folder)
    return folder / "load-sales"


def ran(folder: Path, *words: str, **told: str) -> subprocess.CompletedProcess[str]:
    """Run this Python in a folder, with nothing of this machine's environment but what is told."""
    command = [sys.executable, *words]
    return subprocess.run(command, cwd=folder, env=told, capture_output=True, text=True, check=False)


def test_a_whole_job_is_written_and_nothing_else(tmp_path: Path) -> None:
    made = write("load-sales", tmp_path)
    assert sorted(path.relative_to(tmp_path / "load-sales").as_posix() for path in made) == sorted(FILES)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(made)
    assert [path.name for path in tmp_path.iterdir()] == ["load-sales"]


def test_no_word_of_the_template_is_left(job: Path) -> None:
    for path in (job / name for name in FILES):
        assert not re.search(r"job-name|job_name|path-to-crontable", path.read_text()), path


def test_the_makefile_finds_this_checkout(job: Path) -> None:
    found = re.search(r"^CRONTABLE \?= (.*)$", (job / "Makefile").read_text(), re.MULTILINE)
    assert found
    assert not found[1].startswith("/")
    assert (job / found[1]).resolve() == ROOT


def test_a_run_takes_up_where_the_watermark_says_and_answers_how_far_it_came(job: Path) -> None:
    ended = ran(job, "-m", "load_sales", WATERMARK="2026-11-19", DUE="2026-11-22T06:00:00Z", RUN_ID="ct-1")
    assert (ended.returncode, ended.stderr) == (0, "")
    first, *_, last = ended.stdout.splitlines()
    assert first == "ct-1: 2 days after 2026-11-19"
    assert last == "::watermark::2026-11-21"


def test_its_own_tests_pass(job: Path) -> None:
    ended = ran(job, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests")
    assert ended.returncode == 0, ended.stdout


def test_its_code_is_clean_by_the_rules_of_this_checkout(job: Path) -> None:
    rules = ["--no-cache", "--config", str(ROOT / "pyproject.toml"), "--config", f"lint.per-file-ignores = {OWN_RULES}"]
    for command in ("check", "format --check"):
        ended = ran(job, "-m", "ruff", *command.split(), *rules, ".")
        assert ended.returncode == 0, ended.stdout + ended.stderr


def test_its_types_are_right(job: Path) -> None:
    ended = ran(job, "-m", "mypy", "--strict", f"--cache-dir={os.devnull}", "--explicit-package-bases", ".")
    assert ended.returncode == 0, ended.stdout


def test_no_line_is_wider_than_a_screen(job: Path) -> None:
    wide = [f"{name}: {line}" for name in FILES for line in (job / name).read_text().splitlines() if len(line) > 120]
    assert wide == []


def test_its_readme_names_every_target_of_its_makefile_and_no_other(job: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (job / "Makefile").read_text(), re.MULTILINE)) - {"engine"}
    assert targets == TARGETS
    named = set(re.findall(r"make ([a-z-]+)", (job / "README.md").read_text()))
    assert named == TARGETS - {"help"}


DIFF_HEADS = {"---", "+++", "@@ "}


@pytest.mark.parametrize(
    ("file", "own"),
    [
        ("Dockerfile", {"+COPY data ./data"}),
        ("Makefile", {"-JOBS ?= weather/load", "+JOBS ?= weather/extract", "+CRONTABLE ?= ../.."}),
        (".dockerignore", {"+!data"}),
        (".gitignore", set()),
        ("entry.py", set()),
        ("lock.py", set()),
        ("requirements.txt", set()),
    ],
)
def test_weather_is_a_job_of_the_same_shape(file: str, own: set[str], tmp_path: Path) -> None:
    write("weather", tmp_path)
    new, weather = ((folder / file).read_text().splitlines() for folder in (tmp_path / "weather", WEATHER))
    changes = [line for line in difflib.unified_diff(new, weather, n=0, lineterm="") if line[:3] not in DIFF_HEADS]
    assert {line for line in changes if not line.startswith("-CRONTABLE")} == own


@pytest.mark.parametrize("name", ["", "x", "Sales", "load_sales", "load--sales", "-sales", "sales-", "1st", "a" * 42])
def test_a_name_that_cannot_be_is_refused_with_what_is_allowed(name: str, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"^NAME is .*: 2 to 40 lower-case letters, digits and single hyphens.*allowed"
    ):
        write(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../sales", "sales/load", "/tmp/sales", "load\n"])
def test_a_name_is_no_path(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^NAME is "):
        write(name, tmp_path)


@pytest.mark.parametrize("name", ["json", "class", "tests", "entry", "lock", "smoke", "site"])
def test_a_name_that_python_takes_for_something_else_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"Python would take .* for something else"):
        write(name, tmp_path)


def test_the_longest_name_is_allowed(tmp_path: Path) -> None:
    assert write("a" * 40, tmp_path)


def test_what_is_there_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "sales").symlink_to("nowhere")
    with pytest.raises(
        FileExistsError, match=r"sales' is there already: choose another NAME or --folder, or remove it"
    ):
        write("sales", tmp_path)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match=r"^--folder is '.*/none': it must be a folder that is there\.$"):
        write("sales", tmp_path / "none")


def test_a_disk_that_is_full_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", full)
    with pytest.raises(OSError, match=r"sales' cannot be written: No space left on device\.$"):
        write("sales", tmp_path)
    assert list(tmp_path.iterdir()) == []
