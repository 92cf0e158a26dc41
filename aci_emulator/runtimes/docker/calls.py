"""What the Docker runtime asks of a container engine. Protocols and values only: nothing here loads a client."""

from dataclasses import dataclass
from typing import Protocol

from aci_emulator.arm import Json

NO_ANSWER = -1
"""The status of a fault when the engine did not answer at all."""

NOT_FOUND = 404
"""The status of a fault about a container or an image that is not there."""


class EngineError(Exception):
    """There is no container engine to be had: the sentence says where it was looked for, and why not."""


class EngineFault(Exception):
    """The engine refused or failed a call: `status` is HTTP's, or NO_ANSWER; the sentence is the engine's own."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class EngineFacts:
    """What an engine is: its architecture, its cores, whether it can limit them, and whether it is on this machine.

    `native`: a container on the host's network has this machine's 127.0.0.1; not so in a virtual machine.
    """

    architecture: str
    cores: int
    limits_cores: bool
    native: bool


@dataclass(frozen=True)
class LocalImage:
    """An image that the engine has: its id, `sha256:...`, and each `REPOSITORY@sha256:...` it came from."""

    id: str
    digests: tuple[str, ...]


@dataclass(frozen=True)
class Owned:
    """A container that an emulator made: the engine's id, and its labels."""

    id: str
    labels: dict[str, str]


class Output(Protocol):
    """What a container prints, both streams in one."""

    async def read(self) -> bytes:
        """Wait for the next piece; empty when there will be none."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...


class Engine(Protocol):
    """A container engine. Every call ends in time, but for `wait` and an output's `read`; it raises EngineFault."""

    @property
    def facts(self) -> EngineFacts:
        """What it is."""
        ...

    async def image(self, name: str) -> LocalImage | None:
        """Return the image if it is here."""
        ...

    async def ask_registry(self, name: str, credentials: Json | None) -> str:
        """Return the `sha256:...` that the image's registry knows it by."""
        ...

    async def pull(self, name: str, credentials: Json | None) -> None:
        """Fetch the image."""
        ...

    async def load(self, archive: bytes) -> None:
        """Take the images that `docker save` wrote."""
        ...

    async def create(self, name: str, config: Json) -> str:
        """Make a container that does not run yet, by a name or, empty, by one of the engine's; return its id."""
        ...

    async def attach(self, container: str) -> Output:
        """Take all that the container will print; before its start, so that nothing is missed."""
        ...

    async def start(self, container: str) -> None:
        """Let it run."""
        ...

    async def wait(self, container: str) -> int:
        """Wait until it has ended; return its exit code."""
        ...

    async def kill(self, container: str, signal: str) -> None:
        """Send a signal to its first process."""
        ...

    async def remove(self, container: str) -> None:
        """End it by force if it runs, and forget it; one that is not there is no fault."""
        ...

    async def owned(self, label: str) -> list[Owned]:
        """Return every container that has `label`, running or not."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...
