"""A story, before it is played: jobs, what their containers do, and everything that will happen to them. Data.

Nothing in it is a call: what was drawn can be left out, cut short and printed, which is what shrinking and
telling need. Instants are in UTC; the same story is played the same way, byte for byte.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

type Cell = str | int | float | bool


@dataclass(frozen=True)
class Container:
    """What a job's containers do; of several values, a run's due time and attempt choose one for good.

    `delays`: seconds until it runs (None: never). `lasts`: seconds it runs (None: for ever). `exits`: its exit
    codes. `answers`: it prints a watermark. `again`: how often ACI runs it once more after a non-zero exit.
    `chatty`: it prints a line of 1 KB twice a minute.
    """

    delays: tuple[int | None, ...] = (10,)
    lasts: tuple[int | None, ...] = (60,)
    exits: tuple[int, ...] = (0,)
    answers: bool = True
    again: int = 0
    chatty: bool = False

    def choice[T](self, several: tuple[T, ...], due: str, attempt: str) -> T:
        """Choose for one run."""
        return several[crc32(f"{due}/{attempt}/{len(several)}".encode()) % len(several)]


@dataclass(frozen=True)
class Job:
    """A row that somebody adds, and what it runs; `cells` are the columns as they are typed."""

    name: str
    cells: Mapping[str, Cell]
    container: Container = Container()
    joins: float = 0  # minutes after the story's beginning

    @property
    def group(self) -> str:
        """The existing group that it starts; '' when each run has its own."""
        return str(self.cells.get("ContainerGroup", ""))


@dataclass(frozen=True)
class Event:
    """Something that happens at `at`, whatever else does."""

    at: datetime


@dataclass(frozen=True)
class Extra(Event):
    """A tick beside the timer's, in this process: doubled, or in the middle of another one."""

    process: str


@dataclass(frozen=True)
class Silence(Event):
    """The timer says nothing for so long."""

    minutes: int


@dataclass(frozen=True)
class Late(Event):
    """From now on the timer's ticks come so many seconds past their minute."""

    seconds: float


@dataclass(frozen=True)
class Moves(Event):
    """From now on the timer's ticks are another process's."""

    process: str


@dataclass(frozen=True)
class Restarts(Event):
    """A process begins anew: it remembers nothing, and has another clock."""

    process: str
    skew: float


#: How the line of a call begins that is sent a second time.
AGAIN = "again: "


@dataclass(frozen=True)
class Mishap(Event):
    """From `at` on, something befalls the `nth` call whose line matches (and all later ones, until `until`).

    `what`: "dies before" or "dies after" its effect; "lost before" or "lost after" it: the caller hears of an
    error; "late": the caller hears of none, and the effect comes `seconds` later; "slow": the call is held up
    so long before it is sent; "again": it is sent twice, as an SDK does by itself after a 5xx; or the name of
    a cause ("capacity", "quota", ...) with which ACI refuses it.
    """

    call: str
    what: str
    nth: int = 1
    seconds: float = 0
    until: datetime | None = None


@dataclass(frozen=True)
class Edits(Event):
    """A person types into some cells of a row."""

    job: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True)
class Deletes(Event):
    """A person deletes a row."""

    job: str


@dataclass(frozen=True)
class WritesBack(Event):
    """A person writes a whole row back as it stood at `of`: an old window, an import, a restored backup."""

    job: str
    of: datetime


@dataclass(frozen=True)
class Vanishes(Event):
    """Whatever containers run for a job are gone, with their groups, and nobody says why."""

    job: str


@dataclass(frozen=True)
class Meanwhile(Event):
    """Right before the next call whose line matches has its effect, something else happens: a person, a tick."""

    call: str
    act: Event

    @property
    def job(self) -> str | None:
        """The job that it is about, if any."""
        return getattr(self.act, "job", None)


@dataclass(frozen=True)
class Story:
    """All that will happen. `calm`: from then on nothing goes wrong and nobody edits; `last`: the end."""

    seed: int
    first: datetime
    calm: datetime
    last: datetime
    jobs: tuple[Job, ...]
    events: tuple[Event, ...] = ()
    #: How far each process's clock is from the world's, in seconds.
    skews: Mapping[str, float] = field(default_factory=lambda: {"A": 0.0, "B": 0.0, "C": 0.0})
    #: How long a call takes, in seconds.
    table_takes: float = 0.05
    group_takes: float = 1.0
    #: MAX_ACTIVE_RUNS.
    most: int = 90
    #: How many groups ACI creates in a region within five minutes; None = as many as one likes, and says nothing of it.
    creates: int | None = None

    def tell(self) -> Iterator[str]:
        """Write it as lines that a person reads."""
        yield f"seed {self.seed}: {_time(self.first)} to {_time(self.last)}, calm from {_time(self.calm)}"
        yield f"clocks {_words(self.skews)}; a table's answer takes {self.table_takes} s, ACI's {self.group_takes} s"
        for job in self.jobs:
            yield f"job {job.name}: {_words(job.cells)}"
            yield f"    its container: {_changed(job.container)}"
        for event in sorted(self.events, key=lambda event: event.at):
            yield f"{_time(event.at)}  {type(event).__name__.lower()} {_changed(event)}".rstrip()


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def _words(cells: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in cells.items())


def _changed(one: Any) -> str:
    """Name the fields that differ from their defaults."""
    said = {each.name: getattr(one, each.name) for each in fields(one) if each.name != "at"}
    told = {name: value for name, value in said.items() if value != _DEFAULTS.get((type(one), name))}
    shown = {name: _shown(value) for name, value in told.items()}
    return ", ".join(f"{name}={value}" for name, value in shown.items()) or "as usual"


def _shown(value: Any) -> str:
    if isinstance(value, datetime):
        return _time(value)
    return f"{type(value).__name__.lower()} {_changed(value)}" if isinstance(value, Event) else repr(value)


_DEFAULTS = {(kind, each.name): each.default for kind in (Container, Mishap) for each in fields(kind)}


def minutes(count: float) -> timedelta:
    """So many minutes."""
    return timedelta(minutes=count)
