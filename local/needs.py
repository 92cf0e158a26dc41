"""What this machine must have before anything starts. Each lack is one sentence that says what to do."""

import fcntl
import os
import shlex
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REFUSED = 2
"""The exit code of a refusal."""
LAST_PORT = 65_535
_LOWEST, _SPAN, _SPREAD = 12_000, 18_000, 12
"""Where free ports are looked for: Linux gives outgoing connections those from 32768 on."""


class RefusalError(Exception):
    """A sentence for the person at the keyboard, who can do something about it."""


def check_node(env: Mapping[str, str]) -> None:
    """Refuse when Node is missing or too old, as node.sh says it. Raises RefusalError."""
    script = str(ROOT / "local" / "node.sh")
    answer = subprocess.run(["/bin/sh", script], env=dict(env), capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RefusalError(answer.stderr.strip())


def azurite() -> Path:
    """Azurite's program in this checkout. Raises RefusalError when npm has not installed it."""
    program = ROOT / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
    if not program.exists():
        raise RefusalError("Azurite is not installed in this checkout: use `make run`, or call `npm ci` first.")
    return program


def check_ports(wanted: Mapping[int, tuple[str, str]]) -> None:
    """Refuse when a port is taken. `wanted`: port -> who needs it, and the option that moves it.

    Raises RefusalError naming every port that is taken and an option line that would do.
    """
    taken = {port: need for port, need in wanted.items() if not is_free(port)}
    if not taken:
        return
    options: dict[str, int] = {}
    for _, option in taken.values():
        # Azurite's three ports hang on one option: the suggestion must move the first of them past all three.
        first = min(port for port, (_, name) in wanted.items() if name == option)
        count = sum(name == option for _, name in wanted.values())
        options[option] = free_from(first + 1, count, without=set(wanted) | set(options.values()))
    ports = ", ".join(f"{port} ({who})" for port, (who, _) in taken.items())
    moved = " ".join(f"{option} {port}" for option, port in options.items())
    noun, verb, those, other = (
        ("Port", "is", "it", "another") if len(taken) == 1 else ("Ports", "are", "them", "others")
    )
    raise RefusalError(
        f"{noun} {ports} {verb} taken: stop what uses {those}, or choose {other}: "
        f'make run ARGS="{moved}" (python -m local {moved}).'
    )


def is_free(port: int) -> bool:
    """Whether a server could listen on 127.0.0.1:`port` now; connections that linger do not count."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_from(port: int, count: int = 1, *, without: frozenset[int] | set[int] = frozenset()) -> int:
    """The first port from `port` on that begins `count` free ones, none of them in `without`."""
    for first in range(port, LAST_PORT - count + 2):
        row = range(first, first + count)
        if without.isdisjoint(row) and all(is_free(each) for each in row):
            return first
    raise RefusalError(f"No {count} free ports in a row from {port} on.")


def any_free(count: int = 1) -> int:
    """A port that begins `count` free ones, another one for each process.

    Scenario: the system gives one out of those that outgoing connections use, too; before the server listens on
    it, seconds later, one of our own connections has it.
    """
    return free_from(_LOWEST + os.getpid() * _SPREAD % _SPAN, count)


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process: two Azurites over the same files destroy them. Raises RefusalError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RefusalError(
            f"--data is {folder}: it must be a folder that can be written ({error.strerror})."
        ) from error
    with (folder / "lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RefusalError(_held(folder)) from error
        yield


def _held(folder: Path) -> str:
    second = folder / "second"
    inside = second.relative_to(ROOT) if second.is_relative_to(ROOT) else second
    words = f"--data {shlex.quote(str(inside))} --port 0 --azurite-port 0 --emulator-port 0 --weather-port 0"
    return (
        f"Another `make run` holds {folder}: stop it first, or run a second one beside it, with a folder and ports of "
        f'its own: make run ARGS="{words}" (python -m local {words}).'
    )


def func_program(choice: str, env: Mapping[str, str]) -> str | None:
    """The path of Azure's own host, or None for the small one. `choice`: auto, func or small.

    Raises RefusalError when `func` is asked for and not there.
    """
    found = shutil.which("func", path=env.get("PATH", ""))
    if choice == "func" and found is None:
        raise RefusalError(
            "func was not found on PATH: install Azure Functions Core Tools 4, or leave out `--host func`."
        )
    return None if choice == "small" else found
