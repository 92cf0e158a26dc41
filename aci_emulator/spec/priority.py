"""The SKU and the priority of a group (aci.md, 4 and 5). Pure."""

from aci_emulator.spec.reading import Place
from aci_emulator.spec.refusals import refused, told
from aci_emulator.spec.terms import Terms

SKUS = ("Standard", "Dedicated", "Confidential")
PRIORITIES = ("Regular", "Spot")
REACHABLE = ("ipAddress", "subnetIds", "networkProfile")
"""What gives a group inbound connectivity."""


def read_spot(properties: Place, terms: Terms) -> bool:
    """Say whether the group is a Spot one, and refuse what such a group cannot have."""
    sku = properties.choice("sku", SKUS) or "Standard"
    priority = properties.maybe_text("priority")
    if priority is None or priority.lower() == "regular":
        return False
    if priority.lower() != "spot":
        raise refused(
            "PriorityNotSpecified",
            f"The 'Priority' must be one of '{','.join(PRIORITIES)}' for {terms.group}. "
            f"({properties.at('priority')} is {told(priority)})",
        )
    if sku != "Standard":
        raise refused(
            "SpotPriorityContainerGroupNotSupportedInSku",
            f"Spot Priority Container Group is not supported in '{sku}' Sku. ({properties.at('sku')} must be Standard)",
        )
    inbound = [properties.at(key) for key in REACHABLE if properties.get(key)]
    if inbound:
        raise refused(
            "SpotPriorityContainerGroupNotSupportedForInboundConnectivity",
            f"Spot Priority is not supported for container groups with inbound connectivity. (by {', '.join(inbound)})",
        )
    return True
