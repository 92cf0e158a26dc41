"""How a run ended, with its evidence."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scheduler.entry import row_of
from scheduler.kept import ENDED_BYTES, ENDED_LINES, RUNNING_BYTES
from scheduler.outcome import Outcome, close, was_cut
from scheduler.row import Row
from scheduler.run import Cause, Event, State
from scheduler.verdict import Close
from scheduler.view import View
from tests import arm
from tests.calendars import at, run

RUN = replace(run(at("10:00")), state=State.RUNNING, watermark="5", location="westeurope")
ENDED = arm.seen(arm.ended(0), state="Succeeded", events=[arm.PULLED])
GOOD = Close(RUN, Event.SUCCEEDED, exit_code=0, started=at("10:00:18"), finished=at("10:05"))
BAD = Close(RUN, Event.FAILED, Cause.EXIT, "the container exited with code 3", 3, at("10:00:18"), at("10:05"))


def outcome(
    verdict: Close = GOOD, log: bytes = b"", held: str = "5", view: View | None = ENDED, unread: str = ""
) -> Outcome:
    return close(verdict, view, log, held, "weather/extract/x.log", unread=unread)


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


@pytest.mark.parametrize("event", [Event.CANCELLED, Event.VANISHED, Event.FAILED])
def test_no_end_but_success_moves_the_watermark(event: Event) -> None:
    made = outcome(replace(BAD, event=event), b"::watermark::6\n")
    assert made.watermark is None


def test_a_watermark_that_was_edited_before_the_close_stays() -> None:
    made = outcome(log=b"::watermark::6\n", held="1")
    assert made.columns(RUN)["WatermarkTo"] == "5"
    assert made.sentence == (
        "Succeeded in 282 s; the watermark was edited during the run: the edit stays, '6' is dropped."
    )


def test_a_watermark_that_a_person_moved_during_a_run_that_said_nothing_is_not_that_runs_work() -> None:
    made = outcome(log=b"nothing new\n", held="100")
    assert (made.columns(RUN)["WatermarkFrom"], made.columns(RUN)["WatermarkTo"]) == ("5", "5")
    assert made.watermark is None
    assert made.note == ""


def test_a_run_that_only_says_what_it_was_told_moves_nothing() -> None:
    assert outcome(log=b"::watermark::5\n").watermark is None


def test_a_cut_log_without_a_line_says_so_and_still_is_a_success() -> None:
    made = outcome(log=b"x" * ENDED_BYTES)
    assert made.state is State.SUCCEEDED
    assert made.sentence.endswith("its log was cut and shows no watermark line: the watermark stays where it was.")


@pytest.mark.parametrize(
    ("story", "log", "cut"),
    [
        ("nothing", b"", False),
        ("a few lines", b"x\n" * 10, False),
        ("16 KB to the byte", b"x" * ENDED_BYTES, True),
        ("16 KB less the rest of a line", b"x" * (ENDED_BYTES - 100), True),
        ("1,000 lines", b"x\n" * ENDED_LINES, True),
        ("999 lines", b"x\n" * 999, False),
        ("more than a stopped one could have: read while it ran", b"x" * 100_000, False),
        ("4 MB", b"x" * RUNNING_BYTES, True),
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


def test_a_log_that_could_not_be_kept_moves_no_watermark_and_names_no_log() -> None:
    made = outcome(log=b"::watermark::6\n", unread="the blob is away")
    assert (made.watermark, made.columns(RUN)["Log"]) == (None, "")
    assert made.sentence == "Succeeded in 282 s; its log could not be kept (the blob is away)."


def test_a_start_by_the_platform_itself_is_on_record() -> None:
    again = arm.seen(arm.running("10:05:20"), arm.ended(3), restarts=2)
    assert outcome(BAD, view=again).columns(RUN)["Restarts"] == 2
    assert "Restarts" not in outcome(BAD).columns(RUN)


# a run with a watermark of its own, or with none

APART = replace(RUN, apart=True, trigger="request")


@pytest.mark.parametrize("trigger", ["request", "backfill"])
def test_a_run_apart_moves_its_own_watermark_whatever_the_row_holds(trigger: str) -> None:
    one = replace(APART, trigger=trigger)
    made = outcome(replace(GOOD, run=one), b"::watermark::6\n", held="live")
    assert (made.watermark, made.note) == ("6", "")
    assert (made.columns(one)["WatermarkFrom"], made.columns(one)["WatermarkTo"]) == ("5", "6")


@pytest.mark.parametrize("trigger", ["schedule", "after"])
def test_a_run_beside_others_has_its_line_ignored_and_says_so(trigger: str) -> None:
    one = replace(APART, trigger=trigger)
    made = outcome(replace(GOOD, run=one), b"::watermark::6\n")
    assert made.watermark is None
    assert made.sentence == "Succeeded in 282 s; its watermark line is ignored: Overlap allow keeps no watermark."


def test_a_run_beside_others_that_prints_no_line_is_told_nothing() -> None:
    assert outcome(replace(GOOD, run=replace(APART, trigger="schedule")), b"loaded\n").note == ""


# a tick that died between the close and the settling: the row of Runs must tell the same


def test_a_row_tells_when_the_next_attempt_begins() -> None:
    made = replace(outcome(BAD), retry_at=at("10:07"))
    row = Row(*RUN.key, {**row_of(RUN), **made.columns(RUN)})
    assert row.columns["RetryAt"] == at("10:07")
    assert (read := Outcome.from_row(row))
    assert read.retry_at == at("10:07")
    assert "RetryAt" not in outcome(BAD).columns(RUN)


@pytest.mark.parametrize(
    "cells",
    [
        {"State": "Skipped", "Cause": ""},
        {"State": "Active", "Cause": ""},
        {"State": "Waiting", "Cause": ""},
        {"State": "Done", "Cause": ""},
        {"State": "Failed", "Cause": "weather"},
        {"State": "Failed"},
        {"State": 5, "Cause": ""},
        {},
    ],
)
def test_a_row_that_closes_no_run_is_no_outcome(cells: dict[str, Any]) -> None:
    assert Outcome.from_row(Row(*RUN.key, cells)) is None


@pytest.mark.parametrize("code", ["3", 3.0, -1, None])
def test_an_exit_code_that_is_none_reads_as_none(code: Any) -> None:
    read = Outcome.from_row(Row(*RUN.key, {"State": "Failed", "Cause": "exit", "ExitCode": code}))
    assert read
    assert read.exit_code is None


def test_a_row_without_times_reads_as_an_outcome_without_them() -> None:
    row = Row(*RUN.key, {"State": "Failed", "Cause": "denied", "Reason": "Failed: the role X is missing."})
    read = Outcome.from_row(row)
    assert read == Outcome(State.FAILED, Cause.DENIED, said="Failed: the role X is missing.")
    assert read.duration == timedelta(0)
