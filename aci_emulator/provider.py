"""The resource provider Microsoft.ContainerInstance: every operation on groups (aci.md, 1 and 3.5)."""

import asyncio
import itertools
from collections import defaultdict

from aci_emulator.allowance import Allowance
from aci_emulator.arm import Answer, ArmError, Json, not_found, transitioning
from aci_emulator.clock import Clock
from aci_emulator.group import Group, GroupPath
from aci_emulator.life import Life
from aci_emulator.operations import Operation, Operations
from aci_emulator.runtime import Runtime
from aci_emulator.spec import GroupSpec, check_group_name, check_tags, check_update, read_spec

PUT_DELAY, DELETE_DELAY, RESTART_DELAY = 3.0, 3.0, 1.0
"""Seconds that ACI takes: to answer a PUT and a DELETE, and from the answer of a restart to the kill."""

ASYNC_OPERATION = "Azure-AsyncOperation"


class Provider:
    """All container groups, of all subscriptions. Its answers hold addresses without scheme and host."""

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self._runtime = runtime
        self._clock = clock
        self._groups: dict[tuple[str, str, str], Group] = {}
        self._lives: dict[tuple[str, str, str], Life] = {}
        self._operations = Operations()
        self._allowances: defaultdict[tuple[str, str, str], Allowance] = defaultdict(Allowance)

    async def put(self, path: GroupPath, body: Json) -> Answer:
        """Create a group, or replace one: its containers restart though nothing changed."""
        check_group_name(path.name)
        spec = read_spec(body)
        await self._check_images(path, spec)
        self._check_put(path, spec)
        await self._clock.sleep(PUT_DELAY)
        group = self._check_put(path, spec)
        remaining = self._count("create", path, spec.location)
        status = 201 if group is None else 200
        operation = self._create(path, spec) if group is None else self._replace(group, spec)
        return Answer(status, self._groups[path.key].body(), remaining | {ASYNC_OPERATION: operation.path})

    def get(self, path: GroupPath) -> Answer:
        """Return a group with its instanceView."""
        return Answer(200, self._find(path).body())

    def list_groups(self, subscription: str, resource_group: str | None) -> Answer:
        """Return the groups of a resource group, or of the subscription, without any instanceView."""
        groups = [
            group.body(with_view=False)
            for (owner, holder, _name), group in self._groups.items()
            if owner == subscription.lower() and resource_group in (None, holder)
        ]
        return Answer(200, {"value": groups})

    def retag(self, path: GroupPath, body: Json) -> Answer:
        """Replace the tags of a group, which goes on undisturbed."""
        group = self._find(path)
        check_tags(body)
        if body.get("tags") is not None:
            group.retag(body["tags"])
        return Answer(200, group.body())

    async def delete(self, path: GroupPath) -> Answer:
        """End and remove a group; the answer is its last body, or 204 when there is none."""
        group = self._groups.get(path.key)
        if group is None:
            return Answer(204)
        self._occupy(group, "delete")
        remaining = self._count("delete", path, group.spec.location)
        last = group.body()
        group.provisioning = "Deleting"
        await asyncio.gather(self._lives[path.key].end(), self._clock.sleep(DELETE_DELAY))
        del self._groups[path.key], self._lives[path.key]
        return Answer(200, last, remaining)

    async def start(self, path: GroupPath) -> Answer:
        """Deploy a stopped or ended group once more; a running or starting one is left as it is."""
        group = self._find(path)
        if group.busy == "start":
            return Answer(204)
        self._check_idle(group)
        if not (group.stopped or group.ended):
            return Answer(204)
        group.stopped, group.pending, group.provisioning = False, True, "Pending"
        return self._accepted(self._deploy(group, "start", again=0))

    async def stop(self, path: GroupPath) -> Answer:
        """End the containers and leave no exit code; no effect on a group that ended by itself."""
        group = self._find(path)
        self._check_idle(group)
        if group.stopped or group.ended:
            return Answer(204)
        self._occupy(group, "stop")
        await self._lives[path.key].end()
        for name, view in group.views.items():
            group.views[name] = view.stopped(self._clock.now(), group.container_id(name))
        for log in group.logs.values():
            log.settle()
        group.stopped, group.provisioning, group.busy = True, "Succeeded", ""
        return Answer(204)

    async def restart(self, path: GroupPath) -> Answer:
        """Start all containers anew, in place."""
        group = self._find(path)
        self._check_idle(group)
        again = 0 if group.stopped or group.ended else 1
        group.pending = group.pending or not again
        group.stopped, group.provisioning = False, "Updating"
        return self._accepted(self._deploy(group, "restart", again=again, after=RESTART_DELAY))

    def logs(self, path: GroupPath, name: str, tail: int | None, *, timestamps: bool) -> Answer:
        """Return what a container printed since its last start."""
        group = self._find(path)
        named = next((item.name for item in group.every_container() if item.name == name.lower()), None)
        if named is None:
            sentence = f"The container '{name}' in container group '{group.path.name}' was not found."
            raise ArmError(404, "ContainerNotFound", sentence)
        log = group.logs.get(named)
        if log is None:
            if group.busy:
                raise transitioning(group.path.name)
            sentence = f"The log of container '{named}' in container group '{group.path.name}' is not available."
            raise ArmError(404, "ContainerLogNotAvailable", sentence)
        return Answer(200, {"content": log.text(tail, timestamps=timestamps)})

    def operation(self, subscription: str, name: str) -> Answer:
        """Return how far an operation is."""
        operation = self._operations.find(subscription, name)
        if operation is None:
            raise ArmError(404, "ResourceNotFound", f"The operation '{name}' was not found.")
        return Answer(200, operation.body())

    async def close(self) -> None:
        """End every container."""
        await self._runtime.close()

    def _find(self, path: GroupPath) -> Group:
        group = self._groups.get(path.key)
        if group is None:
            raise not_found("containerGroups", path.resource_group, path.name)
        return group

    async def _check_images(self, path: GroupPath, spec: GroupSpec) -> None:
        for container in spec.init_containers + spec.containers:
            if await self._runtime.digest(container.image) is None:
                sentence = (
                    f"The image '{container.image}' in container group '{path.name}' is not accessible. "
                    f"Please check the image and registry credential. ({self._runtime.why_missing(container.image)})"
                )
                raise ArmError(400, "InaccessibleImage", sentence)

    def _check_put(self, path: GroupPath, spec: GroupSpec) -> Group | None:
        """Refuse a PUT that the group it meets does not allow; return that group, if there is one."""
        group = self._groups.get(path.key)
        if group is None:
            return None
        self._check_idle(group)
        if group.spec.location != spec.location:
            sentence = (
                f"The resource '{path.name}' already exists in location '{group.spec.location}' in resource "
                f"group '{path.resource_group}'. A resource with the same name cannot be created in location "
                f"'{spec.location}'. Please select a new resource name."
            )
            raise ArmError(409, "InvalidResourceLocation", sentence, gateway=True)
        if not group.ended:
            check_update(group.spec, spec)
        return group

    def _check_idle(self, group: Group) -> None:
        if group.busy:
            raise transitioning(group.path.name)

    def _occupy(self, group: Group, operation: str) -> None:
        self._check_idle(group)
        group.busy = operation

    def _count(self, kind: str, path: GroupPath, location: str) -> dict[str, str]:
        return self._allowances[kind, path.subscription.lower(), location].take(self._clock.now())

    def _create(self, path: GroupPath, spec: GroupSpec) -> Operation:
        group = Group(path, spec)
        self._groups[path.key] = group
        return self._deploy(group, "put", again=0)

    def _replace(self, group: Group, spec: GroupSpec) -> Operation:
        """Put `spec` over a group: in place while it lives, as new when it is over."""
        in_place = not (group.ended or group.stopped)
        group.respecify(spec, keep=in_place)
        group.stopped, group.pending, group.provisioning = False, not in_place or group.pending, "Pending"
        return self._deploy(group, "put", again=1 if in_place else 0)

    def _accepted(self, operation: Operation) -> Answer:
        return Answer(204, None, {ASYNC_OPERATION: operation.path})

    def _deploy(self, group: Group, kind: str, *, again: int, after: float = 0.0) -> Operation:
        """Begin a new life of `group`, once the present one has ended."""
        group.busy = kind
        group.init_failed = False
        operation = self._operations.add(
            Operation(group.path.subscription, group.spec.location, group.path.id, self._clock.now())
        )
        earlier = self._lives.get(group.path.key)
        life = Life(group, self._runtime, self._clock)
        self._lives[group.path.key] = life
        life.begin(self._carry_out(operation, group, (earlier, life), again=again, after=after))
        return operation

    async def _carry_out(
        self, operation: Operation, group: Group, lives: tuple[Life | None, Life], *, again: int, after: float
    ) -> None:
        """Replace the earlier of `lives` by the later, and write down how that ended.

        Cancelled by a stop or a delete, it leaves the group alone: it is theirs by then.
        """
        earlier, life = lives
        try:
            await self._clock.sleep(after)
            if earlier is not None:
                await self._end(group, earlier)
            whole = await life.deploy(again)
            operation.status = group.provisioning = "Succeeded" if whole else "Failed"
        except asyncio.CancelledError:
            operation.status = "Canceled"
            raise
        finally:
            if operation.status == "Pending":
                operation.status, group.provisioning, group.busy = "Failed", "Failed", ""
            events = (group.views[name].events for name in group.views)
            operation.events = tuple(itertools.chain.from_iterable(events))

    async def _end(self, group: Group, life: Life) -> None:
        """End the containers of an earlier life that is being replaced."""
        for name, code in (await life.end()).items():
            if name in group.views:
                killed = group.views[name].killed(self._clock.now(), code, group.container_id(name))
                group.views[name] = killed
