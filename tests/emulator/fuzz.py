"""Requests that are odd in one part or in several: valid ones, changed in a random place."""

import contextlib
import copy
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from tests.emulator import odd
from tests.emulator.bodies import changed
from tests.emulator.driver import SUBSCRIPTION, container, group
from tests.emulator.rawhttp import Sent

type Steps = tuple[Any, ...]

FULL = changed(("properties.volumes.3", ...), ("properties.initContainers", ...))
"""Nearly everything that a body may hold; no clone, which costs a process."""
PLAIN = group(container("any", "true"))
CLONED = group(container("any", "true"), volumes=[{"name": "clone", "gitRepo": {"repository": "/nowhere"}}])
GROUPS = [PLAIN, FULL, CLONED]
OTHERS: list[Any] = [
    {"tags": {"a": "b"}},
    {"command": "/bin/sh", "terminalSize": {"rows": 20, "cols": 80}},
    {"location": "westeurope", "tags": {}},
    {"kind": "capacity", "name": "nobody", "operation": "put", "count": 1, "probability": 0.5, "seconds": 1},
    [{"kind": "slow", "name": "nobody"}, {"kind": "late"}],
    {"groups": 10, "creates-hour": "none", "page": 1},
    {"advance": 1},
]
"""Bodies of the operations that take others than a group."""

_IN = f"/subscriptions/{SUBSCRIPTION}"
_RG = f"{_IN}/resourceGroups/rg"
_OWN = "/providers/Microsoft.ContainerInstance"
_ONE = f"{_RG}{_OWN}/containerGroups/*"
_AT = f"{_IN}{_OWN}/locations"
_TOKEN = "/metadata/identity/oauth2/token"
PUT = ("PUT", _ONE)
WITH_BODY = [
    *[PUT] * 8,
    *(("PATCH", _ONE), ("POST", f"{_ONE}/containers/main/exec"), ("PUT", f"{_IN}/resourceGroups/*")),
    *(("POST", f"/_emulator/{word}") for word in ("faults", "limits", "clock")),
]
ROUTES = [
    *(
        ("GET", _ONE),
        ("DELETE", _ONE),
        ("GET", f"{_RG}{_OWN}/containerGroups"),
        ("GET", f"{_IN}{_OWN}/containerGroups"),
    ),
    *(("POST", f"{_ONE}/{word}") for word in ("start", "stop", "restart", "containers/main/attach")),
    *(("GET", f"{_ONE}/containers/{name}/logs") for name in ("main", "one", "*")),
    *(("GET", f"{_AT}/westeurope/operations/*"), ("GET", f"{_ONE}/outboundNetworkDependenciesEndpoints")),
    *(("GET", f"{_AT}/*/{word}") for word in ("usages", "capabilities", "cachedImages")),
    *(("GET", path) for path in ("/metadata/endpoints", "/tenants", "/subscriptions", "/subscriptions/*")),
    *(("GET", f"{_IN}/{word}") for word in ("locations", "resourceGroups", "resources", "providers/*")),
    *(("HEAD", f"{_IN}/resourceGroups/*"), ("DELETE", f"{_IN}/resourceGroups/*"), ("GET", f"{_RG}/resources")),
    *(("GET", f"{_OWN}/operations"), ("POST", f"{_IN}{_OWN}/register")),
    *(("GET", _TOKEN), ("GET", f"/_emulator/identity/*{_TOKEN}")),
    *(("GET", f"/_emulator/{word}") for word in ("faults", "journal", "limits", "clock", "*")),
    *(("DELETE", "/_emulator/faults/*"), ("DELETE", "/_emulator/journal")),
    *(("OPTIONS", "*"), ("GET", "http://127.0.0.1/subscriptions"), ("CONNECT", "127.0.0.1:1"), ("GET", "//")),
]
"""Methods and paths; a star is any name."""

ASKING = [route for route in ROUTES for end in odd.KNOWN if route[1].endswith(end)] * 3 + ROUTES

PARTS = [
    *[{"body"}] * 6,
    *[{"path"}, {"query"}, {"headers"}] * 2,
    *({"method"}, {"body", "headers"}, {"body", "query"}, {"path", "query"}, set(), set()),
    {"method", "path", "query", "headers", "body"},
]
"""Which parts of a request are odd."""

BENDS: list[Callable[[str], str]] = [
    *(str.upper, str.lower, lambda s: s.replace("/", "//", 1), lambda s: s.replace("o", "%6F")),
    *(lambda s: s[1:] or "/", lambda s: s[: len(s) // 2] or "/"),
    *(lambda s, end=end: s + end for end in ("/", "//", "/../x", "%", "/more", "#f", ";v=1", "\\", "?")),
]
"""What may happen to a path as a whole."""


def fuzz(examples: int, *, shrink: bool = False) -> settings:
    """Return how often to draw; each run is as the one before, and nothing is kept of it.

    `shrink`: look for the smallest failure; only for what can be tried again unharmed by the failure before.
    """
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )


def _places(value: Any, path: Steps = ()) -> list[Steps]:
    """Return the path of everything inside `value`."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in inside for place in ((*path, key), *_places(inner, (*path, key)))]


def _changed(body: Any, path: Steps, value: Any, name: Any) -> Any:
    """Return `body` with `value` in the place of what is at `path`, or that twice; a property is then called `name`.

    Where nothing is any more, because an earlier change was there, it stays as it was.
    """
    body = copy.deepcopy(body)
    owner, last = body, path[-1]
    with contextlib.suppress(KeyError, IndexError, TypeError):
        for step in path[:-1]:
            owner = owner[step]
        old = owner[last]
        if isinstance(owner, list):
            owner[last : last + 1] = [old, old] if value is ... else [value]
        else:
            del owner[last]
            owner[name] = old if value is ... else value
    return body


_JSON = st.recursive(
    st.sampled_from(odd.JSON) | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=3,
)


@st.composite
def _trees(draw: st.DrawFn, right: list[Any]) -> Any:
    """Draw a body with up to three places that hold something else, or have another name."""
    body = draw(st.sampled_from(right))
    inside = _places(body)
    for _ in range(draw(st.integers(0, 3))):
        path = draw(st.sampled_from(inside))
        name, value, kind = path[-1], ..., draw(st.integers(0, 4))
        if kind == 0:
            name = draw(st.sampled_from([str(name).upper(), str(name).title(), "", "constructor", f" {name}"]))
        body = _changed(
            body, path, value if kind == 0 else draw(_JSON if kind == 1 else st.sampled_from(odd.JSON)), name
        )
    return body


@st.composite
def _broken(draw: st.DrawFn, text: bytes) -> bytes:
    """Draw bytes that were JSON once: cut, with a hole, with something inside, in UTF-16, with a name twice."""
    at = draw(st.integers(0, len(text)))
    match draw(st.integers(0, 9)):
        case 0:
            return text[:at]
        case 1:
            return text[:at] + text[at + draw(st.integers(1, 9)) :]
        case 2:
            return text[:at] + draw(st.binary(min_size=1, max_size=4)) + text[at:]
        case 3:
            return text.decode().encode(draw(st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "cp037"])), "replace")
        case 4:
            name = draw(st.sampled_from([b"name", b"properties", b"location", b"containers"]))
            again = draw(st.sampled_from([name, name.upper()]))
            return text.replace(b'"' + name + b'":', b'"' + again + b'": 7, "' + name + b'":', 1)
    colon = text.find(b":", at)
    scrap = draw(st.sampled_from(odd.TEXTS)).encode()
    return text + scrap if colon < 0 else text[: colon + 1] + scrap + text[text.find(b",", colon) :]


@st.composite
def _bodies(draw: st.DrawFn, right: list[Any]) -> bytes:
    """Draw a body that is no more one of the `right` ones."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(st.binary(max_size=20)) or draw(st.sampled_from(odd.TEXTS)).encode()
    value = draw(_JSON) if kind == 1 else draw(_trees(right))
    text = json.dumps(value, ensure_ascii=draw(st.booleans())).encode()
    return draw(_broken(text)) if kind in {2, 3, 4} else text


@st.composite
def _queries(draw: st.DrawFn, target: str) -> str:
    """Draw a query that is seldom right, mostly with parameters that `target` knows."""
    known = next((names for end, names in odd.KNOWN.items() if target.endswith(end)), ())
    more = st.tuples(st.sampled_from([*odd.PARAMETERS, *known * 9]), st.sampled_from(odd.VALUES))
    pairs = [("api-version", draw(st.sampled_from(odd.VERSIONS))), *draw(st.lists(more, max_size=2))]
    query = "&".join(f"{name}={quote(value, safe='%&=')}" for name, value in pairs)
    return draw(st.sampled_from([query] * 9 + ["", "&&=", query.replace("=", "%3d"), query + "&" + query]))


@st.composite
def _paths(draw: st.DrawFn, target: str) -> str:
    """Draw a path with odd names for the stars of `target`, or one that is bent as a whole."""
    if draw(st.booleans()):
        return draw(st.sampled_from(BENDS))(target.replace("*", "one"))
    while "*" in target and target != "*":
        target = target.replace("*", draw(st.sampled_from(odd.NAMES)), 1)
    return target


@st.composite
def requests(draw: st.DrawFn) -> Sent:
    """Draw one request."""
    parts = draw(st.sampled_from(PARTS))
    routes = WITH_BODY if "body" in parts or not parts else ASKING if parts == {"query"} else ROUTES
    method, target = draw(st.sampled_from(routes))
    right = GROUPS if (method, target) == PUT else OTHERS
    body = b""
    if "body" in parts:
        body = draw(_bodies(right))
    elif method in {"PUT", "PATCH", "POST"}:
        body = json.dumps(draw(st.sampled_from(right))).encode()
    if "method" in parts:
        method = draw(st.sampled_from(odd.METHODS))
    several = st.lists(st.sampled_from(odd.HEADERS), min_size=1, max_size=2, unique_by=lambda header: header[0])
    headers = draw(several) if "headers" in parts else []
    query = draw(_queries(target)) if "query" in parts else "api-version=2023-05-01"
    name = draw(st.sampled_from(["one", "two", "three"]))
    path = draw(_paths(target)) if "path" in parts else target.replace("*", name)
    return Sent(method, f"{path}?{query}" if query else path, tuple(headers), body)


_GOOD = f"{_ONE}?api-version=2023-05-01".replace("*", "one")
_GET = Sent("GET", _GOOD).wire()
_PUT = Sent("PUT", _GOOD, body=json.dumps(PLAIN).encode()).wire()
_CHUNKED = Sent("PUT", _GOOD, (("Transfer-Encoding", "chunked"),), b"3\r\n{  \r\n1\r\n}\r\n0\r\n\r\n").wire()
WIRES = [_GET, _GET + _GET, _PUT, _CHUNKED, _PUT.replace(b"\r\n", b"\r\nExpect: 100-continue\r\n", 1)]


@st.composite
def wires(draw: st.DrawFn) -> bytes:
    """Draw bytes that were a good request before some were lost, doubled or put in between; mostly in its head."""
    text = draw(st.sampled_from(WIRES))
    for _ in range(draw(st.integers(1, 3))):
        head = text.find(b"\r\n\r\n") + 4
        at = draw(st.integers(0, head if draw(st.booleans()) else len(text)))
        end = at + draw(st.sampled_from([0, 0, 0, 1, 2, 7, 40]))
        text = text[:at] + draw(st.sampled_from([b"", text[at : at + 9], *odd.SCRAPS])) + text[end:]
    return draw(st.sampled_from([text, text, text, text[: len(text) // 2], text.replace(b"\r\n", b"\n")]))
