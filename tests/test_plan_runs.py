"""What the plan does beside open runs: attempts that wait, due times that are held, replaced, or played again."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler.backfill import Backfill
from scheduler.chain import Link
from scheduler.decision import NEXT_FREE, Cancel, Plan, Start
from scheduler.job import Digest, Job
from scheduler.plan import plan
from scheduler.row import Row
from scheduler.run import Run, State
from scheduler.standing import Standing
from tests.calendars import JOB, at, run, said

RUNNING = replace(run(at("10:00")), state=State.RUNNING)
WAITING = replace(run(at("10:00")), attempt=2, state=State.WAITING, not_before=at("10:40"), spent={"exit": 1})
BACKFILL = Backfill(at("01:00"), at("04:00"), at("02:00"), total=3, done=1, watermark="b1", id="2026-11-22T10:10:00Z")


def planned(now: str, *, link: Link | None = None, cells: dict[str, Any] | None = None, **changes: Any) -> Plan:
    """Plan an hourly job, which was answered before and whose last run was that of 10:00."""
    columns = {"Image": "x", "Schedule": "after a" if link else "0 * * * *", **(cells or {})}
    digest = Digest.of(columns)
    before = Standing(
        JOB, "Running", "It runs.", None, None if link else at("11:00"), str(digest), last_due=at("10:00"),
        watermark="live",
    )  # fmt: skip
    return plan(Job.from_row(Row(*JOB, columns)), digest, replace(before, **changes), at("09:00"), at(now), link=link)


def start(made: Plan) -> Start:
    assert made.start, made
    return made.start


# attempts that wait


@pytest.mark.parametrize(
    ("now", "expected"), [("10:39:59", []), ("10:40", ["start 10:00"]), ("10:59", ["start 10:00"])]
)
def test_an_attempt_starts_when_its_time_has_come(now: str, expected: list[str]) -> None:
    made = planned(now, runs=(WAITING,))
    assert said(made) == expected
    assert made.standing.next_run == at("10:40")
    if expected:
        assert (start(made).attempt, start(made).waited, start(made).trigger) == (2, WAITING, "schedule")


def test_an_attempt_beside_a_new_due_time_starts_in_the_same_tick() -> None:
    made = planned("11:00", runs=(WAITING,), cells={"Overlap": "allow"})
    assert sorted(said(made)) == ["start 10:00", "start 11:00"]


def test_attempts_of_several_due_times_start_together_only_where_runs_may_overlap() -> None:
    both = (WAITING, replace(WAITING, due=at("09:00"), attempt=3))
    assert said(planned("10:45", runs=both, cells={"Overlap": "allow"})) == ["start 10:00", "start 09:00"]
    assert said(planned("10:45", runs=both)) == ["start 09:00"]
    assert said(planned("10:45", runs=(*both, replace(WAITING, due=at("08:00"), state=State.RUNNING)))) == []


@pytest.mark.parametrize("changes", [{"cancel": True}, {"state": State.RUNNING}])
def test_what_was_cancelled_or_goes_is_not_started_again(changes: dict[str, Any]) -> None:
    assert planned("10:45", runs=(replace(WAITING, **changes),)).start is None


def test_a_pause_holds_an_attempt() -> None:
    made = planned("10:45", runs=(WAITING,), cells={"Enabled": False})
    assert (said(made), made.standing.status) == ([], "Paused")


# due times that are held


def test_a_due_time_that_waits_stays_the_next_one_and_nothing_is_skipped() -> None:
    made = planned("11:00", runs=(RUNNING,), cells={"Overlap": "wait"})
    assert (said(made), made.standing.next_due, made.standing.last_due) == ([], at("11:00"), at("10:00"))
    assert made.standing.reason == (
        "The run due 2026-11-22T11:00:00Z waits: the run due 2026-11-22T10:00:00Z is still going (Overlap wait)."
    )


def test_of_those_that_wait_the_newest_stays() -> None:
    made = planned("13:10", runs=(RUNNING,), cells={"Overlap": "wait"})
    assert (said(made), made.standing.next_due) == (["skip 11:00 to 12:00"], at("13:00"))
    again = planned("13:11", runs=(RUNNING,), cells={"Overlap": "wait"}, next_due=made.standing.next_due)
    assert said(again) == []


def test_with_catch_up_all_every_one_stays() -> None:
    made = planned("13:10", runs=(RUNNING,), cells={"CatchUp": "all"})
    assert (said(made), made.standing.next_due) == ([], at("11:00"))
    free = planned("13:10", cells={"CatchUp": "all"})
    assert (said(free), free.standing.next_due, free.standing.next_run) == (["start 11:00"], at("12:00"), at("12:00"))


def test_a_due_time_passes_whole_while_a_run_goes_and_the_last_one_stays_as_it_was() -> None:
    made = planned("13:10", runs=(RUNNING,))
    assert said(made) == ["skip 11:00 to 13:00"]
    assert (made.standing.next_due, made.standing.last_due) == (at("14:00"), at("10:00"))


def test_what_passes_for_its_grace_and_what_for_the_run_that_goes_are_one_range() -> None:
    made = planned("13:10", runs=(RUNNING,), cells={"Grace": "90m"})
    (skip,) = made.skips
    assert (skip.first, skip.last) == (at("11:00"), at("13:00"))
    assert skip.why.endswith("(Overlap skip)")


# replacing


def test_what_is_replaced_is_cancelled_once_and_the_newer_one_waits() -> None:
    made = planned("11:00", runs=(RUNNING,), cells={"Overlap": "replace"})
    (run_,) = made.standing.runs
    assert (run_.cancel, run_.replaced, made.standing.next_due) == (True, True, at("11:00"))
    assert made.cancels == (Cancel(run_, "replaced by the run due 2026-11-22T11:00:00Z"),)
    assert made.standing.status == "Cancelling"
    again = planned("11:01", runs=made.standing.runs, cells={"Overlap": "replace"})
    assert (said(again), again.standing.next_due) == ([], at("11:00"))


def test_an_attempt_that_waits_is_replaced_too() -> None:
    made = planned("11:00", runs=(WAITING,), cells={"Overlap": "replace"})
    assert said(made) == ["cancel 10:00"]
    assert made.standing.runs[0].cancel


def test_what_is_only_to_be_removed_is_waited_for_and_not_cancelled_again() -> None:
    gone = replace(RUNNING, removing=True, replaced=True, cancel=True)
    made = planned("11:01", runs=(gone,), cells={"Overlap": "replace"})
    assert (said(made), made.standing.runs, made.standing.status) == ([], (gone,), "Running")
    assert said(planned("11:02", cells={"Overlap": "replace"})) == ["start 11:00"]


def test_a_run_of_a_backfill_is_not_replaced() -> None:
    playing = replace(RUNNING, trigger="backfill", due=at("02:00"))
    made = planned("11:00", runs=(playing,), cells={"Overlap": "replace"})
    assert (said(made), made.standing.runs) == ([], (playing,))


def test_nothing_that_waits_is_started_while_a_run_is_ended_for_a_newer_one() -> None:
    playing = replace(WAITING, trigger="backfill", due=at("02:00"))
    made = planned("11:00", runs=(RUNNING, playing), cells={"Overlap": "replace"})
    assert said(made) == ["cancel 10:00"]


# allowed beside each other


def test_a_run_beside_others_keeps_no_watermark() -> None:
    assert start(planned("11:00", runs=(RUNNING,), cells={"Overlap": "allow"})).apart
    assert not start(planned("11:00")).apart


# backfills


def test_a_backfill_goes_on_when_nothing_else_goes() -> None:
    made = planned("10:30", backfill=str(BACKFILL))
    moved = replace(BACKFILL, next=at("03:00"))
    span = (at("01:00"), at("02:00"))
    expected = Start(at("02:00"), "backfill", span, "backfill", NEXT_FREE, "b1", apart=True, backfill=str(moved))
    assert start(made) == expected
    assert (made.standing.backfill, made.standing.next_run) == (str(moved), at("03:00"))
    assert (made.standing.last_due, made.standing.next_due) == (at("10:00"), at("11:00"))


@pytest.mark.parametrize("runs", [(RUNNING,), (WAITING,), (replace(RUNNING, removing=True, replaced=True),)])
def test_a_backfill_waits_for_whatever_goes(runs: tuple[Run, ...]) -> None:
    made = planned("10:30", backfill=str(BACKFILL), runs=runs)
    assert (said(made), made.standing.backfill) == ([], str(BACKFILL))


def test_a_live_due_time_goes_before_a_backfill() -> None:
    made = planned("11:00", backfill=str(BACKFILL))
    assert (said(made), made.standing.backfill) == (["start 11:00"], str(BACKFILL))


def test_a_due_time_that_passes_does_not_keep_a_backfill_from_going_on() -> None:
    passed = planned("11:30", backfill=str(BACKFILL), cells={"Grace": "10m"})
    assert said(passed) == ["skip 11:00", "start 02:00"]


def test_a_backfill_whose_last_run_goes_starts_no_other() -> None:
    made = planned("10:30", backfill=str(replace(BACKFILL, next=None)))
    assert said(made) == []


def test_a_backfill_begins_in_the_tick_that_reads_the_request() -> None:
    made = planned("10:30", request="run 2026-11-22T01:00..2026-11-22T04:00 watermark b0")
    assert (start(made).due, start(made).watermark, made.standing.request) == (at("01:00"), "b0", "")
    begun = Backfill.read(made.standing.backfill)
    assert begun
    assert (begun.next, begun.total, begun.done, begun.id) == (at("02:00"), 3, 0, "2026-11-22T10:30:00Z")


def test_a_second_backfill_is_not_begun_before_the_first_has_ended() -> None:
    made = planned("10:30", request="run 2026-11-22T04:00..2026-11-22T06:00", backfill=str(BACKFILL), runs=(RUNNING,))
    assert (made.standing.backfill, made.standing.request) == (str(BACKFILL), "")
    assert made.standing.reason == (
        "The backfill was not begun: one is going "
        "(Backfill 2026-11-22T01:00:00Z..2026-11-22T04:00:00Z: 1 of 3 done): cancel it first."
    )


# links


LINK = Link(at("10:00"), at("08:00"), {"weather/a": at("10:00")}, at("10:05"))


def test_a_link_starts_a_run_with_its_due_time_its_interval_and_what_was_seen() -> None:
    made = planned("10:06", link=LINK, last_due=at("09:00"))
    assert (start(made).due, start(made).trigger, start(made).interval) == (
        at("10:00"),
        "after",
        (at("08:00"), at("10:00")),
    )
    assert made.standing.upstreams == '{"weather/a": "2026-11-22T10:00:00+00:00"}'
    assert (made.standing.last_due, made.standing.next_due, made.standing.next_run) == (at("10:00"), None, None)


def test_a_link_that_is_let_pass_is_seen_and_says_so_in_its_skip() -> None:
    made = planned("10:06", link=LINK, runs=(RUNNING,), last_due=at("09:00"), upstreams="{}")
    (skip,) = made.skips
    assert (skip.first, skip.last, skip.trigger) == (at("10:00"), at("10:00"), "after")
    assert skip.upstreams == made.standing.upstreams == '{"weather/a": "2026-11-22T10:00:00+00:00"}'


def test_a_link_that_a_newer_one_overtook_says_in_its_skip_what_was_seen() -> None:
    newer = replace(LINK, due=at("11:00"), seen={"weather/a": at("11:00")}, ready=at("11:05"))
    made = planned("11:06", link=newer, next_due=at("10:00"), last_due=at("09:00"))
    assert said(made) == ["skip 10:00", "start 11:00"]
    assert made.skips[0].upstreams == made.standing.upstreams == '{"weather/a": "2026-11-22T11:00:00+00:00"}'


def test_a_link_that_waits_is_not_seen_yet() -> None:
    made = planned("10:06", link=LINK, runs=(RUNNING,), last_due=at("09:00"), cells={"Overlap": "wait"}, upstreams="{}")
    assert (said(made), made.standing.upstreams) == ([], "{}")
    assert (made.standing.next_due, made.standing.next_run) == (at("10:00"), at("10:00"))


def test_a_link_that_its_jitter_holds_back_brings_the_row_back_in_time() -> None:
    made = planned("10:06", link=LINK, cells={"Jitter": "30m"}, last_due=at("09:00"), upstreams="{}")
    assert (said(made), made.standing.upstreams, made.standing.next_due) == ([], "{}", at("10:00"))
    assert made.standing.next_run
    assert at("10:00") < made.standing.next_run < at("10:30")


def test_a_link_of_a_paused_chain_starts_nothing() -> None:
    made = planned("10:06", link=LINK, cells={"Enabled": False}, last_due=at("09:00"))
    assert (said(made), made.standing.next_run) == ([], None)
