"""What a region has: usages, capabilities and cached images (aci.md, 1 and 5). Pure."""

import math
from typing import Any

from aci_emulator.arm import PROVIDER, Answer, Json
from aci_emulator.limits import Limits
from aci_emulator.quota import Usage

UNLIMITED = 2_147_483_647
"""How an infinite limit is shown."""

_NOT_EMULATED = (
    "Standard K80 Cores",
    "Standard P100 Cores",
    "Standard V100 Cores",
    "Dedicated Container Groups",
    "Dedicated Cores",
    "Confidential Container Groups",
    "Confidential Cores",
)
"""The quotas of what there is not here: each is 0."""

_CACHED = ("alpine:3.22", "busybox:1.37", "nginx:1.29", "python:3.13-slim", "ubuntu:24.04")


def usages(subscription: str, location: str, used: Usage, limits: Limits) -> Answer:
    """Return the quotas of a subscription in a region, and what is used of each; parts of a core count whole."""
    rows: tuple[tuple[str, float, float], ...] = (
        ("Container Groups", used.groups, limits.groups),
        ("Standard Cores", used.cores, limits.cores),
        ("Standard Spot Cores", used.spot_cores, limits.spot_cores),
        *((name, 0, 0) for name in _NOT_EMULATED),
    )
    address = f"/subscriptions/{subscription}/providers/{PROVIDER}/locations/{location}/usages"
    return Answer(200, {"value": [_usage(address, *row) for row in rows]})


def capabilities(location: str, limits: Limits) -> Answer:
    """Return what one group can have at most in a region: its cores and GB, without and with a network of its own."""
    most = {"maxMemoryInGB": _number(limits.memory), "maxCpu": _number(limits.cpu), "maxGpuCount": 0.0}
    rows = [
        {
            "resourceType": "containerGroups",
            "osType": "Linux",
            "location": location,
            "ipAddressType": address,
            "gpu": "None",
            "capabilities": most,
        }
        for address in ("Public", "Private")
    ]
    return Answer(200, {"value": rows})


def cached_images() -> Answer:
    """Return the images that every region has already: a fixed list."""
    return Answer(200, {"value": [{"osType": "Linux", "image": image} for image in _CACHED]})


def outbound_endpoints() -> Answer:
    """Return what a container group needs of the network outside: nothing, which is a list and not an object."""
    nothing: Any = []
    return Answer(200, nothing)


def _usage(address: str, shown: str, current: float, limit: float) -> Json:
    name = shown.replace(" ", "")
    return {
        "id": f"{address}/{name}",
        "unit": "Count",
        "currentValue": math.ceil(current),
        "limit": UNLIMITED if math.isinf(limit) else math.floor(limit),
        "name": {"value": name, "localizedValue": shown},
    }


def _number(limit: float) -> float:
    return float(UNLIMITED) if math.isinf(limit) else float(limit)
