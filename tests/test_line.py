"""In line: what may not be created now stays as due as it was, whatever kind of start it is, and says why it waits."""

import json
from dataclasses import replace
from typing import Any

import pytest

from scheduler.ports import GroupRefused
from scheduler.row import NEVER, UNSET
from scheduler.run import Cause
from tests.world import World, at, minutes
from tests.world.story import SETTINGS

BUSY, JOB = "weather/busy", "weather/extract"
FULL = "Waiting: all 1 places of MAX_ACTIVE_RUNS are taken."


def crowded(most: int = 1, **columns: Any) -> World:
    """The one place is taken from 09:30 to 10:35; beside it a job of every full hour."""
    world = World("09:00", replace(SETTINGS, max_active_runs=most))
    world.groups.behave(start_delay=5, duration=20, log=lambda env: f"::watermark::{env.get('DUE')}\n")
    world.groups.behave("long", start_delay=5, duration=64 * 60)
    world.add(BUSY, Schedule="30 9 * * *", Image="long", Timeout="2h")
    world.add(JOB, **{"Schedule": "0 * * * *", "Image": "x", "Watermark": "live", **columns})
    world.ticks("09:01", "09:02")
    return world


def told(world: World, job: str = JOB) -> list[tuple[str, str]]:
    """Each row of Runs: due time and state, oldest first."""
    return [(clock(run.columns["Due"]), str(run.columns["State"])) for run in reversed(world.runs(job))]


def clock(moment: Any, shown: str = "%H:%M") -> str:
    return f"{moment:{shown}}"


def claimed(world: World, job: str = JOB) -> list[Any]:
    return sorted(run.columns["Claimed"] for run in world.runs(job) if "Claimed" in run.columns)


def test_a_due_time_in_line_is_as_due_as_it_was_and_runs_when_there_is_a_place() -> None:
    world = crowded()
    world.ticks("09:30", "10:00")
    row = world.row(JOB)
    assert (row["Status"], row["Reason"]) == ("Waiting", FULL)
    assert (row["NextDue"], row["NextRun"], row["LastDue"], row["Active"]) == (at("10:00"), at("10:00"), UNSET, False)
    world.ticks(*minutes("10:01", "10:34"))
    assert told(world) == []
    world.ticks("10:35", "10:36")
    assert claimed(world) == [at("10:35")]
    (run,) = world.runs(JOB)
    assert (run.columns["IntervalStart"], run.columns["IntervalEnd"]) == (at("09:00"), at("10:00"))
    assert (world.row(JOB)["Status"], world.row(JOB)["NextDue"]) == ("Succeeded", at("11:00"))


def test_a_newer_due_time_takes_the_place_in_line_of_the_older_one() -> None:
    world = crowded(Schedule="*/20 * * * *")
    world.ticks("09:20", "09:21", "09:30", "09:40", "10:00", "10:20", "10:36", "10:37")
    assert told(world) == [
        ("09:20", "Succeeded"), ("09:40", "Skipped"), ("10:00", "Skipped"), ("10:20", "Succeeded"),
    ]  # fmt: skip
    assert world.runs(JOB)[1].columns["Reason"] == (
        "a newer due time came before it could start (CatchUp latest): all 1 places of MAX_ACTIVE_RUNS are taken"
    )
    assert world.runs(JOB)[0].columns["IntervalStart"] == at("09:20")


def test_what_stands_in_line_longer_than_its_grace_passes() -> None:
    world = crowded(Grace="10m")
    world.ticks("09:30", *minutes("10:00", "10:12"))
    assert told(world) == [("10:00", "Skipped")]
    assert world.row(JOB)["NextDue"] == at("11:00")


def test_an_attempt_in_line_stays_an_attempt_with_what_was_spent() -> None:
    world = crowded(Schedule="20 9 * * *", Retries=1, RetryDelay="15m")
    world.groups.behave("x", duration=20, exit_code=3)
    world.ticks("09:20", "09:21", "09:30", "09:36")
    row = world.row(JOB)
    assert (row["Status"], row["Reason"], row["NextAttempt"], row["Active"]) == ("Waiting", FULL, 2, True)
    world.ticks("10:35", "10:36")
    assert claimed(world) == [at("09:20"), at("10:35")]
    assert "attempt 2 was the last" in str(world.row(JOB)["Reason"])


@pytest.mark.parametrize(("asked", "done"), [("09:28", 2), ("09:29", 1), ("09:31", 0)])
def test_a_backfill_in_line_skips_none_of_its_due_times(asked: str, done: int) -> None:
    world = crowded(Schedule="0 0 * * *", Priority=-1)
    for now in minutes("09:27", "09:35"):
        if now == at(asked):
            world.edit(JOB, Request="run 2026-11-01..2026-11-04")
        world.tick(now)
    row = world.row(JOB)
    assert (row["Status"], row["Reason"]) == ("Waiting", FULL)
    assert len(world.runs(JOB)) == done
    assert not done or json.loads(str(row["Backfill"]))["next"] == f"2026-11-0{done + 1}T00:00:00Z"
    world.ticks(*minutes("10:35", "10:40"))
    assert [clock(run.columns["Due"], "%m-%d") for run in reversed(world.runs(JOB))] == ["11-01", "11-02", "11-03"]
    assert (world.row(JOB)["Watermark"], world.row(JOB)["Request"]) == ("live", "")


@pytest.mark.parametrize(
    ("request_", "due"), [("run 2026-11-21", at("2026-11-21 00:00")), ("run watermark Own", None), ("run", None)]
)
def test_a_request_in_line_stays_as_it_was_typed(request_: str, due: Any) -> None:
    world = crowded(Schedule="manual")
    world.tick("09:30")
    world.edit(JOB, Request=request_)
    world.ticks("09:31", "09:32")
    row = world.row(JOB)
    assert (row["Request"], row["Status"], row["Reason"]) == (request_, "Waiting", FULL)
    world.ticks("10:35", "10:36")
    (run,) = world.runs(JOB)
    assert run.columns["Due"] == (due or at("10:35"))
    assert (run.columns["WatermarkFrom"], world.row(JOB)["Request"]) == ("Own" if "Own" in request_ else "live", "")


def test_a_retry_in_line_stays_asked_for() -> None:
    world = crowded(Schedule="20 9 * * *")
    world.groups.behave("x", duration=20, exit_code=3)
    world.ticks("09:20", "09:21", "09:30")
    world.edit(JOB, Request="retry")
    world.ticks("09:31", "09:32")
    assert (world.row(JOB)["Request"], world.row(JOB)["Status"]) == ("retry", "Waiting")
    world.ticks("10:35", "10:36")
    assert claimed(world) == [at("09:20"), at("10:35")]


def test_a_link_in_line_is_seen_only_when_it_starts() -> None:
    world = crowded(2, Schedule="0 * * * *")
    world.add("weather/after", Schedule="after extract", Image="y")
    world.ticks("09:30", "09:31")
    world.add("weather/more", Schedule="1 10 * * *", Image="long", Priority=9)
    world.ticks("09:40", "10:00", "10:01")
    row = world.row("weather/after")
    assert (row["Status"], row["NextDue"], row["LastDue"]) == ("Waiting", at("10:00"), UNSET)
    assert json.loads(str(row["Upstreams"])) == {"weather/extract": None}
    world.ticks("10:35", "10:36")
    (run,) = world.runs("weather/after")
    assert (run.columns["Due"], run.columns["IntervalStart"]) == (at("10:00"), at("09:00"))
    assert json.loads(str(world.row("weather/after")["Upstreams"])) == {"weather/extract": "2026-11-22T10:00:00+00:00"}
    assert world.row("weather/after")["NextRun"] == NEVER


def test_a_job_of_which_a_run_goes_says_so_though_another_stands_in_line() -> None:
    world = crowded(2, Overlap="allow", Schedule="30,40 9 * * *", Watermark="")
    world.groups.behave("x", duration=None)
    world.ticks("09:30", "09:31", "09:40")
    row = world.row(JOB)
    assert (row["Status"], row["NextDue"]) == ("Running", at("09:40"))
    assert "all 2 places of MAX_ACTIVE_RUNS are taken" in str(row["Reason"])


# what takes a place


def test_a_group_that_could_not_be_deleted_still_takes_its_place() -> None:
    world = crowded()
    world.groups.fail("delete", times=99)
    world.ticks("09:30", "10:00", *minutes("10:35", "10:38"))
    assert world.row(BUSY)["Status"] == "Succeeded"
    assert told(world) == []
    world.groups.faults.clear()
    world.ticks("10:39", "10:40")
    assert told(world) == [("10:00", "Succeeded")]


def test_an_attempt_that_is_to_come_takes_no_place() -> None:
    world = crowded(Schedule="40 9 * * *")
    world.groups.fail("create", GroupRefused(Cause.DENIED, "give the role X"))
    world.ticks("09:30", "09:31")
    assert world.row(BUSY)["Status"] == "Waiting"
    world.edit(BUSY, Enabled=False)
    world.ticks("09:32", "09:40", "09:41")
    assert told(world) == [("09:40", "Succeeded")]


def test_a_group_that_was_there_before_neither_waits_nor_takes_a_place() -> None:
    world = crowded(Image="", ContainerGroup="nightly")
    world.groups.provision("nightly", "report")
    world.ticks("09:30", "10:00", "10:01")
    assert told(world) == [("10:00", "Succeeded")]
    world.groups.behave("report", duration=None)
    world.ticks("10:36", "11:00", "11:01")
    world.edit(BUSY, Request="run")
    world.ticks("11:02", "11:03")
    assert world.row(BUSY)["Status"] == "Running"


# regions


def test_what_waits_for_a_region_does_not_hold_up_an_attempt_in_another() -> None:
    world = crowded(9, Locations="westeurope, northeurope", Schedule="0 10 * * *")
    world.groups.fail("create", GroupRefused(Cause.CAPACITY, "no room"), name="ct-weather-extract*")
    world.ticks("09:30", "10:00")
    allowances = world.ports.memory.allowances
    world.ports.memory.allowances = allowances.told("westeurope", 0, 0, at("10:00"))
    world.ticks("10:01", "10:02")
    assert world.runs(JOB)[1].columns["Location"] == "northeurope"
    assert world.row(JOB)["Status"] == "Succeeded"


def test_the_region_of_the_first_location_counts_and_that_of_the_setting_where_there_is_none() -> None:
    for columns, region in (({"Locations": "North Europe"}, "northeurope"), ({}, "westeurope")):
        world = crowded(9, Schedule="0 10 * * *", **columns)
        allowances = world.ports.memory.allowances
        world.ports.memory.allowances = allowances.told(region, 0, 5, at("10:00"))
        world.tick("10:00")
        assert world.row(JOB)["Status"] == "Waiting"
        assert f"no more container groups in {region} within these five minutes" in str(world.row(JOB)["Reason"])


def test_a_creation_that_was_throttled_keeps_the_others_of_its_region_back() -> None:
    world = crowded(9, Schedule="0 10 * * *")
    world.groups.fail("create", GroupRefused(Cause.THROTTLED, "429"), name="ct-weather-extract*")
    world.tick("10:00")
    world.add("weather/other", Schedule="1 10 * * *", Image="x")
    world.ticks("10:01", "10:04")
    assert world.row("weather/other")["Status"] == "Waiting"
    assert "within these five minutes" in str(world.row("weather/other")["Reason"])
    world.tick("10:05")
    assert world.row("weather/other")["Status"] == "Running"
