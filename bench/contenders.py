"""Who takes part, and at which sizes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, order=True)
class Size:
    """So many jobs registered, so many of them due at one instant."""

    registered: int
    due: int

    def __str__(self) -> str:
        """Write it as people say it."""
        return f"{self.registered:,}/{self.due:,}"

    @classmethod
    def read(cls, text: str) -> Self:
        """Read `1,000/100`; raises ValueError with a sentence."""
        registered, _, due = (part.replace(",", "").strip() for part in text.partition("/"))
        if not (registered.isdecimal() and due.isdecimal() and 1 <= int(due) < int(registered)):
            raise ValueError(f"'{text}' is no size: it must be as 1000/100, jobs registered and, fewer, jobs due")
        return cls(int(registered), int(due))


SMALL, MIDDLE, LARGE = Size(100, 10), Size(1_000, 100), Size(10_000, 1_000)
#: Of the starts: so many due, while the others run.
BURST = Size(200, 100)
#: Seconds that Container Instances takes for a PUT, and the emulator there.
PUT = 3.0


@dataclass(frozen=True)
class Contender:
    """A scheduler in the settings in which it takes part.

    `environment` names its requirements in bench/peers and its folder; '' = ours. `package`: whose version is shown.
    `sizes` are those of every bench, `long` those of the long one besides; `rounds`: in how many it takes part at most.
    """

    name: str
    module: str
    environment: str = ""
    package: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    sizes: Sequence[Size] = (SMALL, MIDDLE, LARGE)
    long: Sequence[Size] = ()
    redis: bool = False
    rounds: int = 100
    #: Seconds for one round.
    patience: float = 300.0

    def meets(self, size: Size, *, long: bool, asked: bool) -> bool:
        """Say whether it takes part at a size; at one that somebody asked for, everybody does up to their largest."""
        whole = [*self.sizes, *self.long]
        return size in (whole if long else self.sizes) or (asked and size <= max(whole))


CRONTABLE = Contender("Crontable", "bench.crontable")
STARTS = Contender("Crontable, starts", "bench.starts")
PEERS = (
    Contender("APScheduler 3, memory", "bench.peers.apscheduler3", "apscheduler3", "APScheduler"),
    Contender(
        "APScheduler 3, SQLite", "bench.peers.apscheduler3", "apscheduler3", "APScheduler", {"sqlite": "durable"}
    ),
    Contender(
        "APScheduler 3, SQLite WAL", "bench.peers.apscheduler3", "apscheduler3", "APScheduler", {"sqlite": "wal"}
    ),
    Contender("Huey, SQLite", "bench.peers.huey", "huey", "huey"),
    Contender("Celery beat, redis", "bench.peers.celery", "celery", "celery", redis=True),
    Contender(
        "Celery beat, redis, synced",
        "bench.peers.celery",
        "celery",
        "celery",
        {"sync_every": 1},
        # At 10,000/1,000 it writes 10,000 entries a thousand times: a minute a round.
        sizes=(SMALL, MIDDLE),
        long=(LARGE,),
        redis=True,
    ),
    Contender("rq-scheduler, redis", "bench.peers.rq", "rq", "rq-scheduler", redis=True),
    Contender("APScheduler 4, memory", "bench.peers.apscheduler4", "apscheduler4", "APScheduler"),
    Contender(
        "APScheduler 4, SQLite",
        "bench.peers.apscheduler4",
        "apscheduler4",
        "APScheduler",
        {"sqlite": "wal"},
        sizes=(SMALL, MIDDLE),
    ),
    Contender(
        "Dagster daemon, SQLite",
        "bench.peers.dagster",
        "dagster",
        "dagster",
        sizes=(SMALL,),
        long=(MIDDLE,),
        rounds=1,
        patience=900.0,
    ),
    Contender(
        "Prefect server, SQLite",
        "bench.peers.prefect",
        "prefect",
        "prefect",
        sizes=(SMALL,),
        long=(MIDDLE,),
        rounds=1,
        patience=1_800.0,
    ),
)
EVERYBODY = (CRONTABLE, *PEERS)
