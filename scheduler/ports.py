"""What a tick asks of the outside: tables, container groups, a place for logs, and a steady clock.

Two worlds keep these promises and pass one contract suite: `cloud/` (Azure, or its emulators) and that of the tests.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from scheduler.alerts.letter import Letter
from scheduler.decision import Start
from scheduler.job import Understood
from scheduler.pace import Allowances
from scheduler.row import Columns, Key, Row, Value
from scheduler.run import Cause
from scheduler.settings import Settings
from scheduler.spec import Body
from scheduler.telemetry import Silent, Telemetry
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


@dataclass(frozen=True)
class Delete:
    """Remove a row that must still have this ETag (`ANY`: that must be there)."""

    key: Key
    etag: str = ANY

    @property
    def columns(self) -> Columns:
        """No cells are sent."""
        return {}


type Change = Insert | Merge | Delete


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


@dataclass(frozen=True)
class Slice:
    """What one request gave of a query: some rows, perhaps none, and where the next begins ('' = that was all)."""

    rows: Sequence[Row]
    next: str = ""


class Table(Protocol):
    """One table of the storage account; it is created when it is missing."""

    def read(self, key: Key) -> Row | None:
        """Read one row whole; None when it is not there."""

    def query(self, where: Where, select: Sequence[str] = (), limit: int | None = None) -> Page:
        """Read every row that `where` matches (the first `limit`), in key order, cut to the columns of `select`."""

    def page(self, where: Where, select: Sequence[str], limit: int, after: str = "") -> Slice:
        """Read at most `limit` rows (1 to 1,000) in one request, going on where `after`, another slice's `next`, says.

        A slice may hold no row and yet have a next one. Raises ValueError for an `after` that no slice gave.
        """

    def submit(self, changes: Sequence[Change]) -> Sequence[str]:
        """Write up to 100 changes of one partition, all or none; gives their new ETags or raises `BatchRefused`.

        A row that was deleted has the ETag ''.
        """

    def keep(self, key: Key, columns: Columns) -> None:
        """Merge cells into a row whatever its ETag, and add it when it is missing."""


class GroupRefused(Exception):
    """ACI said no, and nothing was done; the sentence is for the row's Reason.

    `after`: how long ACI wants to be left alone, where it said so (Retry-After).
    """

    def __init__(self, cause: Cause, sentence: str, after: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.cause, self.sentence, self.after = cause, sentence, after


class Unknown(Exception):
    """No answer, or one that tells nothing (time-out, 5xx, 429 on a look): it may or may not have been done."""


class Throttled(Unknown):
    """429 on anything but a creation: nothing was done, and who asks on at once waits the longer."""


@dataclass(frozen=True)
class Allowance:
    """How many more groups ACI would create in a region within five minutes and within the hour; None = not said."""

    five_minutes: int | None = None
    hour: int | None = None


class Groups(Protocol):
    """The container groups of one resource group. No call is ever sent twice by itself.

    Every method may raise `Unknown`, and `GroupRefused` where ACI refuses for good.
    """

    def create(self, name: str, body: Body) -> Allowance:
        """PUT a group; gives what the answer says of the creations that are left."""

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

    def log(self, name: str, container: str, *, timestamps: bool = False) -> bytes:
        """Read what is left of a container's log, at most 4 MB; b'' when there is none.

        `timestamps`: each line begins with its instant and a space.
        """


@dataclass(frozen=True)
class LogPart:
    """Some bytes of a log, and how many the whole log has; a log that is not there has none."""

    data: bytes
    size: int


class Logs(Protocol):
    """Where a run's log is kept."""

    def note(self, name: str) -> tuple[str, str]:
        """Give the note that a log's last part was written with, and the log's ETag; ('', '') when there is no log."""

    def write(self, name: str, log: bytes, part: int = 0, *, note: str = "", etag: str | None = None) -> None:
        """Keep part `part` of a log under `name`, behind the parts before it; raises `Unknown` when it could not.

        Writing a part again replaces it and drops the parts behind it, so that a step that is done twice is done once.
        `note`: ASCII text of at most 8 KB that is kept with it. `etag`: what the log must still be, '' = not there;
        None = whatever it is.
        """

    def read(self, name: str, start: int, length: int) -> LogPart:
        """Read `length` bytes of a log from byte `start` on, fewer where it ends; `Unknown` when it cannot be read.

        No more than these are loaded: a log may have 50 MB. A length of 0 asks for the size alone.
        """

    def remove(self, *names: str) -> None:
        """Delete up to 256 logs; one that is not there is deleted. `Unknown` when not all of them are."""


@dataclass(frozen=True)
class Secret:
    """A secret's value and the id of exactly this version of it; the value is never shown."""

    id: str
    value: str = field(repr=False)


class Secrets(Protocol):
    """Key Vault."""

    def read(self, reference: str) -> Secret:
        """Read a secret by its reference (`scheduler.vault`); one that names a version gives that version.

        Raises `GroupRefused` (denied, or no such secret) and `Unknown` (no answer).
        """


@dataclass(frozen=True)
class Reply:
    """What a webhook answered: HTTP's status, and how long it wants to be left alone."""

    status: int
    after: timedelta | None = None


class Webhook(Protocol):
    """Where news is posted to."""

    def post(self, address: str, body: bytes) -> Reply:
        """Post JSON once; raises `Unknown` when no answer came within five seconds, in words without the address."""


class Repositories(Protocol):
    """Git repositories, asked over the network."""

    def commit(self, repository: str, revision: str) -> str:
        """Resolve a branch, tag or '' (HEAD) to its commit, 40 hex digits; one that is a commit stays as it is.

        Raises `GroupRefused` (no such repository or revision) and `Unknown` (no answer).
        """


@dataclass
class Memory:
    """What a process remembers from tick to tick; a fresh one does without and pays a few reads more."""

    mark: datetime | None = None
    full_read: datetime | None = None
    failed: bool = False
    #: ETags of the rows of open runs, so that closing one is a single conditional write.
    etags: dict[Key, str] = field(default_factory=dict)
    rows: dict[Key, Understood] = field(default_factory=dict)  # each job row as it was last seen or written
    #: Which jobs run after which others, as of the last full read and the edits since; None = not known.
    chains: dict[Key, tuple[Key, ...]] | None = None
    #: Of each job that others run after, the LastSuccessDue that a whole tick has acted on.
    acted: dict[Key, datetime | None] = field(default_factory=dict)
    #: Which templates each row asked for, and the templates themselves as they were last seen.
    heirs: dict[Key, tuple[Key, ...]] | None = None
    templates: dict[Key, Row | None] = field(default_factory=dict)
    allowances: Allowances = field(default_factory=Allowances)  # what ACI said of the creations that are left
    #: What is to be sent, as the last tick saw or wrote it.
    outbox: list[Letter] = field(default_factory=list)
    #: The news of whole ticks: found again, it is neither posted nor logged once more.
    told: set[str] = field(default_factory=set)
    #: The webhooks that take nothing, by `alerts.letter.deaf_name`, and since when.
    deaf: dict[str, datetime] = field(default_factory=dict)
    looked: dict[Key, datetime] = field(default_factory=dict)  # when each open run's group was last seen, or not there
    retries: dict[Key, tuple[str, Start]] = field(default_factory=dict)  # what each `retry` means, by its row's ETag
    retire_at: datetime | None = None  # when there may again be something that is older than it is kept; None = now


@dataclass
class World:
    """Everything outside that one tick may touch."""

    jobs: Table
    runs: Table
    audit: Table
    groups: Groups
    logs: Logs
    secrets: Secrets
    repositories: Repositories
    webhook: Webhook
    settings: Settings
    #: Seconds that never jump, for the tick's own age; not the time of day.
    monotonic: Callable[[], float]
    #: Names a tick: never the same twice.
    new_id: Callable[[], str]
    pool: Executor
    memory: Memory = field(default_factory=Memory)
    telemetry: Telemetry = field(default_factory=Silent)
