"""The limits, in virtual time: quotas, creates and deletes, each adjustable."""

from typing import Any

import pytest

from aci_emulator.limits import LimitError, Limits, names, read_limit
from tests.emulator.driver import container, group
from tests.emulator.virtual import World

pytestmark = pytest.mark.anyio

ONE = group(container("any"))
PREFIX = "x-ms-ratelimit-remaining-subscription-resource-requests"


def sized(cpu: float, location: str = "westeurope", **properties: Any) -> dict[str, Any]:
    return group(container("any", cpu=cpu), **properties) | {"location": location}


async def test_the_hundred_and_first_group_of_a_region_is_one_too_many() -> None:
    world = World(Limits(groups=2))
    await world.running("one", ONE)
    await world.running("two", ONE)
    answer = await world.ask("PUT", "three", ONE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ContainerGroupQuotaReached")
    assert answer.json()["error"]["message"] == (
        "Resource type 'Microsoft.ContainerInstance/containerGroups' container group quota 'ContainerGroups' exceeded "
        "in region 'westeurope'. Limit: '2', Usage: '2' Requested: '1'."
    )
    assert (await world.put("two", ONE)).status_code == 200
    assert (await world.put("three", sized(1, "northeurope"))).status_code == 201
    await world.deleted("one")
    assert (await world.put("four", ONE)).status_code == 201


async def test_an_ended_group_counts_as_a_group_but_holds_no_cores() -> None:
    world = World(Limits(cores=4))
    await world.running("one", sized(3))
    assert await world.code("PUT", "two", sized(2)) == (400, "ContainerGroupQuotaReached")
    await world.exit("main", 0)
    assert (await world.put("two", sized(2))).status_code == 201
    assert world.provider.usage("11111111-2222-3333-4444-555555555555", "West Europe").groups == 2


async def test_a_start_needs_its_cores_again() -> None:
    world = World(Limits(cores=4))
    await world.running("one", sized(3))
    await world.ask("POST", "one/stop")
    await world.running("two", sized(3))
    assert await world.code("POST", "one/start") == (400, "ContainerGroupQuotaReached")
    await world.exit("main", 0)
    assert (await world.ask("POST", "one/start")).status_code == 204


async def test_two_puts_at_once_do_not_share_the_last_place() -> None:
    world = World(Limits(groups=1))
    asked = [world.background("PUT", name, ONE) for name in ("one", "two")]
    await world.clock.advance(3)
    assert sorted([(await answer).status_code for answer in asked]) == [201, 400]


async def test_spot_cores_are_counted_apart() -> None:
    world = World(Limits(cores=1, spot_cores=3))
    await world.running("one", ONE)
    spot = sized(3, priority="Spot")
    assert (await world.put("two", spot)).status_code == 201
    answer = await world.ask("PUT", "three", sized(1, priority="Spot"))
    assert "quota 'StandardSpotCores'" in answer.json()["error"]["message"]


async def test_creates_are_granted_by_the_window_and_told() -> None:
    world = World(Limits(creates_5min=2, creates_hour=3))
    first = await world.put("one", ONE)
    assert (first.headers[f"{PREFIX}-pt5m"], first.headers[f"{PREFIX}-pt1h"]) == ("1", "2")
    await world.put("two", ONE)
    refused = await world.ask("PUT", "three", ONE)
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "ResourceRequestsThrottled")
    assert (refused.headers["Retry-After"], refused.headers[f"{PREFIX}-pt5m"]) == ("294", "0")
    await world.clock.advance(294)
    assert (await world.put("three", ONE)).status_code == 201
    refused = await world.ask("PUT", "four", ONE)
    assert refused.status_code == 429
    await world.clock.advance(float(refused.headers["Retry-After"]))
    assert (await world.put("four", ONE)).status_code == 201


async def test_deletes_are_granted_by_the_window_and_told() -> None:
    world = World(Limits(deletes_hour=1))
    await world.running("one", ONE)
    await world.running("two", ONE)
    assert await world.deleted("one")
    assert await world.code("DELETE", "two") == (429, "ResourceRequestsThrottled")
    assert (await world.ask("GET", "two")).json()["properties"]["provisioningState"] == "Succeeded"
    await world.clock.advance(3_600)
    assert await world.deleted("two")


async def test_arm_grants_a_bucket_of_reads() -> None:
    world = World(Limits(reads_bucket=3, reads_refill=1))
    answers = [await world.ask("GET", "one") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [404, 404, 404, 429]
    assert answers[0].headers["x-ms-ratelimit-remaining-subscription-reads"] == "2"
    assert answers[3].json()["error"]["code"] == "SubscriptionRequestsThrottled"
    await world.clock.advance(float(answers[3].headers["Retry-After"]))
    assert (await world.ask("GET", "one")).status_code == 404


async def test_a_list_comes_in_pages() -> None:
    world = World(Limits(page=2))
    for name in ("one", "two", "three"):
        await world.running(name, ONE)
    page = (await world.ask("GET", "")).json()
    assert [item["name"] for item in page["value"]] == ["one", "two"]
    await world.deleted("two")
    last = (await world.get_url(page["nextLink"])).json()
    assert [item["name"] for item in last["value"]] == ["three"]
    assert "nextLink" not in last


async def test_a_page_that_no_link_names_is_refused() -> None:
    assert (await World().code("GET", "?$skiptoken=x"))[1] == "InvalidRequestContent"


def test_every_limit_is_adjustable_by_its_name() -> None:
    for name in names():
        assert Limits().adjusted({name: 7}).body()[name] == 7


def test_all_limits_are_lifted_at_once_but_for_the_ones_named() -> None:
    limits = Limits().adjusted({"groups": 5, "all": "none"})
    assert (limits.groups, limits.cores, limits.least_cpu) == (5, float("inf"), 0)
    named = {"groups": 5, "least-cpu": 0, "least-memory": 0}
    assert limits.body() == dict.fromkeys(names(), "none") | named


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("groups", "'groups' is not NAME=NUMBER"),
        ("grups=1", "'grups' is not a limit; there are: all, groups,"),
        ("groups=-1", "limit groups is '-1': a number from 0 up, or none"),
        ("groups=inf", "limit groups is 'inf'"),
        ("groups=nan", "limit groups is 'nan'"),
        ("page=0", "limit page is '0': a number from 1 up"),
    ],
)
def test_a_limit_that_is_wrong_is_named(text: str, words: str) -> None:
    with pytest.raises(LimitError) as refusal:
        read_limit(text)
    assert words in str(refusal.value)


async def test_cores_of_spot_leave_the_others_alone() -> None:
    world = World(Limits(cores=1, spot_cores=3))
    await world.running("one", sized(3, priority="Spot"))
    assert (await world.put("two", sized(1))).status_code == 201


async def test_a_bucket_is_one_subscriptions() -> None:
    world = World(Limits(reads_bucket=1, reads_refill=0.001))
    place = "/subscriptions/{}/providers/Microsoft.ContainerInstance/containerGroups?api-version=2023-05-01"
    asked = [(await world.get_url(place.format(name))).status_code for name in ("a", "a", "A", "b")]
    assert asked == [200, 429, 429, 200]
