"""The cells of a row as a reader takes them: texts, instants, lengths of time, and the runs that a row holds."""

import json
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.simulation.history import Cells

#: What stands for "not yet" and "never" in a cell.
_YEARS = (1601, 9999)
NOTHING: Cells = {}


class Entry(NamedTuple):
    """A run as its job's row holds it: claimed, waiting for its time, or with a group that has still to go."""

    id: str
    waiting: bool
    removing: bool
    place: str = ""
    due: str = ""
    lease: str = ""


def entries(cells: Cells) -> list[Entry]:
    """Read a row's ActiveRuns."""
    said = json.loads(text(cells, "ActiveRuns") or "[]")
    found = []
    for one in said:
        waiting, removing = one.get("state") == "Waiting", bool(one.get("removing"))
        place, due, lease = (str(one.get(name, "")) for name in ("location", "due", "lease"))
        found.append(Entry(str(one.get("run_id")), waiting, removing, place, due, lease))
    return found


def text(cells: Cells, name: str) -> str:
    """Read a cell as text; '' when it is empty."""
    value = cells.get(name)
    return "" if value is None else str(value)


def instant(cells: Cells, name: str) -> datetime | None:
    """Read a cell as an instant; None when it is empty or stands for none."""
    value = cells.get(name)
    return value if isinstance(value, datetime) and value.year not in _YEARS else None


def span(cells: Cells, name: str, otherwise: str) -> timedelta:
    """Read a duration such as 90s, 15m, 1h30m or 0."""
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    total, number = 0, ""
    for letter in text(cells, name) or otherwise:
        if letter.isdigit():
            number += letter
        elif letter in units:
            total, number = total + int(number) * units[letter], ""
    return timedelta(seconds=total)
