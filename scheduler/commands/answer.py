"""How a command answers: exit codes, sentences, rows as JSON or as a table.

Whatever was typed into a cell, or printed by a job, is shown harmlessly: `desk.harmless` takes escape sequences out.
"""

import json
import sys
from collections.abc import Mapping, Sequence

from scheduler import cell
from scheduler.desk import harmless, hidden
from scheduler.desk.cells import as_json
from scheduler.desk.faults import Wrong
from scheduler.row import Row, iso, known

#: Exit codes: done; not found or not whole; refused as typed; `apply --dry-run` found differences; ended by Ctrl-C.
DONE, FAILED, WRONG, DIFFERS, INTERRUPTED = 0, 1, 2, 3, 130


def whole(option: str, typed: str, low: int, high: int) -> int:
    """Read a whole number that was typed; Wrong for anything else."""
    read = int(typed) if typed.removeprefix("-").isdecimal() and typed.isascii() else None
    if read is None or not low <= read <= high:
        raise Wrong(f"{option} is {typed}: it must be a number from {low} to {high}.")
    return read


def say(what: object, code: int = DONE) -> int:
    """Print a sentence on standard error; gives `code`."""
    print(harmless.text(str(what)), file=sys.stderr, flush=True)
    return code


def confirmed(question: str, *, yes: bool) -> bool:
    """Ask on the terminal, unless `yes` was typed; Wrong where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise Wrong("Nothing was written: nobody can be asked here, so --yes must be typed.")
    print(harmless.text(f"{question} [y/N] "), end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def tell(what: str) -> None:
    """Print what a person reads, on standard output."""
    print(harmless.text(what))


def give(what: object) -> None:
    """Print JSON, on standard output."""
    print(json.dumps(what, indent=2))


def sentence(error: Exception) -> str:
    """Give an error that nobody foresaw as one line: its class and its own first line."""
    told = str(error).strip()
    return f"{type(error).__name__}: {told.splitlines()[0] if told else ''}"


def plain(row: Row) -> dict[str, object]:
    """Give a row as JSON holds it: keys first, dates as ISO texts, bytes as hex digits, stars in place of secrets."""
    cells = {name: as_json(hidden.shown(name, value)) for name, value in row.columns.items()}
    return {"PartitionKey": row.partition, "RowKey": row.name, **cells, "Timestamp": iso(row.timestamp)}


def text(row: Row, name: str) -> str:
    """Give a cell as a table shows it; '' when it is not there."""
    value = row.columns.get(name, "")
    return str(value) if name == "Reason" else cell.shown(as_json(value)).strip("'\"")


def moment(row: Row, name: str) -> str:
    """Give a cell's instant, or a hyphen when there is none."""
    found = known(row.columns.get(name))
    return iso(found) if found else "-"


def pairs(cells: Mapping[str, object]) -> None:
    """Print names and values, one pair a line; further lines of a value stand below its first."""
    for name, value in cells.items():
        first, *others = harmless.text(str(value)).splitlines() or [""]
        print(f"{name:<16} {first}".rstrip())
        for other in others:
            print(f"{'':<16} {other}")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print columns as wide as they need; line breaks in cells would tear the table.

    Colours and bends are for a terminal; whatever else reads it gets plain lines, and nothing is ever cut.
    """
    flat = [[" ".join(harmless.line(text).split()) for text in row] for row in rows]
    if sys.stdout.isatty():
        _drawn(heads, flat)
        return
    lines = [list(heads), *flat]
    widths = [max(len(row[at]) for row in lines) for at in range(len(heads) - 1)]
    for row in lines:
        print("  ".join([text.ljust(width) for text, width in zip(row, widths, strict=False)] + [row[-1]]).rstrip())


#: What a terminal's colour says of a word.
_COLOURS = {
    **dict.fromkeys(("Failed", "Lost", "Invalid", "gap"), "red"),
    **dict.fromkeys(("Succeeded", "ok"), "green"),
    **dict.fromkeys(("Starting", "Running", "Active"), "cyan"),
    **dict.fromkeys(("Waiting", "Cancelling", "Cancelled", "overlap", "rewind"), "yellow"),
    **dict.fromkeys(("Paused", "Skipped"), "bright_black"),
}


def _drawn(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    # Loaded here: who pipes an answer, and every tick, does without.
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        drawn.add_column(head, overflow="fold")
    for row in rows:
        drawn.add_row(*(Text(text, _COLOURS.get(text, "")) for text in row))
    Console().print(drawn)
