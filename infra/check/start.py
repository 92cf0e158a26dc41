"""What must be known before anything is deployed: names, scopes, parents, conditions and what loops run over.

A resource says only its id, name, type and apiVersion then, and a module nothing of its outputs.
"""

from collections.abc import Iterator

from infra.check import bicep, tree
from infra.check.facts import Facts
from infra.check.guess import Guesser
from infra.check.members import module_of, written
from infra.check.words import KNOWN_AT_THE_START

_OF_A_RESOURCE, _OF_A_MODULE = ("name", "scope", "parent"), ("name", "scope")
#: A scope of these cannot be reached from the file's own: only a module gets there.
_ELSEWHERE = {"resourceGroup", "subscription", "tenant", "managementGroup"}


def problems(file: bicep.File, facts: Facts) -> Iterator[bicep.Problem]:
    """Name what is used in such a place and is not known yet, and resources that would leave the file's scope."""
    guesser = Guesser(file, facts)
    for declared in file.declared:
        inside_of_another = isinstance(declared, bicep.Resource) and declared.inside_of
        for node in declared.walk() if not inside_of_another else ():
            if isinstance(node, tree.When):
                yield from _late(file, guesser, node.condition, f"The condition of {declared.name}", frozenset())
            elif isinstance(node, tree.Loop):
                yield from _late(file, guesser, node.over, f"What {declared.name} loops over", frozenset())
        if isinstance(declared, bicep.Variable) and isinstance(declared.value, tree.Loop):
            yield from _late(file, guesser, declared.value.body, f"What the loop of {declared.name} gives", frozenset())
        if isinstance(declared, bicep.Resource | bicep.Module) and declared.body:
            yield from _places(file, guesser, declared, declared.body)


def _places(
    file: bicep.File, guesser: Guesser, declared: bicep.Resource | bicep.Module, body: tree.Object
) -> Iterator[bicep.Problem]:
    """Look at the name, scope and parent of a resource or module."""
    if isinstance(declared, bicep.Resource) and declared.existing:
        return
    for place in _OF_A_RESOURCE if isinstance(declared, bicep.Resource) else _OF_A_MODULE:
        given = body.get(place)
        if given is not None:
            yield from _late(file, guesser, given, f"{declared.name}.{place}", frozenset())
    if isinstance(declared, bicep.Resource):
        yield from _left(file, declared, body.get("scope"))


def _late(
    file: bicep.File, guesser: Guesser, node: tree.Node, what: str, seen: frozenset[str]
) -> Iterator[bicep.Problem]:
    """Look for what is not known at the start, behind variables, too."""
    if isinstance(node, tree.Member):
        resource = guesser.shape(node.of) is not None and not isinstance(node.of, tree.Member)
        outputs = node.name == "outputs" and module_of(node.of, guesser)
        if (resource and node.name not in KNOWN_AT_THE_START) or outputs:
            sentence = f"{what} must be known before anything is deployed, and {written(node)} is not."
            yield file.problem(node, "BCP120", sentence)
            return
    if isinstance(node, tree.Name) and node.name in guesser.variables and node.name not in seen:
        yield from _late(file, guesser, guesser.variables[node.name].value, what, seen | {node.name})
    for each in node.inside():
        yield from _late(file, guesser, each, what, seen)


def _left(file: bicep.File, resource: bicep.Resource, scope: tree.Node | None) -> Iterator[bicep.Problem]:
    if isinstance(scope, tree.Call) and scope.of is None and scope.name in _ELSEWHERE:
        sentence = (
            f"{resource.name}.scope is {scope.name}(): a resource of another scope must stand in a module of its own."
        )
        yield file.problem(scope, "BCP139", sentence)
