"""Stories of two regions and their rations: where a start goes, whatever happens meanwhile."""

from typing import Any

import pytest

from scheduler.ports import GroupRefused
from scheduler.run import Cause
from tests.world import World, minutes

JOB = "team/a"


def rationed() -> World:
    """A job of two regions that is due at ten; the first region has no creation left until 10:04."""
    world = World("09:00")
    world.groups.limits.creates_5min = 1
    world.groups.behave(start_delay=5, duration=20)
    world.add(JOB, Schedule="0 10 * * *", Image="x", Locations="westeurope, northeurope")
    world.add("team/first", Image="x", Locations="westeurope")
    world.ticks("09:01")
    world.edit("team/first", Request="run")
    world.ticks("09:59")
    return world


def tried(world: World) -> list[tuple[Any, ...]]:
    """Where each attempt went, and how it ended; the first one first."""
    rows = [row.columns for row in world.runs(JOB)]
    return [(one["Location"], one["State"], one.get("Cause", "")) for one in rows]


def test_one_that_the_second_region_throttles_goes_to_the_first_once_that_has_a_creation_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = rationed()
    real = world.groups.create

    def refuse(name: str, body: Any) -> Any:
        if body["location"] == "northeurope":
            raise GroupRefused(Cause.THROTTLED, "create: too many requests in northeurope")
        return real(name, body)

    monkeypatch.setattr(world.groups, "create", refuse)
    world.ticks(*minutes("10:00", "10:10"))
    assert tried(world) == [("northeurope", "Failed", "throttled"), ("westeurope", "Succeeded", "")]


def test_an_edit_in_the_moment_of_the_claim_leaves_the_region_as_it_was_chosen() -> None:
    world = rationed()
    world.journal.before("jobs.submit team: merge a*", lambda: world.edit(JOB, Description="hello"))
    world.ticks("10:00", "10:01", "10:02")
    assert tried(world) == [("northeurope", "Succeeded", "")]


def test_an_edit_of_the_locations_in_that_moment_counts() -> None:
    world = rationed()
    world.journal.before("jobs.submit team: merge a*", lambda: world.edit(JOB, Locations="uksouth"))
    world.ticks("10:00", "10:01", "10:02")
    assert tried(world) == [("uksouth", "Succeeded", "")]
