"""Declarations that need each other: none of them could be worked out, or made, first."""

from collections.abc import Iterator

from infra.check import bicep, tree


def problems(file: bicep.File) -> Iterator[bicep.Problem]:
    """Name every declaration of a ring, once."""
    declared = {d.name: d for d in file.declared if not isinstance(d, bicep.Output) and not _inner(d)}
    needs = {name: _needs(each) & declared.keys() for name, each in declared.items()}
    for name, each in declared.items():
        if name in _reached(needs, needs[name]):
            others = sorted(other for other in _reached(needs, {name}) if name in _reached(needs, needs[other]))
            sentence = f"{name} needs itself: these need each other in a ring: {', '.join(others)}."
            yield file.problem(each, "BCP080", sentence)


def _inner(declared: tree.Declared) -> bool:
    return isinstance(declared, bicep.Resource) and bool(declared.inside_of)


def _needs(declared: tree.Declared) -> set[str]:
    """Name all that a declaration uses; a resource may well name itself beside those that stand in it."""
    own = {declared.name} if isinstance(declared, bicep.Resource) else set()
    return {node.name for node in declared.walk() if isinstance(node, tree.Name)} - own


def _reached(needs: dict[str, set[str]], start: set[str]) -> set[str]:
    met: set[str] = set()
    ahead = set(start)
    while ahead:
        met |= ahead
        ahead = set().union(*(needs[name] for name in ahead)) - met
    return met
