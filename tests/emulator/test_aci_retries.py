"""What the SDK sends again by itself, and what that does to a job (aci.md, 1.4): counted in the journal."""

import contextlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
    ServiceRequestError,
    ServiceResponseError,
)
from azure.core.pipeline.policies import SansIOHTTPPolicy

from tests.emulator.driver import Emulator, Sdk, container, group

SLEEPER = group(container("sleeper"))
HELLO = group(container("hello"))
TRIES: dict[str, Any] = {"retry_total": 10}
"""The default number of retries."""


class WhenIdle(SansIOHTTPPolicy):  # type: ignore[type-arg] # generic only in the stubs
    """Send a request again only when the group has come to rest, whatever the machine is busy with."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def on_request(self, request: Any) -> None:
        name = request.http_request.url.partition("?")[0].rpartition("/")[2]
        if request.http_request.method == "PUT" and self._emulator.get(name).status_code == 200:
            self._emulator.until_idle(name)


@pytest.fixture(name="again", params=["sync", "aio"])
def an_sdk_that_tries_again(request: pytest.FixtureRequest, emulator: Emulator) -> Iterator[Sdk]:
    sdk = Sdk(emulator.url, request.param, **TRIES, per_retry_policies=[WhenIdle(emulator)])
    yield sdk
    sdk.close()


@pytest.fixture(name="sync")
def a_synchronous_sdk_that_tries_again(emulator: Emulator) -> Iterator[Sdk]:
    sdk = Sdk(emulator.url, "sync", **TRIES, per_retry_policies=[WhenIdle(emulator)])
    yield sdk
    sdk.close()


def effects(emulator: Emulator, name: str, operation: str) -> list[str]:
    return [entry["effect"] for entry in emulator.journal(name) if entry["operation"] == operation]


def test_a_put_whose_answer_is_lost_is_sent_again_and_runs_twice(emulator: Emulator, sync: Sdk, name: str) -> None:
    emulator.arm(name, "drop-after", operation="put")
    sync.put(name, HELLO)
    assert effects(emulator, name, "put") == ["created", "replaced"]
    first, second = [entry for entry in emulator.journal(name) if entry["operation"] == "put"]
    assert (first["status"], first["fault"], second["status"]) == (None, "drop-after", 200)
    assert first["client_request_id"] == second["client_request_id"] != ""


def test_a_put_whose_error_hides_its_effect_is_sent_again_and_runs_twice(
    emulator: Emulator, again: Sdk, name: str
) -> None:
    emulator.arm(name, "server-error-after", operation="put")
    again.put(name, HELLO)
    assert effects(emulator, name, "put") == ["created", "replaced"]


def test_a_client_without_retries_is_told_and_the_put_has_one_effect(emulator: Emulator, sdk: Sdk, name: str) -> None:
    emulator.arm(name, "server-error-after", operation="put")
    with pytest.raises(HttpResponseError):
        sdk.put(name, HELLO)
    assert effects(emulator, name, "put") == ["created"]


def test_retries_can_be_turned_off_for_one_call(emulator: Emulator, sync: Sdk, name: str) -> None:
    emulator.arm(name, "drop-after", operation="put")
    with pytest.raises(ServiceResponseError):
        sync.run(lambda c: c.container_groups.begin_create_or_update("rg", name, HELLO, retry_total=0))
    assert effects(emulator, name, "put") == ["created"]


def test_the_aio_client_sends_a_lost_put_again_though_retries_are_off(emulator: Emulator, name: str) -> None:
    """It is aiohttp that does it, below the SDK: once, for every method that is idempotent."""
    emulator.arm(name, "drop-after", operation="put")
    sdk = Sdk(emulator.url, "aio")
    with contextlib.suppress(ResourceExistsError):
        sdk.put(name, HELLO)
    sdk.close()
    assert effects(emulator, name, "put") in (["created", ""], ["created", "replaced"])


@pytest.mark.parametrize("kind", ["server-error", "unavailable", "drop-before"])
def test_a_put_that_had_no_effect_is_sent_again_and_runs_once(
    emulator: Emulator, again: Sdk, name: str, kind: str
) -> None:
    emulator.arm(name, kind, operation="put")
    again.put(name, HELLO)
    assert effects(emulator, name, "put") == ["", "created"]


def test_a_delete_whose_answer_is_lost_finds_nothing_the_second_time(emulator: Emulator, again: Sdk, name: str) -> None:
    again.put(name, HELLO)
    emulator.until_state(name, "Succeeded")
    emulator.arm(name, "drop-after", operation="delete")
    assert again.run(lambda c: c.container_groups.begin_delete("rg", name)) is None
    assert effects(emulator, name, "delete") == ["deleted", ""]


def test_a_start_whose_answer_is_lost_is_not_sent_again(emulator: Emulator, again: Sdk, name: str) -> None:
    again.put(name, HELLO)
    emulator.until_state(name, "Succeeded")
    emulator.arm(name, "drop-after", operation="start")
    with pytest.raises((ServiceRequestError, ServiceResponseError)):
        again.run(lambda c: c.container_groups.begin_start("rg", name))
    assert effects(emulator, name, "start") == ["starting"]


@pytest.mark.parametrize("kind", ["server-error", "unavailable"])
def test_a_stop_that_failed_is_sent_again(emulator: Emulator, again: Sdk, name: str, kind: str) -> None:
    again.put(name, SLEEPER)
    emulator.until_state(name, "Running")
    emulator.arm(name, kind, operation="stop")
    again.run(lambda c: c.container_groups.stop("rg", name))
    assert effects(emulator, name, "stop") == ["", "stopped"]


@pytest.mark.parametrize("flavour", ["sync", "aio"])
def test_a_throttled_call_waits_as_it_is_told_inside_the_call(emulator: Emulator, name: str, flavour: str) -> None:
    sdk = Sdk(emulator.url, flavour, **TRIES)
    sdk.put(name, HELLO)
    emulator.until_state(name, "Succeeded")
    emulator.arm(name, "throttled", operation="start", seconds=1)
    sdk.run(lambda c: c.container_groups.begin_start("rg", name))
    sdk.close()
    assert effects(emulator, name, "start") == ["", "starting"]
    first, second = [entry["at"] for entry in emulator.journal(name) if entry["operation"] == "start"]
    assert datetime.fromisoformat(second) - datetime.fromisoformat(first) >= timedelta(seconds=1)


REFUSALS = [
    ("capacity", 409, "ServiceUnavailable"),
    ("transitioning", 409, "ContainerGroupTransitioning"),
    ("registry-error", 409, "RegistryErrorResponse"),
    ("quota", 400, "ContainerGroupQuotaReached"),
    ("denied", 403, "AuthorizationFailed"),
    ("throttled", 429, "ResourceRequestsThrottled"),
]


@pytest.mark.parametrize(("kind", "status", "code"), REFUSALS)
def test_a_refusal_is_the_error_that_it_is_in_azure(
    emulator: Emulator, sdk: Sdk, kind: str, status: int, code: str
) -> None:
    name = f"refused-{kind}"
    emulator.arm(name, kind, operation="put")
    with pytest.raises(HttpResponseError) as refusal:
        sdk.put(name, HELLO)
    assert isinstance(refusal.value, ResourceExistsError) == (status == 409)
    seen: Any = refusal.value
    assert (seen.status_code, seen.error.code) == (status, code)
    assert seen.error.message
    assert seen.response.headers["x-ms-request-id"]
    with pytest.raises(ResourceNotFoundError):
        sdk.get(name)


def test_a_subscription_without_the_provider_is_registered_by_the_sdk_itself(
    emulator: Emulator, sync: Sdk, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("azure.mgmt.core.policies._base.time.sleep", lambda _seconds: None)
    provider = "/subscriptions/11111111-2222-3333-4444-555555555555/providers/Microsoft.ContainerInstance"
    emulator.http.post(f"{provider}/unregister", params={"api-version": "2016-02-01"})
    sync.put(name, HELLO)
    assert [entry["status"] for entry in emulator.journal(name) if entry["operation"] == "put"] == [409, 201]
