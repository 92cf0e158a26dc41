"""Raw HTTP: headers, addresses, echoes and secrets."""

import re
from pathlib import Path

import pytest

from aci_emulator.arm import API_VERSIONS
from tests.emulator.driver import (
    GROUPS,
    SUBSCRIPTION,
    Emulator,
    container,
    group,
    shell,
    started,
    until,
    write_images,
)


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
    answer = emulator.http.put(f"{GROUPS}/{name}", json=body, headers={"Host": "aci:8080"})
    assert answer.headers["azure-asyncoperation"].startswith("http://aci:8080/subscriptions/")


def test_the_operation_tells_group_status_start_and_events(emulator: Emulator, name: str) -> None:
    answer = emulator.put(name, group(container("hello")))
    emulator.until_idle(name)
    address = answer.headers["azure-asyncoperation"]
    assert re.fullmatch(r".*/operations/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\?api-version=2018-06-01", address)
    operation = emulator.http.get(address)
    assert (operation.status_code, "retry-after" in operation.headers) == (200, False)
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


@pytest.mark.parametrize("version", API_VERSIONS)
def test_every_api_version_is_served(emulator: Emulator, name: str, version: str) -> None:
    query = {"api-version": version.upper()}
    assert emulator.http.put(f"{GROUPS}/{name}", json=group(container("hello")), params=query).status_code == 201
    assert emulator.http.get(f"{GROUPS}/{name}", params=query).json()["name"] == name
    assert emulator.http.get(GROUPS, params=query).status_code == 200


def test_delete_and_stop_are_done_when_they_are_answered(emulator: Emulator, name: str) -> None:
    emulator.put(name, group(container("sleeper")))
    emulator.until_state(name, "Running")
    for answer, status in ((emulator.post(name, "stop"), 204), (emulator.delete(name), 200)):
        assert answer.status_code == status
        assert not {"azure-asyncoperation", "location", "retry-after"} & set(answer.headers)


def test_exec_and_attach_are_refused_as_not_emulated(emulator: Emulator, name: str) -> None:
    emulator.put(name, group(container("sleeper")))
    emulator.until_state(name, "Running")
    for verb in ("exec", "attach"):
        body = {"command": "/bin/sh", "terminalSize": {"rows": 20, "cols": 80}}
        answer = emulator.http.post(f"{GROUPS}/{name}/containers/main/{verb}", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotImplemented")


def test_what_only_azure_can_say_is_not_taken_from_a_client(emulator: Emulator, name: str) -> None:
    body = group(container("hello"), provisioningState="Succeeded", instanceView={"state": "Running", "events": []})
    body["properties"]["containers"][0]["properties"]["instanceView"] = {"restartCount": 7}
    made = emulator.put(name, body | {"id": "/mine", "name": "mine", "type": "mine"}).json()
    assert (made["id"], made["name"]) == (f"{GROUPS}/{name}", name)
    assert made["type"] == "Microsoft.ContainerInstance/containerGroups"
    assert made["properties"]["provisioningState"] == "Pending"
    assert made["properties"]["instanceView"] == {"events": [], "state": "Pending"}
    emulator.until_state(name, "Succeeded")
    assert emulator.view(name)["restartCount"] == 0


def test_each_state_of_a_container_has_its_own_fields(emulator: Emulator, name: str) -> None:
    emulator.put(name, group(container("sleeper"), container("exit:now", name="side", CODE="3")))
    emulator.until_idle(name)
    until(lambda: emulator.view(name, 1), lambda view: view["currentState"]["state"] == "Terminated")
    running, ended = (emulator.view(name, number)["currentState"] for number in (0, 1))
    assert (set(running), running["detailStatus"]) == ({"state", "startTime", "detailStatus"}, "")
    assert set(ended) == {"state", "startTime", "exitCode", "finishTime", "detailStatus"}
    assert (ended["exitCode"], ended["detailStatus"]) == (3, "Error")


def test_a_segmentation_fault_shows_139(emulator: Emulator, name: str) -> None:
    emulator.put(name, group(shell("ulimit -c 0; kill -SEGV $$")))
    emulator.until_state(name, "Failed")
    assert emulator.view(name)["currentState"]["exitCode"] == 139


def test_the_events_of_a_pull_name_the_image_by_its_digest(emulator: Emulator, name: str) -> None:
    emulator.put(name, group(container("exit:now", CODE="0")))
    emulator.until_state(name, "Succeeded")
    told = {event["name"]: event["message"] for event in emulator.view(name)["events"]}
    assert re.fullmatch(r'pulling image "exit@sha256:[0-9a-f]{64}"', told["Pulling"])
    assert re.fullmatch(r'Successfully pulled image "exit@sha256:[0-9a-f]{64}"', told["Pulled"])


def test_a_volume_that_cannot_be_had_keeps_the_group_pending_and_is_told(emulator: Emulator, name: str) -> None:
    item = container("hello")
    item["properties"]["volumeMounts"] = [{"name": "files", "mountPath": "/mnt"}]
    share = {"shareName": "absent", "storageAccountName": "account", "storageAccountKey": "a2V5"}
    emulator.put(name, group(item, volumes=[{"name": "files", "azureFile": share}]))
    events = until(lambda: emulator.view(name).get("events", []), lambda seen: bool(seen and seen[0]["count"] > 1))
    assert [event["name"] for event in events] == ["FailedMount"]
    properties = emulator.get(name).json()["properties"]
    assert (properties["provisioningState"], properties["instanceView"]["state"]) == ("Creating", "Pending")


def test_a_start_runs_the_init_containers_again(emulator: Emulator, name: str) -> None:
    first = {"name": "first", "properties": {"image": "hello"}}
    emulator.put(name, group(container("hello"), initContainers=[first]))
    emulator.until_state(name, "Succeeded")
    emulator.post(name, "start")
    entries = until(lambda: started_in(emulator, name), lambda seen: len(seen) == 4)
    assert entries == ["started first", "started main"] * 2


def started_in(emulator: Emulator, name: str) -> list[str]:
    entries = emulator.http.get("/_emulator/journal", params={"group": name}).json()["value"]
    return [entry["effect"] for entry in entries if entry["effect"].startswith("started ")]


@pytest.mark.parametrize("verb", ["start", "restart"])
def test_an_image_that_changed_is_pulled_anew(tmp_path: Path, verb: str) -> None:
    images = write_images(tmp_path, {"job": {"command": ["echo", "old"]}})
    with started(images, "--speed", "0", "--runtime", "process") as emulator:
        emulator.put("one", group(container("job")))
        emulator.until_state("one", "Succeeded")
        write_images(tmp_path, {"job": {"command": ["echo", "very new"]}})
        emulator.post("one", verb)
        until(lambda: emulator.log("one").json().get("content"), lambda content: content == "very new\n")
        pulled = [event["message"] for event in emulator.view("one")["events"] if event["name"] == "Pulled"]
        assert len(set(pulled)) == 2


def test_a_log_outlives_a_stop_and_not_a_delete(emulator: Emulator, name: str) -> None:
    emulator.put(name, group(shell("echo once; exec sleep 600")))
    until(lambda: emulator.log(name).json().get("content"), lambda content: content == "once\n")
    emulator.post(name, "stop")
    assert emulator.log(name).json() == {"content": "once\n"}
    emulator.delete(name)
    assert (emulator.log(name).status_code, emulator.log(name).json()["error"]["code"]) == (404, "ResourceNotFound")


@pytest.mark.parametrize(("kind", "gateway"), [("denied", True), ("transitioning", False), ("server-error", False)])
def test_a_refusal_of_arm_itself_says_that_it_was_the_gateway(
    emulator: Emulator, name: str, kind: str, *, gateway: bool
) -> None:
    emulator.arm(name, kind, operation="put")
    headers = emulator.put(name, group(container("hello"))).headers
    assert headers.get("x-ms-failure-cause") == ("gateway" if gateway else None)


def test_a_name_that_somebody_else_can_own_is_not_served(emulator: Emulator) -> None:
    """A page may point its own name at 127.0.0.1; its browser then reads whatever is answered under that name."""
    served = {
        host: emulator.http.get(GROUPS, headers={"Host": host}).status_code
        for host in (
            "evil.example",
            "evil.example:10010",
            "127.0.0.1",
            "[::1]:80",
            "localhost:1",
            "host.docker.internal",
        )
    }
    assert served == dict.fromkeys(served, 200) | {"evil.example": 403, "evil.example:10010": 403}
