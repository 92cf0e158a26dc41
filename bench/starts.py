"""Starts: a tick at which many jobs are due while many groups run, with the time that Container Instances takes.

A process of its own, once a round, with tables of its own. All but the due jobs begin first, and go on. Then the
emulator answers each PUT `PUT` seconds later, and the tick comes at which the others are due, of ten priorities and two
due times. It is measured at the wire: when each request leaves, and when each look has its answer.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

import psutil
import requests

from bench import meter
from bench.contenders import PUT
from bench.crontable import IMAGE, MINUTE, PAUSE, Place, own_cpu, settings_of
from scheduler.cloud.containers import AzureGroups
from scheduler.facts.ticks import Ticked
from scheduler.ports import MOST_IN_BATCH, Allowance, Insert
from scheduler.spec import Body
from scheduler.view import View
from scheduler.wiring import told

#: What goes on for longer than a round.
LONG = "bench-long"
#: Minutes after the first tick at which the long ones begin, and the others are due: in one tick, the later ones' own.
LONG_DUE, DUE = 1, (5, 6)


@dataclass
class Wire:
    """The container groups, with an eye on what leaves and what comes back."""

    groups: Any = None
    begin: meter.Begin = field(default_factory=meter.Begin)
    #: When each PUT left, and of which group; when the looks began and had their answers (seconds).
    puts: list[tuple[float, str]] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    jobs: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the groups have
        """Be the groups in all else."""
        return getattr(self.groups, name)

    def leaves(self, method: str, path: str) -> None:
        """Note a request."""
        if method == "PUT":
            self.puts.append((self._now, path.rpartition("/")[2]))
        elif method == "GET" and not path.endswith("/logs"):
            self.looks.append(self._now)

    def create(self, name: str, body: Body) -> Allowance:
        """Note whose group it is, and the answer."""
        self.jobs[name] = str(body["tags"]["crontable-job"])
        allowance: Allowance = self.groups.create(name, body)
        self.answers.append(self._now)
        return allowance

    def get(self, name: str) -> View | None:
        """Note the answer."""
        view: View | None = self.groups.get(name)
        self.seen.append(self._now)
        return view

    @property
    def _now(self) -> float:
        return self.begin.spent()["wall"]

    def anew(self) -> None:
        """Begin to measure."""
        for noted in (self.puts, self.looks, self.seen, self.answers):
            noted.clear()
        self.begin = meter.Begin()


def importance(due: int) -> list[str]:
    """Name the due jobs by Priority, then due time, then key: the order in which they should be sent."""
    return [f"team/{_name(number)}" for number in sorted(range(due), key=lambda n: (-_priority(n), _minute(n), n))]


def _name(number: int) -> str:
    return f"job{number:05}"


def _priority(number: int) -> int:
    return number % 10


def _minute(number: int) -> int:
    return DUE[number // 10 % 2]


def early(sent: Sequence[str], ordered: Sequence[str]) -> int:
    """Say by how many places at most something was sent before its turn."""
    turn = {name: place for place, name in enumerate(ordered)}
    return max((turn[name] - place for place, name in enumerate(sent)), default=0)


def register(place: Place, order: meter.Order, first: datetime) -> None:
    """Write the rows, let the long ones begin, and look at them until their logs were read."""

    def at(minute: int) -> str:
        moment = first + minute * MINUTE
        return f"{moment.minute} {moment.hour} * * *"

    rows = [
        *(_row(_name(number), at(_minute(number)), IMAGE, Priority=_priority(number)) for number in range(order.due)),
        *(_row(f"long{number:05}", at(LONG_DUE), LONG, Timeout="12h") for number in range(order.later)),
    ]
    for batch in batched(rows, MOST_IN_BATCH, strict=False):
        place.world.jobs.submit(batch)
    told(place.world, first)
    for minute in range(LONG_DUE, DUE[0]):
        place.tick(first + minute * MINUTE)
        time.sleep(PAUSE)


def _row(name: str, schedule: str, image: str, **columns: int | str) -> Insert:
    return Insert(("team", name), {"Schedule": schedule, "Image": image, **columns})


def measured(place: Place, wire: Wire, order: meter.Order, now: datetime) -> dict[str, float]:
    """Make the tick at which the others are due. The servers' CPU is not in it."""
    servers = {name: psutil.Process(pid) for name, pid in order.options["servers"].items()}
    before = {name: own_cpu(server) for name, server in servers.items()}
    place.sent.count = 0
    wire.anew()
    done: Ticked = place.tick(now)
    spent = wire.begin.spent()
    if (done.started, len(wire.puts), len(wire.looks)) != (order.due, order.due, order.later):
        raise SystemExit(f"{done}: there should be {order.due} starts and {order.later} looks, not {len(wire.looks)}")
    sent = [wire.jobs[name] for _, name in sorted(wire.puts)]
    aside = {f"{name}_cpu": own_cpu(server) - before[name] for name, server in servers.items()}
    return aside | {
        "first_put": min(when for when, _ in wire.puts),
        "last_put": max(when for when, _ in wire.puts),
        "answered": max(wire.answers),
        "looks": max(wire.seen) - min(wire.looks),
        "early": early(sent, importance(order.due)),
        "cpu": spent["cpu"],
        "operations": place.sent.count,
    }


def slowly(arm: str, *, on: bool) -> None:
    """Let the emulator answer each PUT so much later, or at once again."""
    fault = json.dumps({"kind": "slow", "operation": "put", "seconds": PUT}).encode()
    ask, body = (requests.post, fault) if on else (requests.delete, None)
    ask(f"{arm}/_emulator/faults", data=body, timeout=10).raise_for_status()


def main() -> None:
    """Do a round."""
    order, wire = meter.order(), Wire()
    place = Place.of(order.options)
    wire.groups = AzureGroups(settings_of(order.options), wire.leaves)
    place = replace(place, world=replace(place.world, groups=wire))
    first = datetime.now(UTC).replace(second=0, microsecond=0)
    register(place, order, first)
    slowly(order.options["arm"], on=True)
    figures = measured(place, wire, order, first + timedelta(minutes=DUE[-1]))
    slowly(order.options["arm"], on=False)
    # Their containers would be there in the next round.
    list(place.world.pool.map(wire.groups.delete, [name for name, job in wire.jobs.items() if "/long" in job]))
    meter.report(**figures)
    place.world.pool.shutdown()


if __name__ == "__main__":
    main()
