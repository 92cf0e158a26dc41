"""What a runtime is asked to run for one container of a group. Pure."""

from collections.abc import Callable

from aci_emulator.group import Group
from aci_emulator.runtime import Order
from aci_emulator.spec import ContainerSpec
from aci_emulator.volumes import Folders

IDENTITY_VARIABLE = "AZURE_POD_IDENTITY_AUTHORITY_HOST"
"""Where Azure's SDKs look for a managed identity's endpoint that is not at the link-local address (aci.md, 1.5)."""


def order(
    group: Group, spec: ContainerSpec, folders: Folders | None, identity: str, output: Callable[[bytes], None]
) -> Order:
    """Return the order for the container `spec`; `identity` is the address of its endpoint, empty for none.

    A container may use what it requests unless it has a limit; an init container what its group requests.
    """
    variables = {IDENTITY_VARIABLE: identity} if identity else {}
    return Order(
        group_id=group.path.id,
        name=spec.name,
        image=spec.image,
        command=spec.command,
        environment=variables | spec.environment,
        output=output,
        cpu=spec.cpu_limit or spec.cpu or group.spec.cpu,
        memory=spec.memory_limit or spec.memory or group.spec.memory,
        binds=() if folders is None else folders.binds(spec.mounts),
    )


def named(image: str, digest: str) -> str:
    """Name the image as events do: without its tag, with its digest if there is one."""
    path, slash, last = image.partition("@")[0].rpartition("/")
    return f"{path}{slash}{last.partition(':')[0]}" + (f"@{digest}" if digest else "")
