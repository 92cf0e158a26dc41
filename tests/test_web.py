"""HTTP: is the scheduler alive, and which run is an existing group's container?"""

from dataclasses import replace
from datetime import datetime

import pytest
from fastapi.testclient import TestClient

from scheduler.web import build
from tests.world import World, at
from tests.world.story import SETTINGS

KEY = {"x-functions-key": "secret"}


@pytest.fixture
def world() -> World:
    """An existing group's job in the middle of a run."""
    world = World(settings=replace(SETTINGS, context_key="secret"))
    world.groups.behave("report", duration=30)
    world.groups.provision("nightly", "report")
    world.add("weather/report", Schedule="*/10 * * * *", ContainerGroup="nightly", Watermark="monday")
    world.ticks("09:05", "09:10")
    return world


def client(world: World, now: datetime | None = None) -> TestClient:
    return TestClient(build(lambda: world.ports, lambda: now or world.clock.now))


def test_health_tells_the_age_of_the_last_whole_tick(world: World) -> None:
    answer = client(world, at("09:12")).get("/api/health")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "last_tick": "2026-11-22T09:10:00Z", "age_seconds": 120.0}


def test_health_turns_red_when_ticks_stop_and_when_there_was_none(world: World) -> None:
    late = client(world, at("09:15:01")).get("/api/health")
    assert (late.status_code, late.json()["status"]) == (503, "late")
    never = client(World()).get("/api/health")
    assert (never.status_code, never.json()["status"]) == (503, "never")


def test_a_tick_that_was_not_whole_does_not_count(world: World) -> None:
    def breaks() -> None:
        raise OSError("the table is away")

    world.journal.before("jobs.query", breaks)
    with pytest.raises(OSError, match="away"):
        world.tick("09:14")
    assert client(world).get("/api/health").json()["last_tick"] == "2026-11-22T09:10:00Z"


def test_a_key_that_the_platform_could_not_read_opens_nothing(world: World) -> None:
    reference = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/context)"
    world.ports.settings = replace(SETTINGS, context_key=reference)
    answer = client(world).get("/api/context/weather/report", headers={"x-functions-key": reference})
    assert answer.status_code == 401


def test_a_container_learns_its_run(world: World) -> None:
    answer = client(world).get("/api/context/weather/report", headers=KEY)
    assert answer.status_code == 200
    told = answer.json()
    assert told.pop("run_id").startswith("ct-weather-report-")
    assert told == {
        "job": "weather/report",
        "due": "2026-11-22T09:10:00Z",
        "attempt": 1,
        "watermark": "monday",
        "interval_start": "2026-11-22T09:00:00Z",
        "interval_end": "2026-11-22T09:10:00Z",
    }


def test_without_an_active_run_there_is_nothing_to_learn(world: World) -> None:
    world.tick("09:11")
    answer = client(world).get("/api/context/weather/report", headers=KEY)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.json()["detail"] == "weather/report has no active run."
    assert client(world).get("/api/context/no/where", headers=KEY).status_code == 404


@pytest.mark.parametrize("headers", [{}, {"x-functions-key": "guess"}, {"x-functions-key": ""}])
def test_without_the_key_nothing_is_told(world: World, headers: dict[str, str]) -> None:
    assert client(world).get("/api/context/weather/report", headers=headers).status_code == 401


def test_where_no_key_is_set_none_fits() -> None:
    world = World()
    assert client(world).get("/api/context/weather/report", headers={"x-functions-key": ""}).status_code == 401


@pytest.mark.parametrize("forged", ["%0aFORGED", "%0d%0aFORGED", "%1b[2KFORGED", "%c2%85FORGED", "%e2%80%a8FORGED"])
def test_an_address_writes_no_line_of_its_own_into_the_log(
    world: World, forged: str, caplog: pytest.LogCaptureFixture
) -> None:
    world.journal.fail("jobs.read*", ZeroDivisionError("unforeseen"))
    assert client(world).get(f"/api/context/weather/x{forged}", headers=KEY).status_code == 500
    (said,) = [one.getMessage() for one in caplog.records if one.name == "crontable"]
    assert "FORGED failed" in said
    assert said.isprintable()
