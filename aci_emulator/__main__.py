"""The command line: `python -m aci_emulator --port 10010 --runtime process --images FILE`."""

import argparse
import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import uvicorn

from aci_emulator.clock import ScaledClock
from aci_emulator.images import ImagesError, ImagesFile
from aci_emulator.process import ProcessRuntime
from aci_emulator.provider import Provider
from aci_emulator.server import make_app

ADDRESS = "127.0.0.1"
DEFAULT_PORT = 10010
HIGHEST_PORT = 65_535

KEEP_ALIVE = 75
"""Seconds an idle connection stays open: longer than a client pauses between two polls, or the next meets its end."""
RUNTIMES = ("process",)


class OptionError(Exception):
    """An option that cannot be used; the sentence says which and why."""


class Options(argparse.ArgumentParser):
    """A parser that answers a bad option with one sentence."""

    def error(self, message: str) -> NoReturn:
        """End with status 2."""
        raise OptionError(message)


class Emulator(uvicorn.Server):
    """The server, which says when it listens and takes every container with it."""

    def __init__(self, provider: Provider, port: int) -> None:
        super().__init__(
            uvicorn.Config(
                make_app(provider),
                log_level="warning",
                access_log=False,
                lifespan="off",
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=1,
                timeout_keep_alive=KEEP_ALIVE,
            )
        )
        self._provider = provider
        self._port = port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        sys.stdout.write(f"aci_emulator listening on http://{ADDRESS}:{self._port}\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the containers first: an open request must not keep them alive."""
        await self._provider.close()
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
        options = _read(arguments)
        images = ImagesFile(options.images)
        listener = _listen(options.port)
    except (OptionError, ImagesError) as fault:
        sys.stderr.write(f"aci_emulator: {fault}\n")
        return 2
    asyncio.run(_serve(options, images, listener))
    return 0


async def _serve(options: argparse.Namespace, images: ImagesFile, listener: socket.socket) -> None:
    runtime = ProcessRuntime(images, options.data)
    provider = Provider(runtime, ScaledClock(options.speed))
    try:
        await Emulator(provider, listener.getsockname()[1]).serve(sockets=[listener])
    finally:
        await provider.close()


def _read(arguments: list[str] | None) -> argparse.Namespace:
    options = Options(
        prog="python -m aci_emulator",
        description="A local Azure Container Instances: ARM's endpoint for container groups.",
        epilog='The images file is a JSON object, image name or glob to {"command": [...], "folder": PATH}, '
        "both optional; a folder is relative to the file. It is read again when it changed. A container's own "
        "command replaces the image's.",
    )
    options.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 picks a free one (default: %(default)s)")
    options.add_argument("--runtime", type=_runtime, default="process", help="process: containers are child processes")
    options.add_argument("--images", type=Path, required=True, metavar="FILE", help="what each image runs")
    options.add_argument("--speed", type=_speed, default=0.1, help="1: Azure's delays, 0: none (default: %(default)s)")
    options.add_argument(
        "--data",
        type=_folder,
        metavar="DIR",
        help="where the containers' working folders are made (default: the system's temporary folder); "
        "state that survives a restart comes with a later version",
    )
    return options.parse_args(arguments)


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


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def _runtime(text: str) -> str:
    if text in {"docker", "auto"}:
        raise argparse.ArgumentTypeError(f"runtime {text!r} comes with a later version; use process")
    if text not in RUNTIMES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a runtime; use process")
    return text


def _speed(text: str) -> float:
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 <= speed <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return speed


def _folder(text: str) -> Path:
    path = Path(text)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise argparse.ArgumentTypeError(f"{text!r} cannot be used as a folder: {fault.strerror}") from None
    return path


if __name__ == "__main__":
    sys.exit(main())
