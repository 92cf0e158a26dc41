"""A sweep costs what the table has pages, and not what it has jobs."""

from datetime import timedelta

import pytest

from scheduler.steps.repair import NEWEST
from tests.test_retention import OLD, TODAY, dues, ran, requests, swept, world_of
from tests.world import World


def cost(world: World) -> int:
    """What the sweeps of a day ask for, beside what their ticks ask for."""
    world.clock.to(TODAY)
    before = requests(world)
    ticks = swept(world) + 1
    both = requests(world) - before
    again = requests(world)
    for _ in range(ticks):
        world.clock.passes(60)
        world.tick()
    return both - (requests(world) - again)


@pytest.mark.parametrize("name", ["team/job{:03}", "team{:03}/job", "t{:02.0f}/job{:03}"])
def test_jobs_with_a_few_old_rows_cost_as_many_requests_as_pages(name: str) -> None:
    world = world_of()
    for number in range(300):
        ran(world, name.format(number if name.count("{") == 1 else number // 10, number), 5)
    assert cost(world) <= 20
    assert len(world.runs_table.rows) == 1_500


def test_jobs_that_were_swept_before_cost_as_little() -> None:
    """Each has the fifty rows that it keeps for ever, some of them old."""
    world = world_of()
    for day in range(NEWEST):
        for number in range(60):
            ran(world, f"team/job{number:02}", 1, OLD + timedelta(days=day))
    assert cost(world) <= 30
    assert len(world.runs_table.rows) == 60 * NEWEST


def test_among_many_that_keep_all_the_one_with_too_many_is_found() -> None:
    world = world_of()
    for number in range(100):
        ran(world, f"team/job{number:03}", 5)
    ran(world, "team/job050x", 80)
    ran(world, "team/job050y", 1_200, every=timedelta(minutes=10))
    ran(world, "zoo/feed", 51)
    swept(world)
    assert dues(world, "team/job050x") == [OLD + timedelta(hours=hour) for hour in reversed(range(30, 80))]
    assert len(dues(world, "team/job050y")) == len(dues(world, "zoo/feed")) == NEWEST
    assert len(world.runs_table.rows) == 500 + 3 * NEWEST


def test_a_service_that_answers_in_small_parts_or_with_nothing_is_no_proof_that_nothing_is_there() -> None:
    world = world_of()
    for number in range(20):
        ran(world, f"team/job{number:02}", 60)
    world.runs_table.scanned = 7
    swept(world)
    assert len(world.runs_table.rows) == 20 * NEWEST
