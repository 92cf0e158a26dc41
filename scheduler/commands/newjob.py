"""new-job: a folder with all that a job of one's own needs to become an image."""

import argparse
import json
from datetime import datetime
from pathlib import Path

from scheduler.commands.answer import DONE, Missing, Wrong


def new_job(asked: argparse.Namespace, now: datetime) -> int:
    """Write the folder; nothing of what is there already is overwritten."""
    del now
    from scheduler.new_job import write  # noqa: PLC0415 - a template that no other command needs

    try:
        written = [str(file) for file in write(asked.name, Path(asked.folder))]
    except ValueError as wrong:
        raise Wrong(str(wrong)) from wrong
    except OSError as there:  # what is there already, or a folder that is none
        raise Missing(str(there)) from there
    print(json.dumps(written) if asked.json else "\n".join(written))
    return DONE
