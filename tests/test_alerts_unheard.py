"""A webhook that takes nothing: a line of the log when it begins, one when it is over, and Health all the while."""

from dataclasses import replace
from datetime import timedelta

import pytest

from scheduler.alerts.letter import deaf_from_text
from scheduler.desk.health import health
from scheduler.desk.unsent import Unsent
from scheduler.facts.fact import ERROR, NOTE, WARNING, Fact
from scheduler.ports import Reply, Unknown
from scheduler.row import HEARTBEAT
from tests.world import World, at, minutes
from tests.world.story import SETTINGS

HOOK, OTHER = "https://hooks.example.com:8443/secret", "https://other.example.com/secret"
SHOWN = "https://hooks.example.com:8443/***"
PEOPLE = replace(SETTINGS, alert_webhook=HOOK)


class Watched(World):
    """A world that keeps what is told, and what of that is about alerts on their way."""

    def __init__(self, jobs: int = 1) -> None:
        self.facts: list[Fact] = []
        super().__init__("08:55", PEOPLE)
        self.listen()
        self.groups.behave(start_delay=1, duration=20, exit_code=3)
        for number in range(jobs):
            self.add(f"weather/job{number}", Schedule="0 * * * *", Image="loads")
        self.ticks("08:56", "08:58", "09:00")

    def listen(self) -> None:
        self.ports.telemetry.tell = self.facts.append  # type: ignore[method-assign,assignment]

    def play(self, first: str, last: str) -> list[tuple[int, str]]:
        """Tick and send each minute; gives what was said of alerts on their way, and how much it weighs."""
        self.facts.clear()
        for now in minutes(first, last):
            self.tick(now)
            self.send()
        return [(fact.weight, fact.sentence) for fact in self.facts if "lert" in fact.sentence]

    def begin_anew(self) -> None:
        self.restart()
        self.listen()


FAILING = (WARNING, f"Alerts do not arrive at {SHOWN}, and are tried again: it answered 503.")
BACK = (NOTE, f"Alerts arrive again at {SHOWN}.")


def test_it_is_said_once_when_it_begins_and_once_when_it_is_over() -> None:
    world = Watched()
    world.webhooks.answer(HOOK, *[Reply(503)] * 4)
    assert world.play("09:01", "09:15") == [FAILING]
    assert world.webhooks.posts == 4
    assert world.play("09:16", "09:30") == [BACK]
    assert world.play("09:31", "10:30") == []


def test_a_process_that_follows_knows_what_the_one_before_it_said() -> None:
    world = Watched()
    world.webhooks.answer(HOOK, Reply(503), Reply(503), Reply(503))
    assert world.play("09:01", "09:02") == [FAILING]
    world.begin_anew()
    assert world.play("09:03", "09:07") == []
    world.begin_anew()
    assert world.play("09:08", "09:09") == [BACK]
    assert "secret" not in str(world.jobs.rows[HEARTBEAT].columns["Deaf"])


def test_each_webhook_is_told_of_by_itself() -> None:
    world = Watched(2)
    world.edit("weather/job1", AlertTo=OTHER)
    world.webhooks.answer(HOOK, Reply(503))
    world.webhooks.answer(OTHER, Unknown("it is away"))
    assert world.play("09:01", "09:01") == [
        FAILING,
        (WARNING, "Alerts do not arrive at https://other.example.com/***, and are tried again: it is away."),
    ]  # fmt: skip


def test_what_is_refused_for_good_is_told_each_time_and_the_return_once() -> None:
    world = Watched(2)
    world.webhooks.answer(HOOK, Reply(404))
    told = f"An alert could not be sent to {SHOWN}: it answered 404. It was given up: Failed: weather/job0 and 1 more."
    assert world.play("09:01", "09:10") == [(ERROR, told)]
    world.groups.behave(duration=20)
    assert world.play("10:00", "10:01") == [BACK]


# Health


def seen(world: World, when: str) -> tuple[Unsent, ...]:
    return health(world.ports, at(when)).unsent


def test_health_tells_how_many_wait_since_when_and_what_the_last_try_met() -> None:
    world = Watched(2)
    world.webhooks.answer(HOOK, *[Reply(503)] * 2)
    world.play("09:01", "09:02")
    (one,) = seen(world, "09:02")
    assert (one.waiting, one.oldest, one.said, one.given_up) == (2, at("09:01"), "it answered 503", 0)
    assert one.sentence == (
        f"2 alerts wait to be sent to {SHOWN}, the oldest since 2026-11-22T09:01:00Z; the last try: it answered 503."
    )
    assert world.spent(lambda: seen(world, "09:02")) == 1
    world.play("09:03", "09:05")
    assert seen(world, "09:05") == ()


def test_health_tells_what_was_given_up_until_the_webhook_takes_something_again() -> None:
    world = Watched()
    world.webhooks.answer(HOOK, Reply(410))
    world.play("09:01", "09:02")
    (one,) = seen(world, "09:02")
    assert one.sentence == f"1 alert was given up, and nobody was told: it answered 410 ({SHOWN})."
    world.groups.behave(duration=20)
    world.play("10:00", "10:01")
    assert seen(world, "10:01") == ()


def moved(world: Watched, to: str) -> None:
    """Let the setting name another webhook from now on."""
    world.settings = replace(world.settings, alert_webhook=to)
    world.restart()


def test_a_webhook_that_the_setting_names_since_is_not_blamed_for_what_the_one_before_it_refused() -> None:
    """Scenario: the old address was wrong and is mended, and Health says that the new one answers 404."""
    world = Watched(2)
    world.edit("weather/job1", AlertTo=OTHER)
    world.webhooks.answer(HOOK, Reply(404))
    world.webhooks.answer(OTHER, Reply(410))
    world.play("09:01", "09:02")
    moved(world, "https://new.example.com/hook")
    told = {one.to: one.sentence for one in seen(world, "09:02")}
    assert told == {
        "https://new.example.com/***": f"1 alert was given up, and nobody was told: it answered 404 ({SHOWN}).",
        "https://other.example.com/***": "1 alert was given up, and nobody was told: it answered 410 "
        "(https://other.example.com/***).",
    }


def test_what_waits_goes_to_the_webhook_that_the_setting_names_now_and_says_who_did_not_take_it() -> None:
    world = Watched()
    world.webhooks.answer(HOOK, *[Reply(503)] * 2)
    world.play("09:01", "09:02")
    moved(world, "https://new.example.com/hook")
    (one,) = seen(world, "09:02")
    assert one.sentence == (
        "1 alert waits to be sent to https://new.example.com/***, the oldest since 2026-11-22T09:01:00Z; "
        f"the last try, at {SHOWN}: it answered 503."
    )
    assert "secret" not in str(one)
    world.play("09:03", "09:05")
    assert seen(world, "09:05") == ()


def test_what_nobody_took_for_a_day_is_given_up_and_said() -> None:
    world = Watched()
    world.webhooks.answer(HOOK, *[Reply(503)] * 100)
    told = world.play("09:01", "2026-11-23 09:30")
    assert told[0] == FAILING
    assert [weight for weight, _ in told].count(ERROR) == 1
    (one,) = seen(world, "2026-11-23 09:30")
    assert (one.given_up, one.why) == (1, "it answered 503")


def test_news_that_was_not_tried_yet_is_nothing_that_health_tells() -> None:
    world = Watched()
    world.tick("09:01")
    assert seen(world, "09:01") == ()


def test_an_idle_tick_costs_no_transaction_more_while_alerts_wait() -> None:
    world = Watched()
    world.webhooks.answer(HOOK, Reply(429, timedelta(hours=2)))
    world.play("09:01", "09:05")
    world.facts.clear()
    assert world.spent(lambda: world.tick("09:06")) + world.spent(world.send) == 2


@pytest.mark.parametrize("cell", [None, "", "[]", "{", '{"a": 1}', 5])
def test_a_mangled_memory_of_it_is_none(cell: str) -> None:
    assert deaf_from_text(cell) == {}
    world = Watched()
    world.jobs.put(HEARTBEAT, {**world.jobs.rows[HEARTBEAT].columns, "Deaf": cell or ""})
    world.begin_anew()
    world.webhooks.answer(HOOK, Reply(503))
    assert world.play("09:01", "09:01") == [FAILING]
