"""What a run costs: cores and memory by the second, in whatever money the settings name their prices in. Pure.

Azure bills a group by the second for what its containers request together, from the first image pull to the
group's end; a Spot group at a discount.
"""

from dataclasses import dataclass
from math import ceil
from typing import Self

from scheduler.settings import Settings

_HOUR = 3600


@dataclass(frozen=True)
class Prices:
    """Money for one core and for one GB for an hour, and which part of it a Spot group pays."""

    vcpu_hour: float
    gb_hour: float
    spot_factor: float = 1.0

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """Take the prices from the settings; None when none are set."""
        if settings.price_vcpu_hour is None or settings.price_gb_hour is None:
            return None
        return cls(settings.price_vcpu_hour, settings.price_gb_hour, settings.price_spot_factor)


def cost(cpu: float, memory_gb: float, spot: bool, seconds: float, prices: Prices | None) -> float | None:  # noqa: FBT001 - it is one of four figures of a run
    """Give what `cpu` cores and `memory_gb` GB cost for `seconds`, to a millionth; None without prices.

    A second that was begun is paid; a duration that a skewed clock made negative costs nothing.
    """
    if prices is None:
        return None
    begun = max(ceil(round(seconds, 3)), 0)
    hourly = cpu * prices.vcpu_hour + memory_gb * prices.gb_hour
    return round(hourly * begun / _HOUR * (prices.spot_factor if spot else 1.0), 6)
