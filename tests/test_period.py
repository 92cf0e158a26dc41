"""What a job's runs of some days come to, on calendars that were reckoned by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.history import Figures
from scheduler.period import Failures, Period, Seen
from scheduler.run import State
from scheduler.trend import Verdict
from scheduler.wall import midnight

BERLIN, GREENWICH = ZoneInfo("Europe/Berlin"), ZoneInfo("UTC")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def seen(day: int, hour: int, said: str = "Succeeded", seconds: float | None = 60, **more: Any) -> Seen:
    """A row of November 2026."""
    told: dict[str, Any] = {"attempt": 1, "trigger": "schedule"} | more
    return Seen(datetime(2026, 11, day, hour, tzinfo=UTC), said=said, seconds=seconds, **told)


def period(*rows: Seen, first: date = date(2026, 11, 20), zone: ZoneInfo = GREENWICH, now: datetime = NOW) -> Period:
    return Period.of(rows, first, zone, now)


def counts(made: Period) -> list[tuple[int, int, int]]:
    """Of each day: due times, failures, skips."""
    return [(day.sums.figures.runs, day.sums.failed, day.sums.skipped) for day in made.days]


#: Three days of a job that is due at 0, 6, 12 and 18 o'clock.
CALENDAR = [
    seen(20, 0, seconds=40, cost=0.01),
    seen(20, 6, "Failed", 5, attempt=1, cost=0.001, retry_at=datetime(2026, 11, 20, 6, 5, tzinfo=UTC)),
    seen(20, 6, seconds=50, attempt=2, cost=0.01),
    seen(20, 12, "Failed", 5),
    seen(20, 18, "Lost", None),
    seen(21, 0, "Cancelled", 3),
    seen(21, 6, "Failed", 5),
    seen(21, 12, "Skipped", None),
    seen(22, 0, seconds=60),
    seen(22, 3, seconds=999, trigger="backfill", cost=0.5),
    seen(22, 6, seconds=900, trigger="request"),
    seen(22, 12, "Active", None),
]


def test_each_day_has_its_figures() -> None:
    first, second, third = (day.sums for day in period(*CALENDAR).days)
    assert first.figures == Figures(4, 2, 0.5, (State.LOST, 1), median=45, p95=50, longest=50)
    assert (first.failed, first.cancelled, first.attempts, first.backfills, first.skipped) == (2, 0, 1, 0, 0)
    assert first.cost == pytest.approx(0.021)
    assert second.figures == Figures(2, 0, 0.0, (State.FAILED, 1), None, None, None)
    assert (second.failed, second.cancelled, second.skipped, second.cost) == (1, 1, 1, None)
    assert third.figures == Figures(2, 2, 1.0, (State.SUCCEEDED, 2), median=480, p95=900, longest=900)
    assert (third.backfills, third.attempts, third.cost) == (1, 0, 0.5)


def test_the_days_together_have_theirs() -> None:
    made = period(*CALENDAR)
    sums = made.sums
    assert sums.figures == Figures(8, 4, 4 / 7, (State.SUCCEEDED, 2), median=55, p95=900, longest=900)
    assert (sums.failed, sums.cancelled, sums.skipped, sums.attempts, sums.backfills) == (3, 1, 1, 1, 1)
    assert sums.cost == pytest.approx(0.521)
    assert made.going == 1
    assert made.trend.verdict is Verdict.UNKNOWN


def test_the_longest_row_of_failures_is_one_of_due_times_and_no_cancelled_run_ends_it() -> None:
    worst = period(*CALENDAR).failures
    assert worst == Failures(3, CALENDAR[3].due, CALENDAR[6].due)
    assert period(*(one for one in CALENDAR if one.state is State.SUCCEEDED)).failures is None
    pair = [seen(20, 0, "Failed"), seen(20, 1, "Failed"), seen(20, 2), seen(20, 3, "Lost"), seen(20, 4, "Failed")]
    assert period(*pair).failures == Failures(2, pair[0].due, pair[1].due), "the earlier of two alike"


def test_it_does_not_matter_in_which_order_rows_are_read() -> None:
    assert period(*reversed(CALENDAR)) == period(*CALENDAR)


def test_a_due_time_whose_next_attempt_is_promised_or_runs_is_not_decided_yet() -> None:
    promised = NOW + HOUR
    failed = seen(22, 6, "Failed", retry_at=promised)
    assert (period(failed).going, period(failed).sums.figures.runs) == (1, 0)
    running = seen(22, 6, "Active", None, attempt=2)
    assert (period(failed, running).going, period(failed, running).sums.attempts) == (1, 1)
    ended = period(failed, seen(22, 6, attempt=2))
    assert (ended.going, ended.sums.figures.succeeded, ended.sums.failed, ended.sums.attempts) == (0, 1, 0, 1)


def test_an_attempt_that_was_promised_and_forgotten_leaves_a_failure() -> None:
    """An attempt that nobody begins within a day of its time is given up."""
    failed = seen(20, 6, "Failed", retry_at=NOW - DAY)
    assert (period(failed).going, period(failed).sums.failed) == (0, 1)
    assert period(failed, now=NOW - HOUR).going == 1


def test_a_backfill_of_a_due_time_that_failed_does_not_change_how_it_went() -> None:
    made = period(seen(20, 6, "Failed"), seen(20, 6, attempt=2, trigger="backfill"))
    assert (made.sums.failed, made.sums.figures.runs, made.sums.backfills, made.sums.attempts) == (1, 1, 1, 0)


def test_a_run_of_days_without_any_has_empty_days() -> None:
    made = period(first=date(2026, 11, 1))
    assert len(made.days) == 22
    assert made.sums.figures == Figures(0, 0, None, None, None, None, None)
    assert {day.sums for day in made.days} == {made.sums}
    assert (made.failures, made.slow, made.sums.cost) == (None, (), None)


def test_of_a_job_with_only_skips_the_skips_are_counted() -> None:
    made = period(*(seen(20, hour, "Skipped", None) for hour in range(5)), seen(22, 0, "Skipped", None))
    assert counts(made) == [(0, 0, 5), (0, 0, 0), (0, 0, 1)]
    assert (made.sums.figures.rate, made.failures, made.trend.verdict) == (None, None, Verdict.UNKNOWN)


def test_what_takes_much_longer_than_is_usual_in_the_period_is_slow_the_newest_first() -> None:
    usual = [seen(day, hour) for day in (20, 21) for hour in range(24)]
    slow = [seen(20, 3, seconds=400), seen(21, 5, seconds=300)]
    made = period(*(one for one in usual if one.due not in {late.due for late in slow}), *slow)
    assert made.slow == (slow[1], slow[0])
    assert [day.sums.slow for day in made.days] == [1, 1, 0]
    assert period(*slow).slow == (), "of two runs nobody knows what is usual"


# days of a zone


@pytest.mark.parametrize(
    ("first", "hours"),
    [(date(2026, 3, 28), [24, 23, 24]), (date(2026, 10, 24), [24, 25, 24]), (date(2026, 11, 20), [24, 24, 24])],
)
def test_days_end_at_the_zones_midnight_also_when_clocks_change(first: date, hours: list[int]) -> None:
    """Berlin's clock leaps on 29 March 2026 at 1:00 UTC, and falls back on 25 October 2026 at 1:00 UTC."""
    begin, end = midnight(first, BERLIN), midnight(first + 3 * DAY, BERLIN)
    hourly = [Seen(begin + HOUR * number, 1, "Succeeded", seconds=60) for number in range(int((end - begin) / HOUR))]
    made = period(*hourly, first=first, zone=BERLIN, now=end - HOUR)
    assert [day.sums.figures.runs for day in made.days] == hours
    assert [day.date for day in made.days] == [first + DAY * number for number in range(3)]


def test_both_passes_of_an_hour_that_comes_twice_are_due_times_of_the_same_day() -> None:
    twice = [Seen(datetime(2026, 10, 25, hour, 30, tzinfo=UTC), 1, "Succeeded") for hour in (0, 1)]
    made = period(*twice, first=date(2026, 10, 25), zone=BERLIN, now=datetime(2026, 10, 25, 9, tzinfo=UTC))
    assert counts(made) == [(2, 0, 0)]


def test_a_run_just_before_midnight_belongs_to_the_day_that_the_zone_has() -> None:
    late = Seen(datetime(2026, 11, 20, 23, 30, tzinfo=UTC), 1, "Succeeded")
    assert counts(period(late)) == [(1, 0, 0), (0, 0, 0), (0, 0, 0)]
    assert counts(period(late, zone=BERLIN)) == [(0, 0, 0), (1, 0, 0), (0, 0, 0)]


def test_where_a_day_has_no_midnight_it_begins_when_the_clock_goes_on() -> None:
    """In Beirut 2026-03-29 begins at 1:00, which is 22:00 UTC of the day before."""
    assert midnight(date(2026, 3, 29), ZoneInfo("Asia/Beirut")) == datetime(2026, 3, 28, 22, tzinfo=UTC)


ROWS = st.builds(
    Seen,
    due=st.integers(0, 5 * 24 - 1).map(lambda hour: datetime(2026, 11, 18, tzinfo=UTC) + HOUR * hour),
    attempt=st.integers(1, 4),
    said=st.sampled_from(["Succeeded", "Failed", "Lost", "Cancelled", "Skipped", "Active", "", "Odd"]),
    trigger=st.sampled_from(["schedule", "request", "backfill", "after", ""]),
    seconds=st.none() | st.floats(0, 1e6),
    cost=st.none() | st.floats(0, 10),
    retry_at=st.none() | st.just(NOW + HOUR),
)


@given(st.lists(ROWS, max_size=60, unique_by=lambda one: (one.due, one.attempt)))
def test_the_days_add_up_to_the_whole_and_every_row_is_counted_once(rows: list[Seen]) -> None:
    made = period(*rows, first=date(2026, 11, 18), now=datetime(2026, 11, 23, 23, tzinfo=UTC))
    for name in ("failed", "cancelled", "slow", "skipped", "attempts", "backfills"):
        assert sum(getattr(day.sums, name) for day in made.days) == getattr(made.sums, name)
    figures = made.sums.figures
    assert sum(day.sums.figures.runs for day in made.days) == figures.runs
    assert sum(day.sums.figures.succeeded for day in made.days) == figures.succeeded
    assert figures.runs == figures.succeeded + made.sums.failed + made.sums.cancelled
    closed = sum(one.state is not None for one in rows)
    assert figures.runs + made.sums.attempts + made.sums.backfills <= closed
    assert closed - figures.runs - made.sums.attempts - made.sums.backfills <= made.going
