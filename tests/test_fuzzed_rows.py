"""Whatever a row holds: the tick never raises, other jobs run on time, the row says what is wrong, nothing grows.

Two good jobs live among the odd rows, one of them in the same partition, whose batches it shares.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sized
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scheduler.row import HEARTBEAT, Key, Value
from scheduler.run import job_name
from scheduler.standing import LONGEST_REASON, Status
from tests import oddities as odd
from tests.oddities import later
from tests.world import World

GOOD = ("team/first", "good/first")
MINUTES = 14
HOUR = 60


def fuzz(examples: int) -> settings:
    """Draw so many examples, always the same ones."""
    unhealthy = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
    return settings(
        derandomize=True, max_examples=examples, deadline=None, database=None, suppress_health_check=unhealthy
    )


def many(few: int, more: int) -> pytest.MarkDecorator:
    """Run a test with few examples, and with more in `make test-long`."""
    return pytest.mark.parametrize(
        "examples", [few, pytest.param(more, marks=[pytest.mark.long, pytest.mark.timeout(3600)])]
    )


def settled() -> World:
    """Give a world in which the two good jobs have run for a while, and a container group that is there already."""
    world = World("08:50")
    world.groups.behave(start_delay=1, duration=20, log=lambda env: f"::watermark::{env.get('DUE')}\n")
    world.groups.provision("there", "y")
    for job in GOOD:
        world.add(job, Schedule="*/5 * * * *", Image="good")
    world.ticks(*(later(minute) for minute in range(-9, 0)))
    world.clock.to(later(0))
    return world


def put(world: World, rows: Iterable[tuple[Key, dict[str, Value]]]) -> list[Key]:
    """Write the rows that the service would take; gives their keys."""
    taken = []
    for key, columns in rows:
        if key in {HEARTBEAT, *(("team", "first"), ("good", "first"))}:
            continue
        try:
            world.jobs.put(key, columns)
        except ValueError:
            continue
        taken.append(key)
    return list(dict.fromkeys(taken))


def on_time(world: World, last: int) -> bool:
    """Say whether both good jobs ran for every due time up to a minute, each claimed by the tick of that minute."""
    expected = [later(minute) for minute in range(0, last, 5)]
    return all(dues(world, job) == expected for job in GOOD)


def dues(world: World, job: str) -> list[datetime]:
    """Give the due times since nine at which a job's runs were claimed, and succeeded."""
    rows = [row.columns for row in reversed(world.runs(job)) if row.columns["State"] == "Succeeded"]
    punctual = [row["Due"] for row in rows if row["Claimed"] == row["Due"]]
    return [due for due in punctual if isinstance(due, datetime) and due >= later(0)]


def told(world: World, key: Key) -> tuple[str, str]:
    row = world.jobs.rows[key].columns
    return str(row.get("Status", "")), str(row.get("Reason", ""))


def test_the_worst_values_in_every_column_are_read() -> None:
    world = settled()
    cells = [(name, value) for name in (*odd.PERSONS, *odd.SCHEDULERS) for value in odd.WORST]
    when = {"Upstreams": "after good/first"}
    rows = [
        (("team", f"odd{number}"), {"Schedule": when.get(name, "@daily"), "Image": "x", name: value})
        for number, (name, value) in enumerate(cells)
    ]
    assert len(put(world, rows)) == len(odd.WORST) * (len(odd.PERSONS) + len(odd.SCHEDULERS))
    world.ticks(later(0), later(5), later(6))
    assert on_time(world, 6)
    for (key, _), (name, value) in zip(rows, cells, strict=True):
        status, reason = told(world, key)
        assert status in set(Status), (name, odd.shown(value), status)
        assert reason, (name, odd.shown(value))
        assert status != Status.INVALID or name in reason, (name, odd.shown(value), reason)


@many(45, 1_500)
def test_an_odd_cell_of_a_persons_is_obeyed_or_named(examples: int) -> None:
    tally: Counter[str] = Counter()

    @fuzz(examples)
    @given(st.lists(odd.PERSONS_CELL, min_size=4, max_size=8))
    def holds(cells: list[tuple[str, Value]]) -> None:
        world = settled()
        rows = [(("team", f"odd{number}"), {**odd.GOOD_ROW, name: value}) for number, (name, value) in enumerate(cells)]
        assert put(world, rows) == [key for key, _ in rows]
        for minute in range(MINUTES):
            world.tick(later(minute))
        assert on_time(world, MINUTES)
        for (key, _), (name, value) in zip(rows, cells, strict=True):
            status, reason = told(world, key)
            inherited = [other for other, _ in cells] if name == "Template" else []
            named = any(column in reason for column in (name, *inherited))
            assert status in set(Status), (name, odd.shown(value), status)
            assert reason, (name, odd.shown(value))
            assert status != Status.INVALID or named, (name, odd.shown(value), reason)
            tally[status] += 1

    holds()
    assert tally["Invalid"] > examples
    assert tally.total() - tally["Invalid"] > examples


@many(30, 1_000)
def test_an_odd_cell_of_the_schedulers_is_mended_and_the_row_runs(examples: int) -> None:
    tally: Counter[str] = Counter()

    @fuzz(examples)
    @given(st.lists(odd.SCHEDULERS_CELL, min_size=3, max_size=6), st.booleans(), st.booleans())
    def holds(cells: list[tuple[str, Value]], fresh: bool, chained: bool) -> None:
        world = settled()
        jobs = [f"team/odd{number}" for number in range(len(cells))]
        for job in jobs:
            world.add(job, **{**odd.GOOD_ROW, **({"Schedule": "after good/first"} if chained else {})})
        world.ticks(*(later(minute) for minute in range(4)))
        for job, (name, value) in zip(jobs, cells, strict=True):
            world.edit(job, **{name: value})
        world.jobs.keep(HEARTBEAT, {"FullRead": later(-50)})  # what no filter can see, the hourly full read finds
        world.ports.memory.full_read = later(-50)
        if fresh:
            world.restart()
        world.ticks(*(later(minute) for minute in range(4, 24)))
        assert on_time(world, 24)
        for job, (name, value) in zip(jobs, cells, strict=True):
            row, case = world.row(job), (name, odd.shown(value))
            assert row["Status"] in set(Status), case
            assert row["Reason"], case
            after = [run for run in world.runs(job) if run.columns["State"] == "Succeeded" and run.timestamp > later(5)]
            tally["ran" if after else "did not run"] += 1
            assert after or isinstance(value, type(world.row(GOOD[0])[name])), (case, row["Reason"])

    holds()
    assert tally["ran"] > 20 * tally["did not run"]


@many(50, 2_500)
def test_rows_of_anything_disturb_nobody_and_leave_little_behind(examples: int) -> None:
    tally: Counter[str] = Counter()

    @fuzz(examples)
    @given(st.lists(odd.KEYED, min_size=2, max_size=6), st.lists(odd.KEYED, max_size=3), st.integers(1, MINUTES - 1))
    def holds(first: list[tuple[Key, dict[str, Value]]], later_: list[tuple[Key, dict[str, Value]]], when: int) -> None:
        world = settled()
        keys = put(world, first)
        for minute in range(MINUTES):
            if minute == when:
                keys += put(world, later_)
                world.restart()
            world.tick(later(minute))
        assert on_time(world, MINUTES)
        for key in set(keys):
            status, reason = told(world, key)
            own = key[0].startswith("_")
            template = key[1].startswith("_")
            unwritable = len(world.jobs.rows[key].columns) > 225
            assert own or template or unwritable or (status in set(Status) and reason), (key, status, reason)
            assert len(reason) <= LONGEST_REASON or own or template or unwritable
            tally[status if status in set(Status) else "left alone"] += 1

    holds()
    assert tally["Invalid"] > examples // 2
    assert tally.total() - tally["Invalid"] - tally["left alone"] > examples // 3


@many(5, 100)
def test_nothing_grows_over_hours(examples: int) -> None:
    """Counts per tick are the same late as early; what is kept is bounded by the due times that there were."""
    tally: Counter[str] = Counter()

    @fuzz(examples)
    @given(st.lists(odd.KEYED, min_size=3, max_size=8))
    def holds(rows: list[tuple[Key, dict[str, Value]]]) -> None:
        world = settled()
        world.add("team/gone", **odd.GOOD_ROW)
        keys = [*put(world, rows), ("team", "gone")]
        counts, columns = [], {}
        for minute in range(3 * HOUR):
            world.add(
                "team/busy", Schedule=f"after j{minute}", Image="x", Template=f"_t{minute}"
            )  # a script, each minute
            before = len(world.journal.lines), world.transactions
            if minute == HOUR + 5:
                world.jobs.remove(keys.pop())  # deleted while it may be running
            world.tick(later(minute))
            counts.append((len(world.journal.lines) - before[0], world.transactions - before[1]))
            if minute == HOUR:
                columns = {key: size(world, key) for key in keys}
        assert on_time(world, 3 * HOUR)
        most = 12 * (len(keys) + len(GOOD)) + 10
        assert max(lines for lines, _ in counts[5:]) <= most + backlog(world, keys), counts
        for key in keys:
            written = [row for at_, row in world.runs_table.rows.items() if (at_[0], job_name(row)) == key]
            assert len(written) <= 3 * (3 * HOUR + 40), key
            assert size(world, key) <= columns[key] + 8_000, key
        assert len(world.logs.blobs) <= len(world.runs_table.rows)
        assert len(world.ports.memory.rows) <= len(world.jobs.rows)
        for name, remembered in vars(world.ports.memory).items():
            if isinstance(remembered, Sized):  # an hourly full read forgets
                assert len(remembered) <= HOUR + 5 * len(world.jobs.rows), name
        assert len(world.groups.groups) <= 20 * len(world.jobs.rows)
        tally["rows"] += len(keys)

    holds()
    assert tally["rows"] > 2 * examples


def size(world: World, key: Key) -> int:
    """Count the characters of what the scheduler writes into a row."""
    return sum(len(str(value)) for name, value in world.jobs.rows[key].columns.items() if name in odd.SCHEDULERS)


def backlog(world: World, keys: Iterable[Key]) -> int:
    """Count the entries of ActiveRuns that were typed: each is looked at."""
    count = 0
    for key in keys:
        try:
            count += 4 * len(json.loads(str(world.jobs.rows[key].columns.get("ActiveRuns", "[]"))))
        except (ValueError, TypeError, RecursionError):
            continue
    return count


@many(40, 1_000)
def test_a_mangled_heartbeat_stops_nobody(examples: int) -> None:
    names = st.sampled_from(
        ["Mark", "FullRead", "LastTick", "Duration", "Counts", "Troubles", "Chains", "Heirs", "Creations"]
    )
    graphs = ['{"team/first": ["good/first"]}', '{"team/first": ["team/first"]}', '{"good/first": ["no/body"]}', "{}"]
    spent = [f'{{"westeurope": {{"hour": 0, "told": "{year}-11-22T07:00:00Z"}}}}' for year in (2026, 9998)]
    cells_ = odd.ANYTHING | st.sampled_from([*graphs, *spent]) | st.sampled_from(graphs)

    @fuzz(examples)
    @given(st.dictionaries(names, cells_, min_size=1, max_size=4), st.booleans())
    def holds(cells: dict[str, Value], fresh: bool) -> None:
        world = settled()
        world.jobs.put(HEARTBEAT, {**world.jobs.rows[HEARTBEAT].columns, **cells})
        if fresh:
            world.restart()
        for minute in range(MINUTES):
            world.tick(later(minute))
        assert on_time(world, MINUTES)

    holds()
