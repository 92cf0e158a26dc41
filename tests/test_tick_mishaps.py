"""Several mishaps in one history, drawn from a seed: deaths, second ticks, lost answers, edits, old copies."""

from collections.abc import Callable
from itertools import product
from random import Random

import pytest

from tests.test_tick_crash import CALLS, JOB, OTHER, holds, played, story
from tests.world import World, minutes

#: About as many calls as the story makes.
HOUR = 250


def mishaps(world: World, draw: Random) -> list[Callable[[], None]]:
    """What may happen once, at a call drawn from the whole story."""
    journal, groups, copy = world.journal, world.groups, world.copy(JOB)
    kind = draw.choice(["create", "delete", "get", "log", "start"])
    late = draw.choice([None, None, 120, 280]) if kind == "create" else None

    def nth() -> int:
        return draw.randint(1, HOUR)

    return [
        lambda: journal.kill_before("*", nth()),
        lambda: journal.kill_after("*", nth()),
        lambda: journal.before("*", lambda: world.tick(through=world.process()), nth()),
        lambda: journal.after("*", lambda: world.tick(through=world.process()), nth()),
        lambda: journal.before("*", lambda: world.edit(OTHER, Owner="Bob"), nth()),
        lambda: journal.before("*", lambda: world.replace(copy), nth()),
        lambda: groups.fail(kind, done=draw.random() < 0.5, late=late, times=draw.randint(1, 3)),
    ]


def check(seed: int) -> None:
    draw, world = Random(seed), story()
    for mishap in draw.choices(mishaps(world, draw), k=draw.randint(2, 6)):
        mishap()
    played(world)
    world.journal.clear()  # no more mishaps
    world.ticks(*minutes("09:57", "10:20"))  # long enough for a lease that began with the last mishap
    holds(world)


@pytest.mark.parametrize("seed", range(150))
def test_several_mishaps_lose_nothing_and_double_nothing(seed: int) -> None:
    check(seed)


@pytest.mark.long
@pytest.mark.parametrize("first", range(1, CALLS + 1))
def test_two_deaths_at_any_two_calls_lose_nothing_and_double_nothing(first: int) -> None:
    for second, when in product(range(1, CALLS + 1), ("before", "after")):
        world = story()
        world.journal.kill_before("*", first)
        (world.journal.kill_before if when == "before" else world.journal.kill_after)("*", first + second)
        holds(played(world))


@pytest.mark.long
@pytest.mark.parametrize("hundred", range(100))
def test_ten_thousand_seeds(hundred: int) -> None:
    for seed in range(1_000 + hundred * 100, 1_100 + hundred * 100):
        check(seed)
