"""What a runtime must do: find images, and run containers of them. Protocols and values only."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class ImageError(Exception):
    """An image cannot be had: `code` is ACI's (InaccessibleImage or RegistryErrorResponse), the sentence says why."""

    def __init__(self, sentence: str, code: str = "InaccessibleImage") -> None:
        super().__init__(sentence)
        self.code = code


class StartError(Exception):
    """A container could not be started: the sentence says why, `exit_code` what its state shows."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Login:
    """What a group brings to pull from the registry `server`: a name and a password, or an identity's resource id."""

    server: str
    username: str = ""
    password: str = field(default="", repr=False)
    identity: str = ""


@dataclass(frozen=True)
class Bind:
    """A folder of this machine that a container sees at `target`, an absolute path."""

    source: Path
    target: str
    read_only: bool = False


@dataclass(frozen=True)
class Order:
    """A container to run: `command` empty means the image's own; `output` takes what it prints.

    `cpu` in cores and `memory` in GB bound it; 0 means no bound.
    """

    group_id: str
    name: str
    image: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)
    output: Callable[[bytes], None]
    cpu: float = 0.0
    memory: float = 0.0
    binds: tuple[Bind, ...] = ()


class Container(Protocol):
    """One started container."""

    async def wait(self) -> int:
        """Wait until it has ended and its output is complete; return its exit code, 128 + N after signal N."""
        ...

    async def kill(self) -> int:
        """End it and all it started, kindly and then by force; return its exit code."""
        ...

    async def discard(self) -> None:
        """Forget it: its files go."""
        ...


class Runtime(Protocol):
    """Where containers run."""

    @property
    def name(self) -> str:
        """What `--runtime` calls it."""
        ...

    async def digest(self, image: str, logins: tuple[Login, ...] = ()) -> str:
        """Return the image's `sha256:...` without fetching it; ImageError when it cannot be had."""
        ...

    async def pull(self, image: str, logins: tuple[Login, ...] = ()) -> str:
        """Fetch the image if it is not here; return its `sha256:...`; ImageError when it cannot be had."""
        ...

    async def launch(self, order: Order) -> Container:
        """Start a container; StartError when it cannot be."""
        ...

    async def close(self) -> None:
        """End every container and start no other."""
        ...
