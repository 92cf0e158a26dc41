"""What only ARM itself would say, and that nothing is ever sent twice."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
import requests

from scheduler.cloud import containers
from scheduler.cloud.containers import REMAINING, AzureGroups
from scheduler.cloud.refusals import LONGEST
from scheduler.ports import Allowance, GroupRefused, Groups, Throttled, Unknown
from scheduler.run import Cause
from scheduler.settings import Settings, SettingsError
from tests.contract.canned import Answer, Canned, canned, refusal

SETTINGS = Settings(subscription="s", resource_group="rg", location="westeurope", arm_endpoint="http://127.0.0.1:1")
TRANSITIONING = refusal(409, "ContainerGroupTransitioning", "The group is still transitioning, please retry later.")
GONE = refusal(404, "ResourceNotFound")
CALLS: dict[str, Callable[[Groups], object]] = {
    "create": lambda groups: groups.create("ct-a", {"location": "x"}),
    "get": lambda groups: groups.get("ct-a"),
    "tagged": lambda groups: list(groups.tagged()),
    "delete": lambda groups: groups.delete("ct-a"),
    "start": lambda groups: groups.start("ct-a", stop_first=False),
    "stop": lambda groups: groups.stop("ct-a"),
    "log": lambda groups: groups.log("ct-a", "job"),
}

type Arm = Callable[..., tuple[Canned, AzureGroups]]


@pytest.fixture
def arm() -> Iterator[Arm]:
    """Give an ARM with these answers, and groups that ask it."""
    with ExitStack() as stack:

        def speak(*answers: Answer) -> tuple[Canned, AzureGroups]:
            told = stack.enter_context(canned(*answers))
            groups = AzureGroups(Settings(**{**vars(SETTINGS), "arm_endpoint": told.url}), pause=0)
            stack.callback(groups.close)
            return told, groups

        yield speak


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize(
    "answer",
    [
        Answer(dropped=True),
        refusal(500, "InternalServerError"),
        refusal(503, "ServiceUnavailable", Retry_After="1"),
        refusal(408, "RequestTimeout"),
        Answer(502, "not JSON's fault"),
    ],
    ids=["dropped", "500", "503", "408", "502"],
)
def test_an_answer_that_tells_nothing_is_unknown_and_is_asked_once(arm: Arm, name: str, answer: Answer) -> None:
    told, groups = arm(answer)
    with pytest.raises(Unknown):
        CALLS[name](groups)
    assert len(told.requests) == 1


def test_a_put_that_is_not_answered_in_time_is_unknown(arm: Arm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "PATIENCE", 0.05)
    given_up = Event()
    told, groups = arm(Answer(dropped=True, held=given_up))
    with pytest.raises(Unknown, match="no answer in time"):
        CALLS["create"](groups)
    given_up.set()
    assert told.requests == ["PUT ct-a"]


def test_no_request_can_hang_a_tick_and_a_put_is_waited_for_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[tuple[float, float]] = []

    def request(*_: object, timeout: tuple[float, float], **__: object) -> None:
        waited.append(timeout)
        raise requests.ConnectionError("unplugged")

    monkeypatch.setattr(requests.Session, "request", request)
    groups = AzureGroups(SETTINGS)
    for call in CALLS.values():
        with pytest.raises(Unknown, match="the connection broke off"):
            call(groups)
    groups.close()
    assert waited == [(10, 60), *[(10, 30)] * (len(CALLS) - 1)]


def test_an_arm_that_is_not_there_is_unknown() -> None:
    groups = AzureGroups(SETTINGS)
    for call in CALLS.values():
        with pytest.raises(Unknown):
            call(groups)
    groups.close()


@pytest.mark.parametrize(
    ("status", "code", "message", "cause"),
    [
        (400, "InaccessibleImage", "not accessible", Cause.IMAGE),
        (409, "RegistryErrorResponse", "docker registry", Cause.IMAGE),
        (409, "ServiceUnavailable", "The requested resource is not available in the location", Cause.CAPACITY),
        (409, "ServiceUnavailable", "container group quota 'ContainerGroups' exceeded", Cause.QUOTA),
        (400, "ContainerGroupQuotaReached", "quota 'StandardCores' exceeded", Cause.QUOTA),
        (429, "SubscriptionRequestsThrottled", "try again after '60' seconds", Cause.THROTTLED),
        (403, "AuthorizationFailed", "does not have authorization", Cause.DENIED),
        (401, "InvalidAuthenticationToken", "the token has expired", Cause.DENIED),
        (409, "MissingSubscriptionRegistration", "is not registered", Cause.DENIED),
        (400, "InvalidContainerEnvironmentVariable", "the name must", Cause.SPEC),
        (404, "ResourceGroupNotFound", "could not be found", Cause.SPEC),
    ],
)
def test_a_refused_create_says_whose_fault_it_is(arm: Arm, status: int, code: str, message: str, cause: Cause) -> None:
    told, groups = arm(refusal(status, code, message, Retry_After="60"))
    with pytest.raises(GroupRefused) as refused:
        CALLS["create"](groups)
    assert refused.value.cause == cause
    assert refused.value.sentence.startswith(f"create ct-a: {code}: {message}")
    assert refused.value.after == (timedelta(seconds=60) if cause is Cause.THROTTLED else None)
    assert told.requests == ["PUT ct-a"]


@pytest.mark.parametrize("code", ["ContainerGroupTransitioning", "InvalidContainerGroupUpdate"])
def test_a_create_that_meets_a_group_of_its_name_is_left_to_the_next_look(arm: Arm, code: str) -> None:
    told, groups = arm(refusal(409, code))
    with pytest.raises(Unknown, match=code):
        CALLS["create"](groups)
    assert told.requests == ["PUT ct-a"]


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({f"{REMAINING}-pt5m": "99", f"{REMAINING}-pt1h": "294"}, Allowance(99, 294)),
        ({f"{REMAINING}-PT1H": "0"}, Allowance(None, 0)),
        ({f"{REMAINING}-pt5m": "many", f"{REMAINING}-pt1h": "-1"}, Allowance()),
        ({f"{REMAINING}-pt5m": "9" * 5_000}, Allowance()),
        ({}, Allowance()),
    ],
)
def test_a_put_tells_what_creations_are_left(arm: Arm, headers: dict[str, str], left: Allowance) -> None:
    _, groups = arm(Answer(201, {"name": "ct-a"}, headers))
    assert groups.create("ct-a", {"location": "x"}) == left


def test_a_long_answer_is_cut(arm: Arm) -> None:
    _, groups = arm(refusal(400, "InvalidRequestContent", "x" * 10_000))
    with pytest.raises(GroupRefused) as refused:
        CALLS["create"](groups)
    assert len(refused.value.sentence) == LONGEST
    assert refused.value.sentence.endswith("...")


@pytest.mark.parametrize("name", ["get", "tagged", "delete", "start", "stop", "log"])
def test_throttled_is_no_refusal_except_of_a_create(arm: Arm, name: str) -> None:
    told, groups = arm(refusal(429, "SubscriptionRequestsThrottled", Retry_After="1"))
    with pytest.raises(Throttled, match="SubscriptionRequestsThrottled"):
        CALLS[name](groups)
    assert len(told.requests) == 1


@pytest.mark.parametrize("answer", [refusal(404, "ResourceGroupNotFound"), refusal(404, "SubscriptionNotFound")])
def test_a_missing_resource_group_is_not_taken_for_a_missing_group(arm: Arm, answer: Answer) -> None:
    """Else a typing error in a setting would turn every open run into a lost one."""
    _, groups = arm(answer)
    for name in ("get", "delete", "stop", "log"):
        with pytest.raises(GroupRefused):
            CALLS[name](groups)


def test_a_404_that_is_not_arms_tells_nothing_of_the_group(arm: Arm) -> None:
    _, groups = arm(Answer(404, "this is some other server"))
    with pytest.raises(GroupRefused):
        groups.get("ct-a")


@pytest.mark.parametrize("status", [200, 201])
def test_a_put_may_answer_as_to_a_new_group_or_to_an_old_one(arm: Arm, status: int) -> None:
    told, groups = arm(Answer(status, {"name": "ct-a", "properties": {"provisioningState": "Pending"}}))
    CALLS["create"](groups)
    assert told.requests == ["PUT ct-a"]


def test_a_view_comes_from_the_answer_as_it_was_sent(arm: Arm) -> None:
    state = {"state": "Terminated", "exitCode": 0, "startTime": "2026-11-22T09:00:00.1234567Z", "novelty": [1]}
    container = {"name": "job", "properties": {"image": "x", "instanceView": {"currentState": state}}}
    _, groups = arm(Answer(200, {"name": "ct-a", "properties": {"novelty": {}, "containers": [container]}}))
    view = groups.get("ct-a")
    assert view
    assert view.current.exited
    assert view.current.started


def test_a_list_is_read_to_its_last_page(arm: Arm) -> None:
    told, groups = arm(Answer(200, {"value": [{"name": "b"}]}))
    more = {"value": [{"name": "a", "tags": {"x": "1"}}], "nextLink": f"{told.url}/next?page=2"}
    told, groups = arm(Answer(200, more), Answer(200, {"value": [{"name": "b"}]}))
    assert list(groups.tagged()) == [("a", {"x": "1"}), ("b", {})]


def test_instants_are_asked_for_only_where_they_are_wanted(arm: Arm) -> None:
    told, groups = arm(Answer(200, {"content": "2026-11-22T09:00:00.123456789Z hello\n"}))
    assert groups.log("ct-a", "job", timestamps=True) == b"2026-11-22T09:00:00.123456789Z hello\n"
    groups.log("ct-a", "job")
    assert ["timestamps" in query for query in told.queries] == [True, False]


def test_a_log_without_content_is_empty(arm: Arm) -> None:
    _, groups = arm(Answer(200, {"content": None}))
    assert groups.log("ct-a", "job") == b""


@pytest.mark.parametrize("status", [404, 400])
def test_a_log_that_is_not_there_yet_may_come(arm: Arm, status: int) -> None:
    _, groups = arm(refusal(status, "ContainerLogNotAvailable"))
    with pytest.raises(Unknown):
        groups.log("ct-a", "job")


@pytest.mark.parametrize(
    "said",
    [
        [],
        "odd",
        {"properties": {"containers": [None]}},
        {"properties": {"instanceView": "odd"}},
        {"properties": {"containers": [{"properties": {"instanceView": {"restartCount": "x"}}}]}},
        {"tags": ["a"]},
    ],
)
def test_a_group_that_is_told_oddly_is_unknown(arm: Arm, said: Any) -> None:
    _, groups = arm(Answer(200, said))
    with pytest.raises(Unknown):
        groups.get("ct-a")


def test_a_transitioning_group_is_started_once_it_is_ready(arm: Arm) -> None:
    told, groups = arm(Answer(204), TRANSITIONING, TRANSITIONING, Answer(204))
    groups.start("ct-a", stop_first=True)
    assert told.requests == ["POST stop", "POST start", "POST start", "POST start"]


def test_a_group_that_stays_transitioning_is_left_to_the_next_tick(arm: Arm) -> None:
    told, groups = arm(TRANSITIONING)
    with pytest.raises(Unknown, match="transitioning"):
        groups.start("ct-a", stop_first=False)
    assert told.requests == ["POST start"] * containers.TRIES


def test_a_start_without_an_answer_is_not_repeated(arm: Arm) -> None:
    told, groups = arm(Answer(204), Answer(dropped=True))
    with pytest.raises(Unknown):
        groups.start("ct-a", stop_first=True)
    assert told.requests == ["POST stop", "POST start"]


def test_every_request_is_told(arm: Arm) -> None:
    told, _ = arm(GONE)
    seen: list[str] = []
    groups = AzureGroups(
        Settings(**{**vars(SETTINGS), "arm_endpoint": told.url}),
        on_request=lambda how, path: seen.append(f"{how} {path}"),
    )
    groups.get("ct-a")
    groups.close()
    assert seen == ["GET /subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerInstance/containerGroups/ct-a"]


def test_missing_settings_are_named_when_groups_are_first_needed() -> None:
    with pytest.raises(SettingsError, match="AZURE_SUBSCRIPTION_ID"):
        AzureGroups(Settings()).get("ct-a")
