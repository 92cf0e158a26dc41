"""Faults on demand: which, on what, how often. Pure but for the order in which requests come."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from random import Random
from typing import Any

from aci_emulator.arm import Json

BEFORE, AROUND, DEPLOYMENT, REMOVAL = "before", "around", "deployment", "removal"
"""When a fault acts: in place of a request, around one that has its effect, in a deployment, at its end."""

ANY = ("put", "patch", "get", "list", "delete", "start", "stop", "restart", "logs", "operation", "usages", "lookup")
CHANGES = ("put", "patch", "delete", "start", "stop", "restart")
DEPLOYS = ("put", "start", "restart")


class FaultError(Exception):
    """A fault that cannot be understood; the sentence names what is wrong and what is allowed."""


@dataclass(frozen=True)
class Kind:
    """A kind of fault: when it acts, on which operations unless told, after or for how many seconds unless told."""

    when: str
    operations: tuple[str, ...]
    about: str
    seconds: float = 0.0


KINDS = {
    "capacity": Kind(BEFORE, ("put", "start"), "409 ServiceUnavailable: no room in the region"),
    "quota": Kind(BEFORE, ("put",), "400 ContainerGroupQuotaReached"),
    "inaccessible-image": Kind(BEFORE, ("put",), "400 InaccessibleImage"),
    "registry-error": Kind(BEFORE, ("put",), "409 RegistryErrorResponse"),
    "transitioning": Kind(BEFORE, (*CHANGES, "logs"), "409 ContainerGroupTransitioning"),
    "denied": Kind(BEFORE, ANY, "403 AuthorizationFailed"),
    "throttled": Kind(BEFORE, ANY, "429 with Retry-After: `seconds`", 10),
    "server-error": Kind(BEFORE, ANY, "500 InternalServerError"),
    "unavailable": Kind(BEFORE, ANY, "503"),
    "drop-before": Kind(BEFORE, ANY, "the connection drops, nothing has happened"),
    "late": Kind(
        BEFORE, ("put",), "504 GatewayTimeout; it takes effect `seconds` later, or is lost if refused then", 60
    ),
    "server-error-after": Kind(AROUND, ANY, "500 InternalServerError, though it took effect"),
    "drop-after": Kind(AROUND, ANY, "the connection drops once it took effect"),
    "slow": Kind(AROUND, ANY, "it takes effect, and the answer comes `seconds` later", 5),
    "capacity-later": Kind(DEPLOYMENT, DEPLOYS, "accepted; the operation fails with InsufficientCapacity."),
    "unpullable": Kind(DEPLOYMENT, DEPLOYS, "accepted; the image cannot be pulled: Failed and BackOff, for 30 minutes"),
    "stuck": Kind(DEPLOYMENT, DEPLOYS, "accepted; the pull never ends"),
    "second-start": Kind(DEPLOYMENT, DEPLOYS, "under Never a failed container starts once more, `seconds` later", 1),
    "evicted": Kind(DEPLOYMENT, DEPLOYS, "killed as 7147 `seconds` after the start, then restarted", 1),
    "maintenance": Kind(DEPLOYMENT, DEPLOYS, "killed as 7148 `seconds` after the start, then restarted", 1),
    "vanish": Kind(DEPLOYMENT, DEPLOYS, "the group is gone `seconds` after the start", 1),
    "outlive": Kind(REMOVAL, ("delete", "stop"), "answered as done, but the containers run on until the next PUT"),
}


@dataclass(frozen=True)
class Fault:
    """One fault: what happens, to which groups and operations, and how often.

    `name`: a glob that the group's name matches. `operation`: one of the kind's, empty for all of those.
    `skip`: matching requests that pass first; `count`: how often it strikes, None for ever; `probability` of each
    strike, drawn from `seed`. `seconds`, unscaled by the speed: see the kind; `restart`: see evicted, maintenance.
    """

    kind: str
    name: str = "*"
    operation: str = ""
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    seconds: float = 0.0
    restart: bool = True

    @property
    def when(self) -> str:
        """When it acts."""
        return KINDS[self.kind].when

    def matches(self, operation: str, name: str) -> bool:
        """Say whether a request for `operation` on the group `name` is meant; `name` empty: on no group."""
        operations = (self.operation,) if self.operation else KINDS[self.kind].operations
        return operation in operations and fnmatchcase(name.lower(), self.name.lower())

    def body(self) -> Json:
        """Return it as JSON shows it."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


@dataclass
class _Armed:
    """A fault that waits: how many requests it matched, how often it struck."""

    id: str
    fault: Fault
    random: Random = field(repr=False)
    matched: int = 0
    struck: int = 0

    def strikes(self, operation: str, name: str) -> bool:
        fault = self.fault
        if not fault.matches(operation, name):
            return False
        self.matched += 1
        drawn = self.random.random() < fault.probability
        if self.matched <= fault.skip or not drawn or (fault.count is not None and self.struck >= fault.count):
            return False
        self.struck += 1
        return True

    def body(self) -> Json:
        return {"id": self.id, **self.fault.body(), "matched": self.matched, "struck": self.struck}


class Faults:
    """All faults that wait, in the order in which they were added."""

    def __init__(self, faults: tuple[Fault, ...] = ()) -> None:
        self._numbers = itertools.count(1)
        self._armed: dict[str, _Armed] = {}
        for fault in faults:
            self.add(fault)

    def add(self, fault: Fault) -> Json:
        """Arm `fault` and return it with its id."""
        number = str(next(self._numbers))
        self._armed[number] = _Armed(number, fault, Random(fault.seed))
        return self._armed[number].body()

    def remove(self, number: str) -> bool:
        """Disarm the fault with this id; say whether there was one."""
        return self._armed.pop(number, None) is not None

    def clear(self) -> None:
        """Disarm every fault."""
        self._armed.clear()

    def body(self) -> list[Json]:
        """Return all faults as JSON, each with how often it matched and struck."""
        return [armed.body() for armed in self._armed.values()]

    def at_request(self, operation: str, name: str) -> list[Fault]:
        """Return what strikes this request: at most one fault in its place, and all that surround it if there is none.

        A fault behind one that strikes in place of the request is not asked: its count is not used up.
        """
        instead = next(self._strikes(BEFORE, operation, name), None)
        return [instead] if instead is not None else list(self._strikes(AROUND, operation, name))

    def at_deployment(self, operation: str, name: str) -> dict[str, Fault]:
        """Return what strikes the deployment that this operation begins, by kind."""
        return {fault.kind: fault for fault in self._strikes(DEPLOYMENT, operation, name)}

    def at_removal(self, operation: str, name: str) -> bool:
        """Say whether the containers outlive this delete or stop."""
        return next(self._strikes(REMOVAL, operation, name), None) is not None

    def _strikes(self, when: str, operation: str, name: str) -> Iterator[Fault]:
        for armed in self._armed.values():
            if armed.fault.when == when and armed.strikes(operation, name):
                yield armed.fault


def read_faults(value: object) -> list[Fault]:
    """Return the fault, or the list of faults, in a JSON value; FaultError names what is wrong."""
    return [_fault(item) for item in (value if isinstance(value, list) else [value])]


def read_fault(text: str) -> Fault:
    """Return the fault that `KIND[,NAME=VALUE...]` stands for, as `capacity,name=ct-*,count=2`."""
    kind, *pairs = text.split(",")
    values: dict[str, Any] = {"kind": kind}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise FaultError(f"{pair!r} in {text!r} is not NAME=VALUE")
        values[name] = _plain(value) if name in _NUMBERS or name == "restart" else value
    return _fault(values)


_NUMBERS = {"count": 1, "skip": 0, "probability": 0, "seed": 0, "seconds": 0}
_WHOLE = {"count", "skip", "seed"}


def _plain(text: str) -> object:
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def _fault(value: Any) -> Fault:  # noqa: ANN401 - any JSON value: this checks it
    if not isinstance(value, dict):
        raise FaultError(f'a fault is an object like {{"kind": "capacity", "name": "ct-*", "count": 2}}, not {value!r}')
    unknown = sorted(set(value) - {item.name for item in fields(Fault)})
    if unknown:
        raise FaultError(f"a fault has no {unknown[0]!r}; it has {', '.join(item.name for item in fields(Fault))}")
    kind = value.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise FaultError(f"fault kind {kind!r} is not known; there are: {', '.join(KINDS)}")
    for name in value.keys() & _NUMBERS.keys():
        _check_number(name, value[name])
    for name in value.keys() & {"name", "operation"}:
        if not isinstance(value[name], str):
            raise FaultError(f"{name} of a fault is {value[name]!r}, not a text")
    operation = value.get("operation", "")
    if operation and operation not in KINDS[kind].operations:
        raise FaultError(f"operation {operation!r} is none that {kind} strikes: {', '.join(KINDS[kind].operations)}")
    if not isinstance(value.get("restart", True), bool):
        raise FaultError(f"restart of a fault is {value['restart']!r}, not true or false")
    known: dict[str, Any] = {"seconds": KINDS[kind].seconds} | value
    return Fault(**known)


def _check_number(name: str, value: object) -> None:
    if name == "count" and value is None:
        return
    right = isinstance(value, int) if name in _WHOLE else isinstance(value, int | float)
    most = 1 if name == "probability" else 1e9
    if not right or isinstance(value, bool) or not _NUMBERS[name] <= value <= most:  # type: ignore[operator] # a number by now
        kind = "whole number" if name in _WHOLE else "number"
        raise FaultError(f"{name} of a fault is {value!r}, not a {kind} from {_NUMBERS[name]} to {most:g}")
