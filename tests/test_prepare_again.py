"""What a start needs to know of the runs that its due time has had: backfills played before, and retries asked for."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.backfill import Backfill
from scheduler.decision import NEXT_FREE
from scheduler.run import State
from scheduler.steps.prepare import NotNow
from tests.test_prepare import DUE, attempt, not_now, past, ready, skipped, start
from tests.world import World, at

# backfills that were played already

GOING = Backfill(at("08:00"), at("12:00"), at("11:00"), total=4, done=2, watermark="b2", id="2026-11-22T12:30:00Z")
PLAY = start(attempt=NEXT_FREE, trigger="backfill", backfill=str(GOING), watermark="b2", apart=True)
PLAYED = attempt(1, backfill=str(GOING), trigger="backfill", watermark="b2")


def found(world: World) -> NotNow:
    made = not_now(world, PLAY)
    assert made.why == "The backfill's run due 2026-11-22T10:00:00Z was found in the Runs table."
    assert not made.for_good
    return made


def test_a_due_time_that_this_backfill_played_with_success_moves_it_on() -> None:
    world = World()
    past(world, PLAYED, state=State.SUCCEEDED, WatermarkTo="b3")
    assert found(world).backfill == str(GOING.settled("b3"))


def test_the_last_one_played_with_success_ends_it() -> None:
    world = World()
    last = replace(GOING, next=None)
    past(world, replace(PLAYED, backfill=str(last)), state=State.SUCCEEDED)
    assert not_now(world, replace(PLAY, backfill=str(last))).backfill == ""


@pytest.mark.parametrize("state", [State.FAILED, State.LOST, State.CANCELLED])
def test_one_that_did_not_succeed_ends_it(state: State) -> None:
    world = World()
    past(world, PLAYED, state=state)
    assert found(world).backfill == ""


def test_one_that_is_open_or_tried_again_leaves_it_where_the_row_says() -> None:
    world = World()
    past(world, PLAYED, state=None)
    assert found(world).backfill is None
    past(world, PLAYED, RetryAt=at("10:10"))
    assert found(world).backfill is None


def test_of_several_attempts_the_last_decides() -> None:
    world = World()
    past(world, PLAYED, RetryAt=at("10:10"))
    past(world, replace(PLAYED, attempt=2), state=State.SUCCEEDED, WatermarkTo="b3")
    assert found(world).backfill == str(GOING.settled("b3"))


def test_a_due_time_that_another_backfill_played_is_played_again() -> None:
    world = World()
    past(world, replace(PLAYED, backfill=str(replace(GOING, id="2026-11-22T12:00:00Z"))), state=State.SUCCEEDED)
    past(world, attempt(2))
    assert ready(world, PLAY).start.attempt == 3


def test_what_somebody_mangled_is_no_proof_that_it_was_played() -> None:
    world = World()
    past(world, PLAYED, state=State.SUCCEEDED, Entry="{")
    assert ready(world, PLAY).start.attempt == 2


# retry: what failed or was cancelled last

AGAIN = start(due=at("12:00"), trigger="request", attempt=NEXT_FREE, last=True)


@pytest.mark.parametrize("state", [State.FAILED, State.LOST, State.CANCELLED])
def test_what_ended_badly_last_is_run_again_as_what_it_was(state: State) -> None:
    world = World()
    span = (at("09:00"), at("10:00"))
    past(world, attempt(1, "09:00", claimed=at("09:00")), state=State.SUCCEEDED)
    past(world, attempt(3, claimed=at("10:00"), interval=span, spent={"exit": 2}, watermark="5"), state=state)
    made = ready(world, AGAIN).start
    assert (made.due, made.trigger, made.interval, made.attempt) == (DUE, "schedule", span, 4)
    assert made.waited
    assert (made.waited.attempt, made.waited.spent, made.waited.waiting) == (4, {}, True)


def test_what_was_claimed_last_counts_though_its_due_time_is_older() -> None:
    world = World()
    past(world, attempt(1, "11:00", claimed=at("11:00")), state=State.SUCCEEDED)
    past(world, attempt(2, "08:00", claimed=at("11:30"), trigger="request", apart=True))
    made = ready(world, AGAIN).start
    assert (made.due, made.attempt, made.trigger) == (at("08:00"), 3, "request")


def test_an_attempt_that_was_cancelled_before_it_began_counts_too() -> None:
    world = World()
    past(world, attempt(1, claimed=at("10:00")), RetryAt=at("10:30"))
    past(world, attempt(2, claimed=at("10:00")), state=State.CANCELLED)
    assert ready(world, AGAIN).start.attempt == 3


@pytest.mark.parametrize("state", [State.SUCCEEDED, None])
def test_what_succeeded_or_is_open_is_not_run_again(state: State | None) -> None:
    world = World()
    past(world, attempt(1, "09:00", claimed=at("09:00")))
    past(world, attempt(1, claimed=at("10:00")), state=state)
    assert not_now(world, AGAIN) == NotNow("There is no failed run to try again.", for_good=True)


def test_without_any_run_there_is_none_to_try_again() -> None:
    world = World()
    skipped(world, "10:00")
    assert not_now(world, AGAIN).for_good


def test_a_skip_since_does_not_hide_the_failure() -> None:
    world = World()
    past(world, attempt(1, claimed=at("10:00")))
    skipped(world, "11:00")
    assert ready(world, AGAIN).start.due == DUE


@pytest.mark.parametrize("cells", [{"Entry": "{"}, {"State": "Done"}, {"Cause": "weather"}])
def test_a_failure_that_somebody_mangled_is_not_tried_again(cells: dict[str, Any]) -> None:
    world = World()
    past(world, attempt(1), **cells)
    assert not_now(world, AGAIN).for_good


def test_times_that_somebody_typed_over_stop_nobody() -> None:
    world = World()
    past(world, attempt(1, "11:00"), Claimed="yesterday")
    past(world, attempt(1, "12:00"), Claimed=5)
    past(world, attempt(1, claimed=at("10:00")))
    assert ready(world, AGAIN).start.due == DUE
