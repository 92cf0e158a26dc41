"""The resource provider Microsoft.ContainerInstance: every operation on groups (aci.md, 1 and 3.5)."""

import asyncio
import itertools
from collections import defaultdict

from aci_emulator.allowance import Allowance
from aci_emulator.arm import Answer, ArmError, Json, not_found
from aci_emulator.deployments import Deployments
from aci_emulator.group import VERSION, Group, GroupPath
from aci_emulator.kept import Taken
from aci_emulator.operations import Operation
from aci_emulator.platform import Platform
from aci_emulator.quota import Usage, check_quota, usage
from aci_emulator.refusals import inaccessible, registry_error, throttled, transitioning
from aci_emulator.revival import Remove, Revival, Revived
from aci_emulator.runtime import ImageError
from aci_emulator.spec import GroupSpec, check_group_name, check_update, read_spec, read_tags
from aci_emulator.states import MAINTAINED

PUT_DELAY, DELETE_DELAY, RESTART_DELAY = 3.0, 3.0, 1.0
"""Seconds that ACI takes: to answer a PUT and a DELETE, and from the answer of a restart to the kill."""

ASYNC_OPERATION = "Azure-AsyncOperation"


class Provider:
    """All container groups, of all subscriptions. Its answers hold addresses without scheme and host."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self._groups: dict[tuple[str, str, str], Group] = {}
        self._numbers = itertools.count(1)
        self._deployments = Deployments(platform, self._vanish)
        self._allowances: defaultdict[tuple[str, str, str], Allowance] = defaultdict(Allowance)
        platform.keeper.groups = self._groups

    def restore(self, revival: Revival) -> None:
        """Hold what an emulator that ended had, as it is from now on; call it before the first request."""
        self._numbers = itertools.count(revival.number + 1)
        for taken in revival.taken:
            self._allowances[taken.kind, taken.subscription, taken.location].take(taken.at)
        for operation in revival.operations:
            self._deployments.operations.add(operation)
            self.platform.keeper.operated(operation)
        for revived in revival.groups:
            self._revive(revived)

    async def put(self, path: GroupPath, body: Json, version: str = VERSION) -> Answer:
        """Create a group, or replace one: its containers restart though nothing changed."""
        check_group_name(path.name)
        spec = read_spec(body, self.platform.limits, version, name=path.name)
        await self._check_images(path, spec)
        present = self._check_put(path, spec)
        remaining = self._count("create", path, spec.location)
        await self._wait(present)
        group = self._check_put(path, spec)
        status, effect = (201, "created") if group is None else (200, "replaced")
        operation = self._create(path, spec) if group is None else self._replace(group, spec)
        body = self._groups[path.key].body(version=version)
        return Answer(status, body, remaining | {ASYNC_OPERATION: operation.path}, effect)

    async def _wait(self, present: Group | None) -> None:
        """Take a PUT's time; a group that is there takes no other operation meanwhile, whose answer would be a lie."""
        if present is not None:
            present.busy = "put"
        try:
            await self.platform.clock.sleep(PUT_DELAY)
        finally:
            if present is not None:
                present.busy = ""

    def get(self, path: GroupPath, version: str = VERSION) -> Answer:
        """Return a group with its instanceView."""
        return Answer(200, self._find(path).body(version=version))

    def list_groups(
        self, subscription: str, resource_group: str | None, after: int = 0, version: str = VERSION
    ) -> Answer:
        """Return a page of the groups of a resource group, or of the subscription, without any instanceView.

        `after` is the number of the last group of the page before; `nextLink` is the number of this page's last,
        when there are more.
        """
        found = [
            group
            for group in self.groups()
            if group.number > after
            and group.path.subscription.lower() == subscription.lower()
            and resource_group in (None, group.path.resource_group.lower())
        ]
        page = found[: int(min(self.platform.limits.page, len(found)))]
        body: Json = {"value": [group.body(with_view=False, version=version) for group in page]}
        return Answer(200, body | ({"nextLink": str(page[-1].number)} if len(page) < len(found) else {}))

    def retag(self, path: GroupPath, body: Json, version: str = VERSION) -> Answer:
        """Replace the tags of a group, which goes on undisturbed."""
        group = self._find(path)
        tags = read_tags(body, self.platform.limits)
        self._check_idle(group)
        if tags is None:
            return Answer(200, group.body(version=version))
        group.retag(tags)
        self.platform.changed(group)
        return Answer(200, group.body(version=version), effect="tagged")

    async def delete(self, path: GroupPath, version: str = VERSION) -> Answer:
        """End and remove a group; the answer is its last body, or 204 when there is none."""
        group = self._groups.get(path.key)
        if group is None:
            return Answer(204)
        self._check_idle(group)
        remaining = self._count("delete", path, group.spec.location)
        group.busy = "delete"
        last = group.body(version=version)
        group.provisioning = "Deleting"
        self.platform.changed(group)
        if self.platform.faults.at_removal("delete", path.name):
            self._deployments.outlive(group)
        await asyncio.gather(self._deployments.end(group), self.platform.clock.sleep(DELETE_DELAY))
        del self._groups[path.key]
        self._deployments.forget(group)
        self.platform.changed(group)
        return Answer(200, last, remaining, "deleted")

    async def start(self, path: GroupPath) -> Answer:
        """Deploy a stopped or ended group once more; a running or starting one is left as it is."""
        group = self._find(path)
        if group.busy == "start":
            return Answer(204)
        self._check_idle(group)
        if not (group.stopped or group.ended):
            return Answer(204)
        check_quota(self._groups.values(), group.path, group.spec, self.platform.limits, group)
        group.stopped, group.pending, group.provisioning = False, True, "Pending"
        return self._accepted(self._deployments.begin(group, "start", again=0), "starting")

    async def stop(self, path: GroupPath) -> Answer:
        """End the containers and leave no exit code; no effect on a group that ended by itself."""
        group = self._find(path)
        self._check_idle(group)
        if group.stopped or group.ended:
            return Answer(204)
        group.busy = "stop"
        self.platform.changed(group)
        if self.platform.faults.at_removal("stop", path.name):
            self._deployments.outlive(group)
        await self._deployments.end(group)
        group.stop(self.platform.clock.now())
        self.platform.changed(group)
        return Answer(204, effect="stopped")

    async def restart(self, path: GroupPath) -> Answer:
        """Start all containers anew, in place."""
        group = self._find(path)
        self._check_idle(group)
        again = 0 if group.stopped or group.ended else 1
        if not again:
            check_quota(self._groups.values(), group.path, group.spec, self.platform.limits, group)
        group.pending = group.pending or not again
        group.stopped, group.provisioning = False, "Updating"
        operation = self._deployments.begin(group, "restart", again=again, after=RESTART_DELAY)
        return self._accepted(operation, "restarting")

    def logs(self, path: GroupPath, name: str, tail: int | None, *, timestamps: bool) -> Answer:
        """Return what a container printed since its last start."""
        group = self._find(path)
        named = self.container(path, name)
        log = group.logs.get(named)
        if log is None:
            if group.busy:
                raise transitioning(group.path.name)
            sentence = f"The log of container '{named}' in container group '{group.path.name}' is not available."
            raise ArmError(404, "ContainerLogNotAvailable", sentence)
        return Answer(200, {"content": log.text(tail, timestamps=timestamps)})

    def container(self, path: GroupPath, name: str) -> str:
        """Return the name of a container of a group as it was written; ArmError 404 when there is none."""
        group = self._find(path)
        named = next((item.name for item in group.every_container() if item.name == name.lower()), None)
        if named is None:
            sentence = f"The container '{name}' in container group '{group.path.name}' was not found."
            raise ArmError(404, "ContainerNotFound", sentence)
        return named

    def operation(self, subscription: str, name: str) -> Answer:
        """Return how far an operation is."""
        operation = self._deployments.operations.find(subscription, name)
        if operation is None:
            raise ArmError(404, "ResourceNotFound", f"The operation '{name}' was not found.")
        return Answer(200, operation.body())

    def usage(self, subscription: str, location: str) -> Usage:
        """Return what a subscription uses in a location."""
        return usage(self._groups.values(), subscription, location)

    def spec(self, path: GroupPath) -> GroupSpec | None:
        """Return what a group was asked to be, or None when there is none."""
        group = self._groups.get(path.key)
        return None if group is None else group.spec

    def groups(self) -> list[Group]:
        """Return all groups in the order of lists."""
        return sorted(self._groups.values(), key=lambda group: group.number)

    async def close(self) -> None:
        """Keep the state as it is, then end every container: their end is the emulator's doing, not their own."""
        self.platform.keeper.close()
        await self.platform.runtime.close()

    def _find(self, path: GroupPath) -> Group:
        group = self._groups.get(path.key)
        if group is None:
            raise not_found("containerGroups", path.resource_group, path.name)
        return group

    async def _check_images(self, path: GroupPath, spec: GroupSpec) -> None:
        for container in spec.every_container():
            try:
                await self.platform.runtime.digest(container.image, spec.logins)
            except ImageError as fault:
                if fault.code == "RegistryErrorResponse":
                    raise registry_error(container.image.partition("/")[0], str(fault)) from None
                raise inaccessible(container.image, path.name, str(fault)) from None

    def _check_put(self, path: GroupPath, spec: GroupSpec) -> Group | None:
        """Refuse a PUT that the group it meets, or a quota, does not allow; return that group, if there is one."""
        group = self._groups.get(path.key)
        if group is not None:
            self._check_idle(group)
            if group.spec.location != spec.location:
                sentence = (
                    f"The resource '{path.name}' already exists in location '{group.spec.location}' in resource "
                    f"group '{path.resource_group}'. A resource with the same name cannot be created in location "
                    f"'{spec.location}'. Please select a new resource name."
                )
                raise ArmError(409, "InvalidResourceLocation", sentence, gateway=True)
            if not group.ended:
                check_update(group.spec, spec, path.name)
        check_quota(self._groups.values(), path, spec, self.platform.limits, group)
        return group

    def _check_idle(self, group: Group) -> None:
        if group.busy:
            raise transitioning(group.path.name)

    def _count(self, kind: str, path: GroupPath, location: str) -> dict[str, str]:
        """Count a create or a delete and return the headers that tell how many remain; refuse one too many."""
        limits, now = self.platform.limits, self.platform.clock.now()
        most = {
            "create": (limits.creates_hour, limits.creates_5min),
            "delete": (limits.deletes_hour, limits.deletes_5min),
        }[kind]
        allowance = self._allowances[kind, path.subscription.lower(), location]
        wait = allowance.wait(now, *most)
        if wait:
            raise throttled(wait, allowance.remaining(now, *most))
        allowance.take(now)
        self.platform.keeper.counted(Taken(kind, path.subscription.lower(), location, now))
        return allowance.remaining(now, *most)

    def _create(self, path: GroupPath, spec: GroupSpec) -> Operation:
        group = Group(path, spec, next(self._numbers))
        self._groups[path.key] = group
        return self._deployments.begin(group, "put", again=0)

    def _replace(self, group: Group, spec: GroupSpec) -> Operation:
        """Put `spec` over a group: in place while it lives, as new when it is over."""
        in_place = not (group.ended or group.stopped)
        group.respecify(spec, keep=in_place)
        group.stopped, group.pending, group.provisioning = False, not in_place or group.pending, "Pending"
        return self._deployments.begin(group, "put", again=1 if in_place else 0)

    def _revive(self, revived: Revived) -> None:
        group, act = revived.group, revived.act
        self.platform.changed(group)
        if isinstance(act, Remove):
            return
        self._groups[group.path.key] = group
        if revived.killed:
            self.platform.note(group, f"killed {MAINTAINED}")
        if act is None:
            self._deployments.rest(group)
        else:
            self._deployments.begin(group, act.kind, again=act.again, operation=revived.operation)

    def _accepted(self, operation: Operation, effect: str) -> Answer:
        return Answer(204, None, {ASYNC_OPERATION: operation.path}, effect)

    def _vanish(self, group: Group) -> None:
        if self._groups.get(group.path.key) is group and not group.busy:
            self._deployments.end_later(group)
            del self._groups[group.path.key]
            self.platform.note(group, "vanished")
