"""An emulator starts anew: what becomes of a group, by what it was doing when the old one was killed."""

from datetime import timedelta
from typing import Any

import pytest

from aci_emulator.group import Group
from aci_emulator.kept import Saved
from aci_emulator.operations import Operation
from aci_emulator.revival import Deploy, Remove, Revived, revive
from aci_emulator.states import View
from tests.emulator.driver import container, group
from tests.emulator.virtual import NINE, World

pytestmark = pytest.mark.anyio

LATER = NINE + timedelta(hours=1)
INITS = [{"name": "first", "properties": {"image": "job"}}]


def saved(world: World) -> Saved:
    """What the emulator of `world` would have left behind."""
    operations = world.provider._deployments.operations._operations
    return Saved(list(world.provider._groups.values()), list(operations.values()))


def revived(world: World) -> tuple[Revived, list[str]]:
    """Revive the one group of a world; return it, and the status of each operation."""
    revival = revive(saved(world), LATER)
    [one] = revival.groups
    return one, [operation.status for operation in revival.operations]


def shown(one: Revived | Group) -> tuple[str, str, list[str]]:
    """Return provisioning state, group state, and the state of each container."""
    kept = one.group if isinstance(one, Revived) else one
    views = kept.views.values()
    return kept.provisioning, kept.state, [view.current.state if view.current else "-" for view in views]


def killed(view: View) -> bool:
    """Say whether the container's present state is that of one the platform killed at the revival."""
    state, killing = view.current, view.events[-1]
    assert state is not None
    return (
        (state.state, state.exit_code, state.finished, state.detail) == ("Terminated", 7148, LATER, "Error")
        and (killing.name, killing.last) == ("Killing", LATER)
        and "(platform initiated)" in killing.message
    )


async def living(policy: str, **properties: Any) -> World:
    world = World()
    await world.running("one", group(container("job"), policy=policy, **properties))
    world.runtime.orders[-1].output(b"line\n" * 2_000)
    return world


@pytest.mark.parametrize("policy", ["Always", "OnFailure"])
async def test_what_ran_is_deployed_again_in_place(policy: str) -> None:
    world = await living(policy)
    one, operations = revived(world)
    assert (one.act, one.operation, one.killed) == (Deploy("restart", again=1, goes_on=False), None, True)
    assert shown(one) == ("Repairing", "Running", ["Terminated"])
    assert killed(one.group.views["main"])
    assert one.group.logs["main"].text() == "line\n" * 1_000
    assert operations == ["Succeeded"]


async def test_what_ran_under_never_has_failed_and_keeps_its_log() -> None:
    world = await living("Never")
    before = saved(world).groups[0].views["main"].current
    one, operations = revived(world)
    assert (one.act, one.killed, operations) == (None, True, ["Succeeded"])
    assert shown(one) == ("Succeeded", "Failed", ["Terminated"])
    view = one.group.views["main"]
    assert killed(view)
    assert view.current is not None
    assert before is not None
    assert view.current.started == before.started
    assert one.group.logs["main"].text() == "line\n" * 1_000


async def test_of_a_never_group_that_half_ended_only_what_ran_is_killed() -> None:
    world = World()
    await world.running("one", group(container("job"), container("job", name="side")))
    await world.exit("side", 0)
    one, _ = revived(world)
    assert (one.act, one.group.state) == (None, "Failed")
    assert killed(one.group.views["main"])
    assert not killed(one.group.views["side"])


async def test_reviving_leaves_what_was_saved_alone() -> None:
    world = await living("Always")
    [before] = saved(world).groups
    body, log = before.body(), before.logs["main"].text()
    revived(world)
    assert (before.body(), before.logs["main"].text()) == (body, log)


@pytest.mark.parametrize(("policy", "code"), [("Never", 0), ("Never", 3), ("OnFailure", 0)])
async def test_what_had_ended_stays_exactly_as_it_was(policy: str, code: int) -> None:
    world = await living(policy)
    await world.exit("main", code)
    [before] = saved(world).groups
    one, operations = revived(world)
    assert (one.act, one.killed, operations) == (None, False, ["Succeeded"])
    assert one.group.body() == before.body()
    assert one.group.logs["main"].text(timestamps=True) == before.logs["main"].text(timestamps=True)


@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
async def test_what_was_stopped_stays_exactly_as_it_was(policy: str) -> None:
    world = await living(policy)
    await world.ask("POST", "one/stop")
    [before] = saved(world).groups
    one, _ = revived(world)
    assert (one.act, one.killed) == (None, False)
    assert one.group.body() == before.body()
    assert one.group.logs["main"].text() == before.logs["main"].text()


@pytest.mark.parametrize(("policy", "code"), [("Always", 0), ("Always", 1), ("OnFailure", 1)])
async def test_what_waited_to_be_restarted_is_deployed_again(policy: str, code: int) -> None:
    world = await living(policy)
    await world.exit("main", code)
    await world.clock.advance(1)
    await world.exit("main", code)
    one, _ = revived(world)
    assert shown(one) == ("Repairing", "Running", ["Waiting"])
    assert (one.act, one.killed) == (Deploy("restart", again=1, goes_on=False), False)
    assert one.group.views["main"].restarts == 1


async def seconds_after_put(world: World, seconds: float, body: dict[str, Any]) -> None:
    await world.put("one", body)
    await world.clock.advance(seconds)


@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
@pytest.mark.parametrize("seconds", [0, 2, 14])
async def test_a_put_that_was_under_way_goes_on(policy: str, seconds: float) -> None:
    world = World()
    await seconds_after_put(world, seconds, group(container("job"), policy=policy))
    [before] = saved(world).operations
    one, operations = revived(world)
    assert (one.act, operations) == (Deploy("put", again=0, goes_on=True), ["Pending"])
    assert one.operation is not None
    assert one.operation.id == before.id
    assert one.operation is not before
    assert shown(one)[:2] == ("Creating" if seconds else "Pending", "Pending")


async def test_a_put_whose_image_cannot_be_had_goes_on() -> None:
    world = World()
    body = group(container("job", "absent"), policy="OnFailure")
    await seconds_after_put(world, 60, body)
    one, operations = revived(world)
    assert (one.act, operations) == (Deploy("put", again=1, goes_on=True), ["Pending"])


async def test_a_restart_whose_image_cannot_be_pulled_goes_on_under_never_too() -> None:
    world = await living("Never")
    await world.control("POST", "faults", {"kind": "unpullable"})
    await world.ask("POST", "one/restart")
    await world.clock.advance(100)
    one, operations = revived(world)
    assert (one.act, operations) == (Deploy("restart", again=1, goes_on=True), ["Succeeded", "Pending"])
    await world.clock.advance(2_000)
    one, operations = revived(world)
    assert (one.act, operations) == (Deploy("restart", again=1, goes_on=False), ["Succeeded", "Failed"])
    assert shown(one) == ("Repairing", "Running", ["Waiting"])


@pytest.mark.parametrize("policy", ["Always", "Never"])
async def test_a_put_whose_init_container_ran_is_deployed_as_new(policy: str) -> None:
    world = await living(policy, initContainers=INITS)
    one, operations = revived(world)
    assert (one.act, one.killed, operations) == (Deploy("put", again=0, goes_on=True), True, ["Pending"])
    assert killed(one.group.views["first"])
    assert shown(one) == ("Creating", "Pending", ["Terminated", "Waiting"])


async def test_a_group_that_an_init_container_ended_stays_failed() -> None:
    world = await living("Never", initContainers=INITS)
    await world.exit("first", 1)
    one, operations = revived(world)
    assert (one.act, shown(one)[:2], operations) == (None, ("Failed", "Failed"), ["Failed"])


@pytest.mark.parametrize("seconds", [0.5, 5])
async def test_a_restart_that_was_under_way_goes_on_in_place(seconds: float) -> None:
    world = await living("Never")
    await world.ask("POST", "one/restart")
    await world.clock.advance(seconds)
    one, operations = revived(world)
    assert (one.act, operations) == (Deploy("restart", again=1, goes_on=True), ["Succeeded", "Pending"])
    assert shown(one) == ("Updating", "Running", ["Waiting"])
    previous = one.group.views["main"].previous
    assert previous is not None
    assert previous.exit_code == (7148 if seconds < 1 else 137)


async def test_a_start_that_was_under_way_goes_on() -> None:
    world = await living("Never")
    await world.ask("POST", "one/stop")
    await world.ask("POST", "one/start")
    await world.clock.advance(5)
    one, operations = revived(world)
    assert (one.act, operations) == (Deploy("start", again=0, goes_on=True), ["Succeeded", "Pending"])
    assert shown(one) == ("Creating", "Pending", ["Terminated"])


async def test_a_put_over_a_group_that_was_under_way_goes_on_in_place() -> None:
    world = await living("Always")
    await world.put("one", group(container("job", A="2"), policy="Always"))
    one, _ = revived(world)
    assert one.act == Deploy("put", again=1, goes_on=True)
    assert one.group.spec.containers[0].environment == {"A": "2"}


async def test_what_was_being_deleted_is_deleted() -> None:
    world = await living("Always")
    deleting = world.background("DELETE", "one")
    await world.clock.advance(1)
    one, operations = revived(world)
    assert (one.act, one.killed, operations) == (Remove(), False, ["Succeeded"])
    await world.clock.advance(2)
    await deleting


async def test_what_was_being_stopped_is_stopped() -> None:
    world = await living("Always")
    [before], [operation] = saved(world).groups, saved(world).operations
    before.busy, operation.status = "stop", "Pending"
    one, operations = revived(world)
    assert (one.act, one.killed, one.group.busy, operations) == (None, False, "", ["Canceled"])
    assert shown(one) == ("Succeeded", "Stopped", ["Terminated"])
    view = one.group.views["main"]
    assert view.current is not None
    assert (view.current.exit_code, view.current.detail) == (None, "Container stopped per client request")
    assert one.group.logs["main"].text() == "line\n" * 1_000


async def test_what_the_platform_was_moving_is_moved_whatever_its_policy() -> None:
    world = World()
    await world.control("POST", "faults", {"kind": "evicted", "seconds": 1})
    await world.running("one", group(container("job")))
    await world.clock.advance(2)
    [before] = saved(world).groups
    assert shown(before) == ("Repairing", "Failed", ["Terminated"])
    one, _ = revived(world)
    assert one.act == Deploy("restart", again=1, goes_on=False)


async def test_an_operation_that_a_kill_cut_short_just_before_its_end_is_ended() -> None:
    for code, command, status in ((0, (), "Succeeded"), (1, (), "Succeeded"), (127, ("absent",), "Failed")):
        world = World()
        await world.running("one", group(container("job", *command)))
        if not command:
            await world.exit("main", code)
        [before], [operation] = saved(world).groups, saved(world).operations
        before.provisioning, operation.status = "Creating", "Pending"
        one, operations = revived(world)
        assert (one.act, one.group.provisioning, operations) == (None, status, [status])


async def test_operations_of_groups_that_are_gone_or_went_on_to_another_are_over() -> None:
    world = await living("Always")
    await world.ask("POST", "one/restart")
    lost = Operation("s", "westeurope", "/a/group/that/vanished", NINE)
    earlier = Operation("s", "westeurope", saved(world).groups[0].path.id, NINE)
    kept = saved(world)
    revival = revive(Saved(kept.groups, [lost, earlier, *kept.operations]), LATER)
    assert [operation.status for operation in revival.operations] == ["Canceled", "Canceled", "Succeeded", "Pending"]


async def test_a_second_revival_right_after_the_first_does_the_same() -> None:
    world = await living("Always")
    first = revive(saved(world), LATER).groups[0].group
    first.busy = "restart"
    own = Operation("s", "westeurope", first.path.id, LATER)
    [second] = revive(Saved([first], [own]), LATER).groups
    assert second.act == Deploy("restart", again=1, goes_on=True)
    assert shown(second) == shown(first)
    assert second.operation is not None
    assert second.operation.id == own.id
