"""Draw a story from a seed: the same seed gives the same story."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from tests.simulation import features, jobs, mishaps, people
from tests.simulation.assumptions import SKEW
from tests.simulation.story import Event, Story, minutes

#: Instants around which calendars are strange, and a zone that makes them so.
DATES = (
    ("2026-03-29 01:00", "Europe/Berlin"),  # an hour that never was
    ("2026-10-25 01:00", "Europe/Berlin"),  # an hour twice
    ("2026-03-08 07:00", "America/New_York"),
    ("2026-11-01 06:00", "America/New_York"),
    ("2026-04-04 15:00", "Australia/Lord_Howe"),  # half an hour twice
    ("2026-10-03 15:30", "Australia/Lord_Howe"),
    ("2026-03-08 05:00", "America/Havana"),  # midnight never was
    ("2026-09-06 04:00", "America/Santiago"),
    ("2026-02-15 02:00", "Africa/Casablanca"),  # Ramadan
    ("2026-12-31 23:00", "UTC"),
    ("2028-02-28 23:30", "Asia/Kathmandu"),  # a leap day, and an odd offset
    ("2026-06-30 22:00", "Pacific/Apia"),
)
#: No story may cost much more than this many runs.
RUNS = 50
#: How long a story goes on once nothing goes wrong any more: long enough for a look at everything, and more.
CALM = minutes(100)


@dataclass(frozen=True)
class Theme:
    """What a story is about: how long it lasts (hours), how many jobs, mishaps and acts of people it has."""

    hours: tuple[float, float]
    jobs: tuple[int, int]
    mishaps: tuple[int, int]
    people: tuple[int, int]
    #: How likely it is that some run after others.
    chained: float = 0.4


THEMES = (
    Theme(hours=(24, 96), jobs=(3, 12), mishaps=(0, 6), people=(0, 4)),  # a long week end
    Theme(hours=(2, 6), jobs=(1, 4), mishaps=(6, 24), people=(0, 3)),  # a storm
    Theme(hours=(3, 10), jobs=(1, 4), mishaps=(0, 8), people=(5, 14)),  # busy people
    Theme(hours=(2, 5), jobs=(12, 30), mishaps=(2, 10), people=(0, 6)),  # a crowd
    Theme(hours=(1.5, 4), jobs=(2, 5), mishaps=(6, 20), people=(0, 5), chained=1.0),  # a relay
)


def draw(seed: int) -> Story:
    """Draw a story."""
    random = Random(seed)
    theme = random.choice(THEMES)
    setting = _setting(random, random.uniform(*theme.hours))
    count = random.randint(*theme.jobs)
    drawn = [jobs.draw(setting, number, RUNS / count) for number in range(count)]
    cast = tuple(features.shared(random, features.chained(random, drawn) if random.random() < theme.chained else drawn))
    events = _times(setting, random.randint(*theme.mishaps), lambda at: mishaps.draw(random, at))
    events += _times(setting, random.randint(*theme.people), lambda at: people.draw(random, at, setting.first, cast))
    return Story(
        seed,
        setting.first,
        setting.calm,
        setting.calm + CALM,
        cast,
        tuple(sorted(events, key=lambda event: event.at)),
        _skews(random),
        table_takes=random.choice((0.01, 0.05, 0.4)),
        group_takes=random.choice((0.1, 1.0, 4.0)),
        most=random.choice((90, 90, 90, 5, 2)),
        creates=random.choice((None, None, None, 12, 4)),
    )


def _setting(random: Random, hours: float) -> jobs.Setting:
    """Choose a stretch of time that holds a strange instant."""
    instant, zone = random.choice(DATES)
    turn = datetime.fromisoformat(instant).replace(tzinfo=UTC)
    first = (turn - timedelta(hours=hours * random.uniform(0.1, 0.8))).replace(second=random.randrange(60))
    first = first.replace(microsecond=0)
    return jobs.Setting(random, first, first + timedelta(hours=hours), turn, zone)


def _skews(random: Random) -> dict[str, float]:
    """Choose how far each process's clock is off; the tables' and ACI's own is right, and no two are a minute apart."""
    low = random.choice((-SKEW, -SKEW / 2, 0.0))
    if random.random() < 0.4:
        return dict.fromkeys("ABC", 0.0)
    return {name: round(low + random.uniform(0, SKEW), 1) for name in "ABC"}


def _times(setting: jobs.Setting, count: int, make: Callable[[datetime], list[Event]]) -> list[Event]:
    """Let so many things happen, at any instants before it grows calm."""
    seconds = (setting.calm - setting.first).total_seconds() - 60
    events = []
    for _ in range(count):
        events += make(setting.first + timedelta(seconds=round(setting.random.uniform(0, seconds), 2)))
    return [event for event in events if event.at < setting.calm]
