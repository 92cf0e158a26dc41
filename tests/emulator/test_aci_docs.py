"""docs/emulator.md against the code: every option, limit, fault and default it names is there, and none is missing."""

import re
from collections.abc import Iterator

from aci_emulator.control import KNOWN
from aci_emulator.faults import ANY, KINDS
from aci_emulator.limits import Limits
from aci_emulator.options import _parser
from tests.emulator.driver import ROOT

PAGE = (ROOT / "docs" / "emulator.md").read_text()


def rows(heading: str) -> Iterator[list[str]]:
    """Give the cells of the tables below a heading, without their head."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0] if heading else PAGE.split("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and not set(line) <= set("|-") and cells[0] not in {"name", "kind", "option"}:
            yield cells


def test_the_options_are_those_of_the_command_line() -> None:
    told = {option for cells in rows("") for option in re.findall(r"`(--[a-z-]+)", cells[0])}
    assert told == {option for action in _parser()._actions for option in action.option_strings} - {"-h", "--help"}


def test_the_limits_and_their_defaults_are_those_of_the_code() -> None:
    told = {cells[place]: cells[place + 1] for cells in rows("Limits") for place in (0, 3) if cells[place]}
    assert told == {name: f"{value:.0f}" for name, value in Limits().body().items()}


def test_the_faults_are_those_of_the_code() -> None:
    told = {cells[0]: (cells[1], cells[2]) for cells in rows("Faults")}
    assert told == {
        name: (
            "any" if kind.operations == ANY else ", ".join(kind.operations),
            kind.about + (f" ({kind.seconds:g} unless given)" if kind.seconds else ""),
        )
        for name, kind in KINDS.items()
    }


def test_every_request_for_the_emulator_itself_is_told() -> None:
    assert {what for _, what in KNOWN} == set(re.findall(r"/_emulator/(faults|journal|limits|clock)", PAGE))
