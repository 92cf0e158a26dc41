"""Processes that never outlive us: started in order, stopped in the opposite order, always.

Each runs in a process group of its own, so a terminal's Ctrl-C reaches only us, and we stop
them in the order that keeps their data: Azurite last, with the signal on which it saves.
"""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from local.leash import adopt_orphans, orphans
from local.needs import ROOT, RefusalError

TAIL = 15
"""Lines of a child's log that are shown when it ended by itself."""
READY_WITHIN = 120.0
"""Seconds in which a part must listen; a cold laptop takes under ten, `func` longer as it downloads."""


@dataclass(frozen=True)
class Child:
    """A running process. `patience`: seconds between the signal that asks it to stop and SIGKILL."""

    name: str
    process: asyncio.subprocess.Process
    log: Path | None
    stop_with: signal.Signals = signal.SIGTERM
    patience: float = 5.0

    def last_words(self) -> str:
        """The end of its log."""
        if self.log is None or not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-TAIL:])

    async def stop(self) -> None:
        """Ask, wait, kill; then kill whatever it left in its process group."""
        self._send(self.stop_with)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), self.patience)
        self._kill_group()
        await self.process.wait()

    def _send(self, number: signal.Signals) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)


class ChildEndedError(Exception):
    """A child that should run until the end has ended by itself."""

    def __init__(self, child: Child) -> None:
        self.child = child
        where = f" Its log, {child.log}, ends:\n{child.last_words()}" if child.log else ""
        super().__init__(f"{child.name} ended by itself with exit code {child.process.returncode}.{where}")


@dataclass
class Children:
    """All of them. Use as `async with Children(logs) as children`: leaving it stops every child."""

    logs: Path
    started: list[Child] = field(default_factory=list)

    async def __aenter__(self) -> Self:
        adopt_orphans()
        self.logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        *,
        stop_with: signal.Signals = signal.SIGTERM,
        patience: float = 5.0,
    ) -> Child:
        """Start a child whose output, both streams, goes to a log file of its own."""
        log = self.logs / f"{name.replace(' ', '-').lower()}.log"
        with log.open("wb") as output:
            process = await _spawn(command, env, stop_with, output.fileno())
        child = Child(name, process, log, stop_with, patience)
        self.started.append(child)
        return child

    async def ask(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> str:
        """Run a command to its end and return what it printed.

        Raises RefusalError with what it complained of when it fails.
        """
        process = await _spawn(command, env, signal.SIGTERM, asyncio.subprocess.PIPE)
        child = Child(name, process, None)
        self.started.append(child)
        output, complaint = await process.communicate()
        self.started.remove(child)
        if process.returncode:
            raise RefusalError(f"{name} ended with exit code {process.returncode}: {complaint.decode().strip()}")
        return output.decode()

    async def any_end(self) -> None:
        """Wait until a child ends by itself, which raises ChildEndedError."""
        children = list(self.started)
        waits = {asyncio.ensure_future(child.process.wait()): child for child in children}
        try:
            ended, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        raise ChildEndedError(waits[ended.pop()])

    async def stop(self) -> None:
        """Stop all, the last started first; then whatever a child that died left to us."""
        while self.started:
            await self.started[-1].stop()
            self.started.pop()
        _kill_orphans()


async def listens(child: Child, port: int, within: float = READY_WITHIN) -> None:
    """Wait until `child` listens on `port`.

    Raises ChildEndedError when it ends instead, RefusalError when it takes too long.
    """
    try:
        async with asyncio.timeout(within):
            while not await _connects(port):
                if child.process.returncode is not None:
                    raise ChildEndedError(child)
                await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise RefusalError(
            f"{child.name} does not listen on port {port} after {within:.0f} s; see {child.log}."
        ) from error


async def _connects(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True


async def _spawn(
    command: Sequence[str], env: Mapping[str, str], stop_with: signal.Signals, output: int
) -> asyncio.subprocess.Process:
    """Start `command` on its leash. With PIPE as `output`, both streams are kept apart for the caller."""
    piped = output == asyncio.subprocess.PIPE
    # As a file and with -P: it needs no folder of ours on its path, and its siblings shadow nothing.
    leash = [
        sys.executable,
        "-P",
        str(Path(__file__).with_name("leash.py")),
        str(os.getpid()),
        str(int(stop_with)),
    ]
    return await asyncio.create_subprocess_exec(
        *leash,
        *command,
        env=dict(env),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=output,
        stderr=asyncio.subprocess.PIPE if piped else asyncio.subprocess.STDOUT,
        cwd=ROOT,
        process_group=0,
    )


def _kill_orphans() -> None:
    """A child that was killed cannot stop its own children: Linux gave them to us, and they go too."""
    while pids := orphans():
        for pid in pids:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
