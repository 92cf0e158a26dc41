"""Clocks that differ, ticks at a time of one's own, and plans that fall back: nothing is decided twice or forgotten."""

from itertools import pairwise
from typing import Any

import pytest

from scheduler.ports import World as Ports
from scheduler.tick import tick
from tests.world import Killed, World, at

JOB, GROUP = "weather/extract", "nightly"


def loading(**columns: Any) -> World:
    """One job every ten minutes, answered once."""
    world = World()
    world.groups.behave(start_delay=1, duration=5, log="::watermark::ran\n")
    world.add(JOB, **{"Schedule": "*/10 * * * *", "Image": "x", **columns})
    world.tick("09:00:30")
    return world


def behind(world: World, service: str, ours: str) -> None:
    """Tick by our clock while the service's shows another time."""
    place: Ports = world.ports
    world.clock.to(service)
    tick(place, at(ours))


def test_an_edit_stamped_before_our_last_claim_runs_nothing_again_and_keeps_the_rewind() -> None:
    world = loading()
    behind(world, "09:09:30", "09:10")
    behind(world, "09:09:45", "09:10:15")
    assert world.row(JOB)["Watermark"] == "ran"
    world.edit(JOB, Schedule="every 5 minutes", Watermark="2020-01-01")
    behind(world, "09:10:30", "09:11")
    row = world.row(JOB)
    assert (row["Watermark"], row["NextRun"]) == ("2020-01-01", at("09:15"))
    assert "older copy" not in str(row["Reason"])


def test_ticks_days_ahead_of_the_service_decide_no_due_time_twice() -> None:
    world = loading()
    behind(world, "09:10", "2026-11-30 09:10")
    behind(world, "09:11", "2026-11-30 09:11")
    world.clock.to("09:15")
    world.edit(JOB, TimeZone="Europe/Berlin")
    behind(world, "09:15", "2026-11-30 09:12")
    behind(world, "09:16", "2026-11-30 09:20")
    ranges = [(run.columns.get("From", run.columns["Due"]), run.columns["Due"]) for run in reversed(world.runs(JOB))]
    assert all(before[1] < after[0] for before, after in pairwise(ranges))  # type: ignore[operator]  # both are instants


def test_an_end_that_was_seen_is_never_taken_for_a_run_that_never_began() -> None:
    world = loading()
    world.groups.fail("create", done=True)
    world.tick("09:10")
    world.groups.fail("log", times=99)
    world.tick("09:11")
    world.groups.groups.clear()
    world.ticks("09:12", "09:15", "09:20", "09:20:30")
    assert all(len(starts) == 1 for starts in world.started().values())


def test_a_request_is_not_swallowed_by_a_claim_that_meets_a_skip() -> None:
    world = loading()
    world.groups.behave(duration=650)
    world.ticks("09:10", "09:11")
    world.journal.kill_after("runs.submit weather: insert extract|*")
    with pytest.raises(Killed):
        world.tick("09:20")
    world.restart()
    world.edit(JOB, Request="run")
    world.ticks("09:22", "09:23")
    assert world.runs(JOB)[0].columns["Trigger"] == "request"
    assert world.row(JOB)["Request"] == ""


def test_a_look_that_fails_before_a_start_does_not_undo_a_repair() -> None:
    world = World()
    world.groups.behave("report", duration=30, start_delay=1, log=lambda _: "::watermark::first\n")
    world.groups.provision(GROUP, "report")
    world.clock.to("09:05")
    world.add(JOB, Schedule="*/10 * * * *", ContainerGroup=GROUP)
    world.ticks("09:05:30", "09:10", "09:11:30")
    copy = world.copy(JOB)
    world.groups.behave("report", duration=30, start_delay=1, log=lambda _: "::watermark::second\n")
    world.edit(JOB, Request="run")
    world.ticks("09:12", "09:13")
    assert world.row(JOB)["Watermark"] == "second"
    world.clock.to("09:19")
    world.replace(copy)
    world.groups.fail("get", name=GROUP, times=2)
    world.ticks("09:20", "09:21", "09:22")
    assert world.row(JOB)["Watermark"] == "second"
    assert world.runs(JOB)[0].columns["WatermarkFrom"] == "second"
