"""A retry that finds no place: what it costs while it waits, and that it starts once there is one."""

from dataclasses import replace

from tests.world import World, minutes
from tests.world.story import SETTINGS

JOB = "weather/extract"


def full(retries: int) -> World:
    """A job that failed, asked for again while another one has the only place until ten o'clock."""
    world = World("09:00", replace(SETTINGS, max_active_runs=1))
    world.groups.behave(start_delay=5, duration=20, exit_code=3)
    world.add(JOB, Schedule="0 0 * * *", Image="weather:1", Retries=retries, RetryDelay="1h", Request="run")
    world.ticks("09:01", "09:02")
    world.groups.behave("long", duration=3_420, log="")
    world.add("team/long", Image="long", Request="run")
    world.tick("09:03")
    world.edit(JOB, Request="retry")
    world.ticks("09:04", "09:05", "09:30")
    return world


def test_an_attempt_that_is_brought_forward_costs_nothing_while_it_waits_in_line() -> None:
    """Scenario: its row was written anew with each tick, so that no person's edit of it was ever in time."""
    world = full(retries=1)
    before = world.row(JOB)
    costs = [world.spent(lambda now=now: world.tick(now)) for now in minutes("09:31", "09:33")]  # type: ignore[misc]  # mypy infers no lambda with a default
    assert costs == [2] * 3
    assert world.row(JOB) == before
    assert str(before["Reason"]).startswith("Waiting: all 1 places")
    world.ticks(*minutes("10:00", "10:03"))
    assert sorted(int(str(row.columns["Attempt"])) for row in world.runs(JOB)) == [1, 2]
    assert world.row(JOB)["Request"] == ""


def test_a_retry_of_what_failed_last_costs_nothing_while_it_waits_in_line() -> None:
    """Scenario: what it means, only Runs knows; asked with each tick, that is three requests a minute for nothing."""
    world = full(retries=0)
    before = world.row(JOB)
    costs = [world.spent(lambda now=now: world.tick(now)) for now in minutes("09:31", "09:33")]  # type: ignore[misc]  # mypy infers no lambda with a default
    assert costs == [2] * 3
    assert world.row(JOB) == before
    world.restart()
    world.ticks(*minutes("10:00", "10:03"))
    assert sorted(int(str(row.columns["Attempt"])) for row in world.runs(JOB)) == [1, 2]
    assert world.row(JOB)["Request"] == ""


def test_what_a_retry_means_is_asked_anew_once_somebody_wrote_its_row() -> None:
    """Scenario: while it waits a person cancels it, has another run made, which fails too, and asks again."""
    world = full(retries=0)
    world.edit(JOB, Request="cancel")
    world.ticks("10:00", "10:01")
    world.edit(JOB, Request="run 2026-11-01T00:00Z")
    world.ticks(*minutes("10:02", "10:04"))
    world.edit(JOB, Request="retry")
    world.ticks(*minutes("10:05", "10:08"))
    tried = [(str(row.columns["Due"])[:10], row.columns["Attempt"]) for row in world.runs(JOB)]
    assert sorted(tried) == [("2026-11-01", 1), ("2026-11-01", 2), ("2026-11-22", 1)]


def test_what_a_retry_means_is_asked_anew_once_another_process_ran_meanwhile() -> None:
    """Scenario: two processes tick in turn; the first one knew what `retry` meant before the second ran another run."""
    world = full(retries=0)
    first = world.ports
    world.restart()
    world.edit(JOB, Request="cancel")
    world.ticks("10:00", "10:01")
    world.edit(JOB, Request="run 2026-11-01T00:00Z")
    world.ticks(*minutes("10:02", "10:04"))
    world.edit(JOB, Request="retry")
    world.tick("10:05", through=first)
    world.ticks("10:06", "10:07")
    tried = sorted((str(row.columns["Due"])[:10], row.columns["Attempt"]) for row in world.runs(JOB))
    assert tried == [("2026-11-01", 1), ("2026-11-01", 2), ("2026-11-22", 1)]
