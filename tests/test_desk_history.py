"""A job's history out of its rows of Runs: which rows are looked at, what of them counts, and what it costs."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from scheduler.desk import history as desk
from scheduler.desk.faults import Missing, Wrong
from scheduler.desk.history import MOST, MOST_LOOKS, History, history
from scheduler.history import Figures
from scheduler.identity import run_key
from scheduler.row import Row, Value
from scheduler.run import State
from tests.world import World, at, key
from tests.world.story import SETTINGS

JOB = "weather/extract"
HOURLY = {"Schedule": "0 * * * *", "Image": "weather:1"}
NOW = at("09:00")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def world_of(**settings: Any) -> World:
    world = World("09:00", settings=replace(SETTINGS, **settings))
    world.add(JOB, **HOURLY)
    return world


def put(world: World, due: datetime, attempt: int = 1, job: str = JOB, **cells: Any) -> None:
    told: dict[str, Value] = {
        "State": "Succeeded", "Trigger": "schedule", "Due": due, "Attempt": attempt, "Duration": 60.0,
    }  # fmt: skip
    world.runs_table.put(run_key(key(job), due, attempt), told | cells)


def read(world: World, days: int | None = None, zone: str = "UTC") -> History:
    return history(world.ports, key(JOB), NOW, days, zone)


def runs(found: History) -> dict[date, int]:
    return {day.date: day.sums.figures.runs for day in found.period.days if day.sums.figures.runs}


def test_the_days_that_are_asked_for_are_looked_at_and_no_others() -> None:
    world = world_of()
    for back in range(6):
        put(world, datetime(2026, 11, 22, tzinfo=UTC) - DAY * back)
    put(world, datetime(2026, 11, 19, 23, 59, 59, 999_000, tzinfo=UTC))
    put(world, NOW, job="weather/extract2")
    put(world, NOW, job="weather/extrac")
    found = read(world, 3)
    assert runs(found) == {date(2026, 11, day): 1 for day in (20, 21, 22)}
    assert [day.date.day for day in found.period.days] == [20, 21, 22]
    assert (found.rows, found.since, found.notes, found.days, found.zone) == (3, None, (), 3, "UTC")
    assert len(read(world).period.days) == 30


def test_real_runs_of_real_ticks_are_counted() -> None:
    world = World("09:00")
    world.groups.behave(duration=5, exit_code=3)
    world.add(JOB, **HOURLY, Retries=1, RetryDelay="1m")
    world.ticks("09:01", "10:00", *(f"10:{minute:02d}" for minute in range(1, 9)))
    world.groups.behave(duration=20)
    world.ticks("11:00", "11:01", "11:02", "12:00")
    found = history(world.ports, key(JOB), at("12:00"))
    sums = found.period.sums
    assert (sums.figures.runs, sums.figures.succeeded, sums.failed, sums.attempts) == (2, 1, 1, 1)
    assert (sums.figures.median, found.period.going) == (20, 1)


def test_a_due_time_that_is_to_be_tried_again_has_not_failed_yet() -> None:
    world = world_of()
    put(world, NOW - MINUTE, State="Failed", Cause="exit", RetryAt=NOW + MINUTE)
    period = read(world).period
    assert (period.going, period.sums.failed, period.sums.figures.runs) == (1, 0, 0)


def test_days_are_those_of_the_zone() -> None:
    world = world_of()
    put(world, datetime(2026, 11, 21, 23, 30, tzinfo=UTC))
    put(world, datetime(2026, 11, 20, 22, 59, tzinfo=UTC))
    assert runs(read(world, 2, "Europe/Berlin")) == {date(2026, 11, 22): 1}
    assert runs(read(world, 2)) == {date(2026, 11, 21): 1}
    assert read(world, 2, "europe/berlin").zone == "Europe/Berlin"


def test_a_job_that_never_ran_has_an_empty_history_and_one_that_is_not_there_none() -> None:
    world = world_of()
    found = read(world)
    assert (runs(found), found.rows, found.period.sums.figures.rate) == ({}, 0, None)
    with pytest.raises(Missing, match=r"^There is no job weather/load\.$"):
        history(world.ports, key("weather/load"), NOW)


def test_the_history_of_a_job_that_was_removed_can_still_be_read() -> None:
    world = world_of()
    put(world, NOW - 40 * DAY)
    world.remove(JOB)
    assert runs(read(world)) == {}, "it ran before these days"
    assert len(runs(read(world, 60))) == 1


@pytest.mark.parametrize(
    ("cells", "runs_", "median"),
    [
        ({"Duration": "long", "Cost": "much"}, 1, None),
        ({"Duration": -5.0}, 1, None),
        ({"Duration": float("nan"), "Cost": float("inf")}, 1, None),
        ({"Duration": True}, 1, None),
        ({"Due": "yesterday", "Attempt": "one", "Trigger": 5, "RetryAt": "later"}, 1, 60),
        ({"State": "Odd"}, 0, None),
        ({"State": 5}, 0, None),
        ({"State": b"Succeeded"}, 0, None),
    ],
)
def test_a_row_that_somebody_mangled_counts_as_far_as_it_can_be_read(
    cells: dict[str, Any], runs_: int, median: float | None
) -> None:
    world = world_of()
    put(world, NOW - DAY, **cells)
    sums = read(world).period.sums
    assert (sums.figures.runs, sums.figures.median, sums.cost) == (runs_, median, None)


def test_rows_whose_keys_name_no_run_count_for_nothing() -> None:
    world = world_of()
    put(world, NOW - DAY)
    (name,) = world.runs_table.rows
    for odd in (name[1][:-4] + "|abc", name[1].replace("|2", "|2x"), name[1][:-1]):
        world.runs_table.put((name[0], odd), {"State": "Succeeded", "Duration": 1.0})
    assert read(world).period.sums.figures == Figures(1, 1, 1.0, (State.SUCCEEDED, 1), 60, 60, 60)


def full(count: int, **cells: Any) -> World:
    """A job with so many runs, a minute apart, the newest now."""
    world = world_of()
    put(world, NOW, **cells)
    (row,) = world.runs_table.rows.values()
    for number in range(1, count):
        name = run_key(key(JOB), NOW - number * MINUTE, 1)
        world.runs_table.rows[name] = Row(*name, row.columns)
    return world


def spent(world: World, days: int | None = None) -> tuple[int, History]:
    before = world.transactions
    found = read(world, days)
    return world.transactions - before, found


def test_a_hundred_thousand_runs_cost_no_more_requests_than_twenty_thousand() -> None:
    (few, _), (many, found) = spent(full(20_000)), spent(full(100_000))
    assert few == many == MOST / 1_000
    assert found.rows == MOST
    since = NOW - (MOST - 2) * MINUTE
    assert found.since == since
    assert found.notes == (
        f"Only the newest 10,000 rows of Runs were looked at: those due since {since:%Y-%m-%dT%H:%M:%SZ}.",
    )
    assert found.period.days[0].date == since.date()
    assert found.period.sums.figures.runs == MOST - 1, "the oldest may have attempts that were not read"


def test_of_the_newest_rows_no_due_time_is_cut_between_its_attempts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "MOST", 4)
    world = world_of()
    for back in range(4):
        put(world, NOW - DAY * back, 1, State="Failed")
        put(world, NOW - DAY * back, 2)
    found = read(world)
    assert (found.since, found.period.sums.failed, found.period.sums.figures.runs) == (NOW, 0, 1)


def test_a_service_that_answers_with_little_is_asked_a_bounded_number_of_times() -> None:
    world = full(3_000)
    world.runs_table.scanned = 50
    cost, found = spent(world)
    assert cost == MOST_LOOKS
    assert found.since == NOW - (MOST_LOOKS * 50 - 2) * MINUTE
    world.runs_table.scanned = 0
    assert read(world).notes == ("Table Storage gave no row in 20 answers: try again.",)


def test_a_period_that_holds_exactly_as_many_rows_as_are_looked_at_is_whole() -> None:
    world = full(9 * 60 + 1)
    cost, found = spent(world, 1)
    assert (cost, found.rows, found.since) == (1, 541, None)
    assert spent(full(1_000), 2)[0] == 1
    assert spent(world_of())[0] == 2, "an empty one asks whether there is such a job"


@pytest.mark.parametrize(
    ("days", "kept", "sentence"),
    [
        (0, 90, "days is 0: it must be a number from 1 to 90 (RETENTION_DAYS)."),
        (91, 90, "days is 91: it must be a number from 1 to 90 (RETENTION_DAYS)."),
        (367, 0, "days is 367: it must be a number from 1 to 366."),
        (367, 1_000, "days is 367: it must be a number from 1 to 366."),
    ],
)
def test_more_days_than_runs_are_kept_cannot_be_asked_for(days: int, kept: int, sentence: str) -> None:
    with pytest.raises(Wrong) as wrong:
        read(world_of(retention_days=kept), days)
    assert (wrong.value.field, str(wrong.value)) == ("days", sentence)


def test_where_fewer_days_are_kept_than_are_usually_shown_these_are_shown() -> None:
    assert len(read(world_of(retention_days=5)).period.days) == 5
    assert len(read(world_of(retention_days=0), 366).period.days) == 366


def test_a_zone_that_there_is_not_is_told() -> None:
    with pytest.raises(Wrong, match=r"^zone 'Europe/Berlim' is not an IANA time zone: did you mean Europe/Berlin\?$"):
        read(world_of(), 30, "Europe/Berlim")
