"""What a response echoes of a request, what it keeps to itself, and what it adds (aci.md, 2). Pure."""

import copy
from typing import Any

from aci_emulator.arm import Json
from aci_emulator.tokens import TENANT, client_id, principal_id

NEWER = "2024-05-01"
"""The day of the first api-version whose answers were seen to hold more."""

PROVISIONING_TIMEOUT = 1_800
"""Seconds after which ACI gives up, as newer api-versions tell it."""

_SECRETS = {"securevalue", "password", "storageaccountkey", "protectedsettings", "workspacekey"}


def shown(body: Json, group_id: str, *, version: str = "2023-05-01", address: str | None = None) -> Json:
    """Return a copy of a request's `body` without its secrets and with what ACI adds.

    `body` is that of a `GroupSpec`. `version` is the api-version that asks. `address` is the IP address that the
    group has got; it is shown, with the DNS name, where the group asked for one.
    """
    answer = copy.deepcopy(body)
    properties = answer["properties"] = _without_secrets(answer["properties"])
    properties.setdefault("sku", "Standard")
    properties.setdefault("initContainers", [])
    for container in [*properties["containers"], *properties["initContainers"]]:
        container["properties"].setdefault("environmentVariables", [])
    for volume in properties.get("volumes", []):
        if "secret" in volume:
            volume["secret"] = {}
    _show_newer(properties, version)
    _show_address(answer, address)
    _show_identity(answer, group_id)
    return answer


def _without_secrets(value: Any) -> Any:  # noqa: ANN401 - any JSON value, and the same kind back
    """Drop every property that holds a secret; ARM reads names in any case, so a secret hides in none."""
    if isinstance(value, dict):
        return {
            key: _only_workspace(inner) if key.lower() == "loganalytics" else _without_secrets(inner)
            for key, inner in value.items()
            if key.lower() not in _SECRETS
        }
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return value


def _only_workspace(analytics: Any) -> Any:  # noqa: ANN401 - any JSON value, and the same kind back
    """Of logAnalytics only the workspace's id is shown."""
    if not isinstance(analytics, dict):
        return None
    return {key: value for key, value in analytics.items() if key.lower() == "workspaceid"}


def _show_newer(properties: Json, version: str) -> None:
    """Add what newer api-versions add; a client cannot say where its group came from."""
    for key in ("isCreatedFromStandbyPool", "isCustomProvisioningTimeout"):
        properties.pop(key, None)
    if version < NEWER:
        return
    properties |= {"isCreatedFromStandbyPool": False, "isCustomProvisioningTimeout": False}
    properties["provisioningTimeoutInSeconds"] = PROVISIONING_TIMEOUT
    for container in properties["containers"]:
        container["properties"].setdefault("ports", [])
        container["properties"].setdefault("configMap", {}).setdefault("keyValuePairs", {})


def _show_address(answer: Json, address: str | None) -> None:
    asked = answer["properties"].get("ipAddress")
    if asked is None:
        return
    asked.pop("ip", None)
    asked.pop("fqdn", None)
    if address is None:
        return
    asked["ip"] = address
    if asked.get("dnsNameLabel"):
        region = answer["location"].replace(" ", "").lower()
        asked["fqdn"] = f"{asked['dnsNameLabel']}.{region}.azurecontainer.io"


def _show_identity(answer: Json, group_id: str) -> None:
    identity = answer.get("identity")
    if identity is None:
        return
    identity.pop("principalId", None)
    identity.pop("tenantId", None)
    if "systemassigned" in identity["type"].lower():
        identity |= {"principalId": principal_id(group_id), "tenantId": TENANT}
    users = identity.get("userAssignedIdentities", {})
    for name in users:
        users[name] = {"clientId": client_id(name), "principalId": principal_id(name)}
