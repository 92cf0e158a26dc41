"""Draw jobs of every kind: schedules of all grammars near a strange hour, containers of all tempers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from scheduler.schedule import Refused, Schedule
from tests.simulation.features import FEATURES
from tests.simulation.story import Cell, Container, Job

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana")
#: Minutes between two due times of a schedule that is drawn by its pace.
PACES = (1, 2, 3, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360)


@dataclass(frozen=True)
class Setting:
    """When and where the jobs of a story live: clocks are strange at `turn`, in `zone`."""

    random: Random
    first: datetime
    calm: datetime
    turn: datetime
    zone: str


@dataclass(frozen=True)
class Pulse:
    """How often a job is due, in minutes, roughly, and in which zone; `turn` is when clocks are strange."""

    random: Random
    pace: int
    zone: str
    turn: datetime

    def wall(self, spread: int) -> datetime:
        """Choose a time on the wall within so many minutes of the turn."""
        return (self.turn + timedelta(minutes=self.random.randint(-spread, spread))).astimezone(ZoneInfo(self.zone))


def draw(setting: Setting, number: int, runs: float) -> Job:
    """Draw one job that runs about `runs` times at most."""
    random = setting.random
    name = f"{random.choice(('weather', 'traffic'))}/{'abcdefghijklmnopqrstuvwxyz'[number % 26]}{number}"
    zone = setting.zone if random.random() < 0.6 else random.choice(ZONES)
    pulse = Pulse(random, _pace(setting, runs), zone, setting.turn)
    cells: dict[str, Cell] = {"Schedule": _schedule(pulse)}
    if zone != "UTC":
        cells["TimeZone"] = zone
    _bounds(setting, cells)
    cells |= _what(random, name)
    container = _container(pulse)
    for feature in FEATURES:
        feature(random, cells)
    joins = 0.0 if random.random() < 0.8 else round(random.uniform(0, 60), 2)
    return Job(name, cells, container, joins)


def _pace(setting: Setting, runs: float) -> int:
    least = (setting.calm - setting.first) / timedelta(minutes=1) / max(runs, 1)
    fitting = [pace for pace in PACES if pace >= least] or [PACES[-1]]
    return setting.random.choice(fitting[:4])


def _schedule(pulse: Pulse) -> str:
    for _ in range(20):
        text = pulse.random.choice(KINDS)(pulse)
        try:
            Schedule.parse(text, pulse.zone)
        except Refused:
            continue
        return text
    return "@hourly"


def _wildcard(pulse: Pulse) -> str:
    random, pace = pulse.random, pulse.pace
    if pace < 60:
        low = random.randrange(0, min(pace, 10))
        field = f"*/{pace}" if not low else f"{low}-59/{pace}"
        return random.choice((f"{field} * * * *", f"{random.randrange(60)} {field} * * * *"))
    hours = pace // 60
    return f"{random.randrange(60)} */{hours} * * *" if hours > 1 else f"{random.randrange(60)} * * * *"


def _fixed(pulse: Pulse) -> str:
    """A time of day near the hour at which clocks are strange."""
    random, wall = pulse.random, pulse.wall(120)
    at = f"{wall.minute} {wall.hour}"
    return random.choice((
        f"{at} * * *",
        f"{wall.minute},{(wall.minute + 30) % 60} {wall.hour} * * *",
        f"*/{random.choice((10, 15, 20, 30))} {wall.hour} * * *",
        f"{random.randrange(60)} {at} * * *",
        f"{at} {wall.day} * {wall.isoweekday() % 7}",
        f"{at} * * 1-5",
        "@daily",
        f"0 {wall.hour}-23/2 * * *",
    ))  # fmt: skip


def _interval(pulse: Pulse) -> str:
    hours, rest = divmod(pulse.pace, 60)
    short = (f"{hours}h" if hours else "") + (f"{rest}m" if rest else "")
    return f"every {pulse.random.choice((short, f'{pulse.pace} minutes')) if pulse.pace > 1 else '1 minute'}"


def _once(pulse: Pulse) -> str:
    return f"at {pulse.wall(90).replace(tzinfo=None).isoformat(timespec='minutes')}"


def _several(pulse: Pulse) -> str:
    return f"{_wildcard(Pulse(pulse.random, max(pulse.pace, 30), pulse.zone, pulse.turn))}; {_fixed(pulse)}"


def _manual(pulse: Pulse) -> str:
    return pulse.random.choice(("manual", ""))


KINDS: tuple[Callable[[Pulse], str], ...] = (
    *(_wildcard,) * 5, *(_interval,) * 3, *(_fixed,) * 3, _once, _several, _manual,
)  # fmt: skip


def _bounds(setting: Setting, cells: dict[str, Cell]) -> None:
    """Sometimes bound it, within the story."""
    for name, low, high in (("StartAt", 0.0, 0.4), ("EndAt", 0.6, 1.0)):
        if setting.random.random() < 0.12:
            moment = setting.first + (setting.calm - setting.first) * setting.random.uniform(low, high)
            cells[name] = moment.replace(microsecond=0).isoformat().replace("+00:00", "Z")


def _what(random: Random, name: str) -> dict[str, Cell]:
    if random.random() < 0.15:
        return {"ContainerGroup": f"shared-{name.replace('/', '-')}"}
    cells: dict[str, Cell] = {"Image": f"registry.example/{name}:1"}
    if random.random() < 0.3:
        cells["Priority"] = random.randint(-5, 5)
    if random.random() < 0.3:
        cells["Watermark"] = "2026-01-01"
    if random.random() < 0.3:
        cells["Timeout"] = random.choice(("5m", "20m", "2h"))
    return cells


def _container(pulse: Pulse) -> Container:
    """Draw a temper: most are short and good, some fail, hang, never come up, or are slower than their pace."""
    random = pulse.random
    length = random.choice((5, 20, 70, 200, pulse.pace * 60 * 0.9, pulse.pace * 60 * 1.7))
    lasts: tuple[int | None, ...] = tuple(round(length * random.uniform(0.5, 1.5)) for _ in range(3))
    exits: tuple[int, ...] = random.choice(((0,), (0,), (0, 0, 3), (0, 1), (7147, 0, 0), (1,)))
    delays: tuple[int | None, ...] = (random.choice((2, 15, 40)),)
    if random.random() < 0.06:
        lasts = (*lasts, None)
    if random.random() < 0.04:
        delays = (*delays, *delays, None)
    again = random.choice((1, 2)) if random.random() < 0.05 else 0
    return Container(delays, lasts, exits, random.random() < 0.85, again, chatty=random.random() < 0.06)
