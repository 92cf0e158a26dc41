"""Restart policies, back-off and init containers, in virtual time."""

import pytest

from tests.emulator.driver import container, group
from tests.emulator.virtual import World

pytestmark = pytest.mark.anyio


async def test_always_restarts_after_success_and_is_never_over() -> None:
    world = World()
    await world.running("one", group(container("job"), policy=None))
    await world.exit("main", 0)
    await world.clock.advance(0)
    view = await world.view("one")
    assert (await world.show("one"))[1] == "Running"
    assert (view["restartCount"], view["previousState"]["exitCode"]) == (1, 0)


async def test_on_failure_backs_off_longer_and_longer_and_ends_with_success() -> None:
    world = World()
    await world.running("one", group(container("job"), policy="OnFailure"))
    await world.exit("main", 1)
    await world.clock.advance(0)
    for restarts, wait in ((1, 10), (2, 20), (3, 40)):
        await world.exit("main", 1)
        await world.clock.advance(wait - 1)
        view = await world.view("one")
        assert view["currentState"]["detailStatus"] == "CrashLoopBackOff: Back-off restarting failed"
        assert (view["previousState"]["state"], view["previousState"]["exitCode"]) == ("Terminated", 1)
        assert view["restartCount"] == restarts
        assert (await world.show("one"))[1:] == ("Running", "Waiting")
        await world.clock.advance(1)
        assert (await world.show("one"))[2] == "Running"
    [back_off] = [event["count"] for event in (await world.view("one"))["events"] if event["name"] == "BackOff"]
    assert back_off == 3
    await world.exit("main", 0)
    assert (await world.show("one"))[1:] == ("Succeeded", "Terminated")


async def test_never_runs_once_whatever_the_exit_code() -> None:
    world = World()
    await world.running("one", group(container("job")))
    await world.exit("main", 1)
    await world.clock.advance(10_000)
    assert (await world.show("one"))[1:] == ("Failed", "Terminated")
    assert len(world.runtime.orders) == 1


async def test_a_group_runs_until_its_last_container_ended() -> None:
    world = World()
    await world.running("one", group(container("job"), container("job", name="side")))
    await world.exit("main", 0)
    assert (await world.show("one"))[1] == "Running"
    await world.exit("side", 2)
    assert (await world.show("one"))[1] == "Failed"


async def test_a_command_that_never_starts_is_failed_after_half_an_hour_and_goes_on() -> None:
    world = World()
    answer = await world.put("one", group(container("job", "absent"), policy="OnFailure"))
    await world.clock.advance(15 + 1_799)
    assert (await world.show("one"))[:2] == ("Creating", "Running")
    await world.clock.advance(1)
    assert (await world.show("one"))[:2] == ("Failed", "Running")
    assert await world.operation(answer) == "Failed"
    tries = len(world.runtime.orders)
    await world.clock.advance(600)
    assert len(world.runtime.orders) > tries
    assert (await world.ask("POST", "one/stop")).status_code == 204
    assert (await world.show("one"))[:2] == ("Succeeded", "Stopped")


async def test_a_command_that_never_starts_fails_a_never_group_at_once() -> None:
    world = World()
    answer = await world.put("one", group(container("job", "absent")))
    await world.clock.advance(15)
    assert await world.show("one") == ("Failed", "Failed", "Terminated")
    assert await world.operation(answer) == "Failed"


async def test_init_containers_run_one_after_the_other_and_before_the_others() -> None:
    world = World()
    inits = [{"name": name, "properties": {"image": "job"}} for name in ("first", "second")]
    await world.running("one", group(container("job"), initContainers=inits))
    for init in ("first", "second"):
        assert [order.name for order in world.runtime.orders][-1] == init
        assert (await world.show("one"))[1] == "Pending"
        await world.exit(init, 0)
    assert await world.show("one") == ("Succeeded", "Running", "Running")


async def test_a_failed_init_container_fails_a_never_group() -> None:
    world = World()
    inits = [{"name": "first", "properties": {"image": "job"}}]
    await world.running("one", group(container("job"), initContainers=inits))
    await world.exit("first", 4)
    assert await world.show("one") == ("Failed", "Failed", "Waiting")
    assert len(world.runtime.orders) == 1


async def test_a_failed_init_container_is_tried_again_under_on_failure() -> None:
    world = World()
    inits = [{"name": "first", "properties": {"image": "job"}}]
    await world.running("one", group(container("job"), policy="OnFailure", initContainers=inits))
    await world.exit("first", 4)
    await world.clock.advance(0)
    assert (await world.show("one"))[1] == "Pending"
    await world.exit("first", 0)
    assert [order.name for order in world.runtime.orders] == ["first", "first", "main"]
