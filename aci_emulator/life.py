"""One deployment of a group: pull, start, restart by policy, end. The delays are Azure's (aci.md, 1.2)."""

import asyncio
import itertools
from collections.abc import Coroutine

from aci_emulator.clock import Clock
from aci_emulator.group import Group
from aci_emulator.logs import Log
from aci_emulator.runtime import Container, Order, Runtime, StartError
from aci_emulator.spec import ContainerSpec
from aci_emulator.states import NEVER, back_off, restarts_after

TO_PULL, TO_PULLED, TO_STARTED = 1.0, 5.0, 9.0
"""Seconds from the answer of a PUT to Pulling, from there to Pulled, and from there to Started."""

PROVISIONING_TIMEOUT = 1_800.0
"""Seconds after which a deployment with a container that does not start is called Failed, and goes on."""

BACK_OFF_FLOOR = 0.01
"""A crash loop waits at least this part of Azure's delay, or an emulator without delays would burn a core."""


class Life:
    """The containers of one deployment of `group`."""

    def __init__(self, group: Group, runtime: Runtime, clock: Clock) -> None:
        self._group = group
        self._runtime = runtime
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._launches: dict[str, asyncio.Task[Container]] = {}

    def begin(self, work: Coroutine[object, object, None]) -> None:
        """Carry out `work` as a part of this life: it ends with it."""
        self._tasks.add(asyncio.create_task(work))

    async def deploy(self, again: int) -> bool:
        """Pull and start all containers; `again` is 1 when they restart in place. Say whether all started.

        The group stops being busy once every container was tried; one that cannot start keeps the operation
        going until the time for provisioning is over, as in Azure.
        """
        group = self._group
        await self._pull()
        for spec in group.spec.init_containers:
            if not await self._initialise(spec):
                group.init_failed = True
                return False
        starts = [self._start(spec, again) for spec in group.spec.containers]
        await asyncio.gather(*(start.tried.wait() for start in starts))
        group.pending = False
        group.busy = ""
        return await self._all_started(starts)

    async def end(self) -> dict[str, int]:
        """End all containers and return their exit codes by name. Their views are left as they were."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        codes = await asyncio.gather(*(self._end(launch) for launch in self._launches.values()))
        return dict(zip(self._launches, codes, strict=True))

    async def _end(self, launch: asyncio.Task[Container]) -> int:
        try:
            container = await launch
        except StartError as fault:
            return fault.exit_code
        code = await container.kill()
        await container.discard()
        return code

    async def _pull(self) -> None:
        group, clock = self._group, self._clock
        await clock.sleep(TO_PULL)
        if group.provisioning == "Pending":
            group.provisioning = "Creating"
        images = {spec.name: await self._by_digest(spec.image) for spec in group.every_container()}
        for name, image in images.items():
            group.views[name] = group.views[name].pulling(clock.now(), image)
        await clock.sleep(TO_PULLED)
        for name, image in images.items():
            group.views[name] = group.views[name].pulled(clock.now(), image)
        await clock.sleep(TO_STARTED)

    async def _by_digest(self, image: str) -> str:
        """Name the image as events do: without its tag, with its digest if it still has one."""
        path, slash, last = image.partition("@")[0].rpartition("/")
        digest = await self._runtime.digest(image)
        return f"{path}{slash}{last.partition(':')[0]}" + (f"@{digest}" if digest else "")

    async def _initialise(self, spec: ContainerSpec) -> bool:
        """Run an init container until it succeeds, or once under Never; say whether it succeeded."""
        for crashes in itertools.count():
            code = await self._once(spec, crashes, _Start())
            self._group.busy = ""
            if code == 0 or self._group.spec.restart_policy == NEVER:
                break
            await self._wait_to_restart(spec, crashes)
        return code == 0

    def _start(self, spec: ContainerSpec, again: int) -> "_Start":
        start = _Start()
        restarts = (self._group.views[spec.name].restarts + again) if again else 0
        self.begin(self._run(spec, restarts, start))
        return start

    async def _run(self, spec: ContainerSpec, restarts: int, start: "_Start") -> None:
        """Run one container, again and again as the restart policy asks."""
        for crashes in itertools.count():
            code = await self._once(spec, restarts + crashes, start)
            if not restarts_after(self._group.spec.restart_policy, code):
                start.decided.set()
                return
            await self._wait_to_restart(spec, crashes)

    async def _once(self, spec: ContainerSpec, restarts: int, start: "_Start") -> int:
        """Start one container and wait for its end; return its exit code."""
        views, clock = self._group.views, self._clock
        log = Log()
        try:
            container = await self._launch(spec, log)
        except StartError as fault:
            views[spec.name] = views[spec.name].unstartable(clock.now(), str(fault), fault.exit_code)
            start.tried.set()
            return fault.exit_code
        self._group.logs[spec.name] = log
        views[spec.name] = views[spec.name].started(clock.now(), restarts)
        start.succeed()
        code = await container.wait()
        log.settle()
        views[spec.name] = views[spec.name].exited(clock.now(), code)
        return code

    async def _launch(self, spec: ContainerSpec, log: Log) -> Container:
        """Start the container; its launch outlives a cancellation, so that `end` finds what it started."""
        earlier = self._launches.get(spec.name)
        if earlier is not None and earlier.exception() is None:
            await earlier.result().discard()
        order = Order(
            group_id=self._group.path.id,
            name=spec.name,
            image=spec.image,
            command=spec.command,
            environment=spec.environment,
            output=lambda data: log.append(self._clock.now(), data),
        )
        launch = asyncio.create_task(self._runtime.launch(order))
        self._launches[spec.name] = launch
        return await asyncio.shield(launch)

    async def _wait_to_restart(self, spec: ContainerSpec, crashes: int) -> None:
        wait = back_off(crashes)
        if wait:
            view = self._group.views[spec.name]
            self._group.views[spec.name] = view.backing_off(self._clock.now())
        await self._clock.sleep(wait, at_least=wait * BACK_OFF_FLOOR)

    async def _all_started(self, starts: list["_Start"]) -> bool:
        """Wait until every start is decided or the time for provisioning is over."""
        decided = asyncio.create_task(_all_decided(starts))
        timeout = asyncio.create_task(self._timeout())
        try:
            await asyncio.wait({decided, timeout}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            decided.cancel()
            timeout.cancel()
        return all(start.succeeded for start in starts)

    async def _timeout(self) -> None:
        await self._clock.sleep(PROVISIONING_TIMEOUT)


async def _all_decided(starts: list["_Start"]) -> None:
    for start in starts:
        await start.decided.wait()


class _Start:
    """How far the first start of a container is: tried, decided, succeeded."""

    def __init__(self) -> None:
        self.tried = asyncio.Event()
        self.decided = asyncio.Event()
        self.succeeded = False

    def succeed(self) -> None:
        self.succeeded = True
        self.tried.set()
        self.decided.set()
