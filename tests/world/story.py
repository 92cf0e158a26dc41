"""The language of stories: rows that people write, ticks at a time of day, and what one sees afterwards."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from scheduler import ports
from scheduler.row import Columns, Key, Row, Value
from scheduler.run import job_name
from scheduler.settings import Settings
from tests.world.clock import Clock, Journal, at
from tests.world.groups import MemoryGroups
from tests.world.logs import MemoryLogs
from tests.world.repositories import MemoryRepositories
from tests.world.secrets import MemorySecrets
from tests.world.table import MemoryTable
from tests.world.webhooks import MemoryWebhooks

SETTINGS = Settings(
    connection="in memory",
    subscription="00000000-0000-0000-0000-000000000000",
    resource_group="stories",
    location="westeurope",
    installation="stories/Jobs",
)


class Inline(Executor):
    """A pool without threads: what is submitted is done at once, in order."""

    def submit[**P, T](self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Do it. A kill goes through; everything else waits in the future, as with threads."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  whoever asks the future gets it
            future.set_exception(error)
        return future


class World:
    """A whole world in memory, where time is what the story says.

    Jobs are named "weather/extract"; times as `at` reads them.
    """

    def __init__(self, now: str | datetime = "09:00", settings: Settings = SETTINGS) -> None:
        self.clock = Clock()
        self.clock.to(now)
        self.journal = Journal()
        self.jobs = MemoryTable("jobs", self.clock, self.journal)
        self.runs_table = MemoryTable("runs", self.clock, self.journal)
        self.audit = MemoryTable("audit", self.clock, self.journal)
        self.groups = MemoryGroups(self.clock, self.journal)
        self.logs = MemoryLogs(self.journal, self.clock)
        self.secrets = MemorySecrets(self.journal)
        self.repositories = MemoryRepositories(self.journal)
        self.webhooks = MemoryWebhooks(self.journal, self.clock)
        self.settings = settings
        self._ticks = count(1)
        self.ports = self.process()

    def process(self) -> ports.World:
        """Give the world as a fresh process sees it: the same outside, an empty memory."""
        return ports.World(
            jobs=self.jobs,
            runs=self.runs_table,
            audit=self.audit,
            groups=self.groups,
            logs=self.logs,
            secrets=self.secrets,
            repositories=self.repositories,
            webhook=self.webhooks,
            settings=self.settings,
            monotonic=self.clock.monotonic,
            new_id=lambda: f"tick-{next(self._ticks)}",
            pool=Inline(),
        )

    def restart(self) -> None:
        """Let the process begin anew: it remembers nothing."""
        self.ports = self.process()

    def tick(self, when: str | datetime | None = None, *, through: ports.World | None = None) -> Any:
        """Make one pass at this time, by default now; gives what the pass gives."""
        from scheduler.tick import tick  # noqa: PLC0415  stories of the world alone need no tick

        if when is not None:
            self.clock.to(when)
        return tick(through or self.ports, self.clock.now)

    def send(self, through: ports.World | None = None) -> None:
        """Send what the last tick left to be sent, and tell of it what there is to tell."""
        from scheduler.steps.send import send  # noqa: PLC0415  as above

        place = through or self.ports
        for fact in send(place, self.clock.now):
            place.telemetry.tell(fact)

    def ticks(self, *times: str | datetime) -> Any:
        """Make one pass at each of these times; gives what the last one gives."""
        return [self.tick(when) for when in times][-1]

    def add(self, job: str, **columns: Value) -> Row:
        """Add a job's row, or write it anew."""
        return self.jobs.put(key(job), columns)

    def edit(self, job: str, **columns: Value) -> None:
        """Change some cells as a person's tool does: a merge of the columns typed."""
        self.jobs.put(key(job), {**self.row(job), **columns})

    def copy(self, job: str) -> Row:
        """Take a copy of the row as it is now: a window that stays open, a file that was exported."""
        return self.jobs.rows[key(job)]

    def replace(self, copy: Row, **columns: Value) -> None:
        """Write an old copy over the present row, with some cells changed: what an import does."""
        self.jobs.put(copy.key, {**copy.columns, **columns})

    def remove(self, job: str) -> None:
        """Delete the job's row."""
        self.jobs.remove(key(job))

    def row(self, job: str) -> Columns:
        """Give the columns of the job's row."""
        return self.jobs.rows[key(job)].columns

    def runs(self, job: str) -> list[Row]:
        """Give the job's rows of Runs, newest due first, as they stand in the table."""
        partition, name = key(job)
        return [
            row for at_, row in sorted(self.runs_table.rows.items()) if at_[0] == partition and job_name(row) == name
        ]

    def states(self, job: str) -> list[Value]:
        """Give the states of the job's runs, oldest due first."""
        return [row.columns["State"] for row in reversed(self.runs(job))]

    def log(self, name: str) -> str:
        """Read a log that was kept."""
        return self.logs.blobs[name].decode()

    @property
    def transactions(self) -> int:
        """How many storage transactions there were on both tables."""
        return self.jobs.transactions + self.runs_table.transactions

    def spent(self, act: Callable[[], object]) -> int:
        """Count the storage transactions of an act."""
        before = self.transactions
        act()
        return self.transactions - before

    def started(self) -> dict[str, list[datetime]]:
        """Give the instants at which each group's container was asked to run."""
        return dict(self.groups.starts)


def key(job: str) -> Key:
    """Read "weather/extract" as a row's key."""
    partition, _, name = job.partition("/")
    return partition, name


def minutes(first: str, last: str) -> Sequence[datetime]:
    """Give every minute from `first` to `last`, both included: when the timer fires."""
    many = (at(last) - at(first)) // timedelta(minutes=1)
    return [at(first) + timedelta(minutes=number) for number in range(many + 1)]
