"""The docs name what exists, all of it, and nothing else."""

import re
from pathlib import Path

import pytest

from scheduler import cli
from scheduler.job import OWNED
from scheduler.run import Cause
from scheduler.settings import SETTINGS
from scheduler.standing import COLUMNS, Status
from scheduler.watermark import TOLD

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
STATES = (ROOT / "docs/states.md").read_text()
PAGES = {page.relative_to(ROOT).as_posix(): page.read_text() for page in [ROOT / "README.md", *ROOT.glob("docs/*.md")]}


def quoted(text: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", text))


def section(text: str, head: str) -> str:
    """The part of a page under a heading, up to the next heading of the same depth or above."""
    depth = head.split(maxsplit=1)[0]
    found = re.search(rf"^{re.escape(head)}\n(.*?)(?=^#{{1,{len(depth)}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no section {head!r}"
    return found[1]


def first_cells(text: str) -> set[str]:
    """The quoted words in the first cells of a section's table rows."""
    return {word for row in re.findall(r"^\| (.*?) \|", text, re.MULTILINE) for word in quoted(row)}


def test_the_readme_names_every_column_and_no_other() -> None:
    columns = section(README, "## The columns").partition("### Schedules")[0]
    theirs, ours = columns.partition("The scheduler owns these")[::2]
    named = {word for word in quoted(theirs) if word[0].isupper() and word.isalpha()}
    assert set(OWNED) <= named
    assert named - set(OWNED) <= {"Invalid", "True", "UTC"}
    assert set(COLUMNS) == {word for word in quoted(ours) if word[0].isupper() and word.isalpha()}


def test_the_readme_names_every_setting_and_no_other() -> None:
    named = first_cells(section(README, "## Deploy"))
    assert named == set(SETTINGS.values())


def test_the_readme_names_what_a_run_is_told() -> None:
    assert first_cells(section(README, "## Add your own job")) == set(TOLD)


def test_the_page_of_states_names_every_status_and_cause_and_no_other() -> None:
    assert first_cells(section(STATES, "## What a job row says: Status")) == set(Status)
    assert first_cells(section(STATES, "## A run")) == set(Cause) - {Cause.NONE}


@pytest.mark.parametrize("page", PAGES)
def test_every_command_in_the_docs_is_one(page: str) -> None:
    text = PAGES[page].replace("\\\n", " ")
    for line in re.findall(r"python -m scheduler ([a-z]+(?: (?:add|set|show))?)", text):
        words = line.split()
        with pytest.raises(SystemExit) as asked:
            cli._parser().parse_args([*(words if words[0] == "job" else words[:1]), "--help"])
        assert asked.value.code == 0, line


def test_every_command_is_in_the_readme_or_its_help() -> None:
    for command in ("tick", "job set", "job add", "runs", "next"):
        assert f"python -m scheduler {command}" in README


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_and_file_in_the_docs_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", PAGES[page])) <= targets
    assert set(re.findall(r"^    make ([a-z-]+)", PAGES[page], re.MULTILINE)) <= targets
    for file in re.findall(r"`((?:docs|examples|scheduler|tests|local)/[\w./-]+)`", PAGES[page]):
        assert (ROOT / file).exists(), f"{page} names {file}"
