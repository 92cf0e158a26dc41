"""Microsoft.ContainerInstance as a resource provider: registration, resource types and operations. Pure."""

from aci_emulator.arm import API_VERSIONS, PROVIDER, Answer, ArmError, Json
from aci_emulator.lookups.regions import REGIONS

_TYPES = {
    "containerGroups": "SystemAssignedResourceIdentity, SupportsTags, SupportsLocation",
    "locations": "None",
    "locations/cachedImages": "None",
    "locations/capabilities": "None",
    "locations/operations": "None",
    "locations/usages": "None",
    "operations": "None",
}
"""The resource types, and what Azure Resource Manager says each is capable of."""

_OPERATIONS = (
    ("containerGroups/read", "Container Group", "Get Container Groups"),
    ("containerGroups/write", "Container Group", "Create or Update Container Group"),
    ("containerGroups/delete", "Container Group", "Delete Container Group"),
    ("containerGroups/start/action", "Container Group", "Start Container Group"),
    ("containerGroups/stop/action", "Container Group", "Stop Container Group"),
    ("containerGroups/restart/action", "Container Group", "Restart Container Group"),
    (
        "containerGroups/outboundNetworkDependenciesEndpoints/read",
        "Container Group",
        "Get Outbound Network Dependencies",
    ),
    ("containerGroups/containers/logs/read", "Container", "Get Logs of Container"),
    ("locations/cachedImages/read", "Location", "Get Cached Images"),
    ("locations/capabilities/read", "Location", "Get Capabilities"),
    ("locations/operations/read", "Location", "Get Operation"),
    ("locations/usages/read", "Location", "Get Usages"),
    ("operations/read", "Operation", "Get Operations"),
    ("register/action", "Subscription", "Register Subscription"),
    ("unregister/action", "Subscription", "Unregister Subscription"),
)


class Namespace:
    """The provider's registration with each subscription; all are registered from the start."""

    def __init__(self) -> None:
        self._unregistered: set[str] = set()

    def check(self, subscription: str) -> None:
        """Refuse (409) a PUT of a group in a subscription that a client unregistered."""
        if subscription.lower() in self._unregistered:
            sentence = (
                f"The subscription is not registered to use namespace '{PROVIDER}'. "
                "See https://aka.ms/rps-not-found for how to register subscriptions."
            )
            raise ArmError(409, "MissingSubscriptionRegistration", sentence, gateway=True)

    def every(self, subscription: str | None) -> Answer:
        """Return the list of providers, which is this one; `subscription` None is the tenant."""
        return Answer(200, {"value": [self._body(subscription)]})

    def get(self, subscription: str | None, name: str) -> Answer:
        """Return the provider, or refuse another name."""
        _check_name(name)
        return Answer(200, self._body(subscription))

    def register(self, subscription: str, name: str) -> Answer:
        """Register the provider, which takes no time here."""
        _check_name(name)
        self._unregistered.discard(subscription.lower())
        return Answer(200, self._body(subscription), effect="registered")

    def unregister(self, subscription: str, name: str) -> Answer:
        """Unregister the provider: groups that are there stay, and new ones are refused."""
        _check_name(name)
        self._unregistered.add(subscription.lower())
        return Answer(200, self._body(subscription), effect="unregistered")

    def _body(self, subscription: str | None) -> Json:
        address = f"/providers/{PROVIDER}"
        body: Json = {
            "id": address if subscription is None else f"/subscriptions/{subscription}{address}",
            "namespace": PROVIDER,
            "resourceTypes": [_type(name, capabilities) for name, capabilities in _TYPES.items()],
        }
        if subscription is not None:
            gone = subscription.lower() in self._unregistered
            body["registrationPolicy"] = "RegistrationRequired"
            body["registrationState"] = "NotRegistered" if gone else "Registered"
        return body


def operations() -> Answer:
    """Return the operations that the provider has, as roles name them."""
    return Answer(200, {"value": [_operation(*each) for each in _OPERATIONS]})


def _type(name: str, capabilities: str) -> Json:
    return {
        "resourceType": name,
        "locations": [region.display for region in REGIONS],
        "apiVersions": list(reversed(API_VERSIONS)),
        "capabilities": capabilities,
    }


def _operation(name: str, resource: str, operation: str) -> Json:
    display = {
        "provider": "Microsoft Container Instance",
        "resource": resource,
        "operation": operation,
        "description": f"{operation}.",
    }
    return {"name": f"{PROVIDER}/{name}", "display": display, "origin": "User"}


def _check_name(name: str) -> None:
    if name.lower() != PROVIDER.lower():
        sentence = f"The resource namespace '{name}' is invalid: this emulator has '{PROVIDER}'."
        raise ArmError(404, "InvalidResourceNamespace", sentence, gateway=True)
