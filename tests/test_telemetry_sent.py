"""Telemetry as bytes: the real exporter, and a server that plays the place where Application Insights takes them in."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken

from scheduler import wiring
from scheduler.cloud import telemetry as rooms
from scheduler.cloud.telemetry import OpenTelemetry
from tests.ingestion import KEY, Ingestion, ingestion
from tests.servers import ROOT, Azurite
from tests.test_loop_process import looping
from tests.typist import settings
from tests.world import World, at

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
#: What keeps the exporter from asking Microsoft's own addresses; infra/ sets the same.
QUIET = {"APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED": "true", "APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL": "true"}


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ingestion]:
    for name, value in QUIET.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "func-crontable-abc")
    with ingestion() as place:
        yield place


@pytest.fixture
def world(place: Ingestion) -> Iterator[World]:
    world = World("09:30")
    opened = wiring.open_telemetry(replace(world.settings, telemetry=place.connection))
    assert isinstance(opened, OpenTelemetry)
    world.ports.telemetry = opened
    world.groups.behave(start_delay=1, duration=30, exit_code=0, log="")
    world.add("weather/extract", Schedule="0 * * * *", Image="python:3.13")
    yield world
    for provider in opened._providers:
        provider.shutdown()


def ticked(world: World, *times: str, host: wiring.Host | None = None) -> None:
    for when in times:
        world.clock.to(when)
        wiring.told(world.ports, at(when), host)


def test_application_insights_gets_a_request_its_steps_its_metrics_and_its_log(world: World, place: Ingestion) -> None:
    ticked(world, "09:31", "10:00", "10:01")
    world.ports.telemetry.flush(20)
    requests = place.of("RequestData")
    assert [(one["name"], one["success"]) for one in requests] == [("tick", True)] * 3
    assert {item["iKey"] for item in place.items} == {KEY}
    assert {item["tags"]["ai.cloud.role"] for item in place.items} == {"func-crontable-abc"}

    steps = place.of("RemoteDependencyData")
    (seen,) = [one for one in steps if one["name"] == "observe"]
    assert (seen["type"], seen["properties"]["job"]) == ("InProc", "weather/extract")
    assert (seen["properties"]["state"], seen["properties"]["seconds"]) == ("Succeeded", "30.0")
    operations = {tags["ai.operation.id"] for tags in place.tags("RemoteDependencyData")}
    assert operations == {tags["ai.operation.id"] for tags in place.tags("RequestData")}

    metrics = {point["name"]: (point, one["properties"]) for one in place.of("MetricData") for point in one["metrics"]}
    assert metrics["crontable.runs"][0]["value"] == 1
    assert metrics["crontable.runs"][1] == {"job": "weather/extract", "state": "Succeeded", "cause": "none"}
    assert metrics["crontable.tick.duration"][0]["count"] == 3

    said = place.of("MessageData")
    assert "weather/extract: the run due 2026-11-22T10:00:00Z is over: Succeeded in 30 s." in [
        one["message"] for one in said
    ]
    assert {tags["ai.operation.name"] for tags in place.tags("MessageData")} == {"tick"}


def test_in_the_hosts_trace_nothing_is_sent_that_the_host_sends(world: World, place: Ingestion) -> None:
    ticked(world, "09:31", host=wiring.Host(PARENT))
    world.ports.telemetry.flush(20)
    assert place.of("RequestData") == place.of("MessageData") == []
    (tick,) = [tags for one, tags in both(place) if one["name"] == "tick"]
    assert (tick["ai.operation.id"], tick["ai.operation.parentId"]) == tuple(PARENT.split("-")[1:3])


def both(place: Ingestion) -> list[tuple[Any, Any]]:
    return list(zip(place.of("RemoteDependencyData"), place.tags("RemoteDependencyData"), strict=True))


def test_a_place_that_does_not_answer_holds_no_tick_up_and_the_end_only_for_so_long(
    world: World, place: Ingestion
) -> None:
    place.held = threading.Event()
    began = time.monotonic()
    ticked(world, *(f"09:{minute}" for minute in range(31, 59)))
    assert time.monotonic() - began < 5
    began = time.monotonic()
    world.ports.telemetry.flush(0.2)
    assert time.monotonic() - began < 2
    assert place.items == []
    place.held.set()


def test_what_does_not_arrive_is_said_once_and_so_is_its_arriving_again(
    world: World, place: Ingestion, caplog: pytest.LogCaptureFixture
) -> None:
    place.status = 400
    with caplog.at_level(logging.INFO):
        ticked(world, "09:31")
        world.ports.telemetry.flush(20)
        ticked(world, "09:32")
        world.ports.telemetry.flush(20)
        failing = [one.getMessage() for one in caplog.records if "arrive" in one.getMessage()]
        place.status = 200
        ticked(world, "09:33")
        world.ports.telemetry.flush(20)
    assert len(failing) == 1
    assert failing[0].startswith("Telemetry does not arrive, and ticks go on without: ")
    assert [one.getMessage() for one in caplog.records if "arrives again" in one.getMessage()] == [
        "Telemetry arrives again."
    ]
    assert not logging.getLogger("azure.monitor.opentelemetry").propagate  # its own many lines go nowhere else


def test_with_entras_sign_in_the_identity_of_the_app_is_asked_for_a_token(
    place: Ingestion, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Identity:
        def get_token(self, *_: str, **__: Any) -> AccessToken:
            return AccessToken("a-token", int(time.time()) + 3600)

    clients: list[str] = []

    def identity(client: str) -> Identity:
        clients.append(client)
        return Identity()

    monkeypatch.setattr(rooms, "identity", identity)
    world = World("09:30")
    signed = replace(
        world.settings, telemetry=place.connection, telemetry_identity="ClientId=the-client;Authorization=AAD"
    )
    opened = wiring.open_telemetry(signed)
    assert isinstance(opened, OpenTelemetry)
    assert clients == ["the-client"]
    # The SDK gives a token to nobody who does not speak TLS, as this place does not: it says so, and nothing arrives.
    world.ports.telemetry = opened
    ticked(world, "09:31")
    opened.flush(20)
    assert [one.getMessage() for one in caplog.records if "Bearer token" in one.getMessage()]
    assert place.items == []
    for provider in opened._providers:
        provider.shutdown()


@pytest.mark.azurite
def test_a_loop_that_is_told_to_end_sends_what_it_has_left(
    azurite: Azurite, emulators: Callable[..., str], place: Ingestion, tmp_path: Path
) -> None:
    told = settings(azurite, emulators({})) | QUIET | {"APPLICATIONINSIGHTS_CONNECTION_STRING": place.connection}
    with looping(told, tmp_path / "beat") as child:
        assert child.stdout
        assert child.stderr
        assert " tick: " in child.stdout.readline()
        assert place.items == []  # batches wait for seconds
        child.send_signal(signal.SIGTERM)
        child.stdout.read()
        assert child.stderr.read().count("\n") == 1, "the first line, and no word of a failure"
        assert child.wait() == 0
    assert {one["name"] for one in place.of("RequestData")} == {"tick"}
    assert [one["message"] for one in place.of("MessageData") if one["message"].startswith("tick: ")]


@pytest.mark.azurite
def test_one_tick_from_the_command_line_sends_all_before_it_ends(
    azurite: Azurite, emulators: Callable[..., str], place: Ingestion
) -> None:
    told = settings(azurite, emulators({})) | QUIET | {"APPLICATIONINSIGHTS_CONNECTION_STRING": place.connection}
    command = [sys.executable, "-m", "scheduler", "tick"]
    given = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | told
    answer = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert [one["name"] for one in place.of("RequestData")] == ["tick"]
    assert {"look", "report"} <= {one["name"] for one in place.of("RemoteDependencyData")}
    tables = [one["properties"].get("table") for one in place.of("MetricData")]
    assert told["JOBS_TABLE"] in tables
