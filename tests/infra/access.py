"""Who may do what: no keys, all that is shut said to be so, roles and identities exactly those expected."""

import re
from collections.abc import Iterator
from typing import Any

from infra.check import bicep, tree
from tests.infra import expected
from tests.infra.later import GROUP, SUBSCRIPTION, Deployed, Later, type_of
from tests.infra.plan import Plan
from tests.infra.policy import DEPLOYER, Infra

#: A key, or what leads to one, in whatever file.


KEYS = re.compile(
    r"\blist(Keys|AccountSas|ServiceSas|Secrets|Credentials)\b|AccountKey|SharedAccessKey|DefaultEndpointsProtocol"
    r"|InstrumentationKey|adminPassword|primarySharedKey|publishingProfile",
    re.IGNORECASE,
)


def keyless(infra: Infra) -> Iterator[str]:
    """No key stands in a file, is asked for, or is put out; what is secret has no default and is no output."""
    for file in infra.files.values():
        for number, line in enumerate(file.text.splitlines(), 1):
            if (found := KEYS.search(line.partition("//")[0])) and not line.lstrip().startswith(("@desc", "metadata")):
                yield f"{file.path.name}:{number} says {found[0]}: keys are not used, identities are"
        secret = {p.name for p in file.of(bicep.Parameter).values() if any(d.name == "secure" for d in p.decorators)}
        for output in file.of(bicep.Output).values():
            told = {node.name for node in output.walk() if isinstance(node, tree.Name)} & secret
            if told:
                yield f"{file.path.name}:{output.line} puts out the secret {', '.join(told)}"
        for name in secret:
            default = file.of(bicep.Parameter)[name].default
            fresh = isinstance(default, tree.Call) and default.name == "newGuid"
            empty = isinstance(default, tree.Text) and default.literal == ""
            if default is not None and not fresh and not empty:
                yield f"{file.path.name}: the secret {name} has a default"


def locked(infra: Infra) -> Iterator[str]:
    """Every resource says what keeps it shut, in so many words."""
    for title, made in infra.plans.items():
        for resource in made.made:
            for path, wanted in expected.LOCKED.get(resource.type, {}).items():
                given = _at(resource.properties, path)
                if given != wanted or isinstance(given, bool) != isinstance(wanted, bool):
                    yield f"{resource}, {title}: {path} is {given!r}: it must be {wanted!r}"
        shut = {policy.name for policy in made.of("Microsoft.Web/sites/basicPublishingCredentialsPolicies")}
        if shut != {"ftp", "scm"}:
            yield f"{title}: publishing with passwords is not off for ftp and scm"


def _at(properties: Any, path: str) -> Any:
    for part in path.split("."):
        properties = properties.get(part) if isinstance(properties, dict) else None
    return properties


def granted(infra: Infra) -> Iterator[str]:
    """Roles are exactly those expected: to whom, which, and on what."""
    for made, wanted in ((infra.least, expected.GRANTS), (infra.most, expected.GRANTS_ALL)):
        grants = [_grant(made, each) for each in made.of("Microsoft.Authorization/roleAssignments")]
        for grant in sorted(set(grants) - wanted):
            yield f"{grant[0]} is given {grant[1]} on {grant[2]}, which nobody expects"
        for grant in sorted(wanted - set(grants)):
            yield f"{grant[0]} is not given {grant[1]} on {grant[2]}"
        for grant in {each for each in grants if grants.count(each) > 1}:
            yield f"{grant[0]} is given {grant[1]} on {grant[2]} twice"
        names = [each.id for each in made.of("Microsoft.Authorization/roleAssignments")]
        if len(names) != len(set(names)):
            yield "two role assignments on one thing have one name: the second would overwrite the first"
        for each in made.of("Microsoft.Authorization/roleAssignments"):
            kind = each.properties.get("principalType")
            if kind not in ({"User"} if each.properties["principalId"] == DEPLOYER else {"ServicePrincipal"}):
                yield f"{each}: principalType is {kind}: a new identity is not found by its id alone"
        for custom in made.of("Microsoft.Authorization/roleDefinitions"):
            yield f"{custom}: a role of our own, which nobody expects"


def _grant(made: Plan, assignment: Deployed) -> tuple[str, str, str]:
    principal, role = assignment.properties["principalId"], assignment.properties["roleDefinitionId"]
    who = "deployer" if principal == DEPLOYER else str(principal)
    if isinstance(principal, Later) and principal.path == ".properties.principalId":
        who = next((r.symbol for r in made.made if r.id == principal.of), who)
    return who, expected.ROLES.get(role.rpartition("/")[2], role), _scope(made, assignment)


def _scope(made: Plan, assignment: Deployed) -> str:
    if not assignment.parent:
        own = f"{SUBSCRIPTION}/resourceGroups/{GROUP}"
        return {own: "the resource group", f"{own}-jobs": "the jobs' resource group"}.get(
            assignment.group, assignment.group
        )
    kind = type_of(assignment.parent)
    if kind.endswith("subnets"):
        return f"{kind} {assignment.parent.rpartition('/')[2]}"
    there = next((r for r in made.made if r.id == assignment.parent), None)
    if there is None:
        return f"{assignment.parent}, which is not deployed"
    return f"{kind} {there.symbol}" if kind.endswith("Identities") else kind


def identified(infra: Infra) -> Iterator[str]:
    """What runs works as its own identity and as no other, and the app's log goes to the workspace that is made."""
    for title, made in infra.plans.items():
        symbols = {resource.id: resource.symbol for resource in made.made}
        for resource in made.made:
            wanted = expected.WORKS_AS.get(resource.type)
            identity = resource.body.get("identity") or {}
            given = {symbols.get(each, each) for each in identity.get("userAssignedIdentities", {})}
            if given != (wanted or set()) or (wanted and identity.get("type") != "UserAssigned"):
                yield f"{resource}, {title}: it works as {', '.join(sorted(given)) or 'nobody'}"
            if resource.type == "Microsoft.Insights/components":
                where = resource.properties.get("WorkspaceResourceId")
                if symbols.get(str(where)) != "workspace":
                    yield f"{resource}, {title}: its log goes to {where}"
