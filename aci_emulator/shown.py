"""What a response echoes of a request, and what it keeps to itself (aci.md, 2). Pure."""

import copy
import uuid
from typing import Any

from aci_emulator.arm import Json

_SECRETS = {"securevalue", "password", "storageaccountkey", "protectedsettings", "workspacekey"}
_NAMESPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def shown(body: Json, group_id: str) -> Json:
    """Return a copy of a request's `body` without its secrets and with what ACI adds."""
    answer = copy.deepcopy(body)
    properties = answer["properties"] = _without_secrets(answer["properties"])
    properties.setdefault("sku", "Standard")
    if not isinstance(properties.get("initContainers"), list):
        properties["initContainers"] = []
    for container in [*properties["containers"], *properties["initContainers"]]:
        if not isinstance(container["properties"].get("environmentVariables"), list):
            container["properties"]["environmentVariables"] = []
    for volume in _objects(properties.get("volumes")):
        for key in [key for key in volume if key.lower() == "secret"]:
            volume[key] = {}
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


def _show_identity(answer: Json, group_id: str) -> None:
    identity = answer.get("identity")
    if not isinstance(identity, dict):
        return
    if "systemassigned" in str(identity.get("type", "")).lower():
        identity |= {"principalId": _guid(group_id, "principal"), "tenantId": _guid("tenant")}
    users = identity.get("userAssignedIdentities")
    if isinstance(users, dict):
        for name in users:
            users[name] = {"clientId": _guid(name, "client"), "principalId": _guid(name, "principal")}


def _objects(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _guid(*parts: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts).lower()))
