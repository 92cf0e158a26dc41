"""Where a group is created and by which means: Locations, Spot, Subnet, Registry."""

import re
from typing import Any

from scheduler import cell
from scheduler.cell import Fault, Faults
from scheduler.columns import Cells
from scheduler.columns.what import matching
from scheduler.pace import region_of

COLUMNS = ("Locations", "Spot", "Subnet", "Registry")
#: What Subnet and Registry say to do without the setting's.
NONE = "none"
_REGION = re.compile(r"[a-z0-9]{1,64}")
_MOST_REGIONS = 20
_SUBNET = re.compile(
    r"none|/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network"
    r"/virtualNetworks/[^/]+/subnets/[^/]+",
    re.IGNORECASE,
)
_SERVER = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?")


def read(cells: Cells, faults: Faults) -> dict[str, Any]:
    """Read where and how a group is created."""
    return {
        "locations": faults.take(lambda: _locations(cells), tuple[str, ...]()),
        "spot": faults.take(lambda: cell.flag("Spot", cells.get("Spot", False)), otherwise=False),
        "subnet": faults.take(lambda: _subnet(cells), ""),
        "registry": faults.take(
            lambda: matching("Registry", cells, _SERVER, "a login server such as ours.azurecr.io, or none.").lower(), ""
        ),
    }


def _locations(cells: Cells) -> tuple[str, ...]:
    """Take regions in their order, by either of their names: West Europe is westeurope."""
    typed = cell.words("Locations", cells.get("Locations", ""))
    regions = tuple(dict.fromkeys(region_of(name) for name in typed))
    for wrong in (region for region in regions if not _REGION.fullmatch(region)):
        raise Fault("Locations", wrong, "it must be regions such as westeurope, northeurope.")
    if len(regions) > _MOST_REGIONS:
        raise Fault("Locations", cells["Locations"], f"it must name {_MOST_REGIONS} regions at most.")
    return regions


def _subnet(cells: Cells) -> str:
    typed = matching("Subnet", cells, _SUBNET, "a subnet's resource id, or none.")
    return NONE if typed.lower() == NONE else typed
