"""Bicep's functions, as far as infra/ uses them, over Python's values. What Azure alone knows stays unknown.

uniqueString and guid give other texts than Azure's, of the same length and letters, and as steady.
"""

import base64
import hashlib
import ipaddress
import json
import uuid
from collections.abc import Callable
from itertools import chain, islice
from typing import Any

from tests.infra.later import GROUP, SUBSCRIPTION, Later, interleaved

TENANT = "22222222-2222-2222-2222-222222222222"


def text(value: Any) -> str:
    match value:
        case bool():
            return str(value)
        case None:
            return ""
        case dict() | list():
            return json.dumps(value, default=str)
    return str(value)


def unique(*parts: Any) -> str:
    digest = hashlib.sha256("\0".join(map(text, parts)).encode()).digest()
    return base64.b32encode(digest).decode().lower()[:13]


def guid(*parts: Any) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, "\0".join(map(text, parts))))


def formatted(template: str, *values: Any) -> str:
    for number, value in enumerate(values):
        template = template.replace(f"{{{number}}}", text(value))
    return template


def union(*parts: Any) -> Any:
    if isinstance(parts[0], list):
        return list(dict.fromkeys(chain.from_iterable(parts)))
    merged: dict[str, Any] = {}
    for part in parts:
        for key, value in part.items():
            both = isinstance(value, dict) and isinstance(merged.get(key), dict)
            merged[key] = union(merged[key], value) if both else value
    return merged


def contains(whole: Any, part: Any) -> bool:
    return text(part).lower() in {key.lower() for key in whole} if isinstance(whole, dict) else part in whole


def listed(rows: Any, key: Callable[..., str], value: Callable[..., Any] = lambda row: row) -> dict[str, Any]:
    return {key(row): value(row) for row in rows}


def ordered(rows: list[Any], before: Callable[[Any, Any], bool]) -> list[Any]:
    done: list[Any] = []
    for row in rows:
        at = next((n for n, other in enumerate(done) if before(row, other)), len(done))
        done.insert(at, row)
    return done


def folded(rows: list[Any], start: Any, step: Callable[[Any, Any], Any]) -> Any:
    for row in rows:
        start = step(start, row)
    return start


def resource_id(*parts: str) -> str:
    at = next(n for n, part in enumerate(parts) if "/" in part and not part.startswith("/"))
    group = f"{SUBSCRIPTION}/resourceGroups/{parts[at - 1]}" if at else f"{SUBSCRIPTION}/resourceGroups/{GROUP}"
    return f"{group}/providers/{interleaved(parts[at], '/'.join(parts[at + 1 :]))}"


def subnet(network: str, length: int, number: int) -> str:
    return str(next(islice(ipaddress.ip_network(network).subnets(new_prefix=length), number, None)))


def calculated(first: Any, *rest: Any) -> Any:
    return next((value for value in (first, *rest) if value is not None), None)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "subscription": lambda *_: {
        "id": SUBSCRIPTION,
        "subscriptionId": SUBSCRIPTION.rpartition("/")[2],
        "tenantId": TENANT,
    },
    "tenant": lambda: {"tenantId": TENANT},
    "deployment": lambda: {"name": "main"},
    "deployer": lambda: {"objectId": "33333333-3333-3333-3333-333333333333", "tenantId": TENANT},
    "environment": lambda: {
        "name": "AzureCloud",
        "resourceManager": "https://management.azure.com/",
        "authentication": {"loginEndpoint": "https://login.microsoftonline.com/"},
        "suffixes": {"storage": "core.windows.net", "keyvaultDns": ".vault.azure.net", "acrLoginServer": ".azurecr.io"},
    },
    "uniqueString": unique,
    "guid": guid,
    "newGuid": lambda: guid("new"),
    "utcNow": lambda shape="": {"yyyy-MM-01": "2026-11-01", "yyyy-MM": "2026-11"}.get(shape, "20261122T000000Z"),
    "dateTimeAdd": lambda start, duration, _shape="": f"{start}+{duration}",
    "toLower": lambda value: text(value).lower(),
    "toUpper": lambda value: text(value).upper(),
    "trim": lambda value: value.strip(),
    "format": formatted,
    "replace": lambda value, old, new: text(value).replace(old, new),
    "split": lambda value, sign: value.split(sign),
    "join": lambda rows, sign: sign.join(map(text, rows)),
    "substring": lambda value, start, count=None: value[start : None if count is None else start + count],
    "take": lambda value, count: value[:count],
    "skip": lambda value, count: value[count:],
    "padLeft": lambda value, width, sign=" ": text(value).rjust(width, sign),
    "startsWith": lambda value, part: value.lower().startswith(part.lower()),
    "endsWith": lambda value, part: value.lower().endswith(part.lower()),
    "indexOf": lambda value, part: value.find(part),
    "contains": contains,
    "length": len,
    "empty": lambda value: not isinstance(value, Later) and not value,
    "first": lambda rows: rows[0] if rows else None,
    "last": lambda rows: rows[-1] if rows else None,
    "string": text,
    "int": int,
    "bool": lambda value: text(value).lower() == "true",
    "json": json.loads,
    "any": lambda value: value,
    "base64": lambda value: base64.b64encode(text(value).encode()).decode(),
    "concat": lambda *parts: list(chain.from_iterable(parts)) if isinstance(parts[0], list) else "".join(parts),
    "union": union,
    "shallowMerge": lambda rows: folded(rows, {}, lambda one, other: {**one, **other}),
    "flatten": lambda rows: list(chain.from_iterable(rows)),
    "range": lambda start, count: list(range(start, start + count)),
    "items": lambda rows: [{"key": key, "value": rows[key]} for key in sorted(rows)],
    "objectKeys": sorted,
    "map": lambda rows, step: [step(row) for row in rows],
    "mapValues": lambda rows, step: {key: step(value) for key, value in rows.items()},
    "filter": lambda rows, keep: [row for row in rows if keep(row)],
    "sort": ordered,
    "reduce": folded,
    "toObject": listed,
    "coalesce": calculated,
    "cidrSubnet": subnet,
    "min": min,
    "max": max,
    "uri": lambda start, rest: start.rstrip("/") + "/" + rest.lstrip("/"),
    "resourceId": resource_id,
    "subscriptionResourceId": lambda kind, *names: f"{SUBSCRIPTION}/providers/{interleaved(kind, '/'.join(names))}",
    "tenantResourceId": lambda kind, *names: f"/providers/{interleaved(kind, '/'.join(names))}",
    "readEnvironmentVariable": lambda _name, default="": default,
}
