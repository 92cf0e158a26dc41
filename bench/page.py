"""The part of docs/performance.md that is written by the bench: between two markers, everything else is a person's."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.chart import chart
from bench.figures import Row, Starts
from bench.shown import COLUMNS, called, cells, missing, told
from local.needs import ROOT, RefusalError

PAGE, CHART = ROOT / "docs" / "performance.md", ROOT / "docs" / "performance.svg"
BEGIN, END = "<!-- what follows is written by the bench -->", "<!-- end of what is written by the bench -->"


def write(report: Mapping[str, Any], rows: Sequence[Row], page: Path = PAGE, picture: Path = CHART) -> None:
    """Put the figures into the page, and the chart beside it. Raises RefusalError when its markers are gone."""
    text = page.read_text()
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise RefusalError(f"{page} has lost its markers: it must hold the lines {BEGIN} and {END}.")
    page.write_text(f"{before}{BEGIN}\n\n{markdown(report, rows)}\n{END}{after}")
    picture.write_text(chart(rows))


def markdown(report: Mapping[str, Any], rows: Sequence[Row]) -> str:
    """Write the tables."""
    machine, versions = report["machine"], report["versions"]
    on = f"{machine['processor']}, {machine['memory']}, {machine['system']}, Python {machine['python']}"
    beside = f"Azurite {versions['Azurite']} on Node {versions['Node']}; {versions['peers']}"
    parts = [f"Measured on {report['date']}: {on}; load {machine['load']}. {beside}.\n"]
    for size in sorted({row.size for row in rows}):
        here = [row for row in rows if row.size == size and row.figures]
        parts += [f"### {size.registered:,} jobs, {size.due:,} due\n", *_table(here), ""]
    parts += [f"- {sentence}" for sentence in missing(rows)] + ([""] if missing(rows) else [])
    parts += _starts(Starts.read(report["starts"])) if report.get("starts") else []
    parts += [_servers(rows)]
    return "\n".join(parts)


def _table(rows: Sequence[Row]) -> list[str]:
    most = max((row.rounds for row in rows), default=1)
    head = [f"{COLUMNS[0]} ({f'medians of {most} rounds' if most > 1 else 'one round'})", *COLUMNS[1:]]
    lines = [head, ["---", *["--:"] * (len(COLUMNS) - 1)], *(_cells(row, most) for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _cells(row: Row, most: int) -> tuple[str, ...]:
    name, *others = cells(row)
    fewer = "" if row.rounds == most else " (once)" if row.rounds == 1 else f" ({row.rounds} rounds)"
    return (name + fewer, *others)


def _starts(found: Starts) -> list[str]:
    rounds = f"medians of {found.rounds} rounds" if found.rounds > 1 else "one round"
    lines = [f"| {what} | {value} |" for what, value in told(found)]
    return [f"### {called(found)}\n", f"| {rounds} | |", "| --- | --: |", *lines, ""]


def _servers(rows: Sequence[Row]) -> str:
    """Say what the servers cost that are not counted as Crontable's."""
    found = {
        row.size: (azurite * 1000, emulator * 1000)
        for row in rows
        if (azurite := row.median("azurite_cpu")) is not None and (emulator := row.median("emulator_cpu")) is not None
    }
    each = "; ".join(
        f"at {size} Azurite {azurite:,.0f} ms and the emulator {emulator:,.0f} ms"
        for size, (azurite, emulator) in found.items()
    )
    return f"CPU of the servers meanwhile, counted apart: {each}.\n" if each else ""
