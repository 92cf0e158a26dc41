"""What a process remembers of a row by its ETag: it is read anew when somebody wrote it, and only then."""

from collections.abc import Callable
from typing import Any

import pytest

from scheduler.job import Faulty, Job
from scheduler.row import Columns, Key, Row
from scheduler.steps import seen as seeing
from scheduler.steps.seen import Seen
from scheduler.steps.write import Done
from scheduler.template import Inherited, inherit
from tests.world import World, at, minutes
from tests.world.story import key

JOB = "weather/extract"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Key]:
    """Note the keys of the rows that are read cell by cell."""
    noted: list[Key] = []

    def noting(row: Row, find: Callable[[Key], Row | None]) -> Inherited:
        noted.append(row.key)
        return inherit(row, find)

    monkeypatch.setattr(seeing, "inherit", noting)
    return noted


def begun(**columns: Any) -> World:
    world = World("08:57")
    world.add(JOB, Schedule="0 * * * *", Image="extract:1", **columns)
    world.ticks("08:57", "08:58", "08:59")
    return world


def test_a_row_that_nobody_wrote_is_read_once_though_an_hour_and_a_full_read_go_by(reads: list[Key]) -> None:
    world = begun()
    reads.clear()
    assert world.tick("09:00").started == 1
    world.ticks("09:01", "09:58", "09:59")
    assert world.tick("10:00").started == 1
    assert world.ports.memory.full_read == at("09:58")
    assert reads == []


def test_whoever_writes_it_is_obeyed_in_the_next_tick(reads: list[Key]) -> None:
    world = begun()
    reads.clear()
    world.edit(JOB, Image="extract:2")
    world.tick("09:00")
    assert reads == [key(JOB)]
    assert "extract:2" in str(world.runs(JOB)[0].columns["Container"])


def test_a_fresh_process_reads_it(reads: list[Key]) -> None:
    world = begun()
    world.restart()
    reads.clear()
    assert world.tick("09:00").started == 1
    assert reads == [key(JOB)]


def test_what_its_template_says_counts_although_its_own_row_stays(reads: list[Key]) -> None:
    world = begun(Template="_python", Cpu=2)
    world.add("weather/_python", Image="base:1")
    world.ticks("09:00", "09:01")
    reads.clear()
    world.edit("weather/_python", Enabled=False)
    assert world.tick("09:02").started == 0
    assert key(JOB) in reads
    assert world.row(JOB)["Status"] == "Paused"


def test_what_others_make_invalid_is_valid_again_with_them() -> None:
    world = begun()
    world.add("weather/load", Schedule="after weather/gone", Image="load:1")
    world.ticks("09:01", "09:02")
    assert world.row("weather/load")["Status"] == "Invalid"
    world.add("weather/gone", Schedule="manual", Image="gone:1")
    world.ticks("09:03", "09:04")
    assert world.row("weather/load")["Status"] == "Scheduled"
    assert isinstance(world.ports.memory.rows[key("weather/load")].job, Job)


def test_a_faulty_row_is_remembered_with_its_faults() -> None:
    world = begun(Cpu="many")
    known = world.ports.memory.rows[key(JOB)].job
    assert isinstance(known, Faulty)
    world.tick("10:00")
    assert world.ports.memory.rows[key(JOB)].job is known
    assert "Cpu is 'many'" in str(world.row(JOB)["Reason"])


def test_a_row_whose_shared_cells_the_tick_wrote_is_read_again() -> None:
    """Scenario: a run moved the watermark; remembered with the old one, the row would clash, or not, by that."""
    world = World("09:00")
    row = world.add(JOB, Schedule="manual", Image="extract:1", Watermark="monday")
    seen = Seen.of(world.ports, row)
    assert seen.alone is seen.job
    assert seen.saved(Done("new"), {"Status": "Succeeded"}).alone is seen.job
    assert seen.saved(Done("new"), {"Status": "Succeeded", "Watermark": "tuesday"}).alone is None


def test_who_pauses_a_job_while_a_lost_answer_is_made_good_is_heard() -> None:
    """Scenario: a batch was done, its answer lost; it is sent again and refused, and each of its rows is looked up."""
    world = World("08:57")
    for number in range(3):
        world.add(f"team/job{number}", Schedule="0 * * * *", Image="x:1")
    world.ticks("08:57", "08:58", "08:59")
    world.jobs.order("resent", "submit")
    world.journal.before("jobs.read team/job1", lambda: world.edit("team/job1", Enabled=False))
    world.ticks("09:00", "09:01", "09:02", "09:03", "10:00", "10:01", "11:00", "11:01")
    assert not world.journal.waiting
    assert [world.row(f"team/job{number}")["Status"] for number in range(3)] == ["Succeeded", "Paused", "Succeeded"]
    assert [len(world.states(f"team/job{number}")) for number in range(3)] == [3, 1, 3]


def made_good_with(edit: Columns) -> World:
    """Let a run end when the next is due; its settling is made good, and amid that a person edits its row."""
    world = World("08:57")
    world.groups.behave(duration=270)
    world.add(JOB, Schedule="*/5 * * * *", Image="x:1", Overlap="wait")
    world.ticks(*minutes("08:57", "09:04"))
    world.edit(JOB, Request="run")
    world.jobs.order("resent", "submit")
    world.journal.before(f"jobs.read {JOB}", lambda: world.edit(JOB, **edit))
    world.tick("09:05")
    assert not world.journal.waiting
    assert world.states(JOB)[0] == "Succeeded"
    return world


def test_who_pauses_a_job_while_its_end_is_made_good_is_heard_by_that_tick() -> None:
    world = made_good_with({"Enabled": False, "Request": ""})
    world.tick("09:06")
    assert world.states(JOB) == ["Succeeded"]
    assert world.row(JOB)["Status"] == "Paused"


def test_no_run_starts_as_it_stood_before_the_edit() -> None:
    world = made_good_with({"Image": "x:2"})
    world.ticks("09:06", "09:07")
    assert ["x:2" in str(run.columns["Container"]) for run in world.runs(JOB)] == [True, False]


def test_a_next_due_that_is_typed_then_is_mended() -> None:
    """Scenario: that tick writes no next due time itself; it notes that the container's log was read on."""
    world = World("08:57")
    world.groups.behave(duration=270)
    world.add(JOB, Schedule="*/5 * * * *", Image="x:1", Overlap="wait")
    world.ticks(*minutes("08:57", "09:03"))
    never = at("2030-01-01 00:00")
    world.jobs.order("resent", "submit")
    world.journal.before(f"jobs.read {JOB}", lambda: world.edit(JOB, NextDue=never, NextRun=never))
    world.tick("09:04")
    assert not world.journal.waiting
    assert world.row(JOB)["NextDue"] == never
    world.ticks("09:05", "09:06")
    assert [run.columns["Due"] for run in world.runs(JOB)] == [at("09:05"), at("09:00")]


def test_a_request_that_is_typed_then_is_answered() -> None:
    world = made_good_with({"Request": "backfill 2026-11-21..2026-11-21T00:05"})
    world.ticks("09:06", "09:07")
    assert "backfill" in str(world.row(JOB)["Reason"]) + str(world.row(JOB)["Request"])


def test_a_remembered_row_is_seen_as_a_fresh_process_sees_it() -> None:
    world = begun(Owner="me")
    row = world.jobs.rows[key(JOB)]
    known, fresh = Seen.of(world.ports, row), Seen.of(world.process(), row)
    assert known.alone is world.ports.memory.rows[key(JOB)].job
    assert known == fresh


def test_what_an_edited_row_meant_before_is_let_go_at_once() -> None:
    world = begun()
    world.edit(JOB, Image="extract:2")
    Seen.of(world.ports, world.jobs.rows[key(JOB)])
    assert world.ports.memory.rows[key(JOB)].job is None


def test_a_row_that_is_gone_is_forgotten_with_the_next_full_read() -> None:
    world = begun()
    world.remove(JOB)
    world.ticks("09:00", "10:01")
    assert key(JOB) not in world.ports.memory.rows
