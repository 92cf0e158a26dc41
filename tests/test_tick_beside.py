"""Requests beside due times: what comes to nothing costs no due time, and what passes says what was in its way."""

import re
from dataclasses import replace
from typing import Any

import pytest

from scheduler.backfill import Backfill
from scheduler.identity import run_key
from scheduler.ports import GroupRefused
from scheduler.run import Cause
from scheduler.steps import back, prepare
from tests.world import Limits, World, at, minutes
from tests.world.story import SETTINGS

JOB = "weather/extract"
NEWER = "a newer due time came before it could start (CatchUp latest)"


def each_minute(most: int = 90, **columns: Any) -> World:
    """A job of every minute, whose last run was that of 09:02 and took 20 seconds."""
    world = World("09:00", replace(SETTINGS, max_active_runs=most))
    world.groups.behave(start_delay=5, duration=20)
    world.groups.behave("long", start_delay=5, duration=150)
    world.add(JOB, **{"Schedule": "* * * * *", "Image": "x", **columns})
    world.ticks("09:01", "09:02")
    return world


def ask(world: World, request: str, *times: Any) -> str:
    """Ask, tick, and give what the row says then."""
    world.edit(JOB, Request=request)
    world.ticks(*times)
    return str(world.row(JOB)["Reason"])


def claims(world: World, job: str = JOB) -> dict[str, str]:
    """When each due time was claimed; of a skip its reason."""
    rows: list[Any] = [row.columns for row in reversed(world.runs(job))]
    return {f"{row['Due']:%H:%M}": f"{row['Claimed']:%H:%M}" if "Claimed" in row else row["Reason"] for row in rows}


# what comes to nothing


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("retry", "There is no failed run to try again."),
        ("cancel", "There was no run to cancel."),
        ("run 2027-01-01", "The requested run was not started: 2027-01-01T00:00:00Z is to come."),
        (
            "run 2026-11-01..2027-11-01",
            "The backfill was not begun: it ends at 2027-11-01T00:00:00Z, which is not past yet.",
        ),
    ],
)
def test_a_request_that_comes_to_nothing_costs_no_due_time_and_is_answered_beside_its_start(
    request_: str, said: str
) -> None:
    world = each_minute()
    assert ask(world, request_, "09:03") == f"{said} The run due 2026-11-22T09:03:00Z is running."
    assert world.row(JOB)["Request"] == ""
    world.ticks("09:04", "09:05")
    assert claims(world) == {f"09:0{minute}": f"09:0{minute}" for minute in (1, 2, 3, 4, 5)}


@pytest.mark.parametrize("request_", ["retry", "cancel", "run 2027-01-01"])
def test_between_two_due_times_the_answer_stands_alone(request_: str) -> None:
    world = each_minute(Schedule="0 * * * *")
    before = world.row(JOB)
    told = ask(world, request_, "09:03")
    assert "Next run" not in told
    assert told.startswith("The")
    after = world.row(JOB)
    assert (after["Status"], after["NextRun"], after["NextDue"]) == (before["Status"], at("10:00"), at("10:00"))


def test_a_retry_beside_a_run_that_goes_is_answered_beside_the_due_time_that_overlap_lets_pass() -> None:
    world = each_minute(Image="long")
    told = ask(world, "retry", "09:03")
    going = "the run due 2026-11-22T09:01:00Z is still going"
    assert told.startswith(f"Nothing was tried again: {going}. Skipped 2026-11-22T09:03:00Z: {going} (Overlap skip).")


def test_an_answer_is_told_beside_the_place_in_line_and_what_was_asked_is_done_with() -> None:
    world = each_minute()
    allowances = world.ports.memory.allowances
    world.ports.memory.allowances = allowances.told("westeurope", 0, 200, at("09:03"))
    wait = "Waiting: ACI creates no more container groups in westeurope within these five minutes."
    assert ask(world, "cancel", "09:03") == f"There was no run to cancel. {wait}"
    assert world.row(JOB)["Request"] == ""
    world.tick("09:04")
    assert world.row(JOB)["Reason"] == wait


def test_a_backfill_that_was_cancelled_stays_so_though_the_due_time_beside_it_waits_in_line() -> None:
    world = each_minute(Schedule="3 9 * * *")
    days = [at(f"2026-11-0{day} 09:03") for day in (1, 2, 3)]
    world.edit(JOB, Backfill=str(Backfill(days[0], days[2], days[1], total=2, done=1, id="2026-11-22T09:00:00Z")))
    allowances = world.ports.memory.allowances
    world.ports.memory.allowances = allowances.told("westeurope", 0, 200, at("09:03"))
    told = ask(world, "cancel", "09:03")
    assert "1 of 2 done; it ends here. Waiting: ACI creates no more" in told
    assert (world.row(JOB)["Backfill"], world.row(JOB)["Request"], world.row(JOB)["NextDue"]) == ("", "", at("09:03"))


def test_a_backfill_that_begins_beside_a_due_time_in_line_is_begun_once_and_played_whole() -> None:
    world = each_minute(Schedule="3 9 * * *")
    allowances = world.ports.memory.allowances
    world.ports.memory.allowances = allowances.told("westeurope", 0, 200, at("09:03"))
    told = ask(world, "run 2026-11-01..2026-11-03", "09:03")
    assert "0 of 2 done. Waiting: ACI creates no more" in told
    assert world.row(JOB)["Request"] == ""
    world.ticks(*minutes("09:04", "09:20"))
    triggers = [row.columns["Trigger"] for row in world.runs(JOB)]
    assert (triggers.count("backfill"), triggers.count("schedule")) == (2, 1)


# what was asked for goes first, and the due time says so


def test_a_due_time_that_a_requested_run_went_before_says_so_and_is_not_missed() -> None:
    world = each_minute()
    ask(world, "run 2026-11-22T08:00Z", "09:03", "09:04", "09:05")
    skipped = f"{NEWER}: the run due 2026-11-22T08:00:00Z ended at 2026-11-22T09:03:25Z"
    assert claims(world) == {
        "08:00": "09:03", "09:01": "09:01", "09:02": "09:02", "09:03": skipped, "09:04": "09:04", "09:05": "09:05",
    }  # fmt: skip
    assert world.row(JOB)["Alarms"] == ""


def test_a_retry_that_finds_something_goes_first_as_ever() -> None:
    world = each_minute(Schedule="1 9 * * *")
    world.groups.behave("x", duration=20, exit_code=3)
    world.edit(JOB, Schedule="* * * * *")
    world.ticks("09:03", "09:04")
    world.edit(JOB, Schedule="4,6 9 * * *")
    ask(world, "retry", "09:05", "09:06")
    retried = [row.columns for row in world.runs(JOB) if row.columns.get("Attempt") == 2]
    assert [row["Claimed"] for row in retried] == [at("09:05")]


def test_where_runs_may_overlap_the_requested_run_and_the_due_time_start_in_one_tick_each_once() -> None:
    world = each_minute(Overlap="allow", MaxOverlap=3)
    ask(world, "run 2026-11-22T08:00Z", "09:03", "09:04")
    assert claims(world) == {"08:00": "09:03", **{f"09:0{one}": f"09:0{one}" for one in (1, 2, 3, 4)}}
    assert world.row(JOB)["Request"] == ""


def test_max_overlap_counts_the_requested_run_that_starts_in_the_same_tick() -> None:
    world = each_minute(Overlap="allow", MaxOverlap=1)
    ask(world, "run 2026-11-22T08:00Z", "09:03")
    assert claims(world)["09:03"] == "1 run is going, and MaxOverlap is 1"


def test_of_two_starts_in_one_tick_the_one_in_line_does_not_ask_for_the_other_again() -> None:
    world = each_minute(1, Overlap="allow", MaxOverlap=3, Priority=1)
    ask(world, "run 2026-11-22T08:00Z", "09:03")
    assert world.row(JOB)["Request"] == ""
    assert world.row(JOB)["NextDue"] == at("09:03")
    world.ticks(*minutes("09:04", "09:08"))
    assert [row.columns["Trigger"] for row in world.runs(JOB)].count("request") == 1


def test_a_retry_whose_secrets_cannot_be_read_stays_asked_for() -> None:
    world = each_minute(Schedule="3 9 * * *", SecureEnv="KEY=https://store.vault.azure.net/secrets/key")
    world.secrets.put("https://store.vault.azure.net/secrets/key", "s")
    world.groups.behave("x", duration=20, exit_code=3)
    world.ticks("09:03", "09:04")
    world.secrets.fail(times=2)
    told = ask(world, "retry", "09:05")
    assert re.fullmatch(r"Waiting: .+\. The run is tried each minute\.", told)
    assert world.row(JOB)["Request"] == "retry"
    world.ticks("09:06", "09:07", "09:08")
    assert world.row(JOB)["Request"] == ""
    assert max(int(str(row.columns["Attempt"])) for row in world.runs(JOB)) == 2


def test_a_retry_in_a_group_that_somebody_else_started_passes_once_and_leaves_the_failed_run_alone() -> None:
    world = each_minute(Schedule="3 9 * * *", Image="", ContainerGroup="nightly")
    world.groups.provision("nightly", "report")
    world.groups.behave("report", start_delay=1, duration=20, exit_code=3)
    world.ticks("09:03", "09:04")
    world.groups.behave("report", start_delay=1, duration=None)
    world.groups.start("nightly", stop_first=True)
    told = ask(world, "retry", "09:10")
    assert told == "Skipped 2026-11-22T09:10:00Z: the container group is running already, and not by a run of this job."
    assert world.row(JOB)["Request"] == ""
    assert [(row.columns["Due"], row.columns["State"]) for row in world.runs(JOB)] == [
        (at("09:10"), "Skipped"), (at("09:03"), "Failed"),
    ]  # fmt: skip


def test_the_retry_of_a_backfills_run_passes_likewise() -> None:
    world = each_minute(Schedule="3 9 * * *", Image="", ContainerGroup="nightly")
    world.groups.provision("nightly", "report")
    world.groups.behave("report", start_delay=1, duration=20, exit_code=3)
    ask(world, "run 2026-11-01..2026-11-02", *minutes("09:04", "09:09"))
    world.groups.behave("report", start_delay=1, duration=None)
    world.groups.start("nightly", stop_first=True)
    assert ask(world, "retry", "09:10").startswith(
        "Skipped 2026-11-22T09:10:00Z: the container group is running alread"
    )
    assert world.row(JOB)["Request"] == ""


def test_a_run_that_was_asked_for_is_not_done_with_the_due_time_that_somebody_elses_group_lets_pass() -> None:
    world = each_minute(Schedule="3 9 * * *", Image="", ContainerGroup="nightly")
    world.groups.behave("report", start_delay=1, duration=None)
    world.groups.provision("nightly", "report")
    world.tick("09:02:30")
    world.groups.start("nightly", stop_first=True)
    ask(world, "run", "09:03")
    assert world.row(JOB)["Request"] == "run"
    world.tick("09:04")
    assert world.row(JOB)["Request"] == ""
    assert [row.columns["Trigger"] for row in world.runs(JOB)] == ["request", "schedule"]


def test_a_retry_asks_runs_once_for_what_failed() -> None:
    world = each_minute(Schedule="3 9 * * *")
    world.groups.behave("x", duration=20, exit_code=3)
    world.ticks("09:03", "09:04", "09:07")
    world.journal.clear()
    ask(world, "retry", "09:10")
    assert (
        len(world.journal.matching("runs.query*")) == 4
    )  # two for it, and two that hold an edited row against its runs


def test_a_due_time_that_had_its_run_does_not_bring_back_what_was_asked_for_beside_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = each_minute(Overlap="allow", MaxOverlap=3)
    world.edit(JOB, GitRepo="https://git.example/jobs")
    had = run_key(("weather", "extract"), at("09:03"), 1)

    def meanwhile(*_: Any) -> str:
        if had not in world.runs_table.rows:
            world.runs_table.put(had, {"State": "Succeeded", "Trigger": "schedule", "Due": at("09:03"), "Attempt": 1})
        return "c" * 40

    monkeypatch.setattr(world.repositories, "commit", meanwhile)
    ask(world, "run 2026-11-22T08:00Z", *minutes("09:03", "09:06"))
    assert [row.columns["Trigger"] for row in world.runs(JOB)].count("request") == 1


# what waits is true, and names its cause


def rationed(**columns: Any) -> World:
    """Jobs of every other minute, and of the creations of five minutes only four."""
    world = World("09:00", SETTINGS)
    world.groups.limits = Limits(creates_5min=4)
    world.groups._quotas.limits = world.groups.limits
    world.groups.behave(start_delay=5, duration=20)
    for number in range(4):
        world.add(f"team/job{number}", **{"Schedule": "*/2 * * * *", "Image": "x", **columns})
    world.ticks("09:01", "09:02")
    return world


def test_a_due_time_that_passes_for_the_ration_names_it_and_the_row_waits_with_its_present_due_time() -> None:
    world = rationed()
    world.ticks(*minutes("09:03", "09:06"))
    wait = "ACI creates no more container groups in westeurope within these five minutes"
    assert claims(world, "team/job0")["09:04"] == f"{NEWER}: {wait}"
    row = world.row("team/job0")
    assert (row["Status"], row["Reason"]) == ("Waiting", f"Waiting: {wait}.")
    assert (row["NextDue"], row["NextRun"]) == (at("09:06"), at("09:06"))
    assert row["Alarms"] == "missed since 2026-11-22T09:06:00Z"


def test_a_retry_of_nothing_does_not_forget_what_the_due_time_before_it_waited_for() -> None:
    world = rationed()
    world.ticks("09:03", "09:04")
    world.edit("team/job0", Request="retry")
    world.tick("09:06")
    wait = "ACI creates no more container groups in westeurope within these five minutes"
    assert world.row("team/job0")["Reason"] == f"There is no failed run to try again. Waiting: {wait}."
    assert claims(world, "team/job0")["09:04"] == f"{NEWER}: {wait}"


def test_a_row_that_waits_for_the_ration_is_written_once_for_each_due_time_and_not_each_minute() -> None:
    world = rationed()
    world.ticks("09:03", "09:04")
    etag = world.copy("team/job0").etag
    world.tick("09:05")
    assert world.copy("team/job0").etag == etag


def test_a_due_time_that_passes_while_a_secret_cannot_be_read_names_that() -> None:
    world = each_minute(SecureEnv="KEY=https://store.vault.azure.net/secrets/key")
    world.ticks("09:03")
    world.secrets.put("https://store.vault.azure.net/secrets/key", "s")
    world.secrets.fail(times=2)
    world.ticks("09:04", "09:05", "09:06")
    why = claims(world)["09:04"]
    assert why.startswith(f"{NEWER}: ")
    assert why != NEWER


def test_a_request_that_waits_in_line_is_looked_at_each_minute_without_a_write() -> None:
    world = rationed()
    world.add("team/asked", Image="x", Request="run")
    world.ticks("09:03", "09:04")
    row, etag = world.row("team/asked"), world.copy("team/asked").etag
    assert (row["Status"], row["NextRun"]) == ("Waiting", at("09:03"))
    world.tick("09:05")
    assert world.copy("team/asked").etag == etag


def test_what_we_created_is_free_again_after_five_minutes_and_nobody_waits_longer() -> None:
    world = World("09:00", SETTINGS)
    world.groups.limits = Limits(creates_5min=6)
    world.groups._quotas.limits = world.groups.limits
    world.groups.behave(start_delay=5, duration=20)
    for number in range(4):
        world.add(f"team/early{number}", Schedule="2 9 * * *", Image="x")
    for number in range(2):
        world.add(f"team/late{number}", Schedule="6 9 * * *", Image="x")
    world.ticks(*minutes("09:01", "09:06"))
    for number in range(5):
        world.add(f"team/next{number}", Image="x", Request="run")
    world.tick("09:06:30")
    assert {world.row(f"team/next{number}")["Status"] for number in range(5)} == {"Waiting"}
    world.tick("09:07:30")
    waiting = [number for number in range(5) if world.row(f"team/next{number}")["Status"] == "Waiting"]
    assert len(waiting) == 1, "four of 09:02 are free again"
    assert not [row for row in world.runs_table.rows.values() if row.columns.get("Cause") == Cause.THROTTLED]


def test_a_refusal_does_not_forget_what_the_hour_has_left() -> None:
    world = each_minute(Schedule="manual")
    allowances = world.ports.memory.allowances
    world.ports.memory.allowances = allowances.told("westeurope", 10, 0, at("09:03"))
    world.groups.fail("create", GroupRefused(Cause.THROTTLED, "429"))
    world.add("team/first", Image="x", Request="run")
    world.tick("09:08")
    assert world.ports.memory.allowances.left("westeurope", at("09:13")) == 1
    assert world.ports.memory.allowances.regions["westeurope"].made == (), "it created nothing"


def test_two_starts_of_one_due_time_take_two_places() -> None:
    """Scenario: a due time is to be tried again, and somebody asks for it: with Overlap allow both are due at once."""
    world = World("09:00", replace(SETTINGS, max_active_runs=1))
    world.groups.behave(start_delay=5, duration=20, exit_code=3)
    world.add(JOB, Schedule="0 10 * * *", Image="x", Overlap="allow", MaxOverlap=5, Retries=1, RetryDelay="5m")
    world.ticks("09:01", "10:00", "10:01", "10:02")
    world.groups.behave(start_delay=5, duration=1_200)
    world.edit(JOB, Request="run 2026-11-22T10:00Z")
    world.ticks("10:06", "10:07")
    assert sorted(world.states(JOB)) == ["Active", "Failed"]


def test_what_is_odd_about_one_retry_ends_no_tick_for_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenario: somebody mangled a job's rows of Runs, and asks for its last failure again."""
    world = World("09:00", SETTINGS)
    world.groups.behave(start_delay=5, duration=20, exit_code=3)
    for name in ("weather/odd", "weather/other"):
        world.add(name, Schedule="0 10 * * *", Image="x")
    world.ticks("09:01", "10:00", "10:01")
    look = prepare.again

    def odd(ports: Any, key: Any, start: Any) -> Any:
        if key == ("weather", "odd"):
            raise ZeroDivisionError("odd")
        return look(ports, key, start)

    monkeypatch.setattr(back, "again", odd)
    for name in ("weather/odd", "weather/other"):
        world.edit(name, Request="retry")
    world.tick("10:02")
    assert world.states("weather/other") == ["Active", "Failed"]
