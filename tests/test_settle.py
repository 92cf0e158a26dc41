"""What a run's end makes of its job row: one write, whole."""

from dataclasses import replace

import pytest

from scheduler.backfill import Backfill
from scheduler.kept import ENDED_BYTES
from scheduler.outcome import Outcome, close
from scheduler.run import Cause, Event, Run, State
from scheduler.settle import MOST_REMOVING, settle
from scheduler.standing import Standing, Status
from scheduler.verdict import Close
from scheduler.view import View
from tests import arm
from tests.calendars import JOB, at, run

RUN = replace(
    run(at("10:00")), state=State.RUNNING, watermark="5", location="westeurope", interval=(at("09:00"), at("10:00"))
)
ENDED = arm.seen(arm.ended(0), state="Succeeded", events=[arm.PULLED])
GOOD = Close(RUN, Event.SUCCEEDED, exit_code=0, started=at("10:00:18"), finished=at("10:05"))
BAD = Close(RUN, Event.FAILED, Cause.EXIT, "the container exited with code 3", 3, at("10:00:18"), at("10:05"))
BEFORE = Standing(
    JOB, "Running", "Running.", next_due=at("11:00"), next_run=at("11:00"), last_due=at("10:00"), runs=(RUN,),
    watermark="5", digest="d", failures=2, last_success=at("09:05"), last_success_due=at("09:00"),
    last_success_start=at("08:00"), last_finished=at("09:05"), last_started=at("09:00:20"),
)  # fmt: skip


def outcome(verdict: Close = GOOD, log: bytes = b"", held: str = "5", view: View | None = ENDED) -> Outcome:
    return close(verdict, view, log, held, "weather/extract/x.log")


def settled(ended: Outcome, before: Standing = BEFORE, *, of: Run = RUN, removed: bool = True) -> Standing:
    return settle(before, of, ended, removed=removed)


FAILED = outcome(BAD)
AGAIN = replace(FAILED, retry_at=at("10:07"))


# an end, and nothing after it


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
        last_success_start=at("09:00"),
        last_duration=282.0,
        last_exit_code=0,
        recent="20261122T100000Z.1S+18/282^",
    )


@pytest.mark.parametrize(
    ("verdict", "failures"),
    [(BAD, 3), (replace(BAD, event=Event.VANISHED), 3), (replace(BAD, event=Event.CANCELLED), 2), (GOOD, 0)],
)
def test_failures_in_a_row_are_counted(verdict: Close, failures: int) -> None:
    assert settled(outcome(verdict)).failures == failures


def test_a_failure_leaves_the_last_success_alone() -> None:
    after = settled(FAILED)
    assert (after.last_success, after.last_success_due, after.last_success_start) == (
        at("09:05"), at("09:00"), at("08:00"),
    )  # fmt: skip
    assert (after.last_exit_code, after.status) == (3, "Failed")


def test_a_success_of_an_older_due_time_does_not_turn_the_last_one_back() -> None:
    after = settled(outcome(), replace(BEFORE, last_success_due=at("10:30"), last_success_start=at("09:30")))
    assert (after.last_success_due, after.last_success_start) == (at("10:30"), at("09:30"))
    assert (after.last_success, after.failures) == (at("10:05"), 0)


def test_a_second_success_of_the_same_due_time_counts_with_its_interval() -> None:
    after = settled(outcome(), replace(BEFORE, last_success_due=at("10:00"), last_success_start=at("07:00")))
    assert after.last_success_start == at("09:00")


def test_a_success_without_interval_leaves_none_to_those_that_run_after_it() -> None:
    after = settled(outcome(), of=replace(RUN, interval=None))
    assert (after.last_success_due, after.last_success_start) == (at("10:00"), None)


def test_an_end_that_was_seen_late_does_not_turn_the_last_one_back() -> None:
    assert settled(outcome(), replace(BEFORE, last_finished=at("10:20"))).last_finished == at("10:20")


def test_an_end_without_times_leaves_the_times_of_the_one_before() -> None:
    bare = Outcome(State.FAILED, Cause.DENIED, "the role X is missing")
    after = settled(bare)
    assert (after.last_started, after.last_finished) == (at("09:00:20"), at("09:05"))
    assert (after.last_duration, after.last_exit_code) == (0, -1)


def test_a_wrong_row_is_settled_and_stays_wrong_with_its_reason() -> None:
    after = settled(outcome(log=b"::watermark::6\n"), replace(BEFORE, status=Status.INVALID, reason="Cpu is 'lots'."))
    assert (after.status, after.reason, after.watermark, after.runs) == ("Invalid", "Cpu is 'lots'.", "6", ())


def test_a_row_without_next_due_time_promises_none() -> None:
    assert settled(FAILED, replace(BEFORE, next_due=None)).reason == (
        "The run due 2026-11-22T10:00:00Z: Failed: the container exited with code 3."
    )


# entries


def test_until_its_group_is_removed_the_entry_stays_and_holds_nothing_up() -> None:
    after = settled(outcome(), of=replace(RUN, missing=at("10:04")), removed=False)
    assert [(one.run_id, one.removing, one.missing) for one in after.runs] == [(RUN.run_id, True, None)]
    assert after.going == ()


def test_other_runs_keep_their_entries() -> None:
    other = run(at("09:00"))
    assert settled(outcome(), replace(BEFORE, runs=(other, RUN))).runs == (other,)


def test_only_so_many_groups_that_cannot_be_deleted_are_remembered_the_newest() -> None:
    stuck = tuple(replace(run(at(f"09:{minute:02}")), removing=True) for minute in range(MOST_REMOVING))
    after = settled(outcome(), replace(BEFORE, runs=(*stuck, RUN)), removed=False)
    assert [one.due for one in after.runs] == [*(one.due for one in stuck[1:]), RUN.due]


def test_a_run_that_goes_is_never_forgotten_for_that_nor_a_group_that_was_there_before() -> None:
    there = replace(run(at("08:00")), removing=True, existing=True)
    going = run(at("08:30"))
    stuck = tuple(replace(run(at(f"09:{minute:02}")), removing=True) for minute in range(MOST_REMOVING))
    after = settled(outcome(), replace(BEFORE, runs=(there, going, *stuck, RUN)), removed=False)
    assert after.runs[:2] == (there, going)
    assert len(after.runs) == 2 + MOST_REMOVING


# an end that another attempt follows


def test_another_attempt_takes_the_place_of_the_one_that_failed_in_the_same_write() -> None:
    after = settled(AGAIN)
    (comes,) = after.runs
    assert (comes.due, comes.attempt, comes.state, comes.not_before) == (at("10:00"), 2, State.WAITING, at("10:07"))
    assert (comes.run_id, comes.spent) == ("", {"exit": 1})
    assert (after.status, after.columns()["NextAttempt"]) == ("Waiting", 2)
    assert after.reason == (
        "The run due 2026-11-22T10:00:00Z: Failed: the container exited with code 3. "
        "Attempt 2 follows at 2026-11-22T10:07:00Z."
    )


def test_what_will_be_tried_again_is_no_failure_yet() -> None:
    assert settled(AGAIN).failures == 2
    assert settled(replace(AGAIN, state=State.LOST)).failures == 2


def test_the_group_of_the_attempt_that_failed_is_still_to_go_beside_the_next_one() -> None:
    after = settled(AGAIN, removed=False)
    assert [(one.attempt, one.removing, one.waiting) for one in after.runs] == [(1, True, False), (2, False, True)]


def test_a_wrong_row_gets_its_next_attempt_and_keeps_its_reason() -> None:
    after = settled(AGAIN, replace(BEFORE, status=Status.INVALID, reason="Cpu is 'lots'."))
    assert [one.attempt for one in after.runs] == [2]
    assert (after.status, after.reason) == ("Invalid", "Cpu is 'lots'.")


# watermarks


@pytest.mark.parametrize("event", [Event.CANCELLED, Event.VANISHED, Event.FAILED])
def test_no_end_but_success_moves_the_watermark(event: Event) -> None:
    assert settled(outcome(replace(BAD, event=event), b"::watermark::6\n")).watermark == "5"


def test_a_watermark_that_was_edited_before_the_close_stays() -> None:
    made = outcome(log=b"::watermark::6\n", held="1")
    assert settled(made, replace(BEFORE, watermark="1")).watermark == "1"


def test_a_watermark_that_was_edited_between_the_close_and_the_settling_stays_too() -> None:
    after = settled(outcome(log=b"::watermark::6\n"), replace(BEFORE, watermark="1"))
    assert after.watermark == "1"
    assert after.reason.startswith(
        "The run due 2026-11-22T10:00:00Z: Succeeded in 282 s; the watermark was edited during the run: the edit stays."
    )


def test_a_cut_log_without_a_line_leaves_the_watermark() -> None:
    assert settled(outcome(log=b"x" * ENDED_BYTES)).watermark == "5"


@pytest.mark.parametrize("held", ["5", "live"])
def test_a_run_apart_leaves_the_rows_watermark_even_where_it_was_given_the_same(held: str) -> None:
    one = replace(RUN, apart=True, trigger="request")
    made = outcome(replace(GOOD, run=one), b"::watermark::6\n", held)
    after = settled(made, replace(BEFORE, runs=(one,), watermark=held), of=one)
    assert (after.watermark, after.status) == (held, "Succeeded")
    assert "edited" not in after.reason


# backfills

BACKFILL = Backfill(at("07:00"), at("10:00"), at("09:00"), total=3, done=1, watermark="b1", id="2026-11-22T09:30:00Z")
PLAYED = replace(
    run(at("08:00"), "backfill"),
    apart=True,
    watermark="b1",
    interval=(at("07:00"), at("08:00")),
    backfill=str(BACKFILL),
)
PLAYING = replace(BEFORE, runs=(PLAYED,), backfill=str(BACKFILL), watermark="live")
MOVED = replace(outcome(), watermark="b2")


def backfill(after: Standing) -> Backfill:
    read = Backfill.read(after.backfill)
    assert read
    return read


def test_a_success_moves_the_backfill_on_with_its_own_watermark() -> None:
    after = settled(MOVED, PLAYING, of=PLAYED)
    assert backfill(after) == replace(BACKFILL, done=2, watermark="b2")
    assert after.watermark == "live"
    assert after.reason == (
        "The run due 2026-11-22T08:00:00Z: Succeeded in 282 s. "
        "Backfill 2026-11-22T07:00:00Z..2026-11-22T10:00:00Z: 2 of 3 done. Next run 2026-11-22T11:00:00Z."
    )


def test_a_success_that_says_no_watermark_keeps_the_one_that_it_was_told() -> None:
    assert backfill(settled(outcome(), PLAYING, of=PLAYED)).watermark == "b1"


def test_a_backfills_runs_count_in_nothing_of_the_live_schedule() -> None:
    for ended in (MOVED, FAILED):
        after = settled(ended, PLAYING, of=PLAYED)
        assert (after.failures, after.last_success, after.last_success_due, after.last_success_start) == (
            BEFORE.failures, BEFORE.last_success, BEFORE.last_success_due, BEFORE.last_success_start,
        )  # fmt: skip


def test_the_last_success_ends_the_backfill() -> None:
    last = replace(BACKFILL, next=None, done=2)
    one = replace(PLAYED, backfill=str(last))
    after = settled(MOVED, replace(PLAYING, runs=(one,), backfill=str(last)), of=one)
    assert after.backfill == ""
    assert "3 of 3 done" in after.reason


@pytest.mark.parametrize("state", [State.FAILED, State.LOST, State.CANCELLED])
def test_any_other_end_that_is_final_ends_it_too_and_says_how_far_it_came(state: State) -> None:
    after = settled(replace(FAILED, state=state), PLAYING, of=PLAYED)
    assert after.backfill == ""
    assert "1 of 3 done; it ends here." in after.reason


def test_a_failure_that_is_tried_again_keeps_the_backfill_where_it_is() -> None:
    after = settled(AGAIN, PLAYING, of=PLAYED)
    assert after.backfill == str(BACKFILL)
    assert [one.backfill for one in after.runs] == [str(BACKFILL)]


@pytest.mark.parametrize("ended", [MOVED, FAILED])
def test_a_run_of_another_backfill_moves_and_ends_nothing(ended: Outcome) -> None:
    newer = str(replace(BACKFILL, id="2026-11-22T09:45:00Z", done=0))
    assert settled(ended, replace(PLAYING, backfill=newer), of=PLAYED).backfill == newer


@pytest.mark.parametrize("written", ["", "{", "[]"])
def test_a_run_whose_backfill_was_cancelled_or_mangled_begins_none(written: str) -> None:
    assert settled(MOVED, replace(PLAYING, backfill=written), of=PLAYED).backfill == written


@pytest.mark.parametrize("trigger", ["schedule", "request"])
def test_a_live_run_leaves_the_backfill_alone(trigger: str) -> None:
    live = replace(RUN, trigger=trigger)
    for ended in (outcome(), FAILED):
        assert settled(ended, replace(BEFORE, runs=(live,), backfill=str(BACKFILL)), of=live).backfill == str(BACKFILL)
