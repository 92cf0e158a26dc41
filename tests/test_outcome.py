"""How a run ended, with its evidence, and what that makes of its job row."""

import json
from dataclasses import replace
from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from scheduler.outcome import KEPT_BYTES, KEPT_LINES, KEPT_RUNNING, Outcome, close, settle, was_cut
from scheduler.row import Row
from scheduler.run import Cause, Event, State
from scheduler.standing import Standing, Status
from scheduler.verdict import Close
from scheduler.view import View
from tests import arm
from tests.calendars import JOB, at, run

RUN = replace(run(at("10:00")), state=State.RUNNING, watermark="5", location="westeurope")
ENDED = arm.seen(arm.ended(0), state="Succeeded", events=[arm.PULLED])
GOOD = Close(RUN, Event.SUCCEEDED, exit_code=0, started=at("10:00:18"), finished=at("10:05"))
BAD = Close(RUN, Event.FAILED, Cause.EXIT, "the container exited with code 3", 3, at("10:00:18"), at("10:05"))
BEFORE = Standing(
    JOB, "Running", "Running.", next_due=at("11:00"), next_run=at("11:00"), last_due=at("10:00"), runs=(RUN,),
    watermark="5", digest="d", failures=2, last_success=at("09:05"), last_success_due=at("09:00"),
)  # fmt: skip


def outcome(verdict: Close = GOOD, log: bytes = b"", held: str = "5", view: View | None = ENDED) -> Outcome:
    return close(verdict, view, log, held, "weather/extract/x.log")


def settled(ended: Outcome, before: Standing = BEFORE, *, removed: bool = True) -> Standing:
    return settle(before, RUN, ended, removed=removed)


# what closes the run's row


def test_a_success_moves_the_watermark_and_keeps_its_evidence() -> None:
    made = outcome(log=b"::metric rows::12\n::progress::90 writing\n::watermark::6\n")
    cells = made.columns(RUN)
    assert (cells["State"], cells["Cause"], cells["ExitCode"], cells["Reason"]) == (
        "Succeeded", "", 0, "Succeeded in 282 s.",
    )  # fmt: skip
    assert (cells["WatermarkFrom"], cells["WatermarkTo"]) == ("5", "6")
    assert (cells["Started"], cells["Finished"], cells["Duration"]) == (at("10:00:18"), at("10:05"), 282.0)
    assert (cells["Image"], cells["Digest"]) == ("registry.example/weather:1", arm.DIGEST)
    assert (cells["Log"], cells["Progress"]) == ("weather/extract/x.log", "90 writing")
    assert json.loads(str(cells["Metrics"])) == {"rows": 12.0}
    assert json.loads(str(cells["Events"])) == [arm.PULLED]


def test_a_failure_keeps_the_watermark_whatever_it_printed() -> None:
    made = outcome(BAD, b"::watermark::6\n::metric rows::3\n")
    cells = made.columns(RUN)
    assert (cells["WatermarkFrom"], cells["WatermarkTo"]) == ("5", "5")
    assert cells["Reason"] == "Failed: the container exited with code 3."
    assert (cells["ExitCode"], cells["Cause"], cells["Metrics"]) == (3, "exit", '{"rows": 3.0}')
    assert settled(made).watermark == "5"


@pytest.mark.parametrize("event", [Event.CANCELLED, Event.VANISHED, Event.FAILED])
def test_no_end_but_success_moves_the_watermark(event: Event) -> None:
    made = outcome(replace(BAD, event=event), b"::watermark::6\n")
    assert made.watermark is None
    assert settled(made).watermark == "5"


def test_a_watermark_that_was_edited_before_the_close_stays() -> None:
    made = outcome(log=b"::watermark::6\n", held="1")
    assert made.columns(RUN)["WatermarkTo"] == "5"
    assert made.sentence == (
        "Succeeded in 282 s; the watermark was edited during the run: the edit stays, '6' is dropped."
    )
    assert settled(made, replace(BEFORE, watermark="1")).watermark == "1"


def test_a_watermark_that_was_edited_between_the_close_and_the_settling_stays_too() -> None:
    after = settled(outcome(log=b"::watermark::6\n"), replace(BEFORE, watermark="1"))
    assert after.watermark == "1"
    assert "the watermark was edited during the run: the edit stays" in after.reason


def test_a_run_that_only_says_what_it_was_told_moves_nothing() -> None:
    assert outcome(log=b"::watermark::5\n").watermark is None


def test_a_cut_log_without_a_line_says_so_and_still_is_a_success() -> None:
    made = outcome(log=b"x" * KEPT_BYTES)
    assert made.state is State.SUCCEEDED
    assert made.sentence.endswith("its log was cut and shows no watermark line: the watermark stays where it was.")
    assert settled(made).watermark == "5"


@pytest.mark.parametrize(
    ("story", "log", "cut"),
    [
        ("nothing", b"", False),
        ("a few lines", b"x\n" * 10, False),
        ("16 KB to the byte", b"x" * KEPT_BYTES, True),
        ("16 KB less the rest of a line", b"x" * (KEPT_BYTES - 100), True),
        ("1,000 lines", b"x\n" * KEPT_LINES, True),
        ("999 lines", b"x\n" * 999, False),
        ("more than a stopped one could have: read while it ran", b"x" * 100_000, False),
        ("4 MB", b"x" * KEPT_RUNNING, True),
    ],
)
def test_a_log_that_is_as_long_as_the_platform_keeps_may_be_cut(story: str, log: bytes, cut: bool) -> None:
    assert was_cut(log) is cut, story


def test_a_run_without_group_has_no_evidence_and_no_log() -> None:
    cells = outcome(replace(BAD, absent=True, started=None), view=None).columns(RUN)
    assert cells["Log"] == ""
    assert cells["Duration"] == 0
    assert not {"Image", "Digest", "Events", "Started"} & set(cells)


def test_the_newest_events_that_fit_a_cell_are_kept_with_a_mark() -> None:
    events = [arm.event("BackOff", f"{number} " + "x" * 200) for number in range(100)]
    kept = json.loads(str(outcome(view=arm.seen(arm.ended(0), events=events)).columns(RUN)["Events"]))
    assert kept[-1] == events[-1]
    assert kept[0]["message"] == f"[cut: {101 - len(kept)} older events]"
    assert len(json.dumps(kept)) < 8200


# what it makes of the job row


def test_a_success_settles_the_row_in_one_go() -> None:
    after = settled(outcome(log=b"::watermark::6\n"))
    assert after == replace(
        BEFORE,
        status="Succeeded",
        reason="The run due 2026-11-22T10:00:00Z: Succeeded in 282 s. Next run 2026-11-22T11:00:00Z.",
        runs=(),
        watermark="6",
        failures=0,
        last_started=at("10:00:18"),
        last_finished=at("10:05"),
        last_success=at("10:05"),
        last_success_due=at("10:00"),
        last_duration=282.0,
        last_exit_code=0,
    )


@pytest.mark.parametrize(
    ("verdict", "failures"),
    [(BAD, 3), (replace(BAD, event=Event.VANISHED), 3), (replace(BAD, event=Event.CANCELLED), 2), (GOOD, 0)],
)
def test_failures_in_a_row_are_counted(verdict: Close, failures: int) -> None:
    assert settled(outcome(verdict)).failures == failures


def test_a_failure_leaves_the_last_success_alone() -> None:
    after = settled(outcome(BAD))
    assert (after.last_success, after.last_success_due) == (at("09:05"), at("09:00"))
    assert (after.last_exit_code, after.status) == (3, "Failed")


def test_a_success_of_an_older_due_time_does_not_turn_the_last_one_back() -> None:
    after = settled(outcome(), replace(BEFORE, last_success_due=at("10:30")))
    assert after.last_success_due == at("10:30")


def test_a_wrong_row_is_settled_and_stays_wrong_with_its_reason() -> None:
    after = settled(outcome(log=b"::watermark::6\n"), replace(BEFORE, status=Status.INVALID, reason="Cpu is 'lots'."))
    assert (after.status, after.reason, after.watermark, after.runs) == ("Invalid", "Cpu is 'lots'.", "6", ())


def test_until_its_group_is_removed_the_entry_stays_and_holds_nothing_up() -> None:
    after = settled(outcome(), removed=False)
    assert [(one.run_id, one.removing) for one in after.runs] == [(RUN.run_id, True)]
    assert after.going == ()


def test_other_runs_keep_their_entries() -> None:
    other = run(at("09:00"))
    assert settled(outcome(), replace(BEFORE, runs=(other, RUN))).runs == (other,)


# a tick that died between the close and the settling: the row of Runs must tell the same

VERDICTS: list[tuple[str, Close, Any]] = [
    ("success", GOOD, ENDED),
    ("exit 3", BAD, arm.seen(arm.ended(3))),
    ("timeout", replace(BAD, cause=Cause.TIMEOUT, why="it ran longer than 1:00:00", exit_code=None), ENDED),
    ("cancelled", Close(RUN, Event.CANCELLED, why="cancelled on request", finished=at("10:05")), None),
    ("lost", Close(RUN, Event.VANISHED, Cause.PLATFORM, "its group vanished", finished=at("10:05"), absent=True), None),
    ("no time known", Close(RUN, Event.FAILED, Cause.DENIED, "the role X is missing"), None),
]
SENTENCE = ("a why that ends in a stop", replace(BAD, why="ACI could not start the group: Failed to pull image."), None)
LOGS = [b"", b"::watermark::6\n", b"::watermark::5\n", b"::watermark::\xff\n", b"x" * KEPT_BYTES]


def settles_the_same(verdict: Close, view: View | None, log: bytes, held: str) -> None:
    made = outcome(verdict, log, held, view)
    row = Row(*RUN.key, {**RUN.row(), **made.columns(RUN)})
    read = Outcome.from_row(row)
    assert read
    for removed, now_held in product([True, False], {held, "5", "1"}):
        before = replace(BEFORE, watermark=now_held)
        assert settled(read, before, removed=removed) == settled(made, before, removed=removed)


@pytest.mark.parametrize("log", LOGS[:3])
@pytest.mark.parametrize(("story", "verdict", "view"), VERDICTS, ids=[row[0] for row in VERDICTS])
def test_a_closed_row_settles_the_job_as_its_tick_would_have(story: str, verdict: Close, view: Any, log: bytes) -> None:
    settles_the_same(verdict, view, log, "5")
    assert story


@pytest.mark.parametrize(("log", "held"), [(LOGS[1], "1"), (LOGS[3], "5"), (LOGS[4], "5")])
def test_a_closed_row_still_says_why_the_watermark_stayed(log: bytes, held: str) -> None:
    settles_the_same(GOOD, ENDED, log, held)


def test_a_why_that_is_a_sentence_already_reads_the_same_from_the_row() -> None:
    assert ".." not in outcome(SENTENCE[1]).sentence
    settles_the_same(SENTENCE[1], None, b"", "5")


def test_a_row_without_times_reads_as_an_outcome_without_them() -> None:
    row = Row(*RUN.key, {"State": "Failed", "Cause": "denied", "Reason": "Failed: the role X is missing."})
    read = Outcome.from_row(row)
    assert read == Outcome(State.FAILED, Cause.DENIED, said="Failed: the role X is missing.")
    assert read.duration == timedelta(0)
