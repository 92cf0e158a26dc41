"""What look-ups see of the provider: its groups as resources among others, and what they use."""

from aci_emulator.limits import Limits
from aci_emulator.lookups import Resource
from aci_emulator.provider import Provider
from aci_emulator.quota import Usage


class Held:
    """The groups of `provider`, whatever it holds at the moment of the question."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def subscriptions(self) -> list[str]:
        """Return the subscriptions that hold groups, as they were first written; some more than once."""
        return [group.path.subscription for group in self._provider.groups()]

    def resources(self, subscription: str) -> list[Resource]:
        """Return the groups of a subscription in the order of lists."""
        return [
            Resource(group.path.id, group.path.name, group.path.resource_group, group.spec.location, group.spec.tags)
            for group in self._provider.groups()
            if group.path.subscription.lower() == subscription.lower()
        ]

    def in_use(self, subscription: str, location: str) -> Usage:
        """Return what counts against the quotas of a subscription in a region."""
        return self._provider.usage(subscription, location)

    def limits(self) -> Limits:
        """Return the limits of now."""
        return self._provider.platform.limits
