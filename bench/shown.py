"""The figures as a person reads them, on the screen and on the page: one set of cells for both."""

from collections.abc import Sequence

from rich import box
from rich.table import Table

from bench.figures import Figure, Row, Starts

COLUMNS = ("scheduler", "CPU", "ratio", "wall", "storage operations", "memory", "idle CPU", "ratio", "idle operations")
#: The figures of the starts that are seconds.
_STARTS = {
    "looks": "the running groups, from the first look to the last answer",
    "first_put": "the first PUT was sent, after the tick's begin",
    "last_put": "the last PUT was sent",
    "answered": "the last PUT was answered",
    "cpu": "CPU of the tick",
}
MEGABYTE = 2**20
NONE = "-"
#: From how many seconds on figures are seconds, and below how many of a unit they have a decimal place.
IN_SECONDS, COARSE = 10.0, 10.0


def cells(row: Row) -> tuple[str, ...]:
    """Give a row's cells."""
    return (
        row.name,
        spread(row, "cpu"),
        times(row.ratio),
        spread(row, "wall"),
        number(row, "operations"),
        memory(row),
        spread(row, "idle_cpu") + (" a minute" if row.idle_of == "minute" else ""),
        times(row.idle_ratio),
        number(row, "idle_operations"),
    )


def tables(rows: Sequence[Row]) -> list[Table]:
    """Make a table for each size."""
    return [_table(f"{size}", [row for row in rows if row.size == size]) for size in sorted({row.size for row in rows})]


def starts(found: Starts) -> Table:
    """Make the table of the starts."""
    table = Table(title=called(found), title_justify="left", box=box.SIMPLE, show_header=False)
    for what, value in told(found):
        table.add_row(what, value)
    return table


def called(found: Starts) -> str:
    """Name it."""
    return f"Starts: {found.size.due:,} due jobs, a PUT of {found.put:g} s, {found.running:,} running groups"


def told(found: Starts) -> list[tuple[str, str]]:
    """Give its rows: what, and how much; or why there are none."""
    if found.figures is None:
        return [("missing", found.missing)]
    seconds = [(words, _seconds(found.figures[what])) for what, words in _STARTS.items()]
    early, operations = found.figures["early"], found.figures["operations"]
    return [
        *seconds,
        ("sent before its turn by Priority, then due time, at most", f"{early.most:,.0f} places"),
        ("storage operations", f"{operations.median:,.0f}"),
    ]


def _seconds(figure: Figure) -> str:
    """Write seconds with their least and most: `9.4 s (9.3-9.6)`."""
    text = f"{figure.median:.2f} s"
    return text if figure.least == figure.most else f"{text} ({figure.least:.2f}-{figure.most:.2f})"


def missing(rows: Sequence[Row]) -> list[str]:
    """Name who is missing, and why."""
    return [f"Missing at {row.size}: {row.name}: {row.missing}" for row in rows if not row.figures]


def _table(size: str, rows: Sequence[Row]) -> Table:
    table = Table(title=f"{size} (registered/due)", title_justify="left", box=box.SIMPLE)
    for name in COLUMNS:
        table.add_column(name, justify="left" if name == COLUMNS[0] else "right")
    for row in rows:
        if row.figures:
            table.add_row(*cells(row))
    return table


def spread(row: Row, what: str) -> str:
    """Write a median with its least and most: `46 ms (42-49)`."""
    figure = (row.figures or {}).get(what)
    if figure is None:
        return NONE
    shown, unit = _scaled(figure)
    text = f"{_plain(shown.median)} {unit}"
    return text if row.rounds == 1 else f"{text} ({_plain(shown.least)}-{_plain(shown.most)})"


def _scaled(figure: Figure) -> tuple[Figure, str]:
    if figure.median >= IN_SECONDS:
        return figure, "s"
    return Figure(figure.median * 1000, figure.least * 1000, figure.most * 1000), "ms"


def _plain(value: float) -> str:
    if value >= COARSE:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def number(row: Row, what: str) -> str:
    """Write a count."""
    median = row.median(what)
    return NONE if median is None else f"{median:,.0f}"


def memory(row: Row) -> str:
    """Write the most memory that it held."""
    median = row.median("memory")
    return NONE if median is None else f"{median / MEGABYTE:.0f} MiB"


def times(ratio: float | None) -> str:
    """Write a ratio."""
    return NONE if ratio is None else f"{_plain(ratio)}x"
