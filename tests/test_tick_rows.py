"""Rows that people get wrong, copy back, delete or crowd: each is told, and nobody else is disturbed."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from scheduler import recent
from scheduler.edit import follow_edit, misdated
from scheduler.job import Digest, Job
from scheduler.ports import Insert
from scheduler.row import HEARTBEAT, NEVER, Row
from scheduler.standing import COLUMNS, Standing
from scheduler.window import delay
from tests.world import MemoryTable, World, at, minutes
from tests.world.story import SETTINGS, key

JOB, GOOD = "weather/extract", "weather/good"


def beside_a_good_job(**columns: str | float | bool | bytes) -> World:
    """A row of which one asks what becomes of it, beside a job that must run on time whatever it does."""
    world = World()
    world.groups.behave(duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    world.add(GOOD, Schedule="*/10 * * * *", Image="x")
    world.add(JOB, **{"Schedule": "*/10 * * * *", "Image": "x", **columns})
    world.ticks("09:01", "09:10", "09:11")
    assert world.states(GOOD) == ["Succeeded"]
    return world


def refused(**columns: str | float | bool | bytes) -> str:
    world = beside_a_good_job(**columns)
    row = world.row(JOB)
    assert (row["Status"], row["NextRun"]) == ("Invalid", NEVER)
    assert world.states(JOB) == []
    return str(row["Reason"])


def test_bad_cells_are_told_on_their_row() -> None:
    assert "Mars/Olympus" in refused(TimeZone="Mars/Olympus")
    assert "'61'" in refused(Schedule="61 * * * *")
    assert "every 0 minutes" in refused(Schedule="every 0 minutes")
    assert "22-2" in refused(Schedule="0 22-2 * * *")
    assert "Cpu is 'lots': it must be a number from 0.1 to 31." in refused(Cpu="lots")
    assert "at most 16,384 are allowed" in refused(Env=json.dumps({"A": "x" * 20_480}))
    assert "fill one and leave the other empty" in refused(ContainerGroup="there")
    assert "one must say what to run" in refused(Image="")
    assert "AlertTo is refused: it must be the https address of a webhook" in refused(AlertTo="me@example.com")
    assert "cannot share a watermark" in refused(Overlap="allow", Watermark="monday")
    assert "Retries is '99': it must be a number from 0 to 20." in refused(Retries=99)


def test_all_faults_of_a_row_are_told_at_once() -> None:
    reason = refused(TimeZone="Mars/Olympus", Cpu="lots", Timeout="soon", Enabled="perhaps", Request="walk")
    assert all(name in reason for name in ("TimeZone", "Cpu", "Timeout", "Enabled", "Request"))


def test_a_row_key_outside_the_pattern_is_told() -> None:
    world = World()
    world.add("weather/bad name!", Schedule="every 1 minute", Image="x")
    world.ticks("09:01", "09:02")
    assert "RowKey is 'bad name!'" in str(world.row("weather/bad name!")["Reason"])


def test_an_image_outside_the_allow_list_is_told() -> None:
    world = World(settings=replace(SETTINGS, allowed_images="ours.azurecr.io/*"))
    world.add(JOB, Schedule="every 1 minute", Image="evil/miner")
    world.add(GOOD, Schedule="every 1 minute", Image="ours.azurecr.io/load:1")
    world.ticks("09:01", "09:02", "09:03")
    assert "ALLOWED_IMAGES allows only ours.azurecr.io/*" in str(world.row(JOB)["Reason"])
    assert world.states(GOOD)[0] == "Succeeded"


def test_foreign_columns_are_left_alone() -> None:
    world = beside_a_good_job(**{f"Mine{number}": number for number in range(200)})
    assert world.states(JOB) == ["Succeeded"]
    assert world.row(JOB)["Mine199"] == 199


def test_a_row_that_the_service_can_hold_no_more_cells_of_harms_nobody() -> None:
    world = World()
    world.add(GOOD, Schedule="*/10 * * * *", Image="x")
    world.add(JOB, Schedule="*/10 * * * *", Image="x", Status="", Reason="", **{f"Mine{n}": n for n in range(248)})
    done = world.tick("09:01")
    world.ticks("09:10", "09:11")
    assert world.states(GOOD) == ["Succeeded"]
    assert world.row(JOB)["Status"] == "Invalid"
    assert "cannot be written" in str(world.row(JOB)["Reason"])
    assert world.states(JOB) == []
    assert done.troubles


def test_a_mended_row_catches_up_what_was_due_meanwhile() -> None:
    world = beside_a_good_job()
    world.edit(JOB, Cpu="lots")
    world.ticks("09:12", "09:20", "09:25")
    assert world.states(JOB) == ["Succeeded"]
    world.edit(JOB, Cpu="2")
    world.ticks("09:26", "09:27")
    assert [run.columns["Due"] for run in world.runs(JOB)] == [at("09:20"), at("09:10")]


def test_a_row_that_becomes_invalid_while_running_is_still_finished() -> None:
    world = World()
    world.groups.behave(duration=100, log="::watermark::kept\n")
    world.add(JOB, Schedule="*/10 * * * *", Image="x")
    world.ticks("09:01", "09:10", "09:11")
    world.edit(JOB, Cpu="lots")
    world.ticks("09:12", "09:13")
    row = world.row(JOB)
    assert (row["Status"], row["Watermark"], row["Active"]) == ("Invalid", "kept", False)
    assert "Cpu" in str(row["Reason"])


def test_an_invalid_row_can_still_be_cancelled() -> None:
    world = World()
    world.groups.behave(duration=None)
    world.add(JOB, Schedule="*/10 * * * *", Image="x")
    world.ticks("09:01", "09:10", "09:11")
    world.edit(JOB, Cpu="lots", Request="cancel")
    world.ticks("09:12", "09:13")
    assert (world.states(JOB), world.row(JOB)["Status"]) == (["Cancelled"], "Invalid")


def test_a_next_run_typed_as_text_is_found_by_the_hourly_full_read() -> None:
    world = beside_a_good_job()
    world.edit(JOB, NextRun="2026-11-22T09:20:00Z", NextDue="whenever")
    world.clock.passes(timedelta(minutes=30))
    world.tick()
    assert world.row(JOB)["NextRun"] == at("09:50")


@pytest.mark.parametrize("typed", [at("2030-01-01 00:00"), at("09:25"), at("09:17"), NEVER])
@pytest.mark.parametrize("restarted", [False, True])
def test_another_next_due_than_the_calendars_is_mended_by_the_next_tick(typed: datetime, *, restarted: bool) -> None:
    """Scenario: a person types 2030 into it, for a pause. The pause has a cell of its own, Enabled."""
    world = beside_a_good_job()
    world.tick("09:14")
    world.edit(JOB, NextDue=typed, NextRun=typed)
    if restarted:
        world.restart()
    world.tick("09:15")
    assert (world.row(JOB)["NextDue"], world.row(JOB)["NextRun"]) == (at("09:20"), at("09:20"))
    world.ticks("09:20", "09:21")
    assert world.states(JOB) == ["Succeeded", "Succeeded"]


@pytest.mark.parametrize("schedule", ["0 * * * *", "at 2026-11-22T10:00"])
def test_the_next_due_of_a_job_that_waits_in_line_stays_through_an_edit(schedule: str) -> None:
    world = World(settings=replace(SETTINGS, max_active_runs=1))
    world.groups.behave(duration=None)
    world.add(GOOD, Schedule="*/10 * * * *", Image="x", Priority=1, Timeout="2h")
    world.add(JOB, Schedule=schedule, Image="x")
    world.ticks("09:01", "09:50", "10:00", "10:01")
    world.edit(JOB, Description="patient")
    world.tick("10:02")
    assert (world.row(JOB)["Status"], world.row(JOB)["NextDue"]) == ("Waiting", at("10:00"))
    if schedule.startswith("0"):
        world.edit(JOB, NextDue=at("2030-01-01 00:00"))
        world.tick("10:03")
        assert (world.row(JOB)["Status"], world.row(JOB)["NextDue"]) == ("Waiting", at("10:00"))


def test_a_time_that_was_let_pass_stays_so_though_the_services_clock_is_behind() -> None:
    """Scenario: the service says 09:09:50 when it is 09:10:10 here, and a person edits a row that was just decided."""
    row = Row(*key(JOB), {"Schedule": "*/10 * * * *", "Image": "x"})
    job, digest = Job.from_row(row), Digest.of(row.columns)
    assert isinstance(job, Job)
    decided = Standing(row.key, digest=str(digest), next_due=at("09:20"), written=at("09:10:01"))
    assert not misdated(job, digest, decided, at("09:09:50"))
    assert misdated(job, digest, replace(decided, written=at("09:09:01")), at("09:09:50"))
    assert not misdated(job, digest, replace(decided, written=at("09:09:01"), last_due=at("09:10")), at("09:09:50"))


def test_what_is_due_when_a_run_ends_starts_though_its_next_due_was_typed_over() -> None:
    """Scenario: the tick finds the due time again, settles the run, and plans the row by what it found."""
    world = World("08:57")
    world.groups.behave(duration=270)
    world.add(JOB, Schedule="*/5 * * * *", Image="x", Overlap="wait")
    world.ticks(*minutes("08:57", "09:04"))
    world.edit(JOB, NextDue=at("2030-01-01 00:00"))
    world.ticks("09:05", "09:06")
    assert [run.columns["Due"] for run in world.runs(JOB)] == [at("09:05"), at("09:00")]


def test_a_lost_next_due_counts_from_the_last_write_but_for_jitter_and_never_twice() -> None:
    row = Row(*key(JOB), {"Schedule": "*/10 * * * *", "Image": "x", "Jitter": "9m"})
    job, digest = Job.from_row(row), Digest.of(row.columns)
    assert isinstance(job, Job)
    assert delay(job) > timedelta(seconds=10)
    lost = Standing(row.key, digest=str(digest), undated=True, last_due=at("09:00"), written=at("09:10:01"))
    assert follow_edit(job, digest, lost, at("09:12")).next_due == at("09:10")
    slow = replace(lost, last_due=at("09:10"), written=at("09:09:50"))
    assert follow_edit(job, digest, slow, at("09:12")).next_due == at("09:20")


def test_a_paused_row_that_somebody_touched_is_remembered() -> None:
    world = beside_a_good_job(Enabled=False)
    world.edit(JOB, Mine="a cell of my own")
    world.tick("09:15")
    assert world.ports.memory.rows[key(JOB)].etag == world.jobs.rows[key(JOB)].etag


def test_a_tick_that_dies_before_it_mends_a_next_due_leaves_that_to_the_next_one() -> None:
    def dies() -> None:
        raise OSError("no answer")

    world = beside_a_good_job()
    world.tick("09:14")
    world.edit(JOB, NextDue=at("2030-01-01 00:00"), NextRun=at("2030-01-01 00:00"))
    world.journal.before("jobs.submit*", dies)
    with pytest.raises(OSError, match="no answer"):
        world.tick("09:15")
    world.ticks("09:16", "09:20", "09:21")
    assert world.states(JOB) == ["Succeeded", "Succeeded"]


def test_a_next_due_in_the_past_that_no_calendar_has_starts_nothing() -> None:
    world = beside_a_good_job()
    world.tick("09:14")
    world.edit(JOB, NextDue=at("09:13"))
    world.ticks("09:15", "09:16", "09:20", "09:21")
    assert [run.columns["Due"] for run in world.runs(JOB)] == [at("09:20"), at("09:10")]


def test_what_a_pause_left_out_stays_so_when_next_due_is_typed_over_behind_it() -> None:
    """Scenario: the last run lies four days back, three of them paused. They were never due."""
    world = World("2026-11-20 09:00")
    world.groups.behave(duration=20)
    world.add(JOB, Schedule="0 0 * * *", Image="x")
    world.ticks("2026-11-20 23:59", "2026-11-21 00:00", "2026-11-21 00:01")
    for day, enabled in (("21", False), ("25", True)):
        world.clock.to(f"2026-11-{day} 08:00")
        world.edit(JOB, Enabled=enabled)
        world.tick(f"2026-11-{day} 08:01")
    world.clock.to("2026-11-25 12:00")
    world.edit(JOB, NextDue=at("2030-01-01 00:00"))
    world.ticks("2026-11-25 12:01", "2026-11-25 12:02")
    assert world.states(JOB) == ["Succeeded"]
    assert world.row(JOB)["NextDue"] == at("2026-11-26 00:00")


@pytest.mark.parametrize("typed", ["soon", at("2030-01-01 00:00")])
def test_skips_that_stand_behind_one_another_are_not_met_one_by_one(typed: str | datetime) -> None:
    """Scenario: a long run was in the way of a job of every minute, and its next due time counts from that run."""
    world = World("09:00")
    world.groups.behave(duration=None)
    world.add(JOB, Schedule="* * * * *", Image="x", Timeout="4h")
    world.ticks(*minutes("09:01", "10:40"))
    assert len(world.states(JOB)) == 100
    world.edit(JOB, NextDue=typed)
    world.journal.lines.clear()
    world.tick("10:41")
    assert len([line for line in world.journal.lines if line.startswith("runs.")]) < 10
    assert (world.row(JOB)["NextDue"], len(world.states(JOB))) == (at("10:42"), 101)


def test_an_old_copy_brings_back_the_watermark_that_a_person_typed_during_the_last_run() -> None:
    world = World("08:57")
    world.groups.behave(duration=150, log="nothing new\n")
    world.add(JOB, Schedule="*/10 * * * *", Image="x", Watermark="5")
    world.ticks("08:57", "08:59")
    copy = world.copy(JOB)
    world.ticks("09:00", "09:01")
    world.edit(JOB, Watermark="100")
    world.ticks("09:02", "09:03", "09:04")
    run = world.runs(JOB)[0].columns
    assert [run[name] for name in ("WatermarkFrom", "WatermarkTo", "WatermarkHeld")] == ["5", "5", "100"]
    world.replace(copy)
    world.tick("09:05")
    assert world.row(JOB)["Watermark"] == "100"


def test_mangled_active_runs_are_read_again_from_runs() -> None:
    world = World()
    world.groups.behave(duration=60, log="::watermark::kept\n")
    world.add(JOB, Schedule="*/10 * * * *", Image="x")
    world.ticks("09:01", "09:10")
    world.edit(JOB, ActiveRuns="[{]")
    world.ticks("09:11", "09:12")
    assert world.states(JOB) == ["Succeeded"]
    assert world.row(JOB)["Watermark"] == "kept"


def test_an_old_copy_with_a_changed_cell_is_mended_at_once() -> None:
    world = beside_a_good_job()
    copy = world.copy(JOB)
    world.ticks("09:20", "09:21", "09:30", "09:31")
    world.replace(copy, Description="from an old window")
    world.tick("09:32")
    row = world.row(JOB)
    assert (row["Watermark"], row["LastDue"]) == ("2026-11-22T09:30:00Z", at("09:30"))
    assert (row["NextRun"], row["Description"]) == (at("09:40"), "from an old window")
    assert "older copy of itself" in str(row["Reason"])


def test_an_old_copy_gets_the_last_runs_back_that_its_row_remembered() -> None:
    """Lists of jobs read the cell Recent alone: without two of its runs they would tell of another job."""
    world = beside_a_good_job()
    copy = world.copy(JOB)
    world.ticks("09:20", "09:21", "09:30", "09:31")
    remembered = world.row(JOB)["Recent"]
    world.replace(copy)
    world.tick("09:32")
    assert [past.due for past in recent.read(str(remembered))] == [at("09:10"), at("09:20"), at("09:30")]
    assert world.row(JOB)["Recent"] == remembered


def test_a_row_replaced_by_one_with_only_the_persons_columns_keeps_its_watermark() -> None:
    world = beside_a_good_job()
    world.remove(JOB)
    world.add(JOB, Schedule="*/10 * * * *", Image="x:2")
    world.ticks("09:12", "09:20", "09:21")
    assert world.runs(JOB)[0].columns["WatermarkFrom"] == "2026-11-22T09:10:00Z"


def test_a_rewind_is_no_old_copy() -> None:
    world = beside_a_good_job()
    world.edit(JOB, Watermark="2026-01-01")
    world.ticks("09:12", "09:20", "09:21")
    assert world.runs(JOB)[0].columns["WatermarkFrom"] == "2026-01-01"


def test_a_deleted_rows_run_is_closed_with_its_evidence_at_the_next_full_read() -> None:
    world = World()
    world.groups.behave(duration=None, log="working\n")
    world.add(JOB, Schedule="*/10 * * * *", Image="x")
    world.ticks("09:01", "09:10", "09:11")
    world.remove(JOB)
    world.ticks("09:12", "10:15")
    (run,) = world.runs(JOB)
    assert run.columns["State"] == "Cancelled"
    assert "its job row was deleted" in str(run.columns["Reason"])
    assert world.log(str(run.columns["Log"])) == "working\n"
    assert not world.groups.groups


def test_a_deleted_rows_run_that_succeeded_moves_no_watermark() -> None:
    world = beside_a_good_job()
    world.ticks("09:20")
    world.remove(JOB)
    world.tick("10:15")
    run = world.runs(JOB)[0]
    assert (run.columns["State"], run.columns["WatermarkTo"]) == ("Succeeded", "2026-11-22T09:10:00Z")


def test_a_row_added_while_a_sweep_looks_keeps_its_run() -> None:
    world = World()
    world.groups.behave(duration=None)
    world.add(JOB, Schedule="*/10 * * * *", Image="x")
    world.ticks("09:01", "09:10", "09:11")
    copy = world.copy(JOB)
    world.remove(JOB)
    world.journal.before("runs.query", lambda: world.replace(copy))
    world.ticks("09:50", "10:15")
    assert world.states(JOB)[0] == "Active"


def test_a_group_that_lands_after_its_run_was_closed_is_swept() -> None:
    world = beside_a_good_job()
    name = str(world.runs(JOB)[0].columns["Group"])
    body = {
        "tags": {
            "crontable-installation": "stories/Jobs", "crontable-job": JOB,
            "crontable-due": "2026-11-22T09:10:00Z", "crontable-attempt": "1",
        },
        "properties": {"restartPolicy": "Never", "containers": [{"name": "job", "properties": {"image": "x"}}]},
    }  # fmt: skip
    world.groups.create(name, body)
    world.groups.provision("somebody-elses", "y")
    world.tick("10:15")
    assert name not in world.groups.groups
    assert "somebody-elses" in world.groups.groups


def test_a_group_of_our_name_with_other_tags_is_neither_ours_nor_deleted() -> None:
    world = World()
    world.add(JOB, Schedule="*/10 * * * *", Image="x")
    world.tick("09:01")
    world.journal.after("groups.create *", world.groups.groups.popitem)
    world.tick("09:10")
    name = str(world.runs(JOB)[0].columns["Group"])
    world.groups.provision(name, "somebody's")
    world.tick("09:11")
    assert "other tags" in str(world.row(JOB)["Reason"])
    assert name in world.groups.groups


def test_a_huge_watermark_line_and_odd_bytes_keep_the_watermark_and_say_so() -> None:
    world = beside_a_good_job(Watermark="kept")
    for log, said in ((b"::watermark::" + b"x" * 102_400, "at most 1,024"), (b"::watermark::\xff\xfe\n", "not UTF-8")):
        world.groups.behave(duration=20, log=log)
        world.edit(JOB, Request="run", Watermark="kept")
        world.clock.passes(60)
        world.tick()
        world.clock.passes(60)
        world.tick()
        row = world.row(JOB)
        assert row["Watermark"] == "kept"
        assert said in str(row["Reason"]) or "cut" in str(row["Reason"])


def test_our_own_rows_are_nobodys_job() -> None:
    world = World()
    world.jobs.put(("_crontable", "note"), {"Schedule": "every 1 minute"})
    world.ticks("09:01", "09:02")
    assert "Status" not in world.row("_crontable/note")
    assert HEARTBEAT in world.jobs.rows


def test_every_scheduler_column_is_there_from_the_first_answer_on() -> None:
    world = World()
    world.add(JOB, Schedule="*/10 * * * *", Image="x")
    world.tick("09:01")
    assert set(COLUMNS) <= set(world.row(JOB))


def test_a_row_at_rest_is_not_written() -> None:
    world = beside_a_good_job()
    etag = world.copy(JOB).etag
    world.ticks(*minutes("09:12", "09:19"))
    assert world.copy(JOB).etag == etag


def test_a_thousand_rows_at_once_cost_no_query_a_row() -> None:
    world = World()
    for start in range(0, 1000, 100):
        world.jobs.submit(
            [Insert(("team", f"job{n}"), {"Schedule": "@daily", "Image": "x"}) for n in range(start, start + 100)]
        )
    assert world.spent(lambda: world.tick("09:01")) < 20


def test_an_installation_that_takes_over_kills_nothing_before_the_tables_were_carried() -> None:
    old = World("09:00")
    old.groups.behave(duration=7_200)
    old.add("weather/extract", Schedule="0 * * * *", Image="weather:1", Timeout="5h")
    old.ticks("09:01", "10:00", "10:01")
    new = World("10:02")
    new.groups, new.clock = old.groups, old.clock
    new.jobs, new.runs_table = (MemoryTable(name, old.clock, new.journal) for name in ("jobs", "runs"))
    new.restart()
    told = new.tick("10:02").troubles
    assert [name for name, _ in old.groups.tagged()] == [
        str(run.columns["Group"]) for run in old.runs("weather/extract")
    ]
    assert told[0].sentence.startswith("the Runs table is empty, so that what bears our tags stays: 1, as ct-")
