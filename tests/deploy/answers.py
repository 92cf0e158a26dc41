"""What the stand-in of az answers, command by command. The shapes are az's; what they hold is the world's."""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.deploy import template

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"

type World = dict[str, Any]
type Given = Mapping[str, Any]


class Refused(Exception):
    """The program ends with this exit code, and this on standard error."""

    def __init__(self, text: str, code: int = 1) -> None:
        self.code = code
        super().__init__(text)


def _version(world: World, _given: Given) -> Any:
    version = world["az"]["version"]
    return {"azure-cli": version, "azure-cli-core": version, "azure-cli-telemetry": "1.1.0", "extensions": {}}


def _bicep(world: World, _given: Given) -> str:
    if not world["bicep"]:
        raise Refused('Bicep CLI not found. Install it now by running "az bicep install".')
    return f"Bicep CLI version {world['bicep']} (1234567890)"


def _build_params(_world: World, given: Given) -> str:
    if not Path(given["--file"]).exists():
        raise Refused(f"Could not find file {given['--file']}")
    return template.compiled()


def _account(world: World, given: Given) -> Any:
    asked = given.get("--subscription", SUBSCRIPTION)
    if asked not in {SUBSCRIPTION, world["account"]["name"]}:
        raise Refused(f"Subscription '{asked}' not found. Check the spelling and casing and try again.")
    return world["account"]


def _group_show(world: World, given: Given) -> Any:
    name = given["--name"]
    if name not in world["groups"]:
        raise Refused(
            f"(ResourceGroupNotFound) Resource group '{name}' could not be found.\n"
            f"Code: ResourceGroupNotFound\nMessage: Resource group '{name}' could not be found.",
            3,
        )
    state = world.get("group_states", {}).get(name, "Succeeded")
    return {"name": name, "location": world["groups"][name], "properties": {"provisioningState": state}}


def _group_create(world: World, given: Given) -> Any:
    world["groups"][given["--name"]] = given["--location"]
    return _group_show(world, given)


def _providers(world: World, _given: Given) -> Any:
    def shape(name: str, told: Mapping[str, Any]) -> Any:
        types = [{"resourceType": kind, "locations": places} for kind, places in told["types"].items()]
        return {"namespace": name, "registrationState": told["state"], "resourceTypes": types}

    return [shape(name, told) for name, told in world["providers"].items()]


def _runtimes(world: World, _given: Given) -> Any:
    return [{"name": "python", "version": version, "default": False} for version in world["python"]]


def _deleted(world: World, given: Given) -> Any:
    return world["deleted"] if given.get("--resource-type") == "vault" else [*world["deleted"], {"name": "an-hsm"}]


def _check_name(world: World, given: Given) -> Any:
    return _available(world, given["--name"])


def _available(world: World, name: str) -> Any:
    why = next((why for start, why in world["taken"].items() if name.startswith(start)), None)
    return {"nameAvailable": why is None, "reason": why and "AlreadyExists", "message": why}


def names(group: str, name: str) -> dict[str, str]:
    """As main.bicep has them, with another hash than ARM's."""
    suffix = hashlib.sha256(group.encode()).hexdigest()[:8]
    return {
        "Microsoft.Storage/storageAccounts": f"st{name}{suffix}",
        "Microsoft.ContainerRegistry/registries": f"cr{name}{suffix}",
        "Microsoft.KeyVault/vaults": f"kv-{name}-{suffix}",
        "Microsoft.Web/sites": f"func-{name}-{suffix}",
        "Microsoft.ManagedIdentity/userAssignedIdentities": f"id-jobs-{name}-{suffix}",
    }


def _named(world: World, given: Given) -> dict[str, str]:
    pairs = dict(pair.split("=", 1) for pair in given["--parameters"] if "=" in pair)
    for group in (given["--resource-group"], pairs.get("jobsResourceGroup", f"{given['--resource-group']}-jobs")):
        _group_show(world, {"--name": group})
    return names(given["--resource-group"], pairs.get("name", "crontable"))


def _what_if(world: World, given: Given) -> Any:
    found = _named(world, given)
    if "--no-pretty-print" not in given:
        return "Resource and property changes are indicated with this symbol:\n  + Create\n"
    scope = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{given['--resource-group']}/providers"
    changes = [
        {
            "resourceId": f"{scope}/{kind}/{name}",
            "after": None,
            "changeType": "NoChange" if name in world["resources"] else "Create",
        }
        for kind, name in found.items()
    ]
    return {"status": "Succeeded", "error": None, "changes": changes}


def _create(world: World, given: Given) -> Any:
    found = _named(world, given)
    world["resources"] = sorted({*world["resources"], *found.values()})
    world["deployed"] = given["--parameters"]
    outputs = {
        "functionAppName": found["Microsoft.Web/sites"],
        "functionAppUrl": world["url"],
        "storageAccountName": found["Microsoft.Storage/storageAccounts"],
        "jobsTable": "Jobs",
        "keyVaultName": found["Microsoft.KeyVault/vaults"],
        "registryName": found["Microsoft.ContainerRegistry/registries"],
        "registryLoginServer": found["Microsoft.ContainerRegistry/registries"] + ".azurecr.io",
    }
    return {name: {"type": "String", "value": value} for name, value in outputs.items()}


def _show(world: World, _given: Given) -> Any:
    """The state of the deployment: each of `deploying`, one a look, and then the last one."""
    if not world["deploying"]:
        raise Refused("(DeploymentNotFound) Deployment 'crontable' could not be found.\nCode: DeploymentNotFound", 3)
    return json.dumps(world["deploying"].pop(0))


def _person(world: World, _given: Given) -> Any:
    if not world["person"]:
        raise Refused("/me request is only valid with delegated authentication flow.")
    return {"id": world["person"], "userPrincipalName": world["account"]["user"]["name"]}


def _rest(world: World, given: Given) -> Any:
    path = re.sub(r"\?.*", "", given["--url"])
    if "api-version=" not in given["--url"]:
        raise Refused(
            'Bad Request({"error":{"code":"MissingApiVersionParameter","message":"The api-version is missing."}})'
        )
    inside = path.removeprefix(f"/subscriptions/{SUBSCRIPTION}")
    for pattern, answer in _REST.items():
        if found := re.fullmatch(pattern, inside, re.IGNORECASE):
            return answer(world, {**given, **found.groupdict()})
    raise Refused(f'Not Found({{"error":{{"code":"NotFound","message":"Nothing is at {path}."}}}})')


def _subscription(world: World, _given: Given) -> Any:
    if not world["token"]:
        raise Refused("AADSTS70043: The refresh token has expired or is invalid.\naz login --scope x")
    return {"subscriptionId": SUBSCRIPTION, "state": world["state"]}


def _permissions(world: World, given: Given) -> Any:
    granted = world["permissions"].get((given.get("group") or "").lower(), world["permissions"]["*"])
    if granted is None:
        raise Refused('Forbidden({"error":{"code":"AuthorizationFailed","message":"You may not ask."}})')
    return {"value": granted}


def _usages(world: World, _given: Given) -> Any:
    return {
        "value": [
            {"name": {"value": name}, "currentValue": used, "limit": limit, "unit": "Count"}
            for name, (used, limit) in world["usages"].items()
        ]
    }


def _budgets(world: World, given: Given) -> Any:
    return {
        "value": [
            {"name": name, "properties": {"timePeriod": {"startDate": f"{start}T00:00:00Z"}}}
            for name, start in world.get("budgets", {}).get(given["group"], {}).items()
        ]
    }


def _free(world: World, given: Given) -> Any:
    return _available(world, json.loads(given["--body"])["name"])


_GEOGRAPHY = {"westeurope": "Europe", "northeurope": "Europe", "swedencentral": "Europe"}
_REST: Mapping[str, Callable[[World, Given], Any]] = {
    "": _subscription,
    "/locations": lambda world, _: {"value": [{"name": name, "metadata": {"geographyGroup": _GEOGRAPHY.get(name, "US")}}
                                              for name in world["regions"]]},
    r"(?:/resourcegroups/(?P<group>[^/]+))?/providers/Microsoft.Authorization/permissions": _permissions,
    r"/resourcegroups/(?P<group>[^/]+)/providers/Microsoft.Consumption/budgets": _budgets,
    "/providers/Microsoft.ContainerInstance/locations/[^/]+/usages": _usages,
    "/providers/Microsoft.(?:KeyVault|Web)/checkNameAvailability": _free,
}  # fmt: skip
ANSWERS: Mapping[str, Callable[[World, Given], Any]] = {
    "version": _version,
    "bicep version": _bicep,
    "bicep build-params": _build_params,
    "account show": _account,
    "ad signed-in-user show": _person,
    "rest": _rest,
    "group show": _group_show,
    "group create": _group_create,
    "provider list": _providers,
    "functionapp list-flexconsumption-locations": lambda world, _: [{"name": name} for name in world["flex"]],
    "functionapp list-flexconsumption-runtimes": _runtimes,
    "keyvault list-deleted": _deleted,
    "storage account check-name": _check_name,
    "acr check-name": _check_name,
    "deployment group what-if": _what_if,
    "deployment group create": _create,
    "deployment group show": _show,
}
