"""What only the world of stories can do with container groups: virtual time, people, and what a checker may see."""

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

from scheduler.view import View
from tests.world import Clock, Journal, MemoryGroups, at


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


def seen(groups: MemoryGroups, name: str = "ct-a") -> View:
    view = groups.get(name)
    assert view
    return view


def ran(groups: MemoryGroups, clock: Clock) -> list[tuple[str, str, str, int | None]]:
    """Tell of every stay of every container: what asked for it, from when to when, how it ended."""
    return [
        (life.by, f"{spell.started:%H:%M:%S}", f"{spell.finished:%H:%M:%S}" if spell.finished else "", spell.exit_code)
        for life in groups.lives
        for spell in life.spells(clock.now)
    ]


def test_provisioning_is_given_up_after_half_an_hour(groups: MemoryGroups, clock: Clock) -> None:
    groups.order("stuck", name="ct-a")
    groups.order("unpullable", name="ct-b")
    for name in ("ct-a", "ct-b"):
        groups.create(name, body())
    clock.passes(timedelta(minutes=30, seconds=-1))
    assert (seen(groups).provisioning, seen(groups, "ct-b").provisioning) == ("Pending", "Pending")
    clock.passes(1)
    for name in ("ct-a", "ct-b"):
        assert (seen(groups, name).provisioning, seen(groups, name).state) == ("Failed", "Pending")


def test_want_of_capacity_under_another_policy_leaves_a_group_pending(groups: MemoryGroups, clock: Clock) -> None:
    groups.order("capacity-later")
    groups.create("ct-a", body("OnFailure"))
    clock.passes(5)
    assert (seen(groups).provisioning, seen(groups).state) == ("Failed", "Pending")


def test_a_crash_loop_waits_longer_and_longer(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("x", start_delay=0, duration=5, exit_code=1)
    groups.create("ct-a", body("OnFailure"))
    clock.to("09:00:07")
    assert (seen(groups).restarts, seen(groups).current.state) == (1, "Running")
    clock.to("09:00:15")
    view = seen(groups)
    assert (view.current.state, view.current.detail[:16], view.previous.exit_code) == ("Waiting", "CrashLoopBackOff", 1)
    clock.to("12:00")
    starts = [spell.started for spell in groups.lives[0].spells(clock.now)]
    assert [(later - first).seconds for first, later in itertools.pairwise(starts[:8])] == [
        6, 15, 25, 45, 85, 165, 305,
    ]  # fmt: skip
    assert seen(groups).state == "Running"


def test_a_moved_group_is_repairing_until_it_runs_elsewhere(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("x", start_delay=10, duration=60)
    groups.order("evicted", seconds=20)
    groups.create("ct-a", body())
    states = {}
    for second in (29, 30, 39, 40, 99, 100):
        clock.to(at("09:00") + timedelta(seconds=second))
        view = seen(groups)
        states[second] = (view.provisioning, view.state, view.current.state, view.current.exit_code)
    assert states == {
        29: ("Succeeded", "Running", "Running", None),
        30: ("Repairing", "Running", "Terminated", 7147),
        39: ("Repairing", "Running", "Terminated", 7147),
        40: ("Succeeded", "Running", "Running", None),
        99: ("Succeeded", "Running", "Running", None),
        100: ("Succeeded", "Succeeded", "Terminated", 0),
    }


def test_every_stay_of_a_container_is_on_record_though_its_group_is_gone(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("x", start_delay=10, duration=60)
    groups.order("maintenance", seconds=20)
    groups.create("ct-a", body(WHO="me"))
    clock.to("09:02")
    groups.delete("ct-a")
    groups.provision("old", "x")
    clock.to("09:03")
    groups.somebody("stop", "old")
    groups.start("old", stop_first=False)
    clock.to("09:10")
    assert ran(groups, clock) == [
        ("create", "09:00:10", "09:00:30", 7148),
        ("create", "09:00:40", "09:01:40", 0),
        ("create", "09:02:10", "", None),
        ("start", "09:03:10", "09:04:10", 0),
    ]
    first, cut, _ = groups.lives
    assert (first.name, first.env, first.tags, first.over) == ("ct-a", {"WHO": "me"}, {"job": "a"}, at("09:02"))
    assert (cut.name, cut.over) == ("old", at("09:03"))
    assert groups.starts == {"ct-a": [at("09:00")], "old": [at("09:02"), at("09:03")]}


def test_containers_that_outlive_their_group_are_on_record_until_the_next_put(
    groups: MemoryGroups, clock: Clock
) -> None:
    groups.behave("x", start_delay=0, duration=300)
    groups.create("ct-a", body())
    clock.to("09:01")
    groups.order("outlive", "delete")
    groups.delete("ct-a")
    assert groups.get("ct-a") is None
    assert groups.lives[0].over is None
    clock.to("09:02")
    groups.create("ct-a", body())
    assert groups.lives[0].over == at("09:02")


def test_people_stop_start_and_delete_groups_and_no_call_is_counted(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("x", start_delay=0, duration=None)
    groups.create("ct-a", body())
    clock.passes(5)
    groups.somebody("stop", "ct-a")
    assert seen(groups).state == "Stopped"
    groups.somebody("start", "ct-a")
    assert seen(groups).state == "Running"
    groups.somebody("delete", "ct-a")
    assert groups.get("ct-a") is None
    assert dict(groups.calls) == {"create": 1, "get": 3}


def test_output_grows_with_time_and_begins_anew_with_each_start(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("x", start_delay=10, duration=100, exit_code=1, again=1, log=[(0, "one\n"), (30, "two\n")])
    groups.create("ct-a", body())
    read = {}
    for second in (10, 39, 40, 110, 111, 141):
        clock.to(at("09:00") + timedelta(seconds=second))
        read[second] = groups.log("ct-a", "job").decode()
    assert read == {10: "one\n", 39: "one\n", 40: "one\ntwo\n", 110: "one\ntwo\n", 111: "one\n", 141: "one\ntwo\n"}
    assert groups.log("ct-a", "job", timestamps=True) == (
        b"2026-11-22T09:01:51.000000Z one\n2026-11-22T09:02:21.000000Z two\n"
    )


def test_what_a_container_would_have_printed_after_its_end_was_never_printed(
    groups: MemoryGroups, clock: Clock
) -> None:
    groups.behave("x", start_delay=0, duration=20, log=[(20, "last\n"), (21, "never\n")])
    groups.create("ct-a", body())
    clock.passes(60)
    assert groups.log("ct-a", "job") == b"last\n"


def test_a_line_has_the_instant_of_its_first_byte(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("x", start_delay=0, duration=20, log=[(0, "one "), (5, "and\nmore"), (6, "\n")])
    groups.create("ct-a", body())
    clock.passes(60)
    assert groups.log("ct-a", "job", timestamps=True) == (
        b"2026-11-22T09:00:00.000000Z one and\n2026-11-22T09:00:05.000000Z more\n"
    )


@pytest.mark.parametrize("lines", [999, 1_000, 1_001])
def test_a_thousand_lines_are_left_whole(groups: MemoryGroups, clock: Clock, lines: int) -> None:
    text = [f"{number}\n" for number in range(lines)]
    groups.behave("x", start_delay=0, log="".join(text))
    groups.create("ct-a", body())
    clock.passes(60)
    assert groups.log("ct-a", "job").decode() == "".join(text[-1_000:])


def test_a_container_can_print_for_ever_out_of_what_it_was_told(groups: MemoryGroups, clock: Clock) -> None:
    def counting(env: Any) -> Any:
        return ((float(number), f"{env['WHO']} {number}\n") for number in iter(range(10**9)))

    groups.behave("x", start_delay=0, duration=None, log=counting)
    groups.create("ct-a", body(WHO="me"))
    clock.passes(2)
    assert groups.log("ct-a", "job") == b"me 0\nme 1\nme 2\n"


def test_secrets_are_told_to_the_container_and_shown_to_nobody(groups: MemoryGroups, clock: Clock) -> None:
    asked = body()
    inside = asked["properties"]["containers"][0]["properties"]
    inside["environmentVariables"] = [{"name": "KEY", "secureValue": "hunter2"}]
    asked["properties"]["imageRegistryCredentials"] = [{"server": "r", "username": "u", "password": "hunter2"}]
    asked["properties"]["volumes"] = [
        {"name": "share", "azureFile": {"shareName": "s", "storageAccountKey": "hunter2"}},
        {"name": "files", "secret": {"a": "hunter2"}},
    ]
    groups.behave("x", start_delay=0, log=lambda env: f"{len(env['KEY'])}\n")
    groups.create("ct-a", asked)
    clock.passes(5)
    assert groups.log("ct-a", "job") == b"7\n"
    shown = groups.groups["ct-a"].shown(clock.now)
    assert "hunter2" not in json.dumps(shown)
    assert shown["properties"]["containers"][0]["properties"]["environmentVariables"] == [{"name": "KEY"}]
    assert shown["properties"]["volumes"][1]["secret"] == {}
    assert shown["tags"] == {"job": "a"}
