"""The body of a PUT and a PATCH made trustworthy, or ARM's refusal of it (aci.md, 2, 3.5, 4 and 5). Pure.

    group        reads a whole body (read_spec)
    containers   and its parts: containers, environment, resources, volumes, network, credentials, priority, tags
    shapes       parts that nothing here acts on
    updates      what a second PUT may change
    model        the values that come out
    names        the rules of names
    casing       the names of properties, which ARM reads in any case
    reading      values of a kind, each with its path
    terms        limits, api-version and name under which a body is read
    refusals     how a refusal is worded

Codes and texts are ACI's where they are known from its documentation or from what clients were answered; any other
refusal is InvalidRequestContent with the property's path, its value and what is allowed. No secret is in a sentence.
"""

from aci_emulator.spec.group import read_spec
from aci_emulator.spec.model import (
    Address,
    AzureFile,
    ContainerSpec,
    EmptyDir,
    GitRepo,
    GroupSpec,
    Identities,
    Mount,
    Port,
    Secret,
    Volume,
)
from aci_emulator.spec.names import check_group_name
from aci_emulator.spec.tags import check_tags, read_tags
from aci_emulator.spec.updates import check_update

__all__ = [
    "Address",
    "AzureFile",
    "ContainerSpec",
    "EmptyDir",
    "GitRepo",
    "GroupSpec",
    "Identities",
    "Mount",
    "Port",
    "Secret",
    "Volume",
    "check_group_name",
    "check_tags",
    "check_update",
    "read_spec",
    "read_tags",
]
