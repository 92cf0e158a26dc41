"""Two and eight ticks at once, as processes of their own, in the same tables: each due time is started once.

Every tick is whole: who loses a race reads the row again, and leaves it to the winner or to the next tick.
"""

from collections.abc import Callable, Iterator
from random import Random

import pytest

from tests.kills.stage import Stage, opened
from tests.kills.story import RACED
from tests.servers import Azurite

pytestmark = pytest.mark.azurite

#: One seed in every run of the tests, more in `make test-long`.
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 20))]


@pytest.fixture(scope="module")
def stage(azurite: Azurite, emulators: Callable[..., str]) -> Iterator[Stage]:
    with opened(azurite, emulators) as stage:
        yield stage


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("many", [2, 8])
def test_ticks_that_meet_between_any_two_steps_start_every_due_once_and_none_fails(
    stage: Stage, many: int, seed: int
) -> None:
    wrote = stage.raced(RACED, many, Random(seed))
    # Of two, one may be so much faster that the other finds all done.
    assert max(wrote) > 1 or many == 2, "several thought that a due time was theirs"


@pytest.mark.parametrize("many", [2, 8])
def test_ticks_let_go_at_the_same_moment_start_every_due_once_and_none_fails(stage: Stage, many: int) -> None:
    assert max(stage.raced(RACED, many, None)) > 1
