"""What one look at a group means for its run; run due and claimed at 10:00, lease to 10:15, Timeout 1 h."""

from dataclasses import replace
from typing import Any

import pytest

from scheduler import verdict
from scheduler.run import Cause, Event, Run, State
from scheduler.verdict import Close, Retake, Stay
from scheduler.view import View
from tests import arm
from tests.calendars import at, run

STARTING = run(at("10:00"))
RUNNING = replace(STARTING, state=State.RUNNING)


def judge(one: Run, view: View | None, now: str = "10:06") -> verdict.Verdict:
    return verdict.judge(one, view, at(now), "acct/Jobs")


def closed(one: Run, view: View | None, now: str = "10:06") -> Close:
    made = judge(one, view, now)
    assert isinstance(made, Close), made
    return made


# while it goes


@pytest.mark.parametrize(
    ("story", "view"),
    [
        ("just created", arm.seen(provisioning="Pending", state="Pending")),
        ("before the first pull", arm.seen(provisioning="Creating", state="Pending")),
        ("pulling", arm.seen(arm.waiting(), provisioning="Creating", state="Pending", events=[arm.PULLING])),
        ("running", arm.seen(arm.running(), events=[arm.PULLED, arm.STARTED])),
        ("started is all that Succeeded means", arm.seen(arm.running(), provisioning="Succeeded")),
        ("being moved to another node", arm.seen(arm.running(), provisioning="Repairing")),
        ("unhealthy", arm.seen(arm.running(), provisioning="Unhealthy")),
        ("a state nobody told us of", arm.seen(arm.waiting(), provisioning="PreProvisioned", state="Dreaming")),
    ],
)
@pytest.mark.parametrize("before", [STARTING, RUNNING])
def test_a_group_that_is_there_is_a_run_that_runs(before: Run, story: str, view: View) -> None:
    assert judge(before, view) == Stay(RUNNING), story


# how a container ends


@pytest.mark.parametrize("before", [STARTING, RUNNING])
def test_exit_zero_is_success_with_the_times_of_the_container(before: Run) -> None:
    end = closed(before, arm.seen(arm.ended(0), state="Succeeded"))
    assert (end.state, end.cause, end.exit_code) == (State.SUCCEEDED, Cause.NONE, 0)
    assert end.finished == at("10:05")
    assert end.started is not None
    assert end.started.replace(microsecond=0) == at("10:00:18")


@pytest.mark.parametrize(
    ("code", "cause", "why"),
    [
        (1, Cause.EXIT, "the container exited with code 1"),
        (3, Cause.EXIT, "the container exited with code 3"),
        (137, Cause.EXIT, "code 137: it was killed, most often for using more than MemoryGb"),
        (127, Cause.EXIT, "code 127: its command was not found in the image"),
        (139, Cause.EXIT, "code 139"),
        (7147, Cause.PLATFORM, "the platform ended the container (exit code 7147)"),
        (7148, Cause.PLATFORM, "the platform ended the container (exit code 7148)"),
    ],
)
def test_any_other_exit_is_a_failure_and_the_platforms_own_are_its_own(code: int, cause: Cause, why: str) -> None:
    end = closed(RUNNING, arm.seen(arm.ended(code), state="Failed"))
    assert (end.state, end.cause, end.exit_code) == (State.FAILED, cause, code)
    assert why in end.why


@pytest.mark.parametrize(
    ("story", "view"),
    [
        ("running again", arm.seen(arm.running("10:05:20"), arm.ended(3), restarts=1)),
        ("succeeded the second time", arm.seen(arm.ended(0, "10:05:20", "10:05:50"), arm.ended(3), restarts=1)),
        ("backing off", arm.seen(arm.waiting("CrashLoopBackOff: Back-off restarting failed"), arm.ended(3))),
        ("stopped since", arm.seen(arm.stopped(), arm.ended(3), state="Stopped")),
    ],
)
def test_the_first_exit_decides_though_the_platform_started_the_container_again(story: str, view: View) -> None:
    assert closed(RUNNING, view).exit_code == 3, story


@pytest.mark.parametrize(
    ("story", "view", "detail"),
    [
        ("2024", arm.seen(arm.stopped(), arm.running(), state="Stopped"), "Container stopped per client request"),
        ("2021", arm.seen(state="Stopped"), "no exit code"),
    ],
)
def test_a_container_that_somebody_stopped_did_not_succeed(story: str, view: View, detail: str) -> None:
    end = closed(RUNNING, view)
    assert (end.state, end.cause, end.exit_code) == (State.FAILED, Cause.PLATFORM, None), story
    assert detail in end.why


# how a group does not come up


@pytest.mark.parametrize(
    ("cause", "events"),
    [
        (Cause.CAPACITY, [arm.event("InsufficientCapacity.", "The requested resource is not available", "Warning")]),
        (Cause.IMAGE, [arm.PULLING, arm.event("Failed", "Failed to pull image: not found", "Warning")]),
        (Cause.IMAGE, [arm.event("Failed", "the registry answered 401", "Warning")]),
        (Cause.PLATFORM, [arm.PULLING, arm.PULLED, arm.event("BackOff", "Back-off restarting", "Warning")]),
        (Cause.PLATFORM, [arm.event("FailedMount", "the share is not there", "Warning")]),
        (Cause.PLATFORM, []),
    ],
)
@pytest.mark.parametrize("current", [None, arm.waiting()])
def test_a_failed_provisioning_is_told_by_its_events(cause: Cause, events: list[Any], current: Any) -> None:
    end = closed(STARTING, arm.seen(current, provisioning="Failed", state="Pending", events=events))
    assert (end.state, end.cause) == (State.FAILED, cause)
    assert end.why.startswith("ACI could not start the group: ")
    assert not events or events[-1]["message"] in end.why
    assert len(end.why) < 400


def test_an_exit_counts_more_than_a_failed_provisioning() -> None:
    assert closed(RUNNING, arm.seen(arm.ended(0), provisioning="Failed")).state is State.SUCCEEDED


# limits


def test_the_timeout_counts_from_the_containers_start() -> None:
    assert judge(RUNNING, arm.seen(arm.running()), "11:00:18") == Stay(RUNNING)
    end = closed(RUNNING, arm.seen(arm.running()), "11:00:19")
    assert (end.state, end.cause) == (State.FAILED, Cause.TIMEOUT)
    assert end.why == "it ran longer than its Timeout of 1h"


def test_a_container_that_ended_in_time_is_no_timeout_however_late_the_look() -> None:
    assert closed(RUNNING, arm.seen(arm.ended(0)), "23:00").state is State.SUCCEEDED


@pytest.mark.parametrize("view", [arm.seen(state="Pending"), arm.seen(arm.waiting(), state="Pending")])
def test_the_start_timeout_counts_from_the_claim_and_is_the_platforms_failure(view: View) -> None:
    assert judge(RUNNING, view, "10:15") == Stay(RUNNING)
    end = closed(RUNNING, view, "10:15:01")
    assert (end.state, end.cause, end.absent) == (State.FAILED, Cause.PLATFORM, False)
    assert end.why == "it did not start within its StartTimeout of 15m"


def test_the_start_timeout_of_a_run_that_was_claimed_anew_counts_from_then() -> None:
    anew = replace(RUNNING, lease=at("10:36"), tries=2)
    assert judge(anew, arm.seen(state="Pending"), "10:36") == Stay(anew)
    assert closed(anew, arm.seen(state="Pending"), "10:36:01").cause is Cause.PLATFORM


BACK_OFF = arm.event("BackOff", "Back-off pulling image", "Warning")


@pytest.mark.parametrize(
    ("story", "cause", "events"),
    [
        ("its image cannot be pulled", Cause.IMAGE, [arm.PULLING, arm.event("Failed", "Failed to pull image")]),
        ("nor when it is tried again and again", Cause.IMAGE, [arm.PULLING, BACK_OFF]),
        ("the pull is only slow", Cause.PLATFORM, [arm.PULLING]),
        ("the pull is done", Cause.PLATFORM, [arm.PULLING, arm.PULLED, arm.event("Failed", "no such mount of image")]),
        ("there is no room", Cause.CAPACITY, [arm.event("InsufficientCapacity.", "not available in the location")]),
        ("its volume cannot be mounted", Cause.PLATFORM, [arm.event("Failed", "the share is not there")]),
    ],
)
def test_what_does_not_start_in_time_is_blamed_on_what_its_events_tell(
    story: str, cause: Cause, events: list[Any]
) -> None:
    view = arm.seen(arm.waiting(), provisioning="Creating", state="Pending", events=events)
    end = closed(RUNNING, view, "10:16")
    assert end.cause is cause, story
    assert end.why.startswith("it did not start within its StartTimeout of 15m: ")
    assert events[-1]["message"] in end.why
    assert judge(RUNNING, view, "10:15") == Stay(RUNNING), "until then it is waited for"


# cancel


@pytest.mark.parametrize("view", [arm.seen(state="Pending"), arm.seen(arm.running())])
@pytest.mark.parametrize("before", [STARTING, RUNNING])
def test_a_cancel_closes_a_run_whose_group_is_there(before: Run, view: View) -> None:
    end = closed(replace(before, cancel=True), view)
    assert (end.state, end.cause, end.why, end.absent) == (State.CANCELLED, Cause.NONE, "cancelled on request", False)


@pytest.mark.parametrize(("code", "state"), [(0, State.SUCCEEDED), (3, State.FAILED)])
def test_a_cancel_that_came_too_late_changes_nothing(code: int, state: State) -> None:
    assert closed(replace(RUNNING, cancel=True), arm.seen(arm.ended(code))).state is state


def test_what_was_stopped_for_a_cancel_is_cancelled() -> None:
    view = arm.seen(arm.stopped(), arm.running(), state="Stopped")
    assert closed(replace(RUNNING, cancel=True), view).state is State.CANCELLED


# 404


@pytest.mark.parametrize("now", ["10:01", "10:14:59"])
@pytest.mark.parametrize("cancel", [False, True])
def test_until_the_lease_ends_a_group_that_is_not_there_may_still_come(now: str, cancel: bool) -> None:
    one = replace(STARTING, cancel=cancel)
    assert judge(one, None, now) == Stay(one)


def test_after_the_lease_a_group_that_never_came_is_created_anew() -> None:
    assert judge(STARTING, None, "10:15") == Retake(replace(STARTING, tries=2))


def test_after_the_lease_a_cancelled_run_that_never_came_is_over() -> None:
    end = closed(replace(STARTING, cancel=True), None, "10:15")
    assert (end.state, end.why, end.absent) == (State.CANCELLED, "cancelled on request before it started", True)


def test_a_tick_that_comes_hours_late_still_creates_what_was_claimed() -> None:
    assert judge(STARTING, None, "18:00") == Retake(replace(STARTING, tries=2))


def test_what_came_back_from_runs_and_is_not_there_is_another_attempts_to_try() -> None:
    restored = replace(STARTING, tick="")
    assert judge(restored, None, "10:14") == Stay(restored)
    end = closed(restored, None, "10:15")
    assert (end.state, end.cause) == (State.FAILED, Cause.PLATFORM)
    assert end.why.endswith("if it ran, its log is lost")
    called_off = closed(replace(restored, cancel=True), None, "10:15")
    assert (called_off.state, called_off.why) == (
        State.CANCELLED,
        "cancelled on request; its container group was not found: if it ran, its log is lost",
    )


def test_what_cannot_be_created_in_four_tries_is_given_up() -> None:
    assert judge(replace(STARTING, tries=3), None, "10:15") == Retake(replace(STARTING, tries=4))
    end = closed(replace(STARTING, tries=4), None, "10:15")
    assert (end.state, end.cause, end.absent) == (State.FAILED, Cause.PLATFORM, True)
    assert "4 tries" in end.why


def test_a_group_that_vanished_is_lost_only_after_two_minutes_without_it() -> None:
    first = judge(RUNNING, None, "10:06")
    assert first == Stay(replace(RUNNING, missing=at("10:06")))
    assert isinstance(first, Stay)
    assert judge(first.run, None, "10:07:59") == first
    end = closed(first.run, None, "10:08")
    assert (end.state, end.event, end.cause) == (State.LOST, Event.VANISHED, Cause.PLATFORM)
    assert (end.absent, end.why) == (True, "its container group vanished; it was missing since 2026-11-22T10:06:00Z")


def test_a_group_that_is_back_was_never_lost() -> None:
    assert judge(replace(RUNNING, missing=at("10:05")), arm.seen(arm.running())) == Stay(RUNNING)


def test_a_cancelled_run_whose_group_is_gone_is_cancelled() -> None:
    end = closed(replace(RUNNING, cancel=True), None)
    assert (end.state, end.absent) == (State.CANCELLED, True)
    assert end.why == "cancelled on request; its group was gone"


@pytest.mark.parametrize(
    ("story", "before", "view", "now", "more"),
    [
        ("its group is there", RUNNING, arm.seen(arm.running()), "10:06", ""),
        ("it was stopped", RUNNING, arm.seen(arm.stopped(), arm.running(), state="Stopped"), "10:06", ""),
        ("its group is gone", RUNNING, None, "10:06", "; its group was gone"),
        ("its group never came", STARTING, None, "10:15", " before it started"),
    ],
)
def test_what_a_newer_run_replaces_says_so(story: str, before: Run, view: View | None, now: str, more: str) -> None:
    end = closed(replace(before, cancel=True, replaced=True), view, now)
    assert (end.state, end.cause) == (State.CANCELLED, Cause.NONE), story
    assert end.why == f"replaced by a newer run (Overlap replace){more}"


# somebody else's


@pytest.mark.parametrize(
    "tagged",
    [{}, {**arm.OURS, "crontable-installation": "other/Jobs"}, {**arm.OURS, "crontable-attempt": "2"}],
)
@pytest.mark.parametrize("current", [arm.running(), arm.ended(0)])
def test_a_group_of_that_name_with_other_tags_is_left_alone(tagged: dict[str, str], current: Any) -> None:
    end = closed(STARTING, arm.seen(current, tagged=tagged))
    assert (end.state, end.cause, end.absent) == (State.FAILED, Cause.PLATFORM, True)
    assert end.why == f"container group {arm.GROUP} is there with other tags: it is not ours, and was left alone"
