"""Expressions: the grammar's leaves as the values of `tree.py`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from tree_sitter import Node as Leaf

from infra.check import tree
from infra.check.leaf import first, line, named, text

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
#: `az.resourceGroup()` is `resourceGroup()`, whatever else the file calls so.
_SPACES = {"az", "sys"}
_UNICODE = re.compile(r"\\u\{([0-9a-fA-F]+)\}")


def expression(leaf: Leaf) -> tree.Node:
    """Read one expression."""
    return _READ.get(leaf.type, _unread)(leaf)


def _of(leaf: Leaf) -> list[tree.Node]:
    """Read what stands in a leaf."""
    return [expression(each) for each in named(leaf)]


def _unread(leaf: Leaf) -> tree.Node:
    return tree.Unread(line(leaf), text(leaf), tuple(_of(leaf)))


def _lambda(leaf: Leaf) -> tree.Node:
    return tree.Lambda(line(leaf), _lambda_names(leaf), expression(named(leaf)[-1]))


def _lambda_names(leaf: Leaf) -> tuple[str, ...]:
    names = named(leaf)[:-1]
    return tuple(text(each) for name in names for each in ([name] if name.type == "identifier" else named(name)))


def _binary(leaf: Leaf) -> tree.Node:
    left, right = _of(leaf)
    return tree.Binary(line(leaf), _sign(leaf), left, right)


def _sign(leaf: Leaf) -> str:
    return next(text(child) for child in leaf.children if not child.is_named)


def _choice(leaf: Leaf) -> tree.Node:
    condition, yes, no = _of(leaf)
    return tree.Choice(line(leaf), condition, yes, no)


def _taken(leaf: Leaf, take: Callable[[tree.Node], tree.Node]) -> tree.Node:
    """Take a part of what a leaf stands for.

    The grammar reads `a ? b : c.d.e` as `(a ? b : c).d.e`, and likewise after any other sign. Where no parentheses
    stand, the part is taken of the last operand.
    """
    at, inside = line(leaf), named(leaf)
    match leaf.type:
        case "ternary_expression":
            condition, yes, no = inside
            return tree.Choice(at, expression(condition), expression(yes), _taken(no, take))
        case "binary_expression":
            return tree.Binary(at, _sign(leaf), expression(inside[0]), _taken(inside[1], take))
        case "unary_expression":
            return tree.Unary(at, text(leaf)[0], _taken(inside[-1], take))
        case "lambda_expression":
            return tree.Lambda(at, _lambda_names(leaf), _taken(inside[-1], take))
        case "member_expression" | "subscript_expression" | "resource_expression" | "call_expression":
            return _further(expression(leaf), take)
    return take(expression(leaf))


def _further(node: tree.Node, take: Callable[[tree.Node], tree.Node]) -> tree.Node:
    """Take a part of what itself was taken, perhaps of a last operand: `.e`, after `.d`."""
    match node:
        case tree.Choice(no=no):
            return replace(node, no=_further(no, take))
        case tree.Binary(right=right):
            return replace(node, right=_further(right, take))
        case tree.Unary(of=of):
            return replace(node, of=_further(of, take))
        case tree.Lambda(body=body):
            return replace(node, body=_further(body, take))
    return take(node)


def _member(leaf: Leaf) -> tree.Node:
    of, *_, name = named(leaf)
    safe = any(child.type == ".?" for child in leaf.children)
    return _taken(of, lambda whole: tree.Member(line(leaf), whole, text(name), safe))


def _index(leaf: Leaf) -> tree.Node:
    of, *_, at = named(leaf)
    return _taken(of, lambda whole: tree.Index(line(leaf), whole, expression(at)))


def _inner(leaf: Leaf) -> tree.Node:
    of, *_, name = named(leaf)
    return _taken(of, lambda whole: tree.Inner(line(leaf), whole, text(name)))


def _string(leaf: Leaf) -> tree.Text:
    """Read a text, its escapes resolved and what stands in `${}` read."""
    whole = text(leaf)
    if whole.startswith("'''"):
        return tree.Text(line(leaf), (whole[3:-3].removeprefix("\n"),))
    parts: list[str | tree.Node] = []
    start = leaf.start_byte + 1
    source = leaf.text or b""
    for child in leaf.children:
        if child.type == "interpolation":
            parts += [_unescaped(source[start - leaf.start_byte : child.start_byte - leaf.start_byte].decode())]
            parts += [expression(each) for each in named(child)]
            start = child.end_byte
    parts.append(_unescaped(source[start - leaf.start_byte : -1].decode()))
    return tree.Text(line(leaf), tuple(part for part in parts if part != ""))


def _unescaped(written: str) -> str:
    plain = _UNICODE.sub(lambda found: chr(int(found[1], 16)), written)
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), plain)


def _object(leaf: Leaf) -> tree.Object:
    # declare.py reads the resources that stand in a body, and sets `nested`.
    pairs = []
    for pair in named(leaf):
        inside = named(pair)
        if pair.type == "object_property" and len(inside) > 1:
            key = inside[0]
            name = _string(key) if key.type == "string" else tree.Text(line(key), (text(key),))
            pairs.append(tree.Pair(line(pair), name, expression(inside[-1])))
    return tree.Object(line(leaf), tuple(pairs))


def _call(leaf: Leaf) -> tree.Node:
    what, given = leaf.named_children[0], first(leaf, "arguments")
    arguments = tuple(_of(given)) if given else ()
    if what.type != "member_expression":
        return _taken(what, lambda name: tree.Call(line(leaf), _name(name, what), arguments))
    owner, name = named(what)[0], text(named(what)[-1])
    if text(owner) in _SPACES:
        return tree.Call(line(leaf), name, arguments)
    return _taken(owner, lambda whole: tree.Call(line(leaf), name, arguments, whole))


def _name(node: tree.Node, leaf: Leaf) -> str:
    return node.name if isinstance(node, tree.Name) else text(leaf)


def _loop(leaf: Leaf) -> tree.Loop:
    names, over, body = named(leaf)
    inside = [names] if names.type == "identifier" else named(names)
    return tree.Loop(line(leaf), tuple(map(text, inside)), expression(over), expression(body))


_READ: Mapping[str, Callable[[Leaf], tree.Node]] = {
    "string": _string,
    "multiline_string": _string,
    "number": lambda leaf: tree.Number(line(leaf), int(text(leaf))),
    "boolean": lambda leaf: tree.Truth(line(leaf), text(leaf) == "true"),
    "null": lambda leaf: tree.Null(line(leaf)),
    "identifier": lambda leaf: tree.Name(line(leaf), text(leaf)),
    "primitive_type": lambda leaf: tree.Name(line(leaf), text(leaf)),
    "object": _object,
    "array": lambda leaf: tree.Array(line(leaf), tuple(_of(leaf))),
    "parenthesized_expression": lambda leaf: _of(leaf)[0],
    "nullable_type": lambda leaf: _of(leaf)[0],
    "decorator": lambda leaf: _of(leaf)[0],
    "call_expression": _call,
    "lambda_expression": _lambda,
    "for_statement": _loop,
    "if_statement": lambda leaf: tree.When(line(leaf), _of(leaf)[0], _of(leaf)[-1]),
    "member_expression": _member,
    "subscript_expression": _index,
    "resource_expression": _inner,
    "unary_expression": lambda leaf: tree.Unary(line(leaf), text(leaf)[0], _of(leaf)[-1]),
    "binary_expression": _binary,
    "ternary_expression": _choice,
}
