"""A container engine through aiodocker; the only file that knows that package."""

import asyncio
import base64
import contextlib
import io
import json
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import aiodocker
import aiohttp
from aiodocker.stream import Stream

from aci_emulator.arm import Json
from aci_emulator.runtimes.docker.calls import (
    NO_ANSWER,
    NOT_FOUND,
    EngineError,
    EngineFacts,
    EngineFault,
    LocalImage,
    Output,
    Owned,
)

CONNECT = 10.0
"""Seconds an engine may take to say what it is."""

ANSWER = 60.0
"""Seconds an ordinary call may take: hundreds of them may wait for one another."""

START = 300.0
"""Seconds a start may take, likewise."""

REGISTRY = 30.0
"""Seconds a registry may take to say what an image's digest is."""

PULL = 1_800.0
"""Seconds a pull may take: as long as provisioning may in Azure (aci.md, 1.2)."""

UNREACHABLE = 900
"""What aiodocker gives as the status when there is no connection."""

CONFLICT = 409
"""The status of a signal to a container that has ended, and of a removal that is under way."""

NOWHERE = (
    "no container engine: DOCKER_CONTEXT, Docker's own settings and DOCKER_HOST name none, and there is no socket "
    "at /run/docker.sock, /var/run/docker.sock or ~/.docker/run/docker.sock"
)

ADDRESSES = "(an address is like unix:///var/run/docker.sock or tcp://HOST:PORT)"


class AioEngine:
    """An engine that answers."""

    def __init__(self, docker: aiodocker.Docker, facts: EngineFacts) -> None:
        self._docker = docker
        self.facts = facts

    @classmethod
    async def open(cls) -> "AioEngine":
        """Find the engine; EngineError when none answers, or none that serves."""
        try:
            docker = aiodocker.Docker()
        except AssertionError:
            raise EngineError(NOWHERE) from None
        except (ValueError, OSError, ImportError) as fault:
            raise EngineError(f"no container engine: {fault} {ADDRESSES}") from None
        except aiodocker.DockerError as fault:
            raise EngineError(f"no container engine: {fault.message}") from None
        try:
            return cls(docker, await _facts(docker))
        except BaseException:
            await docker.close()
            raise

    async def image(self, name: str) -> LocalImage | None:
        """Return the image if it is here."""
        try:
            async with _told(ANSWER):
                found = await self._docker.images.inspect(name)
        except EngineFault as fault:
            if fault.status == NOT_FOUND:
                return None
            raise
        return LocalImage(found["Id"], tuple(found.get("RepoDigests") or ()))

    async def ask_registry(self, name: str, credentials: Json | None) -> str:
        """Return the digest that the image's registry knows it by."""
        headers = {} if credentials is None else {"X-Registry-Auth": _header(credentials)}
        async with _told(REGISTRY):
            answer = await self._docker._query_json(  # noqa: SLF001 - aiodocker has no call for it
                f"distribution/{name}/json", headers=headers
            )
            return str(answer["Descriptor"]["digest"])

    async def pull(self, name: str, credentials: Json | None) -> None:
        """Fetch the image."""
        async with _told(PULL):
            await self._docker.images.pull(name, auth=credentials)

    async def load(self, archive: bytes) -> None:
        """Take the images that `docker save` wrote."""
        async with _told(ANSWER):
            await self._docker.images.import_image(io.BytesIO(archive))

    async def create(self, name: str, config: Json) -> str:
        """Make a container that does not run yet."""
        async with _told(ANSWER):
            return (await self._docker.containers.create(config, name=name or None)).id

    async def attach(self, container: str) -> Output:
        """Take all that the container will print."""
        stream = self._docker.containers.container(container).attach(stdout=True, stderr=True)
        output = AttachedOutput(stream)
        try:
            async with _told(ANSWER):
                await stream.__aenter__()
        except BaseException:
            await output.close()
            raise
        return output

    async def start(self, container: str) -> None:
        """Let it run."""
        async with _told(START):
            await self._docker.containers.container(container).start()

    async def wait(self, container: str) -> int:
        """Wait until it has ended; return its exit code."""
        async with _told(None):
            return int((await self._docker.containers.container(container).wait())["StatusCode"])

    async def kill(self, container: str, signal: str) -> None:
        """Send a signal to its first process; one that has ended is no fault."""
        with _unless(NOT_FOUND, CONFLICT):
            async with _told(ANSWER):
                await self._docker.containers.container(container).kill(signal=signal)

    async def remove(self, container: str) -> None:
        """End it by force if it runs, and forget it with its anonymous volumes."""
        with _unless(NOT_FOUND, CONFLICT):
            async with _told(ANSWER):
                await self._docker.containers.container(container).delete(force=True, v=True)

    async def owned(self, label: str) -> list[Owned]:
        """Return every container that has `label`."""
        async with _told(ANSWER):
            found = await self._docker.containers.list(all=True, filters=json.dumps({"label": [label]}))
            return [Owned(container.id, container["Labels"]) for container in found]

    async def close(self) -> None:
        """Let go of all connections."""
        await self._docker.close()


class AttachedOutput:
    """A container's two streams as the engine hands them on."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    async def read(self) -> bytes:
        """Wait for the next piece; empty when there will be none."""
        async with _told(None):
            while (message := await self._stream.read_out()) is not None:
                if message.data:
                    return message.data
        return b""

    async def close(self) -> None:
        """Let go of it. A stream that never came about has no connection, on which aiodocker insists."""
        with contextlib.suppress(AssertionError):
            await self._stream.close()


async def _facts(docker: aiodocker.Docker) -> EngineFacts:
    """Ask the engine what it is."""
    # aiohttp lets 100 requests be under way at once. Each running container is one, so the 101st would not start.
    docker.connector._limit = 0  # noqa: SLF001 - aiodocker makes the connector and takes no limit for it
    local = sys.platform == "linux" and isinstance(docker.connector, aiohttp.UnixConnector)
    try:
        async with _told(CONNECT):
            info = await docker.system.info()
            system, facts = info["OSType"], _read_facts(info, local=local)
    except EngineFault as fault:
        raise EngineError(f"no container engine answers at {_address(docker)}: {fault}") from None
    if system != "linux":
        raise EngineError(f"the container engine at {_address(docker)} runs {system} containers, not linux ones")
    return facts


def _read_facts(info: Mapping[str, Any], *, local: bool) -> EngineFacts:
    """Read what an engine says of itself; a socket of this machine may lead into a virtual one, or to a user's own."""
    rootless = any("rootless" in option for option in info.get("SecurityOptions") or ())
    desktop = "Desktop" in info["OperatingSystem"]
    return EngineFacts(
        architecture=info["Architecture"],
        cores=info["NCPU"],
        limits_cores=bool(info.get("CpuCfsQuota")),
        native=local and not rootless and not desktop,
    )


def _address(docker: aiodocker.Docker) -> str:
    connector = docker.connector
    return f"unix://{connector.path}" if isinstance(connector, aiohttp.UnixConnector) else docker.docker_host


@contextlib.asynccontextmanager
async def _told(seconds: float | None) -> AsyncIterator[None]:
    """Tell whatever goes wrong as an EngineFault; None is as long as it takes."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except aiodocker.DockerError as fault:
        status = NO_ANSWER if fault.status == UNREACHABLE else fault.status
        raise EngineFault(status, _reason(fault) if status == NO_ANSWER else fault.message) from None
    except TimeoutError:
        raise EngineFault(NO_ANSWER, "nothing came in time") from None
    except (aiohttp.ClientError, OSError, ValueError, KeyError, TypeError, RuntimeError) as fault:
        # An engine that is being ended cuts its answers short anywhere: half a JSON text, an empty one, none. And a
        # request that comes while the emulator ends finds the session closed, a RuntimeError.
        raise EngineFault(NO_ANSWER, f"it broke off, {fault!r}") from None


@contextlib.contextmanager
def _unless(*statuses: int) -> Iterator[None]:
    """Let a fault with one of these statuses pass: what was asked for is so already."""
    try:
        yield
    except EngineFault as fault:
        if fault.status not in statuses:
            raise


def _reason(fault: BaseException) -> str:
    """Return what the system says of a connection that did not come about."""
    cause: BaseException | None = fault
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        cause = cause.__context__
    return str(fault)


def _header(credentials: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(credentials).encode()).decode("ascii")
