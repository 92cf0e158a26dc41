"""The scheduler's own columns of a job row: read whatever stands there, written only where it differs."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.row import NEVER, UNSET, Row, Value
from scheduler.standing import COLUMNS, LONGEST_REASON, Standing, Status
from tests.calendars import JOB, at, run

FULL = Standing(
    JOB, "Running", "It runs.", at("11:00"), at("11:00"), 2, "abc-def", at("10:00"), at("09:00"), at("10:00"),
    at("09:10"), at("09:10"), 12.5, 3, 4, (run(at("10:00")),), "2026-11-21", "run",
)  # fmt: skip


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
        "LastDue", "LastSuccessDue", "LastStarted", "LastFinished", "LastSuccess",
    }  # fmt: skip
    assert (written["Active"], written["ActiveRuns"], written["LastExitCode"]) == (False, "[]", -1)


@pytest.mark.parametrize(
    ("change", "written"),
    [
        ({"status": Status.FAILED}, {"Status": "Failed"}),
        ({"next_due": None}, {"NextDue": NEVER}),
        ({"runs": ()}, {"Active": False, "ActiveRuns": "[]"}),
        ({"watermark": "2026-11-22"}, {"Watermark": "2026-11-22"}),
        ({"request": ""}, {"Request": ""}),
        ({"failures": 5}, {"Failures": 5}),
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


@pytest.mark.parametrize("typed", ["Run", " run ", "RUN"])
def test_a_request_in_any_case_is_not_rewritten_until_it_is_cleared(typed: str) -> None:
    standing = Standing.from_row(row(FULL, Request=typed))
    assert standing.request == "run"
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
