"""What clients ask first: subscriptions, regions, resource groups, resources (pure)."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aci_emulator.arm import Answer, ArmError
from aci_emulator.lookups.subscriptions import SUBSCRIPTION
from aci_emulator.tokens import TENANT
from tests.emulator.arm_world import RG, Arm, S, names


@pytest.fixture(name="arm")
def look_ups() -> Arm:
    return Arm()


def test_subscriptions_are_those_in_use_each_once_and_one_for_tools_that_need_one(arm: Arm) -> None:
    listed = arm.get("/subscriptions")["value"]
    assert [each["subscriptionId"] for each in listed] == [SUBSCRIPTION, S, "Another"]
    assert {each["state"] for each in listed} == {"Enabled"}
    arm.holdings.held = []
    assert len(arm.get("/subscriptions")["value"]) == 1


def test_any_subscription_exists_in_the_one_tenant(arm: Arm) -> None:
    found = arm.get("/subscriptions/Any Text")
    assert (found["subscriptionId"], found["tenantId"]) == ("Any Text", TENANT)
    assert [each["tenantId"] for each in arm.get("/tenants")["value"]] == [TENANT]


def test_a_subscription_has_azures_regions(arm: Arm) -> None:
    regions = arm.get(f"/subscriptions/{S}/locations")["value"]
    west = next(each for each in regions if each["name"] == "westeurope")
    assert (west["displayName"], west["regionalDisplayName"]) == ("West Europe", "(Europe) West Europe")
    assert west["id"] == f"/subscriptions/{S}/locations/westeurope"
    assert len({each["name"] for each in regions}) == len(regions)


def test_any_resource_group_exists_and_is_where_its_first_container_group_is(arm: Arm) -> None:
    assert arm.ask("HEAD", RG + "never-heard-of").status == 204
    assert arm.get(RG + "never-heard-of")["location"] == "westeurope"
    other = arm.get(RG.lower() + "OTHER")
    assert (other["name"], other["location"], other["properties"]) == (
        "Other",
        "eastus",
        {"provisioningState": "Succeeded"},
    )


def test_a_resource_group_that_was_made_has_its_region_and_tags(arm: Arm) -> None:
    body = {"location": "North Europe", "tags": {"owner": "data"}}
    made = arm.ask("PUT", RG + "Mine", body)
    assert (made.status, made.effect) == (201, "created")
    assert arm.ask("PUT", RG + "mine", body).status == 200
    found = arm.get(RG + "MINE")
    assert (found["location"], found["tags"], found["type"]) == (
        "northeurope",
        {"owner": "data"},
        "Microsoft.Resources/resourceGroups",
    )
    assert arm.ask("PATCH", RG + "mine", {"tags": {"owner": "web"}}).status == 200
    assert arm.get(RG + "mine")["tags"] == {"owner": "web"}
    arm.ask("PATCH", RG + "mine", {})
    assert arm.get(RG + "mine")["tags"] == {"owner": "web"}


def test_resource_groups_are_listed_that_were_made_or_hold_something(arm: Arm) -> None:
    arm.ask("PUT", RG + "Mine", {"location": "northeurope"})
    arm.ask("PUT", "/subscriptions/another/resourceGroups/Mine", {"location": "northeurope"})
    assert names(arm.get(f"/subscriptions/{S}/resourceGroups")) == ["Mine", "Other", "rg"]


def test_the_region_of_a_resource_group_cannot_change(arm: Arm) -> None:
    arm.ask("PUT", RG + "mine", {"location": "northeurope"})
    assert arm.refused("PUT", RG + "mine", {"location": "eastus"}) == (409, "InvalidResourceGroupLocation")


def test_an_empty_resource_group_is_deleted_and_a_full_one_is_not_emulated(arm: Arm) -> None:
    arm.ask("PUT", RG + "mine", {"location": "northeurope"})
    assert arm.ask("DELETE", RG + "mine").status == 200
    assert "mine" not in names(arm.get(f"/subscriptions/{S}/resourceGroups"))
    assert arm.refused("DELETE", RG + "RG") == (501, "NotImplemented")
    with pytest.raises(ArmError, match=r"delete its 1 container group\(s\) first, such as 'nightly'"):
        arm.ask("DELETE", RG + "RG")


@pytest.mark.parametrize("name", ["a" * 90, "a.b", "-_().x", "ä", "a.b_"])
def test_a_resource_group_may_be_called(arm: Arm, name: str) -> None:
    assert arm.get(RG + name)["name"] == name


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("name", ["a" * 91, "a.", ".", "a b", "a\n", "a*", "a\x00"])
def test_a_resource_group_may_not_be_called(arm: Arm, method: str, name: str) -> None:
    assert arm.refused(method, RG + name, {}) == (400, "InvalidResourceGroupName")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "LocationRequired"),
        ({"location": 7}, "InvalidRequestContent"),
        ({"location": ""}, "InvalidRequestContent"),
        ({"location": "/etc"}, "InvalidRequestContent"),
        ({"location": "eastus", "tags": ["a"]}, "InvalidRequestContent"),
        ({"location": "eastus", "tags": {"a": 1}}, "InvalidRequestContent"),
        ([], "InvalidRequestContent"),
        (None, "InvalidRequestContent"),
    ],
)
def test_a_resource_group_with_a_bad_body_is_refused(arm: Arm, body: Any, code: str) -> None:
    assert arm.refused("PUT", RG + "mine", body) == (400, code)


def test_container_groups_are_resources(arm: Arm) -> None:
    every = arm.get(f"/subscriptions/{S}/resources")
    assert names(every) == ["nightly", "weekly"]
    assert every["value"][0] == {
        "id": arm.holdings.held[0].id,
        "name": "nightly",
        "type": "Microsoft.ContainerInstance/containerGroups",
        "location": "westeurope",
        "tags": {"team": "data", "owner": "web"},
    }
    assert names(arm.get(f"{RG}RG/resources")) == ["nightly"]
    assert names(arm.get(f"/subscriptions/{S}/resources", **{"$top": "1"})) == ["nightly"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("resourceType eq 'microsoft.containerinstance/CONTAINERGROUPS'", ["nightly", "weekly"]),
        ("resourceType eq 'Microsoft.Compute/virtualMachines'", []),
        ("resourceType ne 'Microsoft.Compute/virtualMachines' AND name EQ 'Weekly'", ["weekly"]),
        ("resourceGroup eq 'other'", ["weekly"]),
        ("location eq 'East US'", ["weekly"]),
        ("name ne 'weekly'", ["nightly"]),
        ("tagName eq 'team' and tagValue eq 'data'", ["nightly"]),
        ("tagName eq 'team' and tagValue eq 'web'", ["weekly"]),
        ("tagValue eq 'web'", ["nightly", "weekly"]),
        ("tagValue eq 'it''s'", ["weekly"]),
        ("name eq 'it''s'", []),
        ("  ", ["nightly", "weekly"]),
    ],
)
def test_a_filter_chooses(arm: Arm, text: str, found: list[str]) -> None:
    assert names(arm.get(f"/subscriptions/{S}/resources", **{"$filter": text})) == found


@pytest.mark.parametrize(
    "text",
    [
        "managedBy eq 'x'",
        "name gt 'x'",
        "name eq x",
        "name eq 'x",
        "name eq 'x' or name eq 'y'",
        "name eq 'x' and",
        "name eq 'x' name eq 'y'",
        "substringof('x', name)",
        "'",
    ],
)
def test_a_filter_that_is_not_understood_is_refused_and_not_passed_over(arm: Arm, text: str) -> None:
    code = (400, "InvalidFilterInQueryString")
    assert arm.refused("GET", f"/subscriptions/{S}/resources", **{"$filter": text}) == code


@pytest.mark.parametrize("top", ["0", "-1", "1001", "many", ""])
def test_a_top_that_is_no_number_is_refused(arm: Arm, top: str) -> None:
    assert arm.refused("GET", f"/subscriptions/{S}/resources", **{"$top": top}) == (400, "InvalidTopInQueryString")


WORDS = [
    "subscriptions",
    S,
    "resourceGroups",
    "rg",
    "resources",
    "providers",
    "Microsoft.ContainerInstance",
    "locations",
]
JSONS = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["location", "tags", "a"]), inner),
    max_leaves=5,
)


@settings(derandomize=True, max_examples=400, database=None, deadline=None)
@given(
    method=st.sampled_from(["GET", "PUT", "PATCH", "DELETE", "POST", "HEAD", "X"]),
    parts=st.lists(st.sampled_from(WORDS) | st.text(), max_size=7),
    text=st.text(alphabet="name eq'and \ntoplcir\u0130()", max_size=40),
    top=st.text(max_size=5),
    body=JSONS,
)
def test_whatever_is_asked_is_answered_or_refused(
    method: str, parts: list[str], text: str, top: str, body: Any
) -> None:
    answer: Answer | ArmError
    try:
        answer = Arm().ask(method, "/" + "/".join(parts), body, **{"$filter": text, "$top": top})
    except ArmError as refusal:
        answer = refusal
    assert answer.status in {200, 201, 204, 400, 404, 405, 409, 501}
    json.dumps(answer.body() if isinstance(answer, ArmError) else answer.body, allow_nan=False)
