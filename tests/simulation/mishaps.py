"""Draw what goes wrong: with ticks, with processes, with the answers of tables and of ACI, with containers."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from tests.simulation.assumptions import HELD_UP, PUT_LANDS, SKEW
from tests.simulation.story import Event, Extra, Late, Meanwhile, Mishap, Moves, Restarts, Silence

#: Every kind of call, the telling ones more often.
CALLS = (
    *("jobs.submit*",) * 4, *("runs.submit*",) * 3, *("groups.create*",) * 4, *("groups.delete*",) * 2,
    *("groups.get*", "groups.log*", "logs.write*", "jobs.query", "jobs.keep*", "jobs.read*", "runs.read*"),
    *("runs.query", "groups.tagged", "groups.start*", "groups.stop*"),
)  # fmt: skip
GROUPS = tuple(call for call in CALLS if call.startswith(("groups", "logs")))


def draw(random: Random, at: datetime) -> list[Event]:
    """Draw one mishap, or a few that belong together."""
    return random.choice(KINDS)(random, at)


def _dies(random: Random, at: datetime) -> list[Event]:
    when = random.choice(("dies before", "dies after"))
    if random.random() < 0.4:
        return [Mishap(at, "*", when, random.randint(1, 40))]
    return [Mishap(at, random.choice(CALLS), when, random.choice((1, 1, 1, 2, 3)))]


def _dies_often(random: Random, at: datetime) -> list[Event]:
    """A process that dies at each start, for a while."""
    times = random.randint(2, 5)
    return [event for number in range(times) for event in _dies(random, at + timedelta(minutes=number))]


def _lost(random: Random, at: datetime) -> list[Event]:
    return [Mishap(at, random.choice(CALLS), random.choice(("lost before", "lost after")), random.choice((1, 1, 2)))]


def _away(random: Random, at: datetime) -> list[Event]:
    """One kind of call is not answered for a while."""
    until = at + timedelta(minutes=random.choice((3, 8, 25)))
    return [Mishap(at, random.choice(GROUPS), random.choice(("lost before", "lost after")), until=until)]


def _lands_late(random: Random, at: datetime) -> list[Event]:
    return [Mishap(at, "groups.create*", "late", random.choice((1, 2)), seconds=random.randint(5, PUT_LANDS))]


def _held_up(random: Random, at: datetime) -> list[Event]:
    """A process stands still before it sends, while another goes on."""
    call = random.choice(CALLS)
    held = Mishap(at, call, "slow", 1, seconds=random.choice((5, 45, 100, HELD_UP)))
    return [held, Moves(at, random.choice("ABC"))]


def _sent_again(random: Random, at: datetime) -> list[Event]:
    return [Mishap(at, random.choice(("jobs.submit*", "runs.submit*")), "again", random.choice((1, 2)))]


def _beside(random: Random, at: datetime) -> list[Event]:
    """Another process ticks right beside the timer's."""
    minute = at.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return [
        Extra(minute + timedelta(minutes=number, seconds=round(random.uniform(0, 8), 2)), random.choice("BC"))
        for number in range(random.choice((1, 1, 3, 8)))
    ]


def _amid(random: Random, at: datetime) -> list[Event]:
    """Another process ticks in the middle of one's call."""
    return [Meanwhile(at, random.choice(CALLS), Extra(at, random.choice("BC")))]


def _silent(random: Random, at: datetime) -> list[Event]:
    return [Silence(at, random.choice((2, 7, 15, 45, 200)))]


def _late(random: Random, at: datetime) -> list[Event]:
    return [Late(at, round(random.uniform(0, 55), 1)), Late(at + timedelta(minutes=random.randint(3, 30)), 0.0)]


def _moves(random: Random, at: datetime) -> list[Event]:
    process = random.choice("ABC")
    return [Restarts(at, process, round(random.uniform(0, SKEW), 1)), Moves(at, process)]


def _tumult(random: Random, at: datetime) -> list[Event]:
    """Some minutes in which several processes tick at once, and things go wrong in all of them."""
    events: list[Event] = []
    for number in range(random.randint(3, 8)):
        later = at + timedelta(minutes=number)
        events += _beside(random, later)
        if random.random() < 0.7:
            events += random.choice((_dies, _lost, _held_up, _sent_again))(random, later)
    return events


def _refused(random: Random, at: datetime) -> list[Event]:
    """ACI says no: for lack of room, by a quota, because of too many requests, or for good."""
    cause = random.choice(("capacity", "capacity", "quota", "throttled", "image", "denied", "platform", "spec"))
    until = at + timedelta(minutes=random.choice((2, 20, 90))) if random.random() < 0.5 else None
    return [Mishap(at, "groups.create*", cause, 1, until=until)]


KINDS: tuple[Callable[[Random, datetime], list[Event]], ...] = (
    *(_dies,) * 6, _dies_often, *(_lost,) * 3, _away, *(_lands_late,) * 2, *(_held_up,) * 2, _sent_again,
    *(_beside,) * 2, *(_tumult,) * 2, *(_amid,) * 3, *(_refused,) * 2, _silent, _late, *(_moves,) * 2,
)  # fmt: skip
