"""Machines and subscriptions in which something is in the way of a deployment."""

from collections.abc import Callable
from typing import Any

from tests.deploy.stage import CONTRIBUTOR, SUBSCRIPTION, Stage

RG = ("--resource-group", "rg", "--check")
HERE = (*RG, "--location", "westeurope")
SCOPE = f"/subscriptions/{SUBSCRIPTION}"


def vault(name: str = "kv-crontable-5a5000a3", **other: str | None) -> dict[str, Any]:
    """A key vault of the group that was deleted, as `az keyvault list-deleted` has it."""
    told = {
        "vaultId": f"{SCOPE}/resourceGroups/RG/providers/Microsoft.KeyVault/vaults/{name}",
        "location": "West Europe",
        "scheduledPurgeDate": "2027-02-20T10:00:00+00:00",
        "purgeProtectionEnabled": True,
    }
    return {"name": name, "properties": told | other}


def nothing(_: Stage) -> None:
    """A machine without any of the tools."""
    for name in ("az", "func", "npm"):
        _.program(name).unlink()


def old(stage: Stage) -> None:
    stage.world["az"]["version"], stage.world["func"]["version"] = "2.50.0", "4.0.5455"


def broken(stage: Stage) -> None:
    stage.world["az"] = {"die": "ModuleNotFoundError: No module named 'azure'", "code": 1}
    stage.world["func"] = {"die": "env: 'node': No such file or directory", "code": 127}


def next_func(stage: Stage) -> None:
    stage.world["func"]["version"], stage.world["bicep"] = "5.0.1", "0.20.4"


def no_bicep(stage: Stage) -> None:
    stage.world["bicep"], stage.world["account"] = None, None
    stage.program("func").write_text("#!/nowhere/node\n")


def bicep_from_path(stage: Stage) -> None:
    text = 'ERROR: Could not find the "bicep" executable on PATH. To install Bicep via Azure CLI, set ...'
    stage.play("bicep version", err=text, code=1)
    stage.world["token"] = False


def elsewhere(stage: Stage) -> None:
    stage.world["groups"] = {"rg": "northeurope", "rg-jobs": "northeurope"}
    stage.world["providers"]["Microsoft.KeyVault"]["types"]["vaults"] = ["West Europe"]


def empty_handed(stage: Stage) -> None:
    """Much is missing in the subscription, and the person may not do much."""
    world = stage.world
    world["groups"] = {"rg": "westeurope", "rg-jobs": "westeurope"}
    world["providers"]["Microsoft.ContainerInstance"]["state"] = "NotRegistered"
    world["providers"]["Microsoft.Web"]["state"] = "Registering"
    del world["providers"]["Microsoft.OperationalInsights"]
    world["usages"] = {"ContainerGroups": [0, 60], "StandardCores": [10, 10]}
    world["permissions"] = {"*": [], "rg": CONTRIBUTOR, "rg-jobs": []}
    world["python"] = ["3.11", "3.12"]
    world["deleted"] = [vault()]
    world["state"] = "PastDue"


def no_flex(stage: Stage) -> None:
    stage.world["permissions"] = {"*": [{"actions": ["Microsoft.Resources/*/read"], "notActions": []}]}
    stage.world["deleted"] = [vault(purgeProtectionEnabled=None)]


def deleting(stage: Stage) -> None:
    stage.world["groups"] = {"rg": "westeurope", "rg-jobs": "westeurope"}
    stage.world["group_states"] = {"rg-jobs": "Deleting"}
    refused = "(AuthorizationFailed) The client 'ada' does not have authorization to perform action 'read'."
    stage.play("group show --name rg --", err=f"ERROR: {refused}", code=1)


def disabled(stage: Stage) -> None:
    stage.world["state"] = "Disabled"


def taken(stage: Stage) -> None:
    stage.world["groups"] = {"rg": "westeurope", "rg-jobs": "westeurope"}
    stage.world["taken"] = {
        "st": "The storage account named stcrontable is already taken.",
        "cr": "The registry crcrontable is already in use.",
        "kv-": "The vault name is already in use.",
        "func-": "Hostname already exists.",
    }


def fine(_: Stage) -> None:
    """Nothing is in the way."""


WORLDS: dict[str, tuple[Callable[[Stage], None], tuple[str, ...]]] = {
    "nothing": (nothing, HERE),
    "old": (old, HERE),
    "broken": (broken, HERE),
    "next": (next_func, HERE),
    "no bicep": (no_bicep, HERE),
    "bicep from path": (bicep_from_path, HERE),
    "disabled": (disabled, HERE),
    "who": (fine, (*HERE, "--subscription", "Dta")),
    "words": (fine, ("--resource-group", "rg.", "--check", "--name", "Crontable", "--parameters", "name=other")),
    "parameters": (
        fine,
        (*RG, "--parameters", "tickSchedul=x", "pythonVersion=3.12", "maxActiveRuns=many", "maximumInstanceCount=7",
         "vnet=yes", "jobsTable=J"),
    ),
    "settings": (
        fine,
        (*HERE, "--parameters", "jobsTable=my-jobs", "tickSchedule=*/5 * * * *  ", "priceGbHour=cheap"),
    ),
    "settings again": (fine, (*HERE, "--parameters", "tickSchedule=0 61 * * * *", "priceGbHour=1", "maxActiveRuns=x")),
    "nowhere": (fine, (*RG, "--location", "West Europ", "--parameters", "jobsLocation=westus3")),
    "elsewhere": (elsewhere, HERE),
    "stays": (elsewhere, RG),
    "empty handed": (empty_handed, HERE),
    "no flex": (no_flex, (*RG, "--location", "Sweden Central")),
    "deleting": (deleting, RG),
    "taken": (taken, RG),
}  # fmt: skip
