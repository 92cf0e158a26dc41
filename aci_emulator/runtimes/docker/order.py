"""An order in the engine's words, and the engine's refusals in the emulator's. Pure."""

import re

from aci_emulator.arm import Json
from aci_emulator.runtime import Bind, ImageError, Order, StartError
from aci_emulator.runtimes.docker.calls import NO_ANSWER, NOT_FOUND, EngineFacts, EngineFault

OWNER = "aci-emulator.owner"
GROUP = "aci-emulator.group"
NAME = "aci-emulator.container"
"""The labels of every container: which emulator made it, the group's resource id, the container's name."""

GIGABYTE = 2**30
"""ACI speaks of GB and does not say which; as everywhere in Linux, and the roomier of the two."""

LEAST_MEMORY = 6 * 2**20
"""Bytes: an engine takes no lower limit."""

LEAST_CORES = 0.01

NANO = 10**9

CANNOT, NOT_EXECUTABLE, NO_COMMAND = 125, 126, 127
"""Exit codes of what was never started, as `docker run` has them."""

SILENT = "the container engine does not answer"

_EXEC = re.compile(r'exec: ".*?(?=: unknown|$)', re.DOTALL)
_NOT_THERE = ("executable file not found", "no such file or directory")
_FORBIDDEN = ("permission denied", "is a directory")
_LATER = re.compile(
    r"toomanyrequests|rate limit|\b429\b|HTTP status: 5\d\d|\b5\d\d (Internal|Bad|Service|Gateway)", re.IGNORECASE
)


def container_config(order: Order, owner: str, facts: EngineFacts, network: str) -> Json:
    """Return what the engine is asked to create.

    A command replaces the image's entry point and its arguments (aci.md, 2). `network` leads to the host's, so that
    the containers of a group share localhost, and reach what listens on the host, like those of the process runtime.
    """
    config: Json = {
        "Image": order.image,
        "Env": [f"{name}={value}" for name, value in order.environment.items()],
        "Labels": {OWNER: owner, GROUP: order.group_id, NAME: order.name},
        "AttachStdout": True,
        "AttachStderr": True,
        "HostConfig": {
            "NetworkMode": network,
            "Init": False,
            "LogConfig": {"Type": "none"},
            "Mounts": [_mount(bind) for bind in order.binds],
            **_bounds(order, facts),
        },
    }
    return config | ({"Entrypoint": list(order.command), "Cmd": []} if order.command else {})


def container_name(order: Order, number: str) -> str:
    """Return a name that says whose container it is in `docker ps`; `number` makes it the only one."""
    words = [order.group_id.rpartition("/")[2], order.name, number]
    return re.sub(r"[^A-Za-z0-9_.-]", "-", "-".join(["aci", *words]))


def start_error(fault: EngineFault) -> StartError:
    """Say why a container could not be created or started, and what its exit code is."""
    sentence = str(fault)
    if fault.status == NO_ANSWER:
        return StartError(f"{SILENT}: {sentence}", CANNOT)
    found = _EXEC.search(sentence)
    if found and any(text in found[0] for text in _NOT_THERE):
        return StartError(found[0], NO_COMMAND)
    if found and any(text in found[0] for text in _FORBIDDEN):
        return StartError(found[0], NOT_EXECUTABLE)
    if "no command specified" in sentence.lower():
        return StartError("no command specified", NO_COMMAND)
    return StartError(found[0] if found else sentence, NO_COMMAND if fault.status == NOT_FOUND else CANNOT)


def image_error(fault: EngineFault, registry: str) -> ImageError:
    """Say why an image cannot be had: what may be tried later is RegistryErrorResponse (aci.md, 4)."""
    said = " ".join(str(fault).split())
    if fault.status == NO_ANSWER:
        return ImageError(f"{SILENT}: {said}", "RegistryErrorResponse")
    return ImageError(
        f"registry {registry}: {said}", "RegistryErrorResponse" if _LATER.search(said) else "InaccessibleImage"
    )


def _mount(bind: Bind) -> Json:
    return {"Type": "bind", "Source": str(bind.source), "Target": bind.target, "ReadOnly": bind.read_only}


def _bounds(order: Order, facts: EngineFacts) -> Json:
    """Limit cores and memory. An engine refuses more cores than it has, and ACI's sizes are not this machine's."""
    bounds: Json = {}
    if order.cpu and facts.limits_cores:
        bounds["NanoCpus"] = int(max(LEAST_CORES, min(order.cpu, facts.cores)) * NANO)
    if order.memory:
        memory = max(LEAST_MEMORY, int(order.memory * GIGABYTE))
        bounds |= {"Memory": memory, "MemorySwap": memory}
    return bounds
