"""Cells read the one way, whatever somebody typed over them: what cannot be read says nothing."""

import math
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, overload

from scheduler import cell
from scheduler.row import Columns, Value, iso, known


class Line(Protocol):
    """What people read of a row."""

    @property
    def cells(self) -> Columns:
        """Give the row's cells, by name."""


class Cell[T]:
    """A cell of a line's row, as an attribute of the line: `reason = Cell("Reason", text)`."""

    def __init__(self, column: str, read: Callable[[Value | None], T]) -> None:
        self._column, self._read = column, read

    @overload
    def __get__(self, line: None, owner: type) -> "Cell[T]": ...
    @overload
    def __get__(self, line: Line, owner: type) -> T: ...
    def __get__(self, line: Line | None, owner: type) -> "Cell[T] | T":
        """Read the cell of one line."""
        return self if line is None else self._read(line.cells.get(self._column))


def text(value: Value | None) -> str:
    """Give a text without the white space around it; '' for none."""
    return "" if value is None or isinstance(value, bytes) else cell.text("", value)


def number(value: Value | None) -> float | None:
    """Give a number; None for anything else."""
    plain = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if plain else None  # type: ignore[arg-type]  # it is a number


def whole(value: Value | None) -> int:
    """Give a whole number; 0 for anything else."""
    return int(number(value) or 0)


def code(value: Value | None) -> int | None:
    """Give an exit code; None for none."""
    read = number(value)
    return int(read) if read is not None and read >= 0 else None


def flag(value: Value | None) -> bool:
    """Say whether a cell of the scheduler's is true."""
    return value is True


def moment(value: Value | None) -> datetime | None:
    """Give an instant; None for none, and for those that stand for none."""
    return known(value)


def as_json(value: Value) -> object:
    """Give a cell as JSON holds it: dates as ISO texts, bytes as hex digits, and NaN and its kin as texts."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value.hex() if isinstance(value, bytes) else value
