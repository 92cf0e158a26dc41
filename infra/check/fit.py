"""Values held against the shape that Azure's types want: properties, kinds, texts, bounds."""

import re
from collections.abc import Iterator

from infra.check import bicep, tree
from infra.check.facts import Anything, Facts, Kinds, Listing, Number, OneOf, Shape, Text, Thing
from infra.check.guess import Guess, Guesser
from infra.check.names import nearest

#: Of a resource's own body: Bicep's words, which are no properties of the type.
_BICEPS = {"dependsOn", "parent", "scope"}


class Fit:
    """Holds the values of one file against shapes; `label` is what a sentence calls the value."""

    def __init__(self, file: bicep.File, facts: Facts) -> None:
        self.file, self.facts = file, facts
        self.guesser = Guesser(file, facts)

    def resource(self, resource: bicep.Resource, shape: Shape) -> Iterator[bicep.Problem]:
        """Hold a resource's body against its type."""
        if resource.body is not None:
            pairs = tuple(pair for pair in resource.body.pairs if pair.key not in _BICEPS)
            yield from self.value(tree.Object(resource.line, pairs), shape, resource.name)

    def value(self, node: tree.Node, shape: Shape, label: str) -> Iterator[bicep.Problem]:
        """Name what is wrong with a value that should have this shape."""
        match node, shape:
            case (_, Anything()) | (tree.Null(), _):
                pass
            case tree.Choice(yes=yes, no=no), _:
                yield from self.value(yes, shape, label)
                yield from self.value(no, shape, label)
            case tree.Name(name=name), _ if name in self.guesser.variables:
                yield from self.value(self.guesser.variables[name].value, shape, label)
            case tree.Object(), Kinds():
                yield from self._one_kind(node, shape, label)
            case tree.Object(), Thing():
                yield from self._thing(node, shape, label)
            case tree.Array(items=items), Listing(item=item):
                for number, each in enumerate(items):
                    yield from self.value(each, self.facts.shape(item), f"{label}[{number}]")
            case tree.Loop(body=body), Listing(item=item):
                yield from self.value(body, self.facts.shape(item), f"{label}[]")
            case tree.Call(of=None), _:
                yield from self._call(node, shape, label)
            case _:
                yield from self._plain(node, shape, label)

    def _call(self, call: tree.Call, shape: Shape, label: str) -> Iterator[bicep.Problem]:
        """Look through the functions that put lists and objects together."""
        match call.name, call.arguments, shape:
            case "union", parts, Thing() | Kinds():
                yield from self._union(call, parts, shape, label)
            case "concat" | "union", parts, Listing():
                for each in parts:
                    yield from self.value(each, shape, label)
            case "map", (_, tree.Lambda(body=body)), Listing(item=item):
                yield from self.value(body, self.facts.shape(item), f"{label}[]")
            case _:
                yield from self._plain(call, shape, label)

    def _union(
        self, call: tree.Call, parts: tuple[tree.Node, ...], shape: Shape, label: str
    ) -> Iterator[bicep.Problem]:
        """Hold a union of objects against a shape as one object, as far as its parts are known."""
        seen = [self._behind(part) for part in parts]
        pairs = [pair for part in seen if isinstance(part, tree.Object) for pair in part.pairs]
        whole = all(isinstance(part, tree.Object) for part in seen)
        unknown = () if whole else (tree.Pair(call.line, tree.Text(call.line, (call,)), call),)
        merged = {pair.key or number: pair for number, pair in enumerate(pairs)}
        yield from self.value(tree.Object(call.line, (*merged.values(), *unknown)), shape, label)

    def _behind(self, node: tree.Node) -> tree.Node:
        """Follow a variable to its value."""
        while isinstance(node, tree.Name) and node.name in self.guesser.variables:
            node = self.guesser.variables[node.name].value
        return node

    def _plain(self, node: tree.Node, shape: Shape, label: str) -> Iterator[bicep.Problem]:
        """Hold what is neither object nor list against its shape."""
        guess = self.guesser.guess(node)
        if guess.word not in {"", "null", shape.word}:
            yield self.file.problem(node, "BCP036", f"{label} is of the kind {guess.word}: it must be {shape.word}.")
        elif isinstance(shape, OneOf):
            yield from self._one_of(node, guess, shape.values, label)
        elif isinstance(shape, Text):
            for value in guess.values:
                yield from self._bounds(node, value, shape, label)
        elif isinstance(shape, Number) and isinstance(node, tree.Number):
            low, high = shape.least, shape.most
            if (low is not None and node.value < low) or (high is not None and node.value > high):
                sentence = f"{label} is {node.value}: it must be {_range(low, high)}."
                yield self.file.problem(node, "BCP327", sentence)

    def _one_of(self, node: tree.Node, guess: Guess, allowed: tuple[str, ...], label: str) -> Iterator[bicep.Problem]:
        for value in guess.values:
            if value not in allowed:
                sentence = f"{label} is {value!r}: it must be {_listed(allowed)}{nearest(value, allowed)}"
                yield self.file.problem(node, "BCP036", sentence)

    def _bounds(self, node: tree.Node, value: str, shape: Text, label: str) -> Iterator[bicep.Problem]:
        low, high = shape.least, shape.most
        if (low is not None and len(value) < low) or (high is not None and len(value) > high):
            code = "BCP333" if low is not None and len(value) < low else "BCP332"
            yield self.file.problem(node, code, f"{label} is {value!r}: it must have {_range(low, high)} characters.")
        if shape.pattern and not re.search(shape.pattern, value):
            yield self.file.problem(node, "pattern", f"{label} is {value!r}: it must match {shape.pattern}")

    def _one_kind(self, node: tree.Object, shape: Kinds, label: str) -> Iterator[bicep.Problem]:
        given = node.get(shape.by)
        if given is None:
            yield self.file.problem(node, "BCP035", f"{label} lacks {shape.by}: {_listed(tuple(shape.kinds))}.")
            return
        for value in self.guesser.guess(given).values:
            chosen = self.facts.kind(shape, value)
            if chosen is None:
                sentence = f"{label}.{shape.by} is {value!r}: it must be {_listed(tuple(shape.kinds))}."
                yield self.file.problem(given, "BCP036", sentence)
            else:
                yield from self._thing(node, chosen, label)

    def _thing(self, node: tree.Object, shape: Thing, label: str) -> Iterator[bicep.Problem]:
        for pair in node.pairs:
            if pair.key is not None:
                yield from self._property(pair, pair.key, shape, label)
        if len(node.known) == len(node.pairs):
            missing = [name for name, p in shape.properties.items() if p.required and not p.read_only]
            lacking = [name for name in missing if name not in node.known]
            if lacking:
                yield self.file.problem(node, "BCP035", f"{label} lacks {', '.join(lacking)}.")

    def _property(self, pair: tree.Pair, key: str, shape: Thing, label: str) -> Iterator[bicep.Problem]:
        if key in shape.properties and shape.properties[key].read_only:
            yield self.file.problem(pair, "BCP073", f"{label}.{key} is read-only: it may not be given.")
        elif key in shape.properties:
            yield from self.value(pair.value, self.facts.shape(shape.properties[key].shape), f"{label}.{key}")
        elif shape.more is not None:
            yield from self.value(pair.value, self.facts.shape(shape.more), f"{label}.{key}")
        else:
            sentence = f"{label} has no property {key}{nearest(key, list(shape.properties))}"
            yield self.file.problem(pair, "BCP037", sentence)


def _listed(values: tuple[str, ...]) -> str:
    return ", ".join(map(repr, values[:-1])) + (" or " if len(values) > 1 else "") + repr(values[-1])


def _range(low: int | None, high: int | None) -> str:
    if high is None:
        return f"at least {low}"
    return f"{low} to {high}" if low is not None else f"at most {high}"
