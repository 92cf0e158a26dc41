"""Where and what a job runs: templates, code by revision, cost, places in line, long logs."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.world import Killed, World, at, minutes
from tests.world.story import SETTINGS

JOB = "weather/extract"


def world_of(settings: Any = SETTINGS, **columns: Any) -> World:
    world = World("09:00", settings)
    world.groups.behave(start_delay=5, duration=20, log=lambda env: f"::watermark::{env['DUE']}\n")
    if columns:
        world.add(JOB, **{"Schedule": "0 * * * *", "Image": "weather:1", **columns})
    world.tick("09:01")
    return world


def body(world: World) -> Any:
    """What was asked of ACI for the one group that is there."""
    (group,) = world.groups.groups.values()
    return group.body


# --- templates


def test_a_job_inherits_what_its_own_row_leaves_empty() -> None:
    world = world_of()
    world.add("weather/_python", Image="python:3", Cpu=2, Timeout="5m", Env='{"MODE": "full"}')
    world.add(JOB, Schedule="0 * * * *", Template="_python", Cpu=4)
    world.ticks("09:02", "10:00")
    asked = body(world)["properties"]["containers"][0]["properties"]
    assert (asked["image"], asked["resources"]["requests"]["cpu"]) == ("python:3", 4)
    assert {"name": "MODE", "value": "full"} in asked["environmentVariables"]


def test_a_template_is_no_job_and_its_row_is_left_alone() -> None:
    world = world_of()
    row = world.add("weather/_python", Image="python:3", Schedule="* * * * *")
    world.ticks("09:02", "09:03", "10:30")
    assert world.copy("weather/_python").etag == row.etag
    assert not world.started()


def test_an_edit_of_a_template_is_an_edit_of_its_heirs() -> None:
    world = world_of()
    world.add("weather/_python", Image="python:3", Schedule="0 * * * *")
    world.add(JOB, Template="_python")
    world.ticks("09:02", "09:03", "09:10")
    assert world.row(JOB)["NextRun"] == at("10:00")
    world.edit("weather/_python", Schedule="30 * * * *")
    world.tick("09:11")
    assert world.row(JOB)["NextRun"] == at("09:30")
    world.edit("weather/_python", Schedule="what")
    world.tick("09:12")
    assert world.row(JOB)["Status"] == "Invalid"


def test_a_fresh_process_follows_an_edit_of_a_template_too() -> None:
    world = world_of()
    world.add("weather/_python", Image="python:3", Schedule="0 * * * *")
    world.add(JOB, Template="_python")
    world.ticks("09:02", "09:03", "09:10")
    world.edit("weather/_python", Schedule="30 * * * *")
    world.restart()
    world.tick("09:11")
    assert world.row(JOB)["NextRun"] == at("09:30")


def test_a_fault_that_is_inherited_names_the_row_in_which_it_must_be_mended() -> None:
    world = World("09:00")
    world.add("weather/_python", Image="python:1", Cpu="lots")
    world.add(JOB, Schedule="0 * * * *", Template="_python", MemoryGb="many")
    world.tick("09:01")
    told = str(world.row(JOB)["Reason"])
    assert "Cpu is 'lots': it must be a number" in told
    assert told.count("(In weather/_python.)") == 1
    assert "many" in told.partition("(In weather/_python.)")[0] + told.partition("(In weather/_python.)")[2]


def test_a_missing_template_is_named_and_the_row_heals_when_it_comes() -> None:
    world = world_of()
    world.add(JOB, Schedule="0 * * * *", Template="_python")
    world.tick("09:02")
    assert world.row(JOB)["Status"] == "Invalid"
    assert "_python" in str(world.row(JOB)["Reason"])
    world.add("weather/_python", Image="python:3")
    world.tick("09:03")
    assert world.row(JOB)["Status"] == "Scheduled"


def test_templates_cost_an_idle_tick_nothing() -> None:
    world = world_of()
    world.add("weather/_python", Image="python:3", Schedule="0 * * * *")
    world.add(JOB, Template="_python")
    world.ticks("09:02", "09:03", "09:10")
    assert world.spent(lambda: world.tick("09:11")) == 2


# --- code by revision


def test_the_commit_that_ran_stands_in_its_row_and_is_what_is_mounted() -> None:
    world = world_of()
    commit = world.repositories.push("https://git.example/etl", "main")
    world.add(JOB, Schedule="0 * * * *", Image="python:3", GitRepo="https://git.example/etl", GitRevision="main")
    world.ticks("09:02", "10:00")
    (volume,) = body(world)["properties"]["volumes"]
    assert volume["gitRepo"]["revision"] == commit
    world.repositories.push("https://git.example/etl", "main")
    world.ticks("10:01", "10:02")
    assert world.runs(JOB)[0].columns["Commit"] == commit


def test_a_revision_that_is_not_there_is_a_failed_run_that_names_it() -> None:
    world = world_of()
    world.repositories.push("https://git.example/etl", "main")
    world.add(JOB, Schedule="0 * * * *", Image="python:3", GitRepo="https://git.example/etl", GitRevision="mian")
    world.ticks("09:02", "10:00")
    assert world.runs(JOB)[0].columns["Cause"] == "spec"
    assert "mian" in str(world.row(JOB)["Reason"])


# --- cost


def test_a_run_costs_what_its_cores_and_memory_cost_for_its_seconds() -> None:
    priced = replace(SETTINGS, price_vcpu_hour=0.0405, price_gb_hour=0.0045)
    world = world_of(priced, Cpu=2, MemoryGb=4)
    world.groups.behave(start_delay=5, duration=3600)
    world.ticks("10:00", "10:30", "11:00", "11:01")
    run = next(row.columns for row in world.runs(JOB) if row.columns["Due"] == at("10:00"))
    assert run["Cost"] == pytest.approx(2 * 0.0405 + 4 * 0.0045, rel=0.01)
    assert (run["Cpu"], run["MemoryGb"], run["Spot"]) == (2, 4, False)


def test_without_prices_there_is_no_cost() -> None:
    world = world_of(Cpu=2)
    world.ticks("10:00", "10:01")
    assert "Cost" not in world.runs(JOB)[0].columns


# --- a place in line


def crowd(most: int, jobs: int, **settings: Any) -> World:
    world = World("09:00", replace(SETTINGS, max_active_runs=most, **settings))
    world.groups.behave(start_delay=5, duration=90)
    for number in range(jobs):
        world.add(f"team/job{number}", Schedule="0 * * * *", Image="x", Priority=number)
    world.tick("09:01")
    return world


def test_no_more_runs_are_active_than_the_setting_allows_and_the_most_important_go_first() -> None:
    world = crowd(2, 5)
    world.tick("10:00")
    assert [world.row(f"team/job{number}")["Status"] for number in range(5)] == ["Waiting"] * 3 + ["Running"] * 2
    assert {world.row(f"team/job{number}")["Reason"] for number in range(3)} == {
        "Waiting: all 2 places of MAX_ACTIVE_RUNS are taken."
    }
    world.ticks("10:01", "10:02")
    assert [world.row(f"team/job{number}")["Status"] for number in range(5)] == ["Waiting"] + ["Running"] * 2 + [
        "Succeeded"
    ] * 2
    world.ticks("10:03", "10:04", "10:05", "10:06")
    assert {world.row(f"team/job{number}")["Status"] for number in range(5)} == {"Succeeded"}
    assert {row.columns["Due"] for number in range(5) for row in world.runs(f"team/job{number}")} == {at("10:00")}


def test_a_row_in_line_is_written_once_and_stays_true_however_many_go_before_it() -> None:
    world = crowd(1, 7)
    world.groups.behave(duration=150)
    world.tick("10:00")
    etag = world.copy("team/job0").etag
    world.ticks(*minutes("10:01", "10:14"))
    assert world.copy("team/job0").etag == etag
    row = world.row("team/job0")
    assert (row["Status"], row["Reason"]) == ("Waiting", "Waiting: all 1 places of MAX_ACTIVE_RUNS are taken.")


def test_what_waits_in_line_is_not_lost_with_the_process() -> None:
    world = crowd(1, 3)
    for now in minutes("10:00", "10:12"):
        world.restart()
        world.tick(now)
    assert {world.row(f"team/job{number}")["Status"] for number in range(3)} == {"Succeeded"}


def test_creations_are_paced_by_what_aci_says_is_left() -> None:
    world = crowd(90, 6)
    world.groups.limits.creates_5min = 4
    world.groups.behave(duration=10_000)
    world.ticks("09:30")
    world.add("team/first", Image="x", Request="run")
    world.tick("09:59")  # its answer says that three are left
    world.tick("10:00")
    waiting = [number for number in range(6) if world.row(f"team/job{number}")["Status"] == "Waiting"]
    assert waiting == [0, 1, 2]
    assert world.row("team/job2")["Reason"] == (
        "Waiting: ACI creates no more container groups in westeurope within these five minutes."
    )
    world.ticks(*minutes("10:01", "10:06"))
    assert not [number for number in range(6) if world.row(f"team/job{number}")["Status"] == "Waiting"]
    assert all(len(world.runs(f"team/job{number}")) == 1 for number in range(6))  # none was refused on the way


def rationed(**columns: Any) -> World:
    """Two jobs of every hour for westeurope, of which ACI creates one group in five minutes, and for northeurope."""
    world = World("09:00")
    world.groups.limits.creates_5min = 1
    world.groups.behave(start_delay=5, duration=20)
    for name in ("a", "b"):
        world.add(f"team/{name}", Schedule="0 * * * *", Image="x", Locations="westeurope, northeurope", **columns)
    world.add("team/first", Image="x", Locations="westeurope")
    world.ticks("09:01")
    return world


def test_where_the_first_region_creates_no_more_the_next_one_of_the_row_does() -> None:
    world = rationed()
    world.edit("team/first", Request="run")
    world.ticks("09:59", "10:00")  # the first answer says that westeurope has none left
    (started,) = world.runs("team/a")
    assert (started.columns["Location"], started.columns["Attempt"]) == ("northeurope", 1)
    (there,) = [one for one in world.groups.lives if one.name == started.columns["RunId"]]
    assert there.body["location"] == "northeurope"
    # Of northeurope nothing was known before its first answer: what was sent beside it is refused, and waits its turn.
    world.ticks(*minutes("10:01", "10:06"))
    assert world.states("team/a") == ["Succeeded"]
    assert world.runs("team/b")[-1].columns["State"] == "Succeeded"


def test_with_no_region_left_it_waits_and_names_them_all() -> None:
    world = rationed()
    world.edit("team/first", Request="run")
    world.tick("09:58")
    world.add("team/north", Image="x", Locations="northeurope", Request="run")
    world.ticks("09:59", "10:00")
    assert world.row("team/a")["Reason"] == (
        "Waiting: ACI creates no more container groups in westeurope within these five minutes, nor in northeurope."
    )
    assert world.runs("team/a") == []
    world.tick("10:03")
    assert world.runs("team/a")[0].columns["Location"] == "westeurope"


def test_what_was_sent_on_for_want_of_room_does_not_come_back_for_want_of_a_ration() -> None:
    world = rationed()
    world.groups.limits.room["westeurope"] = 0.0
    world.remove("team/b")
    world.add("team/north", Image="x", Locations="northeurope", Request="run")
    world.ticks("09:59", "10:00")  # northeurope has none left; westeurope has no room
    assert [run.columns["Cause"] for run in world.runs("team/a")] == ["capacity"]
    world.ticks("10:01", "10:02", "10:03")
    assert len(world.runs("team/a")) == 1, "the second attempt waits for northeurope"
    world.ticks("10:04", "10:05")
    assert [run.columns["Location"] for run in world.runs("team/a")] == ["westeurope", "northeurope"]


def test_the_entry_names_the_location_before_the_group_is_asked_for() -> None:
    world = rationed()
    world.edit("team/first", Request="run")
    world.remove("team/b")
    world.tick("09:59")
    world.journal.kill_before("groups.create *")
    with pytest.raises(Killed):
        world.tick("10:00")
    world.restart()
    world.ticks("10:15", "10:16")
    (run,) = world.runs("team/a")
    assert (run.columns["Location"], run.columns["State"]) == ("northeurope", "Succeeded")
    assert [one.body["location"] for one in world.groups.lives if one.name == run.columns["RunId"]] == ["northeurope"]


def test_a_requested_run_that_waits_in_line_keeps_its_request() -> None:
    world = crowd(1, 1)
    world.groups.behave(duration=200)
    world.tick("10:00")
    world.add("team/asked", Image="x", Request="run")
    world.tick("10:01")
    assert (world.row("team/asked")["Status"], world.row("team/asked")["Request"]) == ("Waiting", "run")
    world.ticks(*minutes("10:02", "10:08"))
    assert world.states("team/asked") == ["Succeeded"] or world.states("team/asked") == ["Active"]


# --- long logs


def printing(seconds: int, each: int) -> World:
    """A run that prints a numbered line of 100 bytes every `each` seconds."""
    world = World("09:00")
    lines = [(number * each, f"{number:06} {'x' * 92}\n") for number in range(seconds // each)]
    world.groups.behave(start_delay=5, duration=seconds, log=lines)
    world.add(JOB, Schedule="0 * * * *", Image="weather:1", Timeout="12h")
    world.tick("09:01")
    return world


def numbers(world: World) -> list[int]:
    (run,) = [row.columns for row in world.runs(JOB) if row.columns["Due"] == at("10:00")]
    return [int(line[:6]) for line in world.log(str(run["Log"])).splitlines() if line[:6].isdigit()]


def test_nothing_of_a_long_runs_log_is_lost_to_the_sixteen_kilobytes() -> None:
    world = printing(3_000, 1)
    world.ticks(*minutes("10:00", "10:55"))
    assert world.row(JOB)["Status"] == "Succeeded"
    assert numbers(world) == list(range(3_000))


def test_a_short_run_costs_one_reading() -> None:
    world = printing(100, 1)
    world.ticks(*minutes("10:00", "10:05"))
    assert world.groups.calls["log"] == 1


def test_a_quiet_long_run_is_read_seldom() -> None:
    world = printing(3_300, 600)
    world.ticks(*minutes("10:00", "10:58"))
    assert world.groups.calls["log"] <= 7


def test_a_watermark_that_was_printed_early_in_a_long_log_counts() -> None:
    world = printing(3_000, 1)
    lines = [(10, "::watermark::early\n"), *((number, f"{number:06} {'x' * 92}\n") for number in range(11, 2_900))]
    world.groups.behave(start_delay=5, duration=3_000, log=lines)
    world.ticks(*minutes("10:00", "10:55"))
    assert world.row(JOB)["Watermark"] == "early"


def test_the_entry_of_a_long_run_stays_small() -> None:
    world = printing(3_000, 1)
    world.ticks(*minutes("10:00", "10:40"))
    (entry,) = json.loads(str(world.row(JOB)["ActiveRuns"]))
    assert len(json.dumps(entry["kept"])) < 200


def test_an_edit_of_a_template_costs_one_query_for_all_its_heirs() -> None:
    world = world_of()
    world.add("weather/_python", Image="python:3", Schedule="0 * * * *")
    for number in range(5):
        world.add(f"weather/heir{number}", Template="_python")
    world.ticks("09:02", "09:03", "09:10")
    world.edit("weather/_python", Schedule="30 * * * *")
    assert world.spent(lambda: world.tick("09:11")) == 2 + 1 + 1  # the heirs, and what their rows say now


def test_a_long_run_that_says_nothing_is_read_seldom_too() -> None:
    world = printing(10_000, 20_000)
    world.ticks(*minutes("10:00", "12:40"))
    assert world.groups.calls["log"] <= 8


def test_a_tick_that_dies_when_it_has_read_on_loses_nothing_of_what_is_kept() -> None:
    world = printing(1_200, 1)
    world.ticks(*minutes("10:00", "10:03"))
    world.journal.kill_after("logs.write *")
    with pytest.raises(Killed):
        world.tick("10:04")
    world.restart()
    world.ticks("10:21", "10:22")
    assert world.row(JOB)["Status"] == "Succeeded"
    assert numbers(world)[:200] == list(range(200))
    assert numbers(world)[-1] == 1_199
    assert "[cut:" in world.log(str(world.runs(JOB)[0].columns["Log"]))  # nobody read for a quarter of an hour


def test_an_edit_of_a_template_counts_from_the_edit_and_not_from_its_heirs_rows() -> None:
    world = world_of()
    world.add("weather/_python", Image="python:3", Schedule="0 9 * * *", CatchUp="all")
    world.add(JOB, Template="_python")
    world.ticks("09:02", "12:00")
    world.edit("weather/_python", Schedule="0 9-11 * * *")
    world.ticks("12:01", "12:02", "12:03")
    assert world.row(JOB)["NextRun"] == at("2026-11-23 09:00")
    assert not world.runs(JOB)


def test_two_starts_of_one_job_of_which_one_must_wait_keep_the_other() -> None:
    world = world_of()
    world.groups.behave(start_delay=5, duration=500, exit_code=0)
    world.secrets.put("https://kv-1.vault.azure.net/secrets/key", "value")
    env = '{"KEY": "https://kv-1.vault.azure.net/secrets/key"}'
    world.add(JOB, Schedule="*/10 * * * *", Image="x", Overlap="allow", Retries=1, RetryDelay="8m", SecureEnv=env)
    world.tick("09:02")
    world.groups.behave(start_delay=5, duration=20, exit_code=1)
    world.ticks("09:10", "09:12")
    world.groups.behave(start_delay=5, duration=500)
    world.secrets.fail(times=1)
    world.tick("09:20")
    (run,) = [row.columns for row in world.runs(JOB) if row.columns["State"] == "Active"]
    entries = json.loads(str(world.row(JOB)["ActiveRuns"]))
    assert run["RunId"] in [one["run_id"] for one in entries]
    world.ticks("09:21", "09:22")
    active = [row.columns["RunId"] for row in world.runs(JOB) if row.columns["State"] == "Active"]
    assert len(active) == 2


def test_an_open_run_without_a_row_is_closed_though_its_log_cannot_be_had() -> None:
    world = world_of(Schedule="*/10 * * * *")
    world.ticks("09:10")
    world.remove(JOB)
    world.groups.fail("log", times=1_000)
    world.ticks("10:02", "11:03")
    assert world.runs(JOB)[0].columns["State"] != "Active"
    assert not world.groups.groups


def test_an_entry_whose_note_of_its_log_was_mangled_is_mended() -> None:
    world = world_of(Schedule="*/10 * * * *", Timeout="10m")
    world.groups.behave(start_delay=5, duration=3_600)
    world.tick("09:10")
    (entry,) = json.loads(str(world.row(JOB)["ActiveRuns"]))
    world.edit(JOB, ActiveRuns=json.dumps([entry | {"kept": {"next": "soon"}}]))
    world.ticks(*minutes("09:11", "09:25"))
    assert world.runs(JOB)[-1].columns["State"] == "Failed"


@pytest.mark.parametrize("looked", ["09:11", "09:16"], ids=["at its end", "after three minutes, when it is read on"])
def test_a_group_that_vanishes_before_its_log_is_read_is_told_and_moves_no_watermark(looked: str) -> None:
    world = world_of(Schedule="*/10 * * * *")
    world.tick("09:10")
    (name,) = world.groups.groups
    world.journal.before("groups.log *", lambda: world.groups.groups.pop(name))
    world.tick(looked)
    assert "vanished before its log was read" in str(world.row(JOB)["Reason"])
    assert world.row(JOB).get("Watermark", "") == ""
