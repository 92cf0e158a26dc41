"""Which requests a fault strikes, how often, and what is wrong with one."""

import pytest

from aci_emulator.faults import KINDS, Fault, FaultError, Faults, read_fault, read_faults


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


def test_a_probability_is_drawn_for_the_requests_that_pass_first_too() -> None:
    """So that the same seed strikes the same requests, wherever a test begins to look."""
    drawn = [
        strikes(Faults((Fault("slow", probability=0.5, seed=3, skip=skip),)), *[("get", "a")] * 40) for skip in (0, 9)
    ]
    assert drawn[0][9:] == drawn[1][9:]
    assert not any(drawn[1][:9])
