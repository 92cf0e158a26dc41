"""Faults on demand, in virtual time: which strike, on what, how often, and what a client then sees."""

from typing import Any

import pytest

from aci_emulator.faults import read_faults
from aci_emulator.server import Dropped
from tests.emulator.driver import container, group
from tests.emulator.virtual import World

pytestmark = pytest.mark.anyio

ONE = group(container("any"))


def with_policy(policy: str) -> dict[str, Any]:
    return group(container("any"), policy=policy)


def arm(world: World, kind: str, **values: Any) -> None:
    for fault in read_faults({"kind": kind, **values}):
        world.platform.faults.add(fault)


def effects(world: World) -> list[str]:
    return [entry["effect"] for entry in world.platform.journal.body() if entry["effect"]]


REFUSALS = [
    ("capacity", 409, "ServiceUnavailable", "'westeurope' at this moment"),
    ("quota", 400, "ContainerGroupQuotaReached", "quota 'StandardCores' exceeded"),
    ("inaccessible-image", 400, "InaccessibleImage", "The image 'any' in container group 'one'"),
    ("registry-error", 409, "RegistryErrorResponse", "docker registry"),
    ("transitioning", 409, "ContainerGroupTransitioning", "'one' is still transitioning"),
    ("denied", 403, "AuthorizationFailed", "'Microsoft.ContainerInstance/containerGroups/write' over scope '/subs"),
    ("throttled", 429, "ResourceRequestsThrottled", "'10' seconds"),
    ("server-error", 500, "InternalServerError", "tracking activity id"),
    ("unavailable", 503, "ServerUnavailable", "temporarily unavailable"),
]


@pytest.mark.parametrize(("kind", "status", "code", "words"), REFUSALS)
async def test_a_refusal_on_demand_has_azures_shape_and_no_effect(
    kind: str, status: int, code: str, words: str
) -> None:
    world = World()
    arm(world, kind, count=1)
    answer = await world.ask("PUT", "one", ONE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert words in answer.json()["error"]["message"]
    assert (await world.ask("GET", "one")).status_code == 404
    assert (await world.put("one", ONE)).status_code == 201


async def test_a_throttled_request_is_told_when_to_come_back() -> None:
    world = World()
    arm(world, "throttled", seconds=17)
    assert (await world.ask("GET", "one")).headers["Retry-After"] == "17"


async def test_a_bad_body_is_refused_for_what_it_is_though_a_fault_waits() -> None:
    world = World()
    arm(world, "capacity")
    assert (await world.code("PUT", "one", {"location": "westeurope"}))[1] == "InvalidRequestContent"


async def test_start_meets_no_capacity_too() -> None:
    world = World()
    await world.running("one", ONE)
    await world.exit("main", 0)
    arm(world, "capacity", count=1)
    assert await world.code("POST", "one/start") == (409, "ServiceUnavailable")
    assert (await world.ask("POST", "one/start")).status_code == 204


async def test_a_connection_dropped_before_has_no_effect_and_one_dropped_after_has() -> None:
    world = World()
    arm(world, "drop-before", operation="put", count=1)
    arm(world, "drop-after", operation="put", count=1)
    with pytest.raises(Dropped):
        await world.put("one", ONE)
    assert (await world.ask("GET", "one")).status_code == 404
    with pytest.raises(Dropped):
        await world.put("one", ONE)
    assert (await world.ask("GET", "one")).status_code == 200
    entries = [entry for entry in world.platform.journal.body() if entry["operation"] == "put"]
    assert [(entry["status"], entry["effect"], entry["fault"]) for entry in entries] == [
        (None, "", "drop-before"),
        (None, "created", "drop-after"),
    ]


async def test_an_error_may_hide_an_effect() -> None:
    world = World()
    arm(world, "server-error-after", operation="put")
    assert (await world.put("one", ONE)).status_code == 500
    assert (await world.ask("GET", "one")).status_code == 200


async def test_a_slow_answer_comes_after_its_effect() -> None:
    world = World()
    arm(world, "slow", operation="put", seconds=60)
    asking = world.background("PUT", "one", ONE)
    await world.clock.advance(59)
    assert (await world.ask("GET", "one")).status_code == 200
    assert not asking.done()
    await world.clock.advance(4)
    assert (await asking).status_code == 201


async def test_a_put_lands_late() -> None:
    world = World()
    arm(world, "late", seconds=60, count=1)
    assert (await world.ask("PUT", "one", ONE)).status_code == 504
    await world.clock.advance(62)
    assert (await world.ask("GET", "one")).status_code == 404
    await world.clock.advance(1)
    assert (await world.ask("GET", "one")).status_code == 200
    assert world.platform.journal.body(operation="put")[0]["effect"] == "created"


async def test_a_put_that_lands_on_a_busy_group_is_lost() -> None:
    world = World()
    arm(world, "late", seconds=10, count=1)
    await world.ask("PUT", "one", ONE)
    await world.clock.advance(9)
    await world.put("one", ONE)
    await world.clock.advance(2)
    assert world.platform.journal.body(operation="put")[0]["effect"] == "lost: ContainerGroupTransitioning"


@pytest.mark.parametrize(("policy", "state"), [("Never", "Failed"), ("Always", "Pending")])
async def test_capacity_may_be_found_missing_only_after_the_201(policy: str, state: str) -> None:
    world = World()
    arm(world, "capacity-later")
    answer = await world.put("one", with_policy(policy))
    await world.clock.advance(1)
    assert await world.show("one") == ("Failed", state, "-")
    found = (await world.get_url(answer.headers["Azure-AsyncOperation"])).json()
    assert (found["status"], [event["name"] for event in found["properties"]["events"]]) == (
        "Failed",
        ["InsufficientCapacity."],
    )
    assert "error" not in found
    properties = (await world.ask("GET", "one")).json()["properties"]
    assert [event["name"] for event in properties["instanceView"]["events"]] == ["InsufficientCapacity."]
    assert await world.deleted("one")


async def test_an_image_may_be_found_missing_only_at_the_pull_and_is_tried_for_30_minutes() -> None:
    world = World()
    arm(world, "unpullable")
    answer = await world.put("one", ONE)
    await world.clock.advance(10)
    assert await world.show("one") == ("Creating", "Pending", "Waiting")
    await world.clock.advance(1_000)
    events = {event["name"]: event["count"] for event in (await world.view("one"))["events"]}
    assert set(events) == {"Pulling", "Failed", "BackOff"}
    assert events["Failed"] == events["BackOff"] > 3
    await world.clock.advance(1_000)
    assert await world.operation(answer) == "Failed"
    assert await world.deleted("one")


async def test_a_stuck_pull_never_ends_but_the_group_can_be_deleted() -> None:
    world = World()
    arm(world, "stuck", count=1)
    await world.put("one", ONE)
    assert await world.code("DELETE", "one") == (409, "ContainerGroupTransitioning")
    await world.clock.advance(1_000)
    assert await world.show("one") == ("Creating", "Pending", "Waiting")
    assert await world.deleted("one")
    await world.running("one", ONE)
    assert await world.show("one") == ("Succeeded", "Running", "Running")


async def test_the_platform_may_start_a_failed_container_a_second_time_under_never() -> None:
    world = World()
    arm(world, "second-start", seconds=4)
    await world.running("one", ONE)
    await world.exit("main", 3)
    assert (await world.show("one"))[1:] == ("Failed", "Terminated")
    await world.clock.advance(4)
    assert (await world.show("one"))[1:] == ("Running", "Running")
    view = await world.view("one")
    assert (view["restartCount"], view["previousState"]["exitCode"]) == (1, 3)
    await world.exit("main", 3)
    await world.clock.advance(100)
    assert (await world.show("one"))[1:] == ("Failed", "Terminated")


async def test_no_second_start_after_success() -> None:
    world = World()
    arm(world, "second-start")
    await world.running("one", ONE)
    await world.exit("main", 0)
    await world.clock.advance(100)
    assert (await world.show("one"))[1:] == ("Succeeded", "Terminated")


@pytest.mark.parametrize(("kind", "code"), [("evicted", 7147), ("maintenance", 7148)])
async def test_the_platform_may_kill_a_group_and_restart_it_elsewhere(kind: str, code: int) -> None:
    world = World()
    arm(world, kind, seconds=30)
    await world.running("one", ONE)
    await world.clock.advance(30)
    assert await world.show("one") == ("Repairing", "Failed", "Terminated")
    view = await world.view("one")
    assert view["currentState"]["exitCode"] == code
    assert "(platform initiated)" in view["events"][-1]["message"]
    await world.clock.advance(10)
    assert await world.show("one") == ("Succeeded", "Running", "Running")
    view = await world.view("one")
    assert (view["restartCount"], view["previousState"]["exitCode"]) == (1, code)
    await world.exit("main", 0)
    assert (await world.show("one"))[1:] == ("Succeeded", "Terminated")


async def test_a_killed_group_may_stay_down() -> None:
    world = World()
    arm(world, "evicted", seconds=30, restart=False)
    await world.running("one", ONE)
    await world.clock.advance(1_000)
    assert await world.show("one") == ("Succeeded", "Failed", "Terminated")


async def test_a_group_may_vanish() -> None:
    world = World()
    arm(world, "vanish", seconds=30)
    await world.running("one", ONE)
    await world.clock.advance(30)
    assert (await world.ask("GET", "one")).status_code == 404
    assert world.runtime.running["main"].over.result() == 137
    assert "vanished" in effects(world)


async def test_the_containers_of_a_deleted_group_may_run_on_until_a_group_of_its_id_is_put() -> None:
    world = World()
    arm(world, "outlive", operation="delete", count=1)
    await world.running("one", ONE)
    survivor = world.runtime.running["main"]
    assert await world.deleted("one")
    assert not survivor.over.done()
    await world.running("one", ONE)
    assert survivor.over.result() == 137
    assert await world.deleted("one")
    assert world.runtime.running["main"].over.result() == 137


async def test_the_containers_of_a_stopped_group_may_run_on() -> None:
    world = World()
    arm(world, "outlive", operation="stop", count=1)
    await world.running("one", ONE)
    survivor = world.runtime.running["main"]
    assert (await world.ask("POST", "one/stop")).status_code == 204
    assert (await world.show("one"))[1] == "Stopped"
    assert not survivor.over.done()


async def test_the_journal_tells_each_request_and_what_the_platform_did() -> None:
    world = World()
    await world.running("one", ONE)
    await world.exit("main", 5)
    await world.ask("GET", "two")
    told = [(entry["operation"], entry["status"], entry["effect"]) for entry in world.platform.journal.body()]
    assert told == [
        ("put", 201, "created"),
        ("platform", None, "started main"),
        ("platform", None, "exited main 5"),
        ("get", 404, ""),
    ]
    assert [entry["operation"] for entry in world.platform.journal.body(after=2, group="ONE")] == ["platform"]


@pytest.mark.parametrize("kind", ["slow", "drop-after", "server-error-after"])
async def test_what_surrounds_a_request_surrounds_a_refusal_too(kind: str) -> None:
    world = World()
    arm(world, kind, operation="get", seconds=60)
    asking = world.background("GET", "absent")
    await world.clock.advance(59)
    assert asking.done() is (kind != "slow")
    await world.clock.advance(1)
    if kind == "drop-after":
        with pytest.raises(Dropped):
            await asking
    else:
        assert (await asking).status_code == (404 if kind == "slow" else 500)
