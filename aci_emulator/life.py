"""One deployment of a group: mount, pull, start, restart by policy, end. The delays are Azure's (aci.md, 1.2)."""

import asyncio
import itertools
import math
import sys
import traceback
from collections.abc import Coroutine

from aci_emulator.group import Group
from aci_emulator.logs import Log
from aci_emulator.order import named, order
from aci_emulator.platform import Platform
from aci_emulator.progress import Progress, Start
from aci_emulator.runtime import Container, ImageError, Order, StartError
from aci_emulator.spec import ContainerSpec
from aci_emulator.states import NEVER, RUNNING, View, back_off, restarts_after
from aci_emulator.strikes import BACK_OFF_FLOOR, Strikes
from aci_emulator.volumes import Folders, VolumeError

KILLED, UNSTARTED = 137, 128
"""Exit codes of a container whose end, or start, the runtime failed at."""

TO_PULL, TO_PULLED, TO_STARTED = 1.0, 5.0, 9.0
"""Seconds from the answer of a PUT to Pulling, from there to Pulled, and from there to Started."""


class Life:
    """The containers of one deployment of `group`.

    `strikes`: the faults that it meets. `folders`: the volumes of the deployment that this one restarts in place.
    """

    def __init__(self, group: Group, platform: Platform, strikes: Strikes, folders: Folders | None = None) -> None:
        self._group = group
        self._platform = platform
        self._clock = platform.clock
        self._strikes = strikes
        self.folders = folders
        self._tasks: set[asyncio.Task[None]] = set()
        self._launches: dict[str, asyncio.Task[Container]] = {}
        self._identity = ""

    def begin(self, work: Coroutine[object, object, None]) -> None:
        """Carry out `work` as a part of this life: it ends with it."""
        self._tasks.add(asyncio.create_task(work))

    async def deploy(self, again: int) -> bool:
        """Pull and start all containers; `again` is 1 when they restart in place. Say whether all started.

        The group stops being busy once every container was tried; one that cannot start keeps the operation
        going until the time for provisioning is over, as in Azure, and is tried on after that.
        """
        progress = Progress()
        self.begin(self._carry_on(again, progress))
        await progress.tried.wait()
        self._group.busy = ""
        self._platform.changed(self._group)
        await self._decided(progress)
        return progress.whole

    async def end(self) -> dict[str, int]:
        """End all containers and return their exit codes by name. Their views are left as they were."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        codes = await asyncio.gather(*(self._end(launch) for launch in self._launches.values()))
        self._platform.identities.close(self._identity)
        return dict(zip(self._launches, codes, strict=True))

    async def discard(self) -> None:
        """Remove the volumes that ended with the deployment."""
        folders, self.folders = self.folders, None
        if folders is not None:
            await folders.discard()

    def leave(self, ghost: Group) -> None:
        """Go on in `ghost`, which nobody sees, in place of the group: its containers outlive it."""
        self._group = ghost
        self._strikes.leave(ghost)

    async def _end(self, launch: asyncio.Task[Container]) -> int:
        """End one container; a fault of the runtime must not keep its group from ending."""
        try:
            container = await launch
            code = await container.kill()
            await container.discard()
        except StartError as fault:
            return fault.exit_code
        except Exception:  # noqa: BLE001 - see above
            traceback.print_exc(file=sys.stderr)
            return KILLED
        return code

    async def _carry_on(self, again: int, progress: Progress) -> None:
        try:
            progress.whole = await self._start_all(again, progress)
        except Exception:  # noqa: BLE001 - a fault of ours must end the operation, or its client polls for ever
            traceback.print_exc(file=sys.stderr)
        finally:
            progress.close()

    async def _start_all(self, again: int, progress: Progress) -> bool:
        """Bring all containers to their first start; say whether each started."""
        group = self._group
        await self._clock.sleep(TO_PULL)
        if group.provisioning == "Pending":
            group.provisioning = "Creating"
        if self._strikes.no_capacity():
            return False
        await self._mount(progress)
        await self._pull(progress)
        for spec in group.spec.init_containers:
            if not await self._initialise(spec, progress):
                group.failed = True
                return False
        starts = [self._start(spec, again) for spec in group.spec.containers]
        await asyncio.gather(*(start.tried.wait() for start in starts))
        group.pending = False
        progress.tried.set()
        self._strikes.begin(self.begin, self._running)
        await asyncio.gather(*(start.decided.wait() for start in starts))
        return all(start.succeeded for start in starts)

    async def _decided(self, progress: Progress) -> None:
        """Wait until the start is decided or the time for provisioning is over."""
        seconds = self._platform.limits.provisioning_seconds
        if math.isinf(seconds):
            await progress.decided.wait()
            return
        decided = asyncio.create_task(progress.decided.wait())
        timeout = asyncio.create_task(self._clock.sleep(seconds))
        try:
            await asyncio.wait((decided, timeout), return_when=asyncio.FIRST_COMPLETED)
        finally:
            decided.cancel()
            timeout.cancel()

    async def _mount(self, progress: Progress) -> None:
        """Make the volumes, and again until it succeeds; a restart in place keeps them."""
        spec = self._group.spec
        for tries in itertools.count(1):
            if self.folders is not None or not spec.volumes:
                return
            try:
                self.folders = await self._platform.volumes.make(self._group.path.id, spec.volumes)
            except VolumeError as fault:
                self._unmounted(fault)
                progress.tried.set()
                await self._back_off(tries)

    def _unmounted(self, fault: VolumeError) -> None:
        """Show that a volume cannot be had: in the containers that mount it, or in all when none does."""
        every = self._group.every_container()
        mounting = [item for item in every if fault.volume in {mount.volume for mount in item.mounts}]
        for spec in mounting or every:
            view = self._group.views[spec.name]
            self._show(spec.name, view.unmounted(self._clock.now(), fault.volume, str(fault)))

    async def _pull(self, progress: Progress) -> None:
        clock, group = self._clock, self._group
        for spec in group.every_container():
            self._show(spec.name, group.views[spec.name].pulling(clock.now(), await self._by_digest(spec.image)))
        await clock.sleep(TO_PULLED)
        await self._strikes.stick(progress)
        for spec in group.every_container():
            await self._pull_one(spec, progress)
        await clock.sleep(TO_STARTED)

    async def _pull_one(self, spec: ContainerSpec, progress: Progress) -> None:
        """Pull the image of one container, again and again until it is there."""
        for tries in itertools.count(1):
            view = self._group.views[spec.name]
            try:
                self._strikes.refuse_pull(spec.image)
                digest = await self._platform.runtime.pull(spec.image, self._group.spec.logins)
            except ImageError as fault:
                self._show(spec.name, view.unpulled(self._clock.now(), spec.image, str(fault)))
                progress.tried.set()
                await self._back_off(tries)
            else:
                self._show(spec.name, view.pulled(self._clock.now(), named(spec.image, digest)))
                return

    async def _by_digest(self, image: str) -> str:
        try:
            return named(image, await self._platform.runtime.digest(image, self._group.spec.logins))
        except ImageError:
            return named(image, "")

    async def _initialise(self, spec: ContainerSpec, progress: Progress) -> bool:
        """Run an init container until it succeeds, or once under Never; say whether it succeeded."""
        for crashes in itertools.count():
            code = await self._once(spec, crashes, Start(progress.tried))
            if code == 0 or self._group.spec.restart_policy == NEVER:
                break
            await self._wait_to_restart(spec, crashes)
        return code == 0

    def _start(self, spec: ContainerSpec, again: int) -> Start:
        start = Start()
        view = self._group.views[spec.name]
        restarts = view.restarts + 1 if again and view.was_started else 0
        self.begin(self._run(spec, restarts, start))
        return start

    async def _run(self, spec: ContainerSpec, restarts: int, start: Start) -> None:
        """Run one container, again and again as the restart policy, or the platform, asks."""
        crashes = 0
        for starts in itertools.count():
            code = await self._once(spec, restarts + starts, start)
            if await self._strikes.restarts(spec.name, code):
                continue
            if not restarts_after(self._group.spec.restart_policy, code):
                start.decided.set()
                return
            await self._wait_to_restart(spec, crashes)
            crashes += 1

    async def _once(self, spec: ContainerSpec, restarts: int, start: Start) -> int:
        """Start one container and wait for its end; return its exit code."""
        group, clock = self._group, self._clock
        log = Log(self._platform.limits)
        try:
            container = await self._launch(spec, log)
        except StartError as fault:
            view = group.views[spec.name].unstartable(clock.now(), str(fault), fault.exit_code)
            self._strikes.tried(spec.name)
            self._show(spec.name, view, f"could not start {spec.name}")
            start.attempt()
            return fault.exit_code
        group.logs[spec.name] = log
        self._show(spec.name, group.views[spec.name].started(clock.now(), restarts), f"started {spec.name}")
        self._strikes.tried(spec.name)
        start.succeed()
        own = await container.wait()
        log.settle()
        code, view = self._strikes.exited(spec.name, own)
        self._show(spec.name, view, f"exited {spec.name} {code}")
        return code

    async def _launch(self, spec: ContainerSpec, log: Log) -> Container:
        """Start the container; its launch outlives a cancellation, so that `end` finds what it started."""
        earlier = self._launches.get(spec.name)
        if earlier is not None and earlier.exception() is None:
            await earlier.result().discard()
        wanted = order(
            self._group, spec, self.folders, self._identify(spec), lambda data: log.append(self._clock.now(), data)
        )
        launch = asyncio.create_task(self._ask(wanted))
        self._launches[spec.name] = launch
        return await asyncio.shield(launch)

    def _identify(self, spec: ContainerSpec) -> str:
        """Return where the container asks for tokens; empty for an init container, which finds nothing there."""
        group, platform = self._group, self._platform
        if not platform.identity_address or spec in group.spec.init_containers:
            return ""
        if not self._identity:
            self._identity = platform.identities.open(group.path.id, group.spec.identities, self._clock.now())
        return f"{platform.identity_address}/_emulator/identity/{self._identity}"

    def _running(self) -> dict[str, Container]:
        """Return the containers that run, by name."""
        views = self._group.views
        names = [name for name, view in views.items() if view.current and view.current.state == RUNNING]
        return {name: self._launches[name].result() for name in names if name in self._launches}

    def _show(self, name: str, view: View, effect: str = "") -> None:
        """Let the container's instanceView be `view`, and note the effect in the journal if it has a name."""
        self._group.views[name] = view
        if effect:
            self._platform.note(self._group, effect)
        else:
            self._platform.changed(self._group)

    async def _ask(self, wanted: Order) -> Container:
        """Launch; a fault of the runtime is a container that cannot be started, or its group would never be idle."""
        try:
            return await self._platform.runtime.launch(wanted)
        except StartError:
            raise
        except Exception as fault:  # noqa: BLE001 - see above
            traceback.print_exc(file=sys.stderr)
            raise StartError(f"{type(fault).__name__}: {fault}", UNSTARTED) from None

    async def _wait_to_restart(self, spec: ContainerSpec, crashes: int) -> None:
        if back_off(crashes):
            self._show(spec.name, self._group.views[spec.name].backing_off(self._clock.now()))
        await self._back_off(crashes)

    async def _back_off(self, tries: int) -> None:
        wait = back_off(tries)
        await self._clock.sleep(wait, at_least=wait * BACK_OFF_FLOOR)
