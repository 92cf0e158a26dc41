"""A file of YAML as nodes that know their lines. It is read event by event, and nothing of it is ever executed.

What YAML allows and no crontab needs is refused: a name twice in a mapping (the second would silently win), tags,
several documents, and a few lines that swell to gigabytes by aliases of aliases.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from scheduler.crontab import Fields, Items, Node, Scalar, Unfit
from scheduler.desk.faults import Missing

STREAM = "-"
#: The most bytes of a file, the deepest nesting, and the most values once every alias is written out.
MOST_BYTES, DEEPEST, MOST_VALUES = 1_000_000, 40, 100_000
_MERGE = "<<"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(file: str) -> Node:
    """Read a file, `-` standard input; Missing when it cannot be read, Unfit when it is no crontab."""
    try:
        data = sys.stdin.buffer.read(MOST_BYTES + 1) if file == STREAM else _bytes(file)
    except OSError as error:
        raise Missing(f"{file} cannot be read: {error.strerror}.") from error
    if len(data) > MOST_BYTES:
        raise Unfit([f"the file has more than {MOST_BYTES:,} bytes: part it by groups."])
    try:
        return parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise Unfit([f"line {line}: it must be UTF-8."]) from error


def _bytes(file: str) -> bytes:
    with Path(file).open("rb") as opened:
        return opened.read(MOST_BYTES + 1)


def parse(text: str) -> Node:
    """Read a text; Unfit, with the line, when it is no YAML, or more of it than a crontab needs."""
    try:
        return _Reading(yaml.parse(text, Loader=_LOADER)).document()
    except yaml.YAMLError as error:
        raise Unfit([_told(error, text)]) from error


class _Reading:
    """One pass over the events of a file."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self._anchors: dict[str, Node] = {}
        #: How many values a node is once its aliases are written out.
        self._sizes: dict[int, int] = {}

    def document(self) -> Node:
        """Read the one document."""
        top: Node | None = None
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                if top is not None:
                    raise Unfit([f"line {_line(event)}: a file holds one document: take the --- away."])
                top = self._node(next(self._events), 0)
        return Scalar("", plain=True, line=1) if top is None else top

    def _node(self, event: yaml.Event, depth: int) -> Node:
        line = _line(event)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                told = f"*{event.anchor} is no anchor above; a value that begins with * needs quotes."
                raise Unfit([f"line {line}: {told}"])
            return self._anchors[event.anchor]
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            raise Unfit([f"line {line}: this is no value."])
        if event.tag is not None and event.tag != "!":
            raise Unfit([f"line {line}: the tag {event.tag} is not read: leave it out."])
        if depth > DEEPEST:
            raise Unfit([f"line {line}: it is nested deeper than {DEEPEST} levels."])
        read = self._read(event, line, depth)
        if event.anchor:
            self._anchors[event.anchor] = read
        return read

    def _read(self, event: yaml.Event, line: int, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            return Scalar(event.value, plain=not event.style and event.tag is None, line=line)
        if isinstance(event, yaml.SequenceStartEvent):
            items = tuple(self._until(yaml.SequenceEndEvent, depth))
            return self._weighed(Items(items, line), items)
        fields: dict[str, tuple[Scalar, Node]] = {}
        nodes = self._until(yaml.MappingEndEvent, depth)
        for name in nodes:
            if not isinstance(name, Scalar):
                raise Unfit([f"line {line}: a name must be a text, and not a list or a mapping."])
            self._add(fields, name, next(nodes))
        pairs = tuple(fields.values())
        return self._weighed(Fields(pairs, line), [node for _, node in pairs])

    def _until(self, end: type, depth: int) -> Iterator[Node]:
        while not isinstance(event := next(self._events), end):
            yield self._node(event, depth + 1)

    def _add(self, fields: dict[str, tuple[Scalar, Node]], name: Scalar, node: Node) -> None:
        if name.plain and name.text == _MERGE:
            for one, inner in _merged(name, node):
                fields.setdefault(one.text, (_Merged(one.text, one.plain, one.line), inner))
            return
        there = fields.get(name.text)
        if there and not isinstance(there[0], _Merged):
            raise Unfit([f"line {name.line}: {name.text!r} stands here twice: it is in line {there[0].line} already."])
        fields[name.text] = (name, node)

    def _weighed[T: (Items, Fields)](self, node: T, inner: Iterable[Node]) -> T:
        size = 1 + sum(self._sizes.get(id(one), 1) for one in inner)
        if size > MOST_VALUES:
            raise Unfit([f"line {node.line}: with its aliases written out it has more than {MOST_VALUES:,} values."])
        self._sizes[id(node)] = size
        return node


class _Merged(Scalar):
    """A name that came by `<<`: one that stands in the mapping itself takes its place."""


def _merged(name: Scalar, node: Node) -> Iterator[tuple[Scalar, Node]]:
    for one in node.items if isinstance(node, Items) else (node,):
        if not isinstance(one, Fields):
            raise Unfit([f"line {name.line}: {_MERGE} takes a mapping, such as *defaults."])
        yield from one.fields


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 0


def _told(error: yaml.YAMLError, text: str) -> str:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is no YAML"
    place = getattr(error, "position", None)
    line = mark.line + 1 if mark else text.count("\n", 0, place) + 1 if isinstance(place, int) else 1
    lines = text.splitlines()
    _, _, value = (lines[line - 1] if line <= len(lines) else "").partition(": ")
    hint = (
        f" A value that begins with {value.strip()[0]} needs quotes."
        if value.strip()[:1] in ("*", "@", "&", "%", "`")
        else ""
    )
    return f"line {line}: {problem}.{hint}"
