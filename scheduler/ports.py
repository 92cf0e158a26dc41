"""What a tick asks of the outside: tables, container groups, a place for logs, and a steady clock.

Two worlds keep these promises and pass one contract suite: `cloud/` (Azure, or Azurite and the emulator)
and the in-memory world of the tests.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from scheduler.row import Columns, Key, Row, Value
from scheduler.run import Cause
from scheduler.settings import Settings
from scheduler.spec import Body
from scheduler.view import View

#: (column, eq | ge | le | lt, value). Compared as Table Storage does: by type first.
type Condition = tuple[str, str, Value]
#: Any of these, each all of those; empty = every row.
type Where = Sequence[Sequence[Condition]]
#: The most rows that one transaction may change.
MOST_IN_BATCH = 100
#: An ETag that any row matches.
ANY = "*"


@dataclass(frozen=True)
class Insert:
    """Add a row that must not be there yet."""

    key: Key
    columns: Columns


@dataclass(frozen=True)
class Merge:
    """Change some cells of a row that must still have this ETag (`ANY`: that must be there)."""

    key: Key
    columns: Columns
    etag: str


type Change = Insert | Merge


class BatchRefused(Exception):
    """A batch was refused whole; nothing of it was written.

    `index` names the change that was refused when the service said so, `status` is HTTP's: 409 the row is
    there, 412 its ETag differs, 404 it is gone, anything else: it can never be written so.
    """

    def __init__(self, index: int | None, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.index, self.status, self.sentence = index, status, sentence


@dataclass(frozen=True)
class Page:
    """The answer to a query, and the service's own clock when its first page was made."""

    rows: Sequence[Row]
    date: datetime


class Table(Protocol):
    """One table of the storage account; it is created when it is missing."""

    def read(self, key: Key) -> Row | None:
        """Read one row whole; None when it is not there."""

    def query(self, where: Where, select: Sequence[str] = (), limit: int | None = None) -> Page:
        """Read every row that `where` matches (the first `limit`), in key order, cut to the columns of `select`."""

    def submit(self, changes: Sequence[Change]) -> Sequence[str]:
        """Write up to 100 changes of one partition, all or none; gives their new ETags or raises `BatchRefused`."""

    def keep(self, key: Key, columns: Columns) -> None:
        """Merge cells into a row whatever its ETag, and add it when it is missing."""


class GroupRefused(Exception):
    """ACI said no, and nothing was done; the sentence is for the row's Reason."""

    def __init__(self, cause: Cause, sentence: str) -> None:
        super().__init__(sentence)
        self.cause, self.sentence = cause, sentence


class Unknown(Exception):
    """No answer, or one that tells nothing (time-out, 5xx, 429 on a look): it may or may not have been done."""


class Groups(Protocol):
    """The container groups of one resource group. No call is ever sent twice by itself.

    Every method may raise `Unknown`, and `GroupRefused` where ACI refuses for good.
    """

    def create(self, name: str, body: Body) -> None:
        """PUT a group."""

    def get(self, name: str) -> View | None:
        """GET a group with its states; None when it is not there."""

    def tagged(self) -> Iterable[tuple[str, Mapping[str, str]]]:
        """List the groups' names and tags."""

    def delete(self, name: str) -> None:
        """Delete a group; one that is not there is deleted."""

    def start(self, name: str, *, stop_first: bool) -> None:
        """Start an existing group, after a stop when its last run under `Never` has ended."""

    def stop(self, name: str) -> None:
        """Stop a group; one that is not there is stopped."""

    def log(self, name: str, container: str) -> bytes:
        """Read what is left of a container's log, at most 4 MB; b'' when there is none."""


class Logs(Protocol):
    """Where a run's log is kept."""

    def write(self, name: str, log: bytes) -> None:
        """Keep a log under `name`; writing it again replaces it. Raises `Unknown` when it could not."""


@dataclass
class Memory:
    """What a process remembers from tick to tick; a fresh one does without and pays a few reads more."""

    mark: datetime | None = None
    full_read: datetime | None = None
    failed: bool = False
    #: ETags of the rows of open runs, so that closing one is a single conditional write.
    etags: dict[Key, str] = field(default_factory=dict)
    #: Of each job row, the ETag as last seen or written, and when the scheduler had last written it by then.
    rows: dict[Key, tuple[str, datetime | None]] = field(default_factory=dict)


@dataclass
class World:
    """Everything outside that one tick may touch."""

    jobs: Table
    runs: Table
    groups: Groups
    logs: Logs
    settings: Settings
    #: Seconds that never jump, for the tick's own age; not the time of day.
    monotonic: Callable[[], float]
    #: Names a tick: never the same twice.
    new_id: Callable[[], str]
    pool: Executor
    memory: Memory = field(default_factory=Memory)
