"""Faults on demand, in virtual time: which strike, on what, how often, and what a client then sees."""

from typing import Any

import pytest

from aci_emulator.faults import KINDS, Fault, FaultError, Faults, read_fault, read_faults
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


# --- which requests a fault strikes


def strikes(faults: Faults, *requests: tuple[str, str]) -> list[bool]:
    return [bool(faults.at_request(operation, name)) for operation, name in requests]


def test_a_fault_strikes_its_names_and_operations_only() -> None:
    faults = Faults((Fault("server-error", name="ct-*", operation="get"),))
    asked = strikes(faults, ("get", "ct-a"), ("get", "CT-B"), ("get", "x"), ("put", "ct-a"))
    assert asked == [True, True, False, False]


def test_a_fault_lets_some_pass_and_strikes_so_often() -> None:
    faults = Faults((Fault("server-error", skip=1, count=2),))
    assert strikes(faults, *[("get", "a")] * 5) == [False, True, True, False, False]


def test_a_probability_is_drawn_from_its_seed() -> None:
    drawn = [
        strikes(Faults((Fault("server-error", probability=0.5, seed=7),)), *[("get", "a")] * 200) for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert 60 < sum(drawn[0]) < 140


def test_a_fault_behind_one_that_strikes_is_not_used_up() -> None:
    faults = Faults((Fault("server-error", count=1), Fault("unavailable", count=1)))
    assert [fault.kind for _ in range(3) for fault in faults.at_request("get", "a")] == ["server-error", "unavailable"]


def test_a_slow_answer_and_a_dropped_one_may_meet() -> None:
    faults = Faults((Fault("slow"), Fault("drop-after")))
    assert [fault.kind for fault in faults.at_request("get", "a")] == ["slow", "drop-after"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_can_be_armed_by_its_name_alone(kind: str) -> None:
    fault = read_fault(kind)
    assert (fault.kind, fault.seconds) == (kind, KINDS[kind].seconds)


def test_a_fault_on_the_command_line() -> None:
    read = read_fault("evicted,name=ct-*,count=2,seconds=1.5,restart=false,probability=0.5")
    assert read == Fault("evicted", name="ct-*", count=2, seconds=1.5, restart=False, probability=0.5)


WRONG = [
    (7, "a fault is an object"),
    ({}, "fault kind None"),
    ({"kind": "meteor"}, "'meteor' is not known; there are: capacity,"),
    ({"kind": "slow", "colour": 1}, "has no 'colour'; it has kind, name"),
    ({"kind": "slow", "count": 0}, "count of a fault is 0, not a whole number from 1"),
    ({"kind": "slow", "count": True}, "count of a fault is True"),
    ({"kind": "slow", "seconds": -1}, "seconds of a fault is -1"),
    ({"kind": "slow", "seconds": float("nan")}, "seconds of a fault is nan"),
    ({"kind": "slow", "probability": 2}, "probability of a fault is 2, not a number from 0 to 1"),
    ({"kind": "slow", "name": 3}, "name of a fault is 3"),
    ({"kind": "capacity", "operation": "get"}, "operation 'get' is none that capacity strikes: put, start"),
    ({"kind": "evicted", "restart": "no"}, "restart of a fault is 'no'"),
]


@pytest.mark.parametrize(("value", "words"), WRONG)
def test_a_fault_that_is_wrong_is_named(value: object, words: str) -> None:
    with pytest.raises(FaultError) as refusal:
        read_faults(value)
    assert words in str(refusal.value)


def test_a_pair_without_a_value_is_named() -> None:
    with pytest.raises(FaultError, match="'name' in 'slow,name' is not NAME=VALUE"):
        read_fault("slow,name")
