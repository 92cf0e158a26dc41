"""Names that the whole of Azure shares: each is free, or ours already.

What the names are only ARM knows: they hold a hash of the resource group's id. So it is asked to play the
deployment through, which finds most other faults of it too.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from infra.deploy import mends
from infra.deploy.azure import AzError
from infra.deploy.finding import Fault, Finding, Note
from infra.deploy.plan import Plan

_ID = re.compile(r"/providers/(?P<type>[\w.]+/\w+)/(?P<name>[^/]+)$", re.IGNORECASE)


def deleted(plan: Plan) -> Iterator[Finding]:
    """Find a deleted vault that this group's new one would have the name of.

    Scenario: somebody deletes the resource group and deploys anew. The vault's name is derived from the group's id,
    so it is the same; the old one is kept for 90 days, and with purge protection nobody can hurry that.
    """
    try:
        vaults = plan.az.ask("keyvault", "list-deleted", "--resource-type", "vault") or []
    except AzError as error:
        yield Note(f"Deleted key vaults could not be looked up: {error}")
        return
    inside = f"{plan.scope(plan.group)}/".lower()
    for vault in vaults:
        told = vault.get("properties") or {}
        name = str(vault.get("name", ""))
        if str(told.get("vaultId", "")).lower().startswith(inside) and f"-{plan.name}-" in f"-{name}-":
            yield _vault(plan, name, told)


def _vault(plan: Plan, name: str, told: Mapping[str, Any]) -> Fault:
    sub, region = plan.account.subscription, str(told.get("location", plan.region)).replace(" ", "").lower()
    until = str(told.get("scheduledPurgeDate") or "its purge date")[:10]
    create = [] if plan.group.exists else [f"az group create --name {plan.group.name} --location {plan.region}"]
    recover = f"az keyvault recover --name {name} --location {region} --subscription {sub}"
    protected = told.get("purgeProtectionEnabled")
    purge = [] if protected else [f"az keyvault purge --name {name} --location {region} --subscription {sub}"]
    return Fault(
        f"The key vault {name} of this group was deleted, and holds its name until {until}"
        + (", for its purge protection is on." if protected else "."),
        "recover it, with its secrets (then deploy again)" + ("" if protected else ", or purge it for good")
        + ", or choose another NAME",
        (*(f"{line} --subscription {sub}" for line in create), recover, *purge, plan.asked.command(name=_other(plan))),
    )  # fmt: skip


def _other(plan: Plan) -> str:
    return f"{plan.name[:11]}2"


def taken(plan: Plan) -> Iterator[Finding]:
    """Let ARM play the deployment through, and ask for each new name whether it is free."""
    words = ("--resource-group", plan.group.name, "--name", plan.deployment, *plan.template_words())
    form = ("--result-format", "ResourceIdOnly", "--no-pretty-print")
    try:
        told = plan.az.ask("deployment", "group", "what-if", *words, *form) or {}
    except AzError as error:
        yield from mends.faults(error.refusals, plan)
        return
    for change in told.get("changes") or ():
        found = _ID.search(str(change.get("resourceId", "")))
        if found and str(change.get("changeType", "")).lower() == "create":
            ask = _ASK.get(found["type"].lower())
            if ask:
                yield from _free(plan, found["type"], found["name"], ask)


type _Free = Callable[[Plan, str], Mapping[str, Any]]


def _free(plan: Plan, kind: str, name: str, ask: _Free) -> Iterator[Finding]:
    try:
        told = ask(plan, name)
    except AzError as error:
        yield Note(f"Whether the name {name} is free could not be looked up, and shows when deploying: {error}")
        return
    if told.get("nameAvailable") is False:
        why = told.get("message") or told.get("reason") or "it is taken"
        yield Fault(
            f"The name {name} of the {kind} is not free: {why}",
            "another NAME, from which all names are made; or another resource group",
            (plan.asked.command(name=_other(plan)),),
        )


def _arm(provider: str, version: str, kind: str, action: str = "checkNameAvailability") -> _Free:
    def ask(plan: Plan, name: str) -> Mapping[str, Any]:
        told: Mapping[str, Any] = plan.az.post(f"/providers/{provider}/{action}", version, {"name": name, "type": kind})
        return told

    return ask


def _az(*words: str) -> _Free:
    def ask(plan: Plan, name: str) -> Mapping[str, Any]:
        told: Mapping[str, Any] = plan.az.ask(*words, "--name", name)
        return told

    return ask


#: az asks for a vault of the HSM kind only, so the plain one goes to ARM, as does the app.
_ASK: Mapping[str, _Free] = {
    "microsoft.storage/storageaccounts": _az("storage", "account", "check-name"),
    "microsoft.containerregistry/registries": _az("acr", "check-name"),
    "microsoft.keyvault/vaults": _arm("Microsoft.KeyVault", "2024-11-01", "Microsoft.KeyVault/vaults"),
    "microsoft.web/sites": _arm("Microsoft.Web", "2024-11-01", "Microsoft.Web/sites", "checknameavailability"),
}
