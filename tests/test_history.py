"""What people ask of a job's runs, in figures."""

from datetime import timedelta
from random import Random
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.history import Figures, percentile, slow, usual
from scheduler.recent import Past
from scheduler.run import State
from tests.calendars import at
from tests.test_recent import PASTS

# figures


def pasts(*said: tuple[str, float]) -> list[Past]:
    """Runs an hour apart, the newest last."""
    due = at("09:00")
    return [
        Past(due + timedelta(hours=hour), 1, State(state), due, lasted, moved=True)
        for hour, (state, lasted) in enumerate(said)
    ]


def good(*lasted: float) -> list[Past]:
    return pasts(*(("Succeeded", one) for one in lasted))


def test_the_figures_of_a_job_that_mostly_succeeds() -> None:
    figures = Figures.of(pasts(("Succeeded", 10), ("Failed", 900), ("Succeeded", 30), ("Succeeded", 20)))
    assert figures == Figures(4, 3, 0.75, (State.SUCCEEDED, 2), median=20, p95=30, longest=30)


def test_before_anything_has_ended_there_is_nothing_to_say() -> None:
    assert Figures.of([]) == Figures(0, 0, None, None, None, None, None)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            (("Succeeded", 10), ("Failed", 900), ("Succeeded", 30), ("Lost", 0)),
            "2 of 4 runs succeeded, half of those within 20 s",
        ),
        ((("Failed", 5),), "0 of 1 runs succeeded"),
        ((), "no run has ended yet"),
    ],
)
def test_figures_are_said_in_a_line(said: tuple[tuple[str, float], ...], sentence: str) -> None:
    assert Figures.of(pasts(*said)).sentence == sentence


def test_without_a_success_there_are_no_durations() -> None:
    figures = Figures.of(pasts(("Failed", 5), ("Lost", 7)))
    assert (figures.rate, figures.median, figures.p95, figures.longest) == (0.0, None, None, None)
    assert figures.streak == (State.LOST, 1)


def test_what_a_person_cancelled_does_not_count_against_a_job() -> None:
    assert Figures.of(pasts(("Succeeded", 5), ("Cancelled", 1))).rate == 1.0
    assert Figures.of(pasts(("Cancelled", 1))).rate is None


def test_a_streak_goes_back_to_the_last_other_end() -> None:
    red = [("Failed", 1.0)] * 3
    assert Figures.of(pasts(("Succeeded", 5), *red)).streak == (State.FAILED, 3)
    assert Figures.of(pasts(*red)).streak == (State.FAILED, 3)
    assert Figures.of(pasts(*red, ("Lost", 1))).streak == (State.LOST, 1)


@given(st.lists(PASTS, max_size=40))
def test_figures_hold_together_whatever_ran(several: list[Past]) -> None:
    figures = Figures.of(several)
    lasted = [past.seconds for past in several if past.state is State.SUCCEEDED]
    assert 0 <= figures.succeeded == len(lasted) <= figures.runs == len(several)
    assert (figures.rate is None) is all(past.state is State.CANCELLED for past in several)
    assert figures.rate is None or 0 <= figures.rate <= 1
    if lasted:
        assert figures.median == median(lasted)
        assert figures.p95 in lasted
        assert min(lasted) <= (figures.median or 0) <= (figures.longest or 0) == max(lasted)
        assert (figures.median or 0) <= (figures.p95 or 0) or len(lasted) == 1
    if figures.streak:
        state, many = figures.streak
        assert all(past.state is state for past in several[-many:])
        assert many == len(several) or several[-many - 1].state is not state


# percentiles


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([7.0], 95, 7.0),
        ([1.0, 2.0], 50, 1.0),
        ([3.0, 1.0, 2.0], 95, 3.0),
        ([float(number) for number in range(1, 21)], 95, 19.0),
        ([float(number) for number in range(1, 101)], 95, 95.0),
        ([1.0, 2.0, 3.0], 0, 1.0),
        ([1.0, 2.0, 3.0], 100, 3.0),
    ],
)
def test_a_percentile_is_a_value_that_was_seen(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_of_nothing_there_is_no_percentile() -> None:
    with pytest.raises(ValueError, match="without values"):
        percentile([], 95)


VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


@given(VALUES, st.integers(0, 100))
def test_enough_values_are_no_larger_and_the_next_smaller_one_would_not_do(values: list[float], share: int) -> None:
    found = percentile(values, share)
    assert found in values
    assert 100 * sum(value <= found for value in values) >= share * len(values)
    assert share == 0 or 100 * sum(value < found for value in values) < share * len(values)


@given(VALUES, st.randoms(), st.integers(0, 100), st.integers(0, 100))
def test_order_does_not_matter_and_a_larger_share_is_no_smaller_value(
    values: list[float], draw: Random, one: int, other: int
) -> None:
    mixed = values[:]
    draw.shuffle(mixed)
    low, high = sorted((one, other))
    assert percentile(values, low) == percentile(mixed, low) <= percentile(mixed, high)


# what is usual, and what is slow


def test_with_fewer_than_five_successes_nobody_knows_what_is_usual() -> None:
    assert usual([*good(10, 10, 10, 10), *pasts(("Failed", 900))]) is None
    assert usual(good(10, 10, 10, 10, 12)) == 12


def test_how_long_failures_took_is_not_what_is_usual() -> None:
    assert usual([*good(10, 11, 12, 13, 14), *pasts(("Failed", 900), ("Cancelled", 900))]) == 14


@pytest.mark.parametrize(
    ("lasted", "usually", "verdict"),
    [
        (1e6, None, False),
        (4, 2, False),
        (61.9, 2, False),
        (62.1, 2, True),
        (600, 400, False),
        (600.1, 400, True),
        (0, 0, False),
    ],
)
def test_slow_is_half_as_long_again_and_a_minute(lasted: float, usually: float | None, verdict: bool) -> None:
    assert slow(lasted, usually) is verdict


@given(st.lists(PASTS, max_size=40), st.floats(0, 1e6))
def test_no_run_that_was_usual_is_slow(several: list[Past], more: float) -> None:
    usually = usual(several)
    if usually is not None:
        assert not slow(usually, usually)
        assert slow(usually * 2 + 120 + more, usually)
