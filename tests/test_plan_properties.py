"""Whatever the schedule and whenever the ticks come: every due time is started, or let pass in exactly one range.

The oracle is dull on purpose: walk the schedule from the edit to the last tick, one due time after another.
"""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product

import pytest

from scheduler.job import Digest, Job
from scheduler.plan import plan
from scheduler.row import Row
from scheduler.schedule import Schedule
from scheduler.standing import Standing
from tests.calendars import JOB, Calendar

#: A clock change of Berlin lies within each story: 29 March and 25 October 2026, both at 01:00 UTC.
EDITS = [datetime(2026, 3, 28, 21, 30, tzinfo=UTC), datetime(2026, 10, 24, 21, 59, 59, tzinfo=UTC)]
ENDLESS = [
    ("*/7 * * * *", "UTC"),
    ("*/30 2 * * *", "Europe/Berlin"),
    ("30 2 * * *", "Europe/Berlin"),
    ("30 */5 * * * *", "Europe/Berlin"),
    ("0 * * * *; 30 2 * * 1-5", "Europe/Berlin"),
    ("every 11 minutes", "UTC"),
    ("every 1 hour", "Asia/Kolkata"),
    ("0 0 1 1 *", "UTC"),
    ("manual", "UTC"),
]
ENDING = [
    ("at 2026-03-29T01:00; at 2026-03-29T01:20; at 2026-03-29T03:00", ""),
    ("at 2026-10-25T00:30; every 10 minutes", "2026-10-25T02:00Z"),
    ("*/7 * * * *", "2026-03-29T01:00Z"),
]
SEEDS = range(12)
type Tick = tuple[timedelta, bool]


def random_ticks(seed: int) -> list[Tick]:
    """Times from one tick to the next: a minute or so, now and then none or hours; and whether the run has ended."""
    dice = random.Random(seed)
    steps = [
        dice.choice([dice.randint(55, 65)] * 12 + [0, dice.randint(0, 600), dice.randint(0, 4 * 3600)])
        for _ in range(60)
    ]
    return [(timedelta(seconds=step), dice.random() < 0.3) for step in steps]


def walk(schedule: Schedule, after: datetime, until: datetime) -> Iterator[datetime]:
    due = schedule.after(after)
    while due is not None and due <= until:
        yield due
        due = schedule.after(due)


def decided_on(calendar: Calendar, schedule: Schedule, ticks: Sequence[Tick]) -> Counter[datetime]:
    """Tick, and count how often each due time was decided on."""
    counts: Counter[datetime] = Counter()
    now = calendar.edited
    for step, ends in ticks:
        now += step
        if ends:
            calendar.ends()
        calendar.tick(now.isoformat())
        following = calendar.standing.next_due
        assert following is None or following > now
        for skip in calendar.last.skips:
            assert skip.first <= skip.last <= now
            counts.update(walk(schedule, skip.first - timedelta(seconds=1), skip.last))
        if calendar.last.start:
            counts[calendar.last.start.due] += 1
    return counts


def check(text: str, zone: str, end: str, edit: datetime, ticks: Sequence[Tick]) -> None:
    calendar = Calendar({"Image": "weather", "Schedule": text, "TimeZone": zone, "EndAt": end}, edit)
    schedule = Schedule.parse(text, zone, None, datetime.fromisoformat(end) if end else None)
    until = edit + sum((step for step, _ in ticks), timedelta(0))
    assert decided_on(calendar, schedule, ticks) == Counter(walk(schedule, edit, until))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("text", "zone"), ENDLESS)
def test_every_due_time_is_decided_on_exactly_once(text: str, zone: str, seed: int) -> None:
    check(text, zone, "", EDITS[seed % 2], random_ticks(seed))


@pytest.mark.parametrize(("text", "end"), ENDING)
def test_every_due_time_of_a_schedule_that_ends_is_decided_on_exactly_once(text: str, end: str) -> None:
    for seed, edit in product(range(30), EDITS):
        check(text, "UTC", end, edit, random_ticks(seed))


POLICIES = [
    {"Overlap": "wait"},
    {"Overlap": "replace"},
    {"Overlap": "allow", "MaxOverlap": 2},
    {"CatchUp": "all"},
    {"CatchUp": "all", "Overlap": "wait", "Grace": "30m"},
    {"CatchUp": "none", "Grace": "5m"},
    {"Overlap": "wait", "Grace": "20m"},
    {"Overlap": "allow", "CatchUp": "all"},
    {"Jitter": "1h"},
]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("cells", POLICIES, ids=lambda cells: " ".join(f"{name} {cells[name]}" for name in cells))
def test_whatever_the_policy_each_due_time_is_decided_on_once_or_still_waits_for_its_turn(
    cells: dict[str, str | int], seed: int
) -> None:
    text = ENDLESS[seed % 3][0]
    calendar, schedule = Calendar({"Image": "weather", "Schedule": text, **cells}, EDITS[0]), Schedule.parse(text)
    now, counts, started = EDITS[0], Counter[datetime](), []
    for step, ends in random_ticks(seed):
        now += step
        if ends:
            calendar.ends()
        calendar.tick(now.isoformat())
        for skip in calendar.last.skips:
            assert skip.first <= skip.last <= now
            counts.update(walk(schedule, skip.first - timedelta(seconds=1), skip.last))
        started += [one.due for one in calendar.last.starts]
    following = calendar.standing.next_due
    assert following
    decided = Counter(walk(schedule, EDITS[0], following - timedelta(seconds=1)))
    assert counts + Counter(started) == decided
    assert started == sorted(started), "the older one goes first"


@pytest.mark.parametrize("hours", [0, 0.5, 3, 48])
@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize(("text", "zone"), ENDLESS)
def test_one_tick_after_any_outage_starts_the_latest_and_lets_the_rest_pass_in_one_range(
    text: str, zone: str, edit: datetime, hours: float
) -> None:
    calendar = Schedule.parse(text, zone)
    now = edit + timedelta(hours=hours)
    row = Row(*JOB, {"Image": "weather", "Schedule": text, "TimeZone": zone})
    job, digest = Job.from_row(row), Digest.of(row.columns)
    standing = Standing(
        JOB, "Scheduled", next_due=calendar.after(edit), last_due=calendar.latest(edit), digest=str(digest)
    )
    missed = list(walk(calendar, edit, now))
    made = plan(job, digest, standing, edit, now)
    assert (made.start.due if made.start else None) == (missed[-1] if missed else None)
    assert [(skip.first, skip.last) for skip in made.skips] == ([(missed[0], missed[-2])] if missed[1:] else [])
    assert made.standing.next_due == calendar.after(now)
    assert plan(job, digest, made.standing, edit, now).start is None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("text", "zone"), [ENDLESS[0], ENDLESS[3], ENDLESS[5]])
def test_the_data_intervals_of_a_job_join_up(text: str, zone: str, seed: int) -> None:
    calendar = Calendar({"Image": "weather", "Schedule": text, "TimeZone": zone}, EDITS[0])
    now, intervals = EDITS[0], []
    for step, ends in random_ticks(seed):
        now += step
        if ends:
            calendar.ends()
        calendar.tick(now.isoformat())
        if calendar.last.start:
            intervals.append(calendar.last.start.interval)
    assert len(intervals) > 1
    assert all(one and other and one[1] == other[0] for one, other in pairwise(intervals))


@pytest.mark.parametrize("seed", SEEDS)
def test_two_processes_that_tick_at_once_decide_the_same(seed: int) -> None:
    calendar, now = Calendar({"Image": "weather", "Schedule": "*/7 * * * *"}, EDITS[0]), EDITS[0]
    for step, _ in random_ticks(seed):
        now += step
        other = replace(calendar)
        assert other.tick(now.isoformat()) == calendar.tick(now.isoformat())
        assert other.last == calendar.last
