"""`make deploy`: what is given to make arrives as one word each, and what only stands in the environment does not."""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from infra.deploy.asked import Asked
from tests.deploy import grammar

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def asked(*words: str, **env: str) -> Asked:
    """Let make say what it would run, and let a shell split it, as it would then."""
    told = subprocess.run(
        ["make", "--dry-run", "--silent", "--assume-old=.venv/.run", "deploy", *words],
        cwd=ROOT, env=os.environ | env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    line = next(line for line in told.stdout.replace("\\\n", " ").splitlines() if "infra.deploy" in line)
    return Asked.read(shlex.split(line.partition("infra.deploy")[2]))


def test_everything_given_arrives() -> None:
    found = asked(
        "RESOURCE_GROUP=my group", "LOCATION=West Europe", "NAME=abc", "SUBSCRIPTION=Data & more",
        "PARAMETERS=vnet=true 'tickSchedule=0 */2 * * * *'", "ARGS=--check --patience 5",
    )  # fmt: skip
    assert (found.group, found.location, found.name) == ("my group", "westeurope", "abc")
    assert found.subscription == "Data & more"
    assert found.parameters == {"vnet": "true", "tickSchedule": "0 */2 * * * *"}
    assert (found.until, found.patience) == ("check", 5.0)


def test_what_is_left_out_is_empty() -> None:
    assert asked("RESOURCE_GROUP=rg") == Asked("rg")


def test_a_name_that_the_machine_has_in_its_environment_is_not_taken_for_one_given() -> None:
    # Scenario: Windows Subsystem for Linux sets NAME to the machine's name, and make takes it over.
    assert asked("RESOURCE_GROUP=rg", NAME="LAPTOP-7", LOCATION="home", SUBSCRIPTION="x") == Asked("rg")


def test_the_line_that_is_told_is_read_back_as_what_was_asked_for() -> None:
    told = Asked(
        "rg", "westeurope", "abc", "Data & more", {"tickSchedule": "0 */2 * * * *", "tags": '{"team": "x $y"}'}
    )
    assert asked(*shlex.split(told.command())[2:]) == told


def test_every_az_command_of_the_readmes_page_on_deploying_is_one() -> None:
    page = (ROOT / "README.md").read_text().partition("\n## Deploy\n")[2].partition("\n## ")[0]
    lines = re.findall(r"^    (az .*)$", page.replace("\\\n", " "), re.MULTILINE)
    assert len(lines) >= 3
    for line in lines:
        grammar.parse(shlex.split(line, comments=True)[1:])
