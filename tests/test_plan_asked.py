"""What a person asks for, beside open runs: run, a due time, a watermark, retry, cancel."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.decision import NEXT_FREE
from tests.calendars import at, said
from tests.test_plan_runs import BACKFILL, RUNNING, WAITING, planned, start

# requests beside runs


@pytest.mark.parametrize(
    ("overlap", "expected", "reason"),
    [
        ("skip", ["skip 10:30"], "The requested run was not started: the run due 2026-11-22T10:00:00Z is still going"),
        ("wait", [], "The requested run waits: the run due 2026-11-22T10:00:00Z is still going (Overlap wait)."),
        ("replace", ["cancel 10:00"], "The requested run waits: the run due 2026-11-22T10:00:00Z is still going"),
        ("allow", ["start 10:30 on request"], ""),
    ],
)
def test_a_request_obeys_overlap_and_moves_no_due_time(overlap: str, expected: list[str], reason: str) -> None:
    made = planned("10:30", runs=(RUNNING,), request="run", cells={"Overlap": overlap})
    assert said(made) == expected
    assert made.standing.next_due == at("11:00")
    assert (made.standing.request == "") is (overlap in ("skip", "allow"))
    assert made.standing.reason.startswith(reason)


def test_a_requested_due_time_that_cannot_start_leaves_no_skip_behind() -> None:
    made = planned("10:30", runs=(RUNNING,), request="run 2026-11-22T07:00")
    assert (said(made), made.standing.request) == ([], "")
    assert made.standing.reason.startswith("The requested run was not started: ")


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ("run", ("10:30", None, None, False, 1)),
        ("run watermark 7", ("10:30", None, "7", True, 1)),
        ('run watermark ""', ("10:30", None, "", True, 1)),
        ("run 2026-11-22T07:00", ("07:00", "06:00", None, True, NEXT_FREE)),
        ("run 2026-11-22T07:20", ("07:20", "07:00", None, True, NEXT_FREE)),
        ("run 2026-11-22T07:00 watermark 7", ("07:00", "06:00", "7", True, NEXT_FREE)),
    ],
)
def test_a_requested_run_is_told_what_it_was_asked_for(request_: str, expected: Any) -> None:
    due, begins, watermark, apart, attempt = expected
    made = start(planned("10:30", request=request_))
    assert (made.due, made.trigger, made.interval) == (at(due), "request", begins and (at(begins), at(due)))
    assert (made.watermark, made.apart, made.attempt) == (watermark, apart, attempt)


def test_a_due_time_that_is_now_may_be_asked_for_and_a_later_one_not() -> None:
    assert start(planned("10:30", request="run 2026-11-22T10:30")).due == at("10:30")
    later = planned("10:30", request="run 2026-11-22T10:30:01")
    assert (later.start, later.standing.request) == (None, "")
    assert later.standing.reason == "The requested run was not started: 2026-11-22T10:30:01Z is to come."


def test_a_request_for_a_due_time_goes_before_the_schedule_which_is_decided_after_it() -> None:
    made = planned("11:00", request="run 2026-11-22T07:00")
    assert (said(made), made.standing.request) == (["start 07:00 on request"], "")
    assert made.standing.next_due == at("11:00")


def test_retry_brings_forward_every_attempt_that_waits() -> None:
    gone = replace(WAITING, due=at("08:00"), cancel=True)
    made = planned("10:30", request="retry", runs=(WAITING, gone))
    assert (said(made), made.standing.request) == (["start 10:00"], "")
    assert start(made).waited == replace(WAITING, not_before=at("10:30"))


def test_retry_starts_no_attempt_beside_a_run_that_goes_but_lets_it_be_next() -> None:
    made = planned("10:30", request="retry", runs=(RUNNING, WAITING))
    assert made.start is None
    (waiting,) = (run for run in made.standing.runs if run.waiting)
    assert waiting.not_before == at("10:30")
    assert made.standing.request == ""


def test_retry_beside_a_run_that_goes_says_so() -> None:
    made = planned("10:30", request="retry", runs=(RUNNING,))
    assert (said(made), made.standing.request) == ([], "")
    assert made.standing.reason == "Nothing was tried again: the run due 2026-11-22T10:00:00Z is still going."


def test_retry_without_anything_that_goes_looks_for_what_failed() -> None:
    made = start(planned("10:30", request="retry"))
    assert (made.last, made.attempt, made.trigger) == (True, NEXT_FREE, "request")


def test_a_cancel_ends_runs_attempts_and_the_backfill() -> None:
    made = planned("10:30", request="cancel", runs=(RUNNING, WAITING), backfill=str(BACKFILL))
    assert said(made) == ["cancel 10:00", "cancel 10:00"]
    assert (made.standing.backfill, made.standing.request) == ("", "")
    assert made.standing.reason == (
        "Cancelling on request. Backfill 2026-11-22T01:00:00Z..2026-11-22T04:00:00Z: 1 of 3 done; it ends here."
    )


def test_a_cancel_of_a_backfill_between_two_of_its_runs_says_so() -> None:
    made = planned("10:30", request="cancel", backfill=str(BACKFILL))
    assert (said(made), made.standing.backfill) == ([], "")
    assert made.standing.reason == ("Backfill 2026-11-22T01:00:00Z..2026-11-22T04:00:00Z: 1 of 3 done; it ends here.")
