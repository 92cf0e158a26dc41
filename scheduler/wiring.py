"""Settings become a world, once in a process; the SDKs and the web framework load when they are first needed."""

import gc
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from scheduler.facts.fact import Fact
from scheduler.facts.sending import AlertsUnsent, TelemetryOff, TelemetryRefused
from scheduler.facts.ticks import Ticked
from scheduler.facts.troubles import SettingIgnored, SweepFailed
from scheduler.ports import World
from scheduler.settings import Settings
from scheduler.spoken import Spoken
from scheduler.steps.retire import retire
from scheduler.steps.send import send
from scheduler.telemetry import Telemetry
from scheduler.tick import tick

#: Enough that 100 PUTs of three seconds each are sent in about ten.
THREADS = 32
#: Seconds that the end of a process waits for its telemetry at most.
LAST_WORDS = 5.0

type Message = MutableMapping[str, Any]
type Asgi = Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


@dataclass(frozen=True)
class Host:
    """What the Functions host says of its call: the traceparent of its own request, and whether its timer is late."""

    traceparent: str = ""
    past_due: bool = False


@cache
def world() -> World:
    """Build the world that the app settings name: Azure, or Azurite and the emulator.

    What is wrong with settings that no tick rests on is said here, once in a process.
    """
    place = build(Settings.forgiving())
    settle()
    for sentence in place.settings.wrong:
        place.telemetry.tell(SettingIgnored(sentence))
    return place


def settle() -> None:
    """Keep the garbage collector from what is loaded by now: it stays as long as the process does.

    The collections of a busy tick would else walk through all modules of the SDKs, for a twelfth of its CPU.
    """
    gc.freeze()


def build(settings: Settings) -> World:
    """Build a world of its own, with a memory of its own."""
    from scheduler.cloud.containers import AzureGroups  # noqa: PLC0415 - a cold start loads what it needs
    from scheduler.cloud.git import GitRepositories  # noqa: PLC0415
    from scheduler.cloud.logs import AzureLogs  # noqa: PLC0415
    from scheduler.cloud.secrets import AzureSecrets  # noqa: PLC0415
    from scheduler.cloud.tables import AzureTable  # noqa: PLC0415
    from scheduler.cloud.webhook import HttpWebhook  # noqa: PLC0415

    telemetry = open_telemetry(settings)

    def table(name: str) -> AzureTable:
        return AzureTable.open(settings, name, lambda *_: telemetry.transaction(name))

    return World(
        jobs=table(settings.jobs_table),
        runs=table(settings.runs_table),
        audit=table(settings.audit_table),
        groups=AzureGroups(settings),
        logs=AzureLogs(settings),
        secrets=AzureSecrets(settings),
        repositories=GitRepositories(),
        webhook=HttpWebhook(),
        settings=settings,
        monotonic=time.monotonic,
        new_id=lambda: uuid.uuid4().hex,
        pool=ThreadPoolExecutor(THREADS, thread_name_prefix="tick"),
        telemetry=telemetry,
    )


def open_telemetry(settings: Settings) -> Telemetry:
    """Open what takes facts: the log, and Application Insights where a connection string is set.

    Whatever is wrong with that string is said once, and ticks go on: a schedule must not rest on its telemetry.
    """
    spoken = Spoken()
    if not settings.telemetry:
        return spoken
    if settings.telemetry_off.lower() == "true":
        spoken.tell(TelemetryOff("OTEL_SDK_DISABLED is true."))
        return spoken
    try:
        from scheduler.cloud.telemetry import OpenTelemetry  # noqa: PLC0415 - 80 ms, for who wants it

        return OpenTelemetry.open(settings)
    except Exception as error:  # noqa: BLE001 - as the docstring says
        shape = "InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://..."
        why = f"APPLICATIONINSIGHTS_CONNECTION_STRING cannot be used ({error}): it must be as {shape}."
        spoken.tell(TelemetryRefused(why))
        return spoken


def run_tick(now: datetime, host: Host | None = None) -> Ticked:
    """Run one pass against what the settings name, in the trace of the Functions host where that calls."""
    place = world()
    place.settings.need_azure()
    return told(place, now, host)


def send_the_rest() -> None:
    """Send what telemetry is left before the process ends, if there was any."""
    if world.cache_info().currsize:
        world().telemetry.flush(LAST_WORDS)


def told(place: World, now: datetime, host: Host | None = None) -> Ticked:
    """Run one pass, and tell of it what a person on call would want."""
    with place.telemetry.trace("tick", host.traceparent if host else None) as span:
        done = replace(tick(place, now), past_due=host is not None and host.past_due)
        for fact in (*done.news, *done.troubles, done):
            place.telemetry.tell(fact)
        span.note(**done.attributes)
        # An error's text may hold a webhook's address.
        over = now + timedelta(seconds=done.seconds)
        _behind(place, lambda: send(place, over), lambda error: AlertsUnsent(type(error).__name__))
    _behind(place, lambda: retire(place, now, done.seconds), lambda error: SweepFailed(repr(error)[:500]))
    return done


def _behind(place: World, act: Callable[[], Sequence[Fact]], failed: Callable[[Exception], Fact]) -> None:
    """Do what stands behind a whole tick: whatever goes wrong there is only told, and tried again."""
    try:
        facts = act()
    except Exception as error:  # noqa: BLE001 - as the docstring says
        facts = [failed(error)]
    for fact in facts:
        place.telemetry.tell(fact)


@cache
def web() -> Asgi:
    """Build the HTTP side; the first request pays for the framework, a timer never does."""
    from scheduler.web import build as build_web  # noqa: PLC0415 - a timer's cold start loads no web framework

    return build_web(world, lambda: datetime.now(UTC))
