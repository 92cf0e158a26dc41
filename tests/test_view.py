"""What ACI says of a group: the shapes of its answers, read without surprise."""

from datetime import UTC, datetime
from typing import Any

import pytest

from scheduler.view import Spell, View, instant
from tests import arm
from tests.calendars import at


def test_a_group_that_was_just_created_has_no_states() -> None:
    view = arm.seen(provisioning="Pending", state="Pending")
    assert (view.name, view.provisioning, view.state, view.container) == (arm.GROUP, "Pending", "Pending", "job")
    assert view.tags == arm.OURS
    assert (view.current, view.previous, view.started, view.first_end()) == (Spell(), Spell(), None, None)
    assert view.digest == ""


def test_a_running_container_says_since_when() -> None:
    view = arm.seen(arm.running(), events=[arm.PULLING, arm.PULLED, arm.STARTED])
    assert view.started == datetime(2026, 11, 22, 10, 0, 18, 123456, UTC)
    assert view.first_end() is None
    assert view.digest == arm.DIGEST


def test_an_item_of_a_list_has_no_states() -> None:
    item = arm.body()
    del item["properties"]["instanceView"]
    view = View.from_arm(item)
    assert (view.state, view.current, view.tags) == ("", Spell(), arm.OURS)


@pytest.mark.parametrize("code", [0, 1, 3, 111, 137, 7147])
def test_an_ended_container_tells_its_exit_code_and_times(code: int) -> None:
    end = arm.seen(arm.ended(code), state="Failed" if code else "Succeeded").first_end()
    assert end is not None
    assert (end.exit_code, end.finished) == (code, at("10:05"))


def test_the_first_end_counts_though_the_platform_started_the_container_again() -> None:
    restarted = arm.seen(arm.running("10:06:00"), arm.ended(3), restarts=1)
    end = restarted.first_end()
    assert end is not None
    assert end.exit_code == 3
    twice = arm.seen(arm.ended(0, "10:06:00", "10:08:00"), arm.ended(3), restarts=1).first_end()
    assert twice is not None
    assert (twice.exit_code, twice.finished) == (3, at("10:05"))


def test_a_crash_loop_shows_its_exit_in_the_previous_state() -> None:
    loop = arm.waiting("CrashLoopBackOff: Back-off restarting failed")
    view = arm.seen(loop, arm.ended(1), restarts=4)
    assert (view.current.detail, view.restarts) == ("CrashLoopBackOff: Back-off restarting failed", 4)
    end = view.first_end()
    assert end is not None
    assert end.exit_code == 1


@pytest.mark.parametrize(
    ("story", "view"),
    [
        ("2024: neither exit code nor start time", arm.seen(arm.stopped(), arm.running(), state="Stopped")),
        ("2021: no instanceView at all", arm.seen(state="Stopped")),
    ],
)
def test_a_stop_is_no_end(story: str, view: View) -> None:
    assert view.state == "Stopped", story
    assert view.first_end() is None


def test_a_stopped_container_keeps_its_start_in_the_previous_state() -> None:
    assert arm.seen(arm.stopped(), arm.running(), state="Stopped").started is not None


def test_of_an_existing_group_the_end_of_the_run_before_is_not_this_runs() -> None:
    before = arm.seen(arm.ended(0))
    assert before.first_end(before.started) is None
    now = arm.seen(arm.running("11:00:20"), arm.ended(0))
    assert now.first_end(before.started) is None
    over = arm.seen(arm.ended(5, "11:00:20", "11:02:00"), arm.ended(0)).first_end(before.started)
    assert over is not None
    assert over.exit_code == 5


def test_the_digest_is_the_first_that_a_pull_event_names() -> None:
    events = [{"name": "Created"}, {"message": None}, arm.event("Pulling", "pulling image weather:1"), arm.PULLED]
    assert arm.seen(arm.running(), events=events).digest == arm.DIGEST


@pytest.mark.parametrize("quote", ['"', "'", " "])
def test_the_digest_ends_where_the_message_ends_it(quote: str) -> None:
    said = arm.event("Pulled", f"pulled image {quote}weather@{arm.DIGEST}{quote} in 3 s")
    assert arm.seen(arm.running(), events=[said]).digest == arm.DIGEST


def test_a_message_that_is_cut_names_no_digest() -> None:
    assert arm.seen(arm.running(), events=[arm.event("Pulling", "pulling weather@sha256:")]).digest == ""


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"properties": None},
        {"properties": {"containers": [], "instanceView": None}, "tags": None},
        {"properties": {"containers": [{"properties": {"instanceView": {"currentState": None, "events": None}}}]}},
        {"properties": {"containers": [{"properties": None}], "instanceView": {"events": None, "state": None}}},
    ],
)
def test_what_is_missing_is_as_if_not_said(said: dict[str, Any]) -> None:
    view = View.from_arm(said)
    assert (view.current, view.previous, view.tags, view.restart_policy) == (Spell(), Spell(), {}, "Always")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-22T10:00:18Z", datetime(2026, 11, 22, 10, 0, 18, tzinfo=UTC)),
        ("2026-11-22T10:00:18.1Z", datetime(2026, 11, 22, 10, 0, 18, 100_000, UTC)),
        ("2026-11-22T10:00:18.1234567Z", datetime(2026, 11, 22, 10, 0, 18, 123_456, UTC)),
        ("2026-11-22T11:00:18+01:00", datetime(2026, 11, 22, 10, 0, 18, tzinfo=UTC)),
        ("2026-11-22T10:00:18", datetime(2026, 11, 22, 10, 0, 18, tzinfo=UTC)),
        ("", None),
        ("soon", None),
        (None, None),
        (1700000000, None),
    ],
)
def test_arms_time_stamps(text: object, read: datetime | None) -> None:
    assert instant(text) == read
