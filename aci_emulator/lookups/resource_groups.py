"""Resource groups: any exists from the start; those that a client made have tags and a region. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from aci_emulator.arm import Answer, ArmError, Json, undeserialisable
from aci_emulator.lookups.regions import region_name
from aci_emulator.lookups.resources import Resource

LONGEST_NAME = 90

DEFAULT_LOCATION = "westeurope"
"""The region of a resource group that nobody made and that holds nothing."""


@dataclass(frozen=True)
class ResourceGroup:
    """One resource group, as it was first written."""

    subscription: str
    name: str
    location: str
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str]:
        """What identifies it: names are compared without case."""
        return self.subscription.lower(), self.name.lower()

    def body(self) -> Json:
        """Return the resource group as Azure Resource Manager shows it."""
        return {
            "id": f"/subscriptions/{self.subscription}/resourceGroups/{self.name}",
            "name": self.name,
            "type": "Microsoft.Resources/resourceGroups",
            "location": self.location,
            "tags": self.tags,
            "properties": {"provisioningState": "Succeeded"},
        }


class ResourceGroups:
    """The resource groups that clients made, in memory."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], ResourceGroup] = {}

    def put(self, subscription: str, name: str, body: Json) -> Answer:
        """Make a resource group (201), or set the tags of one (200); its region cannot change."""
        check_name(name)
        location, tags = _location(body), _tags(body) or {}
        group = ResourceGroup(subscription, name, location, tags)
        earlier = self._made.get(group.key)
        if earlier is not None and earlier.location != location:
            sentence = (
                f"Invalid resource group location '{location}'. The Resource group already exists in location "
                f"'{earlier.location}'."
            )
            raise ArmError(409, "InvalidResourceGroupLocation", sentence, gateway=True)
        self._made[group.key] = group
        return Answer(201 if earlier is None else 200, group.body(), effect="created" if earlier is None else "tagged")

    def patch(self, subscription: str, name: str, body: Json, held: Iterable[Resource]) -> Answer:
        """Set the tags of a resource group; `held` are the resources of its subscription."""
        tags = _tags(body)
        group = self._find(subscription, name, held)
        if tags is not None:
            group = ResourceGroup(group.subscription, group.name, group.location, tags)
            self._made[group.key] = group
        return Answer(200, group.body(), effect="tagged")

    def get(self, subscription: str, name: str, held: Iterable[Resource]) -> Answer:
        """Return a resource group; any exists. `held` are the resources of its subscription."""
        return Answer(200, self._find(subscription, name, held).body())

    def head(self, name: str) -> Answer:
        """Say that a resource group exists (204); any does."""
        check_name(name)
        return Answer(204)

    def delete(self, subscription: str, name: str, held: Iterable[Resource]) -> Answer:
        """Forget a resource group that holds nothing; one that holds container groups is refused."""
        check_name(name)
        inside = [each.name for each in held if each.resource_group.lower() == name.lower()]
        if inside:
            sentence = (
                f"Deleting resource group '{name}' with what it holds is not emulated: delete its "
                f"{len(inside)} container group(s) first, such as '{inside[0]}'."
            )
            raise ArmError(501, "NotImplemented", sentence)
        self._made.pop((subscription.lower(), name.lower()), None)
        return Answer(200, effect="deleted")

    def every(self, subscription: str, held: Iterable[Resource]) -> Answer:
        """Return the list of those that were made, or that hold a resource of `held`."""
        found = {key: group for key, group in self._made.items() if key[0] == subscription.lower()}
        for each in held:
            group = ResourceGroup(subscription, each.resource_group, region_name(each.location))
            found.setdefault(group.key, group)
        return Answer(200, {"value": [group.body() for _, group in sorted(found.items())]})

    def _find(self, subscription: str, name: str, held: Iterable[Resource]) -> ResourceGroup:
        check_name(name)
        made = self._made.get((subscription.lower(), name.lower()))
        if made is not None:
            return made
        for each in held:
            if each.resource_group.lower() == name.lower():
                return ResourceGroup(subscription, each.resource_group, region_name(each.location))
        return ResourceGroup(subscription, name, DEFAULT_LOCATION)


def check_name(name: str) -> None:
    """Refuse a name that Azure does not allow for a resource group."""
    if len(name) > LONGEST_NAME or not re.fullmatch(r"[-\w.()]*[-\w()]", name):
        sentence = (
            f"Resource group name '{name}' is invalid. It has 1 to {LONGEST_NAME} letters, digits, '-', '_', '.', "
            "'(' or ')', and does not end with '.'."
        )
        raise ArmError(400, "InvalidResourceGroupName", sentence, gateway=True)


def _location(body: Json) -> str:
    location = body.get("location")
    if location is None:
        raise ArmError(400, "LocationRequired", "The location property is required for this definition.", gateway=True)
    if not isinstance(location, str) or not re.fullmatch(r"[A-Za-z0-9 ]{1,90}", location.strip()):
        raise undeserialisable(f"property 'location' is {location!r}, not a region's name, like 'westeurope'")
    return region_name(location)


def _tags(body: Json) -> dict[str, str] | None:
    tags = body.get("tags")
    if tags is not None and not (isinstance(tags, dict) and all(isinstance(value, str) for value in tags.values())):
        raise undeserialisable("property 'tags' is not an object of strings")
    return tags
