"""How runs and jobs are named in addresses and on the command line."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.desk.faults import Wrong
from scheduler.desk.names import job_name, parts_of, read_job, read_ref
from scheduler.identity import run_key, run_ref
from scheduler.row import Row, whole_milliseconds
from tests.world import at

MOMENTS = st.datetimes(datetime(2, 1, 1), datetime(9998, 12, 31), timezones=st.just(UTC)).map(whole_milliseconds)  # noqa: DTZ001 - timezones adds it


@settings(derandomize=True, max_examples=300, deadline=None)
@given(due=MOMENTS, attempt=st.integers(1, 999))
def test_a_runs_name_and_its_key_lead_to_the_same_run_and_back(due: datetime, attempt: int) -> None:
    assert read_ref(run_ref(due, attempt)) == (due, attempt)
    assert parts_of(Row(*run_key(("weather", "extract"), due, attempt))) == (due, attempt)


def test_a_runs_name_is_its_due_time_and_attempt() -> None:
    assert run_ref(at("09:00"), 1) == "2026-11-22T09:00:00Z.1"
    assert run_ref(at("09:00:00.250"), 12) == "2026-11-22T09:00:00.250Z.12"


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "1",
            "2026-11-22T09:00:00Z",
            "2026-11-22T09:00:00Z.0",
            "2026-02-30T09:00:00Z.1",
            "2026-11-22T09:00:00.1Z.1",
        ),
        *("2026-11-22T09:00:00+01:00.1", "2026-11-22T09:00:00Z.1/..", "<b>", "x" * 9_000, "2026-11-22T09:00:00Z.٣"),
    ],
)
def test_what_names_no_run_is_refused_with_what_would(text: str) -> None:
    with pytest.raises(Wrong, match=r"^The run is .{2,80}: it must be a due time and an attempt, such as") as wrong:
        read_ref(text)
    assert wrong.value.field == "run"


@pytest.mark.parametrize("name", ["|", "extract", "extract|", "extract|x|1", "extract|000000000000000|", "e|9|1|2"])
def test_a_key_that_is_no_runs_has_no_parts(name: str) -> None:
    assert parts_of(Row("weather", name)) is None


def test_a_jobs_name_is_its_two_keys() -> None:
    assert read_job(" weather/extract ") == ("weather", "extract")
    assert read_job("weather/_python") == ("weather", "_python")
    assert job_name(("weather", "extract")) == "weather/extract"


@pytest.mark.parametrize(
    "text", ["", "weather", "weather/", "/extract", "a/b/c", "_own/heartbeat", "a/b c", "a/<b>", "a/__b"]
)
def test_what_names_no_job_is_refused_with_what_would(text: str) -> None:
    with pytest.raises(Wrong, match=r"^The job is .*: it must be PartitionKey/RowKey, such as weather/extract"):
        read_job(text)
