"""What docs/chains.md tells, as stories of the world: each row of its tables, each shape, each fault."""

from datetime import datetime

import pytest

from scheduler.row import Columns, iso
from tests.world import Killed, World, at

HOURLY = "0 * * * *"


def chained(*rows: tuple[str, str], **columns: str) -> World:
    """Give a world since 07:30 with jobs of one partition: name, schedule. Containers take two minutes."""
    world = World("07:30")
    world.groups.behave(start_delay=1, duration=100, log=lambda env: f"::watermark::{env.get('DUE')}\n")
    for name, schedule in rows:
        world.add(f"t/{name}", Schedule=schedule, Image=name, **(columns if schedule.startswith("after") else {}))
    world.tick("07:31")
    return world


def until(world: World, last: str) -> None:
    """Tick each minute up to a time of day."""
    while world.clock.now < at(last):
        world.clock.passes(60)
        world.tick()


def dues(world: World, job: str, trigger: str = "after") -> list[str]:
    """Give the due times of a job's runs that succeeded, oldest first, as times of day."""
    rows = [row.columns for row in reversed(world.runs(f"t/{job}"))]
    return [clock(row["Due"]) for row in rows if row["State"] == "Succeeded" and row["Trigger"] == trigger]


def clock(moment: object) -> str:
    assert isinstance(moment, datetime)
    return f"{moment:%H:%M}"


def interval(columns: Columns) -> tuple[str, str]:
    return clock(columns["IntervalStart"]), clock(columns["IntervalEnd"])


def test_the_table_of_the_rule() -> None:
    world = chained(("extract", HOURLY), ("load", "after extract"))
    until(world, "08:10")
    assert interval(world.runs("t/load")[0].columns) == ("07:00", "08:00")
    world.groups.behave("extract", start_delay=1, duration=100, exit_code=3)
    until(world, "09:10")
    assert dues(world, "load") == ["08:00"]
    world.groups.behave("extract", start_delay=1, duration=100)
    until(world, "10:10")
    assert dues(world, "load") == ["08:00", "10:00"]
    assert interval(world.runs("t/load")[0].columns) == ("08:00", "10:00")
    world.edit("t/load", Enabled=False)
    until(world, "12:30")
    assert dues(world, "load") == ["08:00", "10:00"]
    world.edit("t/load", Enabled=True)
    until(world, "12:40")
    assert dues(world, "load") == ["08:00", "10:00", "12:00"]
    assert interval(world.runs("t/load")[0].columns) == ("10:00", "12:00")


def test_one_after_two_waits_for_both() -> None:
    world = chained(("a", HOURLY), ("b", "30 */3 * * *"), ("end", "after a, b"))
    until(world, "12:45")
    assert dues(world, "end") == ["09:30", "12:30"]
    assert len(world.runs("t/end")) == 2


def test_a_diamond_runs_its_end_once_a_round() -> None:
    world = chained(("a", HOURLY), ("b", "after a"), ("c", "after a"), ("d", "after b, c"))
    world.groups.behave("c", start_delay=1, duration=700)
    until(world, "10:50")
    assert dues(world, "b") == dues(world, "c") == dues(world, "d") == ["08:00", "09:00", "10:00"]
    assert [len(starts) for starts in world.started().values()] == [1] * 12


def test_a_chain_may_cross_partitions() -> None:
    world = chained(("extract", HOURLY))
    world.add("other/load", Schedule="after t/extract", Image="x")
    until(world, "08:10")
    assert world.states("other/load") == ["Succeeded"]


def test_history_is_not_run_and_a_success_after_the_edit_is() -> None:
    world = chained(("extract", HOURLY))
    until(world, "08:20")
    world.add("t/late", Schedule="after extract", Image="x")
    until(world, "08:59")
    assert world.runs("t/late") == []
    until(world, "09:01")
    world.clock.passes(10)
    world.add("t/intime", Schedule="after extract", Image="x")
    until(world, "09:10")
    assert dues(world, "late") == dues(world, "intime") == ["09:00"]


def test_a_new_chain_that_was_wrong_at_first_counts_from_its_first_edit() -> None:
    world = chained(("extract", HOURLY))
    until(world, "07:55")
    world.add("t/load", Schedule="after extract", Image="x", Cpu="many")
    until(world, "08:10")
    assert world.row("t/load")["Status"] == "Invalid"
    world.edit("t/load", Cpu=1)
    until(world, "08:15")
    assert dues(world, "load") == ["08:00"]


def test_an_upstream_that_is_added_counts_from_the_edit_and_the_others_keep_their_place() -> None:
    world = chained(("a", HOURLY), ("b", "30 * * * *"), ("end", "after a"))
    until(world, "08:45")
    world.edit("t/end", Schedule="after a, b")
    until(world, "09:20")
    assert dues(world, "end") == ["08:00"], "b has not succeeded since the edit"
    until(world, "09:45")
    assert dues(world, "end") == ["08:00", "09:30"]


def test_the_success_of_a_later_attempt_is_the_due_times() -> None:
    world = chained(("extract", HOURLY), ("load", "after extract"))
    world.edit("t/extract", Retries=2)
    world.groups.behave("extract", start_delay=1, duration=30, exit_code=1)
    until(world, "08:01")
    world.groups.behave("extract", start_delay=1, duration=30)
    until(world, "08:15")
    assert [row.columns["State"] for row in world.runs("t/extract")] == ["Failed", "Succeeded"]
    assert dues(world, "load") == ["08:00"]


def test_requests_upstream() -> None:
    world = chained(("extract", HOURLY), ("load", "after extract"))
    until(world, "08:10")
    world.edit("t/extract", Request="run")
    until(world, "08:20")
    assert dues(world, "load") == ["08:00", "08:11"], "a plain run is news"
    world.edit("t/extract", Request="run 2026-11-22T05:00Z")
    until(world, "08:30")
    world.edit("t/extract", Request="run 2026-11-22T02:00Z..2026-11-22T05:00Z")
    until(world, "08:50")
    assert len(world.runs("t/extract")) == 1 + 1 + 1 + 3
    assert dues(world, "load") == ["08:00", "08:11"], "old due times are none"


def test_a_due_time_that_was_run_on_request_too_early_is_run_again_as_its_next_attempt() -> None:
    world = chained(("extract", HOURLY), ("load", "after extract"))
    world.groups.behave("extract", start_delay=1, duration=400)
    until(world, "08:00")
    world.edit("t/load", Request="run 2026-11-22T08:00Z")
    until(world, "08:20")
    rows = [row.columns for row in world.runs("t/load")]
    assert [(row["State"], row["Trigger"]) for row in rows] == [("Succeeded", "request"), ("Succeeded", "after")]
    assert {clock(row["Due"]) for row in rows} == {"08:00"}


def test_a_retry_on_request_starts_the_chain() -> None:
    world = chained(("extract", HOURLY), ("load", "after extract"))
    world.groups.behave("extract", start_delay=1, duration=30, exit_code=1)
    until(world, "08:10")
    world.groups.behave("extract", start_delay=1, duration=30)
    world.edit("t/extract", Request="retry")
    until(world, "08:20")
    assert dues(world, "load") == ["08:00"]


def test_a_rewind_upstream_changes_nothing_downstream() -> None:
    world = chained(("extract", HOURLY), ("load", "after extract"))
    until(world, "08:30")
    world.edit("t/extract", Watermark="2020-01-01")
    until(world, "08:50")
    assert dues(world, "load") == ["08:00"]
    until(world, "09:10")
    assert dues(world, "load") == ["08:00", "09:00"]


@pytest.mark.parametrize("edit", [{"Enabled": False}, {"Cpu": "many"}])
def test_a_paused_or_invalid_upstream_is_waited_for(edit: dict[str, object]) -> None:
    world = chained(("extract", HOURLY), ("load", "after extract"))
    world.edit("t/extract", **edit)  # type: ignore[arg-type]  # cells of both types
    until(world, "09:10")
    row = world.row("t/load")
    assert row["Status"] != "Invalid"
    assert "t/extract" in str(row["Reason"])
    world.edit("t/extract", Enabled=True, Cpu=1)
    until(world, "10:10")
    assert dues(world, "load")[-1] == "10:00"


def test_a_missing_upstream_is_named_and_the_row_mends_itself() -> None:
    world = chained(("load", "after extrct"))
    until(world, "07:35")
    said = "Schedule is 'after extrct': no such job is there: add its row, or write the name of one that is."
    assert (world.row("t/load")["Status"], world.row("t/load")["Reason"]) == ("Invalid", said)
    world.add("t/extrct", Schedule=HOURLY, Image="x")
    until(world, "08:10")
    assert dues(world, "load") == ["08:00"]
    world.remove("t/extrct")
    until(world, "09:30")
    assert world.row("t/load")["Reason"] == said


def test_a_circle_is_named_by_all_who_stand_on_it_and_mends_itself() -> None:
    world = chained(
        ("a", "after c"), ("b", "after a"), ("c", "after b"), ("d", "after a"), ("e", "after e"), ("f", HOURLY)
    )
    until(world, "07:35")
    status = {name: world.row(f"t/{name}")["Status"] for name in "abcdef"}
    assert [name for name, said in status.items() if said == "Invalid"] == ["a", "b", "c", "e"]
    assert "would run: t/a -> t/c -> t/b -> t/a. Take" in str(world.row("t/a")["Reason"])
    assert "a job cannot run after itself" in str(world.row("t/e")["Reason"])
    world.edit("t/a", Schedule="after f")
    until(world, "08:20")
    assert dues(world, "c") == ["08:00"]


def test_with_skip_a_chain_that_is_still_going_lets_pass_and_its_next_interval_holds_it() -> None:
    world = chained(("extract", "*/10 * * * *"), ("load", "after extract"))
    world.groups.behave("load", start_delay=1, duration=900)
    until(world, "08:45")
    assert world.states("t/load")[:3] == ["Succeeded", "Skipped", "Succeeded"]
    first, third = world.runs("t/load")[-1].columns, world.runs("t/load")[-3].columns
    assert third["IntervalStart"] == first["Due"]


def test_with_wait_only_the_newest_runs_when_the_last_run_has_ended() -> None:
    world = chained(("extract", "*/10 * * * *"), ("load", "after extract"), Overlap="wait")
    world.groups.behave("load", start_delay=1, duration=1500)
    until(world, "08:50")
    rows = [(row.columns["State"], clock(row.columns["Due"])) for row in reversed(world.runs("t/load"))]
    first = at(f"{rows[0][1]}:00")
    assert rows[0][0] == "Succeeded"
    assert rows[1][0] == "Skipped"
    assert rows[2][0] == "Succeeded"
    assert world.runs("t/load")[-3].columns["IntervalStart"] == first, iso(first)


def test_start_and_end_bound_a_chain() -> None:
    world = chained(
        ("extract", HOURLY), ("load", "after extract"), StartAt="2026-11-22T09:00Z", EndAt="2026-11-22T10:00Z"
    )
    until(world, "11:30")
    assert dues(world, "load") == ["09:00", "10:00"]


@pytest.mark.parametrize("restart", [False, True])
def test_a_tick_killed_anywhere_loses_no_link_and_counts_none_twice(restart: bool) -> None:
    """From the upstream's end to the downstream's: a kill before each operation, and one after it."""
    kills = 0
    for nth in range(1, 60):
        for after in (False, True):
            world = chained(("extract", HOURLY), ("load", "after extract"))
            until(world, "08:01")
            world.journal.clear()
            (world.journal.kill_after if after else world.journal.kill_before)("*", nth)
            killed = False
            for _ in range(25):
                world.clock.passes(60)
                try:
                    world.tick()
                except Killed:
                    killed = True
                    if restart:
                        world.restart()
            kills += killed
            assert dues(world, "load") == ["08:00"], (nth, after)
            assert all(len(starts) == 1 for starts in world.started().values()), (nth, after)
            if not killed:
                assert kills > 30
                return
    assert kills > 30


def test_an_idle_tick_costs_nothing_for_chains_and_a_success_a_query() -> None:
    world = chained(("extract", HOURLY), *((f"load{number}", "after extract") for number in range(7)))
    until(world, "07:50")
    assert world.spent(lambda: world.tick("07:51")) == 2
    until(world, "08:01")
    queries = len(world.journal.matching("jobs.query"))
    world.tick("08:02")  # extract has ended
    assert len(world.journal.matching("jobs.query")) - queries == 2
    assert len([name for name in world.started() if "load" in name]) == 7
