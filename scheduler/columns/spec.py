"""The escape hatch: Spec, ARM's own properties of a container group as JSON, laid over all the other columns.

What stands in it may be what `properties` holds, or the group with `properties`, `identity` and `zones`. It may hold
secrets (the row then holds them, too), or references to Key Vault in their places; no sentence repeats its values.
Only what would break a promise is refused here; all else is ACI's to judge.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scheduler import arm, cell, vault
from scheduler.cell import Fault, Faults
from scheduler.columns import Cells
from scheduler.columns.what import IDENTITY, IMAGE
from scheduler.watermark import TOLD

COLUMNS = ("Spec",)
#: The name of the container that is the job; those that Spec names otherwise stand beside it.
CONTAINER = "job"
_ALLOWED = (
    'it must be a JSON object of container-group properties, such as {"dnsConfig": {"nameServers": ["10.0.0.1"]}}.'
)
_BESIDE = ("identity", "zones")
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
#: Our own part of a group, and where else a person says it.
_OURS = {
    "name": "Crontable names the group",
    "tags": "Crontable tags the group",
    "location": "fill Locations instead",
    "type": "it is a container group",
    "id": "Crontable names the group",
    "apiVersion": "Crontable chooses it",
}
#: They would bring containers that no allow-list has seen.
_UNSEEN = ("containerGroupProfile", "standbyPoolProfile")
#: Far above what ACI has: it only keeps sums finite.
_LARGEST = 1000


def read(cells: Cells, faults: Faults) -> dict[str, Any]:
    """Read the cell as `{"properties": …}` with ARM's spelling, `identity` and `zones` beside it if given."""
    if "Spec" not in cells:
        return {"spec": {}}
    whole = faults.take(lambda: _object(cells), dict[str, Any]())
    wrong = [str(Fault("Spec", "", sentence)) for sentence in _wrong(whole)]
    faults.extend(wrong)
    return {"spec": {} if wrong else whole}


def _object(cells: Cells) -> dict[str, Any]:
    written = cell.text("Spec", cells["Spec"])
    typed = cell.json_value("Spec", written, written, _ALLOWED)
    if not isinstance(typed, dict):
        raise Fault("Spec", "", _ALLOWED)
    if arm.too_deep(typed):
        raise Fault("Spec", "", f"its objects stand within each other deeper than {arm.DEEPEST}.")
    if not any(name.lower() == "properties" for name in typed):
        beside = {name: value for name, value in typed.items() if name.lower() in {*_BESIDE, *map(str.lower, _OURS)}}
        typed = beside | {"properties": {name: value for name, value in typed.items() if name not in beside}}
    try:
        whole: dict[str, Any] = arm.canonical(typed)
    except ValueError as wrong:
        raise Fault("Spec", "", f"{wrong}.") from wrong
    return whole


def _wrong(whole: Mapping[str, Any]) -> Iterator[str]:
    """Say all that must not be."""
    if not whole:
        return
    for name in sorted(whole.keys() - {"properties", *_BESIDE}):
        yield f"{cell.shown(name)} must not be in it: {_OURS.get(name, 'it must stand in properties')}."
    properties = whole["properties"]
    if not isinstance(properties, dict):
        yield "properties must be an object."
        return
    policy, system = properties.get("restartPolicy", "Never"), properties.get("osType", "Linux")
    if not isinstance(policy, str) or policy.lower() != "never":
        yield "restartPolicy must be Never: a run ends, and is not begun again behind the scheduler's back."
    if not isinstance(system, str) or system.lower() not in ("linux", "windows"):
        yield "osType must be Linux or Windows."
    for name in _UNSEEN:
        if name in properties:
            yield f"{cell.shown(name)} must not be in it: it would bring containers that nobody has looked at."
    yield from _identity(whole.get("identity", {}))
    yield from _containers(properties)
    for name in ("volumes", "imageRegistryCredentials"):
        yield from _items(properties, name)[1]
    if any(arm.seems_reference(text) and not arm.is_reference(text) for text in arm.secret_texts(whole)):
        yield f"a reference to Key Vault in it cannot be read: it must be {vault.ALLOWED}."


def _identity(identity: object) -> Iterator[str]:
    if not isinstance(identity, dict) or not isinstance(identity.get("type", ""), str):
        yield "identity must be an object, and its type a text."
        return
    users = identity.get("userAssignedIdentities", {})
    if not isinstance(users, dict) or not all(IDENTITY.fullmatch(name) for name in users):
        yield "userAssignedIdentities must be an object whose names are resource ids of user-assigned identities."


def _items(owner: Mapping[str, Any], name: str) -> tuple[Sequence[Mapping[str, Any]], Sequence[str]]:
    """Give the items of a list that are told apart by a name, and why they cannot be."""
    items, key = owner.get(name, []), arm.KEYED[name]
    if not isinstance(items, list) or not all(isinstance(one, dict) and isinstance(one.get(key), str) for one in items):
        return (), [f"{name} must be a list of objects, each with the text {key}."]
    if len({one[key] for one in items}) < len(items):
        return (), [f"{name} must not hold two items of the same {key}."]
    return items, ()


def _containers(properties: Mapping[str, Any]) -> Iterator[str]:
    for kind in ("containers", "initContainers"):
        items, wrong = _items(properties, kind)
        yield from wrong
        for one in items:
            yield from _container(one["name"], one.get("properties", {}), init=kind == "initContainers")


def _container(name: str, inside: object, *, init: bool) -> Iterator[str]:
    """Say what is wrong with one container; only the one that is the job has an image and a size without it."""
    ours = name == CONTAINER
    if not _NAME.fullmatch(name) or (ours and init):
        yield f"a container's name must have 1 to 63 lower-case letters, digits and hyphens; {CONTAINER} is the job's."
        return
    if not isinstance(inside, dict):
        yield f"the properties of container {name} must be an object."
        return
    image = inside.get("image", "the-column-s" if ours else "")
    if not isinstance(image, str) or not IMAGE.fullmatch(image):
        yield f"container {name} must have an image such as registry.azurecr.io/name:tag."
    if not init and not _sized(inside.get("resources", {}), ours=ours):
        yield f"container {name} must have resources.requests with cpu and memoryInGB, numbers up to {_LARGEST}."
    variables, wrong = _items(inside, "environmentVariables")
    yield from (f"in container {name}, {one}" for one in (*wrong, *_items(inside, "volumeMounts")[1]))
    taken = [one["name"] for one in variables if one["name"] in TOLD] if ours else []
    if taken:
        yield f"in container {name}, the scheduler tells the run {', '.join(taken)}: choose another name."


def _sized(resources: object, *, ours: bool) -> bool:
    requests = resources.get("requests", {}) if isinstance(resources, dict) else None
    if not isinstance(requests, dict):
        return False
    asked = [requests.get(name, 1 if ours else 0) for name in ("cpu", "memoryInGB")]
    return all(type(one) in (int, float) and 0 < one <= _LARGEST for one in asked)
