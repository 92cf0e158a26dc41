"""Who is told of a missed due time: whose due time passed though no run of the same job was in its way."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scheduler.job import CatchUp, Job, Overlap
from scheduler.overlap import Delay, delayed, obstacle, waits_for
from scheduler.run import State
from scheduler.schedule import Schedule
from scheduler.standing import Standing
from tests import calendars
from tests.test_alerts_stories import JOB, PEOPLE, Told
from tests.world import Limits, World
from tests.world.clock import at

NEWER = "a newer due time came before it could start (CatchUp latest)"


def scarce(most: int = 2) -> Told:
    """A world in which ACI creates so few groups in five minutes."""
    told = Told()
    told.world.groups.limits = Limits(creates_5min=most)
    told.world.groups._quotas.limits = told.world.groups.limits
    told.world.groups.behave(start_delay=1, duration=20)
    return told


def missed(said: list[str]) -> list[str]:
    return [one for one in said if " missed its due " in one]


@pytest.mark.parametrize("schedule", ["* * * * *", "*/2 * * * *"])
def test_a_due_time_that_passes_for_acis_ration_is_missed_however_short_a_time_ago_the_last_run_ended(
    schedule: str,
) -> None:
    told = scarce()
    told.world.add(JOB, Schedule=schedule, Image="loads")
    told.world.add("team/other", Schedule=schedule, Image="loads", Priority=9)
    told.tick("08:55:30")
    why = f"{NEWER}: ACI creates no more container groups in westeurope within these five minutes"
    said = missed(told.through("08:56", "09:02"))
    assert {one.split()[0] for one in said} == {JOB, "team/other"}
    assert all(one.endswith(f": {why}.") for one in said), said


def test_a_due_time_that_passes_for_the_installations_own_bound_is_missed_and_a_start_is_the_end_of_it() -> None:
    told = Told()
    told.world = World("08:55", replace(PEOPLE, max_active_runs=1))
    told.world.groups.behave("loads", start_delay=1, duration=20)
    told.world.groups.behave("long", start_delay=1, duration=25 * 60)
    told.world.add("team/long", Schedule="0 9 * * *", Image="long", Priority=9)
    told.world.add(JOB, Schedule="*/10 * * * *", Image="loads")
    told.tick("08:58")
    (one,) = missed(told.through("09:00", "09:26"))
    assert one == (
        f"{JOB} missed its due time of 2026-11-22T09:00:00Z: {NEWER}: all 1 places of MAX_ACTIVE_RUNS are taken."
    )
    assert told.alarms() == [], "it started at 09:26"


def test_while_it_stands_it_is_told_once_and_a_pause_ends_it_without_a_word() -> None:
    told = scarce(0)
    told.world.ports.memory.allowances = told.world.ports.memory.allowances.told("westeurope", 0, 0, at("08:59"))
    told.world.add(JOB, Schedule="* * * * *", Image="loads")
    assert len(missed(told.through("08:59", "09:03"))) == 1
    assert told.alarms() == ["missed"]
    told.world.edit(JOB, Enabled=False)
    assert missed(told.through("09:04", "09:05")) == []
    assert told.alarms() == []


@pytest.mark.parametrize("overlap", ["skip", "wait", "replace"])
def test_what_overlap_lets_pass_is_not_missed_though_the_run_has_ended_when_it_passes(overlap: str) -> None:
    told = Told()
    told.world.groups.behave(start_delay=1, duration=150)
    told.world.add(JOB, Schedule="* * * * *", Image="loads", Overlap=overlap)
    told.tick("08:56")
    assert missed(told.through("08:57", "09:10")) == []
    assert "Skipped" in told.world.states(JOB) or overlap == "replace"


def test_runs_that_may_overlap_are_in_nobodys_way() -> None:
    told = Told()
    told.world.groups.behave(start_delay=1, duration=9_000)
    told.world.add(JOB, Schedule="0 * * * *", Image="loads", Overlap="allow", MaxOverlap=9)
    told.tick("08:56", "09:00")
    (one,) = missed(told.tick("11:10"))
    assert one == f"{JOB} missed its due time of 2026-11-22T10:00:00Z: {NEWER}."


def test_a_chain_misses_nothing_its_due_times_are_those_of_others() -> None:
    told = Told()
    told.world.ports.memory.allowances = told.world.ports.memory.allowances.told("northeurope", 0, 0, at("08:59"))
    told.world.add(JOB, Schedule="* * * * *", Image="loads")
    told.world.add("weather/after", Schedule="after extract", Image="loads", Locations="northeurope")
    told.tick("08:56")
    assert missed(told.through("08:57", "09:03")) == []
    assert told.world.row("weather/after")["Status"] == "Waiting"


def job(**changes: Any) -> Job:
    return Job(calendars.JOB, Schedule.parse("* * * * *"), image="x", **changes)


@pytest.mark.parametrize(("ended", "own"), [(-1, False), (0, True), (1, True)])
def test_the_run_is_in_the_way_that_had_not_ended_when_the_last_due_time_was_due(ended: int, own: bool) -> None:
    last = calendars.at("10:00")
    standing = Standing(calendars.JOB, last_finished=last + timedelta(seconds=ended))
    found = delayed(job(), standing, last, None, "all places are taken")
    assert found.own is own
    assert found == (
        Delay(f"a run ended at 2026-11-22T10:00:0{ended}Z", own=True) if own else Delay("all places are taken")
    )
    assert not delayed(job(overlap=Overlap.ALLOW), standing, last, None, "").own


def test_what_stands_in_the_way_now_counts_whatever_ended_before() -> None:
    going = replace(calendars.run(calendars.at("09:00")), state=State.RUNNING)
    standing = Standing(calendars.JOB, runs=(going,))
    one = job(catch_up=CatchUp.ALL)
    found = delayed(one, standing, calendars.at("10:00"), obstacle(one, standing), "all places are taken")
    assert found == Delay("the run due 2026-11-22T09:00:00Z is still going (CatchUp all)", own=True)


def test_the_run_that_ended_last_is_named_from_the_row() -> None:
    recent = "20261122T090000Z.1S+5/3600 20261122T093000Z.1S+5/60"
    standing = Standing(calendars.JOB, last_finished=calendars.at("10:00:05"), recent=recent)
    found = delayed(job(), standing, calendars.at("10:00"), None, "")
    assert found.why == "the run due 2026-11-22T09:00:00Z ended at 2026-11-22T10:00:05Z"


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("Waiting: all 90 places of MAX_ACTIVE_RUNS are taken.", "all 90 places of MAX_ACTIVE_RUNS are taken"),
        (
            "There was no run to cancel. Waiting: no answer. The run is tried each minute.",
            "no answer. The run is tried each minute",
        ),
        ("The run due 2026-11-22T10:00:00Z is starting.", ""),
        ("My Waiting: room", ""),
        ("", ""),
    ],
)
def test_what_a_row_waits_for_is_read_out_of_its_reason(reason: str, why: str) -> None:
    assert waits_for(reason) == why


def test_a_row_that_is_written_before_it_is_planned_tells_no_mending_that_is_none() -> None:
    told = Told()
    told.world.groups.behave(start_delay=1, duration=600)
    told.world.add("weather/first", Schedule="0 * * * *", Image="loads")
    told.world.add(JOB, Schedule="after first", Image="loads")
    told.tick("08:56")
    told.world.edit(JOB, Request="run")
    told.tick("08:57")
    told.world.remove("weather/first")
    told.world.edit(JOB, Owner="me")
    (invalid,) = told.tick("08:58")
    assert invalid.startswith(f"{JOB} is Invalid")
    told.world.edit(JOB, Owner="you")
    assert told.tick("09:08", "09:09") == [], "its run ends in the tick of an edit that mends nothing"
    assert told.alarms() == ["invalid"]
    assert told.world.states(JOB) == ["Succeeded"]
