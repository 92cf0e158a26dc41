"""`after`, `latest` and `before` are three views of one set of instants, whoever asks when."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.schedule import Schedule

SCHEDULES = [
    *("* * * * *", "*/7 * * * *", "30 2 * * *", "59 1-3 * * *", "0-59 2 * * *", "0 0 * * *", "*/20 2,23,0 * * *"),
    *("0 */6 * * 1-5", "0 0 29 2 *", "15 0 13 * 5", "5,* 1 * * *", "@weekly", "@yearly"),
    *("30 30 2 * * *", "45 0-59 0-3 * * *", "59 */10 2 * * *", "0 0 12 1-7 * MON", "20 5/15 * * * *"),
    *("every 1 minute", "every 1h30m", "every 100 days", "at 2026-03-29T02:30", "at 2026-10-25T02:30"),
    *("0 2 * * *; every 6 hours; at 2026-10-25T00:30Z", "30 2 * * *; */30 2 * * *", "manual"),
]
ZONES = [
    *("UTC", "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe"),
    *("America/Sao_Paulo", "Asia/Beirut", "Pacific/Apia", "Africa/Casablanca", "Asia/Kolkata", "Pacific/Kwajalein"),
]
CHANGES = [
    datetime.fromisoformat(text)
    for text in (
        *("2026-03-29T01:00Z", "2026-10-25T01:00Z", "2026-03-08T07:00Z", "2026-11-01T06:00Z"),
        *("2026-10-03T15:30Z", "2026-04-04T15:00Z", "2018-11-04T03:00Z", "2018-02-18T02:00Z"),
        *("2026-03-28T22:00Z", "2026-10-24T21:00Z", "2011-12-30T10:00Z", "1993-08-21T12:00Z"),
    )
]
NEAR = st.builds(
    lambda change, seconds: change + timedelta(seconds=seconds),
    st.sampled_from(CHANGES),
    st.one_of(st.integers(-4000, 4000), st.integers(-100, 100), st.integers(-100_000, 100_000)),
)
FAR = st.datetimes(datetime(1973, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - timezones adds it
EDGE = st.datetimes(timezones=st.just(UTC))
MOMENTS = st.one_of(NEAR, NEAR, FAR)


@settings(derandomize=True, max_examples=1500, deadline=None)
@given(text=st.sampled_from(SCHEDULES), zone=st.sampled_from(ZONES), moment=MOMENTS)
def test_nothing_lies_between_the_nearest_past_and_the_next_due(text: str, zone: str, moment: datetime) -> None:
    schedule = Schedule.parse(text, zone)
    due, last = schedule.after(moment), schedule.latest(moment)
    if due is not None:
        assert due > moment
        assert schedule.latest(due) == due
        assert schedule.before(due) == last
        assert schedule.after(due - timedelta(microseconds=1)) == due
    if last is not None:
        assert last <= moment
        assert schedule.latest(last) == last
        assert schedule.after(last) == due
        assert schedule.after(last - timedelta(seconds=1)) == last


@settings(derandomize=True, max_examples=400, deadline=None)
@given(text=st.sampled_from(SCHEDULES), zone=st.sampled_from(ZONES), moment=MOMENTS)
def test_two_dues_are_at_least_a_minute_apart(text: str, zone: str, moment: datetime) -> None:
    schedule = Schedule.parse(text, zone)
    due = schedule.after(moment)
    following = schedule.after(due) if due else None
    assert due is None or following is None or following - due >= timedelta(minutes=1)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(text=st.sampled_from(SCHEDULES), zone=st.sampled_from(ZONES), moment=EDGE)
def test_any_aware_moment_is_answered(text: str, zone: str, moment: datetime) -> None:
    schedule = Schedule.parse(text, zone)
    due, last = schedule.after(moment), schedule.latest(moment)
    assert due is None or (due > moment and due.tzinfo is UTC and due.microsecond == 0)
    assert last is None or (last <= moment and last.tzinfo is UTC and last.microsecond == 0)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    text=st.sampled_from(SCHEDULES[:-1]),
    zone=st.sampled_from(ZONES),
    moment=NEAR,
    start=st.integers(0, 5000),
    length=st.integers(1, 200_000),
)
def test_bounds_cut_the_calendar_and_change_nothing_else(
    text: str, zone: str, moment: datetime, start: int, length: int
) -> None:
    if "every" in text:
        return  # the start is their anchor
    low = moment - timedelta(minutes=start)
    high = low + timedelta(minutes=length)
    free = Schedule.parse(text, zone)
    due, last = free.after(moment), free.latest(moment)
    first = free.after(low - timedelta(seconds=1))
    if first is None or first > high:
        return  # refused: never fires between the two
    bounded = Schedule.parse(text, zone, low, high)
    assert bounded.after(moment) == (due if due and due <= high else None)
    final = free.latest(high)
    expected = min(last, final) if last and final else None
    assert bounded.latest(moment) == (expected if expected and expected >= low else None)
