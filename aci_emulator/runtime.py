"""What a runtime must do: find images, and run containers of them. Protocols only."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class StartError(Exception):
    """A container could not be started: the sentence says why, `exit_code` what its state shows."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code


@dataclass(frozen=True)
class Order:
    """A container to run: `command` empty means the image's own; `output` takes what it prints."""

    group_id: str
    name: str
    image: str
    command: tuple[str, ...]
    environment: dict[str, str]
    output: Callable[[bytes], None]


class Container(Protocol):
    """One started container."""

    async def wait(self) -> int:
        """Wait until it has ended and its output is complete; return its exit code."""
        ...

    async def kill(self) -> int:
        """End it and all it started, kindly and then by force; return its exit code."""
        ...

    async def discard(self) -> None:
        """Forget it: its files go."""
        ...


class Runtime(Protocol):
    """Where containers run."""

    async def digest(self, image: str) -> str | None:
        """Return the image's `sha256:...`, or None when the image is not accessible."""
        ...

    def why_missing(self, image: str) -> str:
        """Say why the last `digest` of `image` was None."""
        ...

    async def launch(self, order: Order) -> Container:
        """Start a container; StartError when it cannot be."""
        ...

    async def close(self) -> None:
        """End every container and start no other."""
        ...
