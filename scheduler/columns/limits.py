"""How long, how often again, how late, and what to do when runs meet; and how far the data has come."""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any

from scheduler import cell, request
from scheduler.cell import Fault, Faults
from scheduler.columns import Cells
from scheduler.columns.when import zone
from scheduler.row import Value
from scheduler.watermark import LONGEST

COLUMNS = (
    *("Timeout", "StartTimeout", "Retries", "RetryDelay", "Overlap", "MaxOverlap"),
    *("CatchUp", "Grace", "Jitter", "Priority"),
)
#: Grace where CatchUp is none and the row does not say.
GRACE = timedelta(minutes=10)
_NOTHING = timedelta(0)
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


class Overlap(StrEnum):
    """What to do when a job is due and its last run is still going."""

    SKIP = "skip"
    WAIT = "wait"
    REPLACE = "replace"
    ALLOW = "allow"


class CatchUp(StrEnum):
    """What to do with due times that passed unseen."""

    LATEST = "latest"
    ALL = "all"
    NONE = "none"


def read(cells: Cells, faults: Faults) -> dict[str, Any]:
    """Read bounds and policies, the watermark, and a person's request."""

    def take[T](name: str, otherwise: T, taken: Callable[[Value], T]) -> T:
        return faults.take(lambda: taken(cells[name]), otherwise) if name in cells else otherwise

    def whole(name: str, otherwise: int, low: int, high: int) -> int:
        return take(name, otherwise, lambda typed: cell.whole(name, typed, low, high))

    def lasting(name: str, otherwise: timedelta, longest: timedelta, least: timedelta = _SECOND) -> timedelta:
        return take(name, otherwise, lambda typed: cell.duration(name, typed, longest, least))

    def choice[T: StrEnum](name: str, otherwise: T) -> T:
        kind = type(otherwise)
        return take(name, otherwise, lambda typed: kind(cell.choice(name, typed, [str(word) for word in kind])))

    catch_up = choice("CatchUp", CatchUp.LATEST)
    # Ticks are a minute apart: a shorter grace would let every due time pass.
    grace = lasting("Grace", GRACE, 30 * _DAY, _MINUTE)
    return {
        "timeout": lasting("Timeout", _HOUR, 30 * _DAY),
        "start_timeout": lasting("StartTimeout", 15 * _MINUTE, _DAY),
        "retries": whole("Retries", 0, 0, 20),
        "retry_delay": lasting("RetryDelay", _MINUTE, _DAY),
        "overlap": choice("Overlap", Overlap.SKIP),
        "max_overlap": whole("MaxOverlap", 2, 1, 50),
        "catch_up": catch_up,
        "grace": grace if "Grace" in cells or catch_up is CatchUp.NONE else None,
        "jitter": lasting("Jitter", _NOTHING, _HOUR, _NOTHING),
        "priority": whole("Priority", 0, -1000, 1000),
        "watermark": take("Watermark", "", _watermark),
        "request": take("Request", "", lambda typed: _request(typed, zone(cells))),
    }


def _watermark(value: Value) -> str:
    typed = cell.text("Watermark", value)
    if len(typed.encode(errors="replace")) > LONGEST or not typed.isprintable():
        raise Fault("Watermark", typed, f"it must be printable text of at most {LONGEST:,} bytes.")
    return typed


def _request(value: Value, place: str) -> str:
    """Keep the text as it was typed; one that cannot be read in the zone of that name is a fault."""
    typed = cell.text("Request", value)
    request.read(typed, place)
    return typed
