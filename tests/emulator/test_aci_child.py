"""Children that are cancelled amid their start: none is left, and nobody complains of an end that is gone."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from aci_emulator.runtimes import child
from tests.emulator.stand import alive
from tests.emulator.test_aci_process import children


async def begun(starting: asyncio.Task[asyncio.subprocess.Process], before: set[int]) -> int:
    """Let the loop turn until there is a new child; gives its id."""
    while not (new := set(children(os.getpid())) - before):
        assert not starting.done()
        await asyncio.sleep(0)
    return new.pop()


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.anyio
async def test_a_start_that_is_cancelled_when_the_command_is_over_leaves_no_word(
    turns: int, caplog: pytest.LogCaptureFixture
) -> None:
    before = set(children(os.getpid()))
    ours, theirs = socket.socketpair()
    with ours, theirs:
        starting = asyncio.create_task(child.start("cat", stdin=theirs))
        pid = await begun(starting, before)
        for _ in range(turns):
            await asyncio.sleep(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # noqa: ASYNC222 - the loop shall stand still
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert caplog.messages == []
    assert set(children(os.getpid())) == before


@pytest.mark.anyio
async def test_a_start_that_is_cancelled_takes_its_command_along() -> None:
    before = set(children(os.getpid()))
    starting = asyncio.create_task(child.start("sleep", "600"))
    pid = await begun(starting, before)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not alive(pid)


@pytest.mark.anyio
async def test_a_start_of_nothing_is_cancelled_as_any_other(tmp_path: Path) -> None:
    starting = asyncio.create_task(child.start(str(tmp_path / "nothing")))
    await asyncio.sleep(0)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting


@pytest.mark.anyio
async def test_a_child_that_is_over_is_ended_without_a_word() -> None:
    process = await child.start("true")
    assert await process.wait() == 0
    await child.end(process)
    assert process.returncode == 0
