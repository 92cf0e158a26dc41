"""Limits, faults and jumps of virtual time, as only the world of stories has them for container groups."""

from datetime import timedelta
from random import Random
from typing import Any

import pytest

from scheduler.ports import Allowance, GroupRefused, Unknown
from scheduler.run import Cause
from tests.world import Clock, Journal, Limits, MemoryGroups, at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def groups(clock: Clock) -> MemoryGroups:
    return MemoryGroups(clock, Journal())


def body(policy: str = "Never", location: str = "westeurope", cpu: float = 1, **told: str) -> dict[str, Any]:
    env = [{"name": name, "value": value} for name, value in told.items()]
    container = {"image": "x", "resources": {"requests": {"cpu": cpu}}, "environmentVariables": env}
    return {
        "location": location,
        "tags": {"job": "a"},
        "properties": {"restartPolicy": policy, "containers": [{"name": "job", "properties": container}]},
    }


def test_a_strict_group_takes_no_other_operation_before_its_first_start(clock: Clock) -> None:
    groups = MemoryGroups(clock, Journal(), strict=True)
    groups.create("ct-a", body())
    for refused in (groups.delete, groups.stop, lambda name: groups.create(name, body())):
        with pytest.raises(Unknown, match="still transitioning"):
            refused("ct-a")
    with pytest.raises(Unknown, match="still transitioning"):
        groups.start("ct-a", stop_first=True)
    groups.start("ct-a", stop_first=False)
    clock.passes(10)
    groups.delete("ct-a")
    groups.order("stuck")
    groups.create("ct-b", body())
    clock.passes(1)
    groups.delete("ct-b")
    assert not groups.groups


def test_a_region_without_room_sends_one_to_the_next(clock: Clock) -> None:
    groups = MemoryGroups(clock, Journal(), Limits(room={"westeurope": 1.5}))
    groups.create("ct-a", body())
    with pytest.raises(GroupRefused) as refused:
        groups.create("ct-b", body())
    assert refused.value.cause is Cause.CAPACITY
    groups.create("ct-b", body(cpu=0.5))
    groups.create("ct-c", body(location="North Europe"))
    groups.limits.room["northeurope"] = 0
    for name in ("northeurope", "North Europe"):
        with pytest.raises(GroupRefused):
            groups.create("ct-d", body(location=name))
    clock.passes(60)
    groups.create("ct-e", body())


def test_spot_has_cores_of_its_own(clock: Clock) -> None:
    groups = MemoryGroups(clock, Journal(), Limits(cores=1, spot_cores=1))
    spot = body()
    spot["properties"]["priority"] = "Spot"
    groups.create("ct-a", body())
    groups.create("ct-b", spot)
    with pytest.raises(GroupRefused, match="StandardSpotCores"):
        groups.create("ct-c", spot)


def test_creations_come_back_as_the_windows_move_on(clock: Clock) -> None:
    groups = MemoryGroups(clock, Journal(), Limits(creates_5min=2, creates_hour=3))
    assert [groups.create(f"ct-{n}", body()) for n in range(2)] == [Allowance(1, 2), Allowance(0, 1)]
    clock.passes(60)
    with pytest.raises(GroupRefused) as refused:
        groups.create("ct-2", body())
    assert refused.value.after == timedelta(minutes=4)
    assert groups.create("ct-2", body(location="eastus")) == Allowance(1, 2)
    clock.to("09:05")
    assert groups.create("ct-3", body()) == Allowance(1, 0)
    assert groups.create("ct-5", body(location="East US")) == Allowance(0, 1)
    with pytest.raises(GroupRefused) as refused:
        groups.create("ct-4", body())
    assert refused.value.after == timedelta(minutes=55)
    groups.limits.creates_hour = 1
    with pytest.raises(GroupRefused) as refused:
        groups.create("ct-4", body())
    assert refused.value.after == timedelta(minutes=60), "until the last of the three is an hour old"
    groups.limits.creates_hour = 3
    clock.to("10:00")
    assert groups.create("ct-4", body()) == Allowance(1, 1)


def test_a_start_needs_cores_but_is_no_creation(clock: Clock) -> None:
    groups = MemoryGroups(clock, Journal(), Limits(groups=2, cores=1, creates_hour=2))
    groups.create("ct-a", body())
    clock.passes(60)
    groups.create("ct-b", body())
    with pytest.raises(GroupRefused, match="StandardCores"):
        groups.start("ct-a", stop_first=False)
    clock.passes(60)
    groups.limits.groups = 1
    groups.start("ct-a", stop_first=False)
    assert len(groups.starts["ct-a"]) == 2


def test_a_fault_may_be_likely_and_replays_from_its_seed(clock: Clock) -> None:
    def failures(seed: int) -> list[bool]:
        groups = MemoryGroups(clock, Journal())
        groups.order("unavailable", "get", times=None, probability=0.5, draw=Random(seed))
        return [_fails(groups) for _ in range(40)]

    assert failures(1) == failures(1) != failures(2)
    assert 8 < sum(failures(1)) < 32


def _fails(groups: MemoryGroups) -> bool:
    try:
        groups.get("ct-a")
    except Unknown:
        return True
    return False


def test_faults_cease(groups: MemoryGroups) -> None:
    groups.order("unavailable", times=None)
    with pytest.raises(Unknown):
        groups.get("ct-a")
    groups.faults.clear()
    assert groups.get("ct-a") is None


def test_a_slow_answer_takes_its_time_after_the_effect(groups: MemoryGroups, clock: Clock) -> None:
    groups.order("slow", "create", seconds=90)
    groups.create("ct-a", body())
    assert (clock.now, clock.monotonic()) == (at("09:01:30"), 90)
    assert groups.starts["ct-a"] == [at("09:00")]


def test_a_late_put_begins_when_it_lands_and_is_lost_if_it_is_refused_then(groups: MemoryGroups, clock: Clock) -> None:
    groups.order("late", "create", seconds=120)
    groups.order("late", "create", seconds=240, name="ct-b")
    for name in ("ct-a", "ct-b"):
        with pytest.raises(Unknown):
            groups.create(name, body())
    groups.limits.groups = 1
    clock.to("09:30")
    assert groups.starts["ct-a"] == [at("09:02")]
    assert list(groups.groups) == ["ct-a"]


def test_a_late_delete_meets_what_is_there_by_then(groups: MemoryGroups, clock: Clock) -> None:
    groups.create("ct-a", body())
    groups.order("late", "delete", seconds=60)
    with pytest.raises(Unknown):
        groups.delete("ct-a")
    clock.passes(59)
    assert groups.get("ct-a")
    clock.passes(1)
    assert groups.get("ct-a") is None


def test_the_next_change_is_known_so_that_time_can_jump_to_it(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("x", start_delay=10, duration=60, exit_code=1, again=1)
    assert groups.upcoming() is None
    groups.order("late", "create", seconds=30, name="ct-b")
    groups.create("ct-a", body())
    with pytest.raises(Unknown):
        groups.create("ct-b", body())
    groups.delete("ct-b")
    jumps: list[str] = []
    while (moment := groups.upcoming()) and len(jumps) < 20:
        clock.to(moment)
        jumps.append(f"{moment:%M:%S}")
    assert jumps == [
        "00:01", "00:10", "00:30", "00:31", "00:40", "01:10", "01:11", "01:40", "01:41", "02:11", "02:41",
    ]  # fmt: skip


def test_a_group_that_vanished_is_gone_at_its_instant_and_a_later_one_of_its_name_stays(
    groups: MemoryGroups, clock: Clock
) -> None:
    groups.behave("x", start_delay=10, duration=600)
    groups.order("vanish", seconds=50)
    groups.create("ct-a", body())
    clock.to("09:02")
    assert groups.groups == {}
    assert groups.lives[0].over == at("09:01")
    groups.order("vanish", seconds=50)
    groups.create("ct-a", body())
    clock.passes(20)
    groups.delete("ct-a")
    groups.create("ct-a", body())
    clock.to("09:10")
    assert groups.get("ct-a")
