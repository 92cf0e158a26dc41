"""What a request is told when a fault on demand stands in its place."""

from aci_emulator.arm import ArmError, not_found, read_json
from aci_emulator.faults import Fault
from aci_emulator.refusals import (
    denied,
    inaccessible,
    internal,
    no_capacity,
    quota_reached,
    registry_error,
    throttled,
    transitioning,
    unavailable,
)
from aci_emulator.routes import Call
from aci_emulator.spec import GroupSpec, read_spec


def refuse(fault: Fault, call: Call, activity: str) -> ArmError | None:
    """Return the refusal that `fault` asks for, or None when it acts otherwise; `activity` is the request's id."""
    name = call.parts.get("name", "")
    match fault.kind:
        case "transitioning":
            return transitioning(name)
        case "denied":
            return denied(call.operation, call.path.id if name else _scope(call))
        case "throttled":
            return throttled(fault.seconds)
        case "server-error":
            return internal(activity)
        case "unavailable":
            return unavailable()
        case "capacity" | "quota" | "inaccessible-image" | "registry-error":
            return _of_group(fault.kind, name, _spec(call), call.provider.platform.limits.cores)
    return None


def _scope(call: Call) -> str:
    subscription = call.parts.get("subscription")
    return f"/subscriptions/{subscription}" if subscription else "/"


def _of_group(kind: str, name: str, spec: GroupSpec, cores: float) -> ArmError:
    image = spec.containers[0].image
    match kind:
        case "quota":
            return quota_reached("StandardCores", spec.location, cores, cores, spec.cpu)
        case "inaccessible-image":
            return inaccessible(image, name)
        case "registry-error":
            return registry_error(image.partition("/")[0])
    return no_capacity(spec)


def _spec(call: Call) -> GroupSpec:
    """Return what the group of a call asks for: from its body, or as it is; a bad one is refused for what it is."""
    if call.operation == "put":
        return read_spec(read_json(call.body), call.provider.platform.limits, call.version)
    found = call.provider.spec(call.path)
    if found is None:
        raise not_found("containerGroups", call.path.resource_group, call.path.name)
    return found
