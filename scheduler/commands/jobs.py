"""jobs, job add, job set, job show: rows of the Jobs table, edited as a person's tool would."""

import argparse
import json
from datetime import datetime
from http import HTTPStatus

from scheduler import wiring
from scheduler.commands.answer import DONE, Missing, moment, plain, say, table, text
from scheduler.commands.rows import cells, key, row
from scheduler.job import Faulty, Job
from scheduler.ports import ANY, BatchRefused, Insert, Merge
from scheduler.row import Key, Row
from scheduler.steps.work import is_job
from scheduler.template import inherit, is_template


def jobs(asked: argparse.Namespace, now: datetime) -> int:
    """List the jobs."""
    del now
    rows = [row for row in wiring.world().jobs.query(()).rows if is_job(row)]
    if asked.json:
        print(json.dumps([plain(row) for row in rows], indent=2))
        return DONE
    shown = [
        ("/".join(row.key), text(row, "Status"), moment(row, "NextRun"), text(row, "Watermark"), text(row, "Reason"))
        for row in rows
    ]
    table(("JOB", "STATUS", "NEXT RUN", "WATERMARK", "REASON"), shown)
    return DONE


def add(asked: argparse.Namespace, now: datetime) -> int:
    """Add a row that is not there yet."""
    del now
    job, changed = key(asked.job), cells(asked.cells)
    try:
        wiring.world().jobs.submit([Insert(job, changed)])
    except BatchRefused as refused:
        if refused.status == HTTPStatus.CONFLICT:
            raise Missing(f"{asked.job} is there already; edit it with: job set {asked.job} COLUMN=VALUE") from refused
        raise
    return _saved(asked, job)


def edit(asked: argparse.Namespace, now: datetime) -> int:
    """Change cells of a row that is there."""
    del now
    job, changed = key(asked.job), cells(asked.cells)
    try:
        wiring.world().jobs.submit([Merge(job, changed, ANY)])
    except BatchRefused as refused:
        if refused.status == HTTPStatus.NOT_FOUND:
            raise Missing(f"{asked.job} is not there; add it with: job add {asked.job} COLUMN=VALUE") from refused
        raise
    return _saved(asked, job)


def _saved(asked: argparse.Namespace, job: Key) -> int:
    """Tell what the next tick will think of the row: it was saved either way, as any tool would."""
    found = row(job)
    for fault in () if is_template(job) else _faults(found):
        say(f"{asked.job} will be Invalid: {fault}")
    print(json.dumps(plain(found), indent=2) if asked.json else f"{asked.job} is saved; the next tick reads it.")
    return DONE


def _faults(row: Row) -> tuple[str, ...]:
    told = inherit(row, wiring.world().jobs.read)
    read = Job.from_row(told.row)
    return told.name((*(read.faults if isinstance(read, Faulty) else ()), *told.faults))


def show(asked: argparse.Namespace, now: datetime) -> int:
    """Show a row, all of its cells."""
    del now
    shown = plain(row(key(asked.job)))
    if asked.json:
        print(json.dumps(shown, indent=2))
        return DONE
    for name, value in shown.items():
        print(f"{name:<16} {value}")
    return DONE
