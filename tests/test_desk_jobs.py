"""Jobs as people read them: one query for all, whatever somebody typed into the cells."""

from datetime import timedelta

import pytest

from scheduler.desk import jobs
from scheduler.desk.faults import Missing
from scheduler.recent import MOST
from scheduler.row import HEARTBEAT, Value
from tests.world import World, at, key

JOB = "weather/extract"


def ran() -> World:
    world = World("09:00")
    world.groups.behave(duration=20, log="::watermark::2026-11-21T12:00:00Z\n")
    world.add("weather/_python", Image="python:3", Schedule="0 * * * *", Owner="anna", TimeZone="Europe/Berlin")
    world.add(JOB, Template="_python", Description="All stations")
    world.ticks("09:01", "10:00", "10:01", "10:02")
    return world


def test_a_line_tells_how_a_job_is_and_what_comes_next() -> None:
    (line,) = jobs.lines(ran().ports)
    assert (line.key, line.name, line.group, line.template) == (key(JOB), JOB, "weather", False)
    assert (line.status, line.invalid, line.paused, line.enabled) == ("Succeeded", False, False, True)
    assert line.reason.startswith("The run due 2026-11-22T10:00:00Z: Succeeded in 20 s.")
    assert (line.next_due, line.last_due, line.last_finished) == (at("11:00"), at("10:00"), at("10:00:30"))
    assert (line.last_seconds, line.last_exit_code, line.failures, line.last_success) == (20, 0, 0, at("10:00:30"))
    assert (line.watermark, line.watermark_at) == ("2026-11-21T12:00:00Z", at("2026-11-21 12:00"))
    assert line.watermark_age(at("12:00")) == timedelta(days=1)
    assert [(past.due, past.state, past.seconds, past.moved) for past in line.pasts] == [
        (at("10:00"), "Succeeded", 20, True)
    ]
    assert (line.figures.runs, line.figures.rate, line.runs) == (1, 1.0, ())


def test_what_a_job_inherits_is_its_own_and_tells_where_it_is_from() -> None:
    world = ran()
    for line in (*jobs.lines(world.ports), jobs.one(world.ports, key(JOB))):
        assert (line.image, line.owner, line.schedule_text, line.zone) == (
            "python:3",
            "anna",
            "0 * * * *",
            "Europe/Berlin",
        )
        assert line.description == "All stations"
        assert line.origins["Image"] == ("weather", "_python")
        assert line.schedule
        assert line.schedule.after(at("10:00")) == at("11:00")


def test_all_jobs_cost_one_query_and_templates_and_our_own_rows_are_none() -> None:
    world = ran()
    assert HEARTBEAT in world.jobs.rows
    for number in range(50):
        world.add(f"many/job-{number}", Schedule="manual", Image="x:1", Template="weather/_python")
    assert world.spent(lambda: jobs.lines(world.ports)) == 1
    assert {line.key[1][:4] for line in jobs.lines(world.ports)} == {"extr", "job-"}


def test_a_row_that_no_tick_has_seen_says_nothing_yet() -> None:
    world = World("09:00")
    world.add(JOB, Schedule="0 * * * *", Image="weather:1")
    (line,) = jobs.lines(world.ports)
    assert (line.status, line.reason, line.next_due, line.last_finished) == ("", "", None, None)
    assert (line.pasts, line.figures.rate, line.watermark_age(at("10:00"))) == ((), None, None)


def test_paused_and_invalid_jobs_say_so_with_their_reason() -> None:
    world = ran()
    world.edit(JOB, Enabled="no", PausedReason="moving house")
    world.add("weather/bad", Schedule="0 25 * * *", Image="x:1")
    world.tick("10:03")
    bad, paused = sorted(jobs.lines(world.ports), key=lambda line: line.key)
    assert (paused.status, paused.paused, paused.paused_reason, paused.next_due) == (
        "Paused",
        True,
        "moving house",
        None,
    )
    assert (bad.status, bad.invalid, bad.schedule) == ("Invalid", True, None)
    assert "0 25 * * *" in bad.reason


def test_open_runs_and_waiting_attempts_stand_in_their_jobs_line() -> None:
    world = ran()
    world.groups.behave(duration=None)
    world.tick("11:00")
    (line,) = jobs.lines(world.ports)
    assert [(run.due, run.state) for run in line.runs] == [(at("11:00"), "Running")]


def test_what_stands_wrong_with_a_job_is_told_with_its_time() -> None:
    world = ran()
    world.edit(JOB, Alarms="stale since 2026-11-22T09:00:00Z; nonsense")
    (line,) = jobs.lines(world.ports)
    assert line.alarms == {"stale": at("09:00")}


def test_a_job_that_is_not_there_is_missing_and_our_own_rows_are_nobodys() -> None:
    world = ran()
    for asked in ("weather/load", "_crontable/heartbeat"):
        with pytest.raises(Missing, match=rf"^There is no job {asked}\.$"):
            jobs.one(world.ports, key(asked))
    assert jobs.one(world.ports, ("weather", "_python")).template


@pytest.mark.parametrize(
    "columns",
    [
        {
            "Status": 5,
            "Reason": b"\x00",
            "Enabled": "perhaps",
            "NextDue": "soon",
            "Watermark": 20261122,
            "Active": "yes",
        },
        {"Status": "Great", "Recent": "nonsense 1 2 3", "Failures": "many", "LastDuration": b"", "LastExitCode": "0"},
        {"TimeZone": "Mars/Phobos", "Schedule": at("09:00"), "ActiveRuns": "{", "Active": True, "LastFinished": 1},
        {"Template": "_nowhere", "Owner": 7, "Watermark": b"\xff", "Request": True, "Description": "<script>"},
    ],
)
def test_a_row_that_somebody_mangled_is_read_as_far_as_it_goes(columns: dict[str, Value]) -> None:
    world = World("09:00")
    world.add(JOB, **columns)
    for line in (*jobs.lines(world.ports), jobs.one(world.ports, key(JOB))):
        for name in [name for name in dir(type(line)) if not name.startswith("_") and name != "watermark_age"]:
            getattr(line, name)
        line.watermark_age(at("10:00"))
        assert line.name == JOB


def test_a_line_holds_no_more_than_the_last_thirty_runs() -> None:
    world = World("09:00")
    world.groups.behave(duration=5)
    world.add(JOB, Schedule="* * * * *", Image="weather:1")
    world.ticks("09:00:30", *(f"09:{minute:02d}" for minute in range(1, 60)))
    (line,) = jobs.lines(world.ports)
    assert len(line.pasts) == MOST
    assert line.pasts[-1].due > line.pasts[0].due
