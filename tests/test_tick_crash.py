"""A tick may die before or after any call it makes, another may run in the middle of it, and a person may edit.

Each story is played once whole to count its calls, then again for every call with the mishap there.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from scheduler import ports
from scheduler.entry import read_entries
from scheduler.row import Row
from scheduler.run import OPEN, SKIPPED
from tests.world import Killed, World, at, key, minutes

JOB, OTHER, EXISTING = "weather/extract", "weather/other", "weather/report"
#: A story spans four due times of the ten-minute job, failures that are tried again, and the leases a death leaves.
TIMES = minutes("09:09", "09:56")


def story() -> World:
    """Three jobs of both kinds; the mishap comes in the ticks from 09:09 on."""
    world = World("09:00")
    world.groups.behave(start_delay=5, duration=80, log=lambda env: f"loaded\n::watermark::{env['DUE']}\n")
    world.groups.behave("fails", duration=20, exit_code=2, log="::watermark::never\n")
    world.groups.behave("report", duration=30, log="::watermark::reported\n")
    world.groups.provision("nightly", "report")
    world.add(JOB, Schedule="*/10 * * * *", Image="loads")
    world.add(OTHER, Schedule="*/15 * * * *", Image="fails", Retries=1)
    world.add(EXISTING, Schedule="*/20 * * * *", ContainerGroup="nightly")
    world.ticks("09:02", "09:03")
    world.journal.clear()
    return world


def played(world: World) -> World:
    """Tick through the times; a tick that is killed is followed by a fresh process a minute later."""
    for now in TIMES:
        try:
            world.tick(now)
        except Killed:
            world.restart()
    return world


def calls() -> int:
    """How many calls the story makes while its first runs start, end and are settled."""
    world = story()
    world.ticks(*minutes("09:09", "09:16"))
    return len(world.journal.lines)


CALLS = calls()


def holds(world: World) -> None:
    """Hold what must be true whatever happened."""
    for name, starts in world.started().items():
        if name.startswith("ct-"):
            assert len(starts) == 1, f"{name} was started {len(starts)} times"
    _every_due_is_decided_once(world, JOB, [f"09:{minute}" for minute in (10, 20, 30, 40, 50)])
    _every_due_is_decided_once(world, OTHER, [f"09:{minute}" for minute in (15, 30, 45)])
    _every_due_is_decided_once(world, EXISTING, ["09:20", "09:40"])
    _promised_attempts_are_made(world)
    _watermarks_join_up(world, JOB)
    assert world.row(OTHER).get("Watermark", "") == ""
    for job in (JOB, OTHER, EXISTING):
        for run in world.runs(job):
            if run.columns["State"] in ("Succeeded", "Failed") and run.columns["Cause"] in ("", "exit"):
                assert world.log(str(run.columns["Log"])), run
        last = max((run for run in world.runs(job) if "Claimed" in run.columns), key=_claimed)
        ended = "Waiting" if "RetryAt" in last.columns else last.columns["State"]
        assert last.columns["State"] == OPEN or world.row(job)["Status"] in (ended, "Scheduled")
    going = {name for name in world.groups.groups if name.startswith("ct-")}
    open_runs = {
        run.columns["Group"] for job in (JOB, OTHER) for run in world.runs(job) if run.columns["State"] == OPEN
    }
    assert going <= open_runs


def _claimed(run: Row) -> Any:
    return run.columns["Claimed"]


def _promised_attempts_are_made(world: World) -> None:
    """Hold that an attempt was made, or is to come, where one was promised, and nowhere else."""
    for job in (JOB, OTHER, EXISTING):
        attempts = [run.columns for run in world.runs(job) if run.columns["State"] != SKIPPED]
        made = {(run["Due"], run["Attempt"]) for run in attempts}
        made |= {(run.due, run.attempt) for run in read_entries(key(job), world.row(job)["ActiveRuns"]) or ()}
        promised = {(run["Due"], int(str(run["Attempt"])) + 1) for run in attempts if "RetryAt" in run}
        assert promised == {one for one in made if one[1] != 1}


def _every_due_is_decided_once(world: World, job: str, times: list[str]) -> None:
    rows = world.runs(job)
    attempts = [run.columns for run in rows if run.columns["State"] != SKIPPED]
    ran = [run["Due"] for run in attempts if "RetryAt" not in run]
    ran += [run.due for run in read_entries(key(job), world.row(job)["ActiveRuns"]) or () if run.waiting]
    passed = [(run.columns["From"], run.columns["Due"]) for run in rows if run.columns["State"] == SKIPPED]
    for due in map(at, times):
        decisions = ran.count(due) + sum(first <= due <= last for first, last in passed)  # type: ignore[operator]
        assert decisions == 1, f"{job} due {due}: {decisions} decisions; ran {ran}, passed {passed}"


def _watermarks_join_up(world: World, job: str) -> None:
    runs = [run.columns for run in reversed(world.runs(job)) if run.columns["State"] == "Succeeded"]
    for before, after in pairwise(runs):
        assert after["WatermarkFrom"] == before["WatermarkTo"]
    assert runs
    assert world.row(job)["Watermark"] == runs[-1]["WatermarkTo"] != runs[0]["WatermarkFrom"]


def test_the_story_holds_when_nothing_happens() -> None:
    world = played(story())
    holds(world)
    assert world.states(JOB)[:4] == ["Succeeded"] * 4
    assert world.states(OTHER)[:4] == ["Failed"] * 4
    assert world.states(EXISTING)[:2] == ["Succeeded"] * 2
    assert CALLS > 30


@pytest.mark.parametrize("call", range(1, CALLS + 1))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_tick_that_dies_at_any_call_loses_nothing_and_doubles_nothing(call: int, when: str) -> None:
    world = story()
    (world.journal.kill_before if when == "before" else world.journal.kill_after)("*", call)
    played(world)
    assert not world.journal.waiting
    holds(world)


@pytest.mark.parametrize("call", range(1, CALLS + 1))
@pytest.mark.parametrize("when", ["before", "after"])
def test_another_tick_in_the_middle_of_one_loses_nothing_and_doubles_nothing(call: int, when: str) -> None:
    world = story()
    point: Callable[..., None] = world.journal.before if when == "before" else world.journal.after
    point("*", lambda: world.tick(through=world.process()), call)
    played(world)
    assert not world.journal.waiting
    holds(world)


@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_an_edit_at_any_call_stays_and_disturbs_nothing(call: int) -> None:
    world = story()
    world.journal.before("*", lambda: world.edit(JOB, Description="mine", Owner="Alice"), call)
    played(world)
    assert not world.journal.waiting
    holds(world)
    assert (world.row(JOB)["Description"], world.row(JOB)["Owner"]) == ("mine", "Alice")


@pytest.mark.parametrize("call", range(1, CALLS + 1))
def test_an_old_copy_written_back_at_any_call_runs_nothing_twice(call: int) -> None:
    world = story()
    copy = world.copy(JOB)
    world.journal.before("*", lambda: world.replace(copy), call)
    played(world)
    assert not world.journal.waiting
    holds(world)


def full(world: World) -> ports.World:
    """A fresh process that reads everything, and so sweeps."""
    process = world.process()
    process.memory.failed = True
    return process


@pytest.mark.parametrize("call", range(1, CALLS + 1))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_tick_that_sweeps_in_the_middle_of_one_harms_nothing(call: int, when: str) -> None:
    world = story()
    point: Callable[..., None] = world.journal.before if when == "before" else world.journal.after
    point("*", lambda: world.tick(through=full(world)), call)
    played(world)
    assert not world.journal.waiting
    holds(world)


@pytest.mark.parametrize("call", range(1, CALLS + 1))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_tick_that_sweeps_and_dies_or_is_met_by_another_harms_nothing(call: int, when: str) -> None:
    world = story()
    if when == "before":
        world.journal.before("*", lambda: world.tick(through=world.process()), call)
    else:
        world.journal.kill_after("*", call)
    for now in TIMES:
        world.ports.memory.failed = True
        try:
            world.tick(now)
        except Killed:
            world.restart()
    assert not world.journal.waiting
    holds(world)
