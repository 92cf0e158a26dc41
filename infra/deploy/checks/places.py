"""Where it shall stand: the two resource groups, and regions that have everything."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from infra.deploy.asked import Asked
from infra.deploy.azure import NOT_FOUND, Az, AzError
from infra.deploy.finding import Fault, Finding, Note
from infra.deploy.plan import Account, Group, Plan, Template


def find(az: Az, asked: Asked, account: Account, template: Template) -> tuple[Plan | None, list[Finding]]:
    """Find both groups and the regions; without a region there is no plan."""
    jobs_name = template.value("jobsResourceGroup", asked.parameters) or f"{asked.group}-jobs"
    findings: list[Finding] = []
    group, jobs = (_group(az, name, asked, account, findings) for name in (asked.group, jobs_name))
    findings += _same(group, jobs)
    inside = _plain(template.value("location", asked.parameters))
    if not inside:
        findings += _elsewhere(group, asked)
    region = inside or asked.location or group.region
    if not region:
        needed = "LOCATION, the region to create it in"
        found = f"There is no resource group {asked.group} yet, and LOCATION is not given."
        mend = (asked.command(location="westeurope"), *_list(account))
        return None, [*findings, Fault(found, needed, mend)]
    jobs_region = _plain(template.value("jobsLocation", asked.parameters)) or region
    return Plan(asked, az, account, template, group, jobs, region, jobs_region), findings


def _group(az: Az, name: str, asked: Asked, account: Account, findings: list[Finding]) -> Group:
    try:
        told = az.ask("group", "show", "--name", name)
    except AzError as error:
        if error.code != NOT_FOUND and not error.has("ResourceGroupNotFound"):
            needed = f"to be allowed to see it: {asked.command()} needs Contributor there"
            scope = f"/subscriptions/{account.subscription}/resourceGroups/{name}"
            line = f"az role assignment create --assignee {account.user} --role Contributor --scope {scope}"
            findings.append(Fault(f"The resource group {name} could not be looked up: {error}", needed, (line,)))
        return Group(name)
    if told.get("properties", {}).get("provisioningState") == "Deleting":
        mend = (f"az group wait --deleted --name {name} --subscription {az.subscription}", asked.command())
        findings.append(Fault(f"The resource group {name} is being deleted.", "that it is gone, or stays", mend))
    return Group(name, _plain(told["location"]))


def _same(group: Group, jobs: Group) -> Iterator[Note]:
    if group.name.lower() == jobs.name.lower():
        yield Note(f"The container groups share {jobs.name} with all else: the scheduler may delete any of them there.")


def _elsewhere(group: Group, asked: Asked) -> Iterator[Fault]:
    """Scenario: a person mistypes the group's name, or moves on, and half of it would stand in another region."""
    if group.exists and asked.location and asked.location != group.region:
        elsewhere = Asked(group.name, "", asked.name, asked.subscription, asked.parameters)
        yield Fault(
            f"The resource group {group.name} is in {group.region}, and LOCATION is {asked.location}.",
            "the region where the group is, or another group; a group cannot be moved. What stands in it may be in "
            "another region, if you say so (third line)",
            (
                elsewhere.command(),
                asked.command(group=f"{group.name}-{asked.location}"),
                elsewhere.with_parameter("location", asked.location),
            ),
        )


def regions(plan: Plan) -> Iterator[Finding]:
    """Find a region that is none, and one without Flex Consumption or this Python."""
    known = {told["name"]: told for told in plan.az.all("/locations", "2022-12-01")}
    wrong = False
    for word, region in (("LOCATION", plan.region), ("The parameter jobsLocation", plan.jobs_region)):
        if region not in known and not (wrong and region == plan.region):
            wrong = True
            yield _no_region(word, region, known, plan)
    if plan.region in known:
        yield from _flex(plan, known)


def _no_region(word: str, region: str, known: Mapping[str, Any], plan: Plan) -> Fault:
    near = difflib.get_close_matches(region, known, 3)
    needed = "a region that the subscription has" + (f", such as {' or '.join(near)}" if near else "")
    first = near[0] if near else "westeurope"
    again = (
        plan.asked.command(location=first) if word == "LOCATION" else plan.asked.with_parameter("jobsLocation", first)
    )
    return Fault(f"{word} is {region!r}: there is no such region.", needed, (again, *_list(plan.account)))


def _flex(plan: Plan, known: Mapping[str, Any]) -> Iterator[Finding]:
    flex = {told["name"] for told in plan.az.ask("functionapp", "list-flexconsumption-locations")}
    if plan.region not in flex:
        near = [name for name in sorted(flex) if _geography(known.get(name)) == _geography(known[plan.region])]
        needed = f"a region with it, such as {', '.join((near or sorted(flex))[:5])}"
        mend = (
            plan.asked.command(location=(near or sorted(flex) or ["REGION"])[0], group=f"{plan.group.name}-flex")
            if plan.group.exists
            else plan.asked.command(location=(near or sorted(flex) or ["REGION"])[0]),
            "az functionapp list-flexconsumption-locations --output table",
        )
        yield Fault(f"{plan.region} has no Flex Consumption plan.", needed, mend)
        return
    yield from _python(plan)


def _python(plan: Plan) -> Iterator[Finding]:
    words = ("functionapp", "list-flexconsumption-runtimes", "--location", plan.region, "--runtime", "python")
    versions = sorted({told["version"] for told in plan.az.ask(*words)}, key=lambda text: (len(text), text))
    wanted = plan.value("pythonVersion", "3.13")
    if wanted not in versions:
        list_ = f"az functionapp list-flexconsumption-runtimes --location {plan.region} --runtime python --output table"
        yield Fault(
            f"Flex Consumption in {plan.region} has Python {', '.join(versions) or '(none)'}, and not {wanted}.",
            f"Python {wanted}: Crontable does not run on an older one. Choose another region",
            (plan.asked.command(location="REGION"), list_),
        )


#: What must be registered, with the type that the region must have; '' = any region will do. The parameter after it
#: says whether it is needed at all.
PROVIDERS: Mapping[str, tuple[str, str]] = {
    "Microsoft.Web": ("sites", ""),
    "Microsoft.Storage": ("storageAccounts", ""),
    "Microsoft.ContainerInstance": ("containerGroups", ""),
    "Microsoft.ContainerRegistry": ("registries", ""),
    "Microsoft.ManagedIdentity": ("userAssignedIdentities", ""),
    "Microsoft.KeyVault": ("vaults", ""),
    "Microsoft.Insights": ("components", ""),
    "Microsoft.OperationalInsights": ("workspaces", ""),
    "Microsoft.Network": ("virtualNetworks", "vnet"),
    "Microsoft.App": ("", "vnet"),  # whom a Flex app's subnet is delegated to
}


def providers(plan: Plan) -> Iterator[Finding]:
    """Find each provider that is not registered, and each type that the region does not have."""
    known = {told["namespace"].lower(): told for told in plan.az.ask("provider", "list")}
    for namespace, (kind, only_with) in PROVIDERS.items():
        if only_with and plan.value(only_with, "false").lower() == "false":
            continue
        told = known.get(namespace.lower(), {})
        yield from _registered(namespace, told.get("registrationState", "NotRegistered"), plan)
        region = plan.jobs_region if kind == "containerGroups" else plan.region
        yield from _offered(namespace, kind, told, region)


def _registered(namespace: str, state: str, plan: Plan) -> Iterator[Finding]:
    if state != "Registered":
        mend = f"az provider register --namespace {namespace} --wait --subscription {plan.account.subscription}"
        needed = "that it is Registered; it takes minutes, and Contributor on the subscription"
        yield Fault(f"The resource provider {namespace} is {state}.", needed, (mend,))


def _offered(namespace: str, kind: str, told: Mapping[str, Any], region: str) -> Iterator[Finding]:
    types = {one["resourceType"].lower(): one.get("locations") or () for one in told.get("resourceTypes", ())}
    offered = {_plain(name) for name in types.get(kind.lower(), ())}
    if offered and "global" not in offered and region not in offered:
        some = ", ".join(sorted(offered)[:5])
        query = f"resourceTypes[?resourceType=='{kind}'].locations[]"
        mend = f'az provider show --namespace {namespace} --query "{query}" --output tsv'
        yield Fault(f"{region} has no {namespace}/{kind}.", f"a region with it, such as {some}", (mend,))


def _geography(told: Mapping[str, Any] | None) -> str:
    return str((told or {}).get("metadata", {}).get("geographyGroup"))


def _plain(region: str) -> str:
    """Tell a region as ARM names it: `West Europe` is `westeurope`."""
    return region.replace(" ", "").lower()


def _list(account: Account) -> tuple[str, ...]:
    return (
        f'az rest --url "/subscriptions/{account.subscription}/locations?api-version=2022-12-01" --query value[].name',
    )
