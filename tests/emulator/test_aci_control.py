"""The emulator's own requests: faults, journal, limits and the virtual clock."""

from typing import Any

import pytest

from tests.emulator.driver import container, group
from tests.emulator.virtual import World

pytestmark = pytest.mark.anyio

ONE = group(container("any"))


async def test_faults_are_armed_listed_and_disarmed() -> None:
    world = World()
    armed = await world.control("POST", "faults", {"kind": "server-error", "operation": "get", "count": 3})
    assert (armed.status_code, [fault["id"] for fault in armed.json()["value"]]) == (201, ["1"])
    await world.control("POST", "faults", [{"kind": "capacity"}, {"kind": "vanish"}])
    assert (await world.ask("GET", "one")).status_code == 500
    listed = (await world.control("GET", "faults")).json()["value"]
    assert [(fault["kind"], fault["matched"], fault["struck"]) for fault in listed] == [
        ("server-error", 1, 1),
        ("capacity", 0, 0),
        ("vanish", 0, 0),
    ]
    assert (await world.control("DELETE", "faults/1")).status_code == 204
    assert (await world.control("DELETE", "faults/1")).json()["error"]["code"] == "FaultNotFound"
    assert (await world.ask("GET", "one")).status_code == 404
    assert (await world.control("DELETE", "faults")).status_code == 204
    assert (await world.control("GET", "faults")).json() == {"value": []}


async def test_of_a_list_with_one_wrong_fault_none_is_armed() -> None:
    world = World()
    answer = await world.control("POST", "faults", [{"kind": "slow"}, {"kind": "meteor"}])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidFault")
    assert (await world.control("GET", "faults")).json() == {"value": []}


async def test_limits_are_shown_and_changed_while_it_runs() -> None:
    world = World()
    assert (await world.control("GET", "limits")).json()["groups"] == 100
    assert (await world.control("POST", "limits", {"groups": 0})).json()["groups"] == 0
    assert await world.code("PUT", "one", ONE) == (400, "ContainerGroupQuotaReached")


async def test_the_journal_is_read_in_parts_and_forgotten() -> None:
    world = World()
    await world.running("one", ONE)
    await world.running("two", ONE)
    entries = (await world.control("GET", "journal")).json()["value"]
    assert [(entry["group"], entry["effect"]) for entry in entries if entry["effect"]] == [
        ("one", "created"),
        ("one", "started main"),
        ("two", "created"),
        ("two", "started main"),
    ]
    after = entries[1]["number"]
    assert len((await world.control("GET", f"journal?after={after}&operation=put")).json()["value"]) == 1
    assert (await world.control("DELETE", "journal")).status_code == 204
    assert (await world.control("GET", "journal")).json() == {"value": []}
    await world.ask("GET", "one")
    assert (await world.control("GET", "journal")).json()["value"][0]["number"] > after


async def test_a_request_is_in_the_journal_with_its_clients_id() -> None:
    world = World()
    await world.ask("GET", "one", headers={"x-ms-client-request-id": "mine"})
    (entry,) = (await world.control("GET", "journal")).json()["value"]
    assert (entry["method"], entry["status"], entry["code"], entry["client_request_id"]) == (
        "GET",
        404,
        "ResourceNotFound",
        "mine",
    )
    assert entry["path"].endswith("/containerGroups/one?api-version=2023-05-01")


async def test_the_virtual_clock_is_moved_from_outside() -> None:
    world = World()
    asked = world.background("PUT", "one", ONE)
    assert (await world.control("POST", "clock", {"advance": 3})).json() == {"now": "2026-11-22T09:00:03.000Z"}
    assert (await asked).status_code == 201
    await world.control("POST", "clock", {"advance": 15})
    assert (await world.show("one"))[2] == "Running"


WRONG = [
    ("POST", "faults", "nonsense", 400, "InvalidFault"),
    ("POST", "limits", {"grups": 1}, 400, "InvalidLimit"),
    ("POST", "limits", [], 400, "InvalidLimit"),
    ("POST", "clock", {"advance": -1}, 400, "InvalidClock"),
    ("POST", "clock", {"advance": True}, 400, "InvalidClock"),
    ("POST", "clock", [], 400, "InvalidClock"),
    ("GET", "journal?after=x", None, 400, "InvalidQuery"),
    ("GET", "journal/1", None, 404, "NotFound"),
    ("PUT", "faults", {}, 404, "NotFound"),
    ("GET", "else", None, 404, "NotFound"),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "code"), WRONG)
async def test_a_wrong_request_is_refused_by_name(method: str, path: str, body: Any, status: int, code: str) -> None:
    answer = await World().control(method, path, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
