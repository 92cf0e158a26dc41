"""What Azure's resource types look like: their properties, which are required or read-only, and what each may hold.

The facts stand in `types.json`, one line a type, which `gather.py` makes of Microsoft's metadata (`NOTICE`). A shape is
`"string"`, `"int"`, `"bool"` or `"any"`, or an object with one of these keys:

    text      [least length, most, pattern]         null where there is no bound
    number    [least, most]
    one of    the texts that are known; a service may know more
    list      what each item is
    object    property -> shape; the name ends with `!` if it is required, `-` if it is read-only
    by        the property that says which kind it is; "object": what all kinds have, "kinds": text -> shape

Where a shape stands inside another, it is the number of its line.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Self

FILE = Path(__file__).with_name("types.json")


@dataclass(frozen=True)
class Anything:
    """No more is known."""

    word: str = "any"


@dataclass(frozen=True)
class Text:
    """A text, perhaps bounded in length (characters) and form."""

    least: int | None = None
    most: int | None = None
    pattern: str | None = None
    word: str = "string"


@dataclass(frozen=True)
class Number:
    """A whole number, perhaps bounded."""

    least: int | None = None
    most: int | None = None
    word: str = "int"


@dataclass(frozen=True)
class Truth:
    """`true` or `false`."""

    word: str = "bool"


@dataclass(frozen=True)
class OneOf:
    """One of these texts."""

    values: tuple[str, ...]
    word: str = "string"


@dataclass(frozen=True)
class Listing:
    """Items of one shape."""

    item: int
    word: str = "array"


@dataclass(frozen=True)
class Property:
    """One property of an object: the number of its shape, and what may be done with it."""

    shape: int
    required: bool
    read_only: bool


@dataclass(frozen=True)
class Thing:
    """An object. `more` is the shape of properties beside those named; none are allowed where it is missing."""

    properties: Mapping[str, Property]
    more: int | None = None
    word: str = "object"


@dataclass(frozen=True)
class Kinds:
    """An object that is one of several, as its property `by` says; all have what is in `shared`."""

    by: str
    shared: Thing
    kinds: Mapping[str, int]
    word: str = "object"


type Shape = Anything | Text | Number | Truth | OneOf | Listing | Thing | Kinds
_PLAIN: Mapping[str, Shape] = {"string": Text(), "int": Number(), "bool": Truth(), "any": Anything()}


@dataclass(frozen=True)
class Facts:
    """Every resource type of `types.json`, by `Provider/type@version` in whatever case it is written."""

    shapes: list[Any]
    resources: Mapping[str, int]
    lower: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path = FILE) -> Self:
        """Read a fact file."""
        known = json.loads(file.read_text(encoding="utf-8"))
        return cls(known["shapes"], known["resources"], {name.lower(): name for name in known["resources"]})

    def resource(self, kind: str) -> Shape | None:
        """Give the body of a resource of this `Provider/type@version`, or None if it is not known."""
        name = self.lower.get(kind.lower())
        return None if name is None else self.shape(self.resources[name])

    def versions(self, kind: str) -> list[str]:
        """List the versions that are known of a type, the oldest first; the part after `@` is ignored."""
        head = kind.partition("@")[0].lower() + "@"
        return sorted(name.partition("@")[2] for name in self.lower if name.startswith(head))

    def shape(self, number: int) -> Shape:
        """Give the shape on this line."""
        return _shape(json.dumps(self.shapes[number]))

    def kind(self, kinds: Kinds, value: str) -> Thing | None:
        """Give the object that `value` of the property `kinds.by` chooses, or None if it chooses none."""
        if value not in kinds.kinds:
            return None
        chosen = self.shape(kinds.kinds[value])
        assert isinstance(chosen, Thing)  # noqa: S101 (gather.py writes nothing else there)
        return Thing({**kinds.shared.properties, **chosen.properties}, chosen.more)


@cache
def _shape(written: str) -> Shape:
    """Read one shape as it is written in the file."""
    match json.loads(written):
        case str(plain):
            return _PLAIN[plain]
        case {"text": bounds}:
            return Text(*bounds)
        case {"number": bounds}:
            return Number(*bounds)
        case {"one of": values}:
            return OneOf(tuple(values))
        case {"list": item}:
            return Listing(item)
        case {"by": name, "object": shared, "kinds": kinds}:
            return Kinds(name, Thing(_properties(shared)), kinds)
        case {"object": properties, "more": int(more)}:
            return Thing(_properties(properties), more)
        case {"object": properties}:
            return Thing(_properties(properties))
    raise ValueError(f"types.json holds {written}, which is no shape: make it anew with infra.check.gather.")


def _properties(written: Mapping[str, int]) -> dict[str, Property]:
    return {name.rstrip("!-"): Property(shape, "!" in name, "-" in name[-2:]) for name, shape in written.items()}
