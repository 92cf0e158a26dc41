"""What is left of a story once it was played: plain facts, with the instants at which they happened.

The checker reads this and nothing else. It is data without a word of the scheduler's own: what each process
called and what came of it, every version that each row ever had and who wrote it, every spell of every
container, and each thing that went wrong on purpose. A history can be written by hand, too: that is how the
checker itself is tested. Instants are the world's own, in UTC; what a process took for the time is in its ticks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

type Key = tuple[str, str]
type Cells = Mapping[str, object]
#: Who writes rows beside ticks, which sign as "tick 12".
PERSON = "a person"


@dataclass(frozen=True)
class Version:
    """How a row stood from `at` on; `cells` is None once it was deleted. `at` is the row's Timestamp, too."""

    at: datetime
    by: str
    cells: Cells | None

    @property
    def persons(self) -> bool:
        """Say whether a person wrote it."""
        return self.by == PERSON


@dataclass
class Tick:
    """One pass: `now` is what its process's clock said, `how` is going, whole, killed, or failed and why."""

    number: int
    process: str
    began: datetime
    now: datetime
    ended: datetime | None = None
    how: str = "going"
    #: What it said of itself, as far as a log would show it.
    troubles: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Say whether it did all that it had to do."""
        return self.how == "whole"


@dataclass(frozen=True)
class Call:
    """One call that a tick made: "groups.create ct-..." and the like; `answer` is "done" unless something was."""

    at: datetime
    tick: int
    line: str
    answer: str = "done"


@dataclass(frozen=True)
class Spell:
    """One stay of a container, from its first instruction to its last.

    `asked` is when the PUT or the start took effect that led to it, and `by` says which: "PUT", "start", or
    "the platform" when ACI ran the container once more of its own accord. `ended` is None while it runs;
    `end` says who ended it: "itself" (then `exit_code` is its own), "delete", "stop", "PUT", "the platform".
    `told` is its environment, `tags` are its group's.
    """

    group: str
    asked: datetime
    by: str
    started: datetime
    ended: datetime | None = None
    end: str = ""
    exit_code: int | None = None
    told: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    printed: str = ""
    existing: bool = False


@dataclass(frozen=True)
class Put:
    """A creation that took effect, even if its container never ran."""

    at: datetime
    group: str
    tags: Mapping[str, str]
    told: Mapping[str, str]


@dataclass(frozen=True)
class Blob:
    """A log as it stood after a write: its whole text."""

    at: datetime
    name: str
    text: str


@dataclass(frozen=True)
class Post:
    """One piece of news that reached people, with the tick that sent it; `run` is its due time and attempt."""

    at: datetime
    tick: int
    id: str
    kind: str
    job: str
    run: str


@dataclass(frozen=True)
class Trouble:
    """Something that went wrong on purpose, and the tick that it met (0 = none)."""

    at: datetime
    what: str
    tick: int = 0
    call: str = ""


@dataclass
class History:
    """All of it. `calm`: from then on nothing goes wrong any more and nobody edits."""

    first: datetime
    last: datetime
    calm: datetime
    #: How many runs with a group of their own may be going at once.
    most: int = 90
    #: How many groups ACI creates in a region within five minutes; None = as many as one likes.
    creates: int | None = None
    jobs: dict[Key, list[Version]] = field(default_factory=dict)
    runs: dict[Key, list[Version]] = field(default_factory=dict)
    ticks: list[Tick] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    blobs: list[Blob] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    puts: list[Put] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    #: The groups that stood at the end, with their tags.
    left: dict[str, Mapping[str, str]] = field(default_factory=dict)
