"""The body of a PUT made trustworthy, or ARM's refusal of it (aci.md, 2 and 5). Pure."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from aci_emulator.arm import ArmError, Json, undeserialisable
from aci_emulator.states import ALWAYS, NEVER, ON_FAILURE

GROUP_NAME = re.compile(r"(?!.*--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
CONTAINER_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
VARIABLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
LOCATION = re.compile(r"[a-z0-9]{1,64}")

LARGEST = 1_000
"""Cores, or GB, of one container: far above what ACI has, to catch a slip of units."""


@dataclass(frozen=True)
class ContainerSpec:
    """One container as asked for; `cpu` in cores and `memory` in GB, both 0 for an init container."""

    name: str
    image: str
    command: tuple[str, ...]
    environment: dict[str, str]
    cpu: float = 0.0
    memory: float = 0.0


@dataclass(frozen=True)
class GroupSpec:
    """A container group as asked for; `body` is the whole request, secrets included: never show it."""

    location: str
    os_type: str
    restart_policy: str
    containers: tuple[ContainerSpec, ...]
    init_containers: tuple[ContainerSpec, ...]
    body: Json


def check_group_name(name: str) -> None:
    """Refuse a name that ACI refuses."""
    if not GROUP_NAME.fullmatch(name):
        raise _refusal(
            "InvalidContainerGroupName",
            f"The container group name '{name}' is invalid: 1 to 63 lowercase letters, digits and hyphens, "
            "no hyphen first or last, no two hyphens in a row.",
        )


def read_spec(body: Json) -> GroupSpec:
    """Return what `body` asks for; ArmError 400 names the first property that is wrong."""
    location = _location(body)
    check_tags(body)
    properties = _require(body, "properties", dict, "")
    containers = tuple(_containers(properties, "containers", _resources))
    if not containers:
        raise undeserialisable("Property 'properties.containers' holds no container")
    init_containers = tuple(_containers(properties, "initContainers", lambda _owner, _path: (0.0, 0.0)))
    _check_names_differ([*containers, *init_containers])
    return GroupSpec(
        location=location,
        os_type=_choice(properties, "osType", ("Linux",), None),
        restart_policy=_choice(properties, "restartPolicy", (ALWAYS, ON_FAILURE, NEVER), ALWAYS),
        containers=containers,
        init_containers=init_containers,
        body=body,
    )


def check_tags(body: Json) -> None:
    """Refuse tags that are not texts."""
    tags = body.get("tags")
    if tags is not None and not (isinstance(tags, dict) and all(isinstance(v, str) for v in tags.values())):
        raise undeserialisable("Property 'tags' must be an object of strings")


def check_update(old: GroupSpec, new: GroupSpec) -> None:
    """Refuse what cannot change while a group lives: it must be deleted first (aci.md, 3.5)."""
    changes = {
        "osType": old.os_type != new.os_type,
        "restartPolicy": old.restart_policy != new.restart_policy,
        "cpu": _sizes(old, "cpu") != _sizes(new, "cpu"),
        "memoryInGB": _sizes(old, "memory") != _sizes(new, "memory"),
    }
    changed = [name for name, differs in changes.items() if differs]
    if changed:
        raise _refusal(
            "InvalidContainerGroupUpdate",
            f"The updates on container group are invalid: {', '.join(changed)} cannot change. "
            "If you are going to update the os type, restart policy, network profile, CPU, memory or GPU "
            "resources for a container group, you must delete it first and then create a new one.",
        )


def _location(body: Json) -> str:
    """Return the location as ARM compares it: without spaces, in lower case."""
    if body.get("location") in (None, ""):
        raise _refusal("LocationRequired", "The location property is required for this definition.")
    location: str = _require(body, "location", str, "")
    normal = location.replace(" ", "").lower()
    if not LOCATION.fullmatch(normal):
        raise _refusal(
            "LocationNotAvailableForResourceType",
            f"The provided location '{location}' is not available for resource type 'containerGroups'.",
        )
    return normal


def _sizes(spec: GroupSpec, which: str) -> list[float]:
    return sorted(getattr(container, which) for container in spec.containers)


def _containers(
    properties: Json, key: str, resources: Callable[[Json, str], tuple[float, float]]
) -> Iterator[ContainerSpec]:
    for index, item in enumerate(_list(properties, key, "properties")):
        path = f"properties.{key}[{index}]"
        if not isinstance(item, dict):
            raise undeserialisable(f"Property '{path}' must be an object")
        name = _require(item, "name", str, path)
        if not CONTAINER_NAME.fullmatch(name):
            raise _refusal(
                "InvalidContainerName",
                f"The container name '{name}' is invalid: 1 to 63 lowercase letters, digits and hyphens, "
                "no hyphen first or last.",
            )
        inner = _require(item, "properties", dict, path)
        path += ".properties"
        cpu, memory = resources(inner, path)
        yield ContainerSpec(
            name=name,
            image=_image(inner, path),
            command=_command(inner, path),
            environment=_environment(inner, path),
            cpu=cpu,
            memory=memory,
        )


def _image(inner: Json, path: str) -> str:
    image: str = _require(inner, "image", str, path)
    if not image or any(character.isspace() for character in image):
        raise _refusal("InvalidImage", f"The image '{image}' of '{path}' is invalid.")
    return image


def _command(inner: Json, path: str) -> tuple[str, ...]:
    words = _list(inner, "command", path)
    if not all(isinstance(word, str) and "\0" not in word for word in words):
        raise undeserialisable(f"Property '{path}.command' must be an array of strings without NUL")
    return tuple(words)


def _environment(inner: Json, path: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for index, item in enumerate(_list(inner, "environmentVariables", path)):
        where = f"{path}.environmentVariables[{index}]"
        if not isinstance(item, dict):
            raise undeserialisable(f"Property '{where}' must be an object")
        name = _require(item, "name", str, where)
        if not VARIABLE_NAME.fullmatch(name):
            raise _refusal(
                "InvalidContainerEnvironmentVariable",
                f"The environment variable name '{name}' is invalid: a letter or '_', then letters, digits "
                "or '_', 63 at most.",
            )
        secure = item.get("secureValue")
        value = secure if secure is not None else item.get("value", "")
        if not isinstance(value, str) or "\0" in value:
            raise undeserialisable(f"Property '{where}' must have a string without NUL as its value")
        values[name] = value
    return values


def _resources(inner: Json, path: str) -> tuple[float, float]:
    resources = _require(inner, "resources", dict, path)
    requests = _require(resources, "requests", dict, f"{path}.resources")
    return _size(requests, "cpu", f"{path}.resources.requests"), _size(
        requests, "memoryInGB", f"{path}.resources.requests"
    )


def _size(requests: Json, key: str, path: str) -> float:
    value = requests.get(key)
    if value is None:
        raise _missing(key, path)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LARGEST:
        raise undeserialisable(f"Property '{path}.{key}' must be a number above 0, {LARGEST} at most")
    return float(value)


def _check_names_differ(containers: list[ContainerSpec]) -> None:
    seen: set[str] = set()
    for container in containers:
        if container.name in seen:
            raise _refusal("DuplicateContainerName", f"The container name '{container.name}' is used more than once.")
        seen.add(container.name)


def _choice(owner: Json, key: str, allowed: tuple[str, ...], default: str | None) -> str:
    value = owner.get(key)
    if value is None:
        if default is None:
            raise _missing(key, "properties")
        return default
    for choice in allowed:
        if isinstance(value, str) and value.lower() == choice.lower():
            return choice
    wanted = ", ".join(allowed)
    raise undeserialisable(f"Property 'properties.{key}' is {value!r}; this emulator knows: {wanted}")


def _require(owner: Json, key: str, kind: type[dict[str, Any]] | type[str], path: str) -> Any:  # noqa: ANN401 - `kind` says the type
    value = owner.get(key)
    if value is None:
        raise _missing(key, path)
    if not isinstance(value, kind):
        wanted = "a string" if kind is str else "an object"
        raise undeserialisable(f"Property '{_join(path, key)}' must be {wanted}")
    return value


def _list(owner: Json, key: str, path: str) -> list[Any]:
    value = owner.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise undeserialisable(f"Property '{_join(path, key)}' must be an array")
    return value


def _missing(key: str, path: str) -> ArmError:
    return undeserialisable(f"Required property '{key}' not found in JSON. Path '{path}'")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


def _refusal(code: str, sentence: str) -> ArmError:
    return ArmError(400, code, sentence)
