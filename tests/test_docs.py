"""The docs name what exists, all of it, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
COMMANDS = (ROOT / "docs/cli.md").read_text()
OPERATE = (ROOT / "docs/operate.md").read_text()
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
    for line in re.findall(r"(?:python -m scheduler|    crontable) ([a-z-]+(?: [a-z-]+)?)", text):
        group: Any = cli.program()
        for word in line.split():
            command = group.get_command(None, word)
            assert command is not None, line
            if not hasattr(command, "list_commands"):
                break
            group = command


def each_command(group: Any, *before: str) -> Iterator[tuple[str, Any]]:
    """Every command, as it is typed behind `python -m scheduler`."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if hasattr(command, "list_commands"):
            yield from each_command(command, *before, name)
        else:
            yield " ".join((*before, name)), command


def test_the_page_of_the_command_line_names_every_command_with_its_options_and_no_other() -> None:
    told = {row.split("`")[1]: row for row in re.findall(r"^\| (`.*) \|$", COMMANDS, re.MULTILINE)}
    commands = dict(each_command(cli.program()))
    named = {" ".join(word for word in row.split() if re.fullmatch(r"[a-z-]+", word)): told[row] for row in told}
    assert named.keys() == commands.keys()
    for name, command in commands.items():
        options = {option for one in command.params for option in one.opts if option.startswith("--")}
        assert options - {"--json", "--help"} <= set(re.findall(r"--[a-z-]+", named[name])), name
        assert set(re.findall(r"--[a-z-]+", named[name])) <= options, name


def test_every_command_is_in_the_readme_or_its_help() -> None:
    for command in ("tick", "job set", "job add", "runs", "next"):
        assert f"python -m scheduler {command}" in README


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_and_file_in_the_docs_exists(page: str) -> None:
    makefiles = (ROOT / "Makefile", ROOT / "examples/weather/Makefile")  # a job has one of its own
    targets = {name for file in makefiles for name in re.findall(r"^([a-z-]+):", file.read_text(), re.MULTILINE)}
    assert set(re.findall(r"`make (?:-C \S+ )?([a-z][a-z-]+)", PAGES[page])) <= targets
    assert set(re.findall(r"^    make (?:-C \S+ )?([a-z][a-z-]+)", PAGES[page], re.MULTILINE)) <= targets
    for file in re.findall(r"`((?:docs|examples|infra|scheduler|tests|local)/[\w./-]+)`", PAGES[page]):
        assert (ROOT / file).exists(), f"{page} names {file}"


# docs/operate.md: what a person on call types and believes.


def test_the_page_of_operating_names_settings_and_parameters_that_there_are() -> None:
    settings = {word for word in quoted(OPERATE) if re.fullmatch(r"[A-Z]+(?:_[A-Z]+)+", word)}
    assert settings <= set(SETTINGS.values())
    assert set(re.findall(r"(\w+)=", exported(OPERATE))) <= set(SETTINGS.values())
    parameters = set(re.findall(r"^param (\w+)", (ROOT / "infra/main.bicep").read_text(), re.MULTILINE))
    given = {name for line in re.findall(r'PARAMETERS="(.*?)"', OPERATE) for name in re.findall(r"(\w+)=", line)}
    camel = {word.partition("=")[0] for word in quoted(OPERATE) if re.fullmatch(r"[a-z]+[A-Z]\w*(?:=\w+)?", word)}
    assert given
    assert given | camel <= parameters


def exported(text: str) -> str:
    """The words of a terminal that are settings of the scheduler."""
    text = text.replace("\\\n", " ")
    lines = re.findall(r"(?:export|--environment-variables|--env-vars|--settings) (.*)", text)
    return " ".join(word for line in lines for word in line.split() if re.match(r"\w+=", word))


def test_the_page_of_operating_types_options_that_there_are() -> None:
    typed = re.findall(r"(?:python -m scheduler |`)(tables (?:export|import)[^`\n]*)", OPERATE)
    assert len(typed) > 5
    for words in map(str.split, typed):
        program: Any = cli.program()
        command = program.get_command(None, "tables").get_command(None, words[1])
        command.make_context(words[1], words[2:] or ["FILE"])  # raises for an option that there is not


def test_the_page_of_operating_tells_every_role_and_no_other() -> None:
    modules = [(ROOT / "infra/modules" / name).read_text() for name in ("roles.bicep", "jobs-roles.bicep")]
    assigned = {word for text in modules for word in re.findall(r"^  (\w+): '[0-9a-f-]{36}'", text, re.MULTILINE)}
    told = {
        row.split("|")[2].strip() for row in section(OPERATE, "## What each role is for").splitlines() if "|" in row
    }
    words = {re.sub(r"([A-Z])", r" \1", name).title() for name in assigned}
    assert {name.title() for name in told} - {"Role", "---"} == words


def test_the_sums_of_an_idle_month_are_right() -> None:
    ticks = 31 * 24 * 60
    looks, seconds = 2 * ticks + 31 * 24, ticks * 2
    costs = {
        "tables": looks / 10_000 * 0.00036,
        "status": ticks / 10_000 * 0.054,
        "leases": 2 * 4 * ticks / 10_000 * 0.0043,
        "stored": 0.045 + 0.0196,
        "alerts": 1.50 + 3 * 0.50 + 0.10,
        "registry": 31 * 0.167,
    }
    month = section(OPERATE, "## What an idle month costs")
    for cost, digits in zip(costs.values(), (3, 2, 2, 2, 2, 2), strict=True):
        assert f"| ${cost:.{digits}f} |" in month
    assert f"**${sum(costs.values()):.2f}, or {sum(costs.values()) * 0.90:.2f} euros**" in month
    assert seconds < 100_000
    slow, watched = int(ticks * 1.5 * 2) - 100_000, seconds + ticks // 5 * 2 - 100_000
    for figure in (ticks, looks, seconds, slow, ticks // 4 * 2, ticks // 5, watched):
        assert f"{figure:,}" in month
    for cost in (slow * 0.000026, seconds * 0.000026, watched * 0.000026, (2 * seconds - 100_000) * 0.000026):
        assert f"${cost:.2f}" in month
    assert f"${31 * 24 * (0.0405 + 0.0045):.2f}" in section(OPERATE, "## Run without Azure Functions")
