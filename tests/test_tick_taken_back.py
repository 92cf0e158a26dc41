"""Claims that are taken back: a run's row was there already, and what a person asked for beside it stays done."""

from collections.abc import Sequence

import pytest

from scheduler.backfill import Backfill
from scheduler.decision import Cancel, Decision, Skip, Start
from scheduler.draft import Draft
from scheduler.identity import run_key
from scheduler.row import Value
from scheduler.run import Trigger
from scheduler.standing import Standing
from tests.calendars import at as instant
from tests.calendars import run
from tests.world import World, at, minutes

JOB = "weather/extract"
KEY = ("weather", "extract")
REGISTER = "runs.submit weather: insert extract*"


def daily() -> World:
    """A job of ten o'clock that is known, and whose runs take 20 seconds."""
    world = World("09:00")
    world.groups.behave(start_delay=5, duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    world.add(JOB, Schedule="0 10 * * *", Image="weather:1", Watermark="live")
    world.ticks("09:01", "09:30")
    return world


def had_its_run(world: World, due: str) -> None:
    """Let the row of a run that failed come into Runs right before this tick would register its own."""
    cells: dict[str, Value] = {
        "State": "Failed",
        "Trigger": "schedule",
        "Due": at(due),
        "Attempt": 1,
        "Finished": at(due),
    }
    key = run_key(KEY, at(due), 1)
    world.journal.before(REGISTER, lambda: world.runs_table.put(key, {**cells, "Claimed": at(due)}))


def test_a_live_run_that_is_taken_back_does_not_take_the_backfill_with_it_that_was_asked_for_in_the_same_tick() -> None:
    """Scenario: the request is obeyed and gone; were its backfill forgotten, nobody would ever hear of it again."""
    world = daily()
    world.edit(JOB, Request="run 2026-11-01..2026-11-03")
    had_its_run(world, "10:00")
    world.tick("10:00")
    assert world.groups.calls["create"] == 0
    assert world.row(JOB)["Request"] == ""
    begun = Backfill.read(str(world.row(JOB)["Backfill"]))
    assert begun
    assert begun.next == at("2026-11-01 10:00")
    world.ticks(*minutes("10:01", "10:06"))
    played = sorted(str(row.columns["Due"])[:10] for row in world.runs(JOB) if row.columns["Trigger"] == "backfill")
    assert played == ["2026-11-01", "2026-11-02"]


def test_a_backfills_run_that_is_taken_back_is_played_all_the_same() -> None:
    """Scenario: the row says that its due time is behind it; left so, the backfill would have a hole, unsaid."""
    world = daily()
    world.edit(JOB, Request="run 2026-11-01..2026-11-04")
    world.tick("09:31")
    had_its_run(world, "2026-11-02 10:00")
    world.tick("09:32")
    back = Backfill.read(str(world.row(JOB)["Backfill"]))
    assert back
    assert back.next == at("2026-11-02 10:00")
    world.ticks(*minutes("09:33", "09:40"))
    played = {str(row.columns["Due"])[:10] for row in world.runs(JOB) if row.columns["Trigger"] == "backfill"}
    assert played == {"2026-11-01", "2026-11-02", "2026-11-03"}
    assert world.row(JOB)["Backfill"] == ""


DUE = instant("09:00")
SKIP = Skip(DUE, DUE, Trigger.SCHEDULE, "late")


@pytest.mark.parametrize(
    ("decisions", "idle"),
    [
        ([], True),
        ([SKIP], True),
        ([Start(DUE, Trigger.SCHEDULE, None, "due")], False),
        ([Cancel(run(DUE), "replaced")], False),
        ([SKIP, Cancel(run(DUE), "replaced")], False),
        ([Start(DUE, Trigger.SCHEDULE, None, "due"), SKIP], False),
    ],
)
def test_a_plan_is_idle_while_it_neither_starts_nor_ends_a_run(decisions: Sequence[Decision], idle: bool) -> None:
    standing = Standing(KEY)
    assert Draft(standing).saying(standing, *decisions).idle is idle
