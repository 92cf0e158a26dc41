"""What is taken of resources and modules, `storage.properties.x` or `roles.outputs.y`: it must be there."""

from collections.abc import Callable, Iterator

from infra.check import bicep, tree
from infra.check.facts import Facts, Kinds, Thing
from infra.check.guess import Guesser, part
from infra.check.names import nearest
from infra.check.words import GIVEN

#: Finds the file that a module names; None where there is none.
type Find = Callable[[bicep.Module], bicep.File | None]
_OF_A_MODULE = {"outputs", "name", "id"}


def problems(file: bicep.File, facts: Facts, find: Find) -> Iterator[bicep.Problem]:
    """Name what a file takes that is not there."""
    guesser = Guesser(file, facts)
    for declared in file.declared:
        if not (isinstance(declared, bicep.Resource) and declared.inside_of):
            for node in declared.walk():
                if isinstance(node, tree.Member):
                    yield from _of_resource(file, guesser, node)
                    yield from _of_module(file, guesser, node, find)
                    yield from _of_function(file, node)
                    yield from _of_variable(file, guesser, node)
                elif isinstance(node, tree.Inner):
                    yield from _inner(file, node)


def _of_resource(file: bicep.File, guesser: Guesser, node: tree.Member) -> Iterator[bicep.Problem]:
    shape = guesser.shape(node.of)
    things = shape.shared if isinstance(shape, Kinds) else shape
    named = isinstance(things, Thing) and things.properties and part(guesser.facts, shape, node.name) is None
    if named and isinstance(things, Thing):
        sentence = f"{written(node.of)} has no property {node.name}{nearest(node.name, list(things.properties))}"
        yield file.problem(node, "BCP053", sentence)


def _of_function(file: bicep.File, node: tree.Member) -> Iterator[bicep.Problem]:
    if isinstance(node.of, tree.Call) and node.of.of is None and node.of.name in GIVEN:
        known = GIVEN[node.of.name].split()
        if node.name not in known:
            sentence = f"{node.of.name}() has no property {node.name}{nearest(node.name, known)}"
            yield file.problem(node, "BCP053", sentence)


def _of_variable(file: bicep.File, guesser: Guesser, node: tree.Member) -> Iterator[bicep.Problem]:
    whole = _object(guesser, node.of)
    if whole and not node.safe and node.name not in whole.known and len(whole.known) == len(whole.pairs):
        sentence = f"{written(node.of)} has no property {node.name}{nearest(node.name, list(whole.known))}"
        yield file.problem(node, "BCP053", sentence)


def _object(guesser: Guesser, node: tree.Node | None) -> tree.Object | None:
    """Give the object that a variable, or a part of one, was written as."""
    while isinstance(node, tree.Name) and node.name in guesser.variables:
        node = guesser.variables[node.name].value
    if isinstance(node, tree.Member):
        above = _object(guesser, node.of)
        return _object(guesser, above.get(node.name)) if above else None
    return node if isinstance(node, tree.Object) else None


def _of_module(file: bicep.File, guesser: Guesser, node: tree.Member, find: Find) -> Iterator[bicep.Problem]:
    name = module_of(node.of, guesser)
    if name and node.name not in _OF_A_MODULE:
        yield file.problem(node, "BCP053", f"The module {name} has no {node.name}: it has outputs, name and id.")
    if isinstance(node.of, tree.Member) and node.of.name == "outputs" and (name := module_of(node.of.of, guesser)):
        target = find(guesser.modules[name])
        outputs = target.of(bicep.Output) if target else None
        if outputs is not None and node.name not in outputs and not (target and target.problems):
            sentence = f"The module {name} has no output {node.name}{nearest(node.name, list(outputs))}"
            yield file.problem(node, "BCP053", sentence)


def module_of(node: tree.Node, guesser: Guesser) -> str:
    """Give the name of the module that a node stands for, or of the loop of them that it takes one of; else ''."""
    if isinstance(node, tree.Index):
        node = node.of
    return node.name if isinstance(node, tree.Name) and node.name in guesser.modules else ""


def _inner(file: bicep.File, node: tree.Inner) -> Iterator[bicep.Problem]:
    if not isinstance(node.of, tree.Name | tree.Index | tree.Inner):
        yield file.problem(node, "BCP159", f"Before ::{node.name} a resource must stand.")
    known = {each.name for each in file.of(bicep.Resource).values() if each.inside_of}
    if node.name not in known:
        yield file.problem(
            node, "BCP159", f"No resource {node.name} stands in {written(node.of)}{nearest(node.name, known)}"
        )


def written(node: tree.Node) -> str:
    """Write a chain of names as it stands in the file."""
    match node:
        case tree.Name(name=name):
            return name
        case tree.Member(of=of, name=name):
            return f"{written(of)}.{name}"
        case tree.Inner(of=of, name=name):
            return f"{written(of)}::{name}"
        case tree.Index(of=of):
            return f"{written(of)}[]"
        case tree.Call(name=name, of=of):
            return f"{written(of)}.{name}()" if of else f"{name}()"
    return "it"
