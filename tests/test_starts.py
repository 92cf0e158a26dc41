"""A burst: how many rounds of requests a tick needs for 100 starts and 100 looks, and who is in which. Counted.

Threads are real here, and time is not: a request is held until all threads of the pool are at one, or nobody else will
come. Rounds by the seconds that ACI takes for a request are the time that a tick needs.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from math import ceil
from threading import Condition
from typing import Any

import pytest

from scheduler.ports import Allowance
from scheduler.spec import Body
from scheduler.view import View
from scheduler.wiring import THREADS
from tests.world import World
from tests.world.story import SETTINGS

JOBS = 100
#: What ACI takes for a PUT, and at most for a GET; and what 100 of them may take (seconds).
PUT, GET = 3, 1.5
SENT_WITHIN, SEEN_WITHIN = 12, 6
#: Seconds for threads to come, should fewer than expected be on their way: a failure.
PATIENCE = 60


class Rounds:
    """Holds each request of a kind until as many are under way as there are threads, or all that are to come."""

    def __init__(self, expected: int) -> None:
        self.rounds: list[list[str]] = [[]]
        self._left = expected
        self._all_here = Condition()

    def hold(self, name: str) -> None:
        with self._all_here:
            mine = self.rounds[-1]
            mine.append(name)
            if len(mine) == min(THREADS, self._left):
                self._left -= len(mine)
                self.rounds.append([])
                self._all_here.notify_all()
            else:
                came = self._all_here.wait_for(lambda: self.rounds[-1] is not mine, PATIENCE)
                assert came, f"{len(mine)} are under way at once: there should be {THREADS} threads"

    @property
    def whole(self) -> list[list[str]]:
        return [one for one in self.rounds if one]


class Aci:
    """The groups of a world, whose PUTs and GETs come in rounds."""

    def __init__(self, world: World, puts: int, gets: int) -> None:
        self._groups, self._alone = world.groups, Condition()
        self.puts, self.gets, self.order = Rounds(puts), Rounds(gets), list[str]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._groups, name)

    def create(self, name: str, body: Body) -> Allowance:
        self.order.append("PUT")
        self.puts.hold(str(body["tags"]["crontable-job"]))
        return self._one_by_one(lambda: self._groups.create(name, body))

    def get(self, name: str) -> View | None:
        self.order.append("GET")
        self.gets.hold(name)
        return self._one_by_one(lambda: self._groups.get(name))

    def _one_by_one[T](self, call: Callable[[], T]) -> T:
        with self._alone:
            return call()


@contextmanager
def ticked(world: World, puts: int, gets: int) -> Iterator[Aci]:
    """Make a tick at 10:00 with as many threads as in production."""
    aci = Aci(world, puts, gets)
    with ThreadPoolExecutor(THREADS) as pool:
        done = world.tick("10:00", through=replace(world.ports, groups=aci, pool=pool))
    assert (done.started, done.troubles) == (puts, ())
    yield aci


def crowd(*, running: int = 0) -> World:
    """100 jobs that are due at 10:00 or a minute before, of ten priorities, and others that have run since 9:30."""
    world = World("09:00", replace(SETTINGS, max_active_runs=1_000))
    world.groups.behave(start_delay=1, duration=7_200)
    for number in range(JOBS):
        schedule = f"{59 + number // 10 % 2} 9 * * *" if number // 10 % 2 == 0 else "0 10 * * *"
        world.add(f"team/job{number:02}", Schedule=schedule, Image="x", Priority=number % 10 - 5)
    for number in range(running):
        world.add(f"team/long{number:02}", Schedule="30 9 * * *", Image="x", Timeout="3h")
    world.ticks("09:05", "09:30", "09:31")
    return world


def by_importance() -> list[str]:
    """The jobs of `crowd` by Priority, then due time, then key."""
    numbers = sorted(range(JOBS), key=lambda number: (-(number % 10), number // 10 % 2, number))
    return [f"team/job{number:02}" for number in numbers]


def in_rounds(names: list[str]) -> list[list[str]]:
    return [sorted(names[first : first + THREADS]) for first in range(0, len(names), THREADS)]


def test_a_hundred_starts_are_sent_in_four_rounds_the_most_important_first() -> None:
    with ticked(crowd(), JOBS, 0) as aci:
        assert [sorted(one) for one in aci.puts.whole] == in_rounds(by_importance())
    assert len(aci.puts.whole) == ceil(JOBS / THREADS) == 4
    assert (len(aci.puts.whole) - 1) * PUT <= SENT_WITHIN, "when the last one is sent"
    assert len(aci.puts.whole) * PUT <= SENT_WITHIN, "and when it is answered, but for what the tick does itself"


def test_a_hundred_running_groups_are_looked_at_in_four_rounds_before_the_starts() -> None:
    world = crowd(running=JOBS)
    with ticked(world, JOBS, JOBS) as aci:
        assert [len(one) for one in aci.gets.whole] == [THREADS, THREADS, THREADS, JOBS - 3 * THREADS]
        assert [sorted(one) for one in aci.puts.whole] == in_rounds(by_importance())
    assert aci.order == ["GET"] * JOBS + ["PUT"] * JOBS
    assert len(aci.gets.whole) * GET <= SEEN_WITHIN
    assert {world.row(f"team/long{number:02}")["Status"] for number in range(JOBS)} == {"Running"}


@pytest.mark.parametrize("places", [1, 40])
def test_with_fewer_places_than_starts_the_most_important_have_them(places: int) -> None:
    world = crowd()
    world.ports.settings = replace(SETTINGS, max_active_runs=places)
    with ticked(world, places, 0) as aci:
        assert [sorted(one) for one in aci.puts.whole] == in_rounds(by_importance()[:places])
