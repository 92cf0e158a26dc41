"""What a fault on order makes ACI say, as the client of the scheduler passes it on."""

from datetime import timedelta
from typing import Any

from scheduler.ports import GroupRefused, Throttled, Unknown
from scheduler.run import Cause
from scheduler.spec import Body
from tests.world.faults import Fault
from tests.world.quotas import cpu, location, no_room, reached, throttled

_GROUPS = "Microsoft.ContainerInstance/containerGroups"
_UNKNOWN = {
    "server-error": "InternalServerError: Encountered an internal server error.",
    "server-error-after": "InternalServerError: Encountered an internal server error.",
    "unavailable": "ServerUnavailable: The service is temporarily unavailable, please retry.",
    "late": "GatewayTimeout: The gateway did not receive a response.",
    "no-log": "ContainerLogNotAvailable: The log is not available.",
    "transitioning": "ContainerGroupTransitioning: The container group is still transitioning, please retry later.",
}
_REFUSED = {
    "inaccessible-image": (Cause.IMAGE, "InaccessibleImage: The image is not accessible."),
    "registry-error": (Cause.IMAGE, "RegistryErrorResponse: An error response is received from the docker registry."),
    "bad-spec": (Cause.SPEC, "InvalidRequestContent: The request content could not be deserialized."),
    "not-registered": (
        Cause.DENIED,
        (
            "MissingSubscriptionRegistration: The subscription is not registered. Run once: az provider register "
            "--namespace Microsoft.ContainerInstance."
        ),
    ),
    "denied": (
        Cause.DENIED,
        (
            "AuthorizationFailed: The client does not have authorization. Give the scheduler's identity the role Azure "
            "Container Instances Contributor Role on the resource group."
        ),
    ),
    "linked-denied": (
        Cause.DENIED,
        (
            "LinkedAuthorizationFailed: The client does not have permission. Give the scheduler's identity the role "
            "Managed Identity Operator on the identity."
        ),
    ),
}


def refusal(fault: Fault, operation: str, asked: str, body: Body | dict[str, Any]) -> Exception:
    """Say what a fault of container groups raises; `asked` begins the sentence."""
    if fault.kind == "capacity":
        return no_room(asked, body)
    if fault.kind == "quota":
        return reached(asked, "StandardCores", location(body), (10, 10, cpu(body)))
    if fault.kind == "throttled":
        refused = throttled(asked, timedelta(seconds=fault.seconds))
        return refused if operation == "create" else Throttled(refused.sentence)
    if fault.kind in _REFUSED:
        cause, sentence = _REFUSED[fault.kind]
        return GroupRefused(cause, f"{asked}: {sentence}")
    return Unknown(f"{asked}: {_UNKNOWN.get(fault.kind, 'the connection was closed without an answer')}")
