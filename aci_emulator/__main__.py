"""The command line: `python -m aci_emulator --port 10010 --runtime process --images FILE`."""

import argparse
import asyncio
import contextlib
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from aci_emulator import endpoint
from aci_emulator.clock import Clock, ScaledClock, VirtualClock
from aci_emulator.control import CLOCK
from aci_emulator.faults import Faults
from aci_emulator.gate import Gate
from aci_emulator.keeper import Keeper
from aci_emulator.kept import Saved
from aci_emulator.options import OptionError, read
from aci_emulator.platform import Platform
from aci_emulator.protocol import ArmProtocol, drop
from aci_emulator.provider import Provider
from aci_emulator.revival import revive
from aci_emulator.runtime import Runtime
from aci_emulator.runtimes import EngineError, choose
from aci_emulator.runtimes.images import ImagesError, ImagesFile
from aci_emulator.runtimes.watcher import Watcher
from aci_emulator.server import make_app
from aci_emulator.store import Store, StoreError
from aci_emulator.volumes import Volumes

ADDRESS = "127.0.0.1"
WORK = ".aci-emulator-work"
"""The folder below that of `--data` in which containers work: a name that nobody else gives, for it is removed."""

KEEP_ALIVE = 75
"""Seconds an idle connection stays open: longer than a client pauses between two polls, or the next meets its end."""


class Door(uvicorn.Server):
    """A second server in the same process: signals are the first one's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


class Emulator(uvicorn.Server):
    """The server, which says when it listens and takes every container with it."""

    def __init__(self, provider: Provider, options: argparse.Namespace, url: str) -> None:
        self._app = make_app(provider, Gate(provider.platform, require_token=options.require_token), drop)
        super().__init__(
            uvicorn.Config(
                self._app,
                log_level="error",
                access_log=False,
                lifespan="off",
                server_header=False,
                ws="none",
                http=ArmProtocol,
                timeout_graceful_shutdown=1,
                timeout_keep_alive=KEEP_ALIVE,
                ssl_certfile=options.cert,
                ssl_keyfile=options.key,
            )
        )
        self._provider = provider
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        place = "on Docker" if self._provider.platform.runtime.name == "docker" else "as processes"
        sys.stdout.write(f"aci_emulator listening on {self._url}\nits containers run {place}\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the containers first: an open request must not keep them alive."""
        await self._provider.close()
        self._app.close()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End in order at SIGINT and SIGTERM, and with status 0: being told to end is no fault."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


def main(arguments: list[str] | None = None) -> int:
    """Run the emulator until it is told to end; return 2 for a bad option."""
    try:
        options = read(arguments)
        images = None if options.images is None else ImagesFile(options.images)
        with _listen(options.port) as listener:
            asyncio.run(_serve(options, images, listener))
    except (OptionError, ImagesError, EngineError, StoreError) as fault:
        sys.stderr.write(f"aci_emulator: {fault}\n")
        return 2
    return 0


async def _serve(options: argparse.Namespace, images: ImagesFile | None, listener: socket.socket) -> None:
    url = _url("http" if options.cert is None else "https", listener)
    with _store(options.data) as store, _folder(options.data) as folder:
        saved = Saved() if store is None else store.load(options.limits)
        platform = _platform(options, await choose(options.runtime, images, folder), folder, _clock(options, saved))
        platform.keeper = Keeper(store)
        provider = Provider(platform)
        provider.restore(revive(saved, platform.clock.now()))
        try:
            async with _door(platform, listener, https=options.cert is not None):
                await Emulator(provider, options, url).serve(sockets=[listener])
        finally:
            await provider.close()


@contextlib.asynccontextmanager
async def _door(platform: Platform, listener: socket.socket, *, https: bool) -> AsyncIterator[None]:
    """Tell containers where they get tokens: here, or at a port of its own that speaks http.

    A container trusts no certificate of this machine, and would be refused its token by its own SDK.
    """
    if not https:
        platform.identity_address = _url("http", listener)
        yield
        return
    with _listen(0) as own:
        platform.identity_address = _url("http", own)
        server = Door(uvicorn.Config(endpoint.make_app(platform), log_level="warning", lifespan="off", ws="none"))
        serving = asyncio.create_task(server.serve(sockets=[own]))
        try:
            yield
        finally:
            server.should_exit = True
            await serving


@contextlib.contextmanager
def _store(data: Path | None) -> Iterator[Store | None]:
    """Open what is kept in `data`; StoreError when it cannot be used."""
    if data is None:
        yield None
        return
    with contextlib.closing(Store(data)) as store:
        yield store


@contextlib.contextmanager
def _folder(data: Path | None) -> Iterator[Path]:
    """Make a folder for what containers work in, below `data` or a temporary one; it goes with the emulator."""
    if data is not None:
        shutil.rmtree(data / WORK, ignore_errors=True)
        (data / WORK).mkdir(mode=0o700)
    with (
        tempfile.TemporaryDirectory(
            prefix="aci-emulator-", dir=None if data is None else data / WORK, ignore_cleanup_errors=True
        ) as folder,
        contextlib.closing(Watcher(str(folder if data is None else data / WORK))),
    ):
        yield Path(folder)


def _clock(options: argparse.Namespace, saved: Saved) -> Clock:
    """Return the clock; a virtual one never goes back behind what was seen of it."""
    if options.clock == "wall":
        return ScaledClock(options.speed)
    now = datetime.now(UTC)
    return VirtualClock(max(now, datetime.fromisoformat(saved.things.get(CLOCK, now.isoformat()))))


def _platform(options: argparse.Namespace, runtime: Runtime, folder: Path, clock: Clock) -> Platform:
    return Platform(
        runtime=runtime,
        clock=clock,
        volumes=Volumes(folder / "volumes", options.files),
        limits=options.limits,
        faults=Faults(tuple(options.fault)),
        identity_delay=options.identity_delay,
    )


def _url(scheme: str, listener: socket.socket) -> str:
    return f"{scheme}://{ADDRESS}:{listener.getsockname()[1]}"


def _listen(port: int) -> socket.socket:
    """Bind the port, or say why not.

    A socket whose protocol is not named has no TCP_NODELAY from asyncio, and each answer would take 40 ms.
    """
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
    except OSError as fault:
        listener.close()
        raise OptionError(f"port {port} on {ADDRESS} cannot be used: {fault.strerror}; choose another") from None
    return listener


if __name__ == "__main__":
    sys.exit(main())
