"""One container group: what was asked for, how far it is, and how ARM shows it. No I/O, no clock."""

import hashlib
from dataclasses import dataclass, field, replace

from aci_emulator.arm import PROVIDER, Json
from aci_emulator.logs import Log
from aci_emulator.shown import shown
from aci_emulator.spec import ContainerSpec, GroupSpec
from aci_emulator.states import View, group_state


@dataclass(frozen=True)
class GroupPath:
    """Where a group is; ARM compares all three without case and shows them as they were first written."""

    subscription: str
    resource_group: str
    name: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What identifies the group."""
        return self.subscription.lower(), self.resource_group.lower(), self.name.lower()

    @property
    def id(self) -> str:
        """The resource id."""
        return (
            f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"
            f"/providers/{PROVIDER}/containerGroups/{self.name}"
        )


@dataclass
class Group:
    """A container group.

    `provisioning`: the state of the last operation.
    `pending`: not every container had its first start yet.
    `init_failed`: an init container failed for good.
    `stopped`: by a client.
    `busy`: the operation that makes the group refuse others, or nothing.
    """

    path: GroupPath
    spec: GroupSpec
    provisioning: str = "Pending"
    pending: bool = True
    init_failed: bool = False
    stopped: bool = False
    busy: str = ""
    views: dict[str, View] = field(default_factory=dict)
    logs: dict[str, Log] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.views = {container.name: View() for container in self.every_container()}

    def every_container(self) -> tuple[ContainerSpec, ...]:
        """Return the init containers and the containers."""
        return self.spec.init_containers + self.spec.containers

    @property
    def state(self) -> str:
        """The group's instanceView.state."""
        if self.init_failed and not self.stopped:
            return "Failed"
        views = [self.views[container.name] for container in self.spec.containers]
        policy = self.spec.restart_policy
        return group_state(policy, views, stopped=self.stopped, pending=self.pending)

    @property
    def ended(self) -> bool:
        """Whether it ran to its end: such a group is deployed as new by a PUT."""
        return self.state in {"Succeeded", "Failed"}

    def respecify(self, spec: GroupSpec, *, keep: bool) -> None:
        """Take a new specification; `keep` the history of the containers whose names stay."""
        self.spec = spec
        old = self.views if keep else {}
        self.views = {item.name: old.get(item.name, View()) for item in self.every_container()}
        self.logs = {name: log for name, log in self.logs.items() if name in self.views and keep}

    def retag(self, tags: Json) -> None:
        """Replace the tags."""
        self.spec = replace(self.spec, body=self.spec.body | {"tags": tags})

    def container_id(self, name: str) -> str:
        """Return the id that events show for the container `name`."""
        return hashlib.sha256(f"{self.path.id}/{name}".lower().encode()).hexdigest()

    def body(self, *, with_view: bool = True) -> Json:
        """Return the group as ARM shows it; lists show no instanceView."""
        answer = shown(self.spec.body, self.path.id)
        properties = answer["properties"]
        properties["provisioningState"] = self.provisioning
        properties.pop("instanceView", None)
        for container in [*properties["containers"], *properties["initContainers"]]:
            container["properties"].pop("instanceView", None)
            view = self.views[container["name"]].body()
            if with_view and view is not None:
                container["properties"]["instanceView"] = view
        if with_view:
            properties["instanceView"] = {"events": [], "state": self.state}
        identity = {"id": self.path.id, "name": self.path.name, "type": f"{PROVIDER}/containerGroups"}
        return answer | identity
