"""When a job is due: Schedule, TimeZone, StartAt, EndAt, Enabled, PausedReason."""

from datetime import datetime
from typing import Any

from scheduler import cell
from scheduler.cell import Faults
from scheduler.columns import Cells
from scheduler.schedule import Refused, Schedule
from scheduler.wall import zone_named

#: Columns that decide when it is due: a change of them begins a new reckoning.
COLUMNS = ("Schedule", "TimeZone", "StartAt", "EndAt", "Enabled")


def read(cells: Cells, faults: Faults) -> dict[str, Any]:
    """Read the schedule with its zone and bounds."""
    named = faults.take(lambda: cell.text("TimeZone", cells.get("TimeZone", "UTC")), "UTC")
    text = faults.take(lambda: cell.text("Schedule", cells.get("Schedule", "")), "")
    start, end = (_moment(name, cells, faults) for name in ("StartAt", "EndAt"))
    try:
        zone_named(named)
    except Refused as refused:
        # The schedule is read all the same, for a fault of its own; without the bounds, which lie in no known zone.
        faults.append(str(refused))
        named, start, end = "UTC", None, None
    try:
        schedule = Schedule.parse(text, named, start, end)
    except Refused as refused:
        faults.append(str(refused))
        schedule = Schedule.parse("")
    return {
        "schedule": schedule,
        "enabled": faults.take(lambda: cell.flag("Enabled", cells.get("Enabled", True)), otherwise=True),
        "paused_reason": faults.take(lambda: cell.text("PausedReason", cells.get("PausedReason", "")), ""),
    }


def zone(cells: Cells) -> str:
    """Name the row's zone as IANA does; UTC for one that is none, whose fault is told with the schedule."""
    try:
        return zone_named(cell.text("TimeZone", cells.get("TimeZone", "UTC"))).key
    except (Refused, cell.Fault):
        return "UTC"


def _moment(name: str, cells: Cells, faults: Faults) -> datetime | None:
    return faults.take(lambda: cell.moment(name, cells[name], zone(cells)), None) if name in cells else None
