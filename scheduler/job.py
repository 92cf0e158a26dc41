"""A row made trustworthy, or the whole list of what is wrong with it.

After `Job.from_row` nothing downstream sees a text that still has to be read.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from scheduler import arm, cell
from scheduler.cell import Faults
from scheduler.columns import filled, limits, secret, spec, told, volumes, what, when, where
from scheduler.columns.clash import clashes
from scheduler.columns.limits import CatchUp, Overlap
from scheduler.columns.volumes import Volume
from scheduler.row import Key, Row, Value
from scheduler.schedule import Schedule

__all__ = [
    "NAME",
    "OWNED",
    "PEOPLE",
    "SHARED",
    "WHEN",
    "CatchUp",
    "Digest",
    "Faulty",
    "Job",
    "Overlap",
    "Understood",
    "Volume",
]

#: What PartitionKey and RowKey must look like for a row to be a job.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
#: Columns that a person owns.
WHEN = when.COLUMNS
PEOPLE = ("PausedReason", "Owner", "Description", "PreviousImage")
#: Columns that a person edits and the scheduler answers in.
SHARED = ("Watermark", "Request")
_READERS = (when, what, secret, volumes, spec, where, limits, told)
OWNED = (*(name for one in _READERS for name in one.COLUMNS), "Template", *PEOPLE, *SHARED)


@dataclass(frozen=True)
class Digest:
    """Tells an edited row from one that only the scheduler wrote: one part for the times, one for the rest."""

    times: str
    rest: str

    @classmethod
    def of(cls, columns: Mapping[str, Value]) -> "Digest":
        """Digest what a person wrote, as it stands in the cells."""
        rest = [name for name in OWNED if name not in WHEN and name not in SHARED]
        return cls(_hash(columns, WHEN), _hash(columns, rest))

    def __str__(self) -> str:
        return f"{self.times}-{self.rest}"


def _hash(columns: Mapping[str, Value], names: Sequence[str]) -> str:
    said = "\0".join(f"{name}={columns[name]!r}" for name in names if columns.get(name) not in (None, ""))
    return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Job:
    """What should run, and when: a row of Jobs whose every cell was read and found good.

    With slots, as a full read holds ten thousand of them: without, each had a dictionary of 1.5 KiB.
    """

    key: Key
    schedule: Schedule
    enabled: bool = True
    paused_reason: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    cpu: float = 1.0
    memory: float = 1.5
    env: tuple[tuple[str, str], ...] = ()
    secure_env: tuple[tuple[str, str], ...] = ()  # names, and references to Key Vault as they were typed
    identities: tuple[str, ...] = ()
    group: str = ""
    volumes: tuple[Volume, ...] = ()
    git_repo: str = ""
    git_revision: str = ""  # a branch, a tag or a commit; '' = HEAD
    #: ARM's properties that are laid over all of this, in ARM's spelling; a person may have put secrets there.
    spec: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)
    timeout: timedelta = timedelta(hours=1)
    start_timeout: timedelta = timedelta(minutes=15)
    retries: int = 0
    retry_delay: timedelta = timedelta(minutes=1)
    overlap: Overlap = Overlap.SKIP
    max_overlap: int = 2
    catch_up: CatchUp = CatchUp.LATEST
    grace: timedelta | None = None  # how late a start may be; None = any
    jitter: timedelta = timedelta(0)  # how long after its due time a start may be put off; the job's name says how long
    locations: tuple[str, ...] = ()  # () = the setting ACI_LOCATION
    spot: bool = False
    subnet: str = ""  # '' = the setting ACI_SUBNET_ID; 'none' = no subnet
    registry: str = ""  # '' = the setting ACI_REGISTRY; 'none' = no credentials
    priority: int = 0
    watermark: str = ""
    request: str = ""  # as it was typed; `scheduler.request` reads it
    alert_to: str = field(default="", repr=False)  # a webhook's address; '' = the setting's; 'none' = nobody
    fresh_for: timedelta | None = None  # how old the data may be; None = any

    @property
    def id(self) -> str:
        """PartitionKey/RowKey, as people write it."""
        return "/".join(self.key)

    @property
    def references(self) -> tuple[str, ...]:
        """Every reference to Key Vault that its group needs, each once, as it was typed."""
        if not (self.secure_env or self.volumes or self.spec):
            return ()
        secure = [{"secureValue": text} for _, text in self.secure_env]
        return arm.references([secure, [dict(volume.source) for volume in self.volumes], dict(self.spec)])

    @classmethod
    def from_row(cls, row: Row) -> "Job | Faulty":
        """Read a row as a person typed it, its template's cells among its own; every fault is found and told."""
        faults = Faults()
        cells = {name: value for name in OWNED if (value := row.columns.get(name)) is not None and filled(value)}
        for which, name in zip(("PartitionKey", "RowKey"), row.key, strict=True):
            if not NAME.fullmatch(name):
                faults.append(
                    f"{which} is {cell.shown(name)}: it must have 1 to 63 letters, digits, '.', '_' and '-', "
                    "a letter or digit first.",
                )
        read: dict[str, Any] = {}
        for one in _READERS:
            read |= one.read(cells, faults)
        faults.extend(clashes(cells, read))
        if not faults:
            return cls(key=row.key, **read)
        return Faulty(row.key, tuple(faults), read["schedule"] if read["enabled"] else None)


@dataclass(frozen=True)
class Faulty:
    """A row that is not a job, with every reason why."""

    key: Key
    faults: tuple[str, ...]
    #: When it would be due, were it not for its faults; None when that is one of them, or it is paused.
    schedule: Schedule | None = None


class Understood(NamedTuple):
    """A job row as a process remembers it: an ETag stands for all cells, so what they mean need not be found again."""

    etag: str
    #: When the scheduler had last written the row by then.
    written: datetime | None
    digest: Digest
    #: What its cells alone mean; None where templates' cells count too, or its own were written since they were read.
    job: Job | Faulty | None
