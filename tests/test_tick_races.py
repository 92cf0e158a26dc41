"""Lost races, each at the one call where it hurts: what the loser does, and what it leaves alone."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.ports import BatchRefused, Insert
from scheduler.tick import tick
from tests.world import Killed, World, at
from tests.world.story import SETTINGS

JOB = "weather/extract"
CLAIM = "jobs.submit weather: merge extract*"


def loading(**columns: Any) -> World:
    """One job every ten minutes, answered once."""
    world = World()
    world.groups.behave(duration=30, log=lambda env: f"::watermark::{env['DUE']}\n")
    world.add(JOB, **{"Schedule": "*/10 * * * *", "Image": "x", **columns})
    world.tick("09:00:30")
    return world


def edits(world: World, *times: int) -> None:
    """Edit the row right before these claims."""
    for nth in times:
        world.journal.before(CLAIM, lambda nth=nth: world.edit(JOB, Owner=f"Alice {nth}"), nth)  # type: ignore[misc]  # mypy infers no lambda with a default


def test_a_claim_that_loses_to_an_edit_is_planned_once_more_and_made() -> None:
    world = loading()
    edits(world, 1)
    assert world.tick("09:10").started == 1
    assert world.states(JOB) == ["Active"]


def test_a_claim_that_loses_to_a_pause_starts_nothing() -> None:
    world = loading()
    world.journal.before(CLAIM, lambda: world.edit(JOB, Enabled=False))
    world.ticks("09:10", "09:11")
    assert world.groups.calls["create"] == 0
    assert world.row(JOB)["Status"] == "Paused"


def test_one_claim_of_many_that_loses_to_a_pause_starts_nothing() -> None:
    """Scenario: more are due than are written at once, and it is one of the first."""
    world = World("09:30", replace(SETTINGS, max_active_runs=5_000))
    for first in range(0, 1_250, 50):
        names = [f"job{number:05}" for number in range(first, first + 50)]
        world.jobs.submit([Insert(("team", name), {"Schedule": "0 10 * * *", "Image": "x"}) for name in names])
    world.ticks("09:31", "09:32", "09:35")
    world.journal.before("jobs.submit team: merge job00000*", lambda: world.edit("team/job00005", Enabled=False))
    assert world.tick("10:00").started == 1_249
    assert world.runs("team/job00005") == []


def test_a_claim_that_loses_twice_promises_nothing_and_is_made_by_the_next_tick() -> None:
    world = loading()
    edits(world, 1, 2)
    world.tick("09:10")
    assert (world.groups.calls["create"], world.states(JOB)) == (0, [])
    world.ticks("09:11", "09:12")
    assert world.states(JOB) == ["Succeeded"]


def test_an_end_is_settled_once_though_two_ticks_saw_it() -> None:
    world = loading()
    world.groups.behave(duration=5, exit_code=3)
    world.tick("09:10")
    world.journal.before("groups.delete *", lambda: world.clock.passes(9))
    world.journal.before("groups.delete *", lambda: world.tick("09:11:01", through=world.process()))
    world.tick("09:11")
    assert (world.row(JOB)["Failures"], world.states(JOB)) == (1, ["Failed"])


def test_a_run_that_was_closed_by_a_tick_that_died_is_settled_by_the_next() -> None:
    world = loading()
    world.tick("09:10")
    world.journal.kill_after("groups.delete *")
    with pytest.raises(Killed):
        world.tick("09:11")
    world.restart()
    world.tick("09:12")
    row = world.row(JOB)
    assert (row["Status"], row["Watermark"], row["Active"]) == ("Succeeded", "2026-11-22T09:10:00Z", False)


def test_the_end_that_was_written_first_counts_for_both() -> None:
    world = loading(Watermark="before")
    world.groups.behave(duration=70, log="::watermark::after\n")
    world.ticks("09:10", "09:11")
    world.edit(JOB, Request="cancel")
    # This tick sees it running and cancels; while it reads the log, the container ends and another tick closes it.
    world.journal.before("logs.write *", lambda: world.clock.passes(60))
    world.journal.after("logs.write *", lambda: world.tick(through=world.process()))
    world.tick("09:11:10")
    world.tick("09:13")
    (run,) = world.runs(JOB)
    assert world.row(JOB)["Status"] == run.columns["State"]
    assert world.row(JOB)["Watermark"] == run.columns["WatermarkTo"]


def test_an_existing_group_that_has_ended_is_stopped_before_it_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.groups.behave("report", duration=30)
    world.groups.provision("nightly", "report")
    world.clock.to("09:05")
    world.add(JOB, Schedule="*/10 * * * *", ContainerGroup="nightly")
    world.tick("09:05:30")
    asked, start = [], world.groups.start

    def recorded(name: str, *, stop_first: bool) -> None:
        asked.append(stop_first)
        start(name, stop_first=stop_first)

    monkeypatch.setattr(world.groups, "start", recorded)
    world.tick("09:10")
    assert asked == [True], "ACI wants it under Never"
    world.groups.fail("start")
    world.ticks("09:11", "09:20", "09:30")
    assert all(asked)


def test_an_old_copy_too_young_to_be_told_by_its_times_is_told_by_its_skips() -> None:
    world = loading(Schedule="every 1 minute")
    world.groups.behave(start_delay=1, duration=10, log=lambda env: f"::watermark::{env['DUE']}\n")
    world.ticks("09:10", "09:10:30")
    copy = world.copy(JOB)
    world.ticks("09:11", "09:11:30")
    world.clock.to("09:11:50")
    world.replace(copy)
    world.restart()
    world.ticks("09:12:10", "09:12:40", "09:13:10")
    assert world.runs(JOB)[1].columns["WatermarkFrom"] == "2026-11-22T09:11:00Z"
    assert "Skipped" not in world.states(JOB)[1:]


def test_a_range_skipped_by_a_tick_that_died_is_continued_behind_its_end() -> None:
    world = loading()
    world.journal.kill_before(CLAIM)
    with pytest.raises(Killed):
        world.tick("12:05")
    world.restart()
    world.ticks("12:15", "12:16")
    passed = [(run.columns["From"], run.columns["Due"]) for run in world.runs(JOB) if run.columns["State"] == "Skipped"]
    assert passed == [(at("12:00"), at("12:00")), (at("09:10"), at("11:50"))]
    assert world.runs(JOB)[0].columns["Due"] == at("12:10")


def test_a_batch_that_was_sent_again_after_it_had_succeeded_is_believed() -> None:
    world = loading()
    world.journal.clear()
    world.journal.after(CLAIM, _refused)
    assert world.tick("09:10").started == 1
    assert len(world.journal.matching(CLAIM)) == 2, "the claim, and the note that the group is there"


def _refused() -> None:
    raise BatchRefused(0, 412, "UpdateConditionNotSatisfied")


def test_the_mark_lies_two_minutes_before_the_services_own_date() -> None:
    world = loading()
    world.clock.to("09:10:30")
    tick(world.ports, at("09:10"))
    assert world.row("_crontable/heartbeat")["Mark"] == at("09:08:30")


def test_after_a_tick_that_failed_the_next_one_reads_everything() -> None:
    world = loading()
    world.ticks("09:01", "09:02")
    world.journal.before("jobs.keep *", _breaks)
    with pytest.raises(OSError, match="away"):
        world.tick("09:03")
    world.journal.clear()
    world.tick("09:04")
    assert world.journal.matching("groups.tagged"), "only a full read sweeps"
    world.journal.clear()
    world.tick("09:05")
    assert not world.journal.matching("groups.tagged")


def _breaks() -> None:
    raise OSError("the table is away")


def test_a_process_knows_rows_that_it_only_looked_at() -> None:
    world = loading()
    world.groups.behave(start_delay=1, duration=5, log="::watermark::on\n")
    world.tick("09:10")
    copy = world.copy(JOB)
    world.tick("09:10:20")
    other = world.process()
    world.tick("09:10:40", through=other)
    world.clock.to("09:11")
    world.replace(copy)
    world.journal.clear()
    world.tick("09:11:10", through=other)
    assert world.journal.matching("runs.query"), "it holds the row against its runs"
    assert (world.row(JOB)["Watermark"], world.states(JOB)) == ("on", ["Succeeded"])
