"""What the desk says at once of what was typed since the last tick, and of what goes however old its due time is."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.columns import Cells
from scheduler.desk import acts as desk
from scheduler.desk import jobs, runs
from tests.calendars import at
from tests.desk import anna, operator, place
from tests.world import World

KEY = ("weather", "extract")
URL = "/api/jobs/weather/extract"


@pytest.fixture
def world() -> World:
    found = place()
    found.tick("09:01")
    return found


def told(world: World) -> tuple[str, str, Any]:
    """What a list and the API say of it; both the same."""
    (line,) = jobs.lines(world.ports)
    said = operator(world).get(URL).json()
    assert (said["status"], said["reason"]) == (line.status, line.reason)
    return line.status, line.reason, line.next_due


def test_a_pause_shows_at_once_with_its_reason_and_the_tick_says_the_same(world: World) -> None:
    assert told(world) == ("Scheduled", "Next run 2026-11-22T09:10:00Z.", at("09:10"))
    desk.pause(world.ports, anna(world), KEY, "the source is down")
    assert told(world) == ("Paused", "Paused: the source is down.", None)
    world.tick("09:02")
    assert told(world) == ("Paused", "Paused: the source is down.", None)


def test_a_pause_of_a_job_that_runs_says_that_it_will_pause(world: World) -> None:
    world.ticks("09:10", "09:10:10")
    desk.pause(world.ports, anna(world), KEY)
    status, reason, due = told(world)
    assert (status, reason.endswith(" Paused."), due) == ("Running", True, None)


def test_the_end_of_a_pause_shows_at_once(world: World) -> None:
    desk.pause(world.ports, anna(world), KEY, "why")
    world.tick("09:02")
    desk.resume(world.ports, anna(world), KEY)
    assert told(world) == ("Scheduled", "Resumed: the next tick says when it is due.", None)
    world.tick("09:03")
    assert told(world)[:2] == ("Scheduled", "Next run 2026-11-22T09:10:00Z.")


def test_a_request_that_no_tick_has_taken_shows(world: World) -> None:
    desk.ask(world.ports, anna(world), KEY, "run")
    assert told(world)[1] == "Asked: run now, taken at the next tick. Next run 2026-11-22T09:10:00Z."


def test_a_request_that_a_tick_saw_and_lets_wait_promises_no_next_tick(world: World) -> None:
    world.ports.memory.allowances = world.ports.memory.allowances.told("westeurope", 0, 0, at("09:01"))
    desk.ask(world.ports, anna(world), KEY, "run")
    world.tick("09:02")
    wait = "Waiting: ACI creates no more container groups in westeurope within these five minutes."
    assert told(world)[1] == f"Asked: run now. {wait}"
    page = operator(world).get("/jobs/weather/extract").text
    assert "<code>run</code> waits</span>" in page
    assert "next tick" not in page.split("</h1>")[1].split("</div>")[0]


def test_a_row_that_is_invalid_or_new_keeps_what_it_says(world: World) -> None:
    world.edit("weather/extract", Schedule="61 * * * *", Request="run")
    world.tick("09:02")
    desk.pause(world.ports, anna(world), KEY)
    assert told(world)[0] == "Invalid"
    world.add("weather/new", Image="x:1", Enabled=False)
    assert jobs.one(world.ports, ("weather", "new")).status == ""


# What goes.


def test_a_backfills_run_is_found_though_many_newer_runs_are_there(world: World) -> None:
    world.ticks(*(f"{hour:02}:{minute}" for hour in (9, 10) for minute in ("10", "11", "20", "21", "30", "31")))
    desk.ask(world.ports, anna(world), KEY, "run 2026-11-01..2026-11-02")
    world.ticks("10:32", "10:32:20")
    (going,) = runs.active(world.ports, KEY)
    assert (going.trigger, going.due, going.state) == ("backfill", at("2026-11-01T00:00Z"), "Running")
    first = operator(world).get(f"{URL}/runs?limit=2").json()
    assert [one["ref"] for one in first["active"]] == ["2026-11-01T00:00:00Z.1"]
    assert "2026-11-01T00:00:00Z.1" not in [one["ref"] for one in first["runs"]]
    assert operator(world).get(f"{URL}/runs?limit=2", params={"after": first["next"]}).json()["active"] == []
    newest, _ = runs.runs(world.ports, KEY, limit=2)
    assert [one.ref for one in runs.led([going], newest)] == [going.ref, *(one.ref for one in newest)]
    assert [one.ref for one in runs.led([going], [going])] == [going.ref]
    assert [one.ref for one in runs.led([going], [*newest, going])] == [going.ref, *(one.ref for one in newest)]


# What stands wrong beside the status.


def test_data_that_is_too_old_is_told_and_found(world: World) -> None:
    cells: Cells = {
        "Alarms": "stale since 2026-11-22T08:00:00Z; long 2026-11-22T07:00:00Z.1 since 2026-11-22T08:40:00Z"
    }
    line = jobs.one(world.ports, KEY)
    line = replace(line, row=replace(line.row, columns={**line.row.columns, **cells}))
    assert line.warnings == (
        "Its data is older than FreshFor allows, since 2026-11-22T08:00:00Z.",
        "The run 2026-11-22T07:00:00Z.1 takes much longer than is usual, since 2026-11-22T08:40:00Z.",
    )
    world.edit("weather/extract", **cells)
    (found,) = operator(world).get("/api/jobs?status=stale").json()["jobs"]
    assert next((one["name"], one["since"]) for one in found["alarms"]) == ("stale", "2026-11-22T08:00:00Z")
    assert operator(world).get("/api/jobs?status=failing").json()["jobs"] == []
