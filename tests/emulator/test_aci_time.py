"""States over time, at Azure's pace in virtual time."""

import asyncio

import pytest

from aci_emulator.clock import settle
from tests.emulator.driver import container, group
from tests.emulator.virtual import World

pytestmark = pytest.mark.anyio


async def test_a_new_group_second_by_second() -> None:
    world = World()
    answer = await world.put("one", group(container("job")))
    assert answer.status_code == 201
    assert answer.json()["properties"]["instanceView"] == {"events": [], "state": "Pending"}
    seen = []
    for _ in range(16):
        seen.append((await world.show("one"), await world.operation(answer)))
        await world.clock.advance(1)
    assert seen[0] == (("Pending", "Pending", "-"), "Pending")
    assert seen[1:15] == [(("Creating", "Pending", "Waiting"), "Pending")] * 14
    assert seen[15] == (("Succeeded", "Running", "Running"), "Succeeded")
    events = [(event["name"], event["firstTimestamp"]) for event in (await world.view("one"))["events"]]
    assert events == [
        ("Pulling", "2026-11-22T09:00:04.000Z"),
        ("Pulled", "2026-11-22T09:00:09.000Z"),
        ("Started", "2026-11-22T09:00:18.000Z"),
    ]


async def test_a_put_lands_after_three_seconds_and_not_before() -> None:
    world = World()
    asking = asyncio.create_task(world.ask("PUT", "one", group(container("job"))))
    await world.clock.advance(2.9)
    assert (await world.ask("GET", "one")).status_code == 404
    await world.clock.advance(0.1)
    assert (await asking).status_code == 201


async def test_of_two_puts_at_once_the_later_one_meets_a_group_in_transition() -> None:
    world = World()
    both = [asyncio.create_task(world.ask("PUT", "one", group(container("job")))) for _ in range(2)]
    await world.clock.advance(3)
    assert sorted([(await answer).status_code for answer in both]) == [201, 409]


async def test_an_operation_in_progress_refuses_every_other() -> None:
    world = World()
    await world.put("one", group(container("job")))
    refusal = (409, "ContainerGroupTransitioning")
    for method, path in (("POST", "one/stop"), ("POST", "one/start"), ("POST", "one/restart"), ("DELETE", "one")):
        assert await world.code(method, path) == refusal
    assert await world.code("PUT", "one", group(container("job"))) == refusal
    assert await world.code("GET", "one/containers/main/logs") == refusal
    await world.clock.advance(15)
    assert (await world.ask("POST", "one/stop")).status_code == 204


async def test_start_of_a_starting_or_running_group_is_204_without_an_operation() -> None:
    world = World()
    await world.running("one", group(container("job")))
    await world.ask("POST", "one/stop")
    first = await world.ask("POST", "one/start")
    assert first.status_code == 204
    assert "Azure-AsyncOperation" in first.headers
    for seconds in (20, 1):
        again = await world.ask("POST", "one/start")
        assert again.status_code == 204
        assert "Azure-AsyncOperation" not in again.headers
        await world.clock.advance(seconds)
    assert len(world.runtime.orders) == 2


async def test_a_start_keeps_the_old_state_until_the_new_one_and_the_old_events_for_good() -> None:
    world = World()
    await world.running("one", group(container("job")))
    await world.exit("main", 0)
    old = (await world.view("one"))["currentState"]
    answer = await world.ask("POST", "one/start")
    assert await world.show("one") == ("Pending", "Pending", "Terminated")
    await world.clock.advance(14)
    assert (await world.view("one"))["currentState"] == old
    assert await world.operation(answer) == "Pending"
    await world.clock.advance(1)
    view = await world.view("one")
    assert view["currentState"]["state"] == "Running"
    assert view["previousState"] == old
    assert [(event["name"], event["count"]) for event in view["events"]] == [
        ("Pulling", 2),
        ("Pulled", 2),
        ("Started", 2),
    ]
    assert await world.operation(answer) == "Succeeded"


async def test_right_after_a_restart_the_containers_still_run_and_a_start_counts_anew() -> None:
    world = World()
    await world.running("one", group(container("job")))
    answer = await world.ask("POST", "one/restart")
    assert answer.status_code == 204
    assert await world.show("one") == ("Updating", "Running", "Running")
    await world.clock.advance(1)
    assert await world.show("one") == ("Updating", "Running", "Waiting")
    await world.clock.advance(15)
    assert await world.show("one") == ("Succeeded", "Running", "Running")
    view = await world.view("one")
    assert view["restartCount"] == 1
    assert (view["previousState"]["state"], view["previousState"]["exitCode"]) == ("Terminated", 137)
    [killing] = [event["message"] for event in view["events"] if event["name"] == "Killing"]
    assert "(platform initiated)" in killing
    await world.exit("main", 0)
    await world.ask("POST", "one/start")
    await world.clock.advance(15)
    assert (await world.view("one"))["restartCount"] == 0


async def test_a_restart_of_an_ended_group_runs_it_again() -> None:
    world = World()
    await world.running("one", group(container("job")))
    await world.exit("main", 1)
    await world.ask("POST", "one/restart")
    assert (await world.show("one"))[1] == "Pending"
    await world.clock.advance(16)
    assert await world.show("one") == ("Succeeded", "Running", "Running")


async def test_stop_has_no_effect_on_a_group_that_ended() -> None:
    world = World()
    await world.running("one", group(container("job")))
    await world.exit("main", 0)
    before = (await world.ask("GET", "one")).json()
    assert (await world.ask("POST", "one/stop")).status_code == 204
    assert (await world.ask("GET", "one")).json() == before


async def test_delete_takes_three_seconds_and_answers_the_last_body() -> None:
    world = World()
    await world.running("one", group(container("job")))
    last = (await world.ask("GET", "one")).json()
    asking = asyncio.create_task(world.ask("DELETE", "one"))
    await world.clock.advance(1)
    assert world.runtime.running["main"].over.done()
    assert (await world.ask("GET", "one")).json()["properties"]["provisioningState"] == "Deleting"
    assert await world.code("PUT", "one", group(container("job"))) == (409, "ContainerGroupTransitioning")
    await world.clock.advance(2)
    answer = await asking
    assert (answer.status_code, answer.json()) == (200, last)
    assert await world.code("DELETE", "one") == (204, "")


async def test_put_over_a_group_replaces_it() -> None:
    world = World()
    await world.running("one", group(container("job", A="1"), container("job", name="side")))
    asking = asyncio.create_task(world.ask("PUT", "one", group(container("job", B="2"), container("job", name="new"))))
    await world.clock.advance(3)
    answer = await asking
    assert answer.status_code == 200
    assert answer.json()["properties"]["provisioningState"] == "Pending"
    await world.clock.advance(15)
    assert [order.name for order in world.runtime.orders] == ["main", "side", "main", "new"]
    assert world.runtime.orders[2].environment == {"B": "2"}
    assert (await world.view("one"))["restartCount"] == 1


async def test_put_over_an_ended_group_deploys_it_as_new_and_may_change_its_size() -> None:
    world = World()
    await world.running("one", group(container("job")))
    await world.exit("main", 0)
    answer = await world.put("one", group(container("job", cpu=4), policy="Always"))
    assert answer.status_code == 200
    assert await world.show("one") == ("Pending", "Pending", "-")
    await world.clock.advance(15)
    assert (await world.view("one"))["restartCount"] == 0


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("cpu", group(container("job", cpu=2))),
        ("restartPolicy", group(container("job"), policy="Always")),
    ],
)
async def test_a_living_or_stopped_group_keeps_its_size_and_policy(what: str, body: dict[str, object]) -> None:
    world = World()
    await world.running("one", group(container("job")))
    for _ in range(2):
        answer = await world.ask("PUT", "one", body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidContainerGroupUpdate")
        assert what in answer.json()["error"]["message"]
        await world.ask("POST", "one/stop")


async def test_a_log_before_the_first_start_is_not_available() -> None:
    world = World()
    inits = [{"name": "first", "properties": {"image": "job"}}]
    await world.running("one", group(container("job"), initContainers=inits))
    await world.exit("first", 1)
    await settle()
    assert await world.code("GET", "one/containers/main/logs") == (404, "ContainerLogNotAvailable")
    assert await world.code("GET", "one/containers/other/logs") == (404, "ContainerNotFound")


async def test_the_remaining_creates_and_deletes_are_counted_and_come_back_with_time() -> None:
    world = World()
    prefix = "x-ms-ratelimit-remaining-subscription-resource-requests"
    seen = []
    for name, pause in (("one", 0), ("two", 300), ("three", 3600), ("four", 0)):
        headers = (await world.put(name, group(container("job")))).headers
        seen.append((headers[f"{prefix}-pt1h"], headers[f"{prefix}-pt5m"]))
        await world.clock.advance(pause)
    assert seen == [("299", "99"), ("298", "98"), ("297", "99"), ("299", "99")]
    await world.clock.advance(20)
    asking = asyncio.create_task(world.ask("DELETE", "one"))
    await world.clock.advance(3)
    assert (await asking).headers[f"{prefix}-pt1h"] == "299"
