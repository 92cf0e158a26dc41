"""How jobs, runs and zones are named at every door: `weather/extract`, `2026-11-22T09:00:00Z.1`, `Europe/Berlin`."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from scheduler import cell
from scheduler.desk.faults import Wrong
from scheduler.identity import due_of_countdown
from scheduler.job import NAME
from scheduler.row import Key, Row
from scheduler.wall import Refused, zone_named

_REF = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z)\.(\d{1,3})", re.ASCII)
_REF_ALLOWED = "it must be a due time and an attempt, such as 2026-11-22T09:00:00Z.1."
_KEY_ALLOWED = "it must be PartitionKey/RowKey, such as weather/extract: letters, digits, '.', '_' and '-' in each."


def read_ref(text: str) -> tuple[datetime, int]:
    """Read a run's name: its due time and attempt; raises `Wrong` for what names none."""
    found = _REF.fullmatch(text.strip())
    try:
        if found and int(found[2]):
            return datetime.fromisoformat(found[1]).astimezone(UTC), int(found[2])
    except (ValueError, OverflowError):
        pass
    raise Wrong(f"The run is {cell.shown(text)}: {_REF_ALLOWED}", "run")


def parts_of(row: Row) -> tuple[datetime, int] | None:
    """Read the due time (of a skip its first) and the attempt out of a run row's key; None when it is no run's."""
    countdown, _, attempt = row.name.partition("|")[2].partition("|")
    due = due_of_countdown(countdown)
    return (due, int(attempt)) if due and attempt.isdecimal() else None


def job_name(key: Key) -> str:
    """Name a job."""
    return "/".join(key)


def read_job(text: str) -> Key:
    """Read a job's name; a template's row name may begin with `_`. Raises `Wrong` for what names none."""
    partition, slash, name = text.strip().partition("/")
    if slash and NAME.fullmatch(partition) and NAME.fullmatch(name.removeprefix("_")):
        return partition, name
    raise Wrong(f"The job is {cell.shown(text)}: {_KEY_ALLOWED}", "job")


def read_zone(text: str) -> ZoneInfo:
    """Read a time zone; raises `Wrong`, with a near name, for what names none."""
    try:
        return zone_named(text)
    except Refused as refused:
        raise Wrong(str(refused).replace("TimeZone", "zone", 1), "zone") from None
