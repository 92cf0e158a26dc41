"""Whether a job gets slower: told when it does, and not when runs only differ as runs do."""

import math
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.recent import Past
from scheduler.run import State
from scheduler.trend import FEWEST, TIMES, Trend, Verdict, over, ranked
from tests.calendars import at

NOW = at("12:00")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def judged(newer: Sequence[float], older: Sequence[float], times: float = TIMES) -> Trend:
    return Trend.of(("the newer", newer), ("the older", older), times)


def about(seconds: float, many: int = 14) -> list[float]:
    """So many durations, a second apart from each other."""
    return [seconds + number - many // 2 for number in range(many)]


def recent(*took: float, every: timedelta = DAY, state: State = State.SUCCEEDED, late: timedelta = HOUR) -> list[Past]:
    """Closed runs as a job's row remembers them, the newest last."""
    dues = [NOW - every * back for back in reversed(range(len(took)))]
    return [Past(due, 1, state, due + late, seconds, moved=False) for due, seconds in zip(dues, took, strict=True)]


def test_runs_that_take_half_as_long_again_are_told_with_both_medians() -> None:
    trend = judged(about(62, 15), about(41, 15))
    assert (trend.verdict, trend.slower, trend.mark) == (Verdict.SLOWER, True, "51 % slower")
    assert trend.sentence == "Median of the newer 1 min 2 s, of the older 41 s: 51 % slower."
    assert trend.change == pytest.approx(62 / 41 - 1)


def test_what_gets_faster_is_told_and_is_no_alarm() -> None:
    trend = judged(about(41, 15), about(62, 15))
    assert (trend.verdict, trend.slower, trend.mark) == (Verdict.FASTER, False, "34 % faster")


def test_twice_as_long_and_more_is_told_in_times() -> None:
    assert judged(about(100), about(41)).mark == "2.5 times as long"
    assert judged([60.0] * 9, [0.0] * 9).mark == "slower"


@pytest.mark.parametrize(
    ("story", "newer", "older", "times"),
    [
        ("a fifth more", about(50), about(41), TIMES),
        ("three times, and no five seconds", [3.0] * 14, [1.0] * 14, TIMES),
        ("the same", about(41), about(41), TIMES),
        ("always exactly the same", [41.0] * 14, [41.0] * 14, TIMES),
        ("one of ten hours", [*about(41, 13), 36_000.0], about(41), TIMES),
        ("half of them, and those before were as mixed", [40.0, 90.0] * 7, [40.0, 90.0] * 6 + [40.0, 40.0], TIMES),
        ("a third more, between a night and a day", about(55), about(41), 1.5),
    ],
)
def test_what_is_noise_or_too_little_is_no_trend(
    story: str, newer: list[float], older: list[float], times: float
) -> None:
    trend = judged(newer, older, times)
    assert (trend.verdict, trend.mark) == (Verdict.STEADY, ""), story
    assert trend.sentence.endswith(": no clear change.")


@pytest.mark.parametrize("few", [0, 1, FEWEST - 1])
def test_with_too_few_successes_on_either_side_nothing_is_said(few: int) -> None:
    for trend in (judged(about(90, few), about(41)), judged(about(90), about(41, few))):
        assert (trend.verdict, trend.mark, trend.slower) == (Verdict.UNKNOWN, "", False)
        assert trend.sentence.startswith("Too few runs succeeded to say whether it gets slower: ")
        assert f"{few} in the " in trend.sentence
    assert judged(about(90, FEWEST), about(41, FEWEST)).slower


def noisy(draw: Random, median: float, spread: float, many: int) -> list[float]:
    return [median * math.exp(draw.gauss(0, spread)) for _ in range(many)]


@pytest.mark.parametrize("spread", [0.1, 0.3, 0.5, 1.0])
def test_of_a_thousand_jobs_that_stay_as_they_are_hardly_one_is_said_to_get_slower(spread: float) -> None:
    draw = Random(f"as they are {spread}")
    wrong = sum(judged(noisy(draw, 60, spread, 15), noisy(draw, 60, spread, 15)).slower for _ in range(1_000))
    assert wrong <= 3


@pytest.mark.parametrize(("spread", "least"), [(0.05, 200), (0.1, 195), (0.2, 180)])
def test_of_those_that_take_half_as_long_again_most_are_found(spread: float, least: int) -> None:
    draw = Random(f"slower {spread}")
    found = sum(judged(noisy(draw, 90, spread, 15), noisy(draw, 60, spread, 15)).slower for _ in range(200))
    assert found >= least


VALUES = st.lists(st.floats(0, 1e6), min_size=1, max_size=40)


@given(VALUES, VALUES)
def test_turned_round_slower_is_faster(newer: list[float], older: list[float]) -> None:
    turned = {Verdict.SLOWER: Verdict.FASTER, Verdict.FASTER: Verdict.SLOWER}
    verdict = judged(newer, older).verdict
    assert judged(older, newer).verdict is turned.get(verdict, verdict)
    assert ranked(newer, older) == pytest.approx(-ranked(older, newer))


def test_ranks_are_those_of_a_table() -> None:
    """Mann and Whitney by hand: of 49 pairs 49 rise, where chance gives 24.5 and spreads by the root of 61.25."""
    assert ranked([8, 9, 10, 11, 12, 13, 14], [1, 2, 3, 4, 5, 6, 7]) == pytest.approx(24.5 / math.sqrt(61.25))
    assert ranked([2, 2, 3], [1, 2, 2]) == pytest.approx(2.5 / math.sqrt(9 / 12 * (7 - 60 / 30)))
    assert ranked([5, 5], [5, 5]) == 0


# over a period


def ran(took: Callable[[int], float], every: timedelta, reach: timedelta) -> Trend:
    """Successful runs up to now; `took` gives the seconds of the one that was so many runs ago."""
    backs = range(int(reach / every))
    good = [(NOW - every * back, took(back)) for back in reversed(backs)]
    return over(good, NOW, reach)


def test_a_week_is_held_against_the_week_before() -> None:
    trend = ran(lambda back: (62 if back < 7 * 24 else 41) + back % 5, HOUR, 30 * DAY)
    assert trend.sentence == "Median of the last 7 days 1 min 4 s, of the 7 before 43 s: 49 % slower."


def test_what_runs_once_a_day_is_judged_by_halves_of_the_period() -> None:
    trend = ran(lambda back: (62 if back < 15 else 41) + back % 15, DAY, 30 * DAY)
    assert (trend.newer.name, trend.newer.runs, trend.older.runs, trend.slower) == ("the last 15 days", 15, 15, True)


def test_a_job_of_a_few_days_is_judged_by_these_and_more_strictly() -> None:
    third, double = (ran(lambda back, t=t: (t if back < 48 else 41) + back % 5, HOUR, 4 * DAY) for t in (56, 90))  # type: ignore[misc]
    assert (third.verdict, third.newer.name) == (Verdict.STEADY, "the last 2 days")
    assert double.slower


@pytest.mark.parametrize("reach", [timedelta(), HOUR, 2 * DAY - HOUR])
def test_of_less_than_two_days_nothing_is_said(reach: timedelta) -> None:
    trend = ran(lambda _: 41, timedelta(minutes=5), reach)
    assert (trend.verdict, trend.mark) == (Verdict.UNKNOWN, "")
    assert trend.sentence == "Whether it gets slower is told once its successful runs go back two days."


# as a job's row remembers


def test_of_the_last_thirty_the_newer_half_is_held_against_the_older() -> None:
    trend = Trend.of_recent(recent(*about(41, 15), *about(62, 15)))
    assert trend.sentence == ("Median of the last 15 successful runs 1 min 2 s, of the 15 before 41 s: 51 % slower.")


def test_what_failed_or_was_played_again_long_after_is_left_out() -> None:
    failed = recent(*about(900, 15), state=State.FAILED)
    replayed = recent(*about(900, 15), late=timedelta(days=20))
    assert Trend.of_recent([*recent(*about(41, 14)), *failed]).verdict is Verdict.STEADY
    assert Trend.of_recent([*recent(*about(41, 14)), *replayed]).verdict is Verdict.STEADY
    assert Trend.of_recent([]).verdict is Verdict.UNKNOWN


def test_thirty_runs_of_an_hour_or_a_day_must_differ_by_more_than_a_night_and_a_day_do() -> None:
    took = (*about(41, 15), *about(56, 15))
    assert Trend.of_recent(recent(*took, every=DAY)).slower
    assert not Trend.of_recent(recent(*took, every=HOUR)).slower
    assert Trend.of_recent(recent(*about(41, 15), *about(64, 15), every=HOUR)).slower
