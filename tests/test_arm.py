"""A container group in ARM's words: one spelling, one body laid over another, and its secrets."""

import base64
from typing import Any

import pytest

from scheduler import arm

TOKEN = "https://weather.vault.azure.net/secrets/token"
KEY = "@Microsoft.KeyVault(VaultName=weather;SecretName=key)"
SECRETS = {TOKEN: "hush", KEY: "hush-hush"}


def test_known_names_are_written_the_one_way_and_all_else_stays() -> None:
    assert arm.canonical(
        {
            "PROPERTIES": {
                "Containers": [
                    {"NAME": "A", "properties": {"Image": "X", "novelty": {"Image": 1}, "COMMAND": ["Run"]}}
                ],
                "volumes": [{"Name": "v", "Secret": {"Image": "aGk=", "image": "aGk="}}],
                "diagnostics": {"LOGANALYTICS": {"metadata": {"WorkspaceKey": "k"}}},
            }
        }
    ) == {
        "properties": {
            "containers": [{"name": "A", "properties": {"image": "X", "novelty": {"Image": 1}, "command": ["Run"]}}],
            "volumes": [{"name": "v", "secret": {"Image": "aGk=", "image": "aGk="}}],
            "diagnostics": {"logAnalytics": {"metadata": {"WorkspaceKey": "k"}}},
        }
    }


@pytest.mark.parametrize("value", [None, 5, "x", [], {}, [[1]], {"properties": 5}, {"properties": [None]}])
def test_whatever_is_no_group_stays_as_it_is(value: object) -> None:
    assert arm.canonical(value) == value


@pytest.mark.parametrize(
    "twin", ["Containers", "CONTAINERS", "\N{LATIN SMALL LETTER LONG S}ku", "containers\N{KELVIN SIGN}"]
)
def test_two_ways_of_writing_one_name_are_refused(twin: str) -> None:
    with pytest.raises(ValueError, match=r"is given twice|is no property of a container group"):
        arm.canonical({"properties": {"containers": [], twin: []}})


@pytest.mark.parametrize(
    ("under", "over", "merged"),
    [
        ({"a": 1, "b": 2}, {"b": 3, "c": 4}, {"a": 1, "b": 3, "c": 4}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"c": 3}}, {"a": {"b": 1, "c": 3}}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1}}, {"a": 5}, {"a": 5}),
        ({"a": 5}, {"a": {"b": 1, "c": None}}, {"a": {"b": 1}}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({}, {"a": None}, {}),
        (
            {"containers": [{"name": "job", "properties": {"image": "x", "command": ["a"]}}]},
            {"containers": [{"name": "side"}, {"name": "job", "properties": {"command": ["b", "c"]}}]},
            {"containers": [{"name": "job", "properties": {"image": "x", "command": ["b", "c"]}}, {"name": "side"}]},
        ),
        (
            {"volumes": [{"name": "v", "azureFile": {"shareName": "a", "readOnly": False}}]},
            {"volumes": [{"name": "v", "azureFile": {"readOnly": True}}, {"name": "w", "emptyDir": {}}]},
            {
                "volumes": [
                    {"name": "v", "azureFile": {"shareName": "a", "readOnly": True}},
                    {"name": "w", "emptyDir": {}},
                ]
            },
        ),
        (
            {"environmentVariables": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
            {"environmentVariables": [{"name": "A", "secureValue": "3"}]},
            {"environmentVariables": [{"name": "A", "secureValue": "3"}, {"name": "B", "value": "2"}]},
        ),
        (
            {"volumeMounts": [{"name": "v", "mountPath": "/v"}]},
            {"volumeMounts": [{"name": "v", "mountPath": "/w"}]},
            {"volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "v", "mountPath": "/w"}]},
        ),
        (
            {"imageRegistryCredentials": [{"server": "s", "identity": "i"}]},
            {"imageRegistryCredentials": [{"server": "s", "username": "u", "password": "p"}]},
            {"imageRegistryCredentials": [{"server": "s", "username": "u", "password": "p"}]},
        ),
        ({"subnetIds": [{"id": "a", "name": "x"}]}, {"subnetIds": [{"id": "b"}]}, {"subnetIds": [{"id": "b"}]}),
    ],
)
def test_one_object_laid_over_another(under: Any, over: Any, merged: object) -> None:
    before = repr((under, over))
    assert arm.laid_over(under, over) == merged
    assert repr((under, over)) == before


GROUP = {
    "volumes": [
        {"name": "share", "azureFile": {"shareName": TOKEN, "storageAccountKey": KEY}},
        {"name": "files", "secret": {"token": TOKEN, "plain": "aGk="}},
    ],
    "containers": [{"environmentVariables": [{"name": "A", "secureValue": TOKEN}, {"name": "B", "value": TOKEN}]}],
    "imageRegistryCredentials": [{"password": "bare"}],
    "diagnostics": {"logAnalytics": {"workspaceKey": KEY}},
}


def test_references_are_found_where_arm_takes_a_secret_and_nowhere_else() -> None:
    assert arm.references(GROUP) == (KEY, TOKEN)
    assert arm.secret_texts(GROUP) == (KEY, TOKEN, "aGk=", "bare")


def test_secrets_take_the_places_of_their_references_and_files_become_base64() -> None:
    resolved = arm.resolved(GROUP, SECRETS)
    share, files = resolved["volumes"]
    assert share["azureFile"] == {"shareName": TOKEN, "storageAccountKey": "hush-hush"}
    assert base64.b64decode(files["secret"]["token"]) == b"hush"
    assert files["secret"]["plain"] == "aGk="
    assert resolved["containers"][0]["environmentVariables"] == [
        {"name": "A", "secureValue": "hush"},
        {"name": "B", "value": TOKEN},
    ]
    assert resolved["imageRegistryCredentials"] == [{"password": "bare"}]
    assert arm.references(GROUP) == (KEY, TOKEN)


def test_a_reference_without_its_secret_is_named() -> None:
    with pytest.raises(KeyError, match="SecretName=key"):
        arm.resolved(GROUP, {TOKEN: "hush"})


@pytest.mark.parametrize(("depth", "deep"), [(3, False), (4, True)])
def test_objects_within_each_other_are_counted(depth: int, deep: bool) -> None:
    value: object = 1
    for turn in range(depth):
        value = [value] if turn % 2 else {"a": value, "b": 1}
    assert arm.too_deep(value, 3) is deep


def test_every_identity_that_a_group_names_is_found() -> None:
    group = {
        "identity": {"userAssignedIdentities": {"own": {}}},
        "properties": {
            "imageRegistryCredentials": [{"server": "s", "identity": "pull"}, {"server": "t", "username": "u"}],
            "encryptionProperties": {"identity": "lock"},
        },
    }
    assert arm.identities(group) == ("own", "pull", "lock")
    assert arm.identities({}) == ()


@pytest.mark.parametrize(
    ("image", "pulled"), [("ours.io/a", True), ("Ours.IO/a", True), ("ours.io.evil/a", False), ("ours.io", False)]
)
def test_an_image_comes_from_the_registry_that_its_name_begins_with(image: str, pulled: bool) -> None:
    assert arm.pulled_from("ours.io", image) is pulled
