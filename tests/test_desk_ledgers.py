"""The ledger of a job, out of its runs."""

import pytest

from scheduler.desk import ledgers
from scheduler.desk.faults import Missing, Wrong
from scheduler.ledger import Kind
from tests.world import World, key

JOB = "weather/extract"


def hourly() -> World:
    """An hourly job whose runs move the watermark to their due time."""
    world = World("09:00")
    world.groups.behave(start_delay=0, duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    world.add(JOB, Schedule="0 * * * *", Image="weather:1", Watermark="2026-11-22T08:00:00Z")
    world.tick("09:01")
    return world


def run_at(world: World, *hours: int) -> None:
    for hour in hours:
        world.ticks(*(f"{hour:02d}:{minute:02d}" for minute in range(3)))


def found(world: World) -> list[str]:
    return [finding.sentence for finding in ledgers.ledger(world.ports, key(JOB)).ledger.findings]


def test_runs_that_follow_each_other_join_up() -> None:
    world = hourly()
    run_at(world, 10, 11, 12)
    told = ledgers.ledger(world.ports, key(JOB))
    assert told.job.watermark == "2026-11-22T12:00:00Z"
    assert [(one.begin[11:16], one.end[11:16], one.runs) for one in told.ledger.ranges] == [
        ("08:00", "10:00", ("2026-11-22T10:00:00Z.1",)),
        ("10:00", "11:00", ("2026-11-22T11:00:00Z.1",)),
        ("11:00", "12:00", ("2026-11-22T12:00:00Z.1",)),
    ]
    assert (told.ledger.findings, told.more) == ((), False)


def test_a_rewind_and_a_jump_ahead_are_named_by_their_runs() -> None:
    world = hourly()
    run_at(world, 10, 11)
    world.edit(JOB, Watermark="2026-11-22T09:00:00Z")
    run_at(world, 12)
    world.edit(JOB, Watermark="2026-11-22T12:30:00Z")
    run_at(world, 13)
    told = ledgers.ledger(world.ports, key(JOB)).ledger.findings
    assert [(one.kind, one.begin[11:16], one.end[11:16], one.before[11:16], one.after[11:16]) for one in told] == [
        (Kind.GAP, "12:00", "12:30", "12:00", "13:00"),
        (Kind.OVERLAP, "09:00", "11:00", "", ""),
        (Kind.REWIND, "11:00", "09:00", "11:00", "12:00"),
    ]
    assert [name[11:] for name in told[1].runs] == ["10:00:00Z.1", "11:00:00Z.1", "12:00:00Z.1"]


def test_failures_move_nothing() -> None:
    world = hourly()
    run_at(world, 10)
    world.groups.behave(start_delay=0, duration=20, exit_code=1, log=lambda env: f"::watermark::{env['DUE']}\n")
    run_at(world, 11)
    world.groups.behave(start_delay=0, duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    run_at(world, 12)
    told = ledgers.ledger(world.ports, key(JOB)).ledger
    assert [step.name for step in told.steps] == ["2026-11-22T10:00:00Z.1", "2026-11-22T12:00:00Z.1"]
    assert told.findings == ()


def test_backfills_and_runs_with_a_watermark_of_their_own_stand_beside_the_line() -> None:
    world = hourly()
    run_at(world, 10)
    world.edit(JOB, Request="run watermark 2026-11-01")
    world.ticks("10:10", "10:11", "10:12")
    world.edit(JOB, Request="run 2026-11-20T00:00Z..2026-11-20T02:00Z watermark 2026-11-19")
    world.ticks(*(f"10:{minute}" for minute in range(20, 30)))
    run_at(world, 11)
    told = ledgers.ledger(world.ports, key(JOB)).ledger
    assert [step.begin for step in told.side] == ["2026-11-01", "2026-11-19", "2026-11-20T00:00:00Z"]
    assert told.findings == ()
    assert len(told.steps) == 2


def test_a_run_on_request_with_the_rows_own_watermark_is_on_the_line() -> None:
    world = hourly()
    run_at(world, 10)
    world.edit(JOB, Request="run")
    world.ticks("10:10", "10:11", "10:12")
    run_at(world, 11)
    told = ledgers.ledger(world.ports, key(JOB)).ledger
    assert (len(told.steps), told.side, told.findings) == (3, (), ())


def test_a_due_time_that_was_run_late_stands_where_it_moved_the_watermark() -> None:
    """A watermark moves in the order in which runs end, whatever their due times are."""
    world = hourly()
    run_at(world, 10, 11)
    world.edit(JOB, Watermark="2026-11-22T11:00:00Z", Request="run 2026-11-22T09:00Z watermark 2026-11-22T08:00Z")
    world.ticks("11:10", "11:11", "11:12")
    run_at(world, 12)
    assert found(world) == []


def test_only_the_newest_runs_are_looked_at_and_it_says_so() -> None:
    world = hourly()
    run_at(world, 10, 11, 12)
    told = ledgers.ledger(world.ports, key(JOB), limit=2)
    assert (len(told.ledger.steps), told.more) == (2, True)
    assert ledgers.ledger(world.ports, key(JOB), limit=3).ledger.steps[0].end == "2026-11-22T10:00:00Z"


def test_a_job_without_a_watermark_has_nothing_to_tell() -> None:
    world = World("09:00")
    world.groups.behave(start_delay=0, duration=20)
    world.add(JOB, Schedule="0 * * * *", Image="weather:1")
    world.ticks("09:01", "10:00", "10:01", "10:02")
    told = ledgers.ledger(world.ports, key(JOB)).ledger
    assert (told.ranges, told.findings, told.still) == ((), (), 1)


def test_a_ledger_costs_the_jobs_row_and_one_page() -> None:
    world = hourly()
    run_at(world, 10, 11)
    assert world.spent(lambda: ledgers.ledger(world.ports, key(JOB))) == 2


def test_a_job_that_is_not_there_and_a_wrong_limit_are_named() -> None:
    world = hourly()
    with pytest.raises(Missing, match=r"^There is no job weather/load\.$"):
        ledgers.ledger(world.ports, key("weather/load"))
    with pytest.raises(Wrong, match=r"^limit is 0: it must be a number from 1 to 1000\.$"):
        ledgers.ledger(world.ports, key(JOB), limit=0)


def test_opaque_watermarks_join_up_by_equality_alone() -> None:
    world = World("09:00")
    words = {"10": "apple", "11": "pear", "12": "quince"}
    world.groups.behave(start_delay=0, duration=20, log=lambda env: f"::watermark::{words[env['DUE'][11:13]]}\n")
    world.add(JOB, Schedule="0 * * * *", Image="weather:1")
    world.tick("09:01")
    run_at(world, 10, 11)
    world.edit(JOB, Watermark="plum")
    run_at(world, 12)
    told = ledgers.ledger(world.ports, key(JOB)).ledger
    assert [finding.kind for finding in told.findings] == [Kind.BREAK]
