"""The desk's lines as the API answers them; no secret that a person typed is in them."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from scheduler.columns import filled
from scheduler.desk import hidden, warned
from scheduler.desk.audit import Entry
from scheduler.desk.cells import as_json
from scheduler.desk.check import by_column, read
from scheduler.desk.jobs import JobLine
from scheduler.desk.names import job_name
from scheduler.desk.runline import RunLine
from scheduler.desk.version import version
from scheduler.history import Figures
from scheduler.identity import run_ref
from scheduler.job import OWNED
from scheduler.ports import World
from scheduler.row import Columns
from scheduler.web.api import answers
from scheduler.web.api.history import trend


def job(line: JobLine) -> answers.Job:
    """Tell of a job what a list shows."""
    return answers.Job(**_job(line))


def whole(world: World, line: JobLine) -> answers.Whole:
    """Tell of a job all that there is, its faults as they are now among it."""
    own = {name for name in OWNED if filled(line.row.columns.get(name))}
    return answers.Whole(
        **_job(line),
        etag=version(line.row),
        template=line.template,
        columns=cells(line.row.columns, sorted(own)),
        inherited=cells(line.cells, sorted(line.origins.keys() - own)),
        runs=[run_ref(one.due, one.attempt) for one in line.runs],
        faults=[] if line.template else [one for several in _faults(world, line).values() for one in several],
    )


def run(line: RunLine) -> answers.Run:
    """Tell of a run what a list shows."""
    return answers.Run(**_run(line))


def whole_run(line: RunLine, attempts: Sequence[RunLine]) -> answers.WholeRun:
    """Tell of a run all that there is but its log."""
    return answers.WholeRun(
        **_run(line), events=[dict(one) for one in line.events], attempts=[one.ref for one in attempts]
    )


def act(entry: Entry) -> answers.Act:
    """Tell of an act."""
    return answers.Act(
        job=job_name(entry.key),
        at=entry.at,
        who=entry.who,
        via=entry.via,
        action=entry.action,
        before=_object(entry.before),
        after=_object(entry.after),
        result=entry.result,
        reason=entry.reason,
    )


def cells(columns: Columns, names: Sequence[str]) -> dict[str, Any]:
    """Give cells as JSON holds them, without secrets."""
    return {name: as_json(hidden.shown(name, columns[name])) for name in names if name in columns}


def _job(line: JobLine) -> dict[str, Any]:
    return {
        "job": job_name(line.key),
        "partition": line.key[0],
        "name": line.key[1],
        "status": line.status,
        "reason": line.reason,
        "enabled": line.enabled,
        "paused_reason": line.paused_reason,
        "schedule": line.schedule_text,
        "zone": line.zone,
        "next_due": line.next_due,
        "last_due": line.last_due,
        "last_started": line.last_started,
        "last_finished": line.last_finished,
        "last_success": line.last_success,
        "last_seconds": line.last_seconds,
        "last_exit_code": line.last_exit_code,
        "failures": line.failures,
        "watermark": line.watermark,
        "watermark_at": line.watermark_at,
        "request": line.request,
        "alarms": [
            answers.Alarm(name=name, since=since, sentence=warned.sentence(name, since))
            for name, since in line.alarms.items()
        ],
        "owner": line.owner,
        "description": line.description,
        "recent": [answers.Past(**vars(past)) for past in line.pasts],
        "figures": _figures(line.figures),
        "trend": trend(line.trend),
    }


def _figures(figures: Figures) -> answers.Figures:
    state, many = figures.streak or ("", 0)
    return answers.Figures(
        runs=figures.runs,
        succeeded=figures.succeeded,
        rate=figures.rate,
        streak=many,
        streak_of=str(state),
        median=figures.median,
        p95=figures.p95,
        longest=figures.longest,
    )


def _run(line: RunLine) -> dict[str, Any]:
    begin, end = line.interval or (None, None)
    same = ("ref", "state", "going", "due", "attempt", "trigger", "reason", "cause", "claimed", "started", "finished")
    more = ("seconds", "exit_code", "watermark_from", "watermark_to", "moved", "group", "run_id", "location", "image")
    rest = ("digest", "commit", "cost", "retry_at", "progress", "metrics")
    told = {name: getattr(line, name) for name in (*same, *more, *rest)}
    first: datetime | None = line.first if line.skip else None
    return {**told, "job": job_name(line.key), "first": first, "interval_start": begin, "interval_end": end}


def _faults(world: World, line: JobLine) -> dict[str, list[str]]:
    return by_column(read(world, line.row)[1])


def _object(text: str) -> dict[str, Any]:
    try:
        told = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}
