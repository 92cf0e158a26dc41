"""What cannot be read, written or done stays with the job that it belongs to."""

import json

import pytest

from scheduler.identity import countdown
from scheduler.ports import BatchRefused, GroupRefused
from scheduler.run import Cause
from tests.test_tick_odd import GOOD, JOB, loading
from tests.world import at, minutes

# what cannot be read, written or done


def test_a_close_that_the_table_refuses_keeps_the_group_and_runs_nothing_twice() -> None:
    world = loading()
    world.tick("09:10")
    for nth in (1, 2):  # the end with its evidence, and without
        world.journal.before("runs.submit weather: merge extract*", _refused, nth)
    world.tick("09:11")
    assert world.row(JOB)["Active"] is True
    world.ticks(*minutes("09:12", "10:40"))
    assert all(len(starts) == 1 for starts in world.started().values())
    assert "Active" not in world.states(JOB)[:-1]


def _refused() -> None:
    raise BatchRefused(0, 400, "OutOfRangeInput")


@pytest.mark.parametrize("entry", ["[1]", "{}", "[" * 20_000, '{"due": "2026-11-22T09:10:00Z"}', "not json"])
def test_a_mangled_entry_in_runs_stops_nobody(entry: str) -> None:
    world = loading()
    for job in ("gone", "extract"):
        world.runs_table.put(("weather", f"{job}|000000000000001|001"), {"State": "Active", "Entry": entry})
    world.edit(JOB, Description="look at my runs")
    assert world.tick("10:10").troubles
    world.tick("10:11")
    assert world.states(GOOD)[-1] == "Succeeded"
    assert "Succeeded" in world.states(JOB)


@pytest.mark.parametrize("state", ["Succeeded", "Lost", "Skipped", "Dancing", 7])
def test_an_entry_that_says_it_has_ended_is_mended_from_runs(state: object) -> None:
    world = loading()
    world.ticks("09:10")
    said = json.loads(str(world.row(JOB)["ActiveRuns"]))
    said[0]["state"] = state
    world.edit(JOB, ActiveRuns=json.dumps(said))
    world.ticks("09:11", "09:12")
    assert world.states(JOB) == ["Succeeded"]


def test_an_end_that_a_person_typed_into_runs_settles_nothing_and_stops_nobody() -> None:
    world = loading()
    world.tick("09:10")
    (run,) = world.runs(JOB)
    world.runs_table.put(run.key, {**run.columns, "State": "Done"})
    world.ticks("09:11", "09:12")
    assert world.states(GOOD)[0] == "Succeeded"
    assert world.row(JOB).get("Watermark", "") == ""


def test_odd_cells_of_our_own_are_read_as_unset() -> None:
    world = loading()
    world.edit(JOB, ScheduleDigest="x@0001-01-01T00:00:00+14:00", Status=5, LastDuration="long", Failures="many")
    world.ticks("09:01", "09:10", "09:11")
    row = world.row(JOB)
    assert (row["Status"], row["Failures"]) == ("Succeeded", 0)


def test_a_foreign_group_with_odd_tags_stops_no_sweep() -> None:
    world = loading()
    group = world.groups.provision("foreign", "y")
    group.body = {**group.body, "tags": {"crontable-job": None, "crontable-due": 5}}
    world.ticks("10:10")
    assert "foreign" in world.groups.groups


def test_a_look_that_is_forbidden_says_which_role_is_missing() -> None:
    world = loading()
    world.tick("09:10")
    world.groups.fail("get", GroupRefused(Cause.DENIED, "give the role X"), name="ct-weather-extract*", times=99)
    done = world.tick("09:11")
    assert "give the role X" in str(world.row(JOB)["Reason"])
    assert [one.sentence for one in done.troubles] == ["weather/extract: give the role X"]


def test_groups_that_may_not_be_deleted_do_not_fill_the_row() -> None:
    world = loading(Schedule="every 1 minute")
    world.groups.behave("x", duration=5, start_delay=1, log="::watermark::on\n")
    world.groups.fail("delete", GroupRefused(Cause.DENIED, "give the role X"), times=10_000)
    done = world.ticks(*minutes("09:10", "10:40"))
    assert world.row(JOB)["Status"] == "Running"
    assert len(json.loads(str(world.row(JOB)["ActiveRuns"]))) <= 11
    assert any("give the role X" in trouble.sentence for trouble in done.troubles)


def test_a_delete_tried_again_spares_a_group_that_somebody_made_under_that_name() -> None:
    world = loading()
    world.groups.fail("delete", name="ct-weather-extract*")
    world.ticks("09:10", "09:11")
    (name,) = [name for name in world.groups.groups if "extract" in name]
    world.groups.provision(name, "somebody's")
    world.ticks("09:12", "09:13")
    assert name in world.groups.groups
    assert world.row(JOB)["Active"] is False


def test_a_container_that_never_started_is_not_asked_for_its_log() -> None:
    world = loading(StartTimeout="5m")
    world.groups.behave("x", stuck=True)
    world.groups.fail("log", name="ct-weather-extract*", times=99)
    world.ticks("09:10", "09:14", "09:16")
    assert world.states(JOB) == ["Failed"]


def test_news_is_told_once_though_the_settling_write_was_tried_twice() -> None:
    world = loading()
    world.groups.behave("x", duration=5, exit_code=3)
    world.tick("09:10")
    world.journal.before("groups.delete ct-weather-extract*", lambda: world.edit(JOB, Owner="me"))
    assert len(world.tick("09:11").news) == 1


def test_a_process_forgets_runs_that_another_one_closed() -> None:
    world = loading()
    other = world.process()
    for tens in range(1, 6):
        world.tick(f"09:{tens}0")
        world.tick(f"09:{tens}1", through=other)
    world.ticks("10:05")
    assert {key[1].split("|")[1] for key in world.ports.memory.etags} == {countdown(at("10:00"))}


def test_two_processes_in_turn_take_each_others_writes_for_no_edits() -> None:
    world = loading()
    other = world.process()
    world.ticks("09:02", "09:03")
    world.tick("09:04", through=other)
    world.journal.clear()
    world.tick("09:10")
    world.tick("09:11", through=other)
    world.tick("09:20")
    assert not world.journal.matching("runs.query")
