"""What a file of jobs would change in a table: a plan of steps, decided before anything is written. Pure.

A file is the whole truth about the jobs that it names: a cell that it leaves out is emptied. Exceptions are the
columns that it keeps (`crontab.KEPT`, and what its `keep:` adds), Request, and Watermark, which counts only where a job
is added. Jobs that it does not name are left alone, or removed where that was asked for (`prune`), and then only
those of the groups (PartitionKeys) that the file names.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from scheduler import cell
from scheduler.columns import filled
from scheduler.crontab import FLAGS, LISTS, NUMBERS, REQUEST, TEXTS_BY_NAME, TREES, WATERMARK, Crontab, Wanted
from scheduler.job import OWNED
from scheduler.row import OWN_PREFIX, Columns, Key, Row, Value
from scheduler.template import is_template

_SAID = tuple(name for name in OWNED if name not in (WATERMARK, REQUEST))
_NONE = Row("", "")


class Act(StrEnum):
    """What a step does to a row."""

    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"


@dataclass(frozen=True)
class Cell:
    """A cell that changes; None = it is not there, or is to be emptied."""

    column: str
    before: Value | None
    after: Value | None


@dataclass(frozen=True)
class Step:
    """What is to be done to one row; `row` is what was seen of it."""

    act: Act
    key: Key
    cells: Sequence[Cell] = ()
    row: Row = _NONE

    @property
    def columns(self) -> dict[str, Value | None]:
        """The cells to be written."""
        return {one.column: one.after for one in self.cells}


@dataclass(frozen=True)
class Plan:
    """All that a file would change: templates first, what is removed last; and how many of its jobs are as it says."""

    steps: Sequence[Step]
    alike: int


def plan(crontab: Crontab, rows: Mapping[Key, Row], *, prune: bool = False) -> Plan:
    """Hold a file against the rows of Jobs."""
    wanted = {one.key: one for one in crontab.jobs}
    steps = [step for one in crontab.jobs if (step := _step(one, rows.get(one.key), crontab.keep))]
    groups = {partition for partition, _ in wanted}
    gone = [
        Step(Act.REMOVE, key, _cells({}, row, ()), row)
        for key, row in rows.items()
        if prune and key not in wanted and key[0] in groups and not key[0].startswith(OWN_PREFIX)
    ]
    in_order = sorted(steps, key=lambda step: not is_template(step.key))
    last = sorted(gone, key=lambda step: is_template(step.key))
    return Plan((*in_order, *last), len(wanted) - len(steps))


def _step(wanted: Wanted, row: Row | None, keep: frozenset[str]) -> Step | None:
    if row is None:
        return Step(Act.ADD, wanted.key, tuple(Cell(name, None, value) for name, value in wanted.cells.items()))
    cells = _cells(wanted.cells, row, keep)
    return Step(Act.CHANGE, wanted.key, cells, row) if cells else None


def _cells(wanted: Columns, row: Row, keep: Sequence[str] | frozenset[str]) -> tuple[Cell, ...]:
    """Find what differs."""
    named = [name for name in _SAID if name in wanted or name not in keep]
    pairs = ((name, row.columns.get(name), wanted.get(name)) for name in named)
    return tuple(
        Cell(name, before if filled(before) else None, after)
        for name, before, after in pairs
        if not same(name, before, after)
    )


def after(rows: Mapping[Key, Row], steps: Sequence[Step]) -> dict[Key, Row]:
    """Give the rows as they would be when every step was done."""
    then = dict(rows)
    for step in steps:
        if step.act is Act.REMOVE:
            then.pop(step.key, None)
            continue
        before = then.get(step.key, Row(*step.key))
        cells = {name: "" if value is None else value for name, value in step.columns.items()}
        then[step.key] = Row(*step.key, {**before.columns, **cells}, before.etag, before.timestamp)
    return then


def same(name: str, before: Value | None, after: Value | None) -> bool:
    """Say whether two cells mean the same: 2 and "2", JSON in another layout, a date and its text."""
    return _meant(name, before) == _meant(name, after)


def _meant(name: str, value: Value | None) -> object:
    if value is None or not filled(value) or isinstance(value, bytes):
        return value if isinstance(value, bytes) else ""
    try:
        if name in NUMBERS:
            return cell.number(name, value, -1e18, 1e18)
        if name in FLAGS:
            return cell.flag(name, value)
        if name in TEXTS_BY_NAME:
            return dict(cell.variables(name, value, 1 << 24, ()))
        if name in LISTS and name != "Command":
            return list(cell.words(name, value))
    except cell.Fault:
        pass
    text = cell.text(name, value)
    tree = _tree(text) if name in (*TEXTS_BY_NAME, *TREES, *LISTS) else None
    return text if tree is None else json.dumps(tree, sort_keys=True)


# Rows as a file says them.


def written(rows: Sequence[Row]) -> dict[str, dict[str, object]]:
    """Give rows as what stands below `jobs:`, in the order of the README's table; a Binary cell nobody could type."""
    return {"/".join(row.key): {name: _said(name, value) for name, value in sayable(row).items()} for row in rows}


def sayable(row: Row) -> dict[str, Value]:
    """Give the cells of a row that a file says."""
    cells = {name: row.columns.get(name) for name in _SAID}
    return {name: value for name, value in cells.items() if filled(value) and not isinstance(value, bytes | None)}


def _said(name: str, value: Value) -> object:
    """Give a cell as a person would type it, where that is read back as the same; else its text."""
    text = cell.text(name, value)
    if name in (*NUMBERS, *FLAGS) and isinstance(value, bool | int | float):
        return value
    if name in TREES and isinstance(tree := _tree(text), dict):
        return tree
    if name in TEXTS_BY_NAME and isinstance(tree := _tree(text), dict) and _only_texts(list(tree.values())):
        return tree
    if name in LISTS and isinstance(tree := _tree(text), list) and _only_texts(tree):
        return tree
    return text


def _tree(text: str) -> object:
    """Read JSON; None for what is none, or what another reader of it might take for something else."""
    if text[:1] not in ("{", "["):
        return None
    try:
        return json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError):
        return None


def _finite(digits: str) -> float:
    number = float(digits)
    return number if isfinite(number) else _no_number(digits)


def _no_number(digits: str) -> float:
    raise ValueError(digits)


def _only_texts(several: Sequence[object]) -> bool:
    return all(isinstance(one, str) for one in several)
