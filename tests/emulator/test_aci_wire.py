"""Raw HTTP: headers, addresses, echoes and secrets."""

import pytest

from tests.emulator.driver import GROUPS, SUBSCRIPTION, Emulator, container, group, shell


def test_put_answers_201_pending_with_an_operation_and_neither_location_nor_retry_after(
    emulator: Emulator, name: str
) -> None:
    answer = emulator.put(name, group(container("hello")))
    assert answer.status_code == 201
    properties = answer.json()["properties"]
    assert properties["provisioningState"] == "Pending"
    assert properties["instanceView"] == {"events": [], "state": "Pending"}
    assert "location" not in answer.headers
    assert "retry-after" not in answer.headers
    assert answer.headers["azure-asyncoperation"].startswith(
        f"{emulator.url}/subscriptions/{SUBSCRIPTION}/providers/Microsoft.ContainerInstance/locations/westeurope/operations/"
    )


def test_put_over_an_existing_group_answers_200(emulator: Emulator, name: str) -> None:
    emulator.put(name, group(container("hello")))
    emulator.until_state(name, "Succeeded")
    answer = emulator.put(name, group(container("hello")))
    assert (answer.status_code, answer.json()["properties"]["provisioningState"]) == (200, "Pending")


def test_the_operation_is_named_under_the_host_that_the_client_used(emulator: Emulator, name: str) -> None:
    body = group(container("hello"))
    answer = emulator.http.put(f"{GROUPS}/{name}", json=body, headers={"Host": "aci.example:8080"})
    assert answer.headers["azure-asyncoperation"].startswith("http://aci.example:8080/subscriptions/")


def test_the_operation_tells_group_status_start_and_events(emulator: Emulator, name: str) -> None:
    answer = emulator.put(name, group(container("hello")))
    emulator.until_state(name, "Succeeded")
    operation = emulator.http.get(answer.headers["azure-asyncoperation"])
    assert operation.status_code == 200
    told = operation.json()
    assert (told["id"], told["status"]) == (f"{GROUPS}/{name}", "Succeeded")
    assert [event["name"] for event in told["properties"]["events"]] == ["Pulling", "Pulled", "Started"]
    assert set(told["properties"]["events"][0]) == {
        "count", "firstTimestamp", "lastTimestamp", "name", "message", "type",
    }  # fmt: skip


def test_every_answer_has_a_date_and_two_ids_and_the_client_may_choose_the_second(emulator: Emulator) -> None:
    for path in (f"{GROUPS}/absent", "/nowhere"):
        headers = emulator.http.get(path, headers={"x-ms-correlation-request-id": "abc-1"}).headers
        assert headers["x-ms-correlation-request-id"] == "abc-1"
        assert len(headers["x-ms-request-id"]) == 36
        assert headers["date"].endswith("GMT")


def test_paths_are_read_in_any_case_and_shown_as_first_written(emulator: Emulator, name: str) -> None:
    emulator.put(name, group(container("hello")))
    shown = emulator.get(name, path=GROUPS.upper())
    assert shown.status_code == 200
    assert shown.json()["id"] == f"{GROUPS}/{name}"
    assert shown.json()["type"] == "Microsoft.ContainerInstance/containerGroups"


def test_a_get_echoes_what_was_sent_and_adds_what_aci_adds(emulator: Emulator, name: str) -> None:
    sent = group(container("hello"), policy=None, extra={"kept": True})
    emulator.put(name, sent)
    emulator.until_idle(name)
    shown = emulator.get(name).json()
    properties = shown["properties"]
    assert (shown["location"], shown["tags"]) == (sent["location"], sent["tags"])
    assert "restartPolicy" not in properties
    assert (properties["sku"], properties["initContainers"], properties["extra"]) == ("Standard", [], {"kept": True})
    assert properties["containers"][0]["properties"]["environmentVariables"] == []


def test_secrets_go_to_the_container_and_never_into_an_answer(emulator: Emulator, name: str) -> None:
    item = shell("test $SECRET = s3''cret && echo right")
    item["properties"]["environmentVariables"] = [
        {"name": "SECRET", "secureValue": "s3cret"},
        {"name": "PLAIN", "value": "seen"},
    ]
    body = group(
        item,
        imageRegistryCredentials=[{"server": "r.example", "username": "u", "password": "s3cret"}],
        volumes=[
            {
                "name": "files",
                "azureFile": {"shareName": "share", "storageAccountName": "account", "storageAccountKey": "s3cret"},
            },
            {"name": "secret", "secret": {"file": "czNjcmV0"}},
        ],
        diagnostics={"logAnalytics": {"workspaceId": "w", "workspaceKey": "s3cret"}},
        extensions=[{"name": "e", "properties": {"protectedSettings": {"key": "s3cret"}}}],
    )
    answers = [emulator.put(name, body)]
    emulator.until_state(name, "Succeeded")
    assert emulator.log(name).json()["content"] == "right\n"
    answers += [
        emulator.get(name),
        emulator.http.get(GROUPS),
        emulator.http.patch(f"{GROUPS}/{name}", json={"tags": {}}),
        emulator.http.get(answers[0].headers["azure-asyncoperation"]),
    ]
    properties = answers[1].json()["properties"]
    answers.append(emulator.delete(name))
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 200, 200]
    assert [answer.text for answer in answers if {"s3cret", "czNjcmV0"} & set(answer.text.split(chr(34)))] == []
    assert properties["containers"][0]["properties"]["environmentVariables"] == [
        {"name": "SECRET"},
        {"name": "PLAIN", "value": "seen"},
    ]
    assert properties["imageRegistryCredentials"] == [{"server": "r.example", "username": "u"}]
    assert properties["volumes"][1] == {"name": "secret", "secret": {}}
    assert properties["diagnostics"] == {"logAnalytics": {"workspaceId": "w"}}


def test_identities_come_back_with_their_ids(emulator: Emulator, name: str) -> None:
    user = "/subscriptions/s/resourceGroups/r/providers/Microsoft.ManagedIdentity/userAssignedIdentities/u"
    identity = {"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {user: {}}}
    emulator.put(name, group(container("hello")) | {"identity": identity})
    shown = emulator.get(name).json()["identity"]
    assert set(shown) == {"type", "principalId", "tenantId", "userAssignedIdentities"}
    assert set(shown["userAssignedIdentities"][user]) == {"clientId", "principalId"}


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost.evil.example:10010", "null", "http://[::1", ""]
)
def test_a_page_of_another_site_cannot_run_anything_here(emulator: Emulator, name: str, origin: str) -> None:
    answer = emulator.http.put(f"{GROUPS}/{name}", json=group(container("hello")), headers={"Origin": origin})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "OriginNotAllowed")
    assert emulator.http.post("/_emulator/faults", json=[], headers={"Origin": origin}).status_code == 403
    assert emulator.get(name).status_code == 404


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:10010"])
def test_a_page_of_this_machine_is_served(emulator: Emulator, name: str, origin: str) -> None:
    assert emulator.http.get(f"{GROUPS}/{name}", headers={"Origin": origin}).status_code == 404
