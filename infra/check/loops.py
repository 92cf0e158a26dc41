"""Where a loop may stand: as the value of a declaration, or of a property of a resource or module; never in another.

The compiler makes ARM's copy of each, and ARM copies nowhere else; `map()` may stand anywhere.
"""

from collections.abc import Iterator

from infra.check import bicep, tree


def problems(file: bicep.File) -> Iterator[bicep.Problem]:
    """Name the loops that stand elsewhere."""
    for declared in file.declared:
        match declared:
            case bicep.Resource(inside_of="") | bicep.Module():
                yield from _within(file, _body(declared.value), at_a_property=False, looped=False)
            case bicep.Variable(value=value) | bicep.Output(value=value):
                inside = value.body if isinstance(value, tree.Loop) else value
                yield from _strays(file, inside)
            case bicep.Parameter(default=tree.Node() as default):
                yield from _strays(file, default)


def _body(value: tree.Node) -> tree.Node:
    while isinstance(value, tree.Loop | tree.When):
        value = value.body
    return value


def _strays(file: bicep.File, node: tree.Node) -> Iterator[bicep.Problem]:
    for each in node.walk():
        if isinstance(each, tree.Loop):
            yield file.problem(each, "BCP138", "A loop may not stand inside this value; use map(), or a variable.")


def _within(file: bicep.File, node: tree.Node, *, at_a_property: bool, looped: bool) -> Iterator[bicep.Problem]:
    """Look into a body; `at_a_property`: the node is a property's whole value; `looped`: inside a property's loop."""
    if isinstance(node, bicep.Resource):
        yield from _within(file, _body(node.value), at_a_property=False, looped=False)
        return
    if isinstance(node, tree.Loop):
        if not at_a_property:
            yield file.problem(
                node, "BCP138", "A loop must be the whole value of a property; use map(), or a variable."
            )
        elif looped:
            yield file.problem(node, "BCP142", "A property's loop may not stand inside another; use map().")
        looped = True
    for each in node.inside():
        whole = isinstance(node, tree.Pair) and each is node.value
        yield from _within(file, each, at_a_property=whole, looped=looped)
