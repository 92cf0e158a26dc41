"""Crontable: the real tick, against Azurite and the emulator of Container Instances, each a process of its own.

Two stages, each in a fresh process. `register` writes N rows and lets a tick see them. `run` is a day of theirs: a job
runs and ends, so that every connection is open as in production; then idle ticks, and the tick at which D are due.
The days lie in the future and follow one another; the tables keep what was, as tables do.
"""

import gc
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from threading import Lock
from typing import Any

import psutil

from bench import meter
from bench.calibration import calibrate
from scheduler.cloud.tables import AzureTable
from scheduler.facts.ticks import Ticked
from scheduler.ports import MOST_IN_BATCH, Allowance, Insert, World
from scheduler.settings import Settings
from scheduler.spec import Body
from scheduler.wiring import build, settle, told

#: When what is due is due, and when the one job runs that warms everything up.
DUE, WARM = "0 10 * * *", "10 9 * * *"
IMAGE = "bench"
MINUTE = timedelta(minutes=1)
#: Idle ticks of which the median is taken; they end before the due instant, and within the hour of a full read.
IDLE_TICKS = 25
#: Ticks, and seconds before each, within which all runs of a day have ended.
LAST_TICKS, PAUSE = 60, 0.5
#: How many calls of `create` may be under way at once, as in production.
THREADS = 32


class Sent:
    """Counts the requests to tables."""

    def __init__(self) -> None:
        self._lock, self.count = Lock(), 0

    def one(self, *_: object) -> None:
        """Count one; called from any thread."""
        with self._lock:
            self.count += 1


@dataclass
class Watched:
    """The container groups, with an eye on the first PUT and on the last one that was answered."""

    groups: Any
    sent: Sent
    begin: meter.Begin = field(default_factory=meter.Begin)
    #: CPU and table requests of the tick up to its first PUT.
    decided: tuple[float, int] | None = None
    answered: float = 0.0
    lock: Lock = field(default_factory=Lock)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the groups have
        """Be the groups in all else."""
        return getattr(self.groups, name)

    def create(self, name: str, body: Body) -> Allowance:
        """Note the first PUT and the last answer."""
        with self.lock:
            self.decided = self.decided or (self.begin.spent()["cpu"], self.sent.count)
        allowance: Allowance = self.groups.create(name, body)
        with self.lock:
            self.answered = self.begin.spent()["wall"]
        return allowance


@dataclass(frozen=True)
class Place:
    """A world whose requests are counted."""

    world: World
    groups: Watched
    sent: Sent

    @classmethod
    def of(cls, options: dict[str, Any]) -> "Place":
        """Build it as the function app does, but for the counters."""
        settings, sent = settings_of(options), Sent()
        world = build(settings)
        settle()
        groups = Watched(world.groups, sent)
        jobs = AzureTable.open(settings, settings.jobs_table, sent.one)
        runs = AzureTable.open(settings, settings.runs_table, sent.one)
        pool = ThreadPoolExecutor(THREADS)
        return cls(replace(world, groups=groups, pool=pool, jobs=jobs, runs=runs), groups, sent)

    def tick(self, now: datetime) -> Ticked:
        """Make a pass, as if the margin of two minutes had passed since the rows were last written."""
        if self.world.memory.mark:
            self.world.memory.mark = datetime.now(UTC) + timedelta(days=1)
        return told(self.world, now)


def settings_of(options: dict[str, Any]) -> Settings:
    """Give the settings of a scheduler of its own."""
    tables = options["tables"]
    return Settings(
        connection=options["connection"],
        jobs_table=f"{tables}Jobs",
        runs_table=f"{tables}Runs",
        audit_table=f"{tables}Audit",
        logs_container=f"{tables.lower()}-logs",
        installation=tables,
        arm_endpoint=options["arm"],
        subscription="00000000-0000-0000-0000-000000000000",
        resource_group=tables,
        location="westeurope",
        max_active_runs=10_000,
    )


def register(place: Place, order: meter.Order, day: datetime) -> None:
    """Write the rows, and let a tick see them."""
    schedules = [WARM, *[DUE] * order.due, *["0 0 1 1 *"] * (order.later - 1)]
    rows = [
        Insert(("team", f"job{number:05}"), {"Schedule": schedule, "Image": IMAGE})
        for number, schedule in enumerate(schedules)
    ]
    for batch in batched(rows, MOST_IN_BATCH, strict=False):
        place.world.jobs.submit(batch)
    told(place.world, day - timedelta(days=1))
    meter.report()


def run(place: Place, order: meter.Order, day: datetime) -> None:
    """Live the day, and measure."""
    for minutes in (0, 1, 2):
        time.sleep(PAUSE if minutes else 0)
        place.tick(day + timedelta(hours=9, minutes=10 + minutes))
    beat = calibrate()
    idle = idled(place, day + timedelta(hours=9, minutes=20))
    busy = burst(place, order, day + timedelta(hours=10))
    finish(place, day + timedelta(hours=10))
    meter.report(**idle, **busy, calibration=min(beat, calibrate()))


def idled(place: Place, first: datetime) -> dict[str, float]:
    """Measure ticks that find nothing."""
    place.sent.count = 0
    seconds = [cpu(place, first + number * MINUTE) for number in range(IDLE_TICKS)]
    return {"idle_cpu": statistics.median(seconds), "idle_operations": place.sent.count / IDLE_TICKS}


def burst(place: Place, order: meter.Order, due: datetime) -> dict[str, float]:
    """Measure the tick at which they are due; the servers' CPU apart."""
    servers = {name: psutil.Process(pid) for name, pid in order.options["servers"].items()}
    before = {name: own_cpu(server) for name, server in servers.items()}
    gc.collect()
    place.sent.count, place.groups.decided = 0, None
    place.groups.begin = begin = meter.Begin()
    done = place.tick(due)
    spent = begin.spent()
    if done.started != order.due or not place.groups.decided:
        raise SystemExit(f"{done.started} runs were started: there should be {order.due}")
    decided, requests = place.groups.decided
    aside = {f"{name}_cpu": own_cpu(server) - before[name] for name, server in servers.items()}
    return aside | {
        "cpu": spent["cpu"],
        "wall": place.groups.answered,
        "operations": place.sent.count,
        "decided_cpu": decided,
        "decided_operations": requests,
    }


def finish(place: Place, due: datetime) -> None:
    """Tick on until every run of the day has ended."""
    for number in range(1, LAST_TICKS):
        time.sleep(PAUSE)
        place.tick(due + number * MINUTE)
        if not place.world.jobs.query([[("Active", "eq", True)]], ["Active"], 1).rows:
            return
    raise SystemExit(f"runs were still active {LAST_TICKS} ticks after they started")


def cpu(place: Place, now: datetime) -> float:
    """Give the CPU seconds of a tick."""
    begin = time.process_time()
    place.tick(now)
    return time.process_time() - begin


def own_cpu(server: psutil.Process) -> float:
    """Give the CPU seconds of a process, without those of its children."""
    times = server.cpu_times()
    return float(times.user + times.system)


def main() -> None:
    """Do the stage that is asked for."""
    order = meter.order()
    place = Place.of(order.options)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    day = midnight + timedelta(days=2 + order.options["day"])
    stage = register if order.options["stage"] == "register" else run
    stage(place, order, day)
    place.world.pool.shutdown()


if __name__ == "__main__":
    main()
