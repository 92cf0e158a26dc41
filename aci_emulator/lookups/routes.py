"""Which path and method is which look-up: the one door for the server. Pure."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aci_emulator.arm import PROVIDER, Answer, ArmError, check_version, not_found, read_json
from aci_emulator.limits import Limits
from aci_emulator.lookups import capacity, clouds, namespace, subscriptions
from aci_emulator.lookups.regions import region_name
from aci_emulator.lookups.resource_groups import ResourceGroups, check_name
from aci_emulator.lookups.resources import Resource, resources
from aci_emulator.lookups.versions import check_date_version
from aci_emulator.quota import Usage


@dataclass(frozen=True)
class Asked:
    """What a request says beside its path: `query` with names in lower case, `body` with PUT and PATCH.

    `address`: the scheme and host that the client wrote, such as http://localhost:10010.
    """

    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = ""


class Holdings(Protocol):
    """What look-ups ask of the provider."""

    def subscriptions(self) -> Iterable[str]:
        """Return the subscriptions that hold groups, as they were first written; repeats do no harm."""
        ...

    def resources(self, subscription: str) -> list[Resource]:
        """Return the groups of a subscription, which is compared without case, in the order of lists."""
        ...

    def in_use(self, subscription: str, location: str) -> Usage:
        """Return what counts against the quotas of a subscription in a region; both are compared without case."""
        ...

    def limits(self) -> Limits:
        """Return the limits of now."""
        ...


class Lookups:
    """Everything that Azure Resource Manager answers around container groups."""

    def __init__(self, holdings: Holdings) -> None:
        self.holdings = holdings
        self.namespace = namespace.Namespace()
        self.resource_groups = ResourceGroups()

    def check_place(self, subscription: str, resource_group: str) -> None:
        """Refuse a group where none can be: the provider was unregistered, or the resource group's name is wrong."""
        check_name(resource_group)
        self.namespace.check(subscription)

    def answer(self, method: str, path: str, asked: Asked) -> Answer:
        """Answer a look-up; ArmError is its refusal, 404 when `path` is none."""
        for each in PATHS:
            match = each.pattern.fullmatch(path)
            if match is None:
                continue
            if method not in each.methods:
                allowed = ", ".join(each.methods)
                sentence = f"The HTTP method '{method}' is not supported here; supported: {allowed}."
                raise ArmError(405, "HttpMethodNotSupported", sentence, gateway=True, headers={"Allow": allowed})
            return each.methods[method](self, asked, match.groupdict())
        raise ArmError(404, "NotFound", f"Nothing is served at '{path}'.", gateway=True)


type Parts = dict[str, str]
type Look = Callable[[Lookups, Asked, Parts], Answer]


@dataclass(frozen=True)
class Path:
    """A pattern of paths, and what answers each HTTP method there, its api-version being checked first."""

    pattern: re.Pattern[str]
    methods: dict[str, Look]


def _clouds(_lookups: Lookups, asked: Asked, _parts: Parts) -> Answer:
    return clouds.endpoints(asked.query["api-version"], asked.address)


def _tenants(_lookups: Lookups, _asked: Asked, _parts: Parts) -> Answer:
    return subscriptions.tenants()


def _subscriptions(lookups: Lookups, _asked: Asked, _parts: Parts) -> Answer:
    return subscriptions.subscriptions(lookups.holdings.subscriptions())


def _subscription(_lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    return subscriptions.subscription(parts["subscription"])


def _locations(_lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    return subscriptions.locations(parts["subscription"])


def _group_list(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    name = parts["subscription"]
    return lookups.resource_groups.every(name, lookups.holdings.resources(name))


def _group_put(lookups: Lookups, asked: Asked, parts: Parts) -> Answer:
    check_name(parts["resource_group"])
    return lookups.resource_groups.put(parts["subscription"], parts["resource_group"], read_json(asked.body))


def _group_patch(lookups: Lookups, asked: Asked, parts: Parts) -> Answer:
    check_name(parts["resource_group"])
    held = lookups.holdings.resources(parts["subscription"])
    return lookups.resource_groups.patch(parts["subscription"], parts["resource_group"], read_json(asked.body), held)


def _group_get(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    held = lookups.holdings.resources(parts["subscription"])
    return lookups.resource_groups.get(parts["subscription"], parts["resource_group"], held)


def _group_head(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    return lookups.resource_groups.head(parts["resource_group"])


def _group_delete(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    held = lookups.holdings.resources(parts["subscription"])
    return lookups.resource_groups.delete(parts["subscription"], parts["resource_group"], held)


def _resources(lookups: Lookups, asked: Asked, parts: Parts) -> Answer:
    held = lookups.holdings.resources(parts["subscription"])
    group = parts.get("resource_group")
    if group is not None:
        check_name(group)
        held = [each for each in held if each.resource_group.lower() == group.lower()]
    return resources(held, asked.query.get("$filter"), asked.query.get("$top"))


def _providers(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    return lookups.namespace.every(parts.get("subscription"))


def _provider(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    return lookups.namespace.get(parts.get("subscription"), parts["namespace"])


def _register(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    return lookups.namespace.register(parts["subscription"], parts["namespace"])


def _unregister(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    return lookups.namespace.unregister(parts["subscription"], parts["namespace"])


def _operations(_lookups: Lookups, _asked: Asked, _parts: Parts) -> Answer:
    return namespace.operations()


def _usages(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    location = region_name(parts["location"])
    used = lookups.holdings.in_use(parts["subscription"], location)
    return capacity.usages(parts["subscription"], location, used, lookups.holdings.limits())


def _capabilities(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    return capacity.capabilities(region_name(parts["location"]), lookups.holdings.limits())


def _cached_images(_lookups: Lookups, _asked: Asked, _parts: Parts) -> Answer:
    return capacity.cached_images()


def _outbound(lookups: Lookups, _asked: Asked, parts: Parts) -> Answer:
    group, name = parts["resource_group"], parts["name"]
    wanted = (group.lower(), name.lower())
    held = lookups.holdings.resources(parts["subscription"])
    if wanted not in {(each.resource_group.lower(), each.name.lower()) for each in held}:
        raise not_found("containerGroups", group, name)
    return capacity.outbound_endpoints()


def _path(pattern: str, methods: dict[str, Look], check: Callable[[str | None], None] = check_date_version) -> Path:
    """Return a path that ARM compares without case; `check` refuses an api-version."""

    def checked(look: Look) -> Look:
        def answer(lookups: Lookups, asked: Asked, parts: Parts) -> Answer:
            check(asked.query.get("api-version"))
            return look(lookups, asked, parts)

        return answer

    looks = {method: checked(look) for method, look in methods.items()}
    return Path(re.compile(f"{pattern}/?", re.IGNORECASE), looks)


def _of(kind: str) -> Callable[[str | None], None]:
    """Return the check of the api-versions that the provider's resource type `kind` has."""
    return lambda version: check_version(version, kind)


_SUBSCRIPTION = "/subscriptions/(?P<subscription>[^/]+)"
_GROUP = _SUBSCRIPTION + "/resourceGroups/(?P<resource_group>[^/]+)"
_OWN = f"/providers/{re.escape(PROVIDER)}"
_LOCATION = _SUBSCRIPTION + _OWN + "/locations/(?P<location>[^/]+)"
_NAMESPACE = "/providers/(?P<namespace>[^/]+)"

PATHS = (
    _path(clouds.PATH, {"GET": _clouds}, clouds.check),
    _path("/tenants", {"GET": _tenants}),
    _path("/subscriptions", {"GET": _subscriptions}),
    _path(_SUBSCRIPTION, {"GET": _subscription}),
    _path(_SUBSCRIPTION + "/locations", {"GET": _locations}),
    _path(_SUBSCRIPTION + "/resourceGroups", {"GET": _group_list}),
    _path(
        _GROUP,
        {"GET": _group_get, "HEAD": _group_head, "PUT": _group_put, "PATCH": _group_patch, "DELETE": _group_delete},
    ),
    _path(_SUBSCRIPTION + "/resources", {"GET": _resources}),
    _path(_GROUP + "/resources", {"GET": _resources}),
    _path("/providers", {"GET": _providers}),
    _path(_NAMESPACE, {"GET": _provider}),
    _path(_SUBSCRIPTION + "/providers", {"GET": _providers}),
    _path(_SUBSCRIPTION + _NAMESPACE, {"GET": _provider}),
    _path(_SUBSCRIPTION + _NAMESPACE + "/register", {"POST": _register}),
    _path(_SUBSCRIPTION + _NAMESPACE + "/unregister", {"POST": _unregister}),
    _path(_OWN + "/operations", {"GET": _operations}, _of("operations")),
    _path(_LOCATION + "/usages", {"GET": _usages}, _of("locations/usages")),
    _path(_LOCATION + "/capabilities", {"GET": _capabilities}, _of("locations/capabilities")),
    _path(_LOCATION + "/cachedImages", {"GET": _cached_images}, _of("locations/cachedImages")),
    _path(
        _GROUP + _OWN + "/containerGroups/(?P<name>[^/]+)/outboundNetworkDependenciesEndpoints",
        {"GET": _outbound},
        _of("containerGroups"),
    ),
)
"""Every look-up. The parts of a path are named as those of container groups are."""
