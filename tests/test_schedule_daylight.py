"""Calendars over the changes of the clock; Debian's cron is the oracle, for six fields too.

Europe/Berlin in 2026: the clock goes from 02:00+01 to 03:00+02 on 29 March (01:00Z) and from 03:00+02 back to
02:00+01 on 25 October (01:00Z).
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler.schedule import Schedule

BERLIN = "Europe/Berlin"
GAP = "2026-03-29T00:00+01:00"
FOLD = "2026-10-25T00:00+02:00"
MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def dues(schedule: Schedule, since: datetime, until: datetime) -> list[datetime]:
    found = []
    due = schedule.after(since)
    while due is not None and due <= until:
        found.append(due)
        due = schedule.after(due)
    return found


@pytest.mark.parametrize("seconds", ["", "0 "], ids=["five fields", "six fields"])
@pytest.mark.parametrize(
    ("case", "text", "since", "expected"),
    [
        ("gap, fixed: at its end", "30 2 * * *", GAP, "03-29T03:00+02 03-30T02:30+02"),
        ("gap, hourly", "0 * * * *", GAP, "03-29T01:00+01 03-29T03:00+02 03-29T04:00+02 03-29T05:00+02"),
        ("gap, star in the minute: not that day", "*/30 2 * * *", GAP, "03-30T02:00+02 03-30T02:30+02"),
        ("gap, its first minute: at its end", "0 2 * * *", GAP, "03-29T03:00+02 03-30T02:00+02"),
        ("Monday to Friday", "0 2 * * 1-5", "2026-03-27T00:00+01:00", "03-27T02:00+01 03-30T02:00+02"),
        ("fold, fixed: once", "30 2 * * *", FOLD, "10-25T02:30+02 10-26T02:30+01"),
        ("fold, hourly", "0 * * * *", FOLD, "10-25T01:00+02 10-25T02:00+02 10-25T02:00+01 10-25T03:00+01"),
        (
            "fold, star in the minute: both passes",
            "*/20 2 * * *",
            FOLD,
            "10-25T02:00+02 10-25T02:20+02 10-25T02:40+02 10-25T02:00+01 10-25T02:20+01 10-25T02:40+01 10-26T02:00+01",
        ),
        # Debian, started in the second pass, knows nothing of the first and runs at 02:30+01. Ours is one
        # calendar whoever asks when: the first pass had that run.
        ("fold, asked at 02:05 of its second pass", "30 2 * * *", "2026-10-25T02:05+01:00", "10-26T02:30+01"),
    ],
)
def test_the_measured_cases(case: str, text: str, since: str, expected: str, seconds: str) -> None:
    wanted = [at(f"2026-{due}:00") for due in expected.split()]
    assert dues(Schedule.parse(seconds + text, BERLIN), at(since), wanted[-1]) == wanted, case


def second_pass() -> list[datetime]:
    return [at("2026-10-25T02:00+01:00") + MINUTE * number for number in range(60)]


@pytest.mark.parametrize("text", ["30 2 * * *", "45 2 * * *", "59 2 * * *", "0 30 2 * * *", "30 59 2 * * *"])
def test_trap_one_in_the_second_pass_the_next_due_is_never_in_the_past(text: str) -> None:
    schedule = Schedule.parse(text, BERLIN)
    first_pass = schedule.after(at(FOLD))
    for moment in second_pass():
        due = schedule.after(moment)
        assert due is not None
        assert due > moment + timedelta(hours=20)
        assert schedule.latest(moment) == first_pass


@pytest.mark.parametrize(
    ("text", "since", "expected"),
    [
        ("every 30 minutes", "2026-10-25T02:30+02:00", "2026-10-25T02:00+01:00"),
        ("every 24 hours", "2026-03-28T12:00+01:00", "2026-03-29T02:00+02:00"),
        ("0 * * * *", "2026-10-25T02:00+02:00", "2026-10-25T02:00+01:00"),
    ],
)
def test_trap_two_arithmetic_keeps_the_pass_of_the_fold(text: str, since: str, expected: str) -> None:
    zone = ZoneInfo(BERLIN)
    moment = at(since).astimezone(zone)
    assert Schedule.parse(text, BERLIN).after(moment) == at(expected)
    assert Schedule.parse(text, BERLIN).before(at(expected).astimezone(zone)) <= moment  # type: ignore[operator]  # None would fail the test


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30 30 2 * * *", "2026-03-29T03:00:30+02:00"),
        ("30 0-59 2 * * *", "2026-03-29T03:00:30+02:00"),
        ("at 2026-03-29T02:30", "2026-03-29T03:00+02:00"),
        ("at 2026-03-29T02:30:30", "2026-03-29T03:00:30+02:00"),
        ("at 2026-10-25T02:30", "2026-10-25T02:30+02:00"),
        ("at 2026-10-25T02:30+01:00", "2026-10-25T02:30+01:00"),
    ],
)
def test_a_time_in_the_gap_keeps_its_second_and_one_in_the_fold_takes_the_first_pass(text: str, expected: str) -> None:
    due = at(expected)
    schedule = Schedule.parse(text, BERLIN)
    assert schedule.after(due - timedelta(hours=1)) == due
    assert schedule.after(due - timedelta(seconds=1)) == due
    assert schedule.latest(due) == due
    assert schedule.after(due) != due


@pytest.mark.parametrize(
    ("case", "text", "zone", "since", "expected"),
    [
        (
            "a gap of half an hour, 02:00 to 02:30 on 4 October",
            "15 2 * * *",
            "Australia/Lord_Howe",
            "2026-10-03T12:00Z",
            ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"],
        ),
        (
            "a fold of half an hour, 02:00 to 01:30 on 5 April",
            "45 * * * *",
            "Australia/Lord_Howe",
            "2026-04-05T01:00+11:00",
            ["2026-04-05T01:45+11:00", "2026-04-05T01:45+10:30", "2026-04-05T02:45+10:30"],
        ),
        (
            "a gap at midnight, 00:00 to 01:00 on 29 March",
            "@daily",
            "Asia/Beirut",
            "2026-03-28T12:00Z",
            ["2026-03-29T01:00+03:00", "2026-03-30T00:00+03:00"],
        ),
        (
            "a star in a gap at midnight",
            "*/30 0 * * *",
            "Asia/Beirut",
            "2026-03-28T12:00Z",
            ["2026-03-30T00:00+03:00", "2026-03-30T00:30+03:00"],
        ),
        (
            "a fold into the day before, 00:00 to 23:00 on 17 February",
            "30 23 * * *",
            "America/Sao_Paulo",
            "2018-02-17T12:00Z",
            ["2018-02-17T23:30-02:00", "2018-02-18T23:30-03:00"],
        ),
        (
            "a day that never was, 30 December",
            "0 12 * * *",
            "Pacific/Apia",
            "2011-12-29T12:30-10:00",
            ["2011-12-31T00:00+14:00", "2011-12-31T12:00+14:00"],
        ),
    ],
)
def test_odd_zones(case: str, text: str, zone: str, since: str, expected: list[str]) -> None:
    wanted = [at(due) for due in expected]
    assert dues(Schedule.parse(text, zone), at(since), wanted[-1]) == wanted, case


type Matches = Callable[[datetime], bool]


def watched(matches: Matches, zone: ZoneInfo, since: datetime, until: datetime, *, fixed: bool) -> list[datetime]:
    """What a daemon would run that looks at the clock on the wall each minute, and remembers how far it had gone."""
    runs = []
    farthest = since.astimezone(zone).replace(tzinfo=None)
    for number in range(1, (until - since) // MINUTE + 1):
        moment = since + number * MINUTE
        wall = moment.astimezone(zone).replace(tzinfo=None)
        reached = [farthest + MINUTE * step for step in range(1, (wall - farthest) // MINUTE + 1)]
        if any(map(matches, reached)) if fixed else matches(wall):
            runs.append(moment)
        farthest = max(farthest, wall)
    return runs


CHANGES = [
    ("Europe/Berlin", "2026-03-29T01:00Z"),
    ("Europe/Berlin", "2026-10-25T01:00Z"),
    ("America/New_York", "2026-11-01T06:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30Z"),
    ("Australia/Lord_Howe", "2026-04-04T15:00Z"),
    ("Asia/Beirut", "2026-03-28T22:00Z"),
    ("Asia/Beirut", "2026-10-24T21:00Z"),
    ("America/Sao_Paulo", "2018-11-04T03:00Z"),
    ("America/Sao_Paulo", "2018-02-18T02:00Z"),
    ("Pacific/Apia", "2011-12-30T10:00Z"),
]
TEXTS: list[tuple[str, bool, Matches]] = [
    ("30 2 * * *", True, lambda wall: (wall.hour, wall.minute) == (2, 30)),
    ("0-59 2 * * *", True, lambda wall: wall.hour == 2),
    ("15,45 0-3,23 * * *", True, lambda wall: wall.hour in (0, 1, 2, 3, 23) and wall.minute in (15, 45)),
    ("0 0 * * 0", True, lambda wall: (wall.hour, wall.minute, wall.isoweekday()) == (0, 0, 7)),
    ("*/20 2 * * *", False, lambda wall: wall.hour == 2 and wall.minute % 20 == 0),
    ("10,50 */2 * * *", False, lambda wall: wall.hour % 2 == 0 and wall.minute in (10, 50)),
    ("*/15 23,0 * * *", False, lambda wall: wall.hour in (23, 0) and wall.minute % 15 == 0),
    ("7 * * * 6", False, lambda wall: wall.minute == 7 and wall.isoweekday() == 6),
]


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@pytest.mark.parametrize(("text", "fixed", "matches"), TEXTS, ids=[text for text, _, _ in TEXTS])
def test_a_daemon_that_watches_the_clock_runs_the_same(
    text: str, fixed: bool, matches: Matches, zone: str, change: str
) -> None:
    schedule = Schedule.parse(text, zone)
    since, until = at(change) - timedelta(hours=30), at(change) + timedelta(hours=30)
    runs = watched(matches, ZoneInfo(zone), since, until, fixed=fixed)
    assert dues(schedule, since, until) == runs
    back = []
    due = schedule.latest(until)
    while due is not None and due > since:
        back.append(due)
        due = schedule.before(due)
    assert back == runs[::-1]
