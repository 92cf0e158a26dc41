"""A job of 100,000 runs pages as one of a hundred: requests and rows are counted, because counts do not flake."""

from datetime import datetime, timedelta

import pytest

from scheduler import cursor
from scheduler.desk import runs
from scheduler.desk.runline import RunLine
from scheduler.identity import run_key
from scheduler.row import Row, Value
from tests.world import World, at, key

JOB = "weather/extract"
MANY, PAGE = 100_000, 50
FIRST = at("2016-01-01 00:00")


@pytest.fixture(scope="module")
def world() -> World:
    """Put the runs there, one an hour, every thousandth a failure, between those of two other jobs."""
    world = World()
    world.add(JOB, Schedule="@hourly", Image="x")
    for name, many in (("weather/a", 1_000), (JOB, MANY), ("weather/z", 1_000)):
        for number in range(many):
            due = FIRST + number * timedelta(hours=1)
            state = "Failed" if number % 1_000 == 0 else "Succeeded"
            cells: dict[str, Value] = {
                "State": state,
                "Due": due,
                "Attempt": 1,
                "Started": due,
                "Finished": due,
                "Duration": 1.0,
            }
            row = Row(*run_key(key(name), due, 1), cells, timestamp=due)
            world.runs_table.rows[row.key] = row
    return world


def cost(world: World, after: str = "", state: str | None = None) -> tuple[int, int, list[RunLine], str]:
    """Read a page; gives the requests, the rows that were looked at, and the page."""
    table = world.runs_table
    requests, looked = world.transactions, table.looked_at
    lines, following = runs.runs(world.ports, key(JOB), state=state, limit=PAGE, after=after)
    return world.transactions - requests, table.looked_at - looked, lines, following


def place(due: datetime) -> str:
    """Write where the page begins that a long walk would come to."""
    return cursor.write(run_key(key(JOB), due, 1))


def test_the_first_page_and_a_page_far_behind_cost_the_same(world: World) -> None:
    requests, looked, newest, after = cost(world)
    assert (requests, looked, len(newest)) == (2, PAGE, PAGE), "the job's row, and one page"
    assert newest[0].due == FIRST + (MANY - 1) * timedelta(hours=1)
    requests, looked, lines, after = cost(world, after)
    assert (requests, looked, len(lines)) == (1, PAGE, PAGE)
    assert lines[0].due == newest[-1].due - timedelta(hours=1)
    due = FIRST + 10_000 * timedelta(hours=1)
    requests, looked, lines, _ = cost(world, place(due))
    assert (requests, looked, len(lines), lines[0].due) == (1, PAGE, PAGE, due)


def test_the_last_page_ends_with_the_first_run_and_without_a_next_one(world: World) -> None:
    requests, looked, lines, after = cost(world, place(FIRST + (PAGE - 1) * timedelta(hours=1)))
    assert (requests, looked, len(lines), lines[-1].due, after) == (1, PAGE, PAGE, FIRST, "")


def test_a_page_of_what_is_rare_is_bounded_and_says_where_to_go_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service looks for seconds and answers with a place; as many looks as a person would wait for are made."""
    monkeypatch.setattr(world.runs_table, "scanned", 1_000)
    requests, looked, lines, after = cost(world, state="Failed")
    assert requests <= 1 + runs.MOST_LOOKS
    assert looked <= 1_000 * runs.MOST_LOOKS
    assert 1 <= len(lines) <= runs.MOST_LOOKS
    assert after
    older = cost(world, after, "Failed")[2]
    assert older[0].due < lines[-1].due
