"""A request and a write between its look and its own: where nothing was obeyed it goes on, and never runs twice."""

from collections.abc import Callable
from typing import Any

import pytest

from scheduler.desk import acts
from scheduler.desk.audit import Unsure
from scheduler.desk.faults import Conflict
from scheduler.ports import BatchRefused
from tests.desk import acts as rows
from tests.desk import anna, place
from tests.world import World, minutes

EXTRACT = ("weather", "extract")
JOB = "weather/extract"


def fresh() -> World:
    """A job that no tick has seen yet."""
    return place()


def running() -> World:
    """A run that the row still calls Starting, for ACI's answer to its PUT was lost."""
    world = place("08:58")
    world.groups.behave("extract:1", duration=600)
    world.groups.order("drop-after", "create")
    world.ticks("08:59", "09:00")
    return world


def ending() -> World:
    """A run that ends within the minute."""
    world = place("08:58")
    world.ticks("08:59", "09:00")
    return world


def failing() -> World:
    """A job whose first attempt is about to fail; its next one waits for an hour."""
    world = place("08:58")
    world.groups.behave("extract:1", duration=5, exit_code=1)
    world.edit(JOB, Retries=3, RetryDelay="60m")
    world.ticks("08:59", "09:00", "09:01", "09:02")
    return world


def result(world: World) -> list[Any]:
    return [row["Result"] for row in rows(world)]


def meanwhile(world: World, act: Callable[[], object]) -> None:
    """Let something happen after the look, once the intent is noted."""
    world.journal.before("jobs.submit*", act)


@pytest.mark.parametrize(
    ("begun", "text", "then"),
    [
        (fresh, "run", "09:01"),
        (fresh, "run 2026-11-01", "09:01"),
        (fresh, "run 2026-11-01..2026-11-03", "09:01"),
        (running, "run", "09:01"),
        (running, "cancel", "09:01"),
        (ending, "cancel", "09:01"),
        (ending, "retry", "09:01"),
        (failing, "cancel", "09:10"),
        (failing, "retry", "09:10"),
        (running, "retry", "09:01"),
    ],
)
def test_a_tick_between_look_and_write_leaves_no_doubt(begun: Callable[[], World], text: str, then: str) -> None:
    world = begun()
    etags = [world.copy(JOB).etag]

    def ticks() -> None:
        world.tick(then)
        etags.append(world.copy(JOB).etag)

    meanwhile(world, ticks)
    acts.ask(world.ports, anna(world), EXTRACT, text)
    assert len({*etags}) == 2, "the tick wrote the row"
    assert world.row(JOB)["Request"] == text
    assert result(world) == ["done"]


def test_a_person_between_is_no_doubt_either_and_their_request_stays() -> None:
    world = fresh()
    meanwhile(world, lambda: world.edit(JOB, Owner="anna"))
    acts.ask(world.ports, anna(world), EXTRACT, "run")
    assert (world.row(JOB)["Request"], world.row(JOB)["Owner"]) == ("run", "anna")
    world = fresh()
    meanwhile(world, lambda: world.edit(JOB, Request="cancel"))
    with pytest.raises(Conflict, match="Request is 'cancel' already"):
        acts.ask(world.ports, anna(world), EXTRACT, "run")
    assert result(world) == ["refused"]


def test_somebody_who_writes_all_the_time_gets_a_sentence_and_nothing_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = fresh()
    submit = world.jobs.submit

    def raced(changes: Any) -> Any:
        world.edit(JOB, Owner="anna")
        return submit(changes)

    monkeypatch.setattr(world.jobs, "submit", raced)
    with pytest.raises(Conflict, match="is being written all the time"):
        acts.ask(world.ports, anna(world), EXTRACT, "run")
    assert (world.row(JOB).get("Request", ""), result(world)) == ("", ["refused"])


def slow() -> World:
    """A job that is seen and due in an hour, and that nothing runs for."""
    world = place("08:58")
    world.edit(JOB, Schedule="0 * * * *")
    world.tick("08:59")
    return world


def paused() -> World:
    """A run that failed and waits for its next attempt, in a job whose runs do nothing else."""
    world = failing()
    world.edit(JOB, Schedule="0 0 1 1 *")
    world.tick("09:03")
    return world


@pytest.mark.parametrize(
    ("begun", "text", "ticks"),
    [
        (slow, "run", ["09:05"]),
        (slow, "run", [*minutes("09:05", "09:12")]),
        (slow, "run 2026-11-01", ["09:05"]),
        (slow, "run 2027-11-01", ["08:59"]),
        (slow, "run 2026-11-01..2026-11-03", ["09:05"]),
        (slow, "cancel", ["08:59"]),
        (slow, "retry", ["08:59"]),
        (running, "run 2026-11-01", ["09:01"]),
        (running, "cancel", ["09:01"]),
        (running, "cancel", ["09:01", "09:02", "09:03"]),
        (running, "retry", ["09:01"]),
        (paused, "cancel", ["09:10"]),
        (paused, "retry", ["09:10"]),
        (paused, "retry", [*minutes("09:10", "09:14")]),
    ],
)
def test_what_was_obeyed_before_the_sdk_sent_it_again_is_not_written_again(
    begun: Callable[[], World], text: str, ticks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer to the first send was lost; ticks obeyed it, and only then the second one is refused."""
    world = begun()
    submit = world.jobs.submit

    def lost(changes: Any) -> Any:
        monkeypatch.setattr(world.jobs, "submit", submit)
        submit(changes)
        world.ticks(*ticks)
        raise BatchRefused(0, 412, "UpdateConditionNotSatisfied")

    monkeypatch.setattr(world.jobs, "submit", lost)
    with pytest.raises(Unsure, match="look whether it was asked"):
        acts.ask(world.ports, anna(world), EXTRACT, text)
    assert (world.row(JOB)["Request"], result(world)) == ("", [""])
