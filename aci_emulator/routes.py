"""Which path and method is which operation, and how each is asked of the provider."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aci_emulator.arm import PROVIDER, Answer, ArmError, read_json, undeserialisable
from aci_emulator.group import GroupPath
from aci_emulator.provider import Provider
from aci_emulator.refusals import not_emulated

_SUBSCRIPTION = r"/subscriptions/(?P<subscription>[^/]+)"
_IN_GROUP = _SUBSCRIPTION + r"/resourceGroups/(?P<resource_group>[^/]+)"
_PROVIDER = rf"/providers/{re.escape(PROVIDER)}"
_GROUPS = _PROVIDER + "/containerGroups"
_ONE = _IN_GROUP + _GROUPS + r"/(?P<name>[^/]+)"
_CONTAINER = _ONE + "/containers/(?P<container>[^/]+)"
_LOCATION = _SUBSCRIPTION + _PROVIDER + "/locations/(?P<location>[^/]+)"


@dataclass(frozen=True)
class Call:
    """A request that found its operation: the named parts of its path, its query, its body, and who answers."""

    operation: str
    parts: dict[str, str]
    query: dict[str, str]
    body: bytes = field(repr=False)
    provider: Provider = field(repr=False)

    @property
    def path(self) -> GroupPath:
        """The container group that the path names."""
        return GroupPath(self.parts["subscription"], self.parts["resource_group"], self.parts["name"])

    @property
    def version(self) -> str:
        """The api-version, in lower case."""
        return self.query.get("api-version", "").lower()


type Operate = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True)
class Route:
    """A pattern of paths of one resource type; `methods`: HTTP method -> the operation's word, and what does it."""

    pattern: re.Pattern[str]
    kind: str
    methods: dict[str, tuple[str, Operate]]


async def _put(call: Call) -> Answer:
    return await call.provider.put(call.path, read_json(call.body), call.version)


async def _get(call: Call) -> Answer:
    return call.provider.get(call.path, call.version)


async def _patch(call: Call) -> Answer:
    return call.provider.retag(call.path, read_json(call.body), call.version)


async def _delete(call: Call) -> Answer:
    return await call.provider.delete(call.path, call.version)


async def _start(call: Call) -> Answer:
    return await call.provider.start(call.path)


async def _stop(call: Call) -> Answer:
    return await call.provider.stop(call.path)


async def _restart(call: Call) -> Answer:
    return await call.provider.restart(call.path)


async def _list(call: Call) -> Answer:
    resource_group = call.parts.get("resource_group")
    after = call.query.get("$skiptoken", "0")
    if not re.fullmatch(r"[0-9]{1,18}", after):
        raise undeserialisable(f"query parameter '$skiptoken' is '{after}', which no nextLink has")
    return call.provider.list_groups(
        call.parts["subscription"],
        None if resource_group is None else resource_group.lower(),
        int(after),
        call.version,
    )


async def _logs(call: Call) -> Answer:
    timestamps = call.query.get("timestamps", "false").lower()
    if timestamps not in {"true", "false"}:
        raise undeserialisable(f"query parameter 'timestamps' is '{timestamps}', not true or false")
    tail = _tail(call.query.get("tail"))
    return call.provider.logs(call.path, call.parts["container"], tail, timestamps=timestamps == "true")


async def _operation(call: Call) -> Answer:
    return call.provider.operation(call.parts["subscription"], call.parts["operation"])


async def _exec(call: Call) -> Answer:
    call.provider.container(call.path, call.parts["container"])
    raise not_emulated(f"To {call.operation} a container")


def _tail(text: str | None) -> int | None:
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise undeserialisable(f"query parameter 'tail' is '{text}', not a number of lines")
    return int(text)


def _route(pattern: str, kind: str, methods: dict[str, tuple[str, Operate]]) -> Route:
    """Return a route for a pattern that ARM compares without case, with or without a slash at its end."""
    return Route(re.compile(f"{pattern}/?", re.IGNORECASE), kind, methods)


_TYPE = "containerGroups"
ROUTES = (
    _route(
        _ONE,
        _TYPE,
        {"PUT": ("put", _put), "GET": ("get", _get), "PATCH": ("patch", _patch), "DELETE": ("delete", _delete)},
    ),
    _route(_ONE + "/start", _TYPE, {"POST": ("start", _start)}),
    _route(_ONE + "/stop", _TYPE, {"POST": ("stop", _stop)}),
    _route(_ONE + "/restart", _TYPE, {"POST": ("restart", _restart)}),
    _route(_CONTAINER + "/logs", f"{_TYPE}/containers", {"GET": ("logs", _logs)}),
    _route(_CONTAINER + "/exec", f"{_TYPE}/containers", {"POST": ("exec", _exec)}),
    _route(_CONTAINER + "/attach", f"{_TYPE}/containers", {"POST": ("attach", _exec)}),
    _route(_IN_GROUP + _GROUPS, _TYPE, {"GET": ("list", _list)}),
    _route(_SUBSCRIPTION + _GROUPS, _TYPE, {"GET": ("list", _list)}),
    _route(_LOCATION + "/operations/(?P<operation>[^/]+)", "locations/operations", {"GET": ("operation", _operation)}),
)


def find(method: str, path: str) -> tuple[Route, dict[str, str], str, Operate] | None:
    """Return the route of a request, the parts of its path, its operation's word and what carries it out.

    None when no route has the path; ArmError 405 when the route has not the method.
    """
    for candidate in ROUTES:
        match = candidate.pattern.fullmatch(path)
        if match is None:
            continue
        found = candidate.methods.get(method)
        if found is None:
            allowed = ", ".join(candidate.methods)
            sentence = f"The HTTP method '{method}' is not supported here; supported: {allowed}."
            raise ArmError(405, "HttpMethodNotSupported", sentence, gateway=True, headers={"Allow": allowed})
        return candidate, match.groupdict(), *found
    return None
