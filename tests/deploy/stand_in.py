"""`az` and `func` for tests: they refuse what the real ones refuse, answer in their shapes, and journal each call.

Shapes, sentences and exit codes are those of azure-cli 2.91 (its source, and its answers from the ACI emulator), of
ARM's public reference, and of core tools 4's `PublishFunctionAppAction`. What Azure holds is a JSON file, `world.json`.
"""

import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.deploy import grammar
from tests.deploy.answers import ANSWERS, Refused, World

FOLDER = Path(os.environ["STAND_IN"])


def main(program: str, words: Sequence[str]) -> int:
    _journal({"program": program, "words": words, "path": os.environ["PATH"].split(os.pathsep)})
    with _world() as world:
        if "die" in world.get(program, {}):
            sys.stderr.write(f"{world[program]['die']}\n")
            return int(world[program].get("code", 1))
        played = _played(world, program, words)
    try:
        if played:
            return _play(played, words)
        with _world() as world:
            said = _az(world, words) if program == "az" else _func(world, words)
            sys.stdout.write(f"{said}\n")
    except grammar.Unreadable as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    except Refused as refused:
        sys.stderr.write(f"ERROR: {refused}\n")
        return refused.code
    return 0


@contextmanager
def _world() -> Iterator[World]:
    """Hold the world: several of us run at once."""
    with (FOLDER / "world.json").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        world = json.load(file)
        before = json.dumps(world)
        yield world
        if json.dumps(world) != before:
            file.seek(0)
            file.truncate()
            json.dump(world, file)


def _journal(entry: Mapping[str, Any]) -> None:
    with (FOLDER / "journal").open("a") as file:
        file.write(json.dumps(entry) + "\n")


def _played(world: World, program: str, words: Sequence[str]) -> dict[str, Any] | None:
    """The first thing that the test wants to happen to this command, once or `times`."""
    line = " ".join([program, *words])
    for one in world["played"]:
        if one["command"] in line and one.get("times", 1):
            one["times"] = one.get("times", 1) - 1
            return dict(one)
    return None


def _play(one: Mapping[str, Any], words: Sequence[str]) -> int:
    if one.get("hang"):
        return _hang(words)
    sys.stdout.write(f"{one.get('out', '')}\n")
    sys.stderr.write(f"{one.get('err', '')}\n")
    return int(one.get("code", 0))


def _hang(words: Sequence[str]) -> int:
    """Run until a signal, say so in the journal, and end as az does at Ctrl-C."""

    def heard(number: int, _frame: object) -> None:
        _journal({"signal": number, "words": words})
        os._exit(1)

    signal.signal(signal.SIGINT, heard)
    signal.signal(signal.SIGTERM, heard)
    _journal({"hanging": words})
    time.sleep(100)
    return 0


def _func(world: World, words: Sequence[str]) -> str:
    if list(words) == ["--version"]:
        return str(world["func"]["version"])
    app, options = words[3], list(words[4:])
    if list(words[:3]) != ["azure", "functionapp", "publish"] or options[:2] != ["--python", "--subscription"]:
        raise Refused(f"Unknown action {' '.join(words)}")
    if app not in world["resources"]:
        raise Refused(f'Can\'t find app with name "{app}"')
    world["published"] = world.get("published", 0) + 1
    return "Getting site publishing info...\nUploading 1.2 MB\nThe deployment was successful!"


def _az(world: World, words: Sequence[str]) -> str:
    command, given = grammar.parse(words)
    if command not in {"version", "bicep version", "bicep build-params"} and not world["account"]:
        raise Refused("Please run 'az login' to setup account.")
    told = ANSWERS[command](world, given)
    return told if isinstance(told, str) else json.dumps(told, indent=2)
