"""One container group: what was asked for, how far it is, and how ARM shows it. No I/O, no clock."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime

from aci_emulator.arm import PROVIDER, Json
from aci_emulator.logs import Log
from aci_emulator.shown import shown
from aci_emulator.spec import ContainerSpec, GroupSpec
from aci_emulator.states import Event, View, group_state

ADDRESS = "127.0.0.1"
"""The address that a group with ports is shown to have: its containers use this machine's network."""

VERSION = "2023-05-01"
"""The api-version of the stable SDKs, whose shape an answer has unless a request says another."""


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

    `number`: its place in lists. `provisioning`: the state of the last operation.
    `pending`: not every container had its first start yet. `failed`: an init container failed, or the platform did.
    `stopped`: by a client. `busy`: the operation that makes the group refuse others, or nothing.
    `events`: what happened to the group as a whole. `awaited`: the containers that ended and that the platform, for
    its own reasons, will start again: until then the group has not ended, whatever it shows.
    """

    path: GroupPath
    spec: GroupSpec
    number: int = 0
    provisioning: str = "Pending"
    pending: bool = True
    failed: bool = False
    stopped: bool = False
    busy: str = ""
    views: dict[str, View] = field(default_factory=dict)
    logs: dict[str, Log] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    awaited: set[str] = field(default_factory=set, compare=False)

    def __post_init__(self) -> None:
        self.views = {item.name: self.views.get(item.name, View()) for item in self.every_container()}

    def every_container(self) -> tuple[ContainerSpec, ...]:
        """Return the init containers and the containers."""
        return self.spec.every_container()

    @property
    def state(self) -> str:
        """The group's instanceView.state."""
        if self.failed and not self.stopped:
            return "Failed"
        views = [self.views[container.name] for container in self.spec.containers]
        policy = self.spec.restart_policy
        return group_state(policy, views, stopped=self.stopped, pending=self.pending)

    @property
    def ended(self) -> bool:
        """Whether it ran to its end: such a group is deployed as new by a PUT."""
        return self.state in {"Succeeded", "Failed"} and not self.awaited

    @property
    def uses_compute(self) -> bool:
        """Whether it has cores: a stopped group, or one that ended, gave them back."""
        return not (self.stopped or self.ended)

    def respecify(self, spec: GroupSpec, *, keep: bool) -> None:
        """Take a new specification; `keep` the history of the containers whose names stay."""
        self.spec = spec
        old = self.views if keep else {}
        self.views = {item.name: old.get(item.name, View()) for item in self.every_container()}
        self.logs = {name: log for name, log in self.logs.items() if name in self.views and keep}
        self.events = self.events if keep else ()

    def stop(self, at: datetime) -> None:
        """Show what a stop leaves: no exit codes but those of before, and the ends of the logs."""
        for name, view in self.views.items():
            self.views[name] = view.stopped(at, self.container_id(name))
        for log in self.logs.values():
            log.settle()
        self.stopped, self.provisioning, self.busy = True, "Succeeded", ""
        self.awaited.clear()

    def retag(self, tags: dict[str, str]) -> None:
        """Replace the tags."""
        self.spec = replace(self.spec, body=self.spec.body | {"tags": tags})

    def container_id(self, name: str) -> str:
        """Return the id that events show for the container `name`."""
        return hashlib.sha256(f"{self.path.id}/{name}".lower().encode()).hexdigest()

    def every_event(self) -> tuple[Event, ...]:
        """Return the events of the group and of all its containers, as an operation shows them."""
        return self.events + tuple(event for view in self.views.values() for event in view.events)

    def body(self, *, with_view: bool = True, version: str = VERSION) -> Json:
        """Return the group as ARM shows it to `version`; lists show no instanceView."""
        address = None if self.stopped or self.pending else ADDRESS
        answer = shown(self.spec.body, self.path.id, version=version, address=address)
        properties = answer["properties"]
        properties["provisioningState"] = self.provisioning
        properties.pop("instanceView", None)
        for container in [*properties["containers"], *properties["initContainers"]]:
            container["properties"].pop("instanceView", None)
            view = self.views[container["name"]].body()
            if with_view and view is not None:
                container["properties"]["instanceView"] = view
        if with_view:
            properties["instanceView"] = {"events": [event.body() for event in self.events], "state": self.state}
        identity = {"id": self.path.id, "name": self.path.name, "type": f"{PROVIDER}/containerGroups"}
        return answer | identity
