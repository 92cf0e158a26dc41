"""A table row as the pure code sees it, and the values that stand for "nothing" in it.

A merge cannot write null (the service ignores it), so every column of ours has a sentinel:
an instant that will not come is `NEVER`, one that has not been is `UNSET`, a text is ''.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

type Value = str | int | float | bool | datetime | bytes
type Key = tuple[str, str]
type Columns = Mapping[str, Value]

#: NextRun of a row that needs no decision until somebody edits it.
NEVER = datetime(9999, 12, 31, tzinfo=UTC)
#: "has not happened": the earliest instant that Table Storage can hold.
UNSET = datetime(1601, 1, 1, tzinfo=UTC)
#: PartitionKeys that begin with this are Crontable's own, never a job's.
OWN_PREFIX = "_"
#: What Table Storage refuses in a key; Azurite breaks on a slash with status 500, which the SDK then repeats.
ILLEGAL_IN_KEY = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")
#: Where the scheduler keeps what the last whole tick saw.
HEARTBEAT: Key = ("_crontable", "heartbeat")
#: What starts in one tick has most of its instants in common.
_REMEMBERED = 4096
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Row:
    """One row: its two keys, its columns by name, and the ETag and Timestamp that the service gave it."""

    partition: str
    name: str
    columns: Columns = field(default_factory=dict)
    etag: str = ""
    timestamp: datetime = UNSET

    @property
    def key(self) -> Key:
        """PartitionKey and RowKey."""
        return self.partition, self.name


def known(value: Value | None) -> datetime | None:
    """Read an instant back from a column, with its sentinels, or a value of another type, as None."""
    if not isinstance(value, datetime) or value.year <= UNSET.year or value >= NEVER:
        return None
    return value.astimezone(UTC)


def whole_milliseconds(moment: datetime) -> datetime:
    """Cut an instant to what Azurite compares and what a run's key holds."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)


def iso(moment: datetime) -> str:
    """Write an instant as people and containers read it: 2026-11-22T09:00:00Z, milliseconds only if any."""
    return _iso(moment if moment.tzinfo is UTC else moment.astimezone(UTC))


# Of UTC only: in other zones the two passes of an hour that comes twice are equal, and would be taken for each other.
@lru_cache(_REMEMBERED)
def _iso(utc: datetime) -> str:
    return f"{utc.isoformat(timespec='milliseconds' if utc.microsecond else 'seconds').removesuffix('+00:00')}Z"


def seconds(lasted: float) -> str:
    """Write a duration as people read it: tenths below ten seconds."""
    return f"{lasted:.1f} s" if lasted < 10 else f"{lasted:.0f} s"  # noqa: PLR2004 - see above


def lasted(took: float) -> str:
    """Write a duration in at most two units: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min, 3 d 4 h."""
    whole = round(took)
    if took < 10 or whole < _MINUTE:  # noqa: PLR2004 - see above
        return seconds(took)
    large = ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min"), (_MINUTE, "min", 1, "s"))
    unit, name, below, minor = next(one for one in large if whole >= one[0])
    rest = whole % unit // below
    return f"{whole // unit} {name}" + (f" {rest} {minor}" if rest else "")
