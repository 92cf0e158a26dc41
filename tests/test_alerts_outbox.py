"""News on its way: none is lost or told twice whatever is killed, and no webhook delays or breaks a tick."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from scheduler import wiring
from scheduler.alerts.letter import Letter, is_letter
from scheduler.ports import Reply
from scheduler.row import NEVER, Row
from tests.world import Killed, World, at, minutes
from tests.world.story import SETTINGS

HOOK, OTHER = "https://hooks.example.com/secret", "https://other.example.com/secret"
PEOPLE = replace(SETTINGS, alert_webhook=HOOK)
JOB = "weather/extract"


def failing(jobs: int = 1, **columns: str) -> World:
    """Jobs that are due at 09:00 and fail within the minute."""
    world = World("08:55", PEOPLE)
    world.groups.behave(start_delay=1, duration=20, exit_code=3)
    for number in range(jobs):
        name = JOB if jobs == 1 else f"weather/job{number:03}"
        world.add(name, Schedule="0 * * * *", Image="loads", **columns)
    world.ticks("08:56", "08:58", "09:00")
    return world


def sent_at(world: World, *times: str) -> None:
    for when in times:
        world.tick(when)
        world.send()


def letters(world: World) -> list[Row]:
    return [row for row in world.jobs.rows.values() if is_letter(row)]


def letter(world: World) -> Letter:
    (row,) = letters(world)
    read = Letter.from_row(row)
    assert read
    return read


def played(world: World, first: str = "09:01", last: str = "09:08") -> World:
    """Tick and send each minute; whoever is killed is followed by a fresh process."""
    for now in minutes(first, last):
        try:
            world.tick(now)
            world.send()
        except Killed:
            world.restart()
    return world


def trouble() -> World:
    """A tick at 09:01 finds a failure, data that is too old, a row that is wrong, and one that missed its due time."""
    world = failing()
    world.add("weather/old", Schedule="@daily", Image="loads", FreshFor="61m", Watermark="2026-11-22T08:00:00Z")
    world.add("weather/late", Schedule="0 * * * *", Image="loads", Grace="1m")
    world.tick("09:00:10")
    world.add("weather/wrong", Schedule="0 * * * *", Image="loads", Cpu="lots")
    world.edit("weather/late", NextDue=at("08:00"), NextRun=at("08:00"))
    world.journal.clear()
    return world


def calls() -> list[str]:
    world = trouble()
    sent_at(world, "09:01")
    return list(world.journal.lines)


CALLS = calls()
POSTED = next(index for index, line in enumerate(CALLS) if line.startswith("webhook"))


@pytest.mark.parametrize("number", range(len(CALLS)), ids=lambda number: CALLS[number][:40])
@pytest.mark.parametrize("when", ["before", "after"])
def test_news_is_told_wherever_the_tick_that_found_it_is_killed(number: int, when: str) -> None:
    world = trouble()
    kill = world.journal.kill_before if when == "before" else world.journal.kill_after
    kill(nth=number + 1)
    played(world)
    told = Counter(" ".join(said.split()[:3]) for said in world.webhooks.said)
    told.pop("weather/late failed. Failed:", None)  # its newest due time ran, and may have failed by now
    # Only a death between the post and the word that it was posted tells it again: rather twice than never.
    again = (number == POSTED and when == "after") or (number == POSTED + 1 and when == "before")
    assert told == {
        "weather/extract failed. Failed:": 1 + again,
        "weather/old has data": 1 + again,
        "weather/wrong is Invalid": 1 + again,
        "weather/late missed its": 1 + again,
    }
    assert {letter.columns["NextRun"] for letter in letters(world)} == {NEVER}


def test_news_is_in_the_table_before_the_write_that_makes_it_old() -> None:
    news = next(index for index, line in enumerate(CALLS) if "insert alert-" in line)
    settled = next(index for index, line in enumerate(CALLS) if line.startswith("jobs.submit") and "extract" in line)
    assert news < settled


def test_two_ticks_at_once_send_a_letter_once() -> None:
    world = failing()
    other = world.process()
    world.tick("09:01")
    world.tick("09:01", through=other)
    # Both have it in hand: the one from its own insert, the other from its look.
    assert (len(world.ports.memory.outbox), len(other.memory.outbox)) == (1, 1)
    world.send()
    world.send(through=other)
    assert len(world.webhooks.said) == 1


def test_a_dead_webhook_is_tried_again_with_doubling_delay_and_given_up_after_a_day() -> None:
    world = failing()
    world.webhooks.answer(HOOK, *[world.webhooks.dead] * 200)
    tried = []
    for now in minutes("09:01", "2026-11-23 12:00"):
        before = world.webhooks.posts
        world.tick(now)
        world.send()
        tried += [now] * (world.webhooks.posts - before)
    mine = [(now - tried[0]) // timedelta(minutes=1) for now in tried]
    assert mine[:8] == [0, 1, 3, 7, 15, 31, 63, 123]
    assert max(later - earlier for earlier, later in pairwise(mine)) == 60
    assert 23 * 60 <= mine[-1] <= 24 * 60
    assert letter(world).next is None
    assert world.row(JOB)["Failures"] == 27, "and no tick minded"


def test_a_webhook_that_comes_back_gets_the_news() -> None:
    world = failing()
    world.webhooks.answer(HOOK, Reply(503), world.webhooks.dead, OSError("https://hooks.example.com/secret"))
    sent_at(world, *(now.isoformat() for now in minutes("09:01", "09:20")))
    assert (world.webhooks.posts, len(world.webhooks.said)) == (4, 1)


def test_retry_after_is_obeyed() -> None:
    world = failing()
    world.webhooks.answer(HOOK, Reply(429, timedelta(minutes=10)))
    sent_at(world, *(now.isoformat() for now in minutes("09:01", "09:10")))
    assert (world.webhooks.posts, letter(world).next) == (1, at("09:11"))
    sent_at(world, "09:11")
    assert len(world.webhooks.said) == 1


class Heard:
    """Telemetry that keeps what it is told."""

    def __init__(self, world: World) -> None:
        self.said: list[str] = []
        world.ports.telemetry.tell = lambda fact: self.said.append(fact.sentence)  # type: ignore[method-assign]


@pytest.mark.parametrize("status", [301, 400, 401, 404, 410, 413])
def test_a_webhook_that_refuses_is_given_up_with_a_word_that_does_not_show_its_address(status: int) -> None:
    world = failing()
    heard = Heard(world)
    world.webhooks.answer(HOOK, Reply(status))
    sent_at(world, "09:01", "09:02", "09:20")
    assert world.webhooks.posts == 1
    (given_up,) = [said for said in heard.said if "alert" in said]
    assert given_up == (
        f"An alert could not be sent to https://hooks.example.com/***: it answered {status}. "
        f"It was given up: Failed: {JOB}."
    )


def test_the_news_of_a_tick_is_one_message_for_each_webhook_and_a_flood_is_counted() -> None:
    world = failing(60)
    world.edit("weather/job000", AlertTo=OTHER)
    world.edit("weather/job001", AlertTo="none")
    sent_at(world, "09:01")
    (mine,), (theirs,) = world.webhooks.taken[HOOK], world.webhooks.taken[OTHER]
    assert (len(mine["news"]), mine["more"], mine["title"]) == (20, 38, "58 news of jobs")
    assert [one["job"] for one in theirs["news"]] == ["weather/job000"]
    assert len(letters(world)) == 59, "who is told nowhere needs no letter"


def test_a_tick_posts_to_as_many_webhooks_as_it_has_threads_and_the_next_one_to_the_others() -> None:
    world = failing(40)
    for number in range(40):
        world.edit(f"weather/job{number:03}", AlertTo=f"https://hooks.example.com/{number}")
    sent_at(world, "09:01")
    assert world.webhooks.posts == 30
    assert world.webhooks.posts <= wiring.THREADS, "a second round would take five seconds more"
    sent_at(world, "09:02")
    assert (world.webhooks.posts, len(world.webhooks.said)) == (40, 40)


def test_what_one_webhook_does_is_nothing_to_another() -> None:
    world = failing(2)
    world.edit("weather/job000", AlertTo=OTHER)
    world.webhooks.answer(OTHER, ValueError("odd"))
    sent_at(world, "09:01")
    assert world.webhooks.said == ["weather/job001 failed. Failed: the container exited with code 3."]
    sent_at(world, "09:02")
    assert len(world.webhooks.said) == 2


def test_a_slow_webhook_delays_nothing_that_the_tick_does() -> None:
    world = failing()
    done: list[Any] = []
    world.journal.before("webhook.post *", lambda: done.append(world.row(JOB)["Status"]))
    world.journal.before("webhook.post *", lambda: done.append(world.jobs.rows["_crontable", "heartbeat"].columns))
    world.journal.before("webhook.post *", lambda: world.clock.passes(5))
    sent_at(world, "09:01")
    status, heartbeat = done
    assert (status, heartbeat["LastTick"]) == ("Failed", at("09:01"))


def test_whatever_sending_does_the_tick_was_whole() -> None:
    world = failing()
    world.journal.before("webhook.post *", lambda: world.jobs.order("submit", "lost before"))
    summary = wiring.told(world.ports, world.clock.to("09:01"))
    said = [one.sentence for one in summary.news]
    assert (summary.finished, said) == (1, [f"{JOB} failed. Failed: the container exited with code 3."])


def test_nobody_to_tell_costs_nothing_and_the_log_is_told_all_the_same() -> None:
    world = failing(AlertTo="none")
    assert world.tick("09:01").news
    assert letters(world) == []


def test_what_was_sent_is_kept_for_a_week_and_then_deleted_by_an_hourly_look() -> None:
    world = failing()
    sent_at(world, "09:01")
    assert letter(world).next is None
    assert letters(world)[0].columns["NextRun"] == NEVER
    (mine,) = letters(world)
    sent_at(world, "2026-11-29 08:00")
    assert mine in letters(world)
    sent_at(world, "2026-11-29 10:00")
    assert mine.key not in world.jobs.rows


def test_a_week_of_very_many_alerts_is_forgotten_in_one_hour() -> None:
    """Scenario: a job that flaps. If fewer were deleted than came, every full read would read more of them."""
    world = failing()
    sent_at(world, "09:01")
    (mine,) = letters(world)
    for number in range(1_500):
        world.jobs.put(("_crontable", f"alert-{number:04}"), mine.columns)
    sent_at(world, "2026-11-29 10:00")
    assert [row for row in letters(world) if row.name.startswith("alert-0") or row.name == mine.name] == []


def test_a_tick_that_took_minutes_claims_its_letters_from_its_end_on() -> None:
    """Scenario: a webhook is slow after a long tick, and the next tick looks while the post is under way."""
    world = failing()
    other = world.process()
    world.journal.before("groups.delete *", lambda: world.clock.passes(100))
    world.journal.before("webhook.post *", lambda: world.tick(through=other))
    world.journal.before("webhook.post *", lambda: world.send(through=other))
    wiring.told(world.ports, world.clock.to("09:01"))
    assert len(world.webhooks.said) == 1


MANGLED: Mapping[str, Any] = {
    "no JSON": "{", "no object": "[]", "nothing": "", "another kind": '{"kind": "war"}',
    "no time": '{"kind": "failed"}',
}  # fmt: skip


@pytest.mark.parametrize("story", MANGLED)
def test_a_letter_that_somebody_mangled_harms_nothing(story: str) -> None:
    world = failing()
    world.jobs.put(("_crontable", "alert-x"), {"Alert": MANGLED[story], "NextRun": at("08:00")})
    sent_at(world, "09:01", "09:02")
    assert len(world.webhooks.said) == 1
    assert world.tick("09:03").troubles == ()
