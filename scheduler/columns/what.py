"""What runs: an image made into a group of its own, with its code, size and variables, or a group that is there."""

import re
import shlex
from typing import Any

from scheduler import cell, revision
from scheduler.cell import Fault, Faults
from scheduler.columns import Cells
from scheduler.watermark import TOLD

COLUMNS = ("Image", "Command", "Cpu", "MemoryGb", "Env", "Identity", "GitRepo", "GitRevision", "ContainerGroup")
#: The most bytes of Env, and of SecureEnv.
LONGEST_ENV = 16_384
#: What an image's name must look like.
IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}")
#: What the resource id of a user-assigned identity must look like.
IDENTITY = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[^/]+",
    re.IGNORECASE,
)
_GROUP = re.compile(r"(?!.*--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def read(cells: Cells, faults: Faults) -> dict[str, Any]:
    """Read what to run; that it says so at all is looked at in `clash`."""
    return {
        "image": faults.take(
            lambda: matching("Image", cells, IMAGE, "an image such as registry.azurecr.io/name:tag."), ""
        ),
        "group": faults.take(lambda: _group(cells), ""),
        "command": faults.take(lambda: _command(cells), tuple[str, ...]()),
        "cpu": faults.take(lambda: cell.number("Cpu", cells.get("Cpu", 1), 0.1, 31), 1.0),
        "memory": faults.take(lambda: cell.number("MemoryGb", cells.get("MemoryGb", 1.5), 0.1, 240), 1.5),
        "env": faults.take(
            lambda: tuple(cell.variables("Env", cells.get("Env", "{}"), LONGEST_ENV, TOLD).items()),
            tuple[tuple[str, str], ...](),
        ),
        "identities": faults.take(lambda: _identities(cells), tuple[str, ...]()),
        "git_repo": faults.take(lambda: _repository(cells), ""),
        "git_revision": faults.take(lambda: _revision(cells), ""),
    }


def matching(name: str, cells: Cells, pattern: re.Pattern[str], allowed: str) -> str:
    """Take a text of a known form; '' when the cell is empty."""
    if name not in cells:
        return ""
    typed = cell.text(name, cells[name])
    if not pattern.fullmatch(typed):
        raise Fault(name, cells[name], f"it must be {allowed}")
    return typed


def _group(cells: Cells) -> str:
    allowed = "a container group's name: 1 to 63 lower-case letters, digits and hyphens."
    return matching("ContainerGroup", cells, _GROUP, allowed)


def _command(cells: Cells) -> tuple[str, ...]:
    """Take a JSON list, or a line as one types it into a shell; no shell will see it."""
    if "Command" not in cells:
        return ()
    written = cell.text("Command", cells["Command"])
    if written.startswith("{"):
        raise Fault("Command", written, 'it must be a list such as ["python", "-m", "extract"], or a line.')
    try:
        words = cell.words("Command", written) if written.startswith("[") else tuple(shlex.split(written))
    except ValueError as error:
        raise error if isinstance(error, Fault) else Fault("Command", written, _unclosed(error)) from error
    if not words:
        raise Fault("Command", written, 'it must name a program, such as ["python", "-m", "extract"].')
    return words


def _unclosed(error: ValueError) -> str:
    return f'{error}: it must be a line whose quotes are closed, or a list such as ["python", "-m", "extract"].'


def _identities(cells: Cells) -> tuple[str, ...]:
    named = cell.words("Identity", cells.get("Identity", ""))
    for wrong in (name for name in named if not IDENTITY.fullmatch(name)):
        raise Fault("Identity", wrong, "it must be the resource id of a user-assigned identity.")
    return named


def _repository(cells: Cells) -> str:
    """Take the address of a repository; a password in it is not repeated."""
    if "GitRepo" not in cells:
        return ""
    try:
        return revision.address(cell.text("GitRepo", cells["GitRepo"]))
    except ValueError as wrong:
        raise wrong if isinstance(wrong, Fault) else Fault("GitRepo", "", str(wrong)) from wrong


def _revision(cells: Cells) -> str:
    if "GitRevision" not in cells:
        return ""
    typed = cell.text("GitRevision", cells["GitRevision"])
    try:
        revision.names(typed)
    except ValueError as wrong:
        allowed = "it must be a branch, a tag, or a commit with all its 40 digits."
        raise Fault("GitRevision", typed, allowed) from wrong
    return typed
