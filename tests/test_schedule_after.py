"""`after a, team/b`: a schedule that no clock makes due."""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.schedule import Refused, Schedule

MOMENT = datetime(2026, 11, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "upstreams"),
    [
        ("after extract", ("extract",)),
        ("after weather/extract", ("weather/extract",)),
        ("  AFTER\ta ,b,\n team.2/c-d_e ", ("a", "b", "team.2/c-d_e")),
        ("after " + ", ".join(f"j{number}" for number in range(20)), tuple(f"j{number}" for number in range(20))),
        ("after a, team/a", ("a", "team/a")),
        ("after A, a", ("A", "a")),
        ("after after", ("after",)),
        ("@daily", ()),
        ("manual", ()),
        ("", ()),
    ],
)
def test_the_jobs_of_a_chain_are_kept_as_typed(text: str, upstreams: tuple[str, ...]) -> None:
    assert Schedule.parse(text).upstreams == upstreams


def test_no_clock_makes_a_chain_due_and_yet_it_is_not_manual() -> None:
    chain = Schedule.parse("after a", "Europe/Berlin")
    assert not chain.manual
    assert chain.after(MOMENT) is chain.latest(MOMENT) is chain.before(MOMENT) is None
    assert Schedule.parse("").manual


def test_bounds_hold_for_a_chain_too_both_ends_included() -> None:
    start, end = MOMENT, MOMENT + timedelta(days=1)
    chain = Schedule.parse("after a", start=start, end=end)
    second = timedelta(seconds=1)
    assert [chain.within(due) for due in (start - second, start, end, end + second)] == [False, True, True, False]
    assert Schedule.parse("after a").within(MOMENT)
    with pytest.raises(Refused, match=r"StartAt .* is after EndAt"):
        Schedule.parse("after a", start=end, end=start)


def test_a_chain_of_a_zone_that_is_none_is_refused_as_any_schedule_is() -> None:
    with pytest.raises(Refused, match="TimeZone 'Mars' is not an IANA time zone"):
        Schedule.parse("after a", "Mars")
