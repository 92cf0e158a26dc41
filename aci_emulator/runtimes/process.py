"""The process runtime: a container is a child process with a folder and an environment of its own."""

import asyncio
import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path, PurePosixPath

from aci_emulator.runtime import ImageError, Login, Order, StartError
from aci_emulator.runtimes.container import MountError, NamespaceError, ProcessContainer, Program
from aci_emulator.runtimes.images import Image, ImagesFile
from aci_emulator.runtimes.memory import MemoryWatch
from aci_emulator.runtimes.orphans import adopt_orphans, disown_orphans, kill_orphans, reap_orphans
from aci_emulator.runtimes.watcher import Watcher

COPY_LIMIT = 4 * 1024 * 1024
"""Bytes of an image's folder that are copied for each container; a larger one is linked."""

GIGABYTE = 2**30
"""Bytes in what ACI calls a GB of memory."""

NOT_EXECUTABLE, NOT_FOUND, KILLED = 126, 127, 137


class ProcessRuntime:
    """Runs containers as child processes, each the leader of its own session.

    Their working folders are in one folder, below `parent` or the system's temporary one, removed at the end. Without
    `images` any image is taken to be there, and to have no command and no files. `namespaces` says whether a container
    with binds gets a mount namespace of its own; where that cannot be had, its binds are links in its working folder.
    """

    name = "process"

    def __init__(
        self, images: ImagesFile | None, parent: Path | None = None, *, namespaces: bool = sys.platform == "linux"
    ) -> None:
        self._kin = adopt_orphans()
        self._images = images
        self._folder = Path(tempfile.mkdtemp(prefix="aci-emulator-", dir=parent)).resolve()
        self._watcher = Watcher(str(self._folder))
        self._kin.add(self._watcher.pid)
        self._memory = MemoryWatch()
        self._containers: set[ProcessContainer] = set()
        self._launching = 0
        self._closed = False
        self._namespaces = namespaces
        self._warned = False

    async def digest(self, image: str, logins: tuple[Login, ...] = ()) -> str:
        """Return the digest of `image`; ImageError when the images file has none that matches. Logins are not asked."""
        del logins
        return self._find(image).digest(image)

    async def pull(self, image: str, logins: tuple[Login, ...] = ()) -> str:
        """Return the digest of `image`, as `digest` does: there is nothing to fetch."""
        return await self.digest(image, logins)

    async def launch(self, order: Order) -> ProcessContainer:
        """Start a container; StartError when its image or command is missing, or it cannot be executed or bound.

        Its memory is watched; how many cores it uses is not bounded.
        """
        if self._closed:
            raise StartError("the emulator is ending", KILLED)
        try:
            image = self._find(order.image)
        except ImageError as fault:
            raise StartError(str(fault), NOT_FOUND) from None
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
        kill_orphans(but=self._kin)
        disown_orphans()
        self._watcher.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _find(self, name: str) -> Image:
        if self._images is None:
            return Image((), None, "")
        found = self._images.find(name)
        if found is None:
            raise ImageError(self._images.why_missing(name))
        return found

    async def _launch(self, order: Order, image: Image, command: tuple[str, ...]) -> ProcessContainer:
        folder = Path(tempfile.mkdtemp(prefix=f"{order.name}-", dir=self._folder))
        try:
            if image.folder is not None:
                await asyncio.to_thread(_fill, folder, image.folder)
            return await self._run(order, Program(command, _environment(order), folder, order.binds))
        except BaseException as fault:
            shutil.rmtree(folder, ignore_errors=True)
            if isinstance(fault, OSError | ValueError):
                raise _start_error(command[0], fault) from None
            if isinstance(fault, MountError):
                raise StartError(f"error mounting: {fault}", NOT_FOUND) from None
            raise

    async def _run(self, order: Order, program: Program) -> ProcessContainer:
        """Start the program, with its binds as well as this machine can."""
        if not program.binds:
            return await self._started(order, await ProcessContainer.start(program, order.output))
        _check_targets(program)
        if self._namespaces:
            try:
                return await self._run_bound(order, program)
            except NamespaceError as fault:
                self._namespaces = False
                self._warn(str(fault))
        self._warn("only Linux has them")
        _link(program)
        return await self._run(order, replace(program, binds=()))

    async def _run_bound(self, order: Order, program: Program) -> ProcessContainer:
        container, channel = await ProcessContainer.start_bound(program, order.output)
        await self._started(order, container)
        try:
            await channel.settle()
        except BaseException:
            await container.kill()
            raise
        return container

    async def _started(self, order: Order, container: ProcessContainer) -> ProcessContainer:
        """Keep a container that was just started: watched by the clock, and by who ends it when we cannot."""
        self._containers.add(container)
        self._watcher.watch(container.group)
        self._memory.watch(container.group, int(order.memory * GIGABYTE))
        container.on_end(self._ended)
        if self._closed:
            await container.kill()
        return container

    def _ended(self, container: ProcessContainer) -> None:
        self._containers.discard(container)
        self._watcher.forget(container.group)
        self._memory.forget(container.group)
        if not self._launching:
            reap_orphans(but={*self._kin, *(other.group for other in self._containers)})

    def _warn(self, reason: str) -> None:
        """Say once that binds are links."""
        if self._warned:
            return
        self._warned = True
        sys.stderr.write(
            "aci_emulator: no mount namespaces on this machine, so volumes are links below each container's working "
            f"folder: /mnt/data is mnt/data there, and read-only is not enforced ({reason})\n"
        )
        sys.stderr.flush()


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


def _check_targets(program: Program) -> None:
    for bind in program.binds:
        path = PurePosixPath(bind.target)
        if not path.is_absolute() or ".." in path.parts or "\0" in bind.target:
            raise MountError(f"{bind.target!r} is not an absolute path")


def _link(program: Program) -> None:
    """Link every bind below the working folder, at its target; never in what another bind or the image linked there."""
    for bind in sorted(program.binds, key=lambda bind: bind.target):
        place = program.folder / bind.target.lstrip("/")
        if not place.parent.resolve().is_relative_to(program.folder) or place.is_symlink() or place == program.folder:
            raise MountError(f"{bind.target} would be inside another folder, which needs a mount namespace")
        if not bind.source.is_dir():
            raise MountError(f"{bind.source} is not a folder")
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            place.symlink_to(bind.source)
        except FileExistsError:
            raise MountError(f"{bind.target} is in the image already, which needs a mount namespace") from None


def _start_error(command: str, fault: OSError | ValueError) -> StartError:
    if isinstance(fault, ValueError):
        shown = command.encode("ascii", "backslashreplace").decode()
        return StartError(f'exec: "{shown}": it or a variable has a character that neither can have', NOT_EXECUTABLE)
    if isinstance(fault, FileNotFoundError):
        return StartError(f'exec: "{command}": executable file not found in $PATH', NOT_FOUND)
    return StartError(f'exec: "{command}": {(fault.strerror or str(fault)).lower()}', NOT_EXECUTABLE)
