"""Every fault of container groups that can be ordered, in the world of stories and in the emulator alike."""

from datetime import timedelta

import pytest

from scheduler.ports import Allowance, GroupRefused, Groups, Throttled, Unknown
from scheduler.run import Cause
from tests.contract.conftest import Stage
from tests.contract.test_groups import body, ended, runs


def ask(groups: Groups, operation: str) -> object:
    """Ask for something of the group ct-a."""
    match operation:
        case "create":
            return groups.create("ct-a", body("goes-on"))
        case "get":
            return groups.get("ct-a")
        case "tagged":
            return list(groups.tagged())
        case "log":
            return groups.log("ct-a", "job")
        case "start":
            groups.start("ct-a", stop_first=False)
        case "stop":
            groups.stop("ct-a")
        case "delete":
            groups.delete("ct-a")
    return None


@pytest.mark.parametrize(
    ("kind", "cause", "code"),
    [
        ("capacity", Cause.CAPACITY, "ServiceUnavailable"),
        ("quota", Cause.QUOTA, "ContainerGroupQuotaReached"),
        ("inaccessible-image", Cause.IMAGE, "InaccessibleImage"),
        ("registry-error", Cause.IMAGE, "RegistryErrorResponse"),
        ("denied", Cause.DENIED, "AuthorizationFailed"),
        ("throttled", Cause.THROTTLED, "ResourceRequestsThrottled"),
    ],
)
def test_a_refused_create_did_nothing_and_says_why(stage: Stage, kind: str, cause: Cause, code: str) -> None:
    stage.order(kind, "create", seconds=7)
    with pytest.raises(GroupRefused, match=f"create ct-a: {code}: ") as refused:
        ask(stage.groups, "create")
    assert refused.value.cause is cause
    assert refused.value.after == (timedelta(seconds=7) if kind == "throttled" else None)
    assert stage.groups.get("ct-a") is None
    ask(stage.groups, "create")
    assert stage.groups.get("ct-a") is not None, "it is over with the first"


@pytest.mark.parametrize("kind", ["server-error", "unavailable", "drop-before", "transitioning"])
@pytest.mark.parametrize("operation", ["create", "delete", "stop", "start"])
def test_a_change_without_an_answer_may_not_have_been_done(stage: Stage, kind: str, operation: str) -> None:
    if operation != "create":
        ask(stage.groups, "create")
        stage.until("ct-a", runs)
    stage.order(kind, operation, times=4)  # a start is sent as often as it is refused as transitioning
    with pytest.raises(Unknown):
        ask(stage.groups, operation)
    assert bool(stage.groups.get("ct-a")) is (operation != "create")
    if operation != "create":
        assert stage.until("ct-a", lambda _: True).state == "Running"


@pytest.mark.parametrize("kind", ["server-error-after", "drop-after"])
@pytest.mark.parametrize("operation", ["create", "delete", "stop", "start"])
def test_or_it_may_have_been_done(stage: Stage, kind: str, operation: str) -> None:
    if operation != "create":
        ask(stage.groups, "create")
        stage.until("ct-a", runs)
    if operation == "start":
        stage.groups.stop("ct-a")
    stage.order(kind, operation)
    with pytest.raises(Unknown):
        ask(stage.groups, operation)
    match operation:
        case "delete":
            assert stage.groups.get("ct-a") is None
        case "stop":
            stage.until("ct-a", lambda view: view.state == "Stopped")
        case _:
            stage.until("ct-a", runs)


@pytest.mark.parametrize("kind", ["server-error", "unavailable", "drop-before", "drop-after", "throttled"])
@pytest.mark.parametrize("operation", ["get", "tagged", "log"])
def test_a_look_without_an_answer_is_unknown(stage: Stage, kind: str, operation: str) -> None:
    ask(stage.groups, "create")
    stage.until("ct-a", runs)
    stage.order(kind, operation)
    with pytest.raises(Unknown) as unknown:
        ask(stage.groups, operation)
    assert isinstance(unknown.value, Throttled) == (kind == "throttled")
    ask(stage.groups, operation)


@pytest.mark.parametrize("operation", ["create", "get", "tagged", "delete", "start", "stop", "log"])
def test_a_denial_is_definite_whatever_was_asked(stage: Stage, operation: str) -> None:
    stage.order("denied", operation)
    with pytest.raises(GroupRefused, match="Azure Container Instances Contributor Role") as refused:
        ask(stage.groups, operation)
    assert refused.value.cause is Cause.DENIED


def test_a_put_can_land_late(stage: Stage) -> None:
    stage.order("late", "create", seconds=0.05)
    with pytest.raises(Unknown):
        ask(stage.groups, "create")
    stage.until("ct-a", runs)


@pytest.mark.parametrize("operation", ["create", "get", "delete"])
def test_a_slow_answer_is_an_answer(stage: Stage, operation: str) -> None:
    if operation != "create":
        ask(stage.groups, "create")
        stage.until("ct-a", runs)
    stage.order("slow", operation, seconds=0.05)
    ask(stage.groups, operation)
    assert bool(stage.groups.get("ct-a")) is (operation != "delete")


def test_want_of_capacity_can_show_after_the_answer(stage: Stage) -> None:
    stage.order("capacity-later", "create")
    ask(stage.groups, "create")
    view = stage.until("ct-a", lambda seen: seen.provisioning == "Failed")
    assert (view.state, view.started) == ("Failed", None)
    assert [event["name"] for event in view.events] == ["InsufficientCapacity."]
    stage.groups.delete("ct-a")
    assert stage.groups.get("ct-a") is None


def test_an_image_that_cannot_be_pulled_shows_in_events(stage: Stage) -> None:
    stage.order("unpullable", "create")
    ask(stage.groups, "create")
    view = stage.until("ct-a", lambda seen: len(seen.events) >= 3)
    assert [event["name"] for event in view.events] == ["Pulling", "Failed", "BackOff"]
    assert (view.state, view.current.state, view.started) == ("Pending", "Waiting", None)
    stage.groups.delete("ct-a")


def test_a_pull_can_take_for_ever(stage: Stage) -> None:
    stage.order("stuck", "create")
    ask(stage.groups, "create")
    view = stage.until("ct-a", lambda seen: seen.events)
    assert [event["name"] for event in view.events] == ["Pulling"]
    assert (view.state, view.current.state, view.started) == ("Pending", "Waiting", None)
    with pytest.raises(Unknown):
        stage.groups.log("ct-a", "job")
    stage.groups.delete("ct-a")


def test_the_platform_may_start_a_failed_container_once_more(stage: Stage) -> None:
    stage.order("second-start", "create", seconds=0.01)
    stage.groups.create("ct-a", body("fails"))
    first = stage.until("ct-a", lambda seen: seen.current.exited or seen.previous.exited).first_end()
    view = stage.until("ct-a", lambda seen: seen.restarts == 1 and seen.current.exited)
    assert first
    assert (view.current.exit_code, view.previous) == (3, first)


def test_it_does_not_start_a_container_again_that_succeeded(stage: Stage) -> None:
    stage.order("second-start", "create", seconds=0.01)
    stage.groups.create("ct-a", body("ends"))
    assert stage.until("ct-a", ended).restarts == 0


@pytest.mark.parametrize(("kind", "code"), [("evicted", 7147), ("maintenance", 7148)])
def test_the_platform_may_end_a_container_for_good(stage: Stage, kind: str, code: int) -> None:
    stage.order(kind, "create", seconds=0.05, restart=False)
    ask(stage.groups, "create")
    view = stage.until("ct-a", lambda seen: seen.current.exited)
    assert (view.current.exit_code, view.current.detail, view.state) == (code, "Error", "Failed")
    assert view.first_end() == view.current
    assert "Killing" in [event["name"] for event in view.events]


@pytest.mark.parametrize(("kind", "code"), [("evicted", 7147), ("maintenance", 7148)])
def test_or_it_may_move_it_and_start_it_anew(stage: Stage, kind: str, code: int) -> None:
    stage.order(kind, "create", seconds=0.05)
    ask(stage.groups, "create")
    view = stage.until("ct-a", lambda seen: runs(seen) and seen.restarts == 1)
    assert view.previous
    assert view.previous.exit_code == code
    assert view.first_end() == view.previous, "the first end decides, though it runs again"


def test_a_group_may_vanish(stage: Stage) -> None:
    stage.order("vanish", "create", seconds=0.05)
    ask(stage.groups, "create")
    stage.until_gone("ct-a")


@pytest.mark.parametrize("operation", ["delete", "stop"])
def test_containers_may_outlive_their_group_unseen(stage: Stage, operation: str) -> None:
    ask(stage.groups, "create")
    stage.until("ct-a", runs)
    stage.order("outlive", operation)
    ask(stage.groups, operation)
    view = stage.groups.get("ct-a")
    assert (view.state if view else None) == ("Stopped" if operation == "stop" else None)
    ask(stage.groups, "create")
    stage.until("ct-a", runs)


def test_a_fault_strikes_so_often_and_by_name(stage: Stage) -> None:
    stage.order("capacity", "create", times=2, skip=1, name="ct-a*")
    answers = []
    for name in ("ct-a1", "ct-b", "ct-a2", "ct-a3", "ct-a4"):
        try:
            stage.groups.create(name, body("ends"))
            answers.append("made")
        except GroupRefused as refused:
            answers.append(str(refused.cause))
    assert answers == ["made", "made", "capacity", "capacity", "made"]


def test_a_fault_behind_another_is_not_used_up(stage: Stage) -> None:
    stage.order("capacity", "create")
    stage.order("quota", "create")
    causes = []
    for _ in range(2):
        with pytest.raises(GroupRefused) as refused:
            ask(stage.groups, "create")
        causes.append(refused.value.cause)
    assert causes == [Cause.CAPACITY, Cause.QUOTA]


def test_a_put_over_a_group_needs_no_more_room_than_the_group_has(stage: Stage) -> None:
    stage.limit(groups=1, cores=1)
    asked = body("goes-on")
    asked["properties"]["containers"][0]["properties"]["resources"]["requests"]["cpu"] = 1
    for _ in range(2):
        stage.groups.create("ct-a", asked)
        stage.until("ct-a", runs)


def test_groups_and_cores_of_a_region_are_bounded(stage: Stage) -> None:
    stage.limit(groups=2)
    for name in ("ct-a", "ct-b"):
        stage.groups.create(name, body("goes-on"))
    with pytest.raises(GroupRefused, match=r"'ContainerGroups' exceeded .* Limit: '2', Usage: '2'") as refused:
        stage.groups.create("ct-c", body("goes-on"))
    assert refused.value.cause is Cause.QUOTA
    stage.limit(groups=9, cores=1)
    with pytest.raises(GroupRefused, match=r"'StandardCores' exceeded .* Limit: '1', Usage: '1' Requested: '0.5'"):
        stage.groups.create("ct-c", body("goes-on"))
    stage.groups.create("ct-c", {**body("goes-on"), "location": "northeurope"})
    stage.until("ct-a", runs)
    stage.groups.delete("ct-a")
    stage.groups.create("ct-d", body("ends"))


def test_an_ended_group_gives_its_cores_back_and_stays_a_group(stage: Stage) -> None:
    stage.limit(groups=2, cores=1)
    stage.groups.create("ct-a", body("ends"))
    stage.until("ct-a", ended)
    stage.groups.create("ct-b", body("goes-on"))
    with pytest.raises(GroupRefused, match="'ContainerGroups'"):
        stage.groups.create("ct-c", body("ends"))


def test_creations_are_counted_and_told(stage: Stage) -> None:
    stage.limit(creates_5min=3, creates_hour=4)
    region = f"region{id(stage)}"
    left = [stage.groups.create(f"ct-{number}", {**body("ends"), "location": region}) for number in range(3)]
    assert left == [Allowance(2, 3), Allowance(1, 2), Allowance(0, 1)]
    with pytest.raises(GroupRefused, match="Throttled") as refused:
        stage.groups.create("ct-3", {**body("ends"), "location": region})
    assert refused.value.cause is Cause.THROTTLED
    assert refused.value.after
    assert timedelta(minutes=4) < refused.value.after <= timedelta(minutes=5)


def test_a_second_put_shows_how_it_ended_what_ran(stage: Stage) -> None:
    ask(stage.groups, "create")
    first = stage.until("ct-a", runs)
    ask(stage.groups, "create")
    view = stage.until("ct-a", lambda seen: runs(seen) and seen.restarts == 1)
    assert (view.previous.state, view.previous.started) == ("Terminated", first.current.started)
    assert view.previous.exit_code


def test_a_put_over_what_is_over_shows_nothing_of_it(stage: Stage) -> None:
    stage.groups.create("ct-a", body("fails"))
    stage.until("ct-a", ended)
    stage.groups.create("ct-a", body("goes-on"))
    view = stage.until("ct-a", runs)
    assert (view.previous.state, view.restarts, view.first_end()) == ("", 0, None)
