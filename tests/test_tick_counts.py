"""The budget of a tick, counted: storage transactions and ARM calls do not flake."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from math import ceil

import pytest

from scheduler.ports import Insert
from tests.world import World, minutes
from tests.world.story import SETTINGS

PEOPLE = "https://hooks.example.com/people"


def crowded(jobs: int, due: int, most: int = 1_000, webhook: str = "") -> World:
    """`due` of the jobs are due at 10:00, the others next year; two minutes and more have passed since they came."""
    world = World("09:30", replace(SETTINGS, max_active_runs=most, alert_webhook=webhook))
    world.groups.behave(start_delay=1, duration=30, log=lambda env: f"::watermark::{env['DUE']}\n")
    rows = [
        Insert(("team", f"job{n:05}"), {"Schedule": "0 10 * * *" if n < due else "0 0 1 1 *", "Image": "x"})
        for n in range(jobs)
    ]
    for first in range(0, jobs, 100):
        world.jobs.submit(rows[first : first + 100])
    world.ticks("09:31", "09:32", "09:35")
    world.groups.calls.clear()
    return world


@pytest.mark.parametrize("jobs", [10, 1_000, 10_000])
def test_an_idle_tick_is_one_look_and_one_heartbeat_whatever_there_is(jobs: int) -> None:
    world = crowded(jobs, 0)
    assert world.spent(lambda: world.tick("09:36")) == 2
    assert not world.groups.calls


@pytest.mark.parametrize("due", [1, 10, 100, 250, 1_250])
def test_a_tick_with_due_jobs_adds_a_batch_of_claims_and_one_of_registrations(due: int) -> None:
    world = crowded(max(1_000, due), due, most=2_000)
    before = world.transactions
    first_put: list[int] = []
    world.journal.before("groups.create *", lambda: first_put.append(world.transactions - before))
    spent = world.spent(lambda: world.tick("10:00"))
    look = ceil(due / 1_000)  # a transaction for each page
    assert first_put == [look + 2 * ceil(due / 100)]
    assert spent == look + 1 + 3 * ceil(
        due / 100
    )  # and one that says which groups are there: they may not be made twice
    assert dict(world.groups.calls) == {"create": due}


def test_more_than_a_thousand_claims_are_whole_transactions_of_each_partition() -> None:
    world = World("09:30", replace(SETTINGS, max_active_runs=5_000))
    world.groups.behave(start_delay=1, duration=30)
    for team in range(30):
        world.jobs.submit(
            [Insert((f"team{team:02}", f"job{n:02}"), {"Schedule": "0 10 * * *", "Image": "x"}) for n in range(60)]
        )
    world.ticks("09:31", "09:32", "09:35")
    assert world.spent(lambda: world.tick("10:00")) == 2 + 1 + 3 * 30  # two pages


def test_what_waits_in_line_costs_its_row_once_and_nothing_while_nothing_changes() -> None:
    world = crowded(1_000, 250, most=90)
    world.groups.behave(duration=None)
    # The claims and the registrations of 90, a row that says that each runs or waits, and nothing else for the others.
    assert world.spent(lambda: world.tick("10:00")) == 2 + 1 + 1 + ceil(250 / 100)
    assert dict(world.groups.calls) == {"create": 90}
    assert spent_each(world, *minutes("10:01", "10:03")) == [2] * 3
    assert world.groups.calls["create"] == 90


def spent_each(world: World, *times: datetime) -> list[int]:
    return [world.spent(partial(world.tick, now)) for now in times]


def test_a_reading_of_the_logs_of_long_runs_costs_one_batch_now_and_then() -> None:
    world = crowded(1_000, 90)
    world.groups.behave(duration=None, log="working\n")
    world.tick("10:00")
    costs = spent_each(world, *minutes("10:01", "10:30"))
    readings = world.groups.calls["log"] // 90
    assert sorted(costs) == [2] * (30 - readings) + [3] * readings
    assert readings <= 3


@pytest.mark.parametrize("ended", [1, 100])
def test_a_finish_adds_a_batch_on_each_table_and_three_arm_calls_a_run(ended: int) -> None:
    world = crowded(1_000, ended)
    world.tick("10:00")
    world.groups.calls.clear()
    assert world.spent(lambda: world.tick("10:01")) == 2 + 2 * ceil(ended / 100)
    assert dict(world.groups.calls) == {"get": ended, "log": ended, "delete": ended}


def test_looks_at_running_groups_cost_no_transaction() -> None:
    world = crowded(1_000, 100)
    world.groups.behave(duration=None)
    world.tick("10:00")
    assert world.spent(lambda: world.tick("10:00:30")) == 2
    assert world.spent(lambda: world.tick("10:01")) == 2


def test_skips_add_a_batch_on_runs() -> None:
    world = crowded(1_000, 100)
    world.groups.behave(start_delay=1, duration=7_200)
    world.ticks("10:00", "10:01", "10:02", "2026-11-23 09:58")
    for n in range(100):
        world.edit(f"team/job{n:05}", Request="run")
    world.ticks("2026-11-23 09:59")
    assert world.spent(lambda: world.tick("2026-11-23 10:00")) == 2 + 1 + 1  # the skips, and the rows that say so


def test_a_fresh_process_reads_the_heartbeat_once_more() -> None:
    world = crowded(1_000, 0)
    world.restart()
    assert world.spent(lambda: world.tick("09:36")) == 3
    assert world.spent(lambda: world.tick("09:37")) == 2


def test_a_close_by_a_fresh_process_reads_the_runs_row_once_more() -> None:
    world = crowded(1_000, 1)
    world.tick("10:00")
    world.restart()
    assert world.spent(lambda: world.tick("10:01")) == 2 + 2 + 2


@pytest.mark.parametrize("failed", [1, 90])
def test_news_adds_one_batch_to_its_tick_and_two_behind_it(failed: int) -> None:
    world = crowded(1_000, failed, webhook=PEOPLE)
    world.groups.behave(start_delay=1, duration=30, exit_code=3)
    world.tick("10:00")
    # One into the outbox, before the batch that makes it old.
    assert world.spent(lambda: world.tick("10:01")) == 2 + 2 + 1
    # One that claims the letters, one that says that they were sent; one message for all of them.
    assert world.spent(world.send) == 2
    assert world.webhooks.posts == 1
    assert len(world.webhooks.taken[PEOPLE][0]["news"]) + world.webhooks.taken[PEOPLE][0]["more"] == failed


def test_a_webhook_adds_nothing_to_a_tick_without_news() -> None:
    world = crowded(1_000, 1, webhook=PEOPLE)
    world.ticks("10:00", "10:01", "10:04")
    assert world.spent(lambda: world.tick("10:05")) == 2
    assert world.spent(world.send) == 0
    assert world.webhooks.posts == 0


def test_data_that_will_be_too_old_costs_nothing_until_it_is() -> None:
    world = crowded(10, 0, webhook=PEOPLE)
    world.edit("team/job00001", Watermark="2026-11-22T09:00:00Z", FreshFor="1h")
    world.ticks("09:40", "09:45")
    assert spent_each(world, *minutes("09:46", "09:59")) == [2] * 14
    assert world.spent(lambda: world.tick("10:00")) == 2 + 1 + 1  # the letter, and the row's Alarms
    world.send()
    world.tick("10:03")
    assert spent_each(world, *minutes("10:04", "10:20")) == [2] * 17
    assert world.webhooks.posts == 1
