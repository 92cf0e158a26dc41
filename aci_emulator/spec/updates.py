"""What a PUT may change of a group that lives (aci.md, 3.5). Pure."""

from aci_emulator.spec.model import GroupSpec
from aci_emulator.spec.refusals import refused


def check_update(old: GroupSpec, new: GroupSpec, name: str = "") -> None:
    """Refuse to change what the group `name` must be deleted for first; whether zones may change is not known."""
    changes = {
        "osType": old.os_type != new.os_type,
        "restartPolicy": old.restart_policy != new.restart_policy,
        "cpu or memoryInGB": _sizes(old) != _sizes(new),
        "network profile": set(old.subnets) != set(new.subnets),
        "zones": set(old.zones) != set(new.zones),
    }
    changed = [what for what, differs in changes.items() if differs]
    if changed:
        raise refused(
            "InvalidContainerGroupUpdate",
            f"The updates on container group{f" '{name}'" if name else ''} are invalid. If you are going to update the "
            "os type, restart policy, network profile, CPU, memory or GPU resources for a container group, you must "
            f"delete it first and then create a new one. (this would change: {', '.join(changed)})",
        )


def _sizes(spec: GroupSpec) -> list[tuple[float, float]]:
    return sorted((container.cpu, container.memory) for container in spec.containers)
