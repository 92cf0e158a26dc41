"""What a subscription may have in a region, and what it has: groups and cores (aci.md, 4 and 5). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from aci_emulator.group import Group, GroupPath
from aci_emulator.limits import Limits
from aci_emulator.refusals import quota_reached
from aci_emulator.spec import GroupSpec

SLACK = 1e-6
"""Three times 1.1 cores is a little more than 3.3 to a computer."""


@dataclass(frozen=True)
class Usage:
    """What is in use: groups whatever their state, and the cores of those that have compute."""

    groups: int
    cores: float
    spot_cores: float


def usage(groups: Iterable[Group], subscription: str, location: str, but: Group | None = None) -> Usage:
    """Return what `subscription` uses in `location`, `but` one group not counted."""
    there = [
        group
        for group in groups
        if group is not but
        and group.path.subscription.lower() == subscription.lower()
        and group.spec.location == location.replace(" ", "").lower()
    ]
    busy = [group.spec for group in there if group.uses_compute]
    return Usage(
        groups=len(there),
        cores=sum(spec.cpu for spec in busy if not spec.spot),
        spot_cores=sum(spec.cpu for spec in busy if spec.spot),
    )


def check_quota(
    groups: Iterable[Group], path: GroupPath, spec: GroupSpec, limits: Limits, present: Group | None
) -> None:
    """Refuse a group that would exceed a quota; `present` is the group that it replaces or starts, if any."""
    used = usage(groups, path.subscription, spec.location, but=present)
    cores, name = (used.spot_cores, "StandardSpotCores") if spec.spot else (used.cores, "StandardCores")
    if present is None and used.groups + 1 > limits.groups:
        raise quota_reached("ContainerGroups", spec.location, limits.groups, used.groups, 1)
    most = limits.spot_cores if spec.spot else limits.cores
    if cores + spec.cpu > most + SLACK:
        raise quota_reached(name, spec.location, most, cores, spec.cpu)
