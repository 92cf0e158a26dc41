"""Many groups at once, and one after the other: no error, and nothing is left of them."""

import asyncio
import base64
import gc
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from aci_emulator.group import Group
from aci_emulator.life import Life
from aci_emulator.logs import Log
from aci_emulator.runtime import Order
from tests.emulator.driver import GROUPS, PATIENCE, Emulator, container, group, shell, started, until, write_images
from tests.emulator.procfs import ON_LINUX, children, open_files, resident
from tests.emulator.virtual import World

MB = 1024 * 1024
USER = "/subscriptions/s/resourceGroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u"
MANY = 200
"""Groups at once."""
AT_ONCE = 100
"""Connections at once; a client's default."""

KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "running": (group(container("any", "sleep", "600")), "Running"),
    "done": (group(container("any", "true")), "Succeeded"),
    "failed": (group(container("any", "false")), "Failed"),
    "two": (group(container("any", "true"), container("any", "sleep", "600", name="side")), "Running"),
}
IDENTITY = {"identity": {"type": "UserAssigned", "userAssignedIdentities": {USER: {}}}}
FIRST = {"name": "first", "properties": {"image": "any", "command": ["true"]}}
WHOLE = IDENTITY | group(
    shell("echo $AZURE_POD_IDENTITY_AUTHORITY_HOST"),
    container("any", "true", name="side"),
    initContainers=[FIRST],
    volumes=[
        {"name": "empty", "emptyDir": {}},
        {"name": "secret", "secret": {"key": base64.b64encode(b"x" * 1000).decode()}},
    ],
)
"""A group with all that could be left of one."""


@dataclass(frozen=True)
class Held:
    """What an emulator has: child processes, open files, files in its folder; bytes in RAM, which do not compare."""

    children: int = 0
    files: int = 0
    paths: tuple[str, ...] = ()
    memory: int = field(default=0, compare=False)


class Soaked:
    """An emulator whose state is in the folder `data`."""

    def __init__(self, emulator: Emulator, data: Path) -> None:
        self.emulator = emulator
        self._data = data

    def held(self) -> Held:
        """Return what it has once it forgot its journal; only Linux tells."""
        assert self.emulator.http.delete("/_emulator/journal").status_code == 204
        if not ON_LINUX:
            return Held()
        pid, paths = self.emulator.process.pid, self._data.rglob("*")
        kept = sorted(str(path.relative_to(self._data)) for path in paths if not path.name.startswith("state.db"))
        return Held(len(children(pid)), open_files(pid), tuple(kept), resident(pid))


@pytest.fixture(name="soaked")
def an_emulator_of_its_own(tmp_path: Path) -> Iterator[Soaked]:
    images, errors = write_images(tmp_path, {"*": {}}), tmp_path / "errors"
    options = ("--speed", "0", "--runtime", "process", "--data", str(tmp_path / "data"))
    with errors.open("w") as stderr, started(images, *options, stderr=stderr) as emulator:
        yield Soaked(emulator, tmp_path / "data")
    assert errors.read_text() == ""


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.long)])
def test_two_hundred_groups_at_once_and_nothing_is_left_of_them(soaked: Soaked, times: int) -> None:
    create_run_and_delete(soaked.emulator)
    before = soaked.held()
    for _ in range(times):
        asyncio.run(all_at_once(soaked.emulator.url))
        until(soaked.held, lambda held: held == before)
    assert soaked.held().memory - before.memory < (20 + 4 * times) * MB


async def all_at_once(url: str) -> None:
    """Create many groups at once, see each reach the state it should, and delete them at once."""
    bodies = {f"{kind}-{number}": body for kind, (body, _) in KINDS.items() for number in range(MANY // len(KINDS))}
    limits = httpx.Limits(max_connections=AT_ONCE)
    options: Any = {"params": {"api-version": "2023-05-01"}, "timeout": 60, "limits": limits}
    async with httpx.AsyncClient(base_url=f"{url}{GROUPS}/", **options) as client:
        made = await asyncio.gather(*(client.put(name, json=body) for name, body in bodies.items()))
        assert [answer.status_code for answer in made] == [201] * MANY
        await asyncio.gather(*(reached(client, name, KINDS[name.partition("-")[0]][1]) for name in bodies))
        gone = await asyncio.gather(*(client.delete(name) for name in bodies))
        assert [answer.status_code for answer in gone] == [200] * MANY
        assert (await client.get(".")).json() == {"value": []}


async def reached(client: httpx.AsyncClient, name: str, state: str) -> None:
    async with asyncio.timeout(3 * PATIENCE):
        while True:
            properties = (await client.get(name)).json()["properties"]
            if (properties["provisioningState"], properties["instanceView"]["state"]) == ("Succeeded", state):
                return
            await asyncio.sleep(0.2)


@pytest.mark.parametrize("rounds", [100, pytest.param(1_000, marks=pytest.mark.long)])
def test_nothing_is_left_of_groups_that_were_created_run_and_deleted(soaked: Soaked, rounds: int) -> None:
    for _ in range(20):
        create_run_and_delete(soaked.emulator)
    before = soaked.held()
    for _ in range(rounds):
        create_run_and_delete(soaked.emulator)
        soaked.emulator.http.delete("/_emulator/journal")
    until(soaked.held, lambda held: held == before)
    grown = soaked.held().memory - before.memory
    assert grown < 4 * MB + rounds * 7_000


def create_run_and_delete(emulator: Emulator) -> None:
    assert emulator.put("round", WHOLE).status_code == 201
    emulator.until_state("round", "Succeeded")
    address = emulator.log("round").json()["content"].strip()
    assert token(emulator, address) == 200
    assert emulator.delete("round").status_code == 200
    assert token(emulator, address) == 400


def token(emulator: Emulator, address: str) -> int:
    """Ask for a token where a container would; return the status."""
    query = {"api-version": "2018-02-01", "resource": "https://storage.azure.com"}
    path = f"{address}/metadata/identity/oauth2/token"
    return emulator.http.get(path, params=query, headers={"Metadata": "true"}).status_code


OURS = (Group, Life, Log, Order, asyncio.Task, asyncio.Future)


@pytest.mark.parametrize("fault", ["", "second-start", "evicted", "stuck", "unpullable", "capacity-later", "outlive"])
def test_nothing_of_a_deleted_group_is_remembered_but_its_operations(fault: str) -> None:
    assert asyncio.run(leaving(fault, 2)) == asyncio.run(leaving(fault, 12))


async def leaving(fault: str, rounds: int) -> dict[str, int]:
    """Return how many of the emulator's things are left after so many groups came and went, in virtual time."""
    world = World()
    world.platform.identity_address = "http://here"
    body = group(container("any"), container("any", name="side"), initContainers=[FIRST]) | IDENTITY
    for _ in range(rounds):
        if fault:
            await world.control("POST", "faults", {"kind": fault, "count": 1})
        assert (await world.put("round", body)).status_code == 201
        for name in ("first", "main", "side"):
            await world.clock.advance(60)
            if name in world.runtime.running and not world.runtime.running[name].over.done():
                await world.exit(name, 1 if fault == "second-start" and name == "main" else 0)
        await world.clock.advance(60)
        assert await world.deleted("round")
        await world.control("DELETE", "faults")
    world.runtime.orders.clear()
    world.runtime.running.clear()
    await world.clock.advance(7_200)
    gc.collect()
    return {kind.__name__: sum(isinstance(item, kind) for item in gc.get_objects()) for kind in OURS}
