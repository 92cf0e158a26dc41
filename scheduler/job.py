"""A row made trustworthy, or the whole list of what is wrong with it.

After `Job.from_row` nothing downstream sees a text that still has to be read. Columns that come with a
later version are refused when filled: to ignore them would look as if they were obeyed.
"""

import hashlib
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from scheduler import cell
from scheduler.cell import Fault, Faults
from scheduler.row import Key, Row, Value
from scheduler.schedule import Refused, Schedule
from scheduler.watermark import LONGEST, TOLD

#: What PartitionKey and RowKey must look like for a row to be a job.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
#: Columns that a person owns.
WHEN = ("Schedule", "TimeZone", "StartAt", "EndAt", "Enabled")
WHAT = ("Image", "Command", "Cpu", "MemoryGb", "Env", "Identity", "ContainerGroup")
LIMITS = ("Timeout", "StartTimeout", "Overlap", "CatchUp", "Priority")
PEOPLE = ("PausedReason", "Owner", "Description")
LATER: Mapping[str, str] = {
    "SecureEnv": "until then a job reads secrets with its own Identity.",
    "Registry": "until then the setting ACI_REGISTRY names the registry.",
    "Volumes": "leave it empty.",
    "Spec": "leave it empty.",
    "Template": "leave it empty.",
    "GitRepo": "until then the code is in the image.",
    "GitRevision": "until then the code is in the image.",
    "Retries": "until then it is 0.",
    "RetryDelay": "leave it empty.",
    "MaxOverlap": "leave it empty.",
    "Grace": "leave it empty.",
    "Locations": "until then the setting ACI_LOCATION is the place.",
    "AlertTo": "leave it empty.",
}
#: Columns that a person edits and the scheduler answers in.
SHARED = ("Watermark", "Request")
OWNED = (*WHEN, *WHAT, *LIMITS, *PEOPLE, *LATER, *SHARED)

LONGEST_ENV = 16_384
_DAY = timedelta(days=1)
_GROUP = re.compile(r"(?!.*--)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_IMAGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}")
_IDENTITY = re.compile(
    r"/subscriptions/[^/]+/resourcegroups/[^/]+/providers/Microsoft\.ManagedIdentity/userAssignedIdentities/[^/]+",
    re.IGNORECASE,
)
#: Only these belong to a group that we make; one that was there before has its own.
_MADE = ("Command", "Cpu", "MemoryGb", "Env", "Identity")


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


@dataclass(frozen=True)
class Job:
    """What should run, and when: a row of Jobs whose every cell was read and found good."""

    key: Key
    schedule: Schedule
    enabled: bool = True
    paused_reason: str = ""
    image: str = ""
    command: tuple[str, ...] = ()
    cpu: float = 1.0
    memory: float = 1.5
    env: tuple[tuple[str, str], ...] = ()
    identities: tuple[str, ...] = ()
    group: str = ""
    timeout: timedelta = timedelta(hours=1)
    start_timeout: timedelta = timedelta(minutes=15)
    priority: int = 0
    watermark: str = ""
    request: str = ""

    @property
    def id(self) -> str:
        """PartitionKey/RowKey, as people write it."""
        return "/".join(self.key)

    @classmethod
    def from_row(cls, row: Row) -> "Job | Faulty":
        """Read a row as a person typed it; every fault is found before any is told."""
        faults, cells = (
            Faults(),
            {name: row.columns[name] for name in OWNED if _filled(row.columns.get(name))},
        )
        for which, name in zip(("PartitionKey", "RowKey"), row.key, strict=True):
            if not NAME.fullmatch(name):
                faults.append(
                    f"{which} is {cell.shown(name)}: it must have 1 to 63 letters, digits, '.', '_' and '-', "
                    "a letter or digit first.",
                )
        for name, instead in LATER.items():
            if name in cells and not (name == "Retries" and _zero(cells[name])):
                faults.append(str(cell.not_yet(name, cells[name], instead)))
        read = {**_when(cells, faults), **_what(cells, faults), **_limits(cells, faults)}
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


def _filled(value: Value | None) -> bool:
    return value is not None and not (isinstance(value, str) and not value.strip())


def _zero(value: Value) -> bool:
    return str(value).strip() in ("0", "0.0", "False")


def _when(cells: Mapping[str, Value], faults: Faults) -> dict[str, Any]:
    zone = faults.take(lambda: cell.text("TimeZone", cells.get("TimeZone", "UTC")), "UTC")
    text = faults.take(lambda: cell.text("Schedule", cells.get("Schedule", "")), "")
    ends = {name: _moment(name, cells, zone, faults) for name in ("StartAt", "EndAt")}
    try:
        schedule = Schedule.parse(text, zone, ends["StartAt"], ends["EndAt"])
    except Refused as refused:
        faults.append(str(refused))
        schedule = Schedule.parse("")
    return {
        "schedule": schedule,
        "enabled": faults.take(lambda: cell.flag("Enabled", cells.get("Enabled", True)), otherwise=True),
        "paused_reason": faults.take(lambda: cell.text("PausedReason", cells.get("PausedReason", "")), ""),
    }


def _moment(name: str, cells: Mapping[str, Value], zone: str, faults: Faults) -> datetime | None:
    if name not in cells:
        return None
    try:
        zone = Schedule.parse("", zone).zone
    except Refused:
        zone = "UTC"  # the zone's own fault is told with the schedule
    return faults.take(lambda: cell.moment(name, cells[name], zone), None)


def _what(cells: Mapping[str, Value], faults: Faults) -> dict[str, Any]:
    image = faults.take(lambda: _matching("Image", cells, _IMAGE, "an image such as registry.azurecr.io/name:tag."), "")
    group = faults.take(
        lambda: _matching(
            "ContainerGroup",
            cells,
            _GROUP,
            "a container group's name: 1 to 63 lower-case letters, digits and hyphens.",
        ),
        "",
    )
    if "Image" in cells and "ContainerGroup" in cells:
        faults.append(
            f"Image is {cell.shown(cells['Image'])} and ContainerGroup is {cell.shown(cells['ContainerGroup'])}: "
            "fill one and leave the other empty.",
        )
    elif "Image" not in cells and "ContainerGroup" not in cells:
        faults.append("Image and ContainerGroup are empty: one must say what to run.")
    if "ContainerGroup" in cells:
        faults.extend(
            str(Fault(name, cells[name], "an existing ContainerGroup has its own; leave it empty."))
            for name in _MADE
            if name in cells
        )
    return {
        "image": image,
        "group": group,
        "command": faults.take(lambda: _command(cells), tuple[str, ...]()),
        "cpu": faults.take(lambda: cell.number("Cpu", cells.get("Cpu", 1), 0.1, 31), 1.0),
        "memory": faults.take(lambda: cell.number("MemoryGb", cells.get("MemoryGb", 1.5), 0.1, 240), 1.5),
        "env": faults.take(
            lambda: tuple(cell.variables("Env", cells.get("Env", "{}"), LONGEST_ENV, TOLD).items()),
            tuple[tuple[str, str], ...](),
        ),
        "identities": faults.take(lambda: _identities(cells), tuple[str, ...]()),
    }


def _matching(name: str, cells: Mapping[str, Value], pattern: re.Pattern[str], allowed: str) -> str:
    if name not in cells:
        return ""
    read = cell.text(name, cells[name])
    if not pattern.fullmatch(read):
        raise Fault(name, cells[name], f"it must be {allowed}")
    return read


def _command(cells: Mapping[str, Value]) -> tuple[str, ...]:
    """Take a JSON list, or a line as one types it into a shell; no shell will see it."""
    if "Command" not in cells:
        return ()
    written = cell.text("Command", cells["Command"])
    try:
        read = cell.words("Command", written) if written.startswith("[") else tuple(shlex.split(written))
    except ValueError as error:
        raise error if isinstance(error, Fault) else Fault("Command", written, f"{error}.") from error
    if not read:
        raise Fault("Command", written, 'it must name a program, such as ["python", "-m", "extract"].')
    return read


def _identities(cells: Mapping[str, Value]) -> tuple[str, ...]:
    read = cell.words("Identity", cells.get("Identity", ""))
    for wrong in (name for name in read if not _IDENTITY.fullmatch(name)):
        raise Fault("Identity", wrong, "it must be the resource id of a user-assigned identity.")
    return read


def _limits(cells: Mapping[str, Value], faults: Faults) -> dict[str, Any]:
    faults.take(
        lambda: cell.choice("Overlap", cells.get("Overlap", "skip"), ["skip"], ["wait", "replace", "allow"]),
        "",
    )
    faults.take(lambda: cell.choice("CatchUp", cells.get("CatchUp", "latest"), ["latest"], ["all", "none"]), "")
    return {
        "timeout": faults.take(lambda: cell.duration("Timeout", cells.get("Timeout", "1h"), 30 * _DAY), _DAY),
        "start_timeout": faults.take(
            lambda: cell.duration("StartTimeout", cells.get("StartTimeout", "15m"), _DAY), _DAY
        ),
        "priority": faults.take(lambda: cell.whole("Priority", cells.get("Priority", 0), -1000, 1000), 0),
        "watermark": faults.take(lambda: _watermark(cells), ""),
        "request": faults.take(lambda: _request(cells), ""),
    }


def _watermark(cells: Mapping[str, Value]) -> str:
    read = cell.text("Watermark", cells.get("Watermark", ""))
    if len(read.encode(errors="replace")) > LONGEST or not read.isprintable():
        raise Fault("Watermark", read, f"it must be printable text of at most {LONGEST:,} bytes.")
    return read


def _request(cells: Mapping[str, Value]) -> str:
    if "Request" not in cells:
        return ""
    return cell.choice("Request", cells["Request"], ["run", "cancel"], ["retry"])
