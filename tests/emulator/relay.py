"""A relay between a runtime and its engine, which can fall silent or die, as engines do."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

PIECE = 65_536


class Relay:
    """A socket at `path` that leads to the engine's."""

    def __init__(self, path: Path, engine: str) -> None:
        self.path = path
        self._engine = engine
        self._speaking = asyncio.Event()
        self._speaking.set()
        self._asked = b""
        self._came = asyncio.Event()
        self._ways: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_unix_server(self._connected, self.path)

    def fall_silent(self) -> None:
        """Take what comes and answer nothing."""
        self._asked = b""
        self._speaking.clear()

    async def until_asked(self, word: bytes) -> None:
        """Wait until a request with `word` has come, since the engine fell silent if it did."""
        while word not in self._asked:
            self._came.clear()
            await self._came.wait()

    async def die(self) -> None:
        """Break every connection, and let none in."""
        if self._server is not None:
            self._server.close()
        for way in self._ways:
            way.cancel()
        await asyncio.gather(*self._ways, return_exceptions=True)

    async def _connected(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, on = await asyncio.open_unix_connection(self._engine)
        for source, target in ((near, on), (far, back)):
            way = asyncio.create_task(self._carry(source, target, asks=source is near))
            self._ways.add(way)
            way.add_done_callback(self._ways.discard)

    async def _carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, asks: bool) -> None:
        try:
            with contextlib.suppress(OSError):
                while piece := await source.read(PIECE):
                    if asks:
                        self._asked += piece
                        self._came.set()
                    await self._speaking.wait()
                    target.write(piece)
                    await target.drain()
        finally:
            target.close()


@contextlib.asynccontextmanager
async def relay(path: Path, engine: str) -> AsyncIterator[Relay]:
    """Relay from `path` to the socket `engine`."""
    between = Relay(path, engine)
    await between.open()
    try:
        yield between
    finally:
        await between.die()
