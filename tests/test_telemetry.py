"""What a tick tells of itself: one trace a tick, a span for each step, runs by their outcome, facts in sentences."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from opentelemetry.trace import SpanKind, StatusCode

from scheduler import wiring
from scheduler.facts.jobs import Failed
from scheduler.facts.ticks import Ticked
from scheduler.facts.troubles import OrphanStays
from scheduler.ports import GroupRefused
from scheduler.run import Cause
from scheduler.settings import Settings
from scheduler.spoken import Spoken
from tests.servers import ROOT, Azurite
from tests.telemetry import Caught
from tests.world import World, at

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
STEPS = ["look", "finish", "plan", "start", "report"]


@pytest.fixture
def caught() -> Caught:
    return Caught()


@pytest.fixture
def world(caught: Caught) -> Iterator[World]:
    """A job of each hour that takes half a minute, in a world with real threads."""
    world = World("09:30")
    world.ports.telemetry = caught.telemetry
    world.groups.behave(start_delay=1, duration=30, exit_code=0, log="::watermark::1\n")
    with ThreadPoolExecutor(4) as pool:
        world.ports.pool = pool
        yield world


def ticked(world: World, when: str, host: wiring.Host | None = None) -> Ticked:
    world.clock.to(when)
    return wiring.told(world.ports, at(when), host)


def add(world: World, *jobs: str) -> None:
    for job in jobs:
        world.add(job, Schedule="0 * * * *", Image="python:3.13")


# one trace a tick


def test_an_idle_tick_is_one_trace_of_its_steps_and_nothing_else(world: World, caught: Caught) -> None:
    add(world, "weather/extract")
    world.ticks("09:31", "09:35")
    caught.clear()
    ticked(world, "09:40")
    assert caught.names == [*STEPS, "tick"]
    (tick,) = [span for span in caught.spans if span.name == "tick"]
    assert {span.context.trace_id for span in caught.spans if span.context} == {tick.context.trace_id}
    assert all(span.parent.span_id == tick.context.span_id for span in caught.spans if span.parent and tick.context)
    assert dict(tick.attributes or {}) | {"seconds": 0} == {
        "seen": 0, "started": 0, "finished": 0, "skipped": 0, "throttled": 0, "seconds": 0, "past_due": False,
    }  # fmt: skip


def test_a_full_read_shows_its_sweep(world: World, caught: Caught) -> None:
    ticked(world, "09:31")
    assert caught.names == ["look", "finish", "sweep", *STEPS[2:], "tick"]


def test_a_tick_without_a_host_is_a_request_and_one_in_the_hosts_trace_is_none(world: World, caught: Caught) -> None:
    ticked(world, "09:31")
    ticked(world, "09:32", wiring.Host(PARENT))
    ticked(world, "09:33", wiring.Host())
    alone, within, unknown = [span for span in caught.spans if span.name == "tick"]
    assert alone.parent is None
    assert alone.kind is SpanKind.SERVER
    assert within.kind is unknown.kind is SpanKind.INTERNAL
    assert within.parent
    assert (f"{within.parent.trace_id:x}", f"{within.parent.span_id:x}") == (
        "af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331",
    )  # fmt: skip
    assert unknown.parent is None


def test_a_tick_that_fails_is_a_failed_trace_and_goes_on_failing(
    world: World, caught: Caught, monkeypatch: pytest.MonkeyPatch
) -> None:
    def query(*_: object) -> None:
        raise ConnectionError("the tables do not answer")

    monkeypatch.setattr(world.jobs, "query", query)
    with pytest.raises(ConnectionError):
        ticked(world, "09:31")
    assert [(span.name, span.status.status_code) for span in caught.spans] == [
        ("look", StatusCode.ERROR), ("tick", StatusCode.ERROR),
    ]  # fmt: skip


# runs


def test_a_runs_steps_name_it_and_say_how_it_ended(world: World, caught: Caught) -> None:
    add(world, "weather/extract", "weather/load")
    world.tick("09:31")
    caught.clear()
    ticked(world, "10:00")
    runs = {row.columns["Group"]: row for row in world.runs("weather/extract")}
    (run_id,) = runs
    (one,) = [told for told in caught.of("create") if told["job"] == "weather/extract"]
    assert one == {
        "job": "weather/extract", "run_id": run_id, "due": "2026-11-22T10:00:00Z", "attempt": 1,
        "state": "Starting", "trigger": "schedule", "location": "westeurope",
    }  # fmt: skip
    assert [told["runs"] for told in caught.of("claim")] == [2]
    assert str(run_id) in caught.of("claim")[0]["run_ids"]
    assert caught.names.count("register") == 1

    caught.clear()
    ticked(world, "10:01")
    (seen,) = [told for told in caught.of("observe") if told["job"] == "weather/extract"]
    assert (seen["run_id"], seen["state"], seen["cause"], seen["exit_code"]) == (run_id, "Succeeded", "none", 0)
    assert seen["seconds"] == 30
    for step in ("evidence", "delete"):
        assert sorted(told["job"] for told in caught.of(step)) == ["weather/extract", "weather/load"]
    assert [told["runs"] for told in (*caught.of("close"), *caught.of("settle"))] == [2, 2]


def test_what_threads_do_stands_below_the_step_that_they_work_for(world: World, caught: Caught) -> None:
    add(world, "weather/extract", "weather/load", "weather/other")
    world.tick("09:31")
    caught.clear()
    ticked(world, "10:00")
    (start,) = [span for span in caught.spans if span.name == "start"]
    created = [span for span in caught.spans if span.name == "create"]
    assert len(created) == 3
    assert {span.parent.span_id for span in created if span.parent} == {start.context.span_id if start.context else 0}


def test_a_run_that_only_goes_on_has_no_span(world: World, caught: Caught) -> None:
    world.groups.behave(start_delay=1, duration=300, exit_code=0, log="")
    add(world, "weather/extract")
    world.ticks("09:31", "10:00")
    caught.clear()
    ticked(world, "10:01")
    assert caught.names == [*STEPS, "tick"]


def test_a_run_that_aci_refuses_tells_its_cause(world: World, caught: Caught) -> None:
    add(world, "weather/extract")
    world.tick("09:31")
    world.groups.fail("create", GroupRefused(Cause.IMAGE, "no such image"))
    ticked(world, "10:00")
    (one,) = caught.of("create")
    assert (one["state"], one["cause"]) == ("Failed", "image")
    assert caught.metric("crontable.runs") == [
        ({"job": "weather/extract", "state": "Failed", "cause": "image"}, 1),
    ]
    assert caught.metric("crontable.lag") == []


# metrics


def test_the_metrics_count_runs_lag_ticks_and_what_is_left(world: World, caught: Caught) -> None:
    world.groups.limits.creates_5min, world.groups.limits.creates_hour = 100, 300
    add(world, "weather/extract")
    world.ticks("09:31")
    ticked(world, "10:00:20")
    ticked(world, "10:01:20")
    outcome = {"job": "weather/extract", "state": "Succeeded", "cause": "none"}
    assert caught.metric("crontable.runs") == [(outcome, 1)]
    assert caught.metric("crontable.run.duration") == [(outcome, 30)]
    assert caught.metric("crontable.lag") == [({"trigger": "schedule"}, 20)]
    assert [labels for labels, _ in caught.metric("crontable.tick.duration")] == [{}]
    left = {labels["window"]: value for labels, value in caught.metric("crontable.creations.left")}
    assert left == {"five_minutes": 99, "hour": 299}


@pytest.mark.azurite
def test_every_request_to_a_table_is_counted(
    azurite: Azurite, fresh: object, caught: Caught, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "open_telemetry", lambda _: caught.telemetry)
    jobs = fresh("Jobs")  # type: ignore[operator]  # the fixture
    place = wiring.build(Settings(connection=azurite.connection, jobs_table=jobs, location="westeurope"))
    place.jobs.keep(("weather", "extract"), {"Image": "x"})  # and makes the table: three requests
    place.jobs.read(("weather", "extract"))
    place.jobs.query(())
    assert caught.metric("crontable.transactions") == [({"table": jobs}, 5)]
    place.pool.shutdown()


# facts


def test_facts_are_sentences_in_the_log_and_records_with_their_attributes(
    world: World, caught: Caught, caplog: pytest.LogCaptureFixture
) -> None:
    add(world, "weather/extract")
    world.tick("09:31")
    caught.clear()
    with caplog.at_level(logging.INFO, "crontable"):
        ticked(world, "10:00")
        ticked(world, "10:01")
    said = [record.getMessage() for record in caplog.records if "tick: " not in record.getMessage()]
    assert said == [
        "weather/extract: the run due 2026-11-22T10:00:00Z starts in westeurope, 0.0 s after it was due.",
        "weather/extract: the run due 2026-11-22T10:00:00Z is over: Succeeded in 30 s.",
    ]
    kinds = [record.attributes["fact"] for record in caught.records]
    assert kinds == ["RunStarted", "Ticked", "RunFinished", "Ticked"]
    over = caught.records[2]
    assert (over.body, over.attributes["state"], over.attributes["seconds"]) == (said[1], "Succeeded", 30)
    assert over.attributes["ai.operation.name"] == "tick"
    traces = {span.context.trace_id for span in caught.spans if span.context}
    assert {record.trace_id for record in caught.records} == traces


def test_in_functions_the_host_sends_what_is_logged_and_we_do_not(
    world: World, caught: Caught, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "crontable"):
        ticked(world, "09:31", wiring.Host(PARENT, past_due=True))
    assert [record.getMessage()[:20] for record in caplog.records] == ["past due: tick: 0 ro"]
    assert caught.records == []


def test_news_are_warnings_and_troubles_errors(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    news, troubles = (Failed("a/b", "2026-11-22T09:00:00Z.1", "It broke."),), (OrphanStays("ACI says no", "x"),)
    done = Ticked(1, 0, 1, 0, throttled=2, seconds=0.25, news=news, troubles=troubles)
    monkeypatch.setattr(wiring, "tick", lambda *_: done)
    world.ports.telemetry = Spoken()
    with caplog.at_level(logging.INFO, "crontable"):
        ticked(world, "09:31")
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "a/b failed. It broke."),
        ("ERROR", "the orphan x stays: ACI says no"),
        ("INFO", "tick: 1 rows looked at, 0 started, 1 finished, 0 skipped, 2 throttled, in 0.25 s"),
    ]


# and where it is not set


def test_without_a_connection_string_no_sdk_is_loaded_and_nothing_is_sent() -> None:
    script = """
import json, sys
from tests.world import World
from scheduler import wiring
from scheduler.settings import Settings
place = wiring.build(Settings(connection="UseDevelopmentStorage=true", installation="x"))
world = World("09:30")
world.add("a/b", Schedule="0 * * * *", Image="x")
world.ports.telemetry = place.telemetry
for when in ("09:31", "10:00", "10:01"):
    world.clock.to(when)
    wiring.told(world.ports, world.clock.now)
print(json.dumps(sorted(sys.modules)))
"""
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = json.loads(answer.stdout)
    assert [name for name in loaded if name.startswith(("opentelemetry.sdk", "azure.monitor", "msrest"))] == []


def test_the_function_app_and_the_web_load_no_sdk_of_it_either() -> None:
    script = "import function_app, scheduler.web, json, sys; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [name for name in json.loads(answer.stdout) if name.startswith(("opentelemetry.sdk", "azure.monitor"))] == []


@pytest.mark.parametrize(
    ("connection", "off", "said"),
    [
        ("InstrumentationKey=1;IngestionEndpoint=https://x", "", ("WARNING", "Invalid instrumentation key")),
        ("IngestionEndpoint=https://x", "", ("WARNING", "Instrumentation key cannot be none")),
        ("@Microsoft.KeyVault(SecretUri=https://v.vault.azure.net/secrets/x)", "", ("WARNING", "cannot be used")),
        ("nonsense", "", ("WARNING", "Invalid connection string")),
        ("InstrumentationKey=00000000-0000-0000-0000-000000000001", "True", ("INFO", "OTEL_SDK_DISABLED is true.")),
    ],
)
def test_a_wrong_connection_string_and_the_kill_switch_are_said_and_ticks_go_on(
    connection: str, off: str, said: tuple[str, str], world: World, caplog: pytest.LogCaptureFixture
) -> None:
    level, sentence = said
    settings = replace(world.settings, telemetry=connection, telemetry_off=off)
    with caplog.at_level(logging.INFO, "crontable"):
        world.ports.telemetry = wiring.open_telemetry(settings)
        ticked(world, "09:31")
    first, second = caplog.records
    assert (first.levelname, second.levelname) == (level, "INFO")
    assert first.getMessage().startswith("No telemetry is sent, and ticks go on without: ")
    assert sentence in first.getMessage()
    assert "SecretUri" not in first.getMessage()
    assert second.getMessage().startswith("tick: ")
