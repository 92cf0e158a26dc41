"""A Bicep file's text, read into the values of `tree.py` by the grammar of tree-sitter-bicep.

What the grammar cannot read becomes problems. Two rules of the language are beyond it and are held here: properties
on one line have a comma between them, and no property stands twice in one object.
"""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import tree_sitter_bicep
from tree_sitter import Language, Parser
from tree_sitter import Node as Leaf

from infra.check import bicep
from infra.check.declare import declared
from infra.check.leaf import COMMENTS, line, named, text

_PARSER = Parser(Language(tree_sitter_bicep.language()))
_PASS = re.compile(r"^\s*#disable-next-line\s+(.*)$")
#: The grammar does not know a .bicepparam's `param name = value`, which reads like a variable.
_GIVEN = re.compile(r"^param(\s+\w+\s*=)", re.MULTILINE)


def read(path: Path) -> bicep.File:
    """Read a .bicep or .bicepparam file."""
    return parse(path.read_text(encoding="utf-8-sig"), path)


def parse(source: str, path: Path) -> bicep.File:
    """Read a file's text; `path` is what its problems name."""
    grammatical = _GIVEN.sub(r"var  \1", source) if path.suffix == ".bicepparam" else source
    root = _PARSER.parse(grammatical.encode()).root_node
    problems = tuple(_problems(root, path))
    passed = {number + 1: given[1] for number, at in enumerate(source.splitlines(), 1) if (given := _PASS.match(at))}
    scopes = [
        text(leaf).partition("'")[2].rstrip("'") for leaf in named(root) if leaf.type == "target_scope_assignment"
    ]
    broken = any(problem.code == "syntax" for problem in problems)
    found = () if broken else tuple(declared(root))
    return bicep.File(path, found, problems, passed, scopes[0] if scopes else "resourceGroup", source)


def _problems(leaf: Leaf, path: Path) -> Iterator[bicep.Problem]:
    """Name what cannot be read, the outermost only."""
    if leaf.type == "ERROR" or leaf.is_missing:
        near = text(leaf).strip().partition("\n")[0][:40]
        yield bicep.Problem(path, line(leaf), "syntax", f"This cannot be read{f', near {near!r}' if near else ''}.")
        return
    if leaf.type in {"object", "infrastructure"}:
        yield from _unparted(leaf, path)
    if leaf.type == "object":
        yield from _twice(leaf, path)
    for child in leaf.children:
        yield from _problems(child, path)


def _unparted(leaf: Leaf, path: Path) -> Iterator[bicep.Problem]:
    commas = [child.start_byte for child in leaf.children if child.type == ","]
    for one, other in pairwise(child for child in leaf.named_children if child.type not in COMMENTS):
        together = one.end_point[0] == other.start_point[0]
        if together and not any(one.end_byte <= comma < other.start_byte for comma in commas):
            yield bicep.Problem(
                path, line(other), "syntax", f"A new line or a comma is missing before {text(other)!r}."
            )


def _twice(leaf: Leaf, path: Path) -> Iterator[bicep.Problem]:
    seen: set[str] = set()
    for pair in named(leaf):
        keys = named(pair)[:1] if pair.type == "object_property" else []
        key = text(keys[0]).strip("'") if keys else ""
        if key in seen:
            yield bicep.Problem(path, line(pair), "BCP025", f"The property {key} stands twice in this object.")
        seen |= {key} if key and "${" not in key else set()
