"""tick: one pass, as the timer makes it."""

import argparse
import json
from datetime import datetime

from scheduler import cell, wiring
from scheduler.commands.answer import DONE


def tick(asked: argparse.Namespace, now: datetime) -> int:
    """Run one pass at the instant that was asked for, or now."""
    done = wiring.run_tick(cell.moment("--now", asked.now, "UTC") if asked.now else now)
    print(json.dumps(vars(done)) if asked.json else done)
    return DONE
