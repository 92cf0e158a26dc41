"""What stories at the desk share: a world with keys, people, and the app as a browser or a program meets it."""

from dataclasses import replace
from typing import Any

from fastapi.testclient import TestClient

from scheduler.desk.audit import Actor
from scheduler.settings import Settings
from scheduler.web import build
from tests.world import World
from tests.world.story import SETTINGS

OPERATOR_KEY, VIEWER_KEY = "the operators' key", "the viewers' key"
OPERATOR, VIEWER = {"x-functions-key": OPERATOR_KEY}, {"x-functions-key": VIEWER_KEY}
KEYS = replace(SETTINGS, web_key=OPERATOR_KEY, viewer_key=VIEWER_KEY)


def place(now: str = "09:00", settings: Settings = KEYS) -> World:
    """A world where extract is due every ten minutes, and its runs take 30 seconds."""
    world = World(now, settings=settings)
    world.groups.behave("extract:1", duration=30)
    world.add("weather/extract", Schedule="*/10 * * * *", Image="extract:1")
    return world


def anna(world: World, via: str = "api") -> Actor:
    """Anna, who acts now."""
    return Actor("anna", via, world.clock.now)


def asking(world: World, **headers: str) -> TestClient:
    """A client that sends these headers with each request; what leaves the app raises."""
    app = build(lambda: world.ports, lambda: world.clock.now)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return TestClient(app, headers=named, follow_redirects=False, base_url="https://crontable.example")


def operator(world: World) -> TestClient:
    """A program with the operators' key."""
    return asking(world, **OPERATOR)


def viewer(world: World) -> TestClient:
    """A program with the viewers' key."""
    return asking(world, **VIEWER)


def acts(world: World, job: str = "weather/extract") -> list[dict[str, Any]]:
    """The rows of Audit of a job, the newest first."""
    partition = job.replace("/", "|")
    return [dict(row.columns) for key, row in sorted(world.audit.rows.items()) if key[0] == partition]
