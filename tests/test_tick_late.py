"""Stories of a tick that is too old to send anything more: it promises nothing, and the next one goes on."""

from dataclasses import replace
from functools import partial

import pytest

from tests.test_tick import JOB, loading
from tests.test_tick_existing import provisioned
from tests.world import World, at, minutes
from tests.world.story import SETTINGS


def slow(world: World, before: str, seconds: float = 181) -> None:
    """Let the next operation of this name take so long."""
    world.journal.before(before, partial(world.clock.passes, seconds))


def test_a_tick_whose_look_took_three_minutes_claims_nothing_and_the_next_one_starts_it() -> None:
    world = loading()
    row = world.copy(JOB)
    slow(world, "jobs.query*")
    done = world.tick("09:10")
    assert world.copy(JOB) == row
    assert (world.runs(JOB), world.groups.calls["create"], done.started) == ([], 0, 0)
    assert [one.sentence for one in done.troubles] == [
        "1 start waits for the next tick: this one had taken 181 s before it came to them"
    ]
    assert world.tick("09:14").troubles == ()
    (run,) = world.runs(JOB)
    assert (run.columns["Due"], run.columns["Attempt"], world.row(JOB)["Status"]) == (at("09:10"), 1, "Running")


def test_three_minutes_are_not_too_late() -> None:
    world = loading()
    slow(world, "jobs.query*", 180)
    world.tick("09:10")
    assert world.row(JOB)["Status"] == "Running"


def test_what_a_start_needs_may_take_so_long_that_it_is_not_claimed() -> None:
    world = loading(SecureEnv="KEY=https://store.vault.azure.net/secrets/key")
    world.secrets.put("https://store.vault.azure.net/secrets/key", "s")
    row = world.copy(JOB)
    slow(world, "secrets.*")
    assert len(world.tick("09:10").troubles) == 1
    assert (world.copy(JOB), world.runs(JOB)) == (row, [])
    world.tick("09:14")
    assert world.row(JOB)["Status"] == "Running"


def test_a_tick_that_is_too_old_asks_for_nothing_of_what_a_start_needs() -> None:
    world = loading(SecureEnv="KEY=https://store.vault.azure.net/secrets/key")
    slow(world, "jobs.query*")
    world.tick("09:10")
    assert world.journal.matching("secrets.*") == []


def test_several_are_one_sentence() -> None:
    world = loading()
    for number in range(3):
        world.add(f"weather/other{number}", Schedule="*/10 * * * *", Image="x")
    world.tick("09:02")
    slow(world, "jobs.query*", 200)
    (told,) = world.tick("09:10").troubles
    assert told.sentence == "4 starts wait for the next tick: this one had taken 200 s before it came to them"


def test_a_start_of_an_existing_group_is_not_claimed_after_one_minute() -> None:
    world = provisioned()
    row = world.copy(JOB.replace("extract", "report"))
    slow(world, "jobs.query*", 61)
    world.tick("09:10")
    assert world.copy("weather/report") == row
    assert (world.runs("weather/report"), world.groups.calls["start"]) == ([], 0)
    world.tick("09:12")
    assert world.groups.calls["start"] == 1


def test_beside_it_a_job_with_an_image_is_started() -> None:
    world = provisioned()
    world.add("weather/other", Schedule="*/10 * * * *", Image="x")
    world.tick("09:06")
    slow(world, "jobs.query*", 61)
    world.tick("09:10")
    assert (world.groups.calls["start"], world.groups.calls["create"]) == (0, 1)


def test_a_request_stands_until_a_tick_can_obey_it() -> None:
    world = loading(Schedule="manual")
    world.edit(JOB, Request="run")
    slow(world, "jobs.query*")
    world.tick("09:10")
    assert (world.row(JOB)["Request"], world.runs(JOB)) == ("run", [])
    world.tick("09:14")
    assert (world.row(JOB)["Request"], world.states(JOB)) == ("", ["Active"])


def test_what_passes_is_written_down_all_the_same_and_nothing_is_lost() -> None:
    world = loading()
    world.clock.to("09:30")
    slow(world, "jobs.query*")
    world.tick("09:30")
    assert world.states(JOB) == ["Skipped"]
    world.ticks("09:34", "09:35", "09:36")
    assert world.states(JOB) == ["Skipped", "Succeeded"]
    assert world.runs(JOB)[0].columns["Due"] == at("09:30")


def test_a_chain_is_not_claimed_either_and_loses_no_link() -> None:
    world = loading()
    world.add("weather/load", Schedule="after extract", Image="load:1")
    world.ticks("09:02", "09:05", "09:10")
    slow(world, "jobs.query*")
    world.tick("09:11")
    assert (world.states(JOB), world.runs("weather/load")) == (["Succeeded"], [])
    world.ticks("09:15", "09:16")
    assert world.states("weather/load") == ["Succeeded"]


def test_a_claim_that_nobody_sent_is_not_renewed_by_a_tick_that_cannot_send_it_either() -> None:
    world = loading()
    slow(world, "runs.submit *")
    world.tick("09:10")
    assert (world.states(JOB), world.groups.calls["create"]) == (["Active"], 0)
    slow(world, "jobs.query*")
    world.tick("09:25")
    world.tick("09:29")
    assert world.groups.calls["create"] == 1, "the lease of 09:10 was over, and no other one stood in the way"
    world.ticks("09:30", "09:31")
    assert world.states(JOB)[0] == "Succeeded"


@pytest.mark.parametrize("fresh", [False, True], ids=["one process", "a process each"])
def test_ticks_that_are_always_too_late_promise_nothing_and_write_nothing(*, fresh: bool) -> None:
    world = loading()
    etag = world.copy(JOB).etag
    for now in minutes("09:10", "09:19")[::4]:
        if fresh:
            world.restart()
        slow(world, "jobs.query*")
        world.tick(now)
    assert (world.copy(JOB).etag, world.runs(JOB)) == (etag, [])


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("retry", "There is no failed run"),
        ("cancel", "There was no run to cancel"),
        ("run 2026-11-01..2026-11-03", "Backfill "),
    ],
)
def test_a_request_that_a_late_tick_obeyed_is_answered_in_its_row(asked: str, answer: str) -> None:
    """Scenario: the cell Request empties, that minute's due time is put off, and nothing says what came of it."""
    world = loading()
    world.edit(JOB, Request=asked)
    slow(world, "jobs.query*")
    world.tick("09:10")
    row = world.row(JOB)
    assert row["Request"] == asked or answer in str(row["Reason"])


def test_what_waited_before_a_late_tick_goes_on_to_say_so() -> None:
    world = World("09:00", replace(SETTINGS, max_active_runs=1))
    world.groups.behave(start_delay=5, duration=3_420)
    world.add("team/long", Image="x", Request="run")
    world.add(JOB, Schedule="*/10 * * * *", Image="x")
    world.ticks("09:01", "09:10", "09:11")
    before = world.row(JOB)
    assert (before["Status"], before["Reason"]) == ("Waiting", "Waiting: all 1 places of MAX_ACTIVE_RUNS are taken.")
    slow(world, "jobs.query*")
    world.tick("09:12")
    assert world.row(JOB) == before
