"""`python tests/deploy/gather.py > tests/deploy/options.json`, in a venv with azure-cli: what az's own parsers take.

The table that comes out is what the stand-in of az refuses by, and what every command in a mend is read with. Made with
azure-cli 2.91.0. `takes` is flag, one, maybe (one or none) or many.
"""

import argparse
import importlib
import json
import sys
from typing import Any

COMMANDS = """
account list
account show
acr build
acr check-name
ad signed-in-user show
bicep build
bicep build-params
bicep install
bicep upgrade
bicep version
config set
deployment group cancel
deployment group create
deployment group show
deployment group wait
deployment group what-if
deployment operation group list
functionapp function list
functionapp list-flexconsumption-locations
functionapp list-flexconsumption-runtimes
group create
group show
group wait
keyvault list-deleted
keyvault purge
keyvault recover
keyvault secret show
lock delete
lock list
login
policy assignment list
provider list
provider register
provider show
rest
role assignment create
role assignment delete
role assignment list
storage account check-name
upgrade
version
"""
#: azure-cli stands in a venv of its own.
core, parsers = importlib.import_module("azure.cli.core"), importlib.import_module("azure.cli.core.parser")
_TAKES = {"+": "many", "*": "many", "?": "maybe"}


def options(command: str) -> list[dict[str, Any]]:
    """Let az build the parser of one command, and read it."""
    kept: list[argparse.Action] = []

    def catch(parser: argparse.ArgumentParser, *_: object) -> None:
        for word in command.split():
            below = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
            parser = below.choices[word]
        kept.extend(parser._actions)
        raise SystemExit(0)

    parsers.AzCliCommandParser.parse_args = catch
    try:
        core.get_default_cli().invoke([*command.split(), "--query", "x"])
    except SystemExit:
        return [_row(action) for action in kept if _public(action)]
    raise RuntimeError(f"az has no command {command!r}")


def _public(action: argparse.Action) -> bool:
    """Leave out what az adds for itself, and plain words but for those that a command takes."""
    return not any("___" in name or name == "--cmd" for name in action.option_strings) and (
        bool(action.option_strings) or action.dest not in {"cmd", "_command_package"}
    )


def _row(action: argparse.Action) -> dict[str, Any]:
    takes = "flag" if action.nargs == 0 else _TAKES.get(str(action.nargs), "one")
    row: dict[str, Any] = {"names": list(action.option_strings), "takes": takes}
    if action.required:
        row["required"] = True
    try:
        choices = sorted(map(str, action.choices or ()))
    except TypeError:
        choices = []
    if 0 < len(choices) < 12 and "--output" not in action.option_strings:
        row["choices"] = choices
    return row


if __name__ == "__main__":
    table = {command: options(command) for command in COMMANDS.split("\n") if command}
    rows = (f" {json.dumps(name)}: {json.dumps(table[name])}" for name in table)
    sys.stdout.write("{\n" + ",\n".join(rows) + "\n}\n")
