"""Settings become a world, once in a process; the SDKs and the web framework load when they are first needed."""

import logging
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cache
from typing import Any

from scheduler.ports import World
from scheduler.settings import Settings
from scheduler.steps.report import Summary
from scheduler.tick import tick

#: Enough that 100 PUTs of three seconds each are sent in about ten.
THREADS = 32

type Message = MutableMapping[str, Any]
type Asgi = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]

_log = logging.getLogger("crontable")


@cache
def world() -> World:
    """Build the world that the app settings name: Azure, or Azurite and the emulator."""
    return build(Settings.read())


def build(settings: Settings) -> World:
    """Build a world of its own, with a memory of its own."""
    from scheduler.cloud.containers import AzureGroups  # noqa: PLC0415 - a cold start loads what it needs
    from scheduler.cloud.git import GitRepositories  # noqa: PLC0415
    from scheduler.cloud.logs import AzureLogs  # noqa: PLC0415
    from scheduler.cloud.secrets import AzureSecrets  # noqa: PLC0415
    from scheduler.cloud.tables import AzureTable  # noqa: PLC0415

    return World(
        jobs=AzureTable.open(settings, settings.jobs_table),
        runs=AzureTable.open(settings, settings.runs_table),
        groups=AzureGroups(settings),
        logs=AzureLogs(settings),
        secrets=AzureSecrets(settings),
        repositories=GitRepositories(),
        settings=settings,
        monotonic=time.monotonic,
        new_id=lambda: uuid.uuid4().hex,
        pool=ThreadPoolExecutor(THREADS, thread_name_prefix="tick"),
    )


def run_tick(now: datetime) -> Summary:
    """Run one pass against what the settings name, and tell the log what a person on call would want."""
    place = world()
    place.settings.need_azure()
    done = tick(place, now)
    for sentence in done.news:
        _log.warning("%s", sentence)
    for sentence in done.troubles:
        _log.error("%s", sentence)
    return done


@cache
def web() -> Asgi:
    """Build the HTTP side; the first request pays for the framework, a timer never does."""
    from scheduler.web import build as build_web  # noqa: PLC0415 - a timer's cold start loads no web framework

    return build_web(world, lambda: datetime.now(UTC))
