"""How a command answers: exit codes, sentences, rows as JSON or as a table."""

import sys
from collections.abc import Sequence
from datetime import datetime

from scheduler import cell
from scheduler.row import Row, Value, iso, known

#: Exit codes: done; not found or not whole; refused as typed; ended by Ctrl-C.
DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130


class Wrong(ValueError):
    """What was typed cannot be; the sentence says why."""


class Missing(LookupError):
    """What was asked for is not there, or what was to be made is there already."""


def say(what: object, code: int = DONE) -> int:
    """Print a sentence on standard error; gives `code`."""
    print(what, file=sys.stderr, flush=True)
    return code


def sentence(error: Exception) -> str:
    """Give an error that nobody foresaw as one line: its class and its own first line."""
    told = str(error).strip()
    return f"{type(error).__name__}: {told.splitlines()[0] if told else ''}"


def plain(row: Row) -> dict[str, object]:
    """Give a row as JSON holds it: keys first, dates as ISO texts, bytes as hex digits."""
    cells = {name: _json(value) for name, value in row.columns.items()}
    return {"PartitionKey": row.partition, "RowKey": row.name, **cells, "Timestamp": iso(row.timestamp)}


def _json(value: Value) -> object:
    if isinstance(value, datetime):
        return iso(value)
    return value.hex() if isinstance(value, bytes) else value


def text(row: Row, name: str) -> str:
    """Give a cell as a table shows it; '' when it is not there."""
    value = row.columns.get(name, "")
    return str(value) if name == "Reason" else cell.shown(_json(value)).strip("'\"")


def moment(row: Row, name: str) -> str:
    """Give a cell's instant, or a hyphen when there is none."""
    found = known(row.columns.get(name))
    return iso(found) if found else "-"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns as wide as they need; line breaks in cells would tear the table."""
    flat = [[" ".join(text.split()) for text in row] for row in [heads, *rows]]
    widths = [max(len(row[at]) for row in flat) for at in range(len(heads) - 1)]
    for row in flat:
        print("  ".join([text.ljust(width) for text, width in zip(row, widths, strict=False)] + [row[-1]]).rstrip())
