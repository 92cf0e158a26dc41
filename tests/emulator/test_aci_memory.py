"""The memory that a container of the process runtime may use: who is killed over it, and who is not."""

import asyncio
import resource
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aci_emulator.runtimes import memory
from aci_emulator.runtimes.memory import HEADROOM, MemoryWatch
from tests.emulator.stand import PYTHON, Bench, Started, alive, bench

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds memory"),
]

MEGABYTE = 2**20
TENTH = 0.1
"""GB: 102 MB, about ten times what an idle Python takes."""

FILLS = "import time; kept = bytearray(b'x') * {}; print(1, flush=True); time.sleep(600)"
FILLS_AND_FORKS = (
    "import os, time; kept = bytearray(b'x') * {}\n"
    "for _ in range(4):\n    if os.fork() == 0: time.sleep(600)\n"
    "print(1, flush=True); time.sleep(600)"
)
MAPS_A_FILE = (
    "import mmap, sys, time\nwith open('large', 'w+b') as file:\n    file.truncate({0})\n"
    "    seen = mmap.mmap(file.fileno(), {0}, prot=mmap.PROT_READ)\n"
    "    total = sum(seen[::4096])\n    print(1, flush=True); time.sleep(600)"
)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Bench]:
    async with bench(tmp_path) as made:
        yield made


@pytest.fixture
async def watch() -> AsyncIterator[MemoryWatch]:
    """A watch that looks when the test says so."""
    made = MemoryWatch()
    made._look_again_and_again = lambda: asyncio.sleep(0)  # type: ignore[method-assign] # the test looks
    yield made
    for session in list(made._limits):
        made.forget(session)


async def python(here: Bench, script: str, megabytes: int, limit: float = 0) -> Started:
    """Start a script that says when it has filled its memory."""
    return await here.start(PYTHON, "-c", script.format(megabytes * MEGABYTE), memory=limit)


async def test_a_container_over_its_memory_shows_137_and_its_neighbour_lives(here: Bench) -> None:
    neighbour = await python(here, FILLS, 20, TENTH)
    greedy = await python(here, FILLS, 200, TENTH)
    assert (await greedy.end())[0] == 137
    await neighbour.spoke.wait()
    assert alive(neighbour.group)
    await neighbour.kill()


async def test_what_a_container_starts_counts_and_ends_with_it(here: Bench) -> None:
    script = FILLS.format(200 * MEGABYTE)
    started = await here.start("sh", "-c", f'"{PYTHON}" -c "{script}" & wait; wait', memory=TENTH)
    assert (await started.end())[0] == 137


@pytest.mark.parametrize("script", [FILLS, FILLS_AND_FORKS, MAPS_A_FILE], ids=["filled", "shared by fork", "a file's"])
async def test_memory_counts_once_and_a_files_pages_do_not(
    here: Bench, watch: MemoryWatch, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed: list[dict[int, int]] = []
    monkeypatch.setattr(memory, "_kill", killed.append)
    started = await python(here, script, 150 if script == MAPS_A_FILE else 80)
    watch.watch(started.group, int(TENTH * 2**30) + 30 * MEGABYTE)
    await started.spoke.wait()
    watch.look()
    assert not killed
    watch.watch(started.group, MEGABYTE)
    watch.look()
    assert len(killed[0]) == (5 if script == FILLS_AND_FORKS else 1)
    await started.kill()


async def test_a_process_gets_no_memory_above_the_ceiling_however_fast_it_asks(here: Bench) -> None:
    code, text = await here.run(PYTHON, "-c", "bytearray(2**33)", memory=TENTH)
    assert (code, text.splitlines()[-1]) == (1, "MemoryError")


async def test_a_process_has_its_ceiling_from_the_start(here: Bench, watch: MemoryWatch) -> None:
    started = await here.start("sleep", "600")
    watch.watch(started.group, HEADROOM // 2)
    assert resource.prlimit(started.group, resource.RLIMIT_DATA) == (HEADROOM * 3 // 2,) * 2
    await started.kill()


async def test_a_process_that_was_there_before_the_ceiling_gets_it_too(here: Bench, watch: MemoryWatch) -> None:
    script = "sh -c 'echo; until test -e go; do sleep 0.01; done; ulimit -d' & wait"
    started = await here.start("sh", "-c", script)
    await started.spoke.wait()
    watch.watch(started.group, 2 * HEADROOM)
    watch.look()
    assert started.container is not None
    (started.container._folder / "go").touch()
    assert await started.end() == (0, f"\n{4 * HEADROOM // 1024}\n")


async def test_nobody_looks_while_no_container_has_a_limit(here: Bench) -> None:
    watch = here.runtime._memory
    free = await here.start("sleep", "600")
    assert watch._looking is None
    bounded = await here.start("sleep", "600", memory=1)
    looking = watch._looking
    assert looking is not None
    await bounded.kill()
    assert watch._looking is None
    assert await asyncio.wait_for(asyncio.gather(looking, return_exceptions=True), 20)
    await free.kill()
