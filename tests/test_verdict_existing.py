"""A run in a group that was there before: only a state that began after the start is this run's.

The run is due and claimed at 11:00, with a lease to 11:15; the group's last run, at the claim, was of 10:00:18.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scheduler import verdict
from scheduler.run import Cause, Run, State
from scheduler.verdict import Close, Retake, Stay
from scheduler.view import View
from tests import arm
from tests.calendars import at, run

PRIOR = arm.seen(arm.ended(0)).started
STARTING = replace(run(at("11:00")), group="nightly", existing=True, prior=PRIOR)
RUNNING = replace(STARTING, state=State.RUNNING)


def seen(*args: Any, **kwargs: Any) -> View:
    return arm.seen(*args, **{"name": "nightly", "tagged": {}, **kwargs})


def judge(one: Run, view: View | None, now: str = "11:05") -> verdict.Verdict:
    return verdict.judge(one, view, at(now), "acct/Jobs")


def closed(one: Run, view: View | None, now: str = "11:05") -> Close:
    made = judge(one, view, now)
    assert isinstance(made, Close), made
    return made


BEFORE = [
    ("ended well", seen(arm.ended(0), state="Succeeded")),
    ("ended badly", seen(arm.ended(3), state="Failed")),
    ("stopped, shown without start time", seen(arm.stopped(), arm.ended(0), state="Stopped")),
    ("stopped, shown without states", seen(state="Stopped")),
    ("waiting to start", seen(arm.waiting(), arm.ended(0), state="Pending")),
]


@pytest.mark.parametrize(("story", "view"), BEFORE, ids=[row[0] for row in BEFORE])
def test_the_state_of_the_run_before_does_not_end_this_one(story: str, view: View) -> None:
    assert judge(STARTING, view) == Stay(STARTING), story
    assert judge(STARTING, view, "11:15") == Retake(replace(STARTING, tries=2)), "nobody's start can still arrive"


def test_a_state_from_before_the_run_before_does_not_end_this_one_either() -> None:
    restarted = seen(arm.ended(0), arm.ended(1, "09:59:00", "10:00:00"), restarts=1, policy="OnFailure")
    assert restarted.started == PRIOR
    assert judge(STARTING, restarted) == Stay(STARTING)


def test_a_new_start_time_is_this_runs() -> None:
    assert judge(STARTING, seen(arm.running("11:00:20"), arm.ended(0))) == Stay(RUNNING)


def test_the_first_start_of_a_group_that_never_ran_is_this_runs() -> None:
    assert judge(replace(STARTING, prior=None), seen(arm.running("11:00:20"))) == Stay(replace(RUNNING, prior=None))


@pytest.mark.parametrize(
    ("story", "code", "view"),
    [
        ("ended well", 0, seen(arm.ended(0, "11:00:20", "11:04:00"), arm.ended(0))),
        ("ended badly", 3, seen(arm.ended(3, "11:00:20", "11:04:00"), arm.ended(0))),
        ("started again since", 3, seen(arm.running("11:04:10"), arm.ended(3, "11:00:20", "11:04:00"))),
    ],
)
@pytest.mark.parametrize("before", [STARTING, RUNNING])
def test_its_own_end_closes_it(before: Run, story: str, code: int, view: View) -> None:
    end = closed(before, view)
    assert (end.exit_code, end.finished) == (code, at("11:04")), story
    assert end.state is (State.FAILED if code else State.SUCCEEDED)


def test_it_needs_no_tags() -> None:
    assert judge(RUNNING, seen(arm.running("11:00:20"))) == Stay(RUNNING)


def test_its_timeout_counts_from_its_own_start() -> None:
    view = seen(arm.running("11:00:20"), arm.ended(0))
    assert judge(RUNNING, view, "12:00:20") == Stay(RUNNING)
    assert closed(RUNNING, view, "12:00:21").cause is Cause.TIMEOUT


def test_it_is_cancelled_while_it_runs() -> None:
    view = seen(arm.running("11:00:20"), arm.ended(0))
    assert closed(replace(RUNNING, cancel=True), view).state is State.CANCELLED


def test_a_stop_by_hand_fails_it() -> None:
    view = seen(arm.stopped("11:04:00"), arm.running("11:00:20"), state="Stopped")
    end = closed(RUNNING, view)
    assert (end.state, end.exit_code) == (State.FAILED, None)
    assert "was stopped by somebody" in end.why


def test_before_its_start_a_cancel_waits_for_the_lease() -> None:
    one = replace(STARTING, cancel=True)
    assert judge(one, seen(arm.ended(0))) == Stay(one)
    assert closed(one, seen(arm.ended(0)), "11:15").why == "cancelled on request before it started"


def test_a_group_that_does_not_start_is_given_up_after_four_tries() -> None:
    end = closed(replace(STARTING, tries=4), seen(arm.ended(0)), "11:15:01")
    assert (end.cause, end.absent) == (Cause.PLATFORM, True)


def test_a_group_that_was_removed_before_the_start_fails_the_run_with_a_sentence() -> None:
    first = judge(STARTING, None)
    assert isinstance(first, Stay)
    end = closed(first.run, None, "11:08")
    assert (end.state, end.absent) == (State.FAILED, True)
    assert "vanished" in end.why


def test_a_group_that_vanished_while_running_is_lost_only_after_two_minutes_without_it() -> None:
    first = judge(RUNNING, None)
    assert isinstance(first, Stay)
    assert first.run.missing == at("11:05")
    end = closed(first.run, None, "11:07")
    assert end.state is State.LOST


@pytest.mark.parametrize("minutes", [1, 30, 59])
def test_a_look_that_changes_nothing_changes_no_entry(minutes: int) -> None:
    now = f"{at('11:00') + timedelta(minutes=minutes):%H:%M}"
    assert judge(RUNNING, seen(arm.running("11:00:20"), arm.ended(0)), now) == Stay(RUNNING)
