"""Cells as people send them, from any door: whether a table can hold them, and whose columns they are."""

from collections.abc import Mapping
from difflib import get_close_matches
from math import isfinite

from scheduler import cell
from scheduler.columns import filled
from scheduler.desk import hidden
from scheduler.desk.faults import Faulty
from scheduler.job import OWNED
from scheduler.mask import STARS
from scheduler.row import Row, Value
from scheduler.standing import COLUMNS

#: The most characters of a cell, and the most of a row: a row takes 1 MiB, of two bytes a character.
LONGEST, LONGEST_ROW = 32_000, 400_000
_LARGEST = 2**63
#: What a text may hold beside what can be printed.
_LAYOUT = "\n\r\t"


def cleaned(cells: Mapping[str, Value | None], there: Row | None = None) -> dict[str, Value]:
    """Give the cells as they may be written, None as the empty text; Faulty tells of each that cannot be.

    A cell that came back as it was shown of the row `there`, with stars in place of a secret, is left as it is.
    """
    if faults := refusals(cells, there):
        raise Faulty(faults)
    same = [name for name, value in cells.items() if there and _came_back(name, value, there)]
    return {name: "" if value is None else value for name, value in cells.items() if name not in same}


def refusals(cells: Mapping[str, Value | None], there: Row | None = None) -> dict[str, list[str]]:
    """Say of each cell that cannot be written why, by column; '' holds what is wrong with all of them together."""
    faults = {name: [fault] for name, value in cells.items() if (fault := _fault(name, value, there))}
    if not faults and sum(len(value) for value in cells.values() if isinstance(value, str)) > LONGEST_ROW:
        return {"": [f"The cells have more than {LONGEST_ROW:,} characters together: a row cannot hold them."]}
    return faults


def column_fault(name: str) -> str:
    """Say why nobody may write the column; '' when a person may."""
    if name in OWNED:
        return ""
    if name in COLUMNS:
        return f"{name} is the scheduler's own column: edit what it follows from, such as Schedule or Watermark."
    near = get_close_matches(name, OWNED, 1)
    instead = f"did you mean {near[0]}?" if near else f"the columns are {', '.join(OWNED)}."
    return f"{cell.shown(name)} is not a column of a job: {instead}"


def _fault(name: str, value: Value | None, there: Row | None) -> str:
    if fault := column_fault(name):
        return fault
    if there and hidden.starred(name, value or "") and not _came_back(name, value, there):
        return f"{name} holds {STARS}, which stands for what is not shown: type the whole value anew, or leave it out."
    if isinstance(value, str):
        return _text_fault(name, value)
    if isinstance(value, float) and not isfinite(value):
        return f"{name} is {value}: it must be a number."
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return f"{name} is {cell.shown(str(value))}: a whole number must lie between -2^63 and 2^63."
    return ""


def _text_fault(name: str, text: str) -> str:
    if len(text) > LONGEST:
        return f"{name} has {len(text):,} characters: at most {LONGEST:,} are allowed."
    odd = next((one for one in text if (ord(one) < ord(" ") and one not in _LAYOUT) or "\ud800" <= one <= "\udfff"), "")
    if odd:
        return f"{name} holds the character U+{ord(odd):04X}, which cannot be kept in a cell."
    return ""


def _came_back(name: str, value: Value | None, there: Row) -> bool:
    present = there.columns.get(name)
    hides = present is not None and filled(present) and hidden.shown(name, present) != present
    return hides and present is not None and hidden.unchanged(name, value or "", present)
