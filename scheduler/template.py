"""Templates: rows whose cells other rows inherit, so that what many jobs share is written once. Pure.

The column Template names a row: `_python` in the same partition, `team/_python` in another, or any job. Where a
cell of a row is empty, its template's counts, or that template's template's: the nearest one that is filled.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from scheduler import cell
from scheduler.cell import Fault
from scheduler.columns import filled
from scheduler.job import NAME, OWNED
from scheduler.row import Key, Row, Value

#: What a row keeps to itself.
OWN = ("Watermark", "Request", "Template")
#: What a row may inherit.
INHERITED = tuple(name for name in OWNED if name not in OWN)
#: The most templates behind each other.
DEEPEST = 5
_PREFIX = "_"
_NAMED = re.compile(rf"(?:({NAME.pattern})/)?({_PREFIX}?{NAME.pattern})")


class Inherited(NamedTuple):
    """A row with the cells that it inherits, why it could not inherit, and the rows that were asked for.

    `asked` holds missing rows, too: a change of any of them may change this row. `origins`: the row that an
    inherited column comes from.
    """

    row: Row
    faults: tuple[str, ...] = ()
    asked: tuple[Key, ...] = ()
    origins: tuple[tuple[str, Key], ...] = ()

    def name(self, faults: Sequence[str]) -> tuple[str, ...]:
        """Tell of each fault in which row it must be mended: its sentence begins with its column."""
        origins = dict(self.origins)
        keys = [origins.get(fault.partition(" ")[0]) for fault in faults]
        return tuple(f"{told} (In {'/'.join(key)}.)" if key else told for told, key in zip(faults, keys, strict=True))


def is_template(key: Key) -> bool:
    """Say whether a row is only there for others to inherit from: it never runs, and is never Invalid."""
    return key[1].startswith(_PREFIX)


def inherit(row: Row, find: Callable[[Key], Row | None]) -> Inherited:
    """Give a row its templates' cells, which `find` gives by key; what it inherits before a fault, it keeps."""
    cells = dict(row.columns)
    asked: list[Key] = []
    origins: dict[str, Key] = {}
    faults: tuple[str, ...] = ()
    try:
        nearest = row
        while (key := _named(nearest, row)) is not None:
            nearest = _next(row, key, asked, find)
            filling = [name for name in INHERITED if _fills(cells, nearest, name)]
            cells |= {name: nearest.columns[name] for name in filling}
            origins |= dict.fromkeys(filling, nearest.key)
    except Fault as fault:
        faults = (str(fault),)
    return Inherited(replace(row, columns=cells) if asked else row, faults, tuple(asked), tuple(origins.items()))


def _fills(cells: dict[str, Value], nearest: Row, name: str) -> bool:
    return filled(nearest.columns.get(name)) and not filled(cells.get(name))


def _named(row: Row, first: Row) -> Key | None:
    """Read the cell Template of a row in the chain that begins with `first`."""
    typed = row.columns.get("Template")
    if typed is None or not filled(typed):
        return None
    found = _NAMED.fullmatch(cell.text("Template", typed))
    if not found:
        where = "" if row is first else f" of {'/'.join(row.key)}"
        raise Fault(f"Template{where}", typed, "it must name a row, such as _python or team/_python.")
    return found[1] or row.partition, found[2]


def _next(row: Row, key: Key, asked: list[Key], find: Callable[[Key], Row | None]) -> Row:
    """Follow the chain of `row` by one; `asked` holds its links so far, and gets one more."""
    chain = " -> ".join("/".join(link) for link in (row.key, *asked, key))
    typed = row.columns["Template"]
    if key == row.key or key in asked:
        raise Fault("Template", typed, f"it leads back to itself: {chain}.")
    if len(asked) == DEEPEST:
        raise Fault("Template", typed, f"at most {DEEPEST} templates may stand behind each other: {chain}.")
    asked.append(key)
    found = find(key)
    if found is None:
        raise Fault("Template", typed, f"there is no row {'/'.join(key)}.")
    return found
