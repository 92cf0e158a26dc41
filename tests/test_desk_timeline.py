"""A day as people see it: what ran, what is going, what is planned, and how many groups that makes."""

from datetime import date, timedelta

import pytest

from scheduler import recent
from scheduler.desk import planned, timeline
from scheduler.desk.faults import Wrong
from scheduler.desk.planned import MOST_PLANNED
from scheduler.desk.timeline import Day, Lane
from scheduler.identity import run_key
from scheduler.recent import Past
from scheduler.row import Value
from scheduler.run import State
from tests.world import World, at, key

JOB = "weather/extract"
TODAY = date(2026, 11, 22)


def day(world: World, now: str, asked: date = TODAY, zone: str = "UTC", group: str = "") -> Day:
    return timeline.day(world.ports, at(now), asked, zone, group)


def lane(found: Day, job: str = JOB) -> Lane:
    return next(lane for lane in found.lanes if lane.line.name == job)


def world_of(**jobs: str) -> World:
    """Jobs weather/<name> with these schedules, each run of twenty minutes."""
    world = World("09:00")
    world.groups.behave(start_delay=0, duration=1200)
    for name, schedule in jobs.items():
        world.add(f"weather/{name}", Schedule=schedule, Image="weather:1")
    world.tick("09:01")
    return world


def closed(world: World, due: str, minutes: int) -> None:
    """Put a closed run into Runs alone, as one that is older than the last thirty."""
    cells: dict[str, Value] = {"State": "Succeeded", "Due": at(due), "Attempt": 1, "Started": at(due)}
    world.runs_table.put(run_key(key(JOB), at(due), 1), cells | {"Duration": minutes * 60.0})


def test_a_day_shows_what_ran_what_is_going_and_what_is_planned() -> None:
    world = world_of(extract="0 */2 * * *")
    world.ticks("10:00", "10:01", "10:20", "10:21", "10:22", "12:00", "12:01")
    found = lane(day(world, "12:05"))
    assert [(bar.ref, bar.state, bar.begin, bar.end, bar.going) for bar in found.bars] == [
        ("2026-11-22T10:00:00Z.1", "Succeeded", at("10:00"), at("10:20"), False),
        ("2026-11-22T12:00:00Z.1", "Running", at("12:00"), at("12:05"), True),
    ]
    assert [(one.due, one.end - one.due) for one in found.planned] == [
        (at(f"{hour}:00"), timedelta(minutes=20)) for hour in range(14, 24, 2)
    ]
    assert found.notes == ()


def test_a_days_bounds_are_those_of_its_zone() -> None:
    world = world_of(extract="0 * * * *")
    found = day(world, "09:05", zone="europe/berlin")
    assert (found.zone, found.begin, found.end) == ("Europe/Berlin", at("2026-11-21 23:00"), at("23:00"))
    assert lane(found).planned[-1].due == at("22:00")
    spring = day(world, "09:05", date(2027, 3, 28), "Europe/Berlin")
    assert spring.end - spring.begin == timedelta(hours=23)
    assert len(lane(spring).planned) == 23
    assert len(spring.levels) == 23 * 12


def test_a_past_day_has_no_plan_and_a_coming_one_no_bars() -> None:
    world = world_of(extract="0 */2 * * *")
    world.ticks("10:00", "10:20", "10:21", "10:22")
    assert lane(day(world, "10:30", date(2026, 11, 21))) == Lane(lane(day(world, "10:30")).line)
    tomorrow = lane(day(world, "10:30", date(2026, 11, 23)))
    assert tomorrow.bars == ()
    assert tomorrow.planned[0].due == at("2026-11-23 00:00")
    assert len(tomorrow.planned) == 12


def test_a_run_that_reaches_into_the_day_belongs_to_it() -> None:
    world = world_of(extract="50 23 * * *")
    world.ticks("23:50", "23:51", "2026-11-23 00:10", "2026-11-23 00:11", "2026-11-23 00:12")
    (bar,) = lane(day(world, "2026-11-23 09:00", date(2026, 11, 23))).bars
    assert (bar.begin, bar.end) == (at("23:50"), at("2026-11-23 00:10"))


def test_so_does_one_that_only_the_runs_table_remembers() -> None:
    world = world_of(extract="manual")
    closed(world, "2026-11-21 23:30", 60)
    closed(world, "2026-11-21 21:30", 60)
    world.edit(JOB, LastFinished=at("00:30"))
    (bar,) = lane(day(world, "09:00")).bars
    assert (bar.due, bar.end) == (at("2026-11-21 23:30"), at("00:30"))


def test_where_a_row_does_not_reach_back_the_runs_table_is_asked_once_for_that_job() -> None:
    world = world_of(extract="*/5 * * * *", other="@daily")
    world.groups.behave(start_delay=0, duration=60)
    world.ticks(*(at("09:05") + timedelta(minutes=minute) for minute in range(240)))
    before = world.runs_table.transactions
    found = day(world, "13:05")
    assert world.runs_table.transactions - before == 1
    assert len(lane(found).bars) == len(world.runs(JOB))
    assert len(lane(found).line.pasts) == 30


def test_of_a_job_that_runs_all_the_time_the_newest_hundred_runs_are_shown_and_it_says_so() -> None:
    world = world_of(extract="* * * * *")
    for minute in range(300):
        closed(world, f"{minute // 60:02d}:{minute % 60:02d}", 1)
    world.edit(JOB, LastFinished=at("05:00"))
    found = lane(day(world, "09:10"))
    assert len(found.bars) == 100
    assert [bar.due for bar in found.bars[-2:]] == [at("04:59"), at("09:01")]
    assert len(found.planned) == MOST_PLANNED
    assert found.notes == ("Only the newest 100 of its runs are shown.",)
    (rest,) = found.ahead
    assert (rest.first, rest.last, rest.many, rest.often) == (at("09:11"), at("23:59"), 889, "every minute")


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ("*/5 * * * *", [("09:15", "23:55", "every 5 min")]),
        ("* 10-11,20 * * *", [("10:00", "11:59", "every minute"), ("20:00", "20:59", "every minute")]),
        ("0,1,4 * * * *", []),
        ("0-8,20-30 22 * * *", [("22:00", "22:30", "20 times")]),
        ("0 * * * *", []),
    ],
)
def test_due_times_that_follow_each_other_closely_are_stretches_to_their_end(
    schedule: str, told: list[tuple[str, str, str]]
) -> None:
    found = lane(day(world_of(extract=schedule), "09:10"))
    assert [(one.first, one.last, one.often) for one in found.ahead] == [(at(a), at(b), often) for a, b, often in told]
    assert found.notes == ()


def test_the_curve_of_a_job_of_every_minute_goes_on_to_the_days_end() -> None:
    world = world_of(extract="* * * * *")
    world.edit(JOB, Recent=recent.write([Past(at("08:00"), 1, State.SUCCEEDED, at("08:00"), 150.0, moved=True)]))
    levels = {level.at: level.groups for level in day(world, "09:10").levels}
    assert levels[at("09:30")] == levels[at("23:30")] == 3


def test_of_jobs_beyond_the_work_of_a_page_it_is_said_how_far_one_looked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planned, "MOST_SEEN_IN_ALL", 1_000)
    found = day(world_of(extract="* * * * *", other="*/2 * * * *", third="*/2 * * * *"), "09:10")
    assert [lane(found, f"weather/{name}").notes for name in ("extract", "other", "third")] == [
        (),
        ("Only the next 112 of its due times are shown.",),
        ("Only the next 112 of its due times are shown.",),
    ]


def test_skips_are_no_bars() -> None:
    world = world_of(extract="*/10 * * * *")
    world.groups.behave(start_delay=0, duration=None)
    world.ticks("09:10", "09:20", "09:30")
    assert [bar.ref for bar in lane(day(world, "09:31")).bars] == ["2026-11-22T09:10:00Z.1"]


def test_paused_invalid_manual_and_chained_jobs_have_no_plan() -> None:
    world = world_of(off="0 * * * *", bad="0 25 * * *", manual="manual", chained="after off")
    world.edit("weather/off", Enabled=False)
    world.tick("09:02")
    assert all(lane.planned == () for lane in day(world, "09:05").lanes)


def test_a_due_time_that_waits_is_planned_though_it_has_passed() -> None:
    world = world_of(extract="0 10 * * *")
    assert [one.due for one in lane(day(world, "10:30")).planned] == [at("10:00")]


def test_groups_are_counted_at_their_fullest_beside_acis_bound() -> None:
    world = world_of(**{f"job-{number}": "0 10,12 * * *" for number in range(5)}, late="10 10 * * *")
    world.ticks("10:00", "10:10", "10:20", "10:21", "10:22", "10:30", "10:31", "10:32")
    found = day(world, "11:00")
    levels = {level.at: (level.groups, level.planned) for level in found.levels}
    assert levels[at("09:55")] == (0, False)
    assert levels[at("10:00")] == (5, False)
    assert levels[at("10:10")] == (6, False)
    assert levels[at("10:25")] == (1, False)
    assert levels[at("10:35")] == (0, False)
    assert levels[at("12:15")] == (5, True)
    assert levels[at("12:20")] == (0, True)
    assert (found.peak, found.most, found.aci, len(found.levels)) == (6, 90, 100, 288)


def test_runs_of_existing_groups_create_none() -> None:
    world = World("09:00")
    world.groups.provision("shared", "weather:1")
    world.add(JOB, Schedule="0 * * * *", ContainerGroup="shared")
    world.tick("09:01")
    assert day(world, "09:05").peak == 0


def test_one_group_of_jobs_can_be_looked_at_alone() -> None:
    world = world_of(extract="0 * * * *")
    world.add("sales/load", Schedule="0 * * * *", Image="x:1")
    world.tick("09:02")
    assert [lane.line.name for lane in day(world, "09:05", group="sales").lanes] == ["sales/load"]


def test_for_many_frequent_jobs_only_so_many_queries_are_made_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "MOST_ASKED", 2)
    monkeypatch.setattr(timeline, "MOST_IN_ALL", 50)
    world = world_of(**{f"job-{number}": "0 * * * *" for number in range(4)})
    for number in range(4):
        world.edit(f"weather/job-{number}", LastFinished=at("09:00"))
    before = world.runs_table.transactions
    found = day(world, "09:05")
    assert world.runs_table.transactions - before == 2
    assert [lane.notes for lane in found.lanes] == [(), (), *[("Only its last 30 runs are shown.",)] * 2]
    assert found.notes == (
        "Of 2 jobs only the last 30 runs are shown: choose one group.",
        "Only 50 due times to come are shown: choose one group.",
    )


@pytest.mark.parametrize(
    ("asked", "zone", "field", "sentence"),
    [
        (
            TODAY,
            "Mars/Phobos",
            "zone",
            "zone 'Mars/Phobos' is not an IANA time zone: write one such as Europe/Berlin or UTC.",
        ),
        (date.min, "UTC", "day", "day is 0001-01-01: it must be a day of the years 1970 to 9998."),
        (date.max, "Asia/Tokyo", "day", "day is 9999-12-31: it must be a day of the years 1970 to 9998."),
    ],
)
def test_what_cannot_be_asked_for_is_named(asked: date, zone: str, field: str, sentence: str) -> None:
    with pytest.raises(Wrong) as wrong:
        day(world_of(), "09:05", asked, zone)
    assert (wrong.value.field, str(wrong.value)) == (field, sentence)
