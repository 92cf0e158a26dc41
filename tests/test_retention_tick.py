"""Behind a tick: whatever becomes of the sweep, the tick was whole."""

import pytest

from scheduler import wiring
from scheduler.facts.fact import Fact
from scheduler.telemetry import Silent
from tests.test_retention import JOB, TODAY, ran, skips, world_of
from tests.world import World


class Heard(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def tell(self, fact: Fact) -> None:
        """Keep it."""
        self.facts.append(fact)


@pytest.fixture
def world() -> World:
    world = world_of()
    ran(world, JOB, 80)
    world.clock.to(TODAY)
    return world


def told(world: World) -> list[str]:
    """Make a whole tick as the process does, and give what it says of the sweep."""
    world.ports.telemetry = heard = Heard()
    wiring.told(world.ports, TODAY)
    return [fact.sentence for fact in heard.facts if "older than" in fact.sentence]


def test_a_tick_sweeps_and_says_how_many_went(world: World) -> None:
    assert told(world) == ["30 rows that were older than 90 days were removed, with the logs of their runs."]
    assert len(world.runs(JOB)) == 50


@pytest.mark.parametrize("operation", ["read", "page", "query", "submit"])
def test_tables_that_do_not_answer_are_told_and_the_tick_was_whole(world: World, operation: str) -> None:
    heartbeat, runs = ("jobs", world.jobs), ("runs", world.runs_table)
    name, table = heartbeat if operation == "read" else runs
    if operation == "query":
        skips(world)  # then the last run behind them is asked for
    many = len(world.runs(JOB))
    world.tick(TODAY)
    table.order("unavailable", operation, name=name)
    (sentence,) = told(world)
    assert sentence.startswith("what is older than it is kept could not be removed, and stays for now")
    assert len(world.runs(JOB)) == many


def test_a_tick_that_is_not_whole_removes_nothing(world: World) -> None:
    world.jobs.order("unavailable", "keep")
    with pytest.raises(Exception, match="no answer"):
        wiring.told(world.ports, TODAY)
    assert len(world.runs(JOB)) == 80
