"""One container of the process runtime: a child process, whatever it starts, and its output."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Self

from aci_emulator.runtime import Bind
from aci_emulator.runtimes import child, mounts

GRACE = 1.0
"""Seconds between SIGTERM and SIGKILL."""

LAST_OUTPUT = 1.0
"""Seconds that output may still take once every process of the container is gone."""


@dataclass(frozen=True)
class Program:
    """What a container runs, in `folder`; with `binds` it needs a mount namespace of its own."""

    command: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)
    folder: Path
    binds: tuple[Bind, ...] = ()


class NamespaceError(Exception):
    """The emulator may make no mount namespace on this machine; the sentence says why."""


class MountError(Exception):
    """A folder cannot be shown where the container wants it; the sentence says why."""


class ProcessContainer:
    """A child process, and whatever it started, as one container."""

    def __init__(self, process: asyncio.subprocess.Process, output: "_Output", folder: Path) -> None:
        self.group = process.pid
        self._process = process
        self._output = output
        self._folder = folder
        self._end = asyncio.create_task(self._finish())

    @classmethod
    async def start(cls, program: Program, output: Callable[[bytes], None]) -> Self:
        """Start `program`, one that has no binds; OSError when it cannot be executed."""
        return await cls._start(program.command, program.folder, output, env=program.environment)

    @classmethod
    async def start_bound(cls, program: Program, output: Callable[[bytes], None]) -> tuple[Self, "Channel"]:
        """Start what makes a mount namespace and then becomes `program`: it has when the channel is settled."""
        ours, theirs = socket.socketpair()
        command = (sys.executable, "-I", "-S", mounts.__file__, str(theirs.fileno()))
        try:
            container = await cls._start(command, program.folder, output, pass_fds=(theirs.fileno(),))
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
        return container, Channel(ours, program)

    @classmethod
    async def _start(
        cls, command: tuple[str, ...], folder: Path, output: Callable[[bytes], None], **options: object
    ) -> Self:
        read_end, write_end = os.pipe()
        reader = os.fdopen(read_end, "rb", buffering=0)
        try:
            process = await child.start(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                cwd=folder,
                **options,
            )
        except BaseException:
            reader.close()
            raise
        finally:
            os.close(write_end)
        return cls(process, await _Output.of(reader, output), folder)

    def on_end(self, tell: Callable[[Self], None]) -> None:
        """Call `tell` once every process of the container is gone."""
        self._end.add_done_callback(lambda _task: tell(self))

    async def wait(self) -> int:
        """Wait for the end; a signal N shows as 128 + N, as in Docker."""
        return await asyncio.shield(self._end)

    async def kill(self) -> int:
        """Send SIGTERM to all its processes, and SIGKILL to what is left after the grace."""
        if not self._end.done():
            self._signal(signal.SIGTERM)
            await asyncio.wait({self._end}, timeout=GRACE)
        if not self._end.done():
            self._signal(signal.SIGKILL)
        return await self.wait()

    async def discard(self) -> None:
        """Remove its working folder."""
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    async def _finish(self) -> int:
        """Wait for the command; what it left behind ends with it, as in any container."""
        code = await self._process.wait()
        self._signal(signal.SIGKILL)
        await self._output.finish()
        return code if code >= 0 else 128 - code

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.group, number)


class Channel:
    """What the emulator and the program `mounts` tell each other: a plan, and how far it came."""

    def __init__(self, end: socket.socket, program: Program) -> None:
        self._end = end
        self._program = program

    async def settle(self) -> None:
        """Send the plan, and return once the command runs (or was killed on the way).

        NamespaceError, MountError, or the OSError or ValueError with which the command could not be executed.
        """
        reader, writer = await asyncio.open_unix_connection(sock=self._end)
        report = b""
        try:
            with contextlib.suppress(ConnectionError):
                writer.write(json.dumps(self._plan()).encode())
                writer.write_eof()
                report = await reader.read()
        finally:
            writer.close()
        if report:
            _refuse(**json.loads(report))

    def _plan(self) -> dict[str, object]:
        return {
            "command": self._program.command,
            "environment": self._program.environment,
            "folder": str(self._program.folder),
            "binds": [(str(bind.source), bind.target, bind.read_only) for bind in self._program.binds],
        }


class _Output(asyncio.Protocol):
    """Hands on whatever comes out of a container, as it comes: it is never left to block the container."""

    def __init__(self, output: Callable[[bytes], None]) -> None:
        self._hand_on = output
        self._closed = asyncio.Event()
        self._transport: asyncio.BaseTransport | None = None

    @classmethod
    async def of(cls, reader: BinaryIO, output: Callable[[bytes], None]) -> "_Output":
        _, protocol = await asyncio.get_running_loop().connect_read_pipe(lambda: cls(output), reader)
        return protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._hand_on(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._closed.set()

    async def finish(self) -> None:
        """Wait for the end of the output; one that left the container's session may hold it open for ever."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._closed.wait(), LAST_OUTPUT)
        if self._transport is not None:
            self._transport.close()


def _refuse(stage: str, errno: int, sentence: str) -> None:
    if stage == mounts.NAMESPACE:
        raise NamespaceError(sentence)
    if stage == mounts.MOUNT:
        raise MountError(sentence)
    if stage == mounts.COMMAND:
        raise OSError(errno, sentence)
    raise ValueError(sentence)
