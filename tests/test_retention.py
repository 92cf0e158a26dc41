"""What is older than it is kept goes, once a day, in portions; what the scheduler needs stays, whatever its age."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from scheduler import ports
from scheduler.entry import row_of, write_entries
from scheduler.identity import group_name
from scheduler.outcome import Outcome
from scheduler.row import HEARTBEAT, Columns
from scheduler.run import LEASE, SKIPPED, Run, State
from scheduler.steps.repair import NEWEST
from scheduler.steps.retire import MOST_REQUESTS, MOST_SECONDS, retire
from tests.world import Killed, World, at, key
from tests.world.story import SETTINGS

JOB, OTHER = "weather/extract", "weather/load"
TODAY = at("2026-11-22 09:00")
OLD = TODAY - timedelta(days=120)


def world_of(days: int = 90, since: datetime = OLD) -> World:
    """A world that ticked 120 days ago for the first time."""
    world = World(since, replace(SETTINGS, retention_days=days))
    world.add(JOB, Schedule="@yearly", Image="x")
    world.tick(since + timedelta(minutes=3))
    return world


def ended(job: str, due: datetime, **changes: Any) -> tuple[Run, Columns]:
    """A run that was due then and took ten minutes, and its closed row."""
    partition, name = key(job)
    run_id = group_name("stories/Jobs", (partition, name), due, 1)
    span = timedelta(hours=1), timedelta(minutes=15)
    run = Run((partition, name), due, 1, "schedule", run_id, run_id, "t", due, due + LEASE, *span)
    run = replace(run, **changes)
    outcome = Outcome(State.SUCCEEDED, exit_code=0, started=due, finished=due + timedelta(minutes=10))
    return run, {**row_of(run), **outcome.columns(run), "Log": f"{job}/{run_id}.log"}


def ran(world: World, job: str, many: int, since: datetime = OLD, every: timedelta = timedelta(hours=1)) -> None:
    """Let a job have had so many runs, each with its log."""
    for number in range(many):
        run, cells = ended(job, since + number * every)
        if run.due > world.clock.now:
            world.clock.to(run.due)
        world.runs_table.put(run.key, cells)
        world.logs.write(f"{job}/{run.run_id}.log", b"loaded\n")


def kept(world: World, job: str, cells: Columns, due: datetime, attempt: int = 1) -> None:
    """Put a row of Runs of another kind."""
    world.runs_table.put(replace(ended(job, due)[0], attempt=attempt).key, cells)


def swept(world: World, now: datetime = TODAY, through: ports.World | None = None) -> int:
    """Tick and retire each minute until nothing is left to do; gives the portions that it took."""
    for portion in range(1, 1_000):
        world.clock.to(max(now, world.clock.now))
        world.tick(through=through)
        before = requests(world)
        retire(through or world.ports, world.clock.now)
        if requests(world) == before:
            return portion - 1
        now = world.clock.now + timedelta(minutes=1)
    raise AssertionError("it never ends")


def requests(world: World) -> int:
    return world.transactions + world.audit.transactions + len(world.journal.matching("logs.*"))


def dues(world: World, job: str) -> list[datetime]:
    return [row.columns["Due"] for row in world.runs(job)]  # type: ignore[misc]


def logs_match(world: World) -> bool:
    """Say whether each log has a row that names it."""
    named = {row.columns.get("Log") for row in world.runs_table.rows.values()}
    return set(world.logs.blobs) <= named


# what goes, and what stays


def test_old_runs_go_with_their_logs_and_the_newest_fifty_stay_however_old() -> None:
    world = world_of()
    ran(world, JOB, 80)
    ran(world, OTHER, NEWEST)
    swept(world)
    assert dues(world, JOB) == [OLD + timedelta(hours=hour) for hour in reversed(range(30, 80))]
    assert len(world.runs(OTHER)) == NEWEST
    assert len(world.logs.blobs) == 2 * NEWEST
    assert logs_match(world)


def test_what_is_not_old_yet_stays_however_much_it_is() -> None:
    world = world_of()
    ran(world, JOB, 100, since=TODAY - timedelta(days=92), every=timedelta(hours=1))
    swept(world)
    assert min(dues(world, JOB)) == TODAY - timedelta(days=90)


def test_a_backfills_run_is_as_old_as_its_end_and_not_as_its_due_time() -> None:
    world = world_of()
    ran(world, JOB, 60, since=TODAY - timedelta(days=60))
    run, cells = ended(JOB, at("2020-01-01 00:00"), trigger="backfill")
    world.runs_table.put(run.key, cells)
    swept(world)
    assert min(dues(world, JOB)) == at("2020-01-01 00:00")


def test_with_zero_days_everything_is_kept_and_nothing_is_asked() -> None:
    world = world_of(days=0)
    ran(world, JOB, 80)
    assert swept(world) == 0
    assert len(world.runs(JOB)) == 80


def test_the_runs_of_a_job_whose_row_was_deleted_go_too_but_for_the_newest() -> None:
    world = world_of()
    ran(world, "gone/job", 80)
    swept(world)
    assert len(world.runs("gone/job")) == NEWEST


def test_rows_that_are_not_ours_are_left_alone() -> None:
    world = world_of()
    for number in range(60):
        world.runs_table.put(("notes", f"of somebody {number}"), {"State": "Succeeded"})
    swept(world)
    assert len(world.runs_table.rows) == 60


def test_audit_rows_go_by_their_age_alone() -> None:
    world = world_of()
    for number in range(130):
        world.audit.put(("weather|extract", f"{number:03}"), {"Action": "run"})
    world.clock.to(TODAY)
    world.audit.put(("weather|extract", "new"), {"Action": "run"})
    ran(world, JOB, 80)
    swept(world, TODAY + timedelta(days=1))
    assert [name for _, name in world.audit.rows] == ["new"]


OPEN_DUE, DEEP = OLD - timedelta(days=9), OLD - timedelta(days=10)


def test_a_run_that_is_open_stays() -> None:
    world = world_of()
    run, _ = ended(JOB, OPEN_DUE)
    kept(world, JOB, row_of(run), OPEN_DUE)
    ran(world, JOB, 80)
    world.clock.to(TODAY)
    world.ports.memory.mark = TODAY
    retire(world.ports, TODAY)  # no tick before it: that one would close the run, whose group is gone
    assert min(dues(world, JOB)) == OPEN_DUE


def test_the_attempts_of_a_due_time_stay_together() -> None:
    """Attempts sort behind each other: the fiftieth row may be the first of two."""
    world = world_of()
    ran(world, JOB, 80)
    fiftieth = OLD + timedelta(hours=30)
    for attempt in (2, 3):
        kept(world, JOB, ended(JOB, fiftieth, attempt=attempt)[1], fiftieth, attempt)
    swept(world)
    assert [row.columns["Attempt"] for row in world.runs(JOB)][-3:] == [1, 2, 3]


def test_a_failure_whose_next_attempt_is_still_promised_stays() -> None:
    world = world_of()
    kept(world, JOB, {**ended(JOB, DEEP)[1], "State": "Failed", "RetryAt": TODAY}, DEEP)
    ran(world, JOB, 80)
    swept(world)
    assert min(dues(world, JOB)) == DEEP


def test_the_due_time_of_an_attempt_that_waits_in_the_row_stays() -> None:
    """A job was paused a quarter of a year ago while an attempt was to come."""
    world = world_of()
    kept(world, JOB, {**ended(JOB, DEEP)[1], "State": "Failed", "RetryAt": DEEP}, DEEP)
    ran(world, JOB, 80)
    waits = replace(ended(JOB, DEEP)[0], attempt=2, state=State.WAITING, not_before=DEEP)
    world.edit(JOB, ActiveRuns=write_entries([waits]))
    world.clock.to(TODAY)
    world.ports.memory.mark = TODAY
    retire(world.ports, TODAY)
    assert min(dues(world, JOB)) == DEEP
    assert len(dues(world, JOB)) == NEWEST + 1


def test_while_a_backfill_goes_on_its_rows_say_what_it_has_played() -> None:
    world = world_of()
    kept(world, JOB, ended(JOB, DEEP, trigger="backfill")[1], DEEP)
    ran(world, JOB, 80)
    world.edit(JOB, Backfill='{"id": "b"}')
    world.clock.to(TODAY)
    world.ports.memory.mark = TODAY
    retire(world.ports, TODAY)
    assert min(dues(world, JOB)) == DEEP


def test_what_a_retry_would_try_again_stays_where_nothing_was_claimed_since() -> None:
    world = world_of()
    ran(world, JOB, 80)
    asked = ended(JOB, DEEP, trigger="request", claimed=world.clock.now)[1]
    kept(world, JOB, {**asked, "State": "Failed", "Claimed": world.clock.now}, DEEP)
    swept(world)
    assert min(dues(world, JOB)) == DEEP


def test_the_last_run_behind_nothing_but_skips_stays() -> None:
    """It tells an old copy of the job row how far the job was."""
    world = world_of()
    ran(world, JOB, 40)
    skips(world)
    swept(world)
    rows = world.runs(JOB)
    assert [row.columns["State"] for row in rows] == [SKIPPED] * NEWEST + ["Succeeded"]
    assert rows[-1].columns["Due"] == OLD + timedelta(hours=39)


def test_it_stays_too_where_somebody_emptied_a_cell_of_it() -> None:
    world = world_of()
    ran(world, JOB, 1)
    (last,) = world.runs(JOB)
    world.runs_table.put(last.key, {name: cell for name, cell in last.columns.items() if name != "Claimed"})
    skips(world)
    swept(world)
    assert world.runs(JOB)[-1].columns["State"] == "Succeeded"


def skips(world: World) -> None:
    """Let more due times pass than rows are kept."""
    for number in range(NEWEST + 5):
        due = OLD + timedelta(days=3, hours=number)
        kept(world, JOB, {"State": SKIPPED, "Trigger": "schedule", "From": due, "Due": due}, due)


def test_of_a_job_row_that_cannot_be_read_every_run_stays() -> None:
    world = world_of()
    ran(world, JOB, 80)
    world.edit(JOB, ActiveRuns="{mangled")
    world.clock.to(TODAY)
    world.ports.memory.mark = TODAY
    retire(world.ports, TODAY)
    assert len(world.runs(JOB)) == 80


@pytest.mark.parametrize("run_id", ["", "../../other", "ct-x/../../y", "CT-X", 5])
def test_the_log_of_another_does_not_go_by_what_somebody_typed_into_a_row(run_id: str | int) -> None:
    world = world_of()
    kept(world, JOB, {**ended(JOB, DEEP)[1], "RunId": run_id, "Log": "safe/other/ct-1.log"}, DEEP)
    ran(world, JOB, NEWEST)
    for name in ("safe/other/ct-1.log", "weather/y.log", "other.log"):
        world.logs.write(name, b"mine")
    swept(world)
    assert len(world.runs(JOB)) == NEWEST
    assert len(world.logs.blobs) == NEWEST + 3
    assert not world.journal.matching("logs.remove *"), "not even a name that somebody else resolves"


def test_an_old_copy_of_the_row_is_still_known_after_the_sweep_and_no_due_time_runs_twice() -> None:
    world = World("2026-05-01 00:00", replace(SETTINGS, retention_days=30))
    world.groups.behave("x", start_delay=1, duration=5)
    world.add(JOB, Schedule="@daily", Image="x", CatchUp="all")
    world.tick("2026-05-01 00:01")
    copy = world.copy(JOB)
    for day in range(1, 71):
        midnight = at("2026-05-01 00:00") + timedelta(days=day)
        world.ticks(midnight, midnight + timedelta(minutes=1), midnight + timedelta(minutes=2))
    before = len(world.groups.lives)
    swept(world, at("2026-08-01 00:00") - timedelta(days=20))
    world.replace(copy)
    for minute in range(5):
        world.tick(world.clock.now + timedelta(minutes=minute))
    dues_run = [life.env["DUE"] for life in world.groups.lives]
    assert len(dues_run) == len(set(dues_run))
    assert before >= 70


# portions


def test_a_portion_is_bounded_and_the_next_ticks_go_on() -> None:
    world = world_of()
    ran(world, JOB, 2_050, every=timedelta(minutes=5))
    world.clock.to(TODAY)
    counts = []
    while len(world.runs(JOB)) > NEWEST:
        world.clock.passes(60)
        world.tick()
        before = requests(world)
        retire(world.ports, world.clock.now)
        counts.append(requests(world) - before)
        assert len(counts) < 10
    assert max(counts) <= MOST_REQUESTS
    assert logs_match(world)


def test_a_portion_ends_when_its_time_is_up() -> None:
    world = world_of()
    ran(world, JOB, 1_050, every=timedelta(minutes=5))
    world.clock.to(TODAY)
    world.tick()
    world.runs_table.order("slow", "submit", times=None, seconds=4)
    began = world.clock.monotonic()
    retire(world.ports, TODAY)
    assert MOST_SECONDS <= world.clock.monotonic() - began < MOST_SECONDS + 5
    assert len(world.runs(JOB)) == 750


def test_pages_full_of_rows_that_stay_come_to_an_end() -> None:
    """As with jobs that have one row too many, and something still needs just that one: each job is asked about."""
    world = world_of()
    for number in range(40):
        ran(world, f"team/job{number:02}", NEWEST)
        promised = {**ended(f"team/job{number:02}", DEEP)[1], "State": "Failed", "RetryAt": TODAY}
        kept(world, f"team/job{number:02}", promised, DEEP)
    assert 3 < swept(world) < 40
    assert len(world.runs_table.rows) == 40 * (NEWEST + 1)


def test_a_tick_that_took_long_itself_leaves_it_to_the_next_one() -> None:
    world = world_of()
    world.tick(TODAY)
    assert spent(world, lambda: retire(world.ports, TODAY, 45.0)) == 0
    assert spent(world, lambda: retire(world.ports, TODAY, 5.0)) > 0


def spent(world: World, act: Any) -> int:
    before = requests(world)
    act()
    return requests(world) - before


# once a day


def test_it_is_done_once_a_day_and_an_idle_tick_asks_nothing() -> None:
    world = world_of()
    ran(world, JOB, 80)
    swept(world)
    for minute in range(3, 30):
        world.tick(TODAY + timedelta(minutes=minute))
        assert spent(world, lambda: retire(world.ports, world.clock.now)) == 0
    assert swept(world, TODAY + timedelta(hours=23)) == 0
    assert swept(world, TODAY + timedelta(days=1)) == 1


def test_a_fresh_process_knows_that_it_was_done() -> None:
    """A loop of `python -m scheduler tick` is a fresh process each minute."""
    world = world_of()
    ran(world, JOB, 80)
    assert swept(world, through=world.process()) > 0
    world.restart()
    assert swept(world, TODAY + timedelta(hours=2)) == 0


def test_ticks_that_are_a_process_each_come_to_an_end() -> None:
    world = world_of()
    ran(world, JOB, 1_650, every=timedelta(minutes=5))
    world.clock.to(TODAY)
    for _ in range(8):
        world.clock.passes(60)
        world.restart()
        world.tick()
        retire(world.ports, world.clock.now)
    assert len(world.runs(JOB)) == NEWEST
    assert swept(world) == 0


def test_a_process_that_slept_through_it_asks_the_heartbeat_before_it_sweeps_again() -> None:
    world = world_of()
    world.tick(TODAY - timedelta(days=2))
    sleeper = world.process()
    world.tick(through=sleeper)
    sleeper.memory.retire_at = TODAY - timedelta(hours=1)
    swept(world, TODAY)
    world.tick(through=sleeper)
    assert spent(world, lambda: retire(sleeper, world.clock.now)) == 1


@pytest.mark.parametrize("cell", ["", "{", "[]", '{"began": 5}', 7, True, '{"table": "jobs"}'])
def test_a_cell_that_somebody_typed_over_is_as_good_as_none(cell: Any) -> None:
    world = world_of()
    ran(world, JOB, 80)
    world.jobs.keep(HEARTBEAT, {"Retention": cell})
    world.restart()
    swept(world)
    assert len(world.runs(JOB)) == NEWEST


def test_a_place_that_somebody_typed_over_is_as_good_as_the_beginning() -> None:
    world = world_of()
    ran(world, JOB, 80)
    said = {"began": TODAY.isoformat(), "table": "runs", "after": "nonsense", "done": ["", ""], "removed": 0}
    world.jobs.keep(HEARTBEAT, {"Retention": json.dumps(said)})
    world.restart()
    swept(world)
    assert len(world.runs(JOB)) == NEWEST


# what must not go wrong


@pytest.mark.parametrize("call", range(1, 12))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_sweep_that_is_killed_anywhere_is_ended_by_the_next_ticks(when: str, call: int) -> None:
    world = world_of()
    ran(world, JOB, 260, every=timedelta(minutes=30))
    world.audit.put(("weather|extract", "1"), {"Action": "run"})
    world.clock.to(TODAY)
    world.tick()
    world.journal.clear()
    (world.journal.kill_before if when == "before" else world.journal.kill_after)("*", call)
    with pytest.raises(Killed):
        retire(world.ports, TODAY)
    assert logs_match(world), "a log that no row names would never be found"
    world.restart()
    swept(world, TODAY + timedelta(minutes=1))
    assert (len(world.runs(JOB)), len(world.logs.blobs), world.audit.rows) == (NEWEST, NEWEST, {})


@pytest.mark.parametrize("call", range(1, 12))
def test_two_ticks_that_sweep_at_once_remove_the_same(call: int) -> None:
    world = world_of()
    ran(world, JOB, 260, every=timedelta(minutes=30))
    world.clock.to(TODAY)
    other = world.process()
    world.tick(through=other)
    world.tick()
    world.journal.clear()
    world.journal.before("*", lambda: retire(other, TODAY), call)
    retire(world.ports, TODAY)
    assert not world.journal.waiting
    swept(world, TODAY + timedelta(minutes=1))
    assert (len(world.runs(JOB)), len(world.logs.blobs)) == (NEWEST, NEWEST)


def test_a_row_that_is_written_at_this_moment_stays() -> None:
    world = world_of()
    ran(world, JOB, 60)
    world.clock.to(TODAY)
    world.tick()
    oldest = world.runs(JOB)[-1]
    world.journal.before("runs.submit *", lambda: world.runs_table.put(oldest.key, {**oldest.columns, "Note": "look"}))
    retire(world.ports, TODAY)
    assert world.runs(JOB)[-1].columns["Note"] == "look"
    assert len(world.runs(JOB)) == NEWEST + 1


def told(world: World, now: datetime = TODAY) -> list[str]:
    world.tick(now)
    return [fact.sentence for fact in retire(world.ports, now)]


def test_runs_whose_logs_cannot_be_removed_stay_for_a_day_and_hold_nothing_up() -> None:
    world = world_of()
    ran(world, JOB, 80)
    ran(world, "zoo/feed", 80)
    world.logs.order("unavailable", "remove")
    (sentence, whole) = told(world)
    assert sentence.startswith("old runs stay until tomorrow")
    assert whole == "30 rows that were older than 90 days were removed, with the logs of their runs."
    assert (len(world.runs(JOB)), len(world.runs("zoo/feed"))) == (80, NEWEST)
    assert len(told(world, TODAY + timedelta(days=1))) == 1
    assert len(world.runs(JOB)) == NEWEST


def test_tables_that_do_not_answer_are_left_alone_for_an_hour() -> None:
    world = world_of()
    ran(world, JOB, 80)
    world.tick(TODAY)
    world.runs_table.order("unavailable", "page")
    with pytest.raises(Exception, match="no answer"):
        retire(world.ports, TODAY)
    half, whole = TODAY + timedelta(minutes=30), TODAY + timedelta(hours=1)
    assert swept(world, half) == 0
    assert swept(world, whole) > 0
    assert len(world.runs(JOB)) == NEWEST


def test_a_clock_that_is_a_year_ahead_removes_nothing_that_is_not_old() -> None:
    """As with `tick --now`, or a machine whose clock is wrong: what the service said of its time counts."""
    world = world_of()
    ran(world, JOB, 80, since=TODAY - timedelta(days=10))
    world.clock.to(TODAY)
    world.tick()
    retire(world.ports, TODAY + timedelta(days=365))
    assert len(world.runs(JOB)) == 80
    swept(world, TODAY + timedelta(minutes=5))
    assert world.ports.memory.retire_at is not None
    assert world.ports.memory.retire_at < TODAY + timedelta(days=2)


def test_behind_a_tick_that_was_not_whole_nothing_is_removed() -> None:
    world = world_of()
    ran(world, JOB, 80)
    world.restart()
    assert retire(world.ports, TODAY) == ()
    assert len(world.runs(JOB)) == 80
