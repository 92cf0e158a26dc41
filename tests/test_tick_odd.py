"""Odd answers and mangled cells stay with the job that they belong to, and no promise is broken for them."""

from typing import Any

import pytest

from scheduler.ports import GroupRefused
from scheduler.run import Cause
from tests.world import Killed, World, at, minutes
from tests.world.story import key

JOB, GOOD, GROUP = "weather/extract", "weather/good", "nightly"


def loading(**columns: Any) -> World:
    """A job of which one asks what becomes of it, beside one that must go on."""
    world = World()
    world.groups.behave(duration=30, log=lambda env: f"loaded\n::watermark::{env['DUE']}\n")
    world.add(JOB, **{"Schedule": "*/10 * * * *", "Image": "x", **columns})
    world.add(GOOD, Schedule="*/10 * * * *", Image="good")
    world.tick("09:00:30")
    return world


def provisioned(since: str = "09:00", columns: dict[str, Any] | None = None, **how: Any) -> World:
    """An existing group that ran when it was provisioned, and the job that starts it."""
    world = World(since)
    world.groups.behave("report", **{"duration": 30, "log": "::watermark::done\n", **how})
    world.groups.provision(GROUP, "report")
    world.clock.to("09:05")
    world.add(JOB, Schedule="*/10 * * * *", ContainerGroup=GROUP, **(columns or {}))
    world.tick("09:05:30")
    return world


def creations(world: World) -> int:
    return len(world.journal.matching("groups.create ct-weather-extract*"))


# an existing group


def test_a_start_time_with_microseconds_is_kept_whole() -> None:
    world = provisioned("09:00:00.123456", start_delay=120)
    world.ticks("09:10", "09:11")
    assert world.states(JOB) == ["Active"], "the run before ended; this one has not begun"


def test_a_group_that_could_not_be_seen_before_its_start_is_not_started() -> None:
    world = provisioned(start_delay=120)
    world.groups.fail("get", GroupRefused(Cause.DENIED, "no token just now"))
    world.tick("09:10")
    assert world.states(JOB) == []
    assert "no token just now" in str(world.row(JOB)["Reason"])
    world.ticks("09:11", "09:13", "09:14")
    assert world.states(JOB) == ["Succeeded"]


def test_a_stop_whose_answer_was_lost_ends_no_later_run() -> None:
    world = provisioned(columns={"Timeout": "9m"}, start_delay=1)
    world.groups.behave("report", duration=None, start_delay=1)
    world.tick("09:10")
    world.groups.behave("report", duration=90, start_delay=1)
    world.groups.fail("stop", done=True)
    world.ticks("09:20", "09:21", "09:30", "09:31", "09:32")
    assert world.states(JOB) == ["Failed", "Skipped", "Succeeded"]
    assert "could not be stopped yet" in str(world.runs(JOB)[1].columns["Reason"])


def test_a_job_that_is_alone_with_its_group_again_goes_on() -> None:
    world = provisioned()
    world.add("weather/second", Schedule="*/10 * * * *", ContainerGroup=GROUP)
    world.ticks(*minutes("09:06", "09:29"))
    assert world.row(JOB)["Status"] == "Invalid"
    world.edit("weather/second", Enabled=False)
    world.ticks(*minutes("09:30", "09:35"))
    assert "Succeeded" in world.states(JOB)


# cancel, edits and rewinds at bad moments


def test_a_cancel_that_meets_a_takeover_is_obeyed() -> None:
    world = loading()
    world.groups.fail("create", name="ct-weather-extract*")
    world.ticks(*minutes("09:10", "09:24"))
    world.edit(JOB, Request="cancel")
    world.ticks("09:25", "09:26", "09:30")
    assert world.states(JOB) == ["Cancelled", "Skipped", "Active"]
    assert creations(world) == 2, "one for each due time that was not let pass"


def test_a_rewind_is_kept_when_a_claim_meets_a_skip() -> None:
    world = loading()
    world.groups.behave("x", duration=650, log="::watermark::later\n")
    world.ticks("09:10", "09:11")
    world.journal.kill_after("runs.submit weather: insert extract|*")
    with pytest.raises(Killed):
        world.tick("09:20")
    world.restart()
    world.edit(JOB, Watermark="2026-01-01")
    world.tick("09:22")
    row = world.row(JOB)
    assert (row["Watermark"], row["LastDue"], row["NextRun"]) == ("2026-01-01", at("09:10"), at("09:30"))
    assert str(row["Reason"]).startswith("Skipped before")


def test_a_schedule_edited_during_a_run_counts_from_the_edit_even_after_a_death() -> None:
    world = loading()
    world.tick("09:10")
    world.clock.to("09:14:30")
    world.edit(JOB, Schedule="every 5 minutes")
    world.journal.kill_after("jobs.submit weather: merge extract*")
    with pytest.raises(Killed):
        world.tick("09:15")
    world.restart()
    world.ticks("09:16", "09:17")
    assert at("09:15") in [run.columns["Due"] for run in world.runs(JOB)]


@pytest.mark.parametrize("where", ["runs.query", "jobs.submit weather*"])
def test_an_old_copy_is_as_suspect_after_a_tick_that_failed(where: str) -> None:
    world = loading()
    world.ticks("09:10", "09:11")
    copy = world.copy(JOB)
    world.edit(JOB, Request="run")
    world.ticks("09:12", "09:13")
    mark = world.row(JOB)["Watermark"]
    world.clock.to("09:14")
    world.replace(copy)
    world.journal.before(where, _breaks)
    with pytest.raises(OSError, match="503"):
        world.tick("09:14")
    world.tick("09:15")
    assert world.ports.memory.rows[key(JOB)].etag == world.copy(JOB).etag
    world.tick("09:16")
    assert world.row(JOB)["Watermark"] == mark


def _breaks() -> None:
    raise OSError("503")


def test_a_job_begun_anew_with_a_watermark_of_its_own_keeps_it() -> None:
    world = loading()
    world.ticks("09:10", "09:11")
    world.remove(JOB)
    world.add(JOB, Schedule="*/10 * * * *", Image="x", Watermark="2020-01-01")
    world.tick("09:12")
    assert world.row(JOB)["Watermark"] == "2020-01-01"


# a group that vanishes, a claim that waits


def test_a_group_that_vanished_after_its_put_was_answered_is_not_made_again() -> None:
    world = loading()
    world.tick("09:10")
    for name in [name for name in world.groups.groups if "extract" in name]:
        del world.groups.groups[name]
    world.ticks(*minutes("09:11", "09:25"))
    lost, again = (run.columns for run in world.runs(JOB) if run.columns["Due"] == at("09:10"))
    assert (lost["State"], again["State"]) == ("Lost", "Succeeded")
    assert lost["Group"] != again["Group"], "what follows is an attempt with a group of its own"
    assert all(len(starts) == 1 for starts in world.started().values())


def test_a_claim_that_was_never_sent_is_sent_however_late_the_timer_is() -> None:
    world = loading()
    world.journal.kill_before("groups.create ct-weather-extract*")
    with pytest.raises(Killed):
        world.tick("09:10")
    world.restart()
    world.ticks("12:26", "12:27")
    assert world.runs(JOB)[-1].columns["State"] == "Succeeded"


def test_a_takeover_looks_once_more_before_it_sends() -> None:
    world = loading()
    world.groups.fail("create", name="ct-weather-extract*", late=901)
    world.ticks("09:10", "09:24")
    world.journal.before("runs.submit weather: insert extract*", lambda: world.clock.passes(2))
    world.ticks("09:25", "09:27")
    assert all(len(starts) == 1 for starts in world.started().values())


def test_a_takeover_has_a_lease_of_its_own() -> None:
    world = loading(Schedule="@daily")
    world.edit(JOB, Request="run")
    world.groups.fail("create", name="ct-weather-extract*", times=2)
    world.ticks("09:10", "09:25", *minutes("09:26", "09:39"))
    assert creations(world) == 2
    world.ticks("09:40", "09:41")
    assert world.states(JOB) == ["Succeeded"]


def test_a_takeover_of_a_job_that_names_no_image_any_more_ends_with_its_reason() -> None:
    world = loading()
    world.groups.fail("create", name="ct-weather-extract*")
    world.tick("09:10")
    world.groups.provision(GROUP, "report")
    world.edit(JOB, Image="", ContainerGroup=GROUP)
    world.ticks("09:25", "09:26")
    assert "names no image any more" in str(world.runs(JOB)[-1].columns["Reason"])
    assert creations(world) == 1
