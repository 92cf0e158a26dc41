"""The process runtime: a container is a child process with a folder and an environment of its own."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from aci_emulator.images import Image, ImagesFile
from aci_emulator.orphans import adopt_orphans, kill_orphans, reap_orphans
from aci_emulator.runtime import Order, StartError
from aci_emulator.watcher import Watcher

GRACE = 1.0
"""Seconds between SIGTERM and SIGKILL."""

LAST_OUTPUT = 1.0
"""Seconds that output may still take once every process of the container is gone."""

COPY_LIMIT = 4 * 1024 * 1024
"""Bytes of an image's folder that are copied for each container; a larger one is linked."""

NOT_EXECUTABLE, NOT_FOUND, KILLED = 126, 127, 137


class ProcessRuntime:
    """Runs containers as child processes, each the leader of its own session.

    Their working folders are in one folder, below `parent` or the system's temporary one, removed at the end.
    """

    def __init__(self, images: ImagesFile, parent: Path | None = None) -> None:
        adopt_orphans()
        self._images = images
        self._folder = Path(tempfile.mkdtemp(prefix="aci-emulator-", dir=parent))
        self._watcher = Watcher(str(self._folder))
        self._containers: set[ProcessContainer] = set()
        self._launching = 0
        self._closed = False

    async def digest(self, image: str) -> str | None:
        """Return the digest of `image`, or None when the images file has none that matches."""
        found = self._images.find(image)
        return None if found is None else found.digest(image)

    def why_missing(self, image: str) -> str:
        """Say why the images file has no image that matches."""
        return self._images.why_missing(image)

    async def launch(self, order: Order) -> "ProcessContainer":
        """Start a container; StartError when its image or command is missing or cannot be executed."""
        if self._closed:
            raise StartError("the emulator is ending", KILLED)
        image = self._images.find(order.image)
        if image is None:
            raise StartError(self.why_missing(order.image), NOT_FOUND)
        command = order.command or image.command
        if not command:
            raise StartError("no command specified", NOT_FOUND)
        self._launching += 1
        try:
            return await self._launch(order, image, command)
        finally:
            self._launching -= 1

    async def close(self) -> None:
        """End every container, the ones that are being started too, and remove all folders."""
        self._closed = True
        while self._launching or self._containers:
            await asyncio.gather(*(container.kill() for container in self._containers))
            await asyncio.sleep(0.01)
        kill_orphans(but={self._watcher.pid})
        self._watcher.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _launch(self, order: Order, image: Image, command: tuple[str, ...]) -> "ProcessContainer":
        folder = Path(tempfile.mkdtemp(prefix=f"{order.name}-", dir=self._folder))
        try:
            if image.folder is not None:
                await asyncio.to_thread(_fill, folder, image.folder)
            container = await ProcessContainer.start(command, _environment(order), folder, order.output)
        except OSError as fault:
            shutil.rmtree(folder, ignore_errors=True)
            raise _start_error(command[0], fault) from None
        self._containers.add(container)
        self._watcher.watch(container.group)
        container.on_end(self._ended)
        if self._closed:
            await container.kill()
        return container

    def _ended(self, container: "ProcessContainer") -> None:
        self._containers.discard(container)
        self._watcher.forget(container.group)
        if not self._launching:
            reap_orphans(but={self._watcher.pid, *(other.group for other in self._containers)})


class ProcessContainer:
    """A child process, and whatever it started, as one container."""

    def __init__(self, process: asyncio.subprocess.Process, output: "_Output", folder: Path) -> None:
        self.group = process.pid
        self._process = process
        self._output = output
        self._folder = folder
        self._end = asyncio.create_task(self._finish())

    @classmethod
    async def start(
        cls,
        command: tuple[str, ...],
        environment: dict[str, str],
        folder: Path,
        output: Callable[[bytes], None],
    ) -> "ProcessContainer":
        """Start `command` in `folder`; OSError when it cannot be executed."""
        read_end, write_end = os.pipe()
        reader = os.fdopen(read_end, "rb", buffering=0)
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        except BaseException:
            reader.close()
            raise
        finally:
            os.close(write_end)
        return cls(process, await _Output.of(reader, output), folder)

    def on_end(self, tell: Callable[["ProcessContainer"], None]) -> None:
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


def _environment(order: Order) -> dict[str, str]:
    """Return the container's variables and PATH, on which this Python comes first."""
    here = str(Path(sys.executable).parent)
    path = os.pathsep.join([here, os.environ.get("PATH", os.defpath)])
    return {"PATH": path} | order.environment


def _fill(folder: Path, image: Path) -> None:
    """Put what the image contains into `folder`: copies, or links when it is large."""
    size = 0
    for _root, _folders, files in os.walk(image):
        size += sum(os.lstat(Path(_root, name)).st_size for name in files)
        if size > COPY_LIMIT:
            for entry in image.iterdir():
                (folder / entry.name).symlink_to(entry)
            return
    shutil.copytree(image, folder, symlinks=True, dirs_exist_ok=True)


def _start_error(command: str, fault: OSError) -> StartError:
    if isinstance(fault, FileNotFoundError):
        return StartError(f'exec: "{command}": executable file not found in $PATH', NOT_FOUND)
    return StartError(f'exec: "{command}": {(fault.strerror or str(fault)).lower()}', NOT_EXECUTABLE)
