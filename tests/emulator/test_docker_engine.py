"""The Docker runtime and its engine: who cleans up after whom, and what becomes of a container whose engine dies."""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiodocker
import aiohttp
import pytest

from aci_emulator.runtime import ImageError, Order, StartError
from aci_emulator.runtimes.docker import runtime as docker
from aci_emulator.runtimes.docker.engine import AioEngine
from aci_emulator.runtimes.docker.order import OWNER
from aci_emulator.runtimes.docker.runtime import EngineError, connect
from tests.emulator.driver import ROOT
from tests.emulator.engine import HELLO, SHELL
from tests.emulator.place import Place, Printed
from tests.emulator.relay import Relay, relay

pytestmark = pytest.mark.anyio
needs_engine = pytest.mark.usefixtures("engine")

HOLDER = f"""
import asyncio
from aci_emulator.runtime import Order
from aci_emulator.runtimes.docker.runtime import connect

async def hold():
    runtime = await connect()
    await runtime.launch(Order("group", "main", {SHELL!r}, ("sleep", "600"), {{}}, print))
    print(runtime._owner.label, flush=True)
    await asyncio.sleep(600)

asyncio.run(hold())
"""
"""An emulator with one container, for a test to kill."""


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = await Place.open("docker", tmp_path)
    yield place
    await place.runtime.close()


@pytest.fixture
async def between(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Relay]:
    """A relay to the engine; a runtime that connects from now on goes through it."""
    async with aiodocker.Docker() as client:
        assert isinstance(client.connector, aiohttp.UnixConnector)
        engine = client.connector.path
    with tempfile.TemporaryDirectory() as folder:
        async with relay(Path(folder) / "engine.sock", engine) as between:
            monkeypatch.setenv("DOCKER_CONTEXT", "default")
            monkeypatch.setenv("DOCKER_HOST", f"unix://{between.path}")
            yield between
    monkeypatch.undo()
    await remove_all_of_this_process()


@pytest.fixture
def held() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another emulator with a container: its process and its label."""
    with subprocess.Popen([sys.executable, "-c", HOLDER], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


async def remove_all_of_this_process() -> None:
    """Do what the next emulator would do, once this process has ended."""
    runtime = await connect()
    for item in await runtime._engine.owned(OWNER):
        if item.labels[OWNER] == runtime._owner.label:
            await runtime._engine.remove(item.id)
    await runtime.close()


async def owners(runtime: Any) -> list[str]:
    return [item.labels[OWNER] for item in await runtime._engine.owned(OWNER)]


async def mine(runtime: Any) -> int:
    """Count the anchors of this process: emulators of other tests come and go on the same engine."""
    return sum(json.loads(owner)["pid"] == os.getpid() for owner in await owners(runtime))


@needs_engine
async def test_an_emulator_removes_what_a_killed_one_left_and_nothing_else(
    place: Place, held: tuple[subprocess.Popen[str], str]
) -> None:
    other, label = held
    await place.start("sleep", "600")
    kept = await place.kept()
    await (await connect()).close()
    assert label in await owners(place.runtime), "it lives"
    other.kill()
    other.wait()
    await (await connect()).close()
    assert label not in await owners(place.runtime)
    assert await place.kept() == kept


@needs_engine
async def test_an_emulator_that_ends_leaves_nothing_not_even_its_anchor(place: Place) -> None:
    other = await connect()
    try:
        before = await mine(other)
        await place.start("sleep", "600")
        await place.runtime.close()
        assert await mine(other) == before - 1
    finally:
        await other.close()


@needs_engine
async def test_a_container_that_somebody_else_removes_counts_as_killed(place: Place) -> None:
    container, printed = await place.start("sh", "-c", "echo ready; sleep 600")
    await printed.until("ready")
    [number] = await place.kept()
    async with aiodocker.Docker() as client:
        await client.containers.container(number).delete(force=True)
    assert await container.wait() == 137
    await container.discard()


@needs_engine
async def test_a_container_that_nobody_waits_for_any_more_is_removed_at_the_end(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    created = asyncio.Event()
    create = AioEngine.create

    async def watched(engine: AioEngine, name: str, config: Any) -> str:
        number = await create(engine, name, config)
        created.set()
        await asyncio.sleep(0)
        return number

    monkeypatch.setattr(AioEngine, "create", watched)
    launch = asyncio.create_task(place.runtime.launch(place.order("sleep", "600")))
    await created.wait()
    launch.cancel()
    await asyncio.wait({launch})
    await place.runtime.close()
    later = await Place.open("docker", tmp_path)
    assert await later.kept() == set()
    await later.runtime.close()


@needs_engine
async def test_an_anchor_that_somebody_removed_is_dropped_again(place: Place) -> None:
    runtime: Any = place.runtime
    network = await runtime.drop_anchor()
    await runtime._engine.remove(network.removeprefix("container:"))
    runs = [place.shell("echo here") for _ in range(5)]
    assert await asyncio.gather(*runs) == [(0, "here\n")] * 5
    assert await runtime.drop_anchor() != network


@needs_engine
async def test_on_a_processor_without_an_anchor_containers_are_on_the_hosts_network_themselves(
    place: Place, port: str
) -> None:
    engine: Any = place.runtime._engine  # type: ignore[attr-defined] # it is a DockerRuntime
    engine.facts = replace(engine.facts, architecture="riscv64")
    server, _ = await place.start(*place.serving(port))
    assert await place.run(*place.asking(port)) == (0, "over localhost\n")
    await server.wait()


@needs_engine
async def test_when_the_engine_dies_its_containers_count_as_killed(
    between: Relay, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime = await connect()
    printed = Printed()
    order = Order("group", "main", SHELL, ("sh", "-c", "echo ready; sleep 600"), {}, printed.take)
    container = await runtime.launch(order)
    await printed.until("ready")
    await between.die()
    assert await container.wait() == 137
    assert "counts as killed (exit code 137)" in capsys.readouterr().err
    assert await container.kill() == 137
    await container.discard()
    with pytest.raises(StartError) as refused:
        await runtime.launch(order)
    assert refused.value.exit_code == 125
    with pytest.raises(ImageError) as unknown:
        await runtime.digest(SHELL)
    assert unknown.value.code == "RegistryErrorResponse"
    await runtime.close()


@needs_engine
async def test_an_engine_that_falls_silent_keeps_nobody_from_ending(
    between: Relay, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    runtime = await connect()
    container = await runtime.launch(Order("group", "main", SHELL, ("sleep", "600"), {}, lambda _: None))
    between.fall_silent()
    starting = asyncio.create_task(runtime.launch(Order("group", "main", SHELL, ("sleep", "600"), {}, lambda _: None)))
    await between.until_asked(b"/create")
    monkeypatch.setattr(docker, "STALLED", 0.1)
    await runtime.close()
    assert await container.wait() == 137
    said = capsys.readouterr().err
    assert "what still runs there is left to the next emulator" in said
    assert "counts as killed" not in said, "what is given up is not followed"
    await asyncio.wait({starting})


@needs_engine
async def test_more_containers_can_run_than_a_client_has_connections_by_default(place: Place) -> None:
    assert place.runtime._engine._docker.connector.limit == 0  # type: ignore[attr-defined] # it is a DockerRuntime


@needs_engine
async def test_an_images_own_variables_stay_and_the_groups_win(place: Place) -> None:
    script = "echo $IMAGE $WHERE"
    assert await place.shell(script, image=HELLO, environment={"WHERE": "here"}) == (0, "hello here\n")
    assert await place.shell(script, image=HELLO, environment={"IMAGE": "mine"}) == (0, "mine\n")


@needs_engine
async def test_the_host_has_a_name_in_every_container(place: Place) -> None:
    _, text = await place.shell("grep host.docker.internal /etc/hosts")
    address, name = text.split()
    assert name == "host.docker.internal"
    assert (address == "127.0.0.1") == place.runtime._engine.facts.native  # type: ignore[attr-defined] # a DockerRuntime


@needs_engine
async def test_a_bound_that_is_reached_ends_the_container_and_no_other(place: Place) -> None:
    quiet, _ = await place.start("sleep", "600", memory=0.1)
    code, _ = await place.run("dd", "if=/dev/zero", "of=/dev/null", "bs=300M", "count=40", memory=0.1)
    assert code == 137
    assert len(await place.kept()) == 1
    assert await quiet.kill() == 137


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("unix:///nowhere/docker.sock", "no container engine answers at unix:///nowhere/docker.sock: No such file"),
        ("tcp://127.0.0.1:1", "no container engine answers at tcp://127.0.0.1:1: .*"),
        ("nonsense", "no container engine: .*an address is like unix:///var/run/docker.sock"),
    ],
)
async def test_without_an_engine_a_sentence_says_where_it_was_looked_for(
    monkeypatch: pytest.MonkeyPatch, host: str, sentence: str
) -> None:
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    monkeypatch.setenv("DOCKER_HOST", host)
    with pytest.raises(EngineError, match=sentence):
        await connect()


async def test_without_aiodocker_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "aci_emulator.runtimes.docker.engine", raising=False)
    monkeypatch.setitem(sys.modules, "aiodocker", None)
    with pytest.raises(EngineError, match="pip install aiodocker"):
        await connect()


def test_a_client_is_loaded_by_no_more_than_a_connect() -> None:
    script = "import sys, aci_emulator.runtimes.docker.runtime; sys.exit('aiodocker' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False).returncode == 0
