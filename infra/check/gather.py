"""Make `types.json` of Microsoft's type metadata: `python -m infra.check.gather FOLDER [TYPE ...]`.

FOLDER holds `index.json` and the `types.json` files that it names, as in the folder `generated` of the repository
Azure/bicep-types-az. Each TYPE is a `Provider/type@version` to be taken; without any, all that the index names.
Equal shapes are written once, so that two versions of a type cost little more than one.
"""

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from infra.check.facts import FILE

#: Where a type of Microsoft's stands: file and number.
type Place = tuple[str, int]
_REQUIRED, _READ_ONLY = 1, 2
_PLAIN = {"StringType": "string", "IntegerType": "int", "BooleanType": "bool", "AnyType": "any"}
_BOUNDS = {"text": ("minLength", "maxLength", "pattern"), "number": ("minValue", "maxValue")}
_BOUNDED = {"StringType": "text", "IntegerType": "number"}


class Metadata:
    """Microsoft's files under a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.types = cache(self._types)
        self.index: Mapping[str, Place] = {
            name: _place("", entry if isinstance(entry, str) else entry["$ref"])
            for name, entry in json.loads((folder / "index.json").read_text(encoding="utf-8"))["resources"].items()
        }

    def _types(self, file: str) -> list[Any]:
        types: list[Any] = json.loads((self.folder / file).read_text(encoding="utf-8"))
        return types

    def body(self, name: str) -> Place:
        """Give the place of the body of a `Provider/type@version`."""
        file, number = self.index[name]
        return _place(file, self.types(file)[number]["body"]["$ref"])

    def reached(self, places: Sequence[Place]) -> list[Place]:
        """List these places and all that they lead to, each once, in the order in which they are met."""
        met: dict[Place, None] = {}
        ahead = list(reversed(places))
        while ahead:
            place = ahead.pop()
            if place not in met:
                met[place] = None
                ahead += reversed(list(self.leads_to(place)))
        return list(met)

    def leads_to(self, place: Place) -> Iterator[Place]:
        """Name the places that stand in the shape of this one."""
        found: list[Place] = []
        self.shape(place, lambda other: found.append(other) or 0)  # type: ignore[func-returns-value]  # None or 0
        return iter(found)

    def shape(self, place: Place, number: Callable[[Place], int]) -> Any:  # noqa: ANN401 (JSON)
        """Write one of Microsoft's types as a shape of ours, with what stands in it as `number` says."""
        file, at = place
        given = self.types(file)[at]
        kind = given["$type"]

        def inner(reference: Mapping[str, str]) -> int:
            return number(_place(file, reference["$ref"]))

        def properties(named: Mapping[str, Any]) -> dict[str, int]:
            return {name + _marks(given["flags"]): inner(given["type"]) for name, given in named.items()}

        if kind == "ObjectType":
            more = {"more": inner(given["additionalProperties"])} if given.get("additionalProperties") else {}
            return {"object": properties(given["properties"]), **more}
        if kind == "DiscriminatedObjectType":
            kinds = {value: inner(reference) for value, reference in given["elements"].items()}
            return {"by": given["discriminator"], "object": properties(given["baseProperties"]), "kinds": kinds}
        if kind == "ArrayType":
            return {"list": inner(given["itemType"])}
        return self._plain(file, given)

    def _plain(self, file: str, given: Mapping[str, Any]) -> Any:  # noqa: ANN401 (JSON)
        """Write a shape that holds no other. A union is always one of texts, perhaps with any other text."""
        kind = given["$type"]
        if kind == "StringLiteralType":
            return {"one of": [given["value"]]}
        if kind == "UnionType":
            places = [_place(file, element["$ref"]) for element in given["elements"]]
            elements = [self.types(file)[number] for file, number in places]
            return {"one of": [element["value"] for element in elements if "value" in element]}
        word = _BOUNDED.get(kind, "")
        bounds = [given.get(bound) for bound in _BOUNDS.get(word, ())]
        return {word: bounds} if any(bound is not None for bound in bounds) else _PLAIN[kind]


def _place(file: str, reference: str) -> Place:
    other, _, number = reference.partition("#/")
    return other or file, int(number)


def _marks(flags: int) -> str:
    return ("!" if flags & _REQUIRED else "") + ("-" if flags & _READ_ONLY else "")


def gathered(metadata: Metadata, names: Sequence[str]) -> dict[str, Any]:
    """Gather these resource types, with equal shapes merged, those that hold themselves too.

    All places are taken for equal at first; a round parts those whose shapes differ in what they lead to, until a
    round parts none.
    """
    places = metadata.reached([metadata.body(name) for name in names])
    line = dict.fromkeys(places, 0)
    while True:
        texts: dict[str, int] = {}
        parted = {p: texts.setdefault(json.dumps(metadata.shape(p, line.__getitem__)), len(texts)) for p in places}
        if len(set(line.values())) == len(texts):
            shapes = [json.loads(text) for text in texts]
            return {"resources": {name: parted[metadata.body(name)] for name in names}, "shapes": shapes}
        line = parted


def written(facts: Mapping[str, Any]) -> str:
    """Write the facts as JSON, one resource and one shape a line."""
    resources = ",\n".join(f"{json.dumps(name)}: {number}" for name, number in facts["resources"].items())
    shapes = ",\n".join(json.dumps(shape, separators=(",", ":")) for shape in facts["shapes"])
    return f'{{"resources": {{\n{resources}\n}},\n"shapes": [\n{shapes}\n]}}\n'


def main(arguments: Sequence[str]) -> None:
    """Write the fact file anew."""
    metadata = Metadata(Path(arguments[0]))
    names = list(arguments[1:]) or sorted(metadata.index, key=str.lower)
    FILE.write_text(written(gathered(metadata, names)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
