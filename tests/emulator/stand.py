"""The process runtime and the volumes by themselves: no HTTP, no group; a test reads what its containers print."""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aci_emulator.runtime import Bind, Order
from aci_emulator.runtimes import mounts
from aci_emulator.runtimes.container import ProcessContainer
from aci_emulator.runtimes.images import ImagesFile
from aci_emulator.runtimes.process import ProcessRuntime
from aci_emulator.spec.model import EmptyDir, Mount, Volume
from aci_emulator.volumes import VolumeError, Volumes

GROUP = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups/one"
PYTHON = sys.executable

AS_NOBODY_SPECIAL = ("setpriv", "--inh-caps=-all", "--ambient-caps=-all", "--bounding-set=-all")
"""Before a command: it is root by name only, and has no right that another user has not."""


def alive(pid: int) -> bool:
    """Say whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def source(volumes: Volumes, volume: Volume) -> Path:
    """Make one volume and return its folder."""
    [bind] = (await volumes.make(GROUP, (volume,))).binds((Mount(volume.name, "/data"),))
    return bind.source


async def refused(volumes: Volumes, volume: Volume) -> str:
    """Return the sentence with which a volume is refused; none of its folders may be left."""
    with pytest.raises(VolumeError) as caught:
        await volumes.make(GROUP, (EmptyDir("first"), volume))
    assert caught.value.volume == volume.name
    assert list(volumes._folder.iterdir()) == []
    return str(caught.value)


def why_not() -> str:
    """Say why no mount namespace can be had here; empty when it can."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        plan = {"command": ["true"], "environment": dict(os.environ), "folder": "/", "binds": []}
        ours.sendall(json.dumps(plan).encode())
        ours.shutdown(socket.SHUT_WR)
        command = [sys.executable, "-I", "-S", mounts.__file__, str(theirs.fileno())]
        subprocess.run(command, pass_fds=[theirs.fileno()], check=False)
        theirs.close()
        report = ours.recv(4096)
    return report.decode() if b'"namespace"' in report else ""


def entries(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


class Started:
    """A container that was started, and what it printed so far."""

    def __init__(self) -> None:
        self.text = ""
        self.spoke = asyncio.Event()
        self.container: ProcessContainer | None = None

    def take(self, printed: bytes) -> None:
        self.text += printed.decode()
        self.spoke.set()

    @property
    def group(self) -> int:
        assert self.container is not None
        return self.container.group

    async def end(self) -> tuple[int, str]:
        """Wait for its end; return its exit code and what it printed."""
        assert self.container is not None
        code = await self.container.wait()
        await self.container.discard()
        return code, self.text

    async def kill(self) -> int:
        assert self.container is not None
        return await self.container.kill()


class Bench:
    """A runtime whose working folders are below `folder`."""

    def __init__(self, folder: Path, images: ImagesFile | None = None, *, namespaces: bool = True) -> None:
        self.runtime = ProcessRuntime(images, folder, namespaces=namespaces)

    async def start(
        self, *command: str, binds: tuple[Bind, ...] = (), memory: float = 0, image: str = "any"
    ) -> Started:
        started = Started()
        order = Order("group", "main", image, command, {"A": "1"}, started.take, memory=memory, binds=binds)
        started.container = await self.runtime.launch(order)
        return started

    async def run(self, *command: str, binds: tuple[Bind, ...] = (), memory: float = 0) -> tuple[int, str]:
        """Run a container to its end; return its exit code and what it printed."""
        return await (await self.start(*command, binds=binds, memory=memory)).end()

    async def shell(self, script: str, *binds: Bind) -> str:
        """Run a script that must succeed; return what it printed."""
        code, text = await self.run("sh", "-ec", script, binds=binds)
        assert code == 0, text
        return text


@contextlib.asynccontextmanager
async def bench(folder: Path, images: ImagesFile | None = None, *, namespaces: bool = True) -> AsyncIterator[Bench]:
    made = Bench(folder, images, namespaces=namespaces)
    try:
        yield made
    finally:
        await made.runtime.close()


NO_NAMESPACES = why_not() if sys.platform == "linux" else "only Linux has them"
"""Why containers get no mount namespace on this machine; empty where they do."""
