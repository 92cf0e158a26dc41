"""The scheduler's own columns of a job row: read whatever stands there, written only where it differs."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.row import NEVER, UNSET, Row, Value
from scheduler.run import Run, State
from scheduler.standing import COLUMNS, LONGEST_REASON, Standing, Status
from tests.calendars import JOB, at, run

FULL = Standing(
    JOB, "Running", "It runs.", next_run=at("11:00"), next_due=at("11:00"), digest="abc-def", last_due=at("10:00"),
    last_success_due=at("09:00"), last_started=at("10:00"), last_finished=at("09:10"), last_success=at("09:10"),
    last_success_start=at("08:00"), last_duration=12.5, last_exit_code=3, failures=4, runs=(run(at("10:00")),),
    upstreams='{"weather/a": null}', backfill='{"next": null}', recent="20261122T080000Z.1S+5/12.5^",
    watermark="2026-11-21", request="run", written=at("10:00:05"),
)  # fmt: skip
COMES = replace(run(at("10:00")), attempt=3, state=State.WAITING, not_before=at("10:30"))


def row(standing: Standing, **cells: Any) -> Row:
    return Row(*JOB, {**standing.columns(), "Watermark": standing.watermark, "Request": standing.request, **cells})


@pytest.mark.parametrize("standing", [Standing(JOB), FULL, replace(FULL, runs=(), next_due=None, next_run=None)])
def test_a_standing_reads_back_from_its_row_and_changes_nothing_there(standing: Standing) -> None:
    assert Standing.from_row(row(standing)) == standing
    assert standing.changes(row(standing)) == {}


def test_every_column_exists_from_the_first_write_on_with_a_sentinel() -> None:
    written = Standing(JOB).changes(Row(*JOB, {"Schedule": "@daily"}))
    assert tuple(written) == COLUMNS
    assert {name for name, value in written.items() if value == NEVER} == {"NextRun", "NextDue"}
    assert {name for name, value in written.items() if value == UNSET} == {
        "LastDue", "LastSuccessDue", "LastStarted", "LastFinished", "LastSuccess", "LastSuccessStart",
    }  # fmt: skip
    assert (written["Active"], written["ActiveRuns"], written["LastExitCode"]) == (False, "[]", -1)
    assert (written["NextAttempt"], written["Upstreams"], written["Backfill"], written["Recent"]) == (1, "", "", "")


@pytest.mark.parametrize(
    ("story", "runs", "number"),
    [
        ("nothing goes", (), 1),
        ("a run goes", (run(at("10:00")),), 1),
        ("an attempt is to come", (COMES,), 3),
        ("of several the lowest", (COMES, replace(COMES, due=at("09:00"), attempt=2)), 2),
        ("beside one that goes", (run(at("11:00")), COMES), 3),
    ],
)
def test_the_next_attempt_is_the_one_that_waits(story: str, runs: tuple[Run, ...], number: int) -> None:
    assert replace(FULL, runs=runs).columns()["NextAttempt"] == number, story


def test_an_attempt_to_come_keeps_the_row_active() -> None:
    assert replace(FULL, runs=(COMES,)).columns()["Active"] is True


def test_what_is_open_and_what_counts_for_overlap_is_found_among_the_runs() -> None:
    removing = replace(run(at("09:00")), removing=True)
    replaced = replace(run(at("08:00")), removing=True, replaced=True)
    standing = replace(FULL, runs=(removing, replaced, COMES))
    assert (standing.going, standing.blocking) == ((COMES,), (replaced, COMES))


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({"status": Status.FAILED}, {"Status": "Failed"}),
        ({"next_due": None}, {"NextDue": NEVER}),
        ({"watermark": "2026-11-22"}, {"Watermark": "2026-11-22"}),
        ({"request": ""}, {"Request": ""}),
        ({"failures": 5}, {"Failures": 5}),
        ({"upstreams": ""}, {"Upstreams": ""}),
        ({"backfill": ""}, {"Backfill": ""}),
        ({"last_success_start": None}, {"LastSuccessStart": UNSET}),
        ({"runs": ()}, {"Active": False, "ActiveRuns": "[]"}),
        ({"digest": "abc-xyz"}, {"ScheduleDigest": "abc-xyz@2026-11-22T10:00:05Z"}),
    ],
)
def test_only_what_changes_is_written(change: dict[str, Any], written: dict[str, Value]) -> None:
    assert replace(FULL, **change).changes(row(FULL)) == written


@pytest.mark.parametrize(
    ("column", "typed"),
    [
        ("NextRun", "2026-11-22T11:00:00Z"),
        ("NextDue", "2026-11-22T11:00:00Z"),
        ("Active", "true"),
        ("Active", 1),
        ("Failures", "4"),
        ("Status", 5),
    ],
)
def test_a_cell_of_the_wrong_type_is_written_anew_for_the_service_compares_types(column: str, typed: Any) -> None:
    assert column in FULL.changes(row(FULL, **{column: typed}))


@pytest.mark.parametrize(("column", "typed"), [("LastDuration", 0), ("Failures", 0.0), ("NextAttempt", 1.0)])
def test_a_number_is_the_same_in_either_type(column: str, typed: float) -> None:
    assert Standing(JOB).changes(row(Standing(JOB), **{column: typed})) == {}


def test_the_time_of_writing_alone_is_no_reason_to_write() -> None:
    assert replace(FULL, written=at("10:20")).changes(row(FULL)) == {}
    assert replace(FULL, written=at("10:20"), failures=5).changes(row(FULL)) == {
        "Failures": 5,
        "ScheduleDigest": "abc-def@2026-11-22T10:20:00Z",
    }


@pytest.mark.parametrize(
    ("typed", "read"), [("Run", "Run"), (" run ", "run"), ("RUN watermark Page-7 b", "RUN watermark Page-7 b")]
)
def test_a_request_is_kept_as_it_was_typed_until_it_is_cleared(typed: str, read: str) -> None:
    standing = Standing.from_row(row(FULL, Request=typed))
    assert standing.request == read
    assert standing.changes(row(FULL, Request=typed)) == {}
    assert replace(standing, request="").changes(row(FULL, Request=typed)) == {"Request": ""}


@pytest.mark.parametrize(("typed", "read"), [(20261121, "20261121"), (at("09:00"), "2026-11-22T09:00:00Z"), (5.0, "5")])
def test_a_watermark_typed_as_another_type_is_its_text_and_is_not_rewritten(typed: Any, read: str) -> None:
    standing = Standing.from_row(row(FULL, Watermark=typed))
    assert standing.watermark == read
    assert standing.changes(row(FULL, Watermark=typed)) == {}


def test_mangled_entries_read_as_damage() -> None:
    standing = Standing.from_row(row(FULL, ActiveRuns="[{"))
    assert (standing.runs, standing.damaged) == ((), True)
    assert not Standing.from_row(row(FULL, ActiveRuns="")).damaged


def test_a_long_reason_is_cut_to_what_a_reader_reads_and_not_written_each_tick() -> None:
    long = replace(FULL, reason=("word " * 1000).strip())
    written = long.changes(row(FULL))
    assert len(str(written["Reason"])) == LONGEST_REASON
    assert long.changes(row(FULL, **written)) == {}


ANY: st.SearchStrategy[Value] = st.one_of(
    st.text(max_size=20),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.binary(max_size=5),
    st.datetimes(timezones=st.just(UTC)),
    st.sampled_from(["[{}]", '[{"due": 1}]', "null", "[[", "NaN", datetime(1, 1, 1, tzinfo=UTC)]),
)


@settings(derandomize=True, max_examples=200, database=None, deadline=None)
@given(st.dictionaries(st.sampled_from([*COLUMNS, "Watermark", "Request"]), ANY))
def test_reading_never_fails_and_what_is_then_written_is_read_back_the_same(cells: dict[str, Value]) -> None:
    standing = Standing.from_row(Row(*JOB, cells))
    mended = Row(*JOB, {**cells, **standing.changes(Row(*JOB, cells))})
    again = Standing.from_row(mended)
    assert again.columns() == standing.columns()
    assert (again.watermark, again.request) == (standing.watermark, standing.request)
    assert standing.changes(mended) == {}
