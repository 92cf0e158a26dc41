"""Declarations: the grammar's leaves as the values of `tree.py`."""

import re
from collections.abc import Iterator
from dataclasses import replace

from tree_sitter import Node as Leaf

from infra.check import bicep, tree
from infra.check.express import expression
from infra.check.leaf import first, line, named, text

type _Decorators = tuple[tree.Call, ...]
_VALUE = ("object", "for_statement", "if_statement")
_WORDS = {"string", "int", "bool", "object", "array"}


def declared(root: Leaf) -> Iterator[tree.Declared]:
    """Read all that a file declares, resources inside others too."""
    decorators: _Decorators = ()
    for leaf in named(root):
        if leaf.type == "decorators":
            decorators = tuple(map(_decorator, named(leaf)))
        else:
            yield from _one(leaf, decorators)
            decorators = ()


def _decorator(leaf: Leaf) -> tree.Call:
    read = expression(leaf)
    return read if isinstance(read, tree.Call) else tree.Call(line(leaf), text(leaf).lstrip("@"), ())


def _one(leaf: Leaf, decorators: _Decorators) -> Iterator[tree.Declared]:
    at, inside = line(leaf), named(leaf)
    name = text(inside[0]) if inside else ""
    match leaf.type:
        case "parameter_declaration":
            default = None if inside[-1].type == "type" else expression(inside[-1])
            yield bicep.Parameter(at, name, decorators, _kind(leaf), default)
        case "variable_declaration":
            yield bicep.Variable(at, name, decorators, expression(inside[-1]))
        case "resource_declaration":
            yield from _resource(leaf, decorators, "")
        case "module_declaration":
            yield bicep.Module(at, name, decorators, _literal(leaf), _body(leaf))
        case "output_declaration":
            yield bicep.Output(at, name, decorators, _kind(leaf), expression(inside[-1]))
        case "using_statement":
            yield bicep.Using(at, name.strip("'"), decorators)
        case _:
            yield from _own(leaf, name, decorators)


def _own(leaf: Leaf, name: str, decorators: _Decorators) -> Iterator[tree.Declared]:
    """Read a type or a function of the file's own, or the import of one."""
    at, inside = line(leaf), named(leaf)
    if leaf.type == "type_declaration":
        yield bicep.Type(at, name, decorators, _named(inside[-1]))
    elif leaf.type == "user_defined_function":
        given = first(leaf, "parameters")
        names = tuple(text(named(each)[0]) for each in named(given)) if given else ()
        yield bicep.Function(at, name, decorators, names, expression(inside[-1]))
    elif leaf.type.startswith("import"):
        yield bicep.Type(at, "import", decorators, _named(leaf))


def _literal(leaf: Leaf) -> str:
    found = first(leaf, "string")
    return text(found).strip("'") if found else ""


def _body(leaf: Leaf) -> tree.Node:
    value = first(leaf, *_VALUE)
    return expression(value) if value else tree.Object(line(leaf), ())


def _resource(leaf: Leaf, decorators: _Decorators, outer: str) -> Iterator[bicep.Resource]:
    """Read a resource and those in its body, whose type and version may be written short of the outer one's."""
    kind = _literal(leaf)
    if outer:
        above, version = outer.split("@") if "@" in outer else (outer, "")
        kind = f"{above}/{kind}" if "@" in kind else f"{above}/{kind}@{version}"
    existing = any(text(child) == "existing" for child in leaf.children)
    inner = [each for one in _inner(leaf) for each in _resource(one, (), kind)]
    value = _with(_body(leaf), tuple(each for each in inner if each.inside_of == kind))
    yield bicep.Resource(line(leaf), text(named(leaf)[0]), decorators, kind, existing, value, outer)
    yield from inner


def _inner(value: Leaf | None) -> list[Leaf]:
    """Give the resources that stand right in a body."""
    while value and value.type != "object":
        value = next((child for child in reversed(value.named_children) if child.type in _VALUE), None)
    inside = [each for pair in (named(value) if value else []) for each in (pair, *named(pair))]
    return [each for each in inside if each.type == "resource_declaration"]


def _with(value: tree.Node, nested: tuple[bicep.Resource, ...]) -> tree.Node:
    match value:
        case tree.Loop() | tree.When():
            return replace(value, body=_with(value.body, nested))
        case tree.Object():
            return replace(value, nested=nested)
    return value


def _kind(leaf: Leaf) -> tree.Kind:
    """Read the type of a parameter or output."""
    found = next((child for child in leaf.named_children if child.type == "type" or child.type.endswith("_type")), None)
    return _named(found) if found else tree.Kind(line(leaf), "", "")


def _named(leaf: Leaf) -> tree.Kind:
    written = text(leaf)
    plain = written.removesuffix("?")
    values = tuple(re.findall(r"'([^']*)'", plain)) if re.fullmatch(r"'[^']*'(\s*\|\s*'[^']*')*", plain) else ()
    names = tuple(re.findall(r"[A-Za-z_]\w*", plain))
    return tree.Kind(line(leaf), _word(plain, values), written, values, written.endswith("?"), names)


def _word(plain: str, values: tuple[str, ...]) -> str:
    """Give the kind of a type; '' where it is one of the file's own."""
    if values:
        return "string"
    if plain.endswith("[]"):
        return "array"
    literal = "int" if plain.isdecimal() else "bool" if plain in {"true", "false"} else ""
    return "object" if plain.startswith("{") else plain if plain in _WORDS else literal
