"""runs: a job's newest runs and skips, and a few figures over them."""

import argparse
import json
from datetime import datetime

from scheduler import wiring
from scheduler.commands.answer import DONE, moment, plain, table, text
from scheduler.commands.rows import key, row
from scheduler.history import Summary
from scheduler.steps.repair import newest_runs

_HEADS = ("DUE", "ATTEMPT", "STATE", "SECONDS", "FROM", "TO", "REASON")
_CELLS = ("Attempt", "State", "Duration", "WatermarkFrom", "WatermarkTo", "Reason")


def runs(asked: argparse.Namespace, now: datetime) -> int:
    """List them, the newest first."""
    del now
    job = key(asked.job)
    rows = newest_runs(wiring.world(), job)
    if not rows:
        row(job)
    if asked.json:
        print(json.dumps([plain(one) for one in rows], indent=2))
        return DONE
    table(_HEADS, [(moment(one, "Due"), *(text(one, name) for name in _CELLS)) for one in rows])
    print(Summary.of(rows))
    return DONE
