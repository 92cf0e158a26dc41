"""Deployments that meet each other, runtimes that fail, and what outlives its group, in virtual time."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from aci_emulator.faults import Fault
from aci_emulator.runtime import Container, Order
from aci_emulator.volumes import Volumes
from tests.emulator.driver import container, group
from tests.emulator.virtual import ScriptedContainer, World

pytestmark = pytest.mark.anyio

ONE = group(container("any"))
ALWAYS = group(container("any"), policy="Always")
SHARED = [{"name": "shared", "emptyDir": {}}]


def mounted(policy: str = "Never") -> dict[str, Any]:
    item = container("any")
    item["properties"]["volumeMounts"] = [{"name": "shared", "mountPath": "/mnt/shared"}]
    return group(item, policy=policy, volumes=SHARED)


async def folder(world: World, launches: int) -> Path:
    """The folder behind the one mount of a container, once there were so many launches: threads make volumes."""
    while len(world.runtime.orders) < launches:
        await asyncio.sleep(0.001)
        await world.clock.advance(1)
    return world.runtime.orders[launches - 1].binds[0].source


def is_there(path: Path) -> bool:
    return path.is_dir()


class Broken(ScriptedContainer):
    async def kill(self) -> int:
        raise RuntimeError("the engine is on fire")


async def test_a_launch_that_fails_like_nothing_known_is_a_container_that_cannot_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()

    async def launch(_order: Order) -> Container:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(world.runtime, "launch", launch)
    await world.running("one", ONE)
    assert await world.show("one") == ("Failed", "Failed", "Terminated")
    assert "No space left on device" in (await world.view("one"))["events"][-1]["message"]
    assert "No space left" in capsys.readouterr().err
    assert await world.deleted("one")


@pytest.mark.parametrize("verb", ["delete", "stop", "restart"])
async def test_a_kill_that_fails_does_not_keep_a_group_from_ending(
    verb: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    await world.running("one", ONE)
    monkeypatch.setattr(ScriptedContainer, "kill", Broken.kill)
    if verb == "delete":
        assert await world.deleted("one")
    else:
        assert (await world.ask("POST", f"one/{verb}")).status_code == 204
        await world.clock.advance(30)
        assert (await world.show("one"))[1] == ("Stopped" if verb == "stop" else "Running")
        assert await world.deleted("one")
    assert "the engine is on fire" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["evicted", "second-start"])
async def test_a_group_that_the_platform_will_start_again_has_not_ended(kind: str) -> None:
    world = World()
    await world.control("POST", "limits", {"cores": 1})
    world.platform.faults.add(Fault(kind, seconds=5))
    await world.running("one", ONE)
    if kind == "second-start":
        await world.exit("main", 3)
    else:
        await world.clock.advance(5)
    assert (await world.view("one"))["currentState"]["state"] == "Terminated"
    assert await world.code("PUT", "two", ONE) == (400, "ContainerGroupQuotaReached")
    assert await world.code("PUT", "one", ALWAYS) == (400, "InvalidContainerGroupUpdate")
    assert (await world.ask("POST", "one/stop")).status_code == 204
    await world.clock.advance(100)
    assert (await world.show("one"))[1:] == ("Stopped", "Terminated")


async def test_a_move_is_over_when_the_last_container_runs_again() -> None:
    world = World()
    world.platform.faults.add(Fault("evicted", seconds=5))
    await world.running("one", group(container("any"), container("any", name="side")))
    await world.clock.advance(5)
    assert (await world.show("one"))[0] == "Repairing"
    await world.clock.advance(10)
    assert (await world.show("one"))[0] == "Succeeded"


async def test_a_restart_keeps_the_volumes_and_a_container_that_ends_meanwhile_has_them_too(tmp_path: Path) -> None:
    world = World()
    world.platform.volumes = Volumes(tmp_path, None)
    await world.running("one", mounted("Always"))
    kept = await folder(world, 1)
    await world.ask("POST", "one/restart")
    await world.exit("main", 0)
    assert await folder(world, 2) == kept
    assert await folder(world, 3) == kept
    assert is_there(kept)


@pytest.mark.parametrize("how", ["put", "start", "restart of an ended group"])
async def test_a_new_deployment_has_new_volumes(tmp_path: Path, how: str) -> None:
    world = World()
    world.platform.volumes = Volumes(tmp_path, None)
    await world.running("one", mounted())
    before = await folder(world, 1)
    if how == "put":
        await world.running("one", mounted())
    else:
        await world.exit("main", 0)
        await world.ask("POST", "one/start" if how == "start" else "one/restart")
        await world.clock.advance(30)
    assert await folder(world, 2) != before
    assert not is_there(before)


async def test_the_end_of_an_operation_that_was_overtaken_is_not_the_groups() -> None:
    world = World()
    world.platform.faults.add(Fault("unpullable", count=1))
    await world.control("POST", "limits", {"provisioning-seconds": 20})
    await world.put("one", ONE)
    await world.clock.advance(19.5)
    await world.ask("POST", "one/restart")
    await world.clock.advance(0.9)
    assert (await world.show("one"))[0] == "Updating"
    await world.clock.advance(30)
    assert await world.show("one") == ("Succeeded", "Running", "Running")
    assert (await world.view("one"))["restartCount"] == 0


async def test_what_outlives_a_stop_is_not_seen_in_the_stopped_group() -> None:
    world = World()
    world.platform.faults.add(Fault("outlive", operation="stop"))
    await world.running("one", ALWAYS)
    say = world.runtime.orders[-1].output
    say(b"before\n")
    await world.ask("POST", "one/stop")
    await world.exit("main", 1)
    say(b"after\n")
    await world.clock.advance(100)
    assert (await world.show("one"))[1:] == ("Stopped", "Terminated")
    log = await world.ask("GET", "one/containers/main/logs")
    assert log.json()["content"] == "before\n"


async def test_a_group_can_be_started_again_after_a_failure() -> None:
    world = World()
    world.platform.faults.add(Fault("capacity-later", count=1))
    await world.put("one", ONE)
    await world.clock.advance(30)
    assert (await world.show("one"))[:2] == ("Failed", "Failed")
    await world.ask("POST", "one/start")
    await world.clock.advance(30)
    assert await world.show("one") == ("Succeeded", "Running", "Running")


async def test_a_put_in_its_three_seconds_refuses_what_it_would_undo() -> None:
    world = World()
    await world.running("one", ONE)
    asking = world.background("PUT", "one", ONE)
    await world.clock.advance(1)
    refused = (409, "ContainerGroupTransitioning")
    assert await world.code("PATCH", "one", {"tags": {"a": "b"}}) == refused
    assert await world.code("DELETE", "one") == refused
    await world.clock.advance(2)
    assert (await asking).status_code == 200


async def test_a_deleted_groups_identity_gives_no_more_tokens() -> None:
    world = World()
    world.platform.identity_address = "http://here"
    await world.running("one", ONE | {"identity": {"type": "SystemAssigned"}})
    (address,) = (value for name, value in world.runtime.orders[-1].environment.items() if name.startswith("AZURE"))
    ask = f"{address}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=r"
    headers = {"Metadata": "true"}
    assert (await world.get_url(ask, headers)).status_code == 200
    assert await world.deleted("one")
    assert (await world.get_url(ask, headers)).status_code == 400


async def test_two_who_move_the_clock_at_once_both_move_it() -> None:
    world = World()
    both = [world.background_control("clock", {"advance": seconds}) for seconds in (10, 5)]
    assert [(await answer).json()["now"][17:19] for answer in both] == ["10", "15"]


async def test_parts_of_cores_fill_a_quota_to_the_brim() -> None:
    world = World()
    await world.control("POST", "limits", {"cores": 3.3})
    for name in ("one", "two", "three"):
        assert (await world.put(name, group(container("any", cpu=1.1)))).status_code == 201
    assert await world.code("PUT", "four", ONE) == (400, "ContainerGroupQuotaReached")


async def test_a_running_group_restarts_though_its_quota_was_lowered() -> None:
    world = World()
    await world.running("one", ONE)
    await world.control("POST", "limits", {"cores": 0, "groups": 0})
    assert (await world.ask("POST", "one/restart")).status_code == 204


async def test_the_journal_has_what_was_refused_before_it_found_its_operation() -> None:
    world = World()
    await world.ask("POST", "one")
    (entry,) = world.platform.journal.body()
    assert (entry["method"], entry["status"], entry["code"]) == ("POST", 405, "HttpMethodNotSupported")


async def test_the_log_of_a_stopped_container_is_cut() -> None:
    world = World()
    await world.running("one", ALWAYS)
    world.runtime.orders[-1].output(b"x" * 20_000)
    await world.ask("POST", "one/stop")
    log = await world.ask("GET", "one/containers/main/logs")
    assert len(log.json()["content"]) == 16_384


@pytest.mark.parametrize("mounts", [True, False])
async def test_a_volume_that_cannot_be_had_is_told_and_the_group_can_be_deleted(
    tmp_path: Path, *, mounts: bool
) -> None:
    world = World()
    world.platform.volumes = Volumes(tmp_path, None)
    share = {"name": "shared", "azureFile": {"shareName": "s", "storageAccountName": "a", "storageAccountKey": "k"}}
    body = mounted() if mounts else group(container("any"))
    await world.put("one", body | {"properties": body["properties"] | {"volumes": [share]}})
    while not (await world.ask("GET", "one")).json()["properties"]["containers"][0]["properties"].get("instanceView"):
        await asyncio.sleep(0.001)
        await world.clock.advance(1)
    assert (await world.view("one"))["events"][0]["name"] == "FailedMount"
    assert world.runtime.orders == []
    assert await world.deleted("one")
