"""What a schedule refuses, and the sentence it says: what is wrong, where, and what is allowed."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.schedule import Refused, Schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def sentence(text: str, zone: str = "UTC", start: datetime | None = None, end: datetime | None = None) -> str:
    with pytest.raises(Refused) as refused:
        Schedule.parse(text, zone, start, end)
    return str(refused.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("61 * * * *", "Schedule '61 * * * *': minute '61' is not allowed: 0 to 59."),
        ("60 * * * *", "minute '60' is not allowed: 0 to 59."),
        ("* 24 * * *", "hour '24' is not allowed: 0 to 23."),
        ("0 0 0 * *", "day of month '0' is not allowed: 1 to 31."),
        ("0 0 1 13 *", "month '13' is not allowed: 1 to 12, or jan to dec."),
        ("0 0 * * 8", "day of week '8' is not allowed: 0 to 7, or sun to sat."),
        ("0 0 0 * * 7", "day of week '7' is not allowed: 0 to 6, or sun to sat."),
        ("0 0-24 * * *", "hour '24' in '0-24' is not allowed: 0 to 23."),
        ("0 22-2 * * *", "hour '22-2' is not allowed: a range runs upwards; write 22-23,0-2."),
        ("0 0 22-2 * * *", "hour '22-2' is not allowed: a range runs upwards; write 22-23,0-2."),
        ("0 0 * * 5-1", "day of week '5-1' is not allowed: a range runs upwards; write 5-7,0-1."),
        ("0 0 0 * * 5-1", "day of week '5-1' is not allowed: a range runs upwards; write 5-6,0-1."),
        ("0 0 0 * * fri-mon", "day of week 'fri-mon' is not allowed: a range runs upwards; write fri-6,0-mon."),
        ("5/15 * * * *", "minute '5/15' is not allowed: a step follows '*' or a range; write 5-59/15."),
        ("*/0 * * * *", "minute '0' in '*/0' is not allowed: a step is a whole number from 1."),
        ("0 */0 * * * *", "minute '0' in '*/0' is not allowed: a step is a whole number from 1."),
        ("*/x * * * *", "minute 'x' in '*/x' is not allowed: a step is a whole number from 1."),
        ("0 0 1 january *", "month 'january' is not allowed: 1 to 12, or jan to dec."),
        ("0 0 * * monday", "day of week 'monday' is not allowed: 0 to 7, or sun to sat."),
        ("jan * * * *", "minute 'jan' is not allowed: 0 to 59."),
        ("1,,2 * * * *", "minute '' is not allowed: 0 to 59."),
        ("٣ * * * *", "minute '٣' is not allowed: 0 to 59."),
        ("-5 * * * *", "minute '-5' is not allowed: 0 to 59."),
        ("* * *", "3 fields where cron has 5 (minute first) and NCRONTAB 6 (second first)."),
        ("0 0 0 1 1 * 2026", "7 fields where cron has 5"),
        ("0 0 30 2 *", "never fires: month '2' has no day '30'."),
        ("0 0 31 4,jun */2", "never fires: month '4,jun' has no day '31'."),
        ("0 0 0 30 2 1", "never fires: month '2' has no day '30'."),
        ("@reboot", "Schedule '@reboot': there is no machine here that is started again"),
        ("@every 5m", "@hourly, @daily"),
        ("every 0 minutes", "the interval '0 minutes' is not allowed: 60 seconds to 36525 days."),
        ("every 30 seconds", "the interval '30 seconds' is not allowed: 60 seconds to 36525 days."),
        ("every 99999999999999 days", "60 seconds to 36525 days."),
        ("every -5 minutes", "the interval '-5 minutes' is not read: write whole numbers with units"),
        ("every 1.5 hours", "the interval '1.5 hours' is not read"),
        ("every 90", "the interval '90' is not read"),
        ("every", "the interval '' is not read"),
        ("every 3 months", "the unit 'months' is not known: seconds, minutes, hours, days and weeks are."),
        ("every 5m1h", "units go from large to small, each once"),
        ("every 1h1h", "units go from large to small, each once"),
        ("at noon", "'noon' is not a time: write 2026-12-24T18:00"),
        ("at 2026-13-01", "'2026-13-01' is not a time"),
        ("at 2026-12-24T18:00:00.5", "is not a time"),
        ("at 2026-12-24T18:00+99:00", "is not a time"),
        ("at 0001-01-01", "'0001-01-01' is not allowed: the years 2 to 9998."),
        ("at 9999-12-31T23:59-12:00", "is not"),
        ("after", "after takes jobs as PartitionKey/RowKey, or as RowKey alone within the same PartitionKey"),
        ("after a/b,", "separated by commas, not ''."),
        ("after a b", "separated by commas, not 'a b'."),
        ("after a and b", "separated by commas, not 'a and b'."),
        ("after a/b/c", "separated by commas, not 'a/b/c'."),
        ("after /b", "separated by commas, not '/b'."),
        ("after _python", "separated by commas, not '_python'."),
        ("after a, team/b, a", "'a' stands there twice: once is enough."),
        ("after " + ",".join(f"j{number}" for number in range(21)), "after takes at most 20 jobs, not 21."),
        ("after a; @daily", "after stands alone: remove it or the other parts."),
        ("@daily; After a", "after stands alone"),
        ("after a; after b", "after stands alone"),
        ("after a;", "part 2 is empty"),
        ("january", "no kind of schedule that is known: write cron (5 fields), NCRONTAB (6 fields)"),
        ("0 2 * * *;", "part 2 is empty: remove a ';'."),
        ("; manual", "part 1 is empty"),
        ("manual; 0 2 * * *", "manual stands alone"),
        ("0 2 * * *; 61 2 * * *", "Schedule '61 2 * * *': minute '61'"),
        (";".join(["@daily"] * 21), "has 21 parts separated by ';': at most 20."),
        ("0 " * 501, "is 1002 characters long: at most 1000."),
        ("\x00\ud800 x", "Schedule '?? x': 2 fields"),
    ],
)
def test_a_text_that_is_refused_gets_a_sentence(text: str, says: str) -> None:
    assert says in sentence(text)


@pytest.mark.parametrize("field", ["L", "LW", "15W", "?", "1#2", "5L"])
@pytest.mark.parametrize("six", ["", "0 "], ids=["five fields", "six fields"])
def test_the_marks_of_other_crons_are_refused_in_both_dialects(six: str, field: str) -> None:
    column = "day of week" if field in ("1#2", "5L") else "day of month"
    text = f"{six}0 0 * * {field}" if column == "day of week" else f"{six}0 0 {field} * *"
    said = sentence(text)
    assert f"{column} '{field}' is not allowed" in said
    assert "L, W, # and ? are not known here" in said


@pytest.mark.parametrize(
    "text",
    [
        "* 0 2 * * *",
        "*/30 * * * * *",
        "0,30 0 0 1 1 *",
        "0 0 2 * * *; 30 0 2 * * *",
        "30 59 23 * * *; 0 0 0 * * *",
        "0 0 12 * * MON; 59 59 11 1-7 * *",
        "30 59 23 28 2 *; 0 0 0 29 2 *",
        "every 90s; every 60s",
        "every 61s; 0 0 1 1 *",
        "at 2026-01-01T00:00:30; 0 0 1 1 *",
        "at 2026-01-01T00:00:30; every 1 day",
        "at 2026-01-01T00:00; at 2026-01-01T00:00:59",
    ],
)
def test_a_schedule_able_to_fire_twice_within_60_seconds_is_refused(text: str) -> None:
    assert "within 60 seconds" in sentence(text)


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *; 0 * * * * *; every 1 minute; every 7 minutes; at 2026-01-01T00:00",
        "0 0 2 * * *; 30 0 14 * * *",
        "0 0 2 * * MON; 30 0 2 * * TUE",
        "30 59 23 28 2 *; 0 0 0 2 3 *",
        "0 0 0 * * *; 0 1 0 * * *",
        "at 2026-01-01T00:00:30; 0 0 2 1 *",
        "at 2026-01-01T00:00; at 2026-01-01T00:01",
        "every 90s; every 180s",
    ],
)
def test_parts_a_minute_apart_or_at_one_instant_are_allowed(text: str) -> None:
    assert not Schedule.parse(text).manual


def test_parts_may_only_clash_where_the_clock_changes() -> None:
    text = "0 30 2 * * *; 30 0 3 * * *"  # on 29 March both are due at the gap's end: 03:00:00 and 03:00:30
    assert "within 60 seconds" in sentence(text, "Europe/Berlin")
    assert Schedule.parse(text, "UTC")


def test_an_interval_is_held_against_cron_by_time_of_day() -> None:
    start = at("2026-01-01T12:00:30Z")
    assert Schedule.parse("0 2 * * *; every 1 day", "Europe/Berlin", start)
    assert "within 60 seconds" in sentence("0 13 * * *; every 1 day", "Europe/Berlin", start)
    assert "within 60 seconds" in sentence("0 14 * * *; every 1 day", "Europe/Berlin", start)
    assert "within 60 seconds" in sentence("0 2 * * *; every 1 hour", "UTC", start)
    gap_end = at("2026-01-01T01:00Z")
    assert "within 60 seconds" in sentence("30 45 2 * * *; every 1 day", "Europe/Berlin", gap_end)


@pytest.mark.parametrize(
    ("zone", "says"),
    [
        ("Europe/Berln", "TimeZone 'Europe/Berln' is not an IANA time zone: did you mean Europe/Berlin?"),
        ("berlin", "did you mean Europe/Berlin?"),
        ("Europe", "TimeZone 'Europe' is not an IANA time zone"),
        ("W. Europe Standard Time", "write one such as Europe/Berlin or UTC."),
        ("", "TimeZone '' is not"),
        ("localtime", "TimeZone 'localtime' is not"),
        ("posix/Europe/Berlin", "is not an IANA time zone"),
        ("right/UTC", "is not an IANA time zone"),
        ("Factory", "is not an IANA time zone"),
        ("/etc/localtime", "is not an IANA time zone"),
        ("../zoneinfo/UTC", "is not an IANA time zone"),
        ("UTC\x00", "TimeZone 'UTC?' is not an IANA time zone"),
        ("U" * 5000, "…' is not an IANA time zone"),
    ],
)
def test_an_unknown_zone_gets_a_sentence_with_a_near_one(zone: str, says: str) -> None:
    assert says in sentence("@daily", zone)
    assert says in sentence("manual", zone)


@pytest.mark.parametrize(
    ("text", "start", "end", "says"),
    [
        ("@daily", "2026-01-02T00:00Z", "2026-01-01T00:00Z", "is after EndAt"),
        ("@daily", "2026-01-01T01:00Z", "2026-01-01T23:00Z", "never fires between StartAt and EndAt."),
        ("at 2026-01-01T00:00", "2026-01-02T00:00Z", None, "never fires between StartAt and EndAt."),
        ("@daily", "2026-01-02T00:00", None, "StartAt '2026-01-02T00:00:00' has no offset"),
        ("manual", None, "2026-01-02T00:00", "EndAt '2026-01-02T00:00:00' has no offset"),
    ],
)
def test_bounds_that_leave_nothing_are_refused(text: str, start: str | None, end: str | None, says: str) -> None:
    assert says in sentence(text, start=at(start) if start else None, end=at(end) if end else None)


def test_the_offending_text_is_quoted_short_and_printable() -> None:
    said = sentence("0 0 * * " + "x\n" * 300)
    assert len(said) < 400
    assert said.isprintable()


MOMENTS = [datetime(year, 3, 29, 1, 0, 30, tzinfo=UTC) for year in (1, 1969, 2026, 9999)]
TOKENS = st.sampled_from(
    [
        *(
            "0",
            "1",
            "5",
            "59",
            "60",
            "7",
            "22-2",
            "1-5",
            "*/5",
            "*",
            ",",
            "-",
            "/",
            ";",
            "L",
            "#",
            "?",
            "mon",
            "JAN",
            "t",
        ),
        *("every", "at", "after", "manual", "@daily", "2h", "90", "minutes", "1h30m", "-1", "99999999999", "a/b"),
        *("2026-03-29T02:30", "9999-12-31", "Z", "+14:00"),
    ]
)
WORDS = st.lists(TOKENS, max_size=8)
TEXTS = st.one_of(st.text(max_size=40), WORDS.map(" ".join), WORDS.map("".join))
ZONES = st.one_of(st.sampled_from(["UTC", "Europe/Berlin", "Pacific/Apia"]), st.text(max_size=12))


def parsed(text: str, zone: str) -> Schedule | str:
    try:
        return Schedule.parse(text, zone)
    except Refused as refused:
        return str(refused)


@settings(derandomize=True, max_examples=600, deadline=None)
@given(text=TEXTS, zone=ZONES)
def test_whatever_is_typed_is_read_or_refused_in_one_sentence(text: str, zone: str) -> None:
    schedule = parsed(text, zone)
    if isinstance(schedule, str):
        assert schedule.isprintable()
        assert schedule[-1] in ".?"
        return
    for moment in MOMENTS:
        due, last = schedule.after(moment), schedule.latest(moment)
        assert due is None or due > moment
        assert last is None or last <= moment
