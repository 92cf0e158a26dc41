"""A virtual environment for each peer, in .local/bench: made once, and again when its requirements changed."""

import os
import sys
from pathlib import Path

from bench.contenders import Contender
from local.children import Children
from local.needs import ROOT, RefusalError

PEERS = ROOT / "bench" / "peers"
FOLDER = ROOT / ".local" / "bench"
#: Written last, so that an installation that was interrupted is begun anew.
STAMP = "requirements.txt"


class MissingError(Exception):
    """A contender cannot be had; the sentence says why."""


def requirements(contender: Contender) -> Path:
    """Give the file with all that a contender needs, each pinned."""
    return PEERS / f"{contender.environment}.txt"


def version(contender: Contender) -> str:
    """Give the version of a peer as it is pinned; '' for Crontable."""
    if not contender.package:
        return ""
    pinned = dict(line.split("==") for line in requirements(contender).read_text().splitlines() if "==" in line)
    return pinned[contender.package]


async def python(children: Children, contender: Contender, folder: Path = FOLDER) -> Path:
    """Give the Python of a contender's environment, which is made if need be. Raises MissingError."""
    if not contender.environment:
        return Path(sys.executable)
    place, wanted = folder / contender.environment, requirements(contender).read_text()
    program, stamp = place / "bin" / "python", place / STAMP
    if not (program.exists() and stamp.exists() and stamp.read_text() == wanted):
        await _make(children, contender, place)
        stamp.write_text(wanted)
    return program


async def _make(children: Children, contender: Contender, place: Path) -> None:
    """Make it. The pins are whole, so nothing is resolved: some peers ask for what no index has."""
    program, file = str(place / "bin" / "python"), str(requirements(contender))
    how = ["-qq", "--disable-pip-version-check", "--no-input", "--no-deps", "--retries", "1", "--timeout", "15"]
    try:
        await children.ask("venv", [sys.executable, "-m", "venv", "--clear", str(place)], os.environ)
        await children.ask("pip", [program, "-m", "pip", "install", *how, "-r", file], os.environ)
    except RefusalError as refusal:
        raise MissingError(f"it could not be installed: {last_line(str(refusal))}") from refusal


def last_line(text: str) -> str:
    """Give the last line that says something."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")
