"""Whole tables as lines of text that keep each cell's type, and back. Pure.

The first line says whose tables these are, the last how many rows came before it; each line between is one row:

    {"crontable": 1, "exported": "2026-11-22T09:00:00Z", "installation": "store/Jobs", ...}
    {"table": "jobs", "key": ["weather", "extract"], "cells": {"Schedule": "@daily", "NextRun": {"DateTime": "..."}}}
    {"end": {"jobs": 1, "runs": 0, "audit": 0}}

Texts, Booleans and 32-bit numbers stand as they are; of any other cell the type stands beside the value, as Table
Storage writes it: a date has its 100 ns, a Double is none the less one when it is whole.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Never, Self

from scheduler.entry import read_entries
from scheduler.row import ILLEGAL_IN_KEY, Key
from scheduler.run import OPEN
from scheduler.settings import Settings

JOBS, RUNS, AUDIT = "jobs", "runs", "audit"
#: Crontable's own rows: what a tick remembers, and how far an import is. They are not carried.
OWN = "_crontable"
#: The version of these lines, and those that are read: the first one knew of no audit.
VERSION, READ = 2, (1, 2)
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,7})?Z")
_WHOLE = re.compile(r"-?\d{1,19}")
_WORDS = ("NaN", "Infinity", "-Infinity")
_NOT_COLUMNS = ("PartitionKey", "RowKey", "Timestamp")

#: A cell's type, as in `Edm.Int64` without the `Edm.`, and its value as JSON holds it.
type Typed = tuple[str, Any]


class Torn(ValueError):
    """A line is not what it must be; the sentence says which, and why."""


@dataclass(frozen=True)
class Record:
    """One row of one table, each cell with its type."""

    table: str
    key: Key
    cells: Mapping[str, Typed]

    def line(self) -> str:
        """Write it."""
        cells = {name: _written(*cell) for name, cell in self.cells.items()}
        return _json({"table": self.table, "key": self.key, "cells": cells})

    @property
    def open_run(self) -> str:
        """Name the job of a run that was going when this row was read; '' when the row tells of none."""
        if self.table == AUDIT:
            return ""
        if self.table == RUNS:
            return f"{self.key[0]}/{self.key[1].partition('|')[0]}" if self._text("State") == OPEN else ""
        runs = read_entries(self.key, self._text("ActiveRuns")) or ()
        return "/".join(self.key) if any(not run.waiting for run in runs) else ""

    def _text(self, name: str) -> str:
        kind, value = self.cells.get(name, ("String", ""))
        return value if kind == "String" else ""


@dataclass(frozen=True)
class Header:
    """Whose tables these are: an open run's container group is found by these alone."""

    exported: str
    installation: str
    subscription: str
    resource_group: str

    def line(self) -> str:
        """Write it."""
        return _json({"crontable": VERSION, **vars(self)})

    @classmethod
    def of(cls, settings: Settings, exported: str) -> Self:
        """Tell it of the installation that the settings name."""
        return cls(exported, settings.installation, settings.subscription, settings.resource_group)

    @property
    def whose(self) -> tuple[str, str, str]:
        """What must be the same for a container group to be found again."""
        return self.installation, self.subscription, self.resource_group

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Read the first line; Torn when this is another kind of file."""
        try:
            said = _object(line)
        except Torn:
            said = {}
        names = [one.name for one in fields(cls)]
        if "crontable" not in said:
            raise Torn("line 1: this is no file of `tables export`.")
        if said["crontable"] not in READ:
            raise Torn(f"line 1: the file has version {said['crontable']!r}; this Crontable reads up to {VERSION}.")
        if not all(isinstance(said.get(name), str) for name in names):
            raise Torn(f"line 1: it must tell {', '.join(names)}.")
        return cls(**{name: said[name] for name in names})


@dataclass
class Counts:
    """How many rows of each table."""

    jobs: int = 0
    runs: int = 0
    audit: int = 0

    def add(self, record: Record) -> None:
        """Count one."""
        setattr(self, record.table, getattr(self, record.table) + 1)

    @property
    def all(self) -> int:
        """Of all of them."""
        return self.jobs + self.runs + self.audit

    def line(self) -> str:
        """Write the last line."""
        return _json({"end": vars(self)})

    def __str__(self) -> str:
        return f"{_rows(self.jobs)} of Jobs, {_rows(self.runs)} of Runs and {_rows(self.audit)} of Audit"


def _rows(number: int) -> str:
    return f"{number:,} row{'' if number == 1 else 's'}"


def read(lines: Iterable[bytes]) -> Iterator[Record]:
    """Read every row of a file whose first line was read already; Torn at the first line that is wrong, or missing."""
    counts, number, ended = Counts(), 1, False
    for number, line in enumerate(lines, 2):
        if ended:
            raise Torn(f"line {number}: there is more behind the last line.")
        try:
            said = _object(line)
            if "end" in said:
                ended = _ended(said["end"], counts)
                continue
            record = _record(said)
        except Torn as torn:
            raise Torn(f"line {number}: {torn}") from None
        counts.add(record)
        yield record
    if not ended:
        raise Torn(f"line {number + 1}: the file ends before its last line: it is not whole.")


def _ended(said: object, counts: Counts) -> bool:
    if not isinstance(said, dict) or {AUDIT: 0} | said != vars(counts):
        raise Torn(f"it tells of {said!r}, and {vars(counts)!r} came before it: lines are missing, or were added.")
    return True


def record(line: bytes) -> Record:
    """Read one row's line."""
    return _record(_object(line))


def _object(line: bytes) -> dict[str, Any]:
    try:
        said = json.loads(line, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Torn(f"it is no JSON: {line[:60]!r}.") from error
    if not isinstance(said, dict):
        raise Torn(f"it is no JSON object: {line[:60]!r}.")
    return said


def _no_constant(name: str) -> Never:
    raise ValueError(name)


def _record(said: Mapping[str, Any]) -> Record:
    if said.keys() != {"table", "key", "cells"}:
        raise Torn(f"a row tells table, key and cells, and no more; here are {', '.join(said) or 'none'}.")
    table, key, cells = said["table"], said["key"], said["cells"]
    if table not in (JOBS, RUNS, AUDIT):
        raise Torn(f"table is {table!r}: it must be {JOBS}, {RUNS} or {AUDIT}.")
    if not isinstance(key, list) or len(key) != 2 or not all(isinstance(one, str) for one in key):  # noqa: PLR2004 - a key is two texts
        raise Torn(f"key is {key!r}: it must be PartitionKey and RowKey.")
    if key[0] == OWN or any(ILLEGAL_IN_KEY.search(one) for one in key):
        raise Torn(f"key is {key!r}: no row of a job or run has such a key.")
    if not isinstance(cells, dict):
        raise Torn("cells must be an object.")
    return Record(table, (key[0], key[1]), {name: _cell(name, value) for name, value in cells.items()})


def _cell(name: str, value: object) -> Typed:
    if not name or name in _NOT_COLUMNS or "@" in name or "odata." in name:
        raise Torn(f"{name!r} cannot be a cell's name.")
    if isinstance(value, dict) and len(value) == 1:
        ((kind, told),) = value.items()
    else:
        kind, told = _KINDS.get(type(value), ""), value
    fits = _FITS.get(kind)
    if fits is None or not fits(told):
        raise Torn(f"the cell {name} is {str(value)[:80]!r}, which is no value of Table Storage with its type.")
    return kind, told


def _written(kind: str, value: object) -> object:
    return value if kind in _KINDS.values() else {kind: value}


def _json(said: Mapping[str, Any]) -> str:
    return json.dumps(said, separators=(",", ":"), allow_nan=False)


def _is_date(told: Any) -> bool:  # noqa: ANN401 - whatever JSON holds, as for all of these
    try:
        return bool(_DATE.fullmatch(told) and datetime.fromisoformat(told))
    except (ValueError, TypeError):
        return False


def _is_binary(told: Any) -> bool:  # noqa: ANN401
    try:
        return b64decode(told, validate=True) is not None
    except (ValueError, TypeError):
        return False


def _within(bits: int) -> Callable[[Any], bool]:
    return lambda told: type(told) is int and -(2 ** (bits - 1)) <= told < 2 ** (bits - 1)


def _is_long(told: Any) -> bool:  # noqa: ANN401
    return isinstance(told, str) and bool(_WHOLE.fullmatch(told)) and _within(64)(int(told))


_KINDS: Mapping[type, str] = {str: "String", bool: "Boolean", int: "Int32"}
_FITS: Mapping[str, Callable[[Any], bool]] = {
    "String": lambda told: isinstance(told, str),
    "Boolean": lambda told: isinstance(told, bool),
    "Int32": _within(32),
    "Int64": _is_long,
    "Double": lambda told: type(told) in (int, float) or told in _WORDS,
    "DateTime": _is_date,
    "Binary": _is_binary,
    "Guid": lambda told: isinstance(told, str) and bool(_GUID.fullmatch(told)),
}
