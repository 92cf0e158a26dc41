"""The present deployment of each group, and the operations that carry deployments out (aci.md, 1.1 and 3.5)."""

import asyncio
import copy
from collections.abc import Callable
from dataclasses import replace

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
        group.awaited.clear()
        if operation is None:
            path, now = group.path, self._platform.clock.now()
            operation = self.operations.add(Operation(path.subscription, group.spec.location, path.id, now))
        self._platform.keeper.operated(operation)
        faults = self._platform.faults.at_deployment(kind, group.path.name)
        strikes = Strikes(group, self._platform, faults, lambda: self._vanished(group))
        earlier = self._lives.get(group.path.key)
        life = Life(group, self._platform, strikes)
        self._lives[group.path.key] = life
        in_place = kind == "restart" and again == 1
        life.begin(self._carry_out(operation, group, (earlier, life), again=again, after=after, in_place=in_place))
        self._platform.changed(group)
        return operation

    def rest(self, group: Group) -> None:
        """Take in a group whose containers are over."""
        self._lives[group.path.key] = Life(group, self._platform, Strikes(group, self._platform, {}, lambda: None))

    async def end(self, group: Group) -> None:
        """End the containers of `group` and forget its volumes."""
        await _end(self._lives[group.path.key])

    def forget(self, group: Group) -> None:
        """Let go of a group that is gone."""
        del self._lives[group.path.key]

    def outlive(self, group: Group) -> None:
        """Let the containers of `group` run on, out of everybody's sight, until a group of its id is put.

        They go on in a copy of the group: what they do or print is not to be seen in the one that stays.
        """
        key = group.path.key
        self._lives[key].leave(replace(group, views=dict(group.views), logs=group.logs, awaited=set(group.awaited)))
        group.logs = copy.deepcopy(group.logs)
        self._outliving.setdefault(key, []).append(self._lives[key])
        self.rest(group)

    def end_later(self, group: Group) -> None:
        """End the containers of a group that vanished, while nobody waits for it."""
        life = self._lives.pop(group.path.key)
        task = asyncio.create_task(_end(life))
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _carry_out(
        self,
        operation: Operation,
        group: Group,
        lives: tuple[Life | None, Life],
        *,
        again: int,
        after: float,
        in_place: bool,
    ) -> None:
        """Replace the earlier of `lives` by the later, which keeps its volumes if `in_place`, and tell how that ended.

        Cancelled by a stop or a delete, it leaves the group alone: it is theirs by then.
        """
        earlier, life = lives
        try:
            await self._platform.clock.sleep(after)
            await asyncio.gather(*(_end(past) for past in self._outliving.pop(group.path.key, [])))
            if earlier is not None:
                await self._replace(group, earlier, life if in_place else None)
            operation.status = "Succeeded" if await life.deploy(again) else "Failed"
            self._settle(group, life, operation.status)
        except asyncio.CancelledError:
            operation.status = "Canceled"
            raise
        finally:
            if operation.status == "Pending":
                operation.status = "Failed"
                self._settle(group, life, "Failed")
            operation.events = group.every_event()
            self._platform.keeper.operated(operation)
            self._platform.changed(group)

    def _settle(self, group: Group, life: Life, status: str) -> None:
        """Let the group show how its last operation ended; a life that is to be replaced has no say any more."""
        if self._lives.get(group.path.key) is life:
            group.provisioning = status
            group.busy = "" if status == "Failed" else group.busy

    async def _replace(self, group: Group, life: Life, heir: Life | None) -> None:
        """End the containers of an earlier life; its volumes end with it, unless they have an `heir`."""
        now = self._platform.clock.now
        for name, code in (await life.end()).items():
            if name in group.views:
                group.views[name] = group.views[name].killed(now(), code, group.container_id(name))
        if heir is not None:
            heir.folders, life.folders = life.folders, None
        await life.discard()


async def _end(life: Life) -> None:
    await life.end()
    await life.discard()
