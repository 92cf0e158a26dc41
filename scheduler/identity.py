"""Who a run is: its row's key, its container group's name and tags; the same run always gives the same."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from scheduler.row import Key, Value, iso

#: The year 10000: keys count down to it, so that the newest run comes first.
_LAST_MILLISECOND = 253_402_300_800_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def run_prefix(job_name: str) -> str:
    """Begin the RowKeys of one job's runs, so that they are one range; `|` is not allowed in a job's name."""
    return f"{job_name}|"


def span(job: Key, due: datetime | None = None) -> list[tuple[str, str, Value]]:
    """Give the conditions that all of a job's rows of Runs meet; of one due time, its attempts."""
    prefix = run_prefix(job[1]) if due is None else f"{run_prefix(job[1])}{countdown(due)}|"
    return [("PartitionKey", "eq", job[0]), ("RowKey", "ge", prefix), ("RowKey", "lt", f"{prefix}~")]


def countdown(due: datetime) -> str:
    """Write an instant so that later ones sort first."""
    return f"{_LAST_MILLISECOND - (due - _EPOCH) // timedelta(milliseconds=1):015d}"


def due_of_countdown(digits: str) -> datetime | None:
    """Read an instant back from what `countdown` wrote; None when somebody typed another text."""
    try:
        return _EPOCH + timedelta(milliseconds=_LAST_MILLISECOND - int(digits)) if digits.isdecimal() else None
    except OverflowError:
        return None


def run_key(job: Key, due: datetime, attempt: int) -> Key:
    """Give PartitionKey and RowKey of a run's row; a skip from `due` on has the key of its first attempt."""
    return job[0], f"{run_prefix(job[1])}{countdown(due)}|{attempt:03d}"


def run_ref(due: datetime, attempt: int) -> str:
    """Name a run within its job, as addresses and the command line do: 2026-11-22T09:00:00Z.1."""
    return f"{iso(due)}.{attempt}"


def log_name(job: Key, run_id: str) -> str:
    """Name the blob of a run's log."""
    return f"{'/'.join(job)}/{run_id}.log"


def group_name(installation: str, job: Key, due: datetime, attempt: int) -> str:
    """Derive the container group's name, which is also RUN_ID: the same run always gives the same name."""
    whole = "\0".join((installation, "/".join(job), iso(due), str(attempt)))
    slug = re.sub(r"[^a-z0-9]+", "-", "/".join(job).lower())[:30].strip("-")
    return f"ct-{slug}-{hashlib.sha256(whole.encode()).hexdigest()[:16]}"


def tags(installation: str, job: Key, due: datetime, attempt: int) -> dict[str, str]:
    """Give the four tags by which a group is known to be ours."""
    return {
        "crontable-installation": installation,
        "crontable-job": "/".join(job),
        "crontable-due": iso(due),
        "crontable-attempt": str(attempt),
    }


def key_of_tags(installation: str, name: str, tagged: Mapping[str, str]) -> Key | None:
    """Find the row key of the run that a group's tags name; None unless all four are ours and give its name."""
    try:
        partition, _, job = tagged["crontable-job"].partition("/")
        due, attempt = aware(tagged["crontable-due"]), int(tagged["crontable-attempt"])
    except (KeyError, ValueError, OverflowError, AttributeError, TypeError):
        return None
    ours = tagged.get("crontable-installation") == installation
    if not ours or group_name(installation, (partition, job), due, attempt) != name:
        return None
    return run_key((partition, job), due, attempt)


def aware(text: str) -> datetime:
    """Read an instant that must have an offset; ValueError when it has none, OverflowError beyond the calendar."""
    read = datetime.fromisoformat(text)
    if read.tzinfo is None:
        raise ValueError(f"{text} has no offset")
    return read.astimezone(UTC)
