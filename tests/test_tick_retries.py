"""Failures by cause: what is tried again, when, where, how often, and what the row says meanwhile."""

import json
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from scheduler.ports import GroupRefused
from scheduler.retry import BUDGETS
from scheduler.run import Cause
from tests.world import World, at, minutes

JOB = "weather/extract"


def failing(code: int = 3, **columns: Any) -> World:
    world = World("09:00")
    world.groups.behave(start_delay=5, duration=20, exit_code=code, log=lambda env: f"::watermark::{env['DUE']}\n")
    world.add(JOB, **{"Schedule": "0 * * * *", "Image": "weather:1", **columns})
    world.tick("09:01")
    return world


def attempts(world: World, job: str = JOB) -> list[tuple[int, str, str]]:
    """Each attempt in order: its number, state and cause."""
    rows = sorted((row.columns for row in world.runs(job)), key=lambda row: (row["Due"], row["Attempt"]))
    return [(int(row["Attempt"]), str(row["State"]), str(row.get("Cause", ""))) for row in rows]  # type: ignore[arg-type]  # a number


def test_a_job_without_retries_fails_at_once_and_waits_for_its_next_due_time() -> None:
    world = failing()
    world.ticks(*minutes("10:00", "10:20"))
    assert attempts(world) == [(1, "Failed", "exit")]
    assert (world.row(JOB)["Status"], world.row(JOB)["Failures"]) == ("Failed", 1)


def test_retries_are_attempts_of_the_same_due_time_with_a_doubling_delay() -> None:
    world = failing(Retries=3, RetryDelay="2m")
    world.ticks(*minutes("10:00", "10:40"))
    assert attempts(world) == [
        (1, "Failed", "exit"),
        (2, "Failed", "exit"),
        (3, "Failed", "exit"),
        (4, "Failed", "exit"),
    ]
    claims = sorted(row.columns["Claimed"] for row in world.runs(JOB))
    assert claims == [at("10:00"), at("10:03"), at("10:08"), at("10:17")]  # 2, 4 and 8 minutes after each end was seen
    assert {row.columns["Due"] for row in world.runs(JOB)} == {at("10:00")}
    assert world.row(JOB)["Failures"] == 1


def test_between_two_attempts_the_row_says_what_happened_and_when_it_goes_on() -> None:
    world = failing(Retries=1, RetryDelay="5m")
    world.ticks("10:00", "10:01")
    row = world.row(JOB)
    assert (row["Status"], row["NextAttempt"], row["NextRun"], row["Active"]) == ("Waiting", 2, at("10:06"), True)
    assert row["Reason"] == (
        "The run due 2026-11-22T10:00:00Z: Failed: the container exited with code 3. "
        "Attempt 2 follows at 2026-11-22T10:06:00Z."
    )
    assert world.runs(JOB)[0].columns["RetryAt"] == at("10:06")
    world.ticks("10:06", "10:07")
    assert "attempt 2 was the last" in str(world.row(JOB)["Reason"])
    assert world.row(JOB)["NextAttempt"] == 1


def test_a_retry_that_succeeds_moves_the_watermark_and_is_no_failure() -> None:
    world = failing(Retries=1)
    world.tick("10:00")
    world.tick("10:01")
    world.groups.behave(duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    world.ticks("10:02", "10:03")
    assert attempts(world) == [(1, "Failed", "exit"), (2, "Succeeded", "")]
    row = world.row(JOB)
    assert (row["Status"], row["Failures"], row["Watermark"]) == ("Succeeded", 0, "2026-11-22T10:00:00Z")


def test_only_the_last_failure_of_a_due_time_is_news() -> None:
    world = failing(Retries=1)
    assert [len(world.tick(now).news) for now in ("10:00", "10:01", "10:02", "10:03")] == [0, 0, 0, 1]


def test_each_attempt_has_its_own_group_and_is_told_its_number() -> None:
    world = failing(Retries=1)
    told: list[str] = []

    def prints(env: Mapping[str, str]) -> str:
        told.append(f"{env['RUN_ID']} {env['ATTEMPT']}")
        return "x"

    world.groups.behave(duration=20, exit_code=1, log=prints)
    world.ticks(*minutes("10:00", "10:04"))
    assert [one.split()[1] for one in dict.fromkeys(told)] == ["1", "2"]
    assert len({one.split()[0] for one in told}) == 2
    assert all(len(starts) == 1 for starts in world.started().values())


def test_a_timeout_burns_the_jobs_retries_too() -> None:
    world = failing(Retries=1, Timeout="5m")
    world.groups.behave(duration=None)
    world.ticks(*minutes("10:00", "10:20"))
    assert attempts(world) == [(1, "Failed", "timeout"), (2, "Failed", "timeout")]


def test_the_platforms_failures_never_burn_the_jobs_retries() -> None:
    world = failing(7147, Retries=1, RetryDelay="1m")
    world.ticks("10:00", "10:01")
    world.groups.behave(duration=20, exit_code=3)
    world.ticks(*minutes("10:02", "10:10"))
    assert attempts(world) == [(1, "Failed", "platform"), (2, "Failed", "exit"), (3, "Failed", "exit")]


@pytest.mark.parametrize(
    "cause", [Cause.QUOTA, Cause.CAPACITY, Cause.THROTTLED, Cause.IMAGE, Cause.DENIED, Cause.PLATFORM]
)
def test_each_cause_has_its_own_budget(cause: Cause) -> None:
    world = failing()
    world.groups.fail("create", GroupRefused(cause, f"create: {cause}"), times=1_000)
    budget = BUDGETS[cause]
    world.clock.to("10:00")
    while not world.runs(JOB) or world.row(JOB)["Active"]:
        world.tick()
        world.clock.passes(60)
        assert world.clock.now < at("16:30"), "it never ends"
    of_ten = [row for row in world.runs(JOB) if row.columns["Due"] == at("10:00") and "Attempt" in row.columns]
    assert len(of_ten) == budget.times + 1
    claimed = sorted(row.columns["Claimed"] for row in of_ten)
    waits = [later - earlier for earlier, later in pairwise(claimed)]  # type: ignore[operator]  # instants
    # What was throttled also keeps every creation in its region back for five minutes.
    least = timedelta(minutes=5) if cause is Cause.THROTTLED else timedelta(0)
    assert waits == [max(budget.wait(number), least) for number in range(budget.times)]
    assert max(waits) <= budget.longest


def test_what_aci_refuses_for_good_is_not_asked_again() -> None:
    world = failing(Retries=5)
    world.groups.fail("create", GroupRefused(Cause.SPEC, "create: BadRequest: no such thing"), times=99)
    world.ticks(*minutes("10:00", "10:30"))
    assert attempts(world) == [(1, "Failed", "spec")]


def test_aci_is_left_alone_for_as_long_as_it_says() -> None:
    world = failing()
    world.groups.fail("create", GroupRefused(Cause.THROTTLED, "429", after=timedelta(minutes=9)))
    assert "0 skipped, 1 throttled, in" in str(world.tick("10:00"))
    assert "throttled" not in str(world.tick("10:01"))
    world.ticks(*minutes("10:02", "10:10"))
    claims = sorted(row.columns["Claimed"] for row in world.runs(JOB))
    assert claims == [at("10:00"), at("10:09")]


def test_another_location_is_tried_at_once_and_each_try_is_an_attempt_with_its_own_group() -> None:
    world = failing(0, Locations="westeurope, northeurope, swedencentral")
    world.groups.fail("create", GroupRefused(Cause.CAPACITY, "no room"))
    world.groups.fail("create", GroupRefused(Cause.QUOTA, "too many"))
    world.ticks(*minutes("10:00", "10:03"))
    rows = sorted((row.columns for row in world.runs(JOB)), key=lambda row: int(row["Attempt"]))  # type: ignore[arg-type]  # a number
    assert [row["Location"] for row in rows] == ["westeurope", "northeurope", "swedencentral"]
    assert [row["Claimed"] for row in rows] == [at("10:00"), at("10:01"), at("10:02")]
    assert len({row["Group"] for row in rows}) == 3
    assert attempts(world)[2] == (3, "Succeeded", "")


def test_after_the_last_location_it_waits_and_begins_with_the_first_again() -> None:
    world = failing(0, Locations='["westeurope", "northeurope"]')
    world.groups.fail("create", GroupRefused(Cause.CAPACITY, "no room"), times=3)
    world.ticks(*minutes("10:00", "10:06"))
    rows = sorted((row.columns for row in world.runs(JOB)), key=lambda row: int(row["Attempt"]))  # type: ignore[arg-type]  # a number
    assert [row["Location"] for row in rows] == ["westeurope", "northeurope", "westeurope", "northeurope"]
    assert [row["Claimed"] for row in rows] == [at("10:00"), at("10:01"), at("10:02"), at("10:03")]


def test_a_cancel_ends_what_waits_and_leaves_a_row_of_it() -> None:
    world = failing(Retries=3, RetryDelay="10m")
    world.ticks("10:00", "10:01")
    world.edit(JOB, Request="cancel")
    world.ticks("10:02", "10:30")
    assert attempts(world) == [(1, "Failed", "exit"), (2, "Cancelled", "")]
    assert (world.row(JOB)["Status"], world.row(JOB)["Active"]) == ("Cancelled", False)


def test_a_pause_holds_what_waits_until_it_is_over() -> None:
    world = failing(Retries=1, RetryDelay="5m")
    world.ticks("10:00", "10:01")
    world.edit(JOB, Enabled=False)
    world.ticks(*minutes("10:02", "10:20"))
    assert attempts(world) == [(1, "Failed", "exit")]
    assert world.row(JOB)["Status"] == "Paused"
    world.edit(JOB, Enabled=True)
    world.ticks("10:21", "10:22")
    assert attempts(world) == [(1, "Failed", "exit"), (2, "Failed", "exit")]


def test_an_old_copy_does_not_lose_a_promised_attempt() -> None:
    world = failing(Retries=1, RetryDelay="10m")
    copy = world.copy(JOB)
    world.ticks("10:00", "10:01")
    world.replace(copy, Owner="Alice")
    world.ticks(*minutes("10:02", "10:12"))
    assert attempts(world) == [(1, "Failed", "exit"), (2, "Failed", "exit")]


def test_a_new_due_time_is_skipped_while_an_attempt_waits() -> None:
    world = failing(Schedule="*/10 * * * *", Retries=1, RetryDelay="15m")
    world.ticks(*minutes("09:10", "09:31"))
    skipped = [row.columns for row in world.runs(JOB) if row.columns["State"] == "Skipped"]
    assert [row["Due"] for row in skipped] == [at("09:20")]
    assert skipped[0]["Reason"] == (
        "attempt 2 of the run due 2026-11-22T09:10:00Z is to start at 2026-11-22T09:26:00Z (Overlap skip)"
    )


def test_an_existing_group_is_started_again_for_a_retry() -> None:
    world = World("09:00")
    world.groups.behave("report", duration=20, exit_code=4)
    world.groups.provision("nightly", "report")
    world.add(JOB, Schedule="0 * * * *", ContainerGroup="nightly", Retries=1)
    world.ticks(*minutes("09:10", "09:12"), *minutes("10:00", "10:08"))
    assert attempts(world) == [(1, "Failed", "exit"), (2, "Failed", "exit")]


def test_what_is_spent_stands_in_the_entry_and_goes_with_it() -> None:
    world = failing(7148, Retries=2)
    world.ticks("10:00", "10:01")
    (entry,) = json.loads(str(world.row(JOB)["ActiveRuns"]))
    assert (entry["state"], entry["attempt"], entry["spent"]) == ("Waiting", 2, {"platform": 1})


def test_an_old_copy_with_an_attempt_to_come_that_was_made_rewinds_nothing() -> None:
    world = failing(Schedule="*/10 * * * *", Retries=1, RetryDelay="2m")
    world.ticks("09:10", "09:11")
    copy = world.copy(JOB)
    world.groups.behave(start_delay=5, duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    world.ticks(*minutes("09:12", "09:31"))
    assert world.row(JOB)["Watermark"] == "2026-11-22T09:30:00Z"
    world.replace(copy, Owner="Alice")
    world.ticks("09:32", "09:33")
    assert world.row(JOB)["Watermark"] == "2026-11-22T09:30:00Z"
    assert (world.row(JOB)["NextDue"], world.row(JOB)["Active"]) == (at("09:40"), False)


def test_the_edge_of_a_page_of_runs_promises_nothing() -> None:
    world = failing(Schedule="*/15 * * * *", Retries=1, RetryDelay="1m")
    world.groups.behave(start_delay=5, duration=20, exit_code=0, log=lambda env: f"::watermark::{env['DUE']}\n")
    for hour in range(9, 17):
        for quarter in (0, 15, 30, 45):
            good = (hour, quarter) == (12, 0)
            world.groups.behave("weather:1", start_delay=5, duration=20, exit_code=0 if good else 1)
            world.ticks(*minutes(f"{hour:02}:{quarter:02}", f"{hour:02}:{quarter + 1:02}"))
            world.groups.behave("weather:1", start_delay=5, duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
            world.ticks(*minutes(f"{hour:02}:{quarter + 2:02}", f"{hour:02}:{quarter + 4:02}"))
    assert len(world.runs(JOB)) > 51
    before = world.row(JOB)["Watermark"]
    world.edit(JOB, Owner="Alice")
    world.ticks("16:51", "16:52")
    assert (world.row(JOB)["Watermark"], world.row(JOB)["Active"]) == (before, False)


def test_a_retry_that_is_asked_for_as_its_time_comes_is_one_attempt() -> None:
    world = failing(Retries=1, RetryDelay="5m")
    world.ticks("10:00", "10:01")
    world.edit(JOB, Request="retry")
    world.ticks(*minutes("10:06", "10:12"))
    assert attempts(world) == [(1, "Failed", "exit"), (2, "Failed", "exit")]
    assert world.row(JOB)["Request"] == ""
