"""What the Table service refuses, as its documentation says; Azurite lets some of it through."""

import re
from datetime import datetime

from scheduler.row import Columns, Key, Value

MOST_COLUMNS = 252
MOST_IN_A_CELL = 64 * 1024
MOST_IN_A_ROW = 1024 * 1024
MOST_IN_A_BATCH = 4 * 1024 * 1024
LONGEST_KEY = 512
EARLIEST_YEAR = 1601
_KEY = re.compile(r"[/\\#?\x00-\x1f\x7f-\x9f]")
_NAME = re.compile(r"^[^\W\d]\w{0,254}$")
_OWN = {"PartitionKey", "RowKey", "Timestamp"}


def key_refused(key: Key) -> str:
    """Say why no row can have this key; '' when one can."""
    for column, text in zip(("PartitionKey", "RowKey"), key, strict=True):
        if _KEY.search(text) or len(text) > LONGEST_KEY:
            return f"OutOfRangeInput: {column} {text[:80]!r} is not allowed."
    return ""


def row_refused(key: Key, columns: Columns) -> str:
    """Say why the service would not keep a row so; '' when it would."""
    if len(columns) > MOST_COLUMNS:
        return f"TooManyProperties: {len(columns)}, at most {MOST_COLUMNS} are allowed."
    for name, value in columns.items():
        if refused := _cell_refused(name, value):
            return refused
    if size(key, columns) > MOST_IN_A_ROW:
        return "EntityTooLarge: the entity is larger than 1 MiB."
    return ""


def _cell_refused(name: str, value: Value) -> str:
    if name in _OWN or not _NAME.match(name):
        return f"PropertyNameInvalid: {name!r}."
    if isinstance(value, datetime):
        return "" if value.year >= EARLIEST_YEAR else f"OutOfRangeInput: {name} is {value}, before 1601."
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return f"InvalidInput: {name} is {value}, more than 64 bits."
    if _bytes(value) > MOST_IN_A_CELL:
        return f"PropertyValueTooLarge: {name} is larger than 64 KiB."
    return ""


def size(key: Key, columns: Columns) -> int:
    """Count a row's bytes as the service does."""
    cells = sum(8 + 2 * len(name) + _bytes(value) for name, value in columns.items())
    return 4 + 2 * len(key[0] + key[1]) + cells


def _bytes(value: Value) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-16-le", "surrogatepass"))
    return len(value) if isinstance(value, bytes) else 8
