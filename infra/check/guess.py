"""What an expression gives, as far as the files alone tell: its kind, and which texts it may be."""

from dataclasses import dataclass

from infra.check import bicep, tree
from infra.check.facts import Anything, Facts, Kinds, OneOf, Shape, Thing
from infra.check.words import TEXTUAL

_TRUTH = {"==", "!=", "=~", "!~", "&&", "||", "<", ">", "<=", ">="}


@dataclass(frozen=True)
class Guess:
    """A kind and texts. `word`: string, int, bool, object, array, resource, null, or '' where nobody knows.

    `values`: all the texts that it may be, or none where that is open.
    """

    word: str = ""
    values: tuple[str, ...] = ()


UNKNOWN = Guess()


class Guesser:
    """Guesses in one file."""

    def __init__(self, file: bicep.File, facts: Facts) -> None:
        self.facts = facts
        self.parameters = file.of(bicep.Parameter)
        self.variables = file.of(bicep.Variable)
        self.resources = file.of(bicep.Resource)
        self.modules = file.of(bicep.Module)

    def guess(self, node: tree.Node) -> Guess:
        """Guess what a node gives."""
        match node:
            case tree.Text():
                return Guess("string", () if node.literal is None else (node.literal,))
            case tree.Choice(yes=yes, no=no):
                return _either(self.guess(yes), self.guess(no))
            case tree.Name(name=name):
                return self._name(name)
            case tree.Member():
                return _of_shape(self.shape(node))
        return _plain(node)

    def _name(self, name: str) -> Guess:
        if name in self.parameters:
            parameter = self.parameters[name]
            return Guess(parameter.kind.word, parameter.allowed if parameter.kind.word == "string" else ())
        if name in self.variables:
            return self.guess(self.variables[name].value)
        return Guess("resource") if name in self.resources or name in self.modules else UNKNOWN

    def shape(self, node: tree.Node) -> Shape | None:
        """Give what Azure's types say of a resource, or of a part of one; None where they say nothing."""
        match node:
            case tree.Name(name=name) if name in self.resources:
                looped = isinstance(self.resources[name].value, tree.Loop)
                return None if looped else self.facts.resource(self.resources[name].kind)
            case tree.Index(of=tree.Name(name=name)) if name in self.resources:
                return self.facts.resource(self.resources[name].kind)
            case tree.Inner(name=name) if name in self.resources:
                return self.facts.resource(self.resources[name].kind)
            case tree.Member(of=of, name=name):
                return part(self.facts, self.shape(of), name)
        return None


def _plain(node: tree.Node) -> Guess:
    """Guess by what the node is alone."""
    match node:
        case tree.Number() | tree.Unary(sign="-"):
            return Guess("int")
        case tree.Truth() | tree.Unary(sign="!"):
            return Guess("bool")
        case tree.Null():
            return Guess("null")
        case tree.Object():
            return Guess("object")
        case tree.Array() | tree.Loop():
            return Guess("array")
        case tree.Binary(sign=sign) if sign in _TRUTH:
            return Guess("bool")
        case tree.Call(name=name, of=None) if name in TEXTUAL:
            return Guess("string")
    return UNKNOWN


def part(facts: Facts, shape: Shape | None, name: str) -> Shape | None:
    """Give the shape of a property; None if there is no such one, or nobody knows."""
    things = shape.shared if isinstance(shape, Kinds) else shape
    if not isinstance(things, Thing):
        return None
    if name in things.properties:
        return facts.shape(things.properties[name].shape)
    return None if things.more is None else facts.shape(things.more)


def _of_shape(shape: Shape | None) -> Guess:
    """Turn a shape into a guess: what a resource answers may be more than the texts that are known."""
    match shape:
        case None | Anything() | Thing(properties={}):
            return UNKNOWN
        case OneOf():
            return Guess("string")
    return Guess(shape.word)


def _either(one: Guess, other: Guess) -> Guess:
    """Join the guesses of a choice: its kind only if both agree, its texts only if both are known."""
    if "null" in {one.word, other.word}:
        return UNKNOWN
    if one.word != other.word:
        return UNKNOWN
    return Guess(one.word, one.values + other.values if one.values and other.values else ())
