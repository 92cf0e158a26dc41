"""`python -m scheduler tick` as a process, killed before and after each request that it sends.

The processes, Azurite and the emulator are real; the instants are the story's. Each case plays the whole
story in tables and a resource group of its own: the tick is killed at one request, fresh ticks follow, and
at the end everything is as if nothing had happened.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.kills.stage import Stage, opened
from tests.kills.story import EVERYTHING, EXISTING, FIRST_DAY, Story
from tests.servers import Azurite

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(600)]

#: The tick of `EVERYTHING` that does all that a tick can do.
FULL = 2
#: Enough ticks after that one, and no more: the last one reads everything, and sweeps.
BRIEF = replace(EVERYTHING, ticks=[0, 1, 2, 3, 18, 20, 62], quiet=20)
type Survives = Callable[[Story, int], int]


@pytest.fixture(scope="module")
def stage(azurite: Azurite, emulators: Callable[..., str]) -> Iterator[Stage]:
    with opened(azurite, emulators) as stage:
        yield stage


@pytest.fixture
def survives(stage: Stage, capsys: pytest.CaptureFixture[str]) -> Survives:
    """Hold that a story's tick may be killed anywhere; says and gives how many cases that were."""

    def hold(story: Story, minute: int) -> int:
        requests = stage.play(story, {})[minute]
        kills = stage.survived(story, minute, requests)
        with capsys.disabled():
            told = f"the tick sends {len(requests)} requests, and was killed in {len(kills)} plays"
            # The number of cases is to be seen in every run; a worker's standard output goes nowhere.
            sys.stderr.write(f"\n{told}\n")
        assert len(kills) == len({str(kill) for kill in kills}) == 2 * len(requests)
        return len(kills)

    return hold


def test_a_tick_killed_before_or_after_any_request_loses_nothing_and_doubles_nothing(survives: Survives) -> None:
    assert survives(BRIEF, FULL) > 50


@pytest.mark.parametrize("every", [12, pytest.param(1, marks=pytest.mark.long)])
def test_a_tick_started_as_people_start_it_sends_the_same_and_survives_the_same(stage: Stage, every: int) -> None:
    forked, started = stage.play(BRIEF, {}), stage.play(BRIEF, {}, executed={FULL})
    assert sorted(started[FULL]) == sorted(forked[FULL])
    stage.survived(BRIEF, FULL, started[FULL][::every], executed={FULL})


@pytest.mark.long
def test_the_tick_that_takes_up_where_one_was_killed_may_be_killed_too(stage: Stage) -> None:
    requests = stage.play(BRIEF, {})[FULL]
    assert stage.survived_twice(replace(EVERYTHING, quiet=36), FULL, 3, requests) > len(requests)


@pytest.mark.long
@pytest.mark.parametrize("minute", [0, 1, 3, 18, 62])
def test_every_other_tick_of_the_story_may_be_killed_as_well(survives: Survives, minute: int) -> None:
    survives(EVERYTHING, minute)


@pytest.mark.long
@pytest.mark.parametrize("minute", [0, 1, 2, 3, 18, 62])
def test_a_tick_of_existing_groups_may_be_killed_at_any_request(survives: Survives, minute: int) -> None:
    survives(EXISTING, minute)


@pytest.mark.long
@pytest.mark.parametrize("minute", [0, 1])
def test_the_first_ticks_of_all_may_be_killed_while_they_make_the_tables(survives: Survives, minute: int) -> None:
    survives(FIRST_DAY, minute)
