"""python -m scheduler: see jobs and runs and act on them, run ticks, keep the crontab in a file, try a schedule."""

import os
import re
import sys
from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from typing import Any

import typer
from typer.completion import get_completion_inspect_parameters
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

from scheduler import cell
from scheduler.commands.answer import DONE, FAILED, INTERRUPTED, WRONG, say, sentence
from scheduler.commands.typed import COMPLETE, PROGRAM, room
from scheduler.desk import faults
from scheduler.ports import BatchRefused
from scheduler.schedule import Refused
from scheduler.settings import SettingsError

#: Each command, and the file of `scheduler/commands` that holds it. No other one is loaded when it is typed.
ROOMS = {
    "jobs": "jobs",
    "job": "job",
    "runs": "runs",
    "history": "history",
    "run": "run",
    "logs": "logs",
    "watermarks": "watermarks",
    "health": "health",
    "next": "dues",
    "validate": "validate",
    "apply": "apply",
    "export": "export",
    "alerts": "alerts",
    "tick": "tick",
    "loop": "loop",
    "tables": "tables",
    "new-job": "newjob",
    "completion": "completion",
}


_FIRST = re.compile(r".*?(?:\.(?= )|$)")
_EXPORT = "A `make run` on ports of its own prints a line that begins with `export`: type that in this terminal first."


class Commands(TyperGroup):
    """The commands by their names; a command's file is loaded when the command is asked for."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - what typer gives
        super().__init__(**given)
        self.commands.update({name: TyperCommand(name) for name in ROOMS})

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - types that typer keeps to itself
        """Load a command; None when there is none of this name."""
        del ctx
        if cmd_name not in ROOMS:
            return None
        found = typer.main.get_command(import_module(f"scheduler.commands.{ROOMS[cmd_name]}").app)
        found.name = cmd_name
        _said_whole(found)
        return found


def _said_whole(command: Any) -> None:  # noqa: ANN401 - as above
    """Let a list of commands say of each its first sentence, whole: it would be cut where the line ends."""
    command.short_help = command.short_help or _FIRST.match(" ".join((command.help or "").split()))[0]  # type: ignore[index]
    for inner in getattr(command, "commands", {}).values():
        _said_whole(inner)


def program() -> TyperGroup:
    """Build the command line."""
    get_completion_inspect_parameters()  # makes the shells known; the options themselves would complete `python`
    app = room(cls=Commands, help=(__doc__ or "").partition(": ")[2])
    app.callback()(_nothing)
    return typer.main.get_group(app)


def _nothing() -> None:
    pass


def main(typed: Sequence[str], now: datetime) -> int:
    """Run one command; errors are sentences on standard error, never a trace."""
    try:
        code = program().main(list(typed), prog_name=PROGRAM, complete_var=COMPLETE, standalone_mode=False, obj=now)
        sys.stdout.flush()
    except BrokenPipeError:
        return _unheard()
    except Exception as error:  # noqa: BLE001 - a person reads a sentence; the SDKs' errors hold their own
        return _told(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    return int(code or DONE)


def _told(error: Exception) -> int:
    """Say why a command was not done, and give its exit code."""
    match error:
        case TyperException():
            asked = getattr(getattr(error, "ctx", None), "command_path", PROGRAM)
            return say(f"{error.format_message().rstrip()} See: {asked} --help", WRONG)
        case faults.Faulty():
            return say("\n".join(told for several in error.faults.values() for told in several), WRONG)
        case faults.Wrong() | Refused() | SettingsError() | cell.Fault():
            return say(error, WRONG)
        case faults.Refusal():
            return say(error, FAILED)
        case BatchRefused():
            return say(f"Table Storage refused the row ({error.status}): {error.sentence}", WRONG)
        case EOFError() | typer.Abort():
            return say("Nothing was answered, and nothing was done.", FAILED)
    if type(error).__name__ in ("ServiceRequestError", "ServiceResponseError"):
        say(error)
        return say(_EXPORT, FAILED) if "make run" in str(error) else FAILED
    return say(sentence(error), FAILED)


def _unheard() -> int:
    """Nobody reads on, as under `head`: let the interpreter's last flush go nowhere, in silence."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED
