"""What a subscription may have in each region, and what it has: groups, cores, creations (aci.md, 4 and 5)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from scheduler.ports import Allowance, GroupRefused
from scheduler.run import Cause
from scheduler.spec import Body
from tests.world.shown import Group

FIVE_MINUTES, HOUR = timedelta(minutes=5), timedelta(hours=1)


@dataclass
class Limits:
    """What a region grants; None = no bound, and of creations: nothing is said of them either.

    `room`: the cores that a region has left at the moment, by its name: beyond them there is no capacity.
    """

    groups: int | None = None
    cores: float | None = None
    spot_cores: float | None = None
    creates_5min: int | None = None
    creates_hour: int | None = None
    room: dict[str, float] = field(default_factory=dict)


def cpu(body: Body) -> float:
    """Sum the cores that a group asks for; a container that does not say asks for one."""
    every = [one["properties"].get("resources") or {} for one in body["properties"]["containers"]]
    return sum(float((one.get("requests") or {}).get("cpu", 1)) for one in every)


def location(body: Body) -> str:
    """Name a group's region as regions are compared."""
    return str(body.get("location", "")).replace(" ", "").lower()


def _spot(body: Body) -> bool:
    return str(body["properties"].get("priority")) == "Spot"


class Quotas:
    """Watches over the limits of every region."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._created: defaultdict[str, list[datetime]] = defaultdict(list)

    def check(self, asked: str, body: Body, others: Iterable[Group], now: datetime, *, there: bool = False) -> None:
        """Refuse a group for which a quota, or the room, does not suffice; `there`: it is no new one."""
        region, limits = location(body), self.limits
        near = [one for one in others if location(one.body) == region]
        busy = [one for one in near if one.life and not one.over(now)]
        alike = sum(cpu(one.body) for one in busy if _spot(one.body) == _spot(body))
        name, most = ("StandardSpotCores", limits.spot_cores) if _spot(body) else ("StandardCores", limits.cores)
        if limits.groups is not None and not there and len(near) + 1 > limits.groups:
            raise reached(asked, "ContainerGroups", region, (limits.groups, len(near), 1))
        if most is not None and alike + cpu(body) > most:
            raise reached(asked, name, region, (most, alike, cpu(body)))
        if region in limits.room and sum(cpu(one.body) for one in busy) + cpu(body) > limits.room[region]:
            raise no_room(asked, body)

    def count(self, asked: str, body: Body, now: datetime) -> Allowance:
        """Count a creation, or refuse one too many; gives how many more are granted."""
        region, limits = location(body), self.limits
        taken = self._created[region] = [one for one in self._created[region] if one > now - HOUR]
        waits = [
            _wait(taken, now, window, most)
            for window, most in ((FIVE_MINUTES, limits.creates_5min), (HOUR, limits.creates_hour))
        ]
        if wait := max(waits):
            raise throttled(asked, wait)
        taken.append(now)
        recent = sum(one > now - FIVE_MINUTES for one in taken)
        return Allowance(_left(limits.creates_5min, recent), _left(limits.creates_hour, len(taken)))


def _wait(taken: list[datetime], now: datetime, window: timedelta, most: int | None) -> timedelta:
    """Say how long the window stays full."""
    within = [one for one in taken if one > now - window]
    if most is None or len(within) < most:
        return timedelta(0)
    return within[len(within) - most] + window - now if most else window


def _left(most: int | None, taken: int) -> int | None:
    return None if most is None else max(most - taken, 0)


def reached(asked: str, quota: str, region: str, figures: tuple[float, float, float]) -> GroupRefused:
    """Refuse what would exceed a quota; the figures: its limit, what is used, what was requested."""
    limit, usage, requested = figures
    said = (
        f"{asked}: ContainerGroupQuotaReached: Resource type 'Microsoft.ContainerInstance/containerGroups' container "
        f"group quota '{quota}' exceeded in region '{region}'. Limit: '{limit:g}', Usage: '{usage:g}' Requested: "
        f"'{requested:g}'."
    )
    return GroupRefused(Cause.QUOTA, said)


def no_room(asked: str, body: Body) -> GroupRefused:
    """Refuse what a region has no room for."""
    said = (
        f"{asked}: ServiceUnavailable: The requested resource is not available in the location '{location(body)}' at "
        f"this moment. Please retry with a different resource request or in another location."
    )
    return GroupRefused(Cause.CAPACITY, said)


def throttled(asked: str, wait: timedelta) -> GroupRefused:
    """Refuse one creation too many."""
    seconds = max(1, -(-wait // timedelta(seconds=1)))
    said = f"{asked}: ResourceRequestsThrottled: Please try again after '{seconds}' seconds."
    return GroupRefused(Cause.THROTTLED, said, timedelta(seconds=seconds))
