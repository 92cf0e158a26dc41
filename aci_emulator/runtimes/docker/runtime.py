"""The Docker runtime: a container is a container of the engine that runs on this machine.

Loading this file loads no client: `connect` does.
"""

import asyncio
import contextlib
import secrets
import sys
from collections.abc import Collection
from typing import Any

from aci_emulator.runtime import Login, Order, StartError
from aci_emulator.runtimes.docker.anchor import Anchor
from aci_emulator.runtimes.docker.calls import Engine, EngineError, EngineFault, Output, Owned
from aci_emulator.runtimes.docker.container import KILLED, DockerContainer
from aci_emulator.runtimes.docker.images import EngineImages
from aci_emulator.runtimes.docker.order import OWNER, SILENT, container_config, container_name, start_error
from aci_emulator.runtimes.docker.owner import Owner, has_ended, this_owner

__all__ = ["DockerRuntime", "EngineError", "connect"]

READY = 60.0
"""Seconds an engine may take to remove what earlier emulators left, and to run a first container."""

STALLED = 10.0
"""Seconds without any container having ended after which an end is given up: Ctrl-C must not wait for an engine."""


async def connect() -> "DockerRuntime":
    """Find the engine and remove what killed emulators left there; EngineError says why there is none that serves.

    It is the one that DOCKER_CONTEXT names, else Docker's own settings, else DOCKER_HOST, else the one at a usual
    socket.
    """
    try:
        from aci_emulator.runtimes.docker.engine import AioEngine  # noqa: PLC0415 - the process runtime does without
    except ImportError as fault:
        raise EngineError(f"the Docker runtime needs the package aiodocker: pip install aiodocker ({fault})") from None
    runtime = DockerRuntime(await AioEngine.open())
    try:
        async with asyncio.timeout(READY):
            await runtime.clean_up()
            await runtime.drop_anchor()
    except (EngineFault, TimeoutError) as fault:
        await runtime.close()
        raise EngineError(f"the container engine runs no container: {fault or 'nothing came in time'}") from None
    return runtime


class DockerRuntime:
    """Runs containers on an engine, which is its own from now on: `close` lets go of it."""

    name = "docker"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._images = EngineImages(engine)
        self._owner = this_owner()
        self._anchor = Anchor(engine, self._owner.label)
        self._containers: set[DockerContainer] = set()
        self._launches: set[asyncio.Task[DockerContainer]] = set()
        self._closing: asyncio.Task[None] | None = None

    async def digest(self, image: str, logins: tuple[Login, ...] = ()) -> str:
        """Return the image's digest: of the one that is here, which need not be in any registry, else the registry's.

        An image that was built here has none and is known by its id. ImageError when it cannot be had.
        """
        return await self._images.digest(image, logins)

    async def pull(self, image: str, logins: tuple[Login, ...] = ()) -> str:
        """Fetch the image if it is not here; return its digest. ImageError when it cannot be had."""
        return await self._images.pull(image, logins)

    async def launch(self, order: Order) -> "DockerContainer":
        """Start a container; StartError when the engine, or the image, cannot.

        Whoever stops waiting for it stops nothing: the container is started and lives until `close`.
        """
        launch = asyncio.create_task(self._launch(order))
        self._launches.add(launch)
        launch.add_done_callback(self._launches.discard)
        return await asyncio.shield(launch)

    async def close(self) -> None:
        """End and remove every container, the ones that are being started too, and let go of the engine.

        An engine on which nothing ends for 10 seconds is not waited for: the next emulator removes what is left.
        """
        if self._closing is None:
            self._closing = asyncio.create_task(self._close())
        await asyncio.shield(self._closing)

    async def clean_up(self) -> None:
        """Remove the containers whose emulators live no more; those of living ones are theirs."""
        try:
            found = await self._engine.owned(OWNER)
            left = await asyncio.to_thread(_left, found, self._owner)
            await asyncio.gather(*(self._engine.remove(number) for number in left))
        except EngineFault as fault:
            _say(f"what earlier emulators left could not be removed: {fault}")

    async def drop_anchor(self) -> str:
        """Make sure of the network that containers join, and return it; EngineFault when the engine cannot."""
        return await self._anchor.network()

    async def _launch(self, order: Order) -> DockerContainer:
        if self._closing is not None:
            raise StartError("the emulator is ending", KILLED)
        try:
            container = await self._anchored(order)
        except EngineFault as fault:
            raise start_error(fault) from None
        self._containers.add(container)
        container.on_discard(self._containers.discard)
        return container

    async def _anchored(self, order: Order) -> DockerContainer:
        """Start the container; once more when the anchor is gone, as after the engine's own restart."""
        network = await self.drop_anchor()
        try:
            return await self._start(order, network)
        except EngineFault as fault:
            if not self._anchor.is_gone(network, fault):
                raise
        return await self._start(order, await self.drop_anchor())

    async def _start(self, order: Order, network: str) -> DockerContainer:
        config = container_config(order, self._owner.label, self._engine.facts, network)
        number = await self._engine.create(container_name(order, secrets.token_hex(4)), config)
        try:
            return DockerContainer(self._engine, number, await self._started(number), order.output)
        except EngineFault:
            with contextlib.suppress(EngineFault):
                await self._engine.remove(number)
            raise

    async def _started(self, number: str) -> Output:
        output = await self._engine.attach(number)
        try:
            await self._engine.start(number)
        except BaseException:
            await output.close()
            raise
        return output

    async def _close(self) -> None:
        try:
            await self._end_all()
            async with asyncio.timeout(STALLED):
                await self._anchor.remove()
        except (TimeoutError, EngineFault):
            _say(f"{SILENT}: what still runs there is left to the next emulator")
            await asyncio.gather(*(container.abandon() for container in self._containers))
        await self._engine.close()

    async def _end_all(self) -> None:
        """End what runs and what is being started; TimeoutError when nothing goes on any more."""
        ends: dict[DockerContainer, asyncio.Task[None]] = {}
        while True:
            ends |= {container: asyncio.create_task(_end(container)) for container in self._containers - ends.keys()}
            under_way = {task for task in (*self._launches, *ends.values()) if not task.done()}
            if not under_way:
                return
            done, _ = await asyncio.wait(under_way, timeout=STALLED, return_when=asyncio.FIRST_COMPLETED)
            if not done:
                await _cancel(under_way)
                raise TimeoutError


async def _end(container: DockerContainer) -> None:
    await container.kill()
    await container.discard()


async def _cancel(tasks: Collection[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _left(found: Collection[Owned], here: Owner) -> list[str]:
    return [item.id for item in found if has_ended(item.labels[OWNER], here)]


def _say(sentence: str) -> None:
    sys.stderr.write(f"aci_emulator: {sentence}\n")
    sys.stderr.flush()
