"""What follows a failed attempt: budgets by cause, waits, places, and the entry of the attempt that follows."""

from dataclasses import fields, replace
from datetime import timedelta
from typing import Any

import pytest

from scheduler.retry import BUDGETS, ELSEWHERE, LONGEST_DELAY, OWN, Budget, elsewhere, fresh, next_attempt, retry_at
from scheduler.run import Cause, Run, State
from tests.calendars import at, run

NOW = at("10:05")
MINUTE = timedelta(minutes=1)
JOB = replace(
    run(at("10:00")), state=State.RUNNING, retries=2, retry_delay=2 * MINUTE, location="west", places=("west",)
)  # fmt: skip
WIDE = replace(JOB, places=("west", "north", "east"))


def wait(one: Run, cause: Cause, after: timedelta | None = None) -> float | None:
    """Minutes until the next attempt; None when there is none."""
    found = retry_at(one, cause, NOW, after)
    return (found - NOW) / MINUTE if found else None


def waits(one: Run, cause: Cause) -> list[float]:
    """Every wait that a due time is given, when each of its attempts fails for this cause."""
    found: list[float] = []
    while (minutes := wait(one, cause)) is not None:
        found.append(minutes)
        one = replace(next_attempt(one, cause, NOW), state=State.RUNNING)
        assert len(found) < 100, "it never ends"
    return found


SHORT = [1.0, 2.0, 4.0, 8.0, 15.0]


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        (Cause.NONE, []),
        (Cause.EXIT, [2.0, 4.0]),
        (Cause.TIMEOUT, [2.0, 4.0]),
        (Cause.SPEC, []),
        (Cause.IMAGE, [1.0, 2.0, 4.0]),
        (Cause.DENIED, [5.0, 10.0, 20.0]),
        (Cause.PLATFORM, SHORT),
        (Cause.CAPACITY, SHORT + [15.0] * 19),
        (Cause.QUOTA, SHORT + [15.0] * 19),
        (Cause.THROTTLED, SHORT + [15.0] * 19),
    ],
)
def test_each_cause_has_its_own_budget_and_waits(cause: Cause, expected: list[float]) -> None:
    assert waits(JOB, cause) == expected


def test_no_cause_is_forgotten() -> None:
    assert set(BUDGETS) | OWN | {Cause.NONE, Cause.SPEC} == set(Cause)
    assert set(BUDGETS) >= ELSEWHERE


def test_a_job_without_retries_is_not_tried_again_for_its_own_failures() -> None:
    assert waits(replace(JOB, retries=0), Cause.EXIT) == []


def test_no_wait_for_a_jobs_own_failure_is_longer_than_an_hour() -> None:
    patient = replace(JOB, retries=20, retry_delay=10 * MINUTE)
    assert waits(patient, Cause.EXIT) == [10.0, 20.0, 40.0] + [60.0] * 17
    assert wait(replace(JOB, retry_delay=timedelta(days=1)), Cause.EXIT) == LONGEST_DELAY / MINUTE


def test_a_wait_after_any_number_of_waits_can_be_told() -> None:
    assert Budget(9, MINUTE, 15 * MINUTE).wait(10**6) == 15 * MINUTE


# what is spent on what


@pytest.mark.parametrize(("first", "second"), [(Cause.EXIT, Cause.TIMEOUT), (Cause.TIMEOUT, Cause.EXIT)])
def test_exit_and_timeout_share_the_jobs_retries_and_their_delay(first: Cause, second: Cause) -> None:
    again = next_attempt(JOB, first, NOW)
    assert wait(again, second) == 4.0
    assert wait(next_attempt(again, second, NOW), first) is None


@pytest.mark.parametrize("cause", sorted(BUDGETS))
def test_what_the_platform_does_burns_none_of_the_jobs_retries_nor_the_job_any_of_its(cause: Cause) -> None:
    struck = next_attempt(next_attempt(JOB, cause, NOW), cause, NOW)
    assert wait(struck, Cause.EXIT) == 2.0
    assert struck.spent == {str(cause): 2}
    own = replace(JOB, spent={"exit": 2, "timeout": 5})
    assert wait(own, cause) == BUDGETS[cause].first / MINUTE


def test_one_cause_of_the_platform_does_not_burn_another_ones() -> None:
    assert wait(replace(JOB, spent={"image": 3}), Cause.PLATFORM) == 1.0
    assert wait(replace(JOB, spent={"capacity": 24}), Cause.QUOTA) == 1.0


@pytest.mark.parametrize(("asked", "minutes"), [(None, 1.0), (20, 1.0), (90, 1.5), (3_600, 60.0)])
def test_aci_is_left_alone_for_as_long_as_it_says_and_no_shorter_than_the_budgets_wait(
    asked: int | None, minutes: float
) -> None:
    assert wait(JOB, Cause.THROTTLED, None if asked is None else timedelta(seconds=asked)) == minutes


@pytest.mark.parametrize("cause", sorted(Cause))
def test_a_run_that_was_cancelled_is_not_tried_again_whatever_ended_it(cause: Cause) -> None:
    assert wait(replace(WIDE, cancel=True), cause) is None


# places


@pytest.mark.parametrize("cause", sorted(ELSEWHERE))
def test_the_next_place_is_tried_at_once_and_costs_nothing(cause: Cause) -> None:
    assert wait(WIDE, cause) == 0.0
    moved = next_attempt(WIDE, cause, NOW)
    assert (moved.location, moved.spent) == ("north", {})
    again = next_attempt(moved, cause, NOW)
    assert (again.location, again.spent) == ("east", {})


@pytest.mark.parametrize("cause", sorted(ELSEWHERE))
def test_after_the_last_place_it_waits_and_begins_with_the_first_again(cause: Cause) -> None:
    last = replace(WIDE, location="east")
    assert wait(last, cause) == 1.0
    begun = next_attempt(last, cause, NOW)
    assert (begun.location, begun.spent) == ("west", {str(cause): 1})
    assert wait(begun, cause) == 0.0
    assert wait(replace(begun, location="east"), cause) == 2.0, "the second round waits longer"


def test_every_place_is_tried_in_each_of_the_rounds() -> None:
    attempts = waits(WIDE, Cause.CAPACITY)
    rounds = BUDGETS[Cause.CAPACITY].times
    assert attempts.count(0.0) == 2 * (rounds + 1)
    assert [minutes for minutes in attempts if minutes] == SHORT + [15.0] * (rounds - len(SHORT))


def test_a_refusal_for_capacity_ends_what_was_gone_through_for_quota() -> None:
    assert next_attempt(replace(WIDE, location="north"), Cause.QUOTA, NOW).location == "east"
    assert wait(replace(WIDE, location="east", spent={"capacity": 5}), Cause.QUOTA) == 1.0


def test_one_that_was_throttled_waits_and_begins_with_the_first_location_again() -> None:
    assert next_attempt(replace(WIDE, location="north"), Cause.THROTTLED, NOW).location == "west"
    assert wait(replace(WIDE, location="north"), Cause.THROTTLED), "it waits"


@pytest.mark.parametrize("cause", [Cause.EXIT, Cause.PLATFORM, Cause.IMAGE])
def test_any_other_cause_is_tried_again_where_it_was(cause: Cause) -> None:
    assert next_attempt(replace(WIDE, location="north"), cause, NOW).location == "north"
    assert wait(WIDE, cause), "it waits"


@pytest.mark.parametrize(
    ("story", "location", "places", "following"),
    [
        ("the first", "west", ("west", "north"), "north"),
        ("the last", "north", ("west", "north"), ""),
        ("the only one", "west", ("west",), ""),
        ("none named: an existing group", "west", (), ""),
        ("edited away meanwhile", "south", ("west", "north"), ""),
    ],
)
def test_the_place_after_a_runs_own(story: str, location: str, places: tuple[str, ...], following: str) -> None:
    assert elsewhere(replace(JOB, location=location, places=places)) == following, story


def test_a_group_that_was_there_before_stays_where_it_is() -> None:
    there = replace(JOB, existing=True, group="nightly", location="west", places=())
    again = next_attempt(there, Cause.CAPACITY, NOW)
    assert (again.location, again.group, again.spent) == ("west", "nightly", {"capacity": 1})


# the entry of the attempt that follows

LEFT: dict[str, Any] = {
    "run_id": "", "group": "", "tick": "", "state": State.WAITING, "tries": 1, "prior": None, "missing": None,
    "unread": None, "cancel": False, "removing": False, "replaced": False, "secrets": (), "kept": {}, "commit": "",
}  # fmt: skip
TOLD = replace(
    WIDE, tries=3, prior=NOW, missing=NOW, unread=NOW, cancel=True, removing=True, replaced=True, secrets=("s/1",),
    kept={"parts": 1}, commit="c" * 40, apart=True, watermark="5", interval=(at("09:00"), at("10:00")),
    upstreams="{}", backfill="{}", spent={"exit": 1}, cpu=2.0, memory=3.0, spot=True, retries=4, trigger="after",
)  # fmt: skip


def test_an_attempt_to_come_has_nothing_of_what_the_last_one_did_and_saw() -> None:
    made = fresh(TOLD)
    assert {name: getattr(made, name) for name in LEFT} == LEFT


def test_an_attempt_to_come_keeps_all_that_the_due_time_was_promised() -> None:
    made = fresh(TOLD)
    kept = {one.name for one in fields(Run)} - LEFT.keys()
    assert {name: getattr(made, name) for name in kept} == {name: getattr(TOLD, name) for name in kept}


def test_the_next_attempt_is_of_the_same_due_time_and_waits_until_its_time() -> None:
    made = next_attempt(JOB, Cause.EXIT, at("10:07"))
    assert (made.due, made.attempt, made.not_before, made.waiting) == (JOB.due, 2, at("10:07"), True)
    assert made.key == (JOB.key[0], JOB.key[1].removesuffix("001") + "002")


def test_the_attempt_before_is_left_as_it_was() -> None:
    before = replace(JOB, spent={"exit": 1})
    next_attempt(before, Cause.EXIT, NOW)
    assert before.spent == {"exit": 1}


def test_an_attempt_is_ready_for_the_tick_a_minute_later_though_this_one_came_late() -> None:
    """Scenario: the timer comes 700 ms late, and the next time on the dot."""
    failed = NOW.replace(second=0) + timedelta(milliseconds=700)
    ready = retry_at(replace(WIDE, retries=1, retry_delay=timedelta(minutes=1)), Cause.EXIT, failed)
    assert ready == NOW.replace(second=0) + timedelta(minutes=1)
