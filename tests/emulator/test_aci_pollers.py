"""How the SDK's pollers fare with the emulator's long-running operations (aci.md, 1.3), in both flavours."""

import asyncio
import json
from functools import partial
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from tests.emulator.driver import Emulator, Sdk, container, group

HELLO = group(container("hello"))


def put(name: str, body: dict[str, Any] = HELLO, **options: Any) -> Any:
    return lambda client: client.container_groups.begin_create_or_update("rg", name, body, **options)


def test_a_put_is_polled_at_its_operation_and_ends_with_a_get_of_the_group(
    emulator: Emulator, sdk: Sdk, name: str
) -> None:
    emulator.http.delete("/_emulator/journal")
    made = sdk.run(put(name))
    entries = emulator.http.get("/_emulator/journal").json()["value"]
    asked = [entry["operation"] for entry in entries if entry["operation"] != "platform"]
    assert (asked[0], asked[-1]) == ("put", "get")
    assert set(asked[1:-1]) == {"operation"}
    assert (made.provisioning_state, made.name) == ("Succeeded", name)


def test_a_start_and_a_restart_are_polled_at_their_operation(emulator: Emulator, sdk: Sdk, name: str) -> None:
    sdk.put(name, HELLO)
    emulator.until_state(name, "Succeeded")
    for verb in ("begin_start", "begin_restart"):
        emulator.http.delete("/_emulator/journal")
        assert sdk.run(partial(begin, verb, name)) is None
        entries = emulator.http.get("/_emulator/journal").json()["value"]
        assert "operation" in {entry["operation"] for entry in entries}
        assert emulator.get(name).json()["properties"]["provisioningState"] == "Succeeded"
        emulator.until_state(name, "Succeeded")


def begin(verb: str, name: str, client: Any) -> Any:
    return getattr(client.container_groups, verb)("rg", name)


def test_without_polling_the_result_is_the_first_answer(emulator: Emulator, sdk: Sdk, name: str) -> None:
    made = sdk.run(put(name, polling=False))
    assert (made.name, made.provisioning_state, made.instance_view.state) == (name, "Pending", "Pending")
    assert [entry["operation"] for entry in emulator.journal(name)] == ["put"]
    emulator.until_idle(name)


def test_a_delete_gives_the_group_and_a_second_one_nothing(emulator: Emulator, sdk: Sdk, name: str) -> None:
    sdk.put(name, HELLO)
    emulator.until_state(name, "Succeeded")
    assert sdk.run(lambda client: client.container_groups.begin_delete("rg", name)).name == name
    assert sdk.run(lambda client: client.container_groups.begin_delete("rg", name)) is None
    assert [entry["status"] for entry in emulator.journal(name) if entry["operation"] == "delete"] == [200, 204]


@pytest.mark.parametrize("flavour", ["sync", "aio"])
def test_another_client_goes_on_with_a_poller_by_its_token(emulator: Emulator, name: str, flavour: str) -> None:
    one, other = Sdk(emulator.url, flavour), Sdk(emulator.url, flavour)
    token = one.run(lambda client: token_of(put(name)(client)))
    one.close()
    made = other.run(put(name, continuation_token=token))
    other.close()
    assert (made.name, made.provisioning_state) == (name, "Succeeded")
    assert [entry["operation"] for entry in emulator.journal(name)].count("put") == 1


def token_of(poller: Any) -> Any:
    """Return the continuation token of a poller, or of one that is to be awaited."""
    if not asyncio.iscoroutine(poller):
        return poller.continuation_token()

    async def token() -> Any:
        return (await poller).continuation_token()

    return token()


def test_why_an_operation_failed_is_in_its_events_and_nowhere_else(emulator: Emulator, sdk: Sdk, name: str) -> None:
    emulator.arm(name, "capacity-later")
    with pytest.raises(HttpResponseError) as failure:
        sdk.put(name, HELLO)
    assert (failure.value.status_code, failure.value.error and failure.value.error.code) == (200, None)
    assert failure.value.response is not None
    told = json.loads(failure.value.response.text())
    assert (told["status"], "error" in told) == ("Failed", False)
    assert [event["name"] for event in told["properties"]["events"]] == ["InsufficientCapacity."]
    assert sdk.get(name).provisioning_state == "Failed"


@pytest.mark.parametrize("kind", ["denied", "unavailable"])
def test_a_refused_poll_ends_the_poller_and_not_the_group(emulator: Emulator, sdk: Sdk, name: str, kind: str) -> None:
    emulator.arm("*", kind, operation="operation")
    with pytest.raises(HttpResponseError):
        sdk.put(name, HELLO)
    emulator.until_state(name, "Succeeded")
    assert emulator.until_idle(name)["provisioningState"] == "Succeeded"
