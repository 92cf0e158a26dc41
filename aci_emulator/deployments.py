"""The present deployment of each group, and the operations that carry deployments out (aci.md, 1.1 and 3.5)."""

import asyncio
from collections.abc import Callable

from aci_emulator.group import Group
from aci_emulator.life import Life
from aci_emulator.operations import Operation, Operations
from aci_emulator.platform import Platform
from aci_emulator.strikes import Strikes

type Key = tuple[str, str, str]


class Deployments:
    """One life a group, replaced by each PUT, start and restart; `vanished` is told of a group that is to be gone."""

    def __init__(self, platform: Platform, vanished: Callable[[Group], None]) -> None:
        self._platform = platform
        self._vanished = vanished
        self._lives: dict[Key, Life] = {}
        self._outliving: dict[Key, list[Life]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self.operations = Operations()

    def begin(
        self, group: Group, kind: str, *, again: int, after: float = 0.0, operation: Operation | None = None
    ) -> Operation:
        """Begin a new life of `group`, once the present one has ended; `again` is 1 for a restart in place.

        `operation`: one that goes on with it; else there is a new one.
        """
        group.busy = kind
        group.failed = False
        if operation is None:
            path, now = group.path, self._platform.clock.now()
            operation = self.operations.add(Operation(path.subscription, group.spec.location, path.id, now))
        self._platform.keeper.operated(operation)
        faults = self._platform.faults.at_deployment(kind, group.path.name)
        strikes = Strikes(group, self._platform, faults, lambda: self._vanished(group))
        earlier = self._lives.get(group.path.key)
        life = Life(group, self._platform, strikes)
        if earlier is not None and kind == "restart" and again:
            life.folders, earlier.folders = earlier.folders, None
        self._lives[group.path.key] = life
        life.begin(self._carry_out(operation, group, (earlier, life), again=again, after=after))
        self._platform.changed(group)
        return operation

    def rest(self, group: Group) -> None:
        """Take in a group whose containers are over."""
        self._lives[group.path.key] = Life(group, self._platform, Strikes(group, self._platform, {}, lambda: None))

    async def end(self, group: Group) -> None:
        """End the containers of `group` and forget its volumes."""
        life = self._lives[group.path.key]
        await life.end()
        await life.discard()

    def forget(self, group: Group) -> None:
        """Let go of a group that is gone."""
        del self._lives[group.path.key]

    def outlive(self, group: Group) -> None:
        """Let the containers of `group` run on, out of everybody's sight, until a group of its id is put."""
        key = group.path.key
        self._outliving.setdefault(key, []).append(self._lives[key])
        self.rest(group)

    def end_later(self, group: Group) -> None:
        """End the containers of a group that vanished, while nobody waits for it."""
        life = self._lives.pop(group.path.key)
        task = asyncio.create_task(_end(life))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _carry_out(
        self, operation: Operation, group: Group, lives: tuple[Life | None, Life], *, again: int, after: float
    ) -> None:
        """Replace the earlier of `lives` by the later, and write down how that ended.

        Cancelled by a stop or a delete, it leaves the group alone: it is theirs by then.
        """
        earlier, life = lives
        try:
            await self._platform.clock.sleep(after)
            await asyncio.gather(*(_end(past) for past in self._outliving.pop(group.path.key, [])))
            if earlier is not None:
                await self._replace(group, earlier)
            whole = await life.deploy(again)
            operation.status = group.provisioning = "Succeeded" if whole else "Failed"
        except asyncio.CancelledError:
            operation.status = "Canceled"
            raise
        finally:
            if operation.status == "Pending":
                operation.status, group.provisioning, group.busy = "Failed", "Failed", ""
            operation.events = group.every_event()
            self._platform.keeper.operated(operation)
            self._platform.changed(group)

    async def _replace(self, group: Group, life: Life) -> None:
        """End the containers of an earlier life."""
        now = self._platform.clock.now
        for name, code in (await life.end()).items():
            if name in group.views:
                group.views[name] = group.views[name].killed(now(), code, group.container_id(name))
        await life.discard()


async def _end(life: Life) -> None:
    await life.end()
    await life.discard()
