"""What people ask of a job's runs, in figures."""

import pytest

from scheduler.history import Summary
from scheduler.row import Row, Value
from tests.calendars import JOB


def rows(*said: tuple[str, Value]) -> list[Row]:
    return [
        Row(JOB[0], f"{JOB[1]}|{number}|001", {"State": state, "Duration": lasted})
        for number, (state, lasted) in enumerate(said)
    ]


def test_runs_are_counted_once_they_ended_and_skips_apart() -> None:
    read = Summary.of(
        rows(("Active", 0), ("Succeeded", 10.0), ("Failed", 900), ("Skipped", 0), ("Succeeded", 30), ("Lost", 0))
    )
    assert read == Summary(runs=4, succeeded=2, skipped=1, median_duration=20.0)
    assert str(read) == "2 of 4 runs succeeded, half of those within 20 s; 1 skips"


def test_a_job_that_never_ran_says_so() -> None:
    assert str(Summary.of([])) == "no run has ended yet; 0 skips"


@pytest.mark.parametrize("lasted", ["long", b"5"])
def test_a_duration_that_somebody_typed_over_is_left_out(lasted: Value) -> None:
    assert Summary.of(rows(("Succeeded", lasted), ("Succeeded", 8))).median_duration == 8


def test_without_a_success_there_is_no_usual_time() -> None:
    assert str(Summary.of(rows(("Failed", 5)))) == "0 of 1 runs succeeded; 0 skips"
