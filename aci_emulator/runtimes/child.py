"""Child processes, each the leader of a session of its own, that start whole or not at all."""

import asyncio
import contextlib
import os
import signal
from typing import Any


async def start(*command: str, **options: Any) -> asyncio.subprocess.Process:  # noqa: ANN401 - as asyncio takes them
    """Start a child, as `asyncio.create_subprocess_exec` does; cancelled, it is ended.

    Scenario: a group is deleted while its container is started, and the command is over already. asyncio, cancelled
    amid a start, asks Linux for the child's end in two places, and the slower one complains that the end is gone.
    """
    starting = asyncio.ensure_future(asyncio.create_subprocess_exec(*command, start_new_session=True, **options))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        with contextlib.suppress(OSError, ValueError):  # of a command that cannot be executed
            await end(await starting)
        raise


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill a child with what it started, if it is still at work, and wait for its end."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
