"""A Bicep file as a value: what it declares, and what is wrong with its syntax."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from infra.check.tree import Array, Declared, Kind, Loop, Node, Object, Text, When


@dataclass(frozen=True)
class Parameter(Declared):
    """`param name kind = default`."""

    kind: Kind
    default: Node | None

    @property
    def allowed(self) -> tuple[str, ...]:
        """The texts that it may hold: of @allowed, or of its type; empty where any will do."""
        given = self.decorator("allowed")
        texts = given.items if isinstance(given, Array) else ()
        return tuple(t.literal for t in texts if isinstance(t, Text) and t.literal is not None) or self.kind.values

    @property
    def needed(self) -> bool:
        """Whether it must be given."""
        return self.default is None and not self.kind.optional


@dataclass(frozen=True)
class Variable(Declared):
    """`var name = value`."""

    value: Node


@dataclass(frozen=True)
class Resource(Declared):
    """`resource name 'type@version' = body`; `inside_of` is the type of the resource that it stands in."""

    kind: str
    existing: bool
    value: Node
    inside_of: str = ""

    @property
    def body(self) -> Object | None:
        """Its properties, behind loops and conditions."""
        return behind(self.value)


@dataclass(frozen=True)
class Module(Declared):
    """`module name 'file' = body`."""

    source: str
    value: Node

    @property
    def body(self) -> Object | None:
        """Its properties, behind loops and conditions."""
        return behind(self.value)


@dataclass(frozen=True)
class Output(Declared):
    """`output name kind = value`."""

    kind: Kind
    value: Node


@dataclass(frozen=True)
class Type(Declared):
    """`type name = …`: a type of the file's own."""

    kind: Kind


@dataclass(frozen=True)
class Function(Declared):
    """`func name(parameters) kind => body`."""

    names: tuple[str, ...]
    body: Node


@dataclass(frozen=True)
class Using(Declared):
    """`using 'file'` of a .bicepparam file; `name` is the file."""


@dataclass(frozen=True)
class Problem:
    """What is wrong, where: a sentence of its own, and the compiler's code for it where there is one."""

    path: Path
    line: int
    code: str
    sentence: str


@dataclass(frozen=True, eq=False)
class File:
    """One Bicep file: what it declares, what is wrong with its syntax, and which codes are let pass at which line."""

    path: Path
    declared: tuple[Declared, ...]
    problems: tuple[Problem, ...] = ()
    passed: Mapping[int, str] = field(default_factory=dict)
    scope: str = "resourceGroup"
    text: str = ""

    def problem(self, at: Node, code: str, sentence: str) -> Problem:
        """Say what is wrong at a node of this file."""
        return Problem(self.path, at.line, code, sentence)

    def of[T: Declared](self, kind: type[T]) -> dict[str, T]:
        """Give the declarations of one kind by their names."""
        return {each.name: each for each in self.declared if isinstance(each, kind)}


def behind(value: Node) -> Object | None:
    """Give the object behind loops and conditions."""
    while isinstance(value, Loop | When):
        value = value.body
    return value if isinstance(value, Object) else None
