"""Calendars of the grammar: the measured cases of cron fields, intervals, single times, bounds, several parts.

Where Debian's cron and NCrontab differ, five fields follow Debian and six follow NCrontab.
"""

from datetime import UTC, datetime, timedelta

import pytest

from scheduler.schedule import Schedule

NEW_YEAR = "2026-01-01T00:00Z"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def year(text: str) -> list[datetime]:
    return [at(f"{part}:00Z" if "T" in part else f"{part}T00:00Z") for part in text.split()]


def follows(schedule: Schedule, since: str, wanted: list[datetime]) -> bool:
    """Whether exactly these dues come next, in both directions."""
    moments = [at(since), *wanted[:-1]]
    ahead = [schedule.after(moment) for moment in moments]
    return ahead == wanted and [schedule.before(due) for due in wanted[1:]] == wanted[:-1]


@pytest.mark.parametrize(
    ("case", "text", "since", "expected"),
    [
        ("29 February", "0 0 29 2 *", NEW_YEAR, "2028-02-29 2032-02-29"),
        ("the 31st", "0 0 31 * *", NEW_YEAR, "2026-01-31 2026-03-31 2026-05-31 2026-07-31 2026-08-31"),
        ("both day fields: either", "0 0 13 * 5", NEW_YEAR, "2026-01-02 2026-01-09 2026-01-13 2026-01-16"),
        ("a star among them: both", "0 0 */2 * 1", NEW_YEAR, "2026-01-05 2026-01-19 2026-02-09 2026-02-23"),
        ("weekday 7 is Sunday", "0 0 * * 7", NEW_YEAR, "2026-01-04 2026-01-11"),
        ("weekday 0 is Sunday", "0 0 * * 0", NEW_YEAR, "2026-01-04 2026-01-11"),
        ("weekdays 1-5", "0 0 * * 1-5", "2026-01-02T12:00Z", "2026-01-05 2026-01-06 2026-01-07"),
        ("names of any case", "0 0 * jan,MAR mon-Fri", "2026-01-29T12:00Z", "2026-01-30 2026-03-02"),
        ("a step wider than the field", "*/90 0 1 * *", NEW_YEAR, "2026-02-01 2026-03-01"),
        ("a step over a range", "0 10-15/2 1 1 *", NEW_YEAR, "2026-01-01T10:00 2026-01-01T12:00 2026-01-01T14:00"),
        ("white space and zeros", "  05\t 01  *  *   * ", NEW_YEAR, "2026-01-01T01:05 2026-01-02T01:05"),
        ("@hourly", "@hourly", NEW_YEAR, "2026-01-01T01:00 2026-01-01T02:00"),
        ("@daily", "@daily", NEW_YEAR, "2026-01-02 2026-01-03"),
        ("@midnight", "@midnight", NEW_YEAR, "2026-01-02 2026-01-03"),
        ("@weekly", "@WEEKLY", NEW_YEAR, "2026-01-04 2026-01-11"),
        ("@monthly", "@monthly", NEW_YEAR, "2026-02-01 2026-03-01"),
        ("@yearly", "@yearly", NEW_YEAR, "2027-01-01 2028-01-01"),
        ("@annually", "@annually", NEW_YEAR, "2027-01-01 2028-01-01"),
    ],
)
def test_five_fields_as_debians_cron(case: str, text: str, since: str, expected: str) -> None:
    assert follows(Schedule.parse(text), since, year(expected)), case


@pytest.mark.parametrize(
    ("case", "text", "since", "expected"),
    [
        ("seconds first", "30 */5 * * * *", NEW_YEAR, "2026-01-01T00:00:30 2026-01-01T00:05:30"),
        ("29 February", "0 0 0 29 2 *", NEW_YEAR, "2028-02-29 2032-02-29"),
        ("the 31st", "0 0 0 31 * *", NEW_YEAR, "2026-01-31 2026-03-31"),
        ("both day fields: both", "0 0 0 13 * 5", NEW_YEAR, "2026-02-13 2026-03-13 2026-11-13"),
        ("first Mondays", "0 0 12 1-7 * MON", NEW_YEAR, "2026-01-05T12:00 2026-02-02T12:00 2026-03-02T12:00"),
        ("a star among them: both", "0 0 0 */2 * 1", NEW_YEAR, "2026-01-05 2026-01-19 2026-02-09"),
        ("weekday 0 is Sunday", "0 0 0 * * 0", NEW_YEAR, "2026-01-04 2026-01-11"),
        ("weekdays 1-5", "0 0 0 * * 1-5", "2026-01-02T12:00Z", "2026-01-05 2026-01-06"),
        ("names of any case", "0 0 0 * jan,MAR mon-Fri", "2026-01-29T12:00Z", "2026-01-30 2026-03-02"),
        ("names in full", "0 0 0 * january monday", "2026-01-20T12:00Z", "2026-01-26 2027-01-04"),
        ("a name's beginning", "0 0 0 * Ju t", NEW_YEAR, "2026-06-02 2026-06-09"),
        ("5/15 counts from 5", "0 5/15 0 1 * *", NEW_YEAR, "2026-01-01T00:05 2026-01-01T00:20 2026-01-01T00:35"),
        ("5/1 is 5 alone", "0 5/1 0 * * *", NEW_YEAR, "2026-01-01T00:05 2026-01-02T00:05"),
    ],
)
def test_six_fields_as_ncrontab(case: str, text: str, since: str, expected: str) -> None:
    wanted = [at(f"{part}Z") if part.count(":") == 2 else year(part)[0] for part in expected.split()]
    assert follows(Schedule.parse(text), since, wanted), case


@pytest.mark.parametrize(
    ("text", "start", "since", "expected"),
    [
        ("every 2 hours", None, "2026-01-01T00:30Z", "2026-01-01T02:00 2026-01-01T04:00"),
        ("every 15 minutes", None, NEW_YEAR, "2026-01-01T00:15 2026-01-01T00:30"),
        ("Every  1 Minute", None, NEW_YEAR, "2026-01-01T00:01 2026-01-01T00:02"),
        ("every 1h30m", "2026-01-01T08:10Z", NEW_YEAR, "2026-01-01T08:10 2026-01-01T09:40 2026-01-01T11:10"),
        ("every 1 h 30 min", "2026-01-01T08:10Z", "2026-01-01T09:00Z", "2026-01-01T09:40 2026-01-01T11:10"),
        ("every 90 minutes", None, NEW_YEAR, "2026-01-01T01:30 2026-01-01T03:00"),
        ("every 5400s", None, NEW_YEAR, "2026-01-01T01:30 2026-01-01T03:00"),
        ("every day", None, NEW_YEAR, "2026-01-02 2026-01-03"),
        ("every 2w", "2026-01-05T06:00+01:00", NEW_YEAR, "2026-01-05T05:00 2026-01-19T05:00"),
        ("every 1 week", None, NEW_YEAR, "2026-01-08 2026-01-15"),
    ],
)
def test_intervals_count_from_start_at_or_else_from_1970(
    text: str, start: str | None, since: str, expected: str
) -> None:
    schedule = Schedule.parse(text, start=at(start) if start else None)
    assert follows(schedule, since, year(expected))


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("at 2026-12-24T18:00", "UTC", "2026-12-24T18:00Z"),
        ("at 2026-12-24T18:00", "Europe/Berlin", "2026-12-24T17:00Z"),
        ("AT 2026-12-24 18:00:30", "Europe/Berlin", "2026-12-24T17:00:30Z"),
        ("at 2026-12-24t18:00z", "Europe/Berlin", "2026-12-24T18:00Z"),
        ("at 2026-12-24T18:00:00.0000000Z", "Europe/Berlin", "2026-12-24T18:00Z"),
        ("at 2026-12-24T18:00 +05:30", "Europe/Berlin", "2026-12-24T12:30Z"),
        ("at 2026-12-24", "Europe/Berlin", "2026-12-23T23:00Z"),
    ],
)
def test_at_is_due_once(text: str, zone: str, expected: str) -> None:
    schedule = Schedule.parse(text, zone)
    due = at(expected)
    assert schedule.after(at("1970-01-01T00:00Z")) == due
    assert schedule.after(due) is None
    assert schedule.latest(due) == schedule.latest(at("2999-01-01T00:00Z")) == due
    assert schedule.before(due) is None


@pytest.mark.parametrize("text", ["", "  ", "manual", " Manual "])
def test_manual_is_never_due_by_itself(text: str) -> None:
    schedule = Schedule.parse(text)
    assert schedule.manual
    assert schedule.after(at(NEW_YEAR)) is None
    assert schedule.latest(at(NEW_YEAR)) is None
    assert not Schedule.parse("@daily").manual


def test_several_parts_make_one_calendar_and_the_same_instant_is_one_due() -> None:
    schedule = Schedule.parse("0 6 * * *; every 6 hours ;at 2026-01-01T07:00;0 0 18 * * *")
    assert follows(
        schedule, NEW_YEAR, year("2026-01-01T06:00 2026-01-01T07:00 2026-01-01T12:00 2026-01-01T18:00 2026-01-02")
    )


def test_bounds_are_inclusive() -> None:
    schedule = Schedule.parse("@daily", start=at("2026-01-02T00:00Z"), end=at("2026-01-04T00:00Z"))
    assert follows(schedule, "1999-01-01T00:00Z", year("2026-01-02 2026-01-03 2026-01-04"))
    assert schedule.after(at("2026-01-04T00:00Z")) is None
    assert schedule.latest(at("2999-01-01T00:00Z")) == at("2026-01-04T00:00Z")
    assert schedule.latest(at("2026-01-01T23:59:59Z")) is None
    assert schedule.before(at("2026-01-02T00:00Z")) is None


def test_bounds_between_seconds_move_inwards() -> None:
    schedule = Schedule.parse("every hour", start=at("2026-01-01T00:00:00.5Z"), end=at("2026-01-01T01:00:01.5Z"))
    assert follows(schedule, NEW_YEAR, [at("2026-01-01T00:00:01Z"), at("2026-01-01T01:00:01Z")])
    assert schedule.after(at("2026-01-01T01:00:01Z")) is None


def test_moments_between_seconds() -> None:
    schedule = Schedule.parse("0 * * * *")
    hour, tick = at("2026-01-01T01:00Z"), timedelta(microseconds=1)
    assert schedule.after(hour - tick) == hour
    assert schedule.latest(hour + tick) == schedule.before(hour + tick) == hour
    assert schedule.latest(hour - tick) == schedule.before(hour - tick) == hour - timedelta(hours=1)


def test_dues_are_in_utc_and_whole_seconds() -> None:
    due = Schedule.parse("0 2 * * *", "europe/BERLIN").after(at("2026-06-01T00:00:00.123456+02:00"))
    assert due is not None
    assert (due.tzinfo, due.isoformat()) == (UTC, "2026-06-01T00:00:00+00:00")


def test_text_and_zone_are_kept_for_people() -> None:
    schedule = Schedule.parse(" 0 2 * * * ", " europe/berlin ")
    assert (schedule.text, schedule.zone) == ("0 2 * * *", "Europe/Berlin")
    assert schedule == Schedule.parse("0 2 * * *", "Europe/Berlin")
    assert schedule != Schedule.parse("0 2 * * *", "UTC")


def test_a_naive_moment_is_an_error_of_the_caller() -> None:
    schedule = Schedule.parse("@daily")
    for ask in (schedule.after, schedule.latest, schedule.before):
        with pytest.raises(ValueError, match="no offset"):
            ask(at("2026-01-01T00:00:00.5"))


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "0 0 0 29 2 1",
        "0 0 20 31 12 5",
        "0 0 5 1 1 1",
        "every 36525 days",
        "@yearly",
        "at 2026-01-01",
        "manual",
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Pacific/Kiritimati", "America/Adak", "Asia/Tokyo"])
def test_the_ends_of_the_calendar_answer_none_and_never_fail(text: str, zone: str) -> None:
    schedule = Schedule.parse(text, zone)
    for moment in ("0001-01-01T00:00+14:00", "0001-01-01T00:00Z", "0001-06-01T00:00-12:00"):
        assert schedule.latest(at(moment)) is None
        assert schedule.before(at(moment)) is None
        schedule.after(at(moment))
    for moment in ("9999-12-31T23:59:59.999999-12:00", "9999-12-31T00:00Z", "9999-06-01T00:00+14:00"):
        assert schedule.after(at(moment)) is None
        last = schedule.latest(at(moment))
        assert last is None or last == schedule.before(at(moment))


def test_the_nearest_dues_are_found_without_walking_over_the_missed_ones() -> None:
    schedule = Schedule.parse("* * * * *; every 1 minute", "Europe/Berlin", start=at("1970-01-01T00:00Z"))
    assert schedule.latest(at("9998-06-01T00:00:30Z")) == at("9998-06-01T00:00Z")
    assert schedule.after(at("0001-06-01T00:00Z")) == at("1970-01-01T00:00Z")
