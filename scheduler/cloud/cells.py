"""Table Storage's JSON in, `Row` out; cells out as JSON, and conditions as OData.

The SDK's own conversion raises on a date that Python cannot hold, which would let one bad cell hide every
other row, and it parses each date with strptime, at several times the cost of all the rest of a row.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import lru_cache, partial
from math import isfinite
from typing import Any
from urllib.parse import quote

from scheduler.ports import Condition, Where
from scheduler.row import UNSET, Columns, Row, Value

_TYPE = "@odata.type"
_INT32 = 2**31
#: Most instants of a table are in many rows: that nothing is due, that nothing has been, when the last tick wrote.
_REMEMBERED = 4096
_NOT_FINITE = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}


def row(entity: Mapping[str, Any]) -> Row:
    """Read one entity as the service sends it with minimal metadata."""
    columns: dict[str, Value] = {}
    for name, value in entity.items():
        if value is None or name in _NOT_COLUMNS or "odata." in name:
            continue
        kind = entity.get(name + _TYPE)
        columns[name] = value if kind is None else _typed(kind, value)
    said = str(entity.get("Timestamp", ""))
    return Row(
        partition=str(entity.get("PartitionKey", "")),
        name=str(entity.get("RowKey", "")),
        columns=columns,
        etag=entity.get("odata.etag") or f"W/\"datetime'{quote(said)}'\"",
        timestamp=_known(said),
    )


def written(columns: Columns) -> dict[str, Any]:
    """Write cells as the service takes them, each with its type where JSON has none for it."""
    said: dict[str, Any] = {}
    for name, value in columns.items():
        kind, said[name] = _said(value)
        if kind:
            said[name + _TYPE] = kind
    return said


def filtered(where: Where) -> str:
    """Write conditions as an OData filter; '' = every row."""
    if not where or not all(where):
        return ""
    return " or ".join(f"({' and '.join(map(_comparison, every))})" for every in where)


def instant(moment: datetime) -> str:
    """Write an instant with the service's own precision, 100 ns."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no zone")
    return _instant(moment if moment.tzinfo is UTC else moment.astimezone(UTC))


# Of UTC only: in other zones the two passes of an hour that comes twice are equal, and would be taken for each other.
@lru_cache(_REMEMBERED)
def _instant(utc: datetime) -> str:
    return f"{utc.replace(tzinfo=None).isoformat(timespec='microseconds')}0Z"


def _said(value: Value) -> tuple[str, Any]:
    """Give a value's type ('' = JSON says it), and how it stands in JSON."""
    match value:
        case bool() | str():
            return "", value
        case datetime():
            return "Edm.DateTime", instant(value)
        case int():
            return ("", value) if -_INT32 <= value < _INT32 else ("Edm.Int64", str(value))
        case bytes():
            return "Edm.Binary", b64encode(value).decode()
    return "Edm.Double", value if isfinite(value) else _NOT_FINITE[str(value)]


def _comparison(condition: Condition) -> str:
    column, operator, value = condition
    return f"{column} {operator} {_literal(value)}"


def _literal(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value) if -_INT32 <= value < _INT32 else f"{value}L"
    if isinstance(value, datetime):
        return f"datetime'{instant(value)}'"
    if isinstance(value, bytes):
        return f"X'{value.hex()}'"
    return repr(value) if isinstance(value, float) else "'" + value.replace("'", "''") + "'"


def _typed(kind: str, value: Any) -> Value:  # noqa: ANN401  whatever JSON holds
    read = _READERS.get(kind)
    try:
        return read(value) if read else str(value)
    except (ValueError, TypeError, OverflowError):
        return str(value)


@lru_cache(_REMEMBERED)
def _date(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)


def _known(text: str) -> datetime:
    try:
        return _date(text)
    except (ValueError, OverflowError):
        return UNSET


def _boolean(value: Any) -> bool:  # noqa: ANN401  whatever JSON holds
    return value is True or str(value).lower() == "true"


_NOT_COLUMNS = frozenset({"PartitionKey", "RowKey", "Timestamp"})
_READERS: Mapping[str, Callable[[Any], Value]] = {
    "Edm.DateTime": _date,
    "Edm.Double": float,
    "Edm.Int32": int,
    "Edm.Int64": int,
    "Edm.Boolean": _boolean,
    "Edm.Binary": partial(b64decode, validate=True),
}
