"""Whom to tell of what goes wrong, and how old the data may be before somebody is told."""

from datetime import timedelta
from typing import Any

from scheduler import cell
from scheduler.alerts import address
from scheduler.cell import Fault, Faults
from scheduler.columns import Cells, filled

COLUMNS = ("AlertTo", "FreshFor")
_LEAST, _LONGEST = timedelta(minutes=1), timedelta(days=366)


def read(cells: Cells, faults: Faults) -> dict[str, Any]:
    """Read both; an address is a secret, so that its fault does not repeat it."""
    return {
        "alert_to": faults.take(lambda: alert_to(cells), ""),
        "fresh_for": faults.take(lambda: _fresh_for(cells), None),
    }


def alert_to(cells: Cells) -> str:
    """Give the address, `none`, or '' for the setting's."""
    if not filled(cells.get("AlertTo")):
        return ""
    typed = cell.text("AlertTo", cells["AlertTo"])
    if typed.lower() == address.NONE:
        return address.NONE
    try:
        return address.address(typed)
    except ValueError as wrong:
        raise wrong if isinstance(wrong, Fault) else Fault("AlertTo", "", str(wrong)) from wrong


def _fresh_for(cells: Cells) -> timedelta | None:
    return cell.duration("FreshFor", cells["FreshFor"], _LONGEST, _LEAST) if "FreshFor" in cells else None
