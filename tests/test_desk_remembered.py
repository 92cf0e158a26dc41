"""What is remembered for a moment: bounded, and gone when its moment is over."""

from scheduler.desk import live
from scheduler.desk.remembered import Remembered
from scheduler.desk.runs import run
from tests.world import World, minutes


def texts(most: int = 3, most_bytes: int = 100) -> Remembered[str]:
    return Remembered(len, most, most_bytes)


def test_what_is_over_is_neither_given_nor_held() -> None:
    memory = texts()
    memory.keep("a", "x" * 40, until=10, now=0)
    assert memory.get("a", 9.9) == "x" * 40
    assert memory.get("a", 10) is None
    assert memory.held == 0


def test_the_oldest_make_room_when_there_are_too_many_or_too_much() -> None:
    memory = texts()
    for name in "abcd":
        memory.keep(name, name * 10, until=10, now=0)
    assert [memory.get(name, 1) is not None for name in "abcd"] == [False, True, True, True]
    memory.keep("e", "e" * 85, until=10, now=1)
    assert [memory.get(name, 1) is not None for name in "bcde"] == [False, False, True, True]
    assert memory.held == 95


def test_what_is_too_large_is_not_held_and_lets_the_others_stay() -> None:
    memory = texts()
    memory.keep("a", "a", until=10, now=0)
    memory.keep("b", "b" * 101, until=10, now=0)
    assert (memory.get("a", 1), memory.get("b", 1)) == ("a", None)


def test_what_is_forgotten_is_read_anew() -> None:
    memory = texts()
    memory.keep("a", "a", until=10, now=0)
    memory.forget("a")
    memory.forget("b")
    assert memory.get("a", 1) is None


def test_logs_of_many_runs_are_held_for_seconds_and_not_for_ever() -> None:
    world = World("08:57")
    log = [(0.0, "x" * 2_000_000 + "\n")]
    world.groups.behave(duration=3_000, log=log)
    for number in range(12):
        world.add(f"weather/job{number:02}", Schedule="0 9 * * *", Image="talks")
    world.ticks(*minutes("08:58", "09:02"))
    world.clock.passes(20)
    for number in range(12):
        line = run(world.ports, ("weather", f"job{number:02}"), "2026-11-22T09:00:00Z.1")
        assert line.entry
        live.live(world.ports, line.entry, f"other/{number}.log")
    held = live.READINGS[world.ports.groups].held
    assert 2_000_000 < held <= live.MOST_BYTES
    assert line.entry
    world.clock.passes(600)
    live.live(world.ports, line.entry, "other/new.log")
    assert live.READINGS[world.ports.groups].held < 3_000_000
