"""Expressions of Bicep as values, each with its line, counted from 1."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Node:
    """Anything that stands in a file."""

    line: int

    def inside(self) -> Iterator["Node"]:
        """Give the nodes right inside this one."""
        for each in fields(self):
            value = getattr(self, each.name)
            for one in value if isinstance(value, tuple) else (value,):
                if isinstance(one, Node):
                    yield one

    def walk(self) -> Iterator["Node"]:
        """Give this node and all inside it, however deep."""
        yield self
        for node in self.inside():
            yield from node.walk()


@dataclass(frozen=True)
class Text(Node):
    """A text: what is written between `${}`, and what stands in it."""

    parts: tuple[str | Node, ...]

    @property
    def literal(self) -> str | None:
        """The whole text, if nothing is put into it."""
        return "".join(str(part) for part in self.parts) if not any(isinstance(p, Node) for p in self.parts) else None


@dataclass(frozen=True)
class Number(Node):
    """A whole number."""

    value: int


@dataclass(frozen=True)
class Truth(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True)
class Null(Node):
    """`null`."""


@dataclass(frozen=True)
class Pair(Node):
    """A property of an object."""

    name: Text
    value: Node

    @property
    def key(self) -> str | None:
        """The property's name, if it is known from the file alone."""
        return self.name.literal


@dataclass(frozen=True)
class Object(Node):
    """An object; resources that stand in a resource's body are in `nested`."""

    pairs: tuple[Pair, ...]
    nested: tuple["Declared", ...] = ()

    def get(self, key: str) -> Node | None:
        """Give a property's value; the last one counts."""
        return self.known.get(key)

    @property
    def known(self) -> Mapping[str, Node]:
        """Each property whose name is known from the file alone, with its value."""
        return {pair.key: pair.value for pair in self.pairs if pair.key is not None}


@dataclass(frozen=True)
class Array(Node):
    """A list."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Name(Node):
    """A name: of a parameter, variable, resource, module or loop variable."""

    name: str


@dataclass(frozen=True)
class Member(Node):
    """`of.name`; `safe`: `of.?name`, which is null where `of` is."""

    of: Node
    name: str
    safe: bool = False


@dataclass(frozen=True)
class Index(Node):
    """`of[at]`."""

    of: Node
    at: Node


@dataclass(frozen=True)
class Inner(Node):
    """`of::name`: a resource inside another."""

    of: Node
    name: str


@dataclass(frozen=True)
class Call(Node):
    """`name(...)`, or `of.name(...)`."""

    name: str
    arguments: tuple[Node, ...]
    of: Node | None = None


@dataclass(frozen=True)
class Lambda(Node):
    """`names => body`."""

    names: tuple[str, ...]
    body: Node


@dataclass(frozen=True)
class Unary(Node):
    """`!of` or `-of`."""

    sign: str
    of: Node


@dataclass(frozen=True)
class Binary(Node):
    """`left sign right`."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Choice(Node):
    """`condition ? yes : no`."""

    condition: Node
    yes: Node
    no: Node


@dataclass(frozen=True)
class Loop(Node):
    """`[for names in over: body]`."""

    names: tuple[str, ...]
    over: Node
    body: Node


@dataclass(frozen=True)
class When(Node):
    """`if (condition) body`, of a resource or module."""

    condition: Node
    body: Node


@dataclass(frozen=True)
class Unread(Node):
    """What the grammar reads and the checks do not look into."""

    text: str
    parts: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Kind(Node):
    """A type, as a parameter or output declares it.

    `word` is string, int, bool, object or array, or '' where a type of the file's own is named in `names`.
    """

    word: str
    text: str
    values: tuple[str, ...] = ()
    optional: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declared(Node):
    """A declaration: its name and the decorators before it."""

    name: str
    decorators: tuple[Call, ...]

    def decorator(self, name: str) -> Node | None:
        """Give the first argument of a decorator."""
        return next((d.arguments[0] for d in self.decorators if d.name == name and d.arguments), None)
