"""A container of an engine: its output as it comes, its exit code, its end."""

import asyncio
import contextlib
import sys
from collections.abc import Callable

from aci_emulator.runtimes.docker.calls import NO_ANSWER, Engine, EngineFault, Output
from aci_emulator.runtimes.docker.order import SILENT

GRACE = 1.0
"""Seconds between SIGTERM and SIGKILL."""

PATIENCE = 30.0
"""Seconds the engine may take to end a container by force."""

KILLED = 137
"""What a container has ended with when the engine can no longer say."""


class DockerContainer:
    """A container that was started."""

    def __init__(self, engine: Engine, number: str, output: Output, hand_on: Callable[[bytes], None]) -> None:
        self._engine = engine
        self._id = number
        self._hand_on = hand_on
        self._tell: Callable[[DockerContainer], None] | None = None
        self._over: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._following = asyncio.create_task(self._follow(output))

    def on_discard(self, tell: Callable[["DockerContainer"], None]) -> None:
        """Call `tell` once the engine has it no more."""
        self._tell = tell

    async def wait(self) -> int:
        """Wait for the end; 137 when the engine died, or somebody else removed the container."""
        return await asyncio.shield(self._over)

    async def kill(self) -> int:
        """Send SIGTERM to its first process, and SIGKILL to all of them after the grace.

        A first process that does not ask for SIGTERM never gets it, in Azure as here: it ends with 137.
        """
        await self._end("SIGTERM", GRACE)
        await self._end("SIGKILL", PATIENCE)
        self._settle(KILLED)
        return self._over.result()

    async def discard(self) -> None:
        """Remove it from the engine; one that cannot be is left to the next emulator."""
        with contextlib.suppress(EngineFault):
            await self._engine.remove(self._id)
        await self.abandon()
        if self._tell is not None:
            self._tell(self)

    async def abandon(self) -> None:
        """Follow it no more: an engine that does not answer cannot say how it ends."""
        self._following.cancel()
        await asyncio.wait({self._following})
        self._settle(KILLED)

    async def _end(self, signal: str, seconds: float) -> None:
        if self._over.done():
            return
        with contextlib.suppress(EngineFault):
            await self._engine.kill(self._id, signal)
        await asyncio.wait({self._over}, timeout=seconds)

    async def _follow(self, output: Output) -> None:
        """Hand on the output to its end; only then is the container over."""
        try:
            with contextlib.suppress(EngineFault):
                while piece := await output.read():
                    self._hand_on(piece)
            self._settle(await self._exit_code())
        finally:
            await output.close()

    async def _exit_code(self) -> int:
        try:
            return await self._engine.wait(self._id)
        except EngineFault as fault:
            if fault.status == NO_ANSWER:
                sys.stderr.write(
                    f"aci_emulator: {SILENT}: {fault}; a container of it counts as killed (exit code {KILLED})\n"
                )
                sys.stderr.flush()
            return KILLED

    def _settle(self, code: int) -> None:
        if not self._over.done():
            self._over.set_result(code)
