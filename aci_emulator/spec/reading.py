"""How values are read out of a body: each of its kind, or refused with its path; null is absent everywhere. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aci_emulator.arm import Json, undeserialisable
from aci_emulator.spec.refusals import invalid, missing, mistyped

DEEPEST = 64
"""Objects and arrays within each other; deeper ones are hostile, and no reader of them must run out of stack."""


@dataclass(frozen=True)
class Place:
    """One object of a body, and its path from the top: empty, or like `properties.containers[0]`."""

    value: Json
    path: str = ""

    def at(self, key: str) -> str:
        """Return the path of a property."""
        return f"{self.path}.{key}" if self.path else key

    def get(self, key: str) -> Any:  # noqa: ANN401 - whatever JSON holds
        """Return a property as it stands, None when it is absent."""
        return self.value.get(key)

    def need(self, key: str) -> None:
        """Refuse the object without the property `key`."""
        if self.get(key) is None:
            raise missing(key, self.path)

    def text(self, key: str) -> str:
        """Return a required string."""
        self.need(key)
        return self.maybe_text(key) or ""

    def filled(self, key: str) -> str:
        """Return a required string that is not empty."""
        text = self.text(key)
        if not text:
            raise invalid(self.at(key), text, "a string that is not empty")
        return text

    def maybe_text(self, key: str) -> str | None:
        """Return a string, None when it is absent; NUL would end it early in an operating system."""
        value: str | None = self._typed(key, str, "a string")
        if value is not None and "\0" in value:
            raise invalid(self.at(key), value, "a string without NUL")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return an array of strings, empty when it is absent."""
        values = self._typed(key, list, "an array of strings") or []
        for index, value in enumerate(values):
            if not isinstance(value, str):
                raise mistyped(f"{self.at(key)}[{index}]", value, "a string")
            if "\0" in value:
                raise invalid(f"{self.at(key)}[{index}]", value, "a string without NUL")
        return tuple(values)

    def flag(self, key: str) -> bool:
        """Return a boolean, False when it is absent."""
        return bool(self._typed(key, bool, "true or false"))

    def number(self, key: str) -> float | None:
        """Return a number, None when it is absent; a string of digits is none."""
        value: float | None = self._typed(key, (int, float), "a number")
        if isinstance(value, bool):
            raise mistyped(self.at(key), value, "a number")
        return value

    def choice(self, key: str, allowed: Sequence[str]) -> str | None:
        """Return the one of `allowed` that is given, in any case; None when none is given."""
        value = self.maybe_text(key)
        if value is None:
            return None
        for one in allowed:
            if one.lower() == value.lower():
                return one
        raise invalid(self.at(key), value, ", ".join(allowed))

    def object(self, key: str) -> "Place":
        """Return a required object."""
        self.need(key)
        return self.maybe_object(key) or Place({}, self.at(key))

    def maybe_object(self, key: str) -> "Place | None":
        """Return an object, None when it is absent."""
        value: Json | None = self._typed(key, dict, "an object")
        return None if value is None else Place(value, self.at(key))

    def objects(self, key: str, most: float, what: str) -> list["Place"]:
        """Return an array of objects, empty when it is absent, refused when it holds more than `most` of `what`."""
        values = self._typed(key, list, "an array") or []
        check_count(self.at(key), len(values), most, what)
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                raise mistyped(f"{self.at(key)}[{index}]", value, "an object")
        return [Place(value, f"{self.at(key)}[{index}]") for index, value in enumerate(values)]

    def _typed(self, key: str, kind: type | tuple[type, ...], wanted: str) -> Any:  # noqa: ANN401 - `kind` says the type
        value = self.value.get(key)
        if value is not None and not isinstance(value, kind):
            raise mistyped(self.at(key), value, wanted)
        return value


def check_count(path: str, count: int, most: float, what: str) -> None:
    """Refuse `count` of `what` at `path` when that is more than `most`."""
    if count > most:
        raise invalid(path, count, f"{most:g} {what} at most")


def check_depth(body: Json) -> None:
    """Refuse a body that is nested so deep that whoever walks it would run out of stack."""
    level: list[object] = [body]
    for _ in range(DEEPEST):
        level = [inner for value in level for inner in _inside(value)]
        if not level:
            return
    raise undeserialisable(f"objects and arrays are nested more than {DEEPEST} deep")


def _inside(value: object) -> list[object]:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [child for child in children if isinstance(child, dict | list)]
