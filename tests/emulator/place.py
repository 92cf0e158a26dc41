"""A place where containers run: a runtime of either kind, and what its containers print and leave."""

import asyncio
import itertools
import uuid
from pathlib import Path
from typing import Any

from aci_emulator.runtime import Container, Order, Runtime
from aci_emulator.runtimes.docker.anchor import ANCHOR
from aci_emulator.runtimes.docker.order import NAME, OWNER
from aci_emulator.runtimes.docker.runtime import DockerRuntime, connect
from aci_emulator.runtimes.images import ImagesFile
from aci_emulator.runtimes.process import ProcessRuntime
from tests.emulator.driver import write_images
from tests.emulator.engine import PROCESS_IMAGES, SHELL

PATIENCE = 30.0

PYTHON_SERVES = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    server.accept()[0].sendall(b"over localhost")
"""
PYTHON_ASKS = """
import contextlib, socket, sys
answer = b""
while not answer:
    with contextlib.suppress(ConnectionRefusedError):
        answer = socket.create_connection(("127.0.0.1", int(sys.argv[1]))).recv(100)
print(answer.decode().strip())
"""

_numbers = itertools.count(1)


class Printed:
    """What a container printed so far."""

    def __init__(self) -> None:
        self.content = b""
        self._more = asyncio.Event()

    def take(self, piece: bytes) -> None:
        self.content += piece
        self._more.set()

    @property
    def text(self) -> str:
        return self.content.decode()

    async def until(self, word: str) -> None:
        """Wait until `word` has been printed."""
        async with asyncio.timeout(PATIENCE):
            while word not in self.text:
                self._more.clear()
                await self._more.wait()


class Place:
    """A runtime, with orders that say no more than a test needs."""

    def __init__(self, kind: str, runtime: Runtime, folder: Path) -> None:
        self.kind = kind
        self.runtime = runtime
        self.mark = f"place-{uuid.uuid4()}"
        self._folder = folder

    @classmethod
    async def open(cls, kind: str, folder: Path) -> "Place":
        """Open a place of the kind `process` or `docker`; `folder` is for its files."""
        if kind == "docker":
            return cls(kind, await connect(), folder)
        files = folder / "process"
        files.mkdir()
        return cls(kind, ProcessRuntime(ImagesFile(write_images(folder, PROCESS_IMAGES)), files), files)

    def order(self, *command: str, image: str = SHELL, printed: Printed | None = None, **more: Any) -> Order:
        """Order a container whose processes all have the place's mark in their environment."""
        environment = {"MARK": self.mark} | more.pop("environment", {})
        more.setdefault("name", f"main-{next(_numbers)}")
        output = (printed or Printed()).take
        group = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups/one"
        return Order(group, image=image, command=command, environment=environment, output=output, **more)

    async def start(self, *command: str, **more: Any) -> tuple[Container, Printed]:
        """Start a container; return it and what it will print."""
        printed = Printed()
        return await self.runtime.launch(self.order(*command, printed=printed, **more)), printed

    async def run(self, *command: str, **more: Any) -> tuple[int, str]:
        """Run a container to its end; return its exit code and what it printed."""
        container, printed = await self.start(*command, **more)
        async with asyncio.timeout(PATIENCE):
            code = await container.wait()
        await container.discard()
        return code, printed.text

    async def shell(self, script: str, **more: Any) -> tuple[int, str]:
        """Run a script to its end; return its exit code and what it printed."""
        return await self.run("sh", "-c", script, **more)

    def serving(self, port: str) -> tuple[str, ...]:
        """Return a command that says `over localhost` to whoever connects; only Docker's images have no Python."""
        if self.kind == "process":
            return "python", "-c", PYTHON_SERVES, port
        return "sh", "-c", f"echo over localhost | nc -l -p {port}"

    def asking(self, port: str) -> tuple[str, ...]:
        """Return a command that connects as soon as it can, and prints what it is told."""
        if self.kind == "process":
            return "python", "-c", PYTHON_ASKS, port
        return "sh", "-c", f"until nc 127.0.0.1 {port} 2>/dev/null </dev/null; do :; done"

    def processes(self) -> set[int]:
        """Return the processes of this machine that belong to the place's containers; a zombie does not count."""
        mark = f"MARK={self.mark}".encode()
        return {int(file.parent.name) for file in Path("/proc").glob("[0-9]*/environ") if mark in _content(file)}

    async def kept(self) -> set[str]:
        """Return what the place's containers keep on this machine: working folders, or containers of the engine."""
        if isinstance(self.runtime, DockerRuntime):
            label = self.runtime._owner.label
            owned = [item for item in await self.runtime._engine.owned(OWNER) if item.labels[OWNER] == label]
            return {item.id for item in owned if item.labels[NAME] != ANCHOR}
        return {str(path) for path in self._folder.rglob("*")}


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:
        return b""
