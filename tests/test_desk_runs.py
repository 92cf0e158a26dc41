"""Runs as people read them: newest first, page by page, filtered; one by its name; all attempts of a due time."""

from datetime import timedelta

import pytest

from scheduler.desk import runs
from scheduler.desk.faults import Missing, Wrong
from scheduler.desk.runline import RunLine
from scheduler.identity import run_key
from scheduler.row import Row, Value
from tests.world import World, at, key

JOB = "weather/extract"
HOURLY = {"Schedule": "0 * * * *", "Image": "weather:1"}
ONE_MINUTE = timedelta(minutes=1)


def told(lines: list[RunLine]) -> list[tuple[str, str]]:
    return [(line.ref, line.state) for line in lines]


def ran(**columns: Value) -> World:
    """An hourly job that has run at 10:00, and moved its watermark."""
    world = World("09:00")
    world.groups.behave(duration=20, log="::metric rows::12\n::progress::80 nearly\n::watermark::2026-11-22\n")
    world.add(JOB, **{**HOURLY, **columns})
    world.ticks("09:01", "10:00", "10:01", "10:02")
    return world


def full(count: int, **columns: Value) -> World:
    """A job with so many closed runs, a minute apart, every tenth of them failed."""
    world = World("09:00")
    world.add(JOB, **HOURLY)
    for number in range(count):
        due = at("09:00") - number * ONE_MINUTE
        state = "Failed" if number % 10 == 9 else "Succeeded"
        cells: dict[str, Value] = {"State": state, "Due": due, "Attempt": 1, "Duration": 20.0, "Cause": ""}
        world.runs_table.put(run_key(key(JOB), due, 1), cells | columns)
    return world


def test_a_closed_run_tells_all_that_its_row_holds() -> None:
    world = ran()
    (line,), following = runs.runs(world.ports, key(JOB))
    assert following == ""
    assert told([line]) == [("2026-11-22T10:00:00Z.1", "Succeeded")]
    assert (line.key, line.attempt, line.trigger, line.cause, line.exit_code) == (key(JOB), 1, "schedule", "", 0)
    assert (line.due, line.began, line.first) == (at("10:00"), at("10:00"), at("10:00"))
    assert (line.claimed, line.started, line.finished) == (at("10:00"), at("10:00:10"), at("10:00:30"))
    assert (line.seconds, line.lasting(at("12:00")), line.succeeded, line.going, line.skip) == (
        20,
        20,
        True,
        False,
        False,
    )
    assert (line.watermark_from, line.watermark_to, line.moved, line.apart) == ("", "2026-11-22", True, False)
    assert line.interval == (at("09:00"), at("10:00"))
    assert (line.metrics, line.progress, line.image) == ({"rows": 12.0}, "80 nearly", "weather:1")
    assert line.log_name == f"{JOB}/{line.run_id}.log"
    assert line.reason == "Succeeded in 20 s."
    assert line.closed == at("10:01")
    whole = runs.run(world.ports, key(JOB), line.ref)
    assert [event["name"] for event in whole.events][:2] == ["Pulling", "Pulled"]
    assert whole.claim
    assert whole.claim.run_id == line.run_id


def test_an_open_run_is_told_as_its_jobs_row_knows_it() -> None:
    world = World("09:00")
    world.groups.behave(duration=None)
    world.add(JOB, **HOURLY)
    world.groups.order("drop-before", "create")
    world.ticks("09:01", "10:00")
    (line,), _ = runs.runs(world.ports, key(JOB))
    assert (line.state, line.going, line.claimed, line.lease) == ("Starting", True, at("10:00"), at("10:15"))
    assert (line.seconds, line.watermark_to, line.closed, line.succeeded) == (None, None, None, None)
    assert line.lasting(at("10:00:40")) == 40
    world.ticks("10:16", "10:17")
    assert runs.run(world.ports, key(JOB), "2026-11-22T10:00:00Z.1").state == "Running"
    world.edit(JOB, Request="cancel")
    world.groups.order("unavailable", "get", times=None)
    world.tick("10:18")
    assert runs.run(world.ports, key(JOB), "2026-11-22T10:00:00Z.1").state == "Cancelling"


def test_an_attempt_that_waits_has_no_row_and_is_told_all_the_same() -> None:
    world = World("09:00")
    world.groups.behave(duration=5, exit_code=3)
    world.add(JOB, **HOURLY, Retries=1, RetryDelay="10m")
    world.ticks("09:01", "10:00", "10:01")
    waits, failed = runs.runs(world.ports, key(JOB))[0]
    assert told([waits, failed]) == [("2026-11-22T10:00:00Z.2", "Waiting"), ("2026-11-22T10:00:00Z.1", "Failed")]
    assert (waits.going, waits.claimed, waits.lasting(at("10:05"))) == (True, None, None)
    assert waits.not_before == failed.retry_at
    assert runs.run(world.ports, key(JOB), waits.ref).state == "Waiting"
    assert told(runs.attempts(world.ports, key(JOB), at("10:00"))) == told([failed, waits])
    assert told(runs.runs(world.ports, key(JOB), state="active")[0]) == told([waits])


def test_all_attempts_of_a_due_time_stand_side_by_side_and_no_other_jobs() -> None:
    world = World("09:00")
    world.groups.behave(duration=5, exit_code=3)
    for job in (JOB, f"{JOB}-too"):
        world.add(job, **HOURLY, Retries=2, RetryDelay="1m")
    world.ticks("09:01", "10:00", *(f"10:{minute:02d}" for minute in range(1, 10)))
    lines = runs.attempts(world.ports, key(JOB), at("10:00"))
    assert [(line.attempt, line.state, line.exit_code) for line in lines] == [
        *((1, "Failed", 3), (2, "Failed", 3), (3, "Failed", 3)),
    ]
    assert {line.key for line in lines} == {key(JOB)}
    assert [line.attempt for line in runs.runs(world.ports, key(JOB))[0]] == [3, 2, 1]


def test_due_times_that_were_let_pass_are_lines_with_their_range_and_reason() -> None:
    world = World("09:00")
    world.groups.behave(duration=None)
    world.add(JOB, Schedule="*/10 * * * *", Image="weather:1")
    world.ticks("09:01", "09:10", "09:11", "09:20", "09:30")
    lines, _ = runs.runs(world.ports, key(JOB), state="Skipped")
    skip = lines[-1]
    assert (skip.state, skip.skip, skip.going, skip.first, skip.due) == (
        "Skipped",
        True,
        False,
        at("09:20"),
        at("09:20"),
    )
    assert "still going" in skip.reason
    assert (skip.seconds, skip.succeeded, skip.watermark_to, skip.closed) == (None, None, None, None)
    assert runs.run(world.ports, key(JOB), skip.ref).skip


def test_pages_follow_each_other_without_a_hole_and_each_costs_the_same() -> None:
    world = full(95)
    seen: list[str] = []
    after, spent = "", set[int]()
    while True:
        before = world.transactions
        lines, after = runs.runs(world.ports, key(JOB), limit=10, after=after)
        spent.add(world.transactions - before)
        seen += [line.ref for line in lines]
        if not after:
            break
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == 95
    # One request for the page; the first page reads the job's row, too.
    assert spent == {1, 2}


def test_a_filter_looks_at_few_answers_and_says_where_to_go_on() -> None:
    world = full(95)
    world.runs_table.scanned = 7
    found: list[str] = []
    after, pages = "", 0
    while after or not pages:
        before = world.runs_table.transactions
        lines, after = runs.runs(world.ports, key(JOB), state="failed", limit=50, after=after)
        assert world.runs_table.transactions - before <= runs.MOST_LOOKS
        found += [line.ref for line in lines]
        pages += 1
    assert len(found) == 9
    assert pages > 2


def requests(count: int) -> list[int]:
    """Count what pages cost of a job with so many runs: the first, one behind it, two that look for failures."""
    world = full(1)
    (row,) = world.runs_table.rows.values()
    for number in range(1, count):
        name = run_key(key(JOB), at("09:00") - number * ONE_MINUTE, 1)
        world.runs_table.rows[name] = Row(*name, row.columns)
    world.runs_table.scanned = 1_000
    spent, after = [], ""
    for state in (None, None, "failed", "failed"):
        before = world.transactions
        _, after = runs.runs(world.ports, key(JOB), state=state, after=after)
        spent.append(world.transactions - before)
    return spent


def test_a_page_of_a_hundred_thousand_runs_costs_no_more_than_one_of_ten_thousand() -> None:
    assert requests(100_000) == requests(10_000) == [2, 1, runs.MOST_LOOKS, runs.MOST_LOOKS]


def test_what_is_going_is_found_at_once_behind_any_number_of_newer_rows() -> None:
    world = full(60)
    world.edit(JOB, Request="run 2026-11-01")
    world.groups.order("drop-before", "create")
    world.ticks("09:01", "09:02")
    before = world.runs_table.transactions
    (line,), following = runs.runs(world.ports, key(JOB), state="Active")
    assert (line.ref, line.state, following) == ("2026-11-01T00:00:00Z.1", "Starting", "")
    assert world.runs_table.transactions - before == 1
    # In the whole list it stands where its due time is, and once.
    first, after = runs.runs(world.ports, key(JOB), limit=40)
    second, _ = runs.runs(world.ports, key(JOB), limit=40, after=after)
    assert [one.ref for one in [*first, *second]].count(line.ref) == 1
    assert second[-1].state == "Starting"


def test_a_run_that_is_closed_and_not_settled_yet_is_told_as_it_ended() -> None:
    world = World("09:00")
    world.groups.behave(duration=20)
    world.add(JOB, **HOURLY)
    world.ticks("09:01", "10:00")
    world.journal.kill_before("jobs.submit*")
    with pytest.raises(BaseException):  # noqa: B017, PT011 - the tick is killed
        world.tick("10:01")
    (line,), _ = runs.runs(world.ports, key(JOB))
    assert (line.state, line.going, line.seconds) == ("Succeeded", False, 20)
    assert runs.run(world.ports, key(JOB), line.ref).state == "Succeeded"


def test_a_claim_that_no_tick_has_registered_yet_is_told() -> None:
    world = World("09:00")
    world.add(JOB, **HOURLY)
    world.tick("09:01")
    world.journal.kill_before("runs.submit*")
    with pytest.raises(BaseException):  # noqa: B017, PT011 - the tick is killed
        world.tick("10:00")
    (line,), _ = runs.runs(world.ports, key(JOB))
    assert told([line]) == [("2026-11-22T10:00:00Z.1", "Starting")]
    assert runs.run(world.ports, key(JOB), line.ref).run_id == line.run_id


def test_runs_of_a_deleted_job_can_still_be_read() -> None:
    world = ran()
    world.remove(JOB)
    assert told(runs.runs(world.ports, key(JOB))[0]) == [("2026-11-22T10:00:00Z.1", "Succeeded")]


def test_a_job_that_is_not_there_and_never_ran_is_missing_and_one_that_never_ran_is_empty() -> None:
    world = World("09:00")
    world.add(JOB, **HOURLY)
    for state in (None, "failed", "active"):
        assert runs.runs(world.ports, key(JOB), state=state) == ([], "")
        with pytest.raises(Missing, match=r"^There is no job weather/load\.$"):
            runs.runs(world.ports, key("weather/load"), state=state)
    assert runs.attempts(world.ports, key(JOB), at("10:00")) == []


def test_a_run_that_is_not_there_is_missing_with_its_name() -> None:
    with pytest.raises(Missing, match=r"^weather/extract has no run 2026-11-22T11:00:00Z.1\.$"):
        runs.run(ran().ports, key(JOB), "2026-11-22T11:00:00Z.1")


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        (
            {"state": "dead"},
            "state",
            "state is 'dead': it must be one of Cancelled, Failed, Lost, Succeeded, Skipped, Active.",
        ),
        ({"limit": 0}, "limit", "limit is 0: it must be a number from 1 to 200."),
        ({"limit": 201}, "limit", "limit is 201: it must be a number from 1 to 200."),
        ({"after": "zzz"}, "after", "after is 'zzz': it must be what the page before gave as its next."),
    ],
)
def test_what_cannot_be_asked_for_is_named(asked: dict[str, object], field: str, sentence: str) -> None:
    with pytest.raises(Wrong) as wrong:
        runs.runs(full(1).ports, key(JOB), **asked)  # type: ignore[arg-type]
    assert (wrong.value.field, str(wrong.value)) == (field, sentence)


@pytest.mark.parametrize(
    "columns",
    [
        {"Events": "{", "Metrics": "[1"},
        {"Events": '[1, "x", {"name": "Pulled"}]', "Metrics": '{"rows": "many"}'},
        {"ExitCode": "0", "Duration": "long", "Due": "yesterday", "Restarts": b"1", "Cost": True},
        {"Reason": b"\x00", "Trigger": 5, "State": "Odd", "Started": "9999-12-31"},
    ],
)
def test_a_row_that_somebody_mangled_is_read_as_far_as_it_goes(columns: dict[str, Value]) -> None:
    world = full(1, **columns)
    (line,), _ = runs.runs(world.ports, key(JOB))
    whole = runs.run(world.ports, key(JOB), line.ref)
    for name in [name for name in dir(type(whole)) if not name.startswith("_") and name != "lasting"]:
        getattr(whole, name)
    assert line.ref == "2026-11-22T09:00:00Z.1"
    assert all(isinstance(event, dict) for event in whole.events)
