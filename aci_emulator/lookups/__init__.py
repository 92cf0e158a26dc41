"""What clients of Azure Resource Manager ask first, and around container groups. Pure.

routes           which path is which look-up: the one door for the server
subscriptions    subscriptions, tenants, and the regions of a subscription
regions          the regions there are
resource_groups  resource groups: any exists; tags and a region for those that a client made
resources        the container groups as resources among others, and $filter
namespace        Microsoft.ContainerInstance as a resource provider: registration, types, operations
capacity         what a region has: usages, capabilities, cached images
clouds           the endpoints of this cloud, which command-line tools read
versions         the api-versions of all these
"""

from aci_emulator.lookups.resources import Resource
from aci_emulator.lookups.routes import Asked, Holdings, Lookups

__all__ = ["Asked", "Holdings", "Lookups", "Resource"]
