"""How it is written: versions, words, names, tags, places, and what the next commands read."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.check import bicep, tree
from infra.check.facts import Facts, Kinds, Text, Thing
from tests.infra import expected
from tests.infra.later import GROUP, SUBSCRIPTION, Deployed
from tests.infra.policy import EVERYTHING, INFRA, MAIN, Infra

FACTS = Facts.read()


def versions(infra: Infra) -> Iterator[str]:
    """Every type is written against the newest stable version that is known."""
    for file in infra.templates:
        for resource in file.of(bicep.Resource).values():
            kind, _, version = resource.kind.partition("@")
            wanted = expected.VERSIONS.get(kind) or expected.VERSIONS.get(kind.partition("/")[0])
            if version != wanted:
                yield f"{file.path.name}:{resource.line} {kind} is written against {version}: {wanted} is expected"


def described(infra: Infra) -> Iterator[str]:
    """Every file, parameter and output says what it is for; texts and numbers are bounded."""
    for file in infra.templates:
        if not re.search(r"^metadata description = '.+'", file.text, re.MULTILINE):
            yield f"{file.path.name} has no metadata description"
        for each in [*file.of(bicep.Parameter).values(), *file.of(bicep.Output).values()]:
            said = each.decorator("description")
            if not isinstance(said, tree.Text) or len(said.literal or "") < 4:
                yield f"{file.path.name}:{each.line} {each.name} has no description"
        for parameter in file.of(bicep.Parameter).values():
            low, high = (any(d.name.startswith(w) for d in parameter.decorators) for w in ("min", "max"))
            bounded = parameter.allowed or parameter.decorator("allowed")
            word = parameter.kind.word
            if (
                file.path.name == "main.bicep"
                and not bounded
                and ((word == "string" and not high) or (word == "int" and not (low and high)))
            ):
                yield f"{file.path.name}:{parameter.line} {parameter.name} is not bounded"
    for parameter in infra.main.of(bicep.Parameter).values():
        if parameter.needed:
            yield f"main.bicep:{parameter.line} {parameter.name} has no default that works"


def named(infra: Infra) -> Iterator[str]:
    """Every resource's name follows one rule, however short or long the installation's own name is, and is allowed."""
    bounds = [infra.main.of(bicep.Parameter)["name"].decorator(f"{which}Length") for which in ("min", "max")]
    for name in ("abcdefghijklmnopqrstuvwxyz"[: bound.value] for bound in bounds if isinstance(bound, tree.Number)):
        made = infra.plan({**EVERYTHING, "name": name})
        suffixes: set[str] = set()
        for resource in made.made:
            lead = expected.ABBREVIATIONS.get(resource.type)
            if lead is not None:
                hyphen = "-" if lead.endswith("-") else ""
                rule = re.compile(rf"{lead}(?:[a-z]+-)*{name}{hyphen}(?:[a-z]+-)*([a-z0-9]{{6,8}})(?:-[a-z-]+)?")
                fits = rule.fullmatch(resource.name)
                suffixes |= {fits[1]} if fits else set()
                if not fits:
                    yield f"{resource}: its name {resource.name} does not follow {lead}{name}{hyphen}SUFFIX"
            yield from _allowed(resource)
        if len(suffixes) > 1:
            yield f"the names have different suffixes: {sorted(suffixes)}"


def _allowed(resource: Deployed) -> Iterator[str]:
    """Hold a name against the bounds of its type."""
    body = FACTS.resource(f"{resource.type}@{resource.version}")
    things = body.shared if isinstance(body, Kinds) else body
    known = things.properties.get("name") if isinstance(things, Thing) else None
    shape = FACTS.shape(known.shape) if known else None
    if isinstance(shape, Text):
        length = len(resource.name)
        if length < (shape.least or 0) or length > (shape.most or length):
            yield f"{resource}: its name {resource.name} has {length} characters"
        if shape.pattern and not re.search(shape.pattern, resource.name):
            yield f"{resource}: its name {resource.name} does not match {shape.pattern}"


def tagged(infra: Infra) -> Iterator[str]:
    """Whatever can carry tags carries the app's, the installation's, and those that a person adds."""
    for title, made in infra.plans.items():
        for resource in made.made:
            body = FACTS.resource(f"{resource.type}@{resource.version}")
            things = body.shared if isinstance(body, Kinds) else body
            if not isinstance(things, Thing) or "tags" not in things.properties:
                continue
            tags = resource.body.get("tags") or {}
            lacking = {"app", "installation"} | ({"costCentre"} if made is infra.most else set())
            if lacking - tags.keys() or tags["app"] != "crontable":
                yield f"{resource}, {title}: its tags are {tags}"


def placed(infra: Infra) -> Iterator[str]:
    """Among the jobs stand container groups only, each in its region; all else stands in the group deployed into."""
    own = f"{SUBSCRIPTION}/resourceGroups/{GROUP}"
    for title, made in infra.plans.items():
        for resource in made.made:
            if resource.group == f"{own}-jobs":
                if resource.type not in expected.AMONG_JOBS:
                    yield f"{resource}, {title}: only container groups may stand in the jobs' resource group"
            elif resource.group != own:
                yield f"{resource}, {title}: it is deployed into {resource.group}"
            elif resource.type == "Microsoft.ContainerInstance/containerGroups":
                yield f"{resource}, {title}: container groups stand in the jobs' resource group"


def optional(infra: Infra) -> Iterator[str]:
    """What costs money or needs an answer is made only when it is asked for."""
    lead = ("Microsoft.Network/", "Microsoft.Consumption/", "Microsoft.ContainerInstance/", "Microsoft.Insights/action")
    for resource in infra.least.made:
        if resource.type.startswith(lead) or resource.type.endswith("/federatedIdentityCredentials"):
            yield f"{resource} is made though nobody asked for it"
    kinds = {resource.type for resource in infra.most.made}
    for wanted in sorted(expected.ABBREVIATIONS.keys() - kinds):
        yield f"no {wanted} is made, not even with every option"


def local(infra: Infra) -> Iterator[str]:
    """Modules are files of this repository, each is used, and no check is switched off."""
    used = set()
    for file in infra.templates:
        for module in file.of(bicep.Module).values():
            target = (file.path.parent / module.source).resolve()
            used.add(target)
            if ":" in module.source or not target.is_relative_to(INFRA):
                yield f"{file.path.name}:{module.line} {module.source} is no file of infra/"
        for number in file.passed:
            yield f"{file.path.name}:{number - 1} switches a check off"
    for file in infra.templates:
        if file.path != MAIN and file.path not in used:
            yield f"{file.path.name} is used by nothing"


def ordered(infra: Infra) -> Iterator[str]:
    """What one module finds is made before by another, and the app comes after the roles that it starts with."""
    modules = infra.main.of(bicep.Module)
    makes = {r.id: Path(r.file).name for r in infra.most.made}
    after = {name: _after(name, modules) for name in modules}
    sources = {name: Path(module.source).name for name, module in modules.items()}
    for name, source in sources.items():
        found = {makes.get(r.id, source) for r in infra.most.resources if r.existing and r.file == source} - {source}
        for other in sorted(found - {sources[each] for each in after[name]}):
            yield f"main.bicep: the module {name} does not wait for {other}, whose resources it finds"
    for name in (name for name, source in sources.items() if source == "app.bicep"):
        for other in sorted({"roles.bicep", "jobs-roles.bicep"} - {sources[each] for each in after[name]}):
            yield f"main.bicep: the module {name} does not wait for {other}: the host would start without its rights"


def _after(name: str, modules: Mapping[str, bicep.Module]) -> set[str]:
    """Name the modules that one waits for, those that they wait for too."""
    nodes = modules[name].value.walk()
    near = {node.name for node in nodes if isinstance(node, tree.Name) and node.name in modules} - {name}
    return near.union(*(_after(other, modules) for other in near))


def accepted(infra: Infra) -> Iterator[str]:
    """Every value that is handed on to a module keeps the bounds that the module's parameter has."""
    for title, made in infra.plans.items():
        for refusal in made.refused:
            yield f"{title}: {refusal}"


def answered(infra: Infra) -> Iterator[str]:
    """The outputs are those that the next commands read, and each has a value."""
    for title, made in infra.plans.items():
        for name in sorted(expected.OUTPUTS ^ made.outputs.keys()):
            yield f"{title}: {name} is {'missing from' if name in expected.OUTPUTS else 'unknown among'} the outputs"
        for name, value in made.outputs.items():
            if value in (None, "") and not (made is infra.least and name in expected.EMPTY_OUTPUTS):
                yield f"{title}: the output {name} is empty"
