"""The cores and the memory of containers (aci.md, 5). Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from aci_emulator.spec.model import ContainerSpec
from aci_emulator.spec.reading import Place
from aci_emulator.spec.refusals import impossible, invalid, refused, span
from aci_emulator.spec.terms import Terms

LARGEST = 1_000
"""Cores, or GB, of one container: far above what ACI has, to catch a slip of units where no limit is set."""

SPOT_CPU, SPOT_MEMORY = 4.0, 16.0
"""What a Spot group may ask for at most."""

SLACK = 1e-9
"""Cores, or GB: ten times 0.1 is not quite 1."""

SINCE = "since API version '2017-07-01-preview'"


@dataclass(frozen=True)
class Sizes:
    """What one container asks for, in cores and GB, and what it may use; a limit of 0 is none."""

    cpu: float = 0.0
    memory: float = 0.0
    cpu_limit: float = 0.0
    memory_limit: float = 0.0


def read_sizes(place: Place, container: str, terms: Terms) -> Sizes:
    """Return what the properties at `place` ask for."""
    whose = f"in container '{container}' of {terms.group.replace('container group', 'contain group')}"
    resources = place.maybe_object("resources") or Place({}, place.at("resources"))
    requests = resources.maybe_object("requests") or Place({}, resources.at("requests"))
    chain = ((place, "resources"), (resources, "requests"), (requests, "cpu"))
    cpu, memory = _requests(requests, whose, [(owner.path, key) for owner, key in chain if owner.get(key) is None])
    limits = resources.maybe_object("limits")
    if limits is None:
        return Sizes(cpu, memory)
    sizes = Sizes(cpu, memory, _amount(limits, "cpu") or 0.0, _amount(limits, "memoryInGB") or 0.0)
    _check_limits(sizes, whose)
    return sizes


def check_sums(containers: Sequence[ContainerSpec], terms: Terms, *, spot: bool) -> None:
    """Refuse a group that asks for too much or too little, and containers whose limits exceed what it has."""
    for what, size, limit, least, most, spot_most in (
        ("Cpu", "cpu", "cpu_limit", terms.limits.least_cpu, terms.limits.cpu, SPOT_CPU),
        ("MemoryInGB", "memory", "memory_limit", terms.limits.least_memory, terms.limits.memory, SPOT_MEMORY),
    ):
        total = math.fsum(getattr(container, size) for container in containers)
        bound = min(most, spot_most) if spot and math.isfinite(most) else most
        if not least - SLACK <= total <= bound + SLACK:
            unit = "cores" if what == "Cpu" else "GB of memory"
            raise impossible(
                f"The containers of {terms.group} request {total:g} {unit} together "
                f"(properties.containers[].properties.resources.requests). Allowed: {span(least, bound)}."
            )
        for container in containers:
            allowed = getattr(container, limit)
            if allowed > total + SLACK:
                raise refused(
                    "ContainerLimitGreaterThanContainerGroupTotalRequest",
                    f"The '{what}' limit '{allowed:g}' in container '{container.name}' is greater than the total "
                    f"request '{total:g}' of {terms.group}.",
                )


def _requests(requests: Place, whose: str, lacks: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Return what is requested; `lacks` names the properties that are not there, the outermost first."""
    cpu, memory = _amount(requests, "cpu"), _amount(requests, "memoryInGB")
    if cpu is None and memory is None:
        path, key = lacks[0]
        raise refused(
            "ResourceRequestsNotSpecified",
            f"The resource requests are not specified {whose}. Both memory and CPU requests are required {SINCE}. "
            f"(Required property '{key}' not found in JSON. Path '{path}')",
        )
    if cpu is None or memory is None:
        lacking = "MemoryInGB" if memory is None else "Cpu"
        given = f"MemoryInGB '{'' if memory is None else f'{memory:g}'}' Cpu '{'' if cpu is None else f'{cpu:g}'}'"
        raise refused(
            "ResourceSomeRequestsNotSpecified",
            f"The '{lacking}' request is not specified in '{given}' {whose}. It is required {SINCE}. ({requests.path})",
        )
    return cpu, memory


def _amount(place: Place, key: str) -> float | None:
    if place.get("gpu") is not None:
        raise impossible(f"Property '{place.at('gpu')}': GPUs are not emulated.")
    value = place.number(key)
    if value is not None and not 0 < value <= LARGEST:
        raise invalid(place.at(key), value, f"a number above 0, {LARGEST} at most")
    return None if value is None else float(value)


def _check_limits(sizes: Sizes, whose: str) -> None:
    for what, request, limit in (
        ("Cpu", sizes.cpu, sizes.cpu_limit),
        ("MemoryInGB", sizes.memory, sizes.memory_limit),
    ):
        if 0 < limit < request:
            raise refused(
                "ResourceLimitsLessThanRequests",
                f"The resource requirement {whose} is invalid. The '{what}' limit value must be greater than or equal "
                f"to the request value. (the limit is {limit:g}, the request {request:g})",
            )
