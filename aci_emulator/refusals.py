"""The refusals that ACI and ARM are known for, each with its status, code and text (aci.md, 4). Pure."""

import math

from aci_emulator.arm import PROVIDER, ArmError
from aci_emulator.spec import GroupSpec

ACTIONS = {
    "put": "write",
    "patch": "write",
    "get": "read",
    "list": "read",
    "delete": "delete",
    "start": "start/action",
    "stop": "stop/action",
    "restart": "restart/action",
    "logs": "containers/logs/read",
}
"""The action of containerGroups that a role must grant, by operation."""


def transitioning(name: str) -> ArmError:
    """Return ACI's 409 for a group with an operation in progress."""
    sentence = f"The container group '{name}' is still transitioning, please retry later."
    return ArmError(409, "ContainerGroupTransitioning", sentence)


def no_capacity(spec: GroupSpec) -> ArmError:
    """Return the refusal of a group for which its region has no room at the moment."""
    sentence = (
        f"The requested resource is not available in the location '{spec.location}' at this moment. Please retry "
        f"with a different resource request or in another location. Resource requested: '{spec.cpu:g}' CPU "
        f"'{spec.memory:g}' GB memory '{spec.os_type}' OS"
    )
    return ArmError(409, "ServiceUnavailable", sentence)


def quota_reached(quota: str, location: str, limit: float, usage: float, requested: float) -> ArmError:
    """Return the refusal of a group that would exceed `quota` of its subscription in its region."""
    sentence = (
        f"Resource type '{PROVIDER}/containerGroups' container group quota '{quota}' exceeded in region "
        f"'{location}'. Limit: '{limit:g}', Usage: '{usage:g}' Requested: '{requested:g}'."
    )
    return ArmError(400, "ContainerGroupQuotaReached", sentence)


def inaccessible(image: str, group: str, why: str = "") -> ArmError:
    """Return the refusal of an image that cannot be had; `why` adds what only this machine knows."""
    sentence = (
        f"The image '{image}' in container group '{group}' is not accessible. "
        "Please check the image and registry credential."
    )
    return ArmError(400, "InaccessibleImage", f"{sentence} ({why})" if why else sentence)


def registry_error(server: str, why: str = "") -> ArmError:
    """Return the refusal that tells of a registry which answers with an error, as when it limits pulls."""
    sentence = f"An error response is received from the docker registry '{server}'. Please retry later."
    return ArmError(409, "RegistryErrorResponse", f"{sentence} ({why})" if why else sentence)


def denied(operation: str, scope: str) -> ArmError:
    """Return ARM's 403 for a client whose roles do not grant `operation` on `scope`, a resource id."""
    who = "00000000-0000-0000-0000-000000000000"
    action = f"{PROVIDER}/containerGroups/{ACTIONS.get(operation, 'read')}"
    sentence = (
        f"The client '{who}' with object id '{who}' does not have authorization to perform action '{action}' over "
        f"scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials."
    )
    return ArmError(403, "AuthorizationFailed", sentence, gateway=True)


def throttled(retry_after: float, headers: dict[str, str] | None = None) -> ArmError:
    """Return the provider's 429: come back in `retry_after` seconds. ACI's own body for it is not known."""
    wait = str(max(math.ceil(retry_after), 1))
    sentence = f"Number of requests for '{PROVIDER}/containerGroups' exceeded. Please try again after '{wait}' seconds."
    return ArmError(429, "ResourceRequestsThrottled", sentence, headers={"Retry-After": wait} | (headers or {}))


def internal(activity: str) -> ArmError:
    """Return ACI's 500; `activity` is the id of the request."""
    sentence = f"Encountered an internal server error. The tracking activity id is '{activity}'."
    return ArmError(500, "InternalServerError", sentence)


def unavailable() -> ArmError:
    """Return ARM's 503."""
    return ArmError(503, "ServerUnavailable", "The service is temporarily unavailable, please retry.", gateway=True)


def gateway_timeout() -> ArmError:
    """Return ARM's 504: the provider did not answer in time, and what it did is not known."""
    sentence = "The gateway did not receive a response from 'Microsoft.ContainerInstance' within the specified time."
    return ArmError(504, "GatewayTimeout", sentence, gateway=True)


def not_emulated(what: str) -> ArmError:
    """Return the refusal of a part of ACI that is not emulated."""
    return ArmError(501, "NotImplemented", f"{what} is not emulated.")
