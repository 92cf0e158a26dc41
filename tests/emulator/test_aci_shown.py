"""What a GET shows of what was sent: the echo, without its secrets, and with what ACI adds (aci.md, 2)."""

import copy
import json
from typing import Any

import pytest

from aci_emulator.shown import shown
from aci_emulator.spec import read_spec
from aci_emulator.tokens import TENANT, client_id, principal_id
from tests.emulator.bodies import FULL, HUSH, HUSH64, USER, changed
from tests.emulator.driver import container, group

ID = "/subscriptions/s/resourceGroups/r/providers/Microsoft.ContainerInstance/containerGroups/nightly"


def answer(body: dict[str, Any], **options: Any) -> dict[str, Any]:
    return shown(read_spec(body).body, ID, **options)


def test_a_small_group_is_echoed_with_what_aci_adds() -> None:
    sent = group(container("hello"), policy=None)
    seen = answer(sent)
    assert seen["properties"].pop("sku") == "Standard"
    assert seen["properties"].pop("initContainers") == []
    assert seen["properties"]["containers"][0]["properties"].pop("environmentVariables") == []
    assert seen == sent


def test_the_echo_leaves_the_specification_alone() -> None:
    spec = read_spec(FULL)
    before = copy.deepcopy(spec.body)
    shown(spec.body, ID, version="2026-05-01", address="127.0.0.1")
    assert spec.body == before


def test_secrets_are_left_out_and_their_names_stay() -> None:
    seen = answer(FULL, version="2026-05-01", address="127.0.0.1")
    text = json.dumps(seen)
    assert (HUSH in text, HUSH64 in text) == (False, False)
    properties = seen["properties"]
    assert properties["containers"][0]["properties"]["environmentVariables"] == [
        {"name": "PLAIN", "value": "seen"},
        {"name": "_KEY"},
        {"name": "EMPTY", "value": ""},
    ]
    assert properties["imageRegistryCredentials"][0] == {"server": "r.example", "username": "robot"}
    assert properties["volumes"][0]["azureFile"] == {
        "shareName": "data",
        "storageAccountName": "account",
        "readOnly": True,
    }
    assert properties["volumes"][2] == {"name": "secret", "secret": {}}
    assert properties["diagnostics"] == {"logAnalytics": {"workspaceId": "w"}}
    assert properties["extensions"] == [{"name": "proxy", "properties": {}}]
    assert properties["novelty"] == {"kept": None}


def test_a_secret_hides_in_no_way_of_writing_and_in_no_unknown_place() -> None:
    path = "properties.containers.0.properties.environmentVariables.1"
    seen = answer(changed((path, {"NAME": "_KEY", "SecureVALUE": HUSH}), ("properties.novelty", [{"PassWord": HUSH}])))
    assert HUSH not in json.dumps(seen)
    assert seen["properties"]["containers"][0]["properties"]["environmentVariables"][1] == {"name": "_KEY"}


@pytest.mark.parametrize("version", ["2018-10-01", "2022-10-01-preview", "2023-05-01"])
def test_older_api_versions_know_nothing_of_standby_pools(version: str) -> None:
    seen = answer(changed(("properties.isCreatedFromStandbyPool", True)), version=version)["properties"]
    assert not {"isCreatedFromStandbyPool", "isCustomProvisioningTimeout", "provisioningTimeoutInSeconds"} & set(seen)
    assert "configMap" not in seen["containers"][0]["properties"]


@pytest.mark.parametrize("version", ["2024-05-01-preview", "2024-11-01-preview", "2025-09-01", "2026-05-01"])
def test_newer_api_versions_show_more(version: str) -> None:
    seen = answer(changed(("properties.isCreatedFromStandbyPool", True)), version=version)["properties"]
    assert (seen["isCreatedFromStandbyPool"], seen["isCustomProvisioningTimeout"]) == (False, False)
    assert seen["provisioningTimeoutInSeconds"] == 1800
    side = seen["containers"][1]["properties"]
    assert (side["ports"], side["configMap"], side["environmentVariables"]) == ([], {"keyValuePairs": {}}, [])
    assert "configMap" not in seen["initContainers"][0]["properties"]


def test_an_address_is_shown_when_the_group_has_got_it() -> None:
    asked = FULL["properties"]["ipAddress"]
    sent = changed(("properties.ipAddress", asked | {"ip": "1.2.3.4", "FQDN": "of.another"}))
    assert answer(sent)["properties"]["ipAddress"] == asked
    assert answer(sent, address="127.0.0.1")["properties"]["ipAddress"] == asked | {
        "ip": "127.0.0.1",
        "fqdn": "my-label.westeurope.azurecontainer.io",
    }


def test_a_group_without_a_label_has_no_name_and_one_without_address_none() -> None:
    seen = answer(changed(("properties.ipAddress.dnsNameLabel", ...)), address="127.0.0.1")["properties"]["ipAddress"]
    assert (seen["ip"], "fqdn" in seen) == ("127.0.0.1", False)
    assert "ipAddress" not in answer(changed(("properties.ipAddress", ...)), address="127.0.0.1")["properties"]


def test_identities_come_back_with_their_ids_and_not_with_a_clients() -> None:
    seen = answer(changed(("identity.principalId", "mine"), ("identity.tenantId", "mine")))["identity"]
    assert (seen["principalId"], seen["tenantId"]) == (principal_id(ID), TENANT)
    assert seen["userAssignedIdentities"] == {USER: {"clientId": client_id(USER), "principalId": principal_id(USER)}}
    users = answer(changed(("identity.type", "UserAssigned"), ("identity.principalId", "mine")))["identity"]
    assert set(users) == {"type", "userAssignedIdentities"}
    assert "identity" not in answer(group(container("hello")))
    nobody = answer(group(container("hello")) | {"identity": {"type": "None"}})["identity"]
    assert nobody == {"type": "None"}
