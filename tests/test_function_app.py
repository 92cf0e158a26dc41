"""The Function app as Azure sees it: loaded by the library that the Functions worker itself uses, and
checked for what only the host or its tools would notice."""

import asyncio
import gzip
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from local.needs import ROOT
from local.worker import Function, FunctionFailedError, Reply, Worker
from scheduler import wiring
from scheduler.web import build
from tests.desk import OPERATOR, place
from tests.world import World

HEAVY = (
    "azure.data.tables",
    "azure.mgmt",
    "azure.identity",
    "azure.storage",
    "fastapi",
    "starlette",
    "pydantic",
    "jinja2",
)
JSON = {"content-type": "application/json"}
HOSTS_OWN = ("AzureWebJobsStorage",)

type Json = dict[str, Any]


class App:
    """The real function_app.py, loaded once: the runtime knows one app per process."""

    def __init__(self, runner: asyncio.Runner, worker: Worker) -> None:
        self._runner = runner
        self.worker = worker

    def timer(self, *, past_due: bool = False, parent: str = "") -> None:
        self._runner.run(self.worker.timer("tick", past_due=past_due, parent=parent))

    def get(self, url: str) -> tuple[int, bytes]:
        reply = self._runner.run(self.worker.http("web", "GET", f"http://127.0.0.1:7071{url}"))
        return reply.status, reply.body

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Reply:
        address = f"http://127.0.0.1:7071{url}"
        return self._runner.run(self.worker.http("web", method, address, headers=headers, body=body))


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    with asyncio.Runner() as runner:
        worker = runner.run(Worker.load(ROOT))
        yield App(runner, worker)
        worker.close()


@pytest.fixture
def sound() -> tuple[Json, dict[str, str]]:
    """host.json and the example's settings, as they are in the checkout."""
    settings = json.loads((ROOT / "local.settings.example.json").read_text())["Values"]
    return json.loads((ROOT / "host.json").read_text()), settings


# what the worker tells the host


def test_there_are_two_functions_and_these_are_their_bindings(app: App) -> None:
    bindings = {f.name: [(b["type"], b["direction"]) for b in f.bindings] for f in app.worker.functions.values()}
    assert bindings == {"tick": [("timerTrigger", "IN")], "web": [("httpTrigger", "IN"), ("http", "OUT")]}


def test_the_timer_takes_its_schedule_from_the_settings_and_never_fires_at_every_start(app: App) -> None:
    trigger = app.worker.functions["tick"].trigger
    assert (trigger["name"], trigger["schedule"]) == ("timer", "%TICK_SCHEDULE%")
    assert not trigger.get("runOnStartup")


def test_the_web_function_takes_every_path_and_asks_no_key_of_the_host(app: App) -> None:
    trigger = app.worker.functions["web"].trigger
    assert (trigger["route"], str(trigger["authLevel"]).lower()) == ("/{*route}", "anonymous")


# the two functions at work


def test_the_timer_makes_one_pass_at_the_present_instant_in_the_trace_of_the_host(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    passes: list[tuple[datetime, wiring.Host]] = []
    monkeypatch.setattr(wiring, "run_tick", lambda now, host: passes.append((now, host)))
    app.timer()
    app.timer(past_due=True, parent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")
    assert [now.tzinfo for now, _ in passes] == [UTC, UTC]
    assert [host for _, host in passes] == [
        wiring.Host(),
        wiring.Host("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", past_due=True),
    ]


def test_a_pass_that_raises_is_a_failed_invocation(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_tick(*_: object) -> None:
        raise OSError("the tables do not answer")

    monkeypatch.setattr(wiring, "run_tick", run_tick)
    with pytest.raises(FunctionFailedError, match="the tables do not answer"):
        app.timer()


def test_the_timer_runs_off_the_workers_event_loop(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    def run_tick(*_: object) -> str:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        return "idle"

    monkeypatch.setattr(wiring, "run_tick", run_tick)
    app.timer()


def test_a_request_reaches_the_web_app_with_its_path(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    async def web(scope: Json, _receive: object, send: Callable[[Json], Any]) -> None:
        if scope["type"] == "lifespan":
            await send({"type": "lifespan.startup.complete"})
            return
        await send({"type": "http.response.start", "status": 203, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    monkeypatch.setattr(wiring, "web", lambda: web)
    assert app.get("/api/context/weather/summarise") == (203, b"/api/context/weather/summarise")


def test_a_packed_page_comes_through_the_worker_byte_by_byte(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(bytes(range(256)) * 20)

    async def web(scope: Json, _receive: object, send: Callable[[Json], Any]) -> None:
        if scope["type"] == "lifespan":
            await send({"type": "lifespan.startup.complete"})
            return
        headers = [(b"content-encoding", b"gzip"), (b"content-type", b"text/html; charset=utf-8")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": packed})

    monkeypatch.setattr(wiring, "web", lambda: web)
    reply = app.ask("GET", "/", {"accept-encoding": "gzip"})
    assert (dict(reply.headers)["content-encoding"], reply.body) == ("gzip", packed)


def test_importing_the_app_loads_neither_the_sdks_nor_a_web_framework() -> None:
    script = "import function_app, json, sys; print(json.dumps(sorted(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = [name for name in json.loads(answer.stdout) if name.startswith(HEAVY)]
    assert loaded == []


# the API through the real Functions library


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> World:
    """The app answers from a world in memory; everything before and around it is the real thing."""
    world = place()
    here = build(lambda: world.ports, lambda: world.clock.now)
    monkeypatch.setattr(wiring, "web", lambda: here)
    return world


def test_a_program_with_a_key_acts_through_the_functions_library(app: App, story: World) -> None:
    said = app.ask("POST", "/api/jobs/weather/extract/pause", {**OPERATOR, **JSON}, b'{"reason": "flood"}')
    assert (said.status, json.loads(said.body)["paused_reason"]) == (200, "flood")
    assert dict(said.headers)["etag"].startswith('"')
    assert story.row("weather/extract")["PausedReason"] == "flood"
    assert app.ask("POST", "/api/jobs/weather/extract/pause", {}, b"{}").status == 401


def test_a_browser_signs_in_through_the_functions_library(app: App, story: World) -> None:
    form = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    said = app.ask("POST", "/sign-in", form, b"key=the+operators%27+key&next=%2F")
    cookie = dict(said.headers)["set-cookie"]
    assert (said.status, dict(said.headers)["location"]) == (303, "/")
    assert {"httponly", "samesite=strict"} <= {part.strip().lower() for part in cookie.split(";")}
    cookies = {"cookie": cookie.partition(";")[0]}
    assert app.ask("GET", "/api/jobs", cookies).status == 200
    assert app.ask("POST", "/api/jobs/weather/extract/pause", cookies, b"{}").status == 403
    ours = {**cookies, "origin": "http://127.0.0.1:7071", "host": "127.0.0.1:7071"}
    assert app.ask("POST", "/api/jobs/weather/extract/resume", ours).status == 200
    assert [row.columns["Who"] for row in story.audit.rows.values()] == ["operator key"]


def test_what_nobody_foresaw_is_an_answer_and_no_failed_invocation(app: App, story: World) -> None:
    story.journal.fail("jobs.query*", ZeroDivisionError("hunter2"))
    said = app.ask("GET", "/api/jobs", OPERATOR)
    assert (said.status, json.loads(said.body)["title"]) == (500, "Unforeseen")
    assert b"hunter2" not in said.body


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/jobs/weather/%FF", 400), ("/api/jobs/weather/%00", 422), ("/api/jobs?search=%FF%00", 422)],
)
def test_bytes_that_are_no_text_are_refused_behind_the_functions_library(
    app: App, story: World, path: str, status: int
) -> None:
    assert app.ask("GET", path, OPERATOR).status == status
    assert story.audit.rows == {}


# what only the host or its tools would notice


def faults(functions: Sequence[Function], host: Json, settings: Mapping[str, str]) -> list[str]:
    """Each thing that the Functions host or its tools would refuse, as a word about where."""
    found = [f"setting {name}" for name in HOSTS_OWN if not settings.get(name)]
    names = [f.name.lower() for f in functions]
    found += [f"twice {name}" for name in set(names) if names.count(name) > 1]
    for f in functions:
        if not re.fullmatch(r"[a-z][a-z0-9_-]{0,127}", f.name) or f.name == "host":
            found.append(f"function {f.name}")
        found += binding_faults(f, settings)
    if host.get("version") != "2.0":
        found.append("host.json version")
    if host.get("extensions", {}).get("http", {}).get("routePrefix") != "":
        found.append("host.json routePrefix")
    bundle = host.get("extensionBundle", {})
    if (bundle.get("id"), bundle.get("version")) != ("Microsoft.Azure.Functions.ExtensionBundle", "[4.*, 5.0.0)"):
        found.append("host.json extensionBundle")
    if not re.fullmatch(r"00:(0[1-9]|10):00", host.get("functionTimeout", "")):
        found.append("host.json functionTimeout")
    if settings.get("FUNCTIONS_WORKER_RUNTIME") != "python":
        found.append("setting FUNCTIONS_WORKER_RUNTIME")
    return found


def binding_faults(f: Function, settings: Mapping[str, str]) -> list[str]:
    found = []
    for b in f.bindings:
        if b["name"] != "$return" and not re.fullmatch(r"(?!.*__)[a-zA-Z_][a-zA-Z0-9_]{0,127}", b["name"]):
            found.append(f"binding {b['name']}")
        found += [
            f"setting {name}"
            for value in b.values()
            for name in re.findall(r"^%(.+)%$", str(value))
            if not settings.get(name)
        ]
        if re.match(r"/?(admin|runtime)\b", str(b.get("route", ""))):
            found.append(f"route {b['route']}")
    lowered = [b["name"].lower() for b in f.bindings]
    return found + [f"binding twice {name}" for name in set(lowered) if lowered.count(name) > 1]


def test_the_host_and_its_tools_would_find_no_fault(app: App, sound: tuple[Json, dict[str, str]]) -> None:
    assert faults(list(app.worker.functions.values()), *sound) == []


def planted(function: str = "tick", **binding: str) -> Function:
    trigger = {"type": "timerTrigger", "direction": "IN", "name": "timer", "schedule": "%TICK_SCHEDULE%"}
    return Function(function, (trigger | binding,), None)  # type: ignore[arg-type]  # a planted fault has no metadata


@pytest.mark.parametrize(
    ("function", "host", "values", "fault"),
    [
        (planted("Tick"), {}, {}, "function Tick"),
        (planted("host"), {}, {}, "function host"),
        (planted(name="my__timer"), {}, {}, "binding my__timer"),
        (planted(schedule="%TICKS%"), {}, {}, "setting TICKS"),
        (planted(route="admin/x"), {}, {}, "route admin/x"),
        (planted(), {"version": "2"}, {}, "host.json version"),
        (planted(), {"extensions": {}}, {}, "host.json routePrefix"),
        (planted(), {"extensionBundle": {}}, {}, "host.json extensionBundle"),
        (planted(), {"functionTimeout": "00:30:00"}, {}, "host.json functionTimeout"),
        (planted(), {}, {"AzureWebJobsStorage": ""}, "setting AzureWebJobsStorage"),
        (planted(), {}, {"FUNCTIONS_WORKER_RUNTIME": "node"}, "setting FUNCTIONS_WORKER_RUNTIME"),
    ],
)
def test_each_planted_fault_is_found(
    function: Function, host: Json, values: Json, fault: str, sound: tuple[Json, dict[str, str]]
) -> None:
    host_json, settings = sound
    assert faults([function], host_json | host, settings | values) == [fault]
