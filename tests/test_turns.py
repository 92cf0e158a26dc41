"""Turns: ARM lets a tick look at so many groups, and none of the others may wait for ever."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pytest

from scheduler.desk.health import health
from scheduler.ports import Throttled, Unknown
from scheduler.standing import Standing
from scheduler.view import View
from tests.world import World, at, minutes

BUSY = "get ct-a: SubscriptionRequestsThrottled: Please try again after '1' seconds."


class Bucket:
    """ARM's, in the way of the looks: so many go through each minute, all others are 429."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left: float = float("inf")
        self.looked: list[str] = []
        self.refused = 0
        self._get = world.groups.get
        monkeypatch.setattr(world.groups, "get", self.get)

    def get(self, name: str) -> View | None:
        if self.left <= 0:
            self.refused += 1
            raise Throttled(BUSY)
        self.left -= 1
        self.looked.append(name.rsplit("-", 1)[0].removeprefix("ct-team-"))
        return self._get(name)

    def minute(self, left: float) -> list[str]:
        """Begin another minute; gives who was looked at in the one before."""
        self.left, self.refused, looked, self.looked = left, 0, self.looked, []
        return looked


def running(jobs: int, **columns: str) -> World:
    """So many runs of two hours, begun at 10:00 and seen once; `columns` are those of the last."""
    world = World("09:30")
    world.groups.behave(start_delay=1, duration=7_200, log="a line\n")
    for number in range(jobs):
        more = columns if number == jobs - 1 else {}
        world.add(f"team/job{number:02}", **{"Schedule": "0 10 * * *", "Image": "x", "Timeout": "3h", **more})
    world.ticks("09:31", "09:35", "10:00", "10:01")
    return world


def looks(world: World, bucket: Bucket, left: float, times: Iterable[datetime]) -> Iterator[list[str]]:
    """Tick at these times; gives who was looked at in each."""
    for now in times:
        bucket.minute(left)
        world.tick(now)
        yield bucket.minute(left)


def test_where_arm_lets_some_be_looked_at_everybody_has_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    world = running(12)
    seen = list(looks(world, Bucket(world, monkeypatch), 5, minutes("10:02", "10:07")))
    assert [len(one) for one in seen] == [5] * 6
    for first, second, third in zip(seen, seen[1:], seen[2:], strict=False):
        assert len({*first, *second, *third}) == 12


def test_a_process_that_knows_of_no_turns_keeps_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    world = running(12)
    bucket = Bucket(world, monkeypatch)
    seen = set[str]()
    for now in minutes("10:02", "10:16"):
        world.restart()
        (looked,) = looks(world, bucket, 5, [now])
        seen |= {*looked}
    assert len(seen) == 12


def test_after_a_429_nobody_else_is_asked_for_in_that_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    world = running(12)
    bucket = Bucket(world, monkeypatch)
    bucket.minute(5)
    world.tick("10:02")
    assert bucket.refused == 1


def test_the_tick_and_the_page_of_health_say_how_many_were_not_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    world = running(12)
    bucket = Bucket(world, monkeypatch)
    bucket.minute(5)
    said = [f"7 running groups could not be looked at, and wait for their turn: ARM answers 429, throttled: {BUSY}"]
    assert [one.sentence for one in world.tick("10:02").troubles] == said
    assert list(health(world.ports, at("10:02")).troubles) == said
    bucket.minute(11)
    assert [one.sentence.partition(":")[0] for one in world.tick("10:03").troubles] == [
        "1 running group could not be looked at, and waits for its turn"
    ]
    bucket.minute(12)
    assert world.tick("10:04").troubles == ()
    assert health(world.ports, at("10:04")).troubles == ()


def test_an_answer_that_was_lost_is_told_and_keeps_nobody_else_from_a_look() -> None:
    world = running(12)
    world.groups.calls.clear()
    world.groups.fail("get", Unknown("get ct-a: no answer"), times=2)
    (told,) = world.tick("10:02").troubles
    assert told.sentence == "2 running groups could not be looked at, and wait for their turn: get ct-a: no answer"
    assert world.groups.calls["get"] == 12


@pytest.mark.parametrize("timeout", ["3h", "5m"], ids=["going on", "over their time"])
def test_groups_of_which_arm_tells_nothing_for_hours_keep_nobody_out(
    timeout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scenario: it answers 500 for those of one region. Asked for first in each tick, they would be the only ones."""
    world = World("09:30")
    world.groups.behave(start_delay=1, duration=7_200, log="a line\n")
    for number in range(12):
        longest = timeout if number < 6 else "3h"
        world.add(f"team/job{number:02}", Schedule="0 10 * * *", Image="x", Timeout=longest)
    world.ticks("09:31", "09:35", "10:00", "10:01")
    bucket = Bucket(world, monkeypatch)
    get = bucket.get

    def broken(name: str) -> View | None:
        view = get(name)
        if name.startswith(tuple(f"ct-team-job{number:02}" for number in range(6))):
            raise Unknown(f"get {name}: HTTP 500: InternalServerError")
        return view

    monkeypatch.setattr(world.groups, "get", broken)
    seen = {one for looked in looks(world, bucket, 5, minutes("10:10", "10:39")) for one in looked}
    assert {f"job{number:02}" for number in range(6, 12)} <= seen


def test_a_cancel_is_not_looked_at_either_once_arm_has_had_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    world = running(12)
    bucket = Bucket(world, monkeypatch)
    bucket.minute(5)
    for number in range(12):
        world.edit(f"team/job{number:02}", Request="cancel")
    told = world.tick("10:02").troubles
    assert (bucket.refused, len(told)) == (1, 1)
    bucket.minute(50)
    world.ticks("10:03", "10:04")
    assert {world.states(f"team/job{number:02}")[-1] for number in range(12)} == {"Cancelled"}


def test_what_a_cancel_was_the_first_not_to_be_let_look_at_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    world = running(12)
    Bucket(world, monkeypatch).minute(12 + 3)
    for number in range(12):
        world.edit(f"team/job{number:02}", Request="cancel")
    said = [one.sentence for one in world.tick("10:02").troubles]
    assert said == [
        f"9 running groups could not be looked at, and wait for their turn: ARM answers 429, throttled: {BUSY}"
    ]


def test_a_group_that_cannot_be_deleted_has_its_turn_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    world = running(12, Timeout="10m")
    world.groups.fail("delete", times=1_000)
    world.tick("10:15")
    (run,) = Standing.from_row(world.copy("team/job11")).runs
    assert run.removing
    seen = list(looks(world, Bucket(world, monkeypatch), 1, minutes("10:16", "10:27")))
    assert {name for looked in seen for name in looked} >= {f"job{number:02}" for number in range(11)}


@pytest.mark.parametrize("why", ["cancelled", "over its time"])
def test_what_may_have_to_be_ended_is_looked_at_first(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    world = running(12, Timeout="10m" if why == "over its time" else "3h")
    bucket = Bucket(world, monkeypatch)
    if why == "cancelled":
        list(looks(world, bucket, 0, [at("10:13")]))
        world.edit("team/job11", Request="cancel")
        bucket.minute(0)
        world.tick("10:14")  # it writes the cancel down, and may not look
    (looked,) = looks(world, bucket, 1, [at("10:15")])
    assert looked == ["job11"]
    assert world.runs("team/job11")[0].columns["State"] in ("Cancelled", "Failed")


def test_what_is_over_but_for_its_log_is_looked_at_before_the_ten_minutes_are_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = running(12)
    bucket = Bucket(world, monkeypatch)
    world.groups.change(next(name for name in world.groups.groups if "job11" in name), duration=60)
    world.groups.fail("log", name="*job11*")
    world.tick("10:05")
    assert world.runs("team/job11")[0].columns["State"] == "Active"
    (looked,) = looks(world, bucket, 2, [at("10:06")])
    assert looked[0] == "job11"
    assert world.states("team/job11") == ["Succeeded"]


def test_what_is_no_more_is_forgotten() -> None:
    world = running(2)
    assert len(world.ports.memory.looked) == 2
    world.groups.change(next(name for name in world.groups.groups if "job01" in name), duration=60)
    world.ticks("10:02", "10:03")
    assert {key[1][:5] for key in world.ports.memory.looked} == {"job00"}
    assert world.ports.memory.looked[next(iter(world.ports.memory.looked))] == at("10:03")
    assert timedelta(0) == world.clock.now - at("10:03")
