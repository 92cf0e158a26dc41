"""How the scheduler is, in one read."""

import json
from datetime import datetime, timedelta

import pytest

from scheduler.desk.health import health
from scheduler.row import HEARTBEAT, Value
from tests.world import World, at

JOB = "weather/extract"


def running() -> World:
    world = World("09:00")
    world.groups.behave(duration=None)
    world.add(JOB, Schedule="0 * * * *", Image="weather:1")
    world.add("weather/bad", Schedule="0 25 * * *", Image="weather:1")
    world.add("weather/off", Schedule="0 * * * *", Image="weather:1", Enabled=False)
    world.add("weather/_template", Image="weather:1")
    world.ticks("09:01", "10:00", "10:01")
    return world


def test_it_tells_the_last_tick_and_how_every_job_is_with_one_query() -> None:
    world = running()
    found = health(world.ports, at("10:02"))
    assert world.spent(lambda: health(world.ports, at("10:02"))) == 1
    assert (found.status, found.last_tick, found.age) == ("ok", at("10:01"), timedelta(minutes=1))
    assert (found.seconds, found.counts) == (0.0, {"seen": 3, "started": 0, "finished": 0, "skipped": 0})
    assert (found.jobs, found.total) == ({"Running": 1, "Invalid": 1, "Paused": 1}, 3)
    assert [line.name for line in found.invalid] == ["weather/bad"]
    assert "0 25 * * *" in found.invalid[0].reason
    assert (found.going, found.most) == (1, 90)
    assert found.full_read == at("10:01")
    assert (found.late, found.lag, found.damaged) == ((), timedelta(0), ())


def test_a_scheduler_that_never_ticked_or_stands_still_says_so() -> None:
    world = World("09:00")
    assert health(world.ports, at("09:00")).status == "never"
    world.tick("09:00")
    assert health(world.ports, at("09:05")).status == "ok"
    assert health(world.ports, at("09:05:01")).status == "late"


def test_a_due_time_that_nobody_decided_is_late_by_so_much() -> None:
    world = running()
    found = health(world.ports, at("11:30"))
    assert [(late.line.name, late.due, late.by) for late in found.late] == [(JOB, at("11:00"), timedelta(minutes=30))]
    assert found.lag == timedelta(minutes=30)


def test_what_is_wrong_or_paused_is_not_called_late() -> None:
    world = running()
    world.edit(JOB, Cpu="much")
    world.add("weather/held", Schedule="30 10 * * *", Image="weather:1")
    world.tick("10:02")
    world.edit("weather/held", Enabled="no")
    assert world.row(JOB)["Status"] == "Invalid"
    assert health(world.ports, at("11:30")).late == ()


def test_a_due_time_that_its_jitter_puts_off_is_not_late_before_that() -> None:
    world = World("08:55")
    world.add(JOB, Schedule="0 * * * *", Image="weather:1", Jitter="30m")
    world.ticks("08:56", "09:00", "09:01")
    put_off = world.row(JOB)["NextRun"]
    assert isinstance(put_off, datetime)
    assert put_off > at("09:02")
    assert health(world.ports, at("09:02")).late == ()
    assert [one.line.name for one in health(world.ports, put_off + timedelta(minutes=1)).late] == [JOB]


def test_only_groups_that_are_made_for_a_run_count_against_the_most() -> None:
    world = World("09:00")
    world.groups.provision("shared", "weather:1")
    world.groups.behave(duration=None)
    world.groups.behave("waits:1", duration=5, exit_code=3)
    world.add(JOB, Schedule="0 10 * * *", Image="weather:1")
    world.add("weather/shared", Schedule="0 10 * * *", ContainerGroup="shared")
    world.add("weather/waits", Schedule="0 10 * * *", Image="waits:1", Retries=1, RetryDelay="30m")
    world.ticks("09:01", "10:00", "10:01")
    assert [world.row(job)["Status"] for job in (JOB, "weather/shared", "weather/waits")] == [
        *("Running", "Running", "Waiting"),
    ]
    assert health(world.ports, at("10:02")).going == 1


def test_the_creations_that_aci_still_grants_are_told_while_they_are_believed() -> None:
    world = running()
    told = {"five_minutes": 0, "hour": 250, "told": "2026-11-22T10:00:00Z"}
    world.jobs.put(HEARTBEAT, {**world.jobs.rows[HEARTBEAT].columns, "Creations": json.dumps({"westeurope": told})})
    (now,) = health(world.ports, at("10:02")).creations
    assert (now.location, now.five_minutes, now.hour, now.left, now.window) == ("westeurope", 0, 250, 0, "five minutes")
    (later,) = health(world.ports, at("10:30")).creations
    assert (later.five_minutes, later.hour, later.left, later.window) == (None, 250, 250, "hour")
    (old,) = health(world.ports, at("11:30")).creations
    assert (old.hour, old.left, old.window) == (None, None, "")


def test_a_row_whose_open_runs_somebody_damaged_is_named() -> None:
    world = running()
    world.edit(JOB, ActiveRuns="{")
    assert [line.name for line in health(world.ports, at("10:02")).damaged] == [JOB]


@pytest.mark.parametrize(
    "columns",
    [
        {"Counts": "[", "Troubles": 5, "Creations": "[1]", "Duration": "long", "LastTick": "now", "FullRead": 1},
        {"Counts": '{"seen": "many", "started": true, "finished": 2}', "Creations": '{"x": {"told": 3}}'},
    ],
)
def test_a_heartbeat_that_somebody_mangled_tells_what_it_can(columns: dict[str, Value]) -> None:
    world = running()
    world.jobs.put(HEARTBEAT, {**world.jobs.rows[HEARTBEAT].columns, **columns})
    found = health(world.ports, at("10:02"))
    assert found.creations == ()
    assert found.counts in ({}, {"finished": 2})
    assert found.total == 3


def test_troubles_are_told_line_by_line() -> None:
    world = running()
    world.jobs.put(HEARTBEAT, {**world.jobs.rows[HEARTBEAT].columns, "Troubles": "a/b: one\nc/d: two\n"})
    assert health(world.ports, at("10:02")).troubles == ("a/b: one", "c/d: two")
