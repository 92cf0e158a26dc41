"""Which of the due times that nobody decided about runs: Grace, CatchUp, Jitter, and the links of chains."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.chain import Link
from scheduler.job import CatchUp, Job
from scheduler.schedule import Schedule
from scheduler.standing import Standing
from scheduler.window import MOST_CAUGHT_UP, Choice, Range, Window, choose, delay, undecided
from tests.calendars import JOB, at

MINUTE = timedelta(minutes=1)
HOURLY = Schedule.parse("0 * * * *")
LATEST = Job(JOB, HOURLY, image="x")
ALL = replace(LATEST, catch_up=CatchUp.ALL)
CHAIN = Job(JOB, Schedule.parse("after a"), image="x")


def window(next_due: str | None, now: str, job: Job = LATEST, link: Link | None = None) -> Window | None:
    standing = Standing(JOB, next_due=at(next_due) if next_due else None)
    return undecided(job, standing, at(now), link)


def choice(next_due: str, now: str, job: Job = LATEST, link: Link | None = None) -> Choice:
    found = window(next_due, now, job, link)
    assert found
    return choose(job, found, at(now))


def told(made: Choice) -> tuple[str, list[str]]:
    """What runs, and the ranges that pass before it."""
    clock = "{:%H:%M}".format
    ranges = [
        clock(one.first) if one.first == one.last else f"{clock(one.first)}-{clock(one.last)}" for one in made.passing
    ]
    return (clock(made.due) if made.due else "none"), ranges


# what is undecided


@pytest.mark.parametrize(
    ("story", "next_due", "now", "expected"),
    [
        ("nothing is due any more", None, "10:00", None),
        ("not yet", "10:00", "09:59:59", None),
        ("on the dot", "10:00", "10:00", ("10:00", "10:00", "11:00")),
        ("a late timer", "10:00", "10:59", ("10:00", "10:00", "11:00")),
        ("hours missed", "10:00", "13:20", ("10:00", "13:00", "14:00")),
        ("one that the schedule does not know", "10:30", "10:40", ("10:30", "10:30", "11:00")),
    ],
)
def test_undecided_is_all_from_what_was_last_decided_to_the_present(
    story: str, next_due: str | None, now: str, expected: tuple[str, str, str] | None
) -> None:
    found = window(next_due, now)
    assert (found and (found.first, found.last, found.following)) == (expected and tuple(map(at, expected))), story


def test_after_the_last_due_time_none_follows() -> None:
    once = replace(LATEST, schedule=Schedule.parse("at 2026-11-22T10:00"))
    found = window("10:00", "10:05", once)
    assert found
    assert found.following is None


ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
TEXTS = (
    *("0 * * * *", "*/7 * * * *", "30 2 * * *", "0 10 * * 1-5", "15 1,3 29 2 *", "0 30 */3 * * *"),
    *("every 25 minutes", "0 * * * *; 30 6 * * *", "at 2026-10-25T02:30", "@monthly"),
)


def test_a_quiet_minute_is_reckoned_as_an_outage_is() -> None:
    """Where nothing else became due, the calendar is asked once: that must never give another window."""
    draw = random.Random(7)
    quiet = 0
    for _ in range(2_000):
        schedule = Schedule.parse(draw.choice(TEXTS), draw.choice(ZONES), end=draw.choice((None, at("23:00"))))
        job = replace(LATEST, schedule=schedule)
        now = (
            datetime(2026, draw.choice((3, 10, 11)), draw.randint(22, 29), tzinfo=UTC)
            + draw.random() * 24 * 60 * MINUTE
        )
        asked = now - draw.random() * draw.choice((1, 60, 3_000)) * MINUTE
        due = draw.choice((schedule.latest(asked), schedule.after(asked), asked.replace(microsecond=0)))
        found = undecided(job, Standing(JOB, next_due=due), now, None)
        if due is None or due > now:
            assert found is None
            continue
        assert found
        assert (found.first, found.last) == (due, max(schedule.latest(now) or due, due))
        assert found.following == schedule.after(now)
        quiet += found.first == found.last
    assert 300 < quiet < 1_700, "both kinds must be drawn"


# CatchUp


@pytest.mark.parametrize("catch_up", [CatchUp.LATEST, CatchUp.NONE])
@pytest.mark.parametrize(
    ("next_due", "now", "expected"),
    [
        ("10:00", "10:00:30", ("10:00", [])),
        ("10:00", "11:00", ("11:00", ["10:00"])),
        ("10:00", "13:20", ("13:00", ["10:00-12:00"])),
        ("10:30", "11:05", ("11:00", [])),  # the one beside the calendar was before it
    ],
)
def test_only_the_latest_runs_and_the_rest_passes_in_one_range(
    catch_up: CatchUp, next_due: str, now: str, expected: tuple[str, list[str]]
) -> None:
    made = choice(next_due, now, replace(LATEST, catch_up=catch_up))
    assert told(made) == expected
    assert made.following == HOURLY.after(at(now))
    assert {one.why for one in made.passing} <= {f"a newer due time came before it could start (CatchUp {catch_up})"}


def test_all_takes_the_oldest_first_and_the_next_one_follows() -> None:
    made = choice("10:00", "13:20", ALL)
    assert told(made) == ("10:00", [])
    assert made.following == at("11:00")


@pytest.mark.parametrize(("missed", "passed"), [(1, 0), (99, 0), (100, 0), (101, 1), (102, 2), (1_000, 900)])
def test_all_catches_up_the_newest_hundred_and_names_the_range_before(missed: int, passed: int) -> None:
    minutely = replace(ALL, schedule=Schedule.parse("* * * * *"))
    first, now = at("00:00"), at("00:00") + (missed - 1) * MINUTE
    found = undecided(minutely, Standing(JOB, next_due=first), now, None)
    assert found
    made = choose(minutely, found, now)
    assert made.due == first + passed * MINUTE
    why = "more than 100 were missed (CatchUp all)"
    assert made.passing == ((Range(first, first + (passed - 1) * MINUTE, why),) if passed else ())
    assert made.following == made.due + MINUTE
    assert MOST_CAUGHT_UP == 100


# Grace


def graced(minutes: float, job: Job = LATEST) -> Job:
    return replace(job, grace=minutes * MINUTE)


@pytest.mark.parametrize(
    ("story", "grace", "now", "expected"),
    [
        ("just within", 10, "10:10", ("10:00", [])),
        ("a second too late", 10, "10:10:01", ("none", ["10:00"])),
        ("missed, and the latest is within", 10, "13:05", ("13:00", ["10:00-12:00"])),
        ("missed, and none is within", 10, "13:15", ("none", ["10:00-13:00"])),
        ("missed, and the latest is just within", 10, "13:10", ("13:00", ["10:00-12:00"])),
        ("the latest of two within", 70, "12:05", ("12:00", ["10:00", "11:00"])),
        ("long enough for all", 600, "13:15", ("13:00", ["10:00-12:00"])),
    ],
)
def test_what_could_not_start_within_its_grace_passes(
    story: str, grace: int, now: str, expected: tuple[str, list[str]]
) -> None:
    made = choice("10:00", now, graced(grace))
    assert told(made) == expected, story
    assert made.following == HOURLY.after(at(now))


def test_a_range_that_is_too_late_says_so_and_the_one_that_is_superseded_says_that() -> None:
    late, superseded = choice("10:00", "12:05", graced(70)).passing
    assert late == Range(at("10:00"), at("10:00"), "it could not start within its Grace of 70m")
    assert superseded.why == "a newer due time came before it could start (CatchUp latest)"


def test_all_begins_with_the_first_that_is_within_its_grace() -> None:
    made = choice("10:00", "13:20", graced(90, ALL))
    assert told(made) == ("12:00", ["10:00-11:00"])
    assert made.following == at("13:00")
    assert told(choice("10:00", "13:20", graced(15, ALL))) == ("none", ["10:00-13:00"])


def test_a_grace_that_still_covers_more_than_a_hundred_leaves_two_ranges_that_join() -> None:
    minutely = graced(150, replace(ALL, schedule=Schedule.parse("* * * * *")))
    found = undecided(minutely, Standing(JOB, next_due=at("00:00")), at("05:00"), None)
    assert found
    late, passed = choose(minutely, found, at("05:00")).passing
    assert (late.first, late.last) == (at("00:00"), at("02:29"))
    assert (passed.first, passed.last) == (at("02:30"), at("03:20"))


DICE = random.Random(4)


@pytest.mark.parametrize("catch_up", list(CatchUp))
@pytest.mark.parametrize("grace", [None, 1, 7, 61, 500])
def test_whatever_is_chosen_each_due_time_up_to_it_is_in_exactly_one_range(
    catch_up: CatchUp, grace: int | None
) -> None:
    for text in ("*/7 * * * *", "0 * * * *", "3,4,50 */2 * * *"):
        for _ in range(10):
            first = Schedule.parse(text).after(at("00:00") + DICE.randint(0, 300) * MINUTE)
            assert first
            patient = replace(LATEST, schedule=Schedule.parse(text), catch_up=catch_up)
            job = replace(patient, grace=None if grace is None else grace * MINUTE)
            decided_once(job, first, first + DICE.randint(0, 900) * MINUTE)


def decided_once(job: Job, first: datetime, now: datetime) -> None:
    """Walk from the first due time up to what runs, or up to now: the dull oracle."""
    found = undecided(job, Standing(JOB, next_due=first), now, None)
    assert found
    made = choose(job, found, now)
    due: datetime | None = first
    while due and due <= now and (made.due is None or due < made.due):
        assert sum(one.first <= due <= one.last for one in made.passing) == 1, due
        due = job.schedule.after(due)
    assert made.due is None or not any(one.first <= made.due <= one.last for one in made.passing)
    assert made.due is None or job.grace is None or now - made.due <= job.grace
    assert made.following == job.schedule.after(made.due if made.due and job.catch_up is CatchUp.ALL else now)


# Jitter


def jittered(minutes: float, name: str = "extract") -> Job:
    return replace(LATEST, key=("weather", name), jitter=minutes * MINUTE)


def test_a_share_is_whole_seconds_within_the_jitter_and_the_same_every_time() -> None:
    for number in range(200):
        share = delay(jittered(10, f"job{number}"))
        assert timedelta(0) <= share < 10 * MINUTE
        assert share == delay(jittered(10, f"job{number}"))
        assert share.microseconds == 0


def test_shares_are_spread_over_the_whole_jitter() -> None:
    tenths = {int(delay(jittered(10, f"job{number}")) / MINUTE) for number in range(200)}
    assert tenths == set(range(10))


def test_a_share_does_not_change_from_one_version_to_the_next() -> None:
    assert [delay(jittered(60, name)).total_seconds() for name in ("extract", "load", "report")] == [2139, 112, 1041]


def test_without_jitter_nothing_is_put_off() -> None:
    assert delay(LATEST) == timedelta(0)


def test_a_due_time_is_undecided_once_its_share_has_passed_and_keeps_its_own_time() -> None:
    job = jittered(30)
    share = delay(job)
    assert share
    assert undecided(job, Standing(JOB, next_due=at("10:00")), at("10:00") + share - timedelta(seconds=1), None) is None
    found = undecided(job, Standing(JOB, next_due=at("10:00")), at("10:00") + share, None)
    assert found
    assert (found.first, found.last, found.following) == (at("10:00"), at("10:00"), at("11:00"))


def test_a_share_that_reaches_over_the_next_due_time_does_not_let_the_first_pass() -> None:
    job = replace(jittered(60), schedule=Schedule.parse("*/5 * * * *"))
    share = delay(job)
    found = undecided(job, Standing(JOB, next_due=at("10:00")), at("10:00") + share, None)
    assert found
    assert told(choose(job, found, at("10:00") + share)) == ("10:00", [])


def test_the_share_burns_none_of_the_grace() -> None:
    job = graced(1, jittered(30))
    now = at("10:00") + delay(job) + MINUTE
    found = undecided(job, Standing(JOB, next_due=at("10:00")), now, None)
    assert found
    assert choose(job, found, now).due == at("10:00")
    late = now + timedelta(seconds=1)
    assert choose(job, found, late).due is None
