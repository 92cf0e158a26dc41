"""What the platform does to a deployment by itself: faults on demand, as they strike it (aci.md, 3.3, 3.4 and 4)."""

import asyncio
from collections.abc import Callable, Coroutine

from aci_emulator.faults import Fault
from aci_emulator.group import Group
from aci_emulator.platform import Platform
from aci_emulator.progress import Progress
from aci_emulator.runtime import Container, ImageError
from aci_emulator.states import EVICTED, MAINTAINED, MOVING, NEVER, View, noted

TO_MOVE = 10.0
"""Seconds in which the platform moves a group to another node and starts it there."""

BACK_OFF_FLOOR = 0.01
"""A crash loop waits at least this part of Azure's delay, or an emulator without delays would burn a core."""

AGAIN = "second-start"
KILLS = {"evicted": EVICTED, "maintenance": MAINTAINED}

type Begin = Callable[[Coroutine[object, object, None]], None]


class Strikes:
    """The faults of one deployment of `group`, by kind; `vanish` removes the group as if it had never been."""

    def __init__(self, group: Group, platform: Platform, faults: dict[str, Fault], vanish: Callable[[], None]) -> None:
        self._group = group
        self._platform = platform
        self._faults = faults
        self._vanish = vanish
        self._killed: dict[str, Fault] = {}
        self._started_again: set[str] = set()

    def no_capacity(self) -> bool:
        """Fail for want of capacity, though the PUT was accepted; say whether it did."""
        if "capacity-later" not in self._faults:
            return False
        group = self._group
        sentence = "The requested resource is not available in the location at this moment."
        group.events = noted(group.events, self._platform.clock.now(), "InsufficientCapacity.", sentence, "Warning")
        group.failed = group.spec.restart_policy == NEVER
        self._platform.note(group, "no capacity")
        return True

    async def stick(self, progress: Progress) -> None:
        """Never end the pull, if that is asked for; the group takes other operations."""
        if "stuck" in self._faults:
            progress.tried.set()
            await asyncio.Event().wait()

    def refuse_pull(self, image: str) -> None:
        """Raise the ImageError that is asked for."""
        if "unpullable" in self._faults:
            raise ImageError(f"{image} is made unpullable by a fault on demand")

    def begin(self, begin: Begin, running: Callable[[], dict[str, Container]]) -> None:
        """Begin what strikes `running` containers later; `begin` ties it to the deployment."""
        for kind, fault in self._faults.items():
            if kind in KILLS:
                begin(self._kill(fault, running))
            elif kind == "vanish":
                begin(self._go(fault))

    def exited(self, name: str, own: int) -> tuple[int, View]:
        """Return the exit code of a container and what it then shows; `own` is what its process ended with."""
        view, now = self._group.views[name], self._platform.clock.now()
        fault = self._killed.get(name)
        if self._comes_back(name, own):
            self._group.awaited.add(name)
        if fault is None:
            return own, view.exited(now, own)
        return KILLS[fault.kind], view.struck(now, KILLS[fault.kind], self._group.container_id(name))

    async def restarts(self, name: str, code: int) -> bool:
        """Wait, and say whether the platform starts the container again, whatever the restart policy says."""
        clock = self._platform.clock
        killed = self._killed.pop(name, None)
        if killed is not None:
            if killed.restart:
                await clock.sleep(TO_MOVE, at_least=TO_MOVE * BACK_OFF_FLOOR)
            return killed.restart
        if not self._starts_again(name, code):
            return False
        self._started_again.add(name)
        await clock.sleep(self._faults[AGAIN].seconds, at_least=self._faults[AGAIN].seconds)
        return True

    def tried(self, name: str) -> None:
        """Note that a container was started, or could not be; the last one of a group that was moved ends the move."""
        self._group.awaited.discard(name)
        if self._group.provisioning == MOVING and not self._group.awaited:
            self._group.provisioning = "Succeeded"

    def leave(self, ghost: Group) -> None:
        """Strike `ghost` from now on, which nobody sees: its containers outlive their group."""
        self._group = ghost
        self._vanish = lambda: None

    def _comes_back(self, name: str, code: int) -> bool:
        fault = self._killed.get(name)
        return self._starts_again(name, code) if fault is None else fault.restart

    def _starts_again(self, name: str, code: int) -> bool:
        never = self._group.spec.restart_policy == NEVER
        return AGAIN in self._faults and code != 0 and name not in self._started_again and never

    async def _kill(self, fault: Fault, running: Callable[[], dict[str, Container]]) -> None:
        await self._platform.clock.sleep(fault.seconds, at_least=fault.seconds)
        containers = running()
        if not containers:
            return
        self._killed |= dict.fromkeys(containers, fault)
        if fault.restart and not self._group.busy:
            self._group.provisioning = MOVING
        self._platform.note(self._group, f"killed {KILLS[fault.kind]}")
        await asyncio.gather(*(container.kill() for container in containers.values()))

    async def _go(self, fault: Fault) -> None:
        await self._platform.clock.sleep(fault.seconds, at_least=fault.seconds)
        self._vanish()
