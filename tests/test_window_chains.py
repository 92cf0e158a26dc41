"""Which due time of a chain runs: the newest of its links, within its bounds, its Grace and its Jitter."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduler.chain import Link
from scheduler.schedule import Schedule
from scheduler.standing import Standing
from scheduler.window import delay, undecided
from tests.calendars import JOB, at
from tests.test_window import CHAIN, MINUTE, choice, graced, told

# chains


def link(due: str, ready: str = "10:05") -> Link:
    return Link(at(due), None, {"weather/a": at(due)}, at(ready))


def test_a_link_is_due_at_once_with_its_upstreams_due_time() -> None:
    made = choice("10:00", "10:06", CHAIN, link("10:00"))
    assert (told(made), made.following) == (("10:00", []), None)
    fresh = undecided(CHAIN, Standing(JOB), at("10:06"), link("10:00"))
    assert fresh
    assert (fresh.first, fresh.last, fresh.following) == (at("10:00"), at("10:00"), None)


def test_without_a_link_a_chain_is_not_due_whatever_its_row_says() -> None:
    assert undecided(CHAIN, Standing(JOB), at("10:06"), None) is None


def test_of_what_waited_and_what_came_since_the_newest_runs() -> None:
    made = choice("10:00", "11:06", CHAIN, link("11:00", "11:05"))
    assert told(made) == ("11:00", ["10:00"])
    assert made.passing[0].why == "its upstreams succeeded again before it could start"


def test_a_row_that_waits_for_what_is_newer_than_the_link_believes_the_link() -> None:
    made = choice("11:00", "11:06", CHAIN, link("10:00"))
    assert told(made) == ("10:00", [])


@pytest.mark.parametrize(("due", "runs"), [("09:59", False), ("10:00", True), ("11:00", True), ("11:01", False)])
def test_a_link_outside_start_at_and_end_at_is_none(due: str, runs: bool) -> None:
    bounded = replace(CHAIN, schedule=Schedule.parse("after a", start=at("10:00"), end=at("11:00")))
    assert bool(undecided(bounded, Standing(JOB), at("12:00"), link(due))) is runs


def test_a_link_is_due_from_when_the_last_of_its_upstreams_ended() -> None:
    assert undecided(CHAIN, Standing(JOB), at("10:04:59"), link("10:00")) is None
    assert undecided(CHAIN, Standing(JOB), at("10:05"), link("10:00"))


@pytest.mark.parametrize(("ready", "counts_from"), [("10:05", "10:05"), (None, "10:00")])
def test_the_jitter_of_a_chain_puts_it_off_from_there(ready: str | None, counts_from: str) -> None:
    job = replace(CHAIN, jitter=30 * MINUTE)
    one = Link(at("10:00"), None, {}, at(ready) if ready else None)
    before = at(counts_from) + delay(job) - timedelta(seconds=1)
    assert undecided(job, Standing(JOB), before, one) is None
    assert undecided(job, Standing(JOB), before + timedelta(seconds=1), one)


@pytest.mark.parametrize(
    ("story", "ready", "now", "runs"),
    [
        ("its upstream took an hour", "11:00", "11:05", True),
        ("its upstream took an hour, and it waited too long since", "11:00", "11:10:01", False),
        ("an upstream whose end nobody knows counts from its due time", None, "10:10", True),
        ("the same, too late", None, "10:10:01", False),
    ],
)
def test_the_grace_of_a_chain_counts_from_when_it_could_start(
    story: str, ready: str | None, now: str, runs: bool
) -> None:
    one = Link(at("10:00"), None, {}, at(ready) if ready else None)
    made = choice("10:00", now, graced(10, CHAIN), one)
    assert told(made) == (("10:00", []) if runs else ("none", ["10:00"])), story


def test_what_waited_too_long_passes_beside_a_newer_one_that_did_not() -> None:
    one = Link(at("12:00"), None, {}, None)
    assert told(choice("10:00", "12:05", graced(10, CHAIN), one)) == ("12:00", ["10:00"])
