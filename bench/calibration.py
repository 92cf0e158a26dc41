"""A loop that does always the same, so that figures of two machines, or of a busy and a quiet hour, can be compared.

It knows the standard library only, and does what a tick does: it takes JSON apart and puts it together, sorts, hashes.
"""

import hashlib
import json
import time
from datetime import UTC, datetime, timedelta

ROUNDS, ROWS = 5, 300


def calibrate() -> float:
    """Give the CPU seconds of one loop: the least of some, for whatever disturbs can only add."""
    return min(_seconds() for _ in range(ROUNDS))


def _seconds() -> float:
    begin = time.process_time()
    _loop()
    return time.process_time() - begin


def _loop() -> None:
    instant = datetime(2030, 6, 1, tzinfo=UTC)
    rows = [
        {"RowKey": f"job{number:05}", "NextRun": (instant + timedelta(minutes=number)).isoformat(), "Active": False}
        for number in range(ROWS)
    ]
    for row in json.loads(json.dumps(rows)):
        row["NextRun"] = datetime.fromisoformat(row["NextRun"])
        hashlib.sha256(json.dumps(row, default=str, sort_keys=True).encode()).hexdigest()
    sorted(rows, key=lambda row: str(row["NextRun"])[::-1])
