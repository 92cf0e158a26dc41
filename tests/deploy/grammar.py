"""How the real az reads a command line: by the table that its own parsers gave (`gather.py`)."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

#: Commands that az takes and that this table leaves out are none of ours.
TABLE = Path(__file__).with_name("options.json")


class Unreadable(Exception):
    """az would end with exit code 2; the sentence is az's."""


@cache
def table() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    read: Mapping[str, Sequence[Mapping[str, Any]]] = json.loads(TABLE.read_text())
    return read


def parse(words: Sequence[str]) -> tuple[str, dict[str, Any]]:
    """The command, and its options under their first name; plain words under ''. Raises Unreadable."""
    command = _command(words)
    options = table()[command]
    by_name = {name: option for option in options for name in option["names"]}
    left = list(words[len(command.split()) :])
    given: dict[str, Any] = {}
    while left:
        word = left.pop(0)
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        if not word.startswith("-"):
            given.setdefault("", []).append(word)
            continue
        option = by_name.get(name)
        if option is None:
            raise Unreadable(f"ERROR: unrecognized arguments: {word}")
        key, values = option["names"][0], [value] if equals else _values(option, left)
        _check(option, word, values)
        before = given.get(key, [])
        given[key] = [*before, *values] if option["takes"] == "many" else values[0] if values else True
    _complete(command, options, given)
    return command, given


def _command(words: Sequence[str]) -> str:
    for length in range(min(len(words), 5), 0, -1):
        if " ".join(words[:length]) in table():
            return " ".join(words[:length])
    raise Unreadable(f"ERROR: {' '.join(words[:3])!r} is misspelled or not recognized by the system.")


def _values(option: Mapping[str, Any], left: list[str]) -> list[str]:
    most = {"flag": 0, "one": 1, "maybe": 1, "many": len(left)}[option["takes"]]
    values: list[str] = []
    while left and len(values) < most and not left[0].startswith("--"):
        values.append(left.pop(0))
    return values


def _check(option: Mapping[str, Any], word: str, values: Sequence[str]) -> None:
    if option["takes"] == "one" and not values:
        raise Unreadable(f"ERROR: argument {word}: expected one argument")
    for value in values:
        if value not in option.get("choices", [value]):
            raise Unreadable(f"ERROR: {word}: '{value}' is not a valid value for '{word}'.")


def _complete(command: str, options: Sequence[Mapping[str, Any]], given: Mapping[str, Any]) -> None:
    for option in options:
        key = option["names"][0] if option["names"] else ""
        if option.get("required") and key not in given:
            raise Unreadable(f"ERROR: the following arguments are required: {'/'.join(option['names']) or 'a value'}")
    if "" in given and not any(not option["names"] for option in options):
        raise Unreadable(f"ERROR: unrecognized arguments: {' '.join(given[''])} (after az {command})")
