"""Job: how its runs went, how long they took, how far its data came, and everything that one can do to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from scheduler.desk import audit, check, jobs, runs, version
from scheduler.desk.faults import Missing
from scheduler.desk.jobs import JobLine
from scheduler.desk.runline import RunLine
from scheduler.desk.runs import STATES
from scheduler.history import usual
from scheduler.row import Key
from scheduler.web.shown import bars, charts
from scheduler.web.shown.fields import GROUPS
from scheduler.web.shown.form import Filled
from scheduler.web.site import Site, Visit, digest, unchanged

#: How many runs a page shows and draws, how many due times the grid has, how many acts the list.
RUNS, GRID, ACTS = 60, 40, 12


def add(site: Site) -> None:
    """Join the page to the app."""
    site.page("/jobs/{partition}/{name}", show)


def show(visit: Visit) -> Response:
    """Show the job; htmx asks for what goes on alone, or for an older page of its runs."""
    try:
        line = jobs.one(visit.world, visit.key)
    except Missing:
        if not jobs.kept(visit.world, visit.key):
            raise
        return _removed(visit)
    return page(visit, line)


def _removed(visit: Visit) -> Response:
    """Show what is kept of a job whose row is gone: its runs, and who did what; there is nothing to do to it."""
    lines, seen, values = _listed(visit, visit.key, "")
    if not any(one.going for one in lines) and (answer := unchanged(visit, seen)):
        return answer
    if visit.part == "runs":
        return visit.show("job_runs.html", line=None, **values)
    acts = audit.entries(visit.world, visit.key, limit=ACTS)[0]
    return visit.show("job_removed.html", line=None, acts=acts, days=visit.world.settings.retention_days, **values)


def page(visit: Visit, line: JobLine, status: int = 200, **more: Any) -> Response:  # noqa: ANN401 - a template takes anything
    """Show the job, after an act that was refused with what was typed and why (`act`, `fault`, `field`, `filled`)."""
    lines, seen, values = _listed(visit, line.key, line.row.etag)
    going = bool(line.runs) or any(one.going for one in lines)
    if not going and (answer := unchanged(visit, seen)):
        return answer
    values |= _stands(line, lines)
    if line.runs and not (values["state"] or values["after"]):
        values["runs"] = runs.led(runs.active(visit.world, line.key), lines)
    if visit.part == "runs":
        return visit.show("job_runs.html", status, **values)
    return visit.show("job.html", status, **values | _rest(visit, line, lines) | more)


def _listed(visit: Visit, key: Key, version: str) -> tuple[Sequence[RunLine], object, dict[str, Any]]:
    """Read the runs that the address asks for: the runs, what the list is made of, and what shows it."""
    state, after = visit.query.get("state", ""), visit.query.get("after", "")
    lines, following = runs.runs(visit.world, key, state=state or None, limit=RUNS, after=after)
    seen = (state, after, version, *((one.key, one.ref, one.row.etag) for one in lines))
    return lines, seen, {
        "key": key,
        "runs": lines,
        "following": following,
        "state": state,
        "after": after,
        "states": STATES,
        "grid": charts.grid(lines, GRID),
        "seen": digest(seen),
    }  # fmt: skip


def _stands(line: JobLine, lines: Sequence[RunLine]) -> dict[str, Any]:
    """Give what tells how the job stands: it is renewed together with its runs."""
    return {
        "line": line,
        "broken": next((one for one in lines if one.succeeded is False), None) if line.failing else None,
        "figures": line.figures,
        "code": bars.code(line.pasts),
        "sentence": bars.sentence(line.pasts),
    }


def _rest(visit: Visit, line: JobLine, lines: Sequence[RunLine]) -> dict[str, Any]:
    """Give what stays as it is until somebody opens the page again: charts, forms, and who did what."""
    slow_from = usual(line.pasts)
    return {
        "durations": charts.durations(lines, line.figures.median, slow_from),
        "durations_told": charts.durations_told(lines),
        "watermarks": charts.watermarks(lines),
        "watermarks_told": charts.watermarks_told(lines),
        "usual": slow_from,
        "etag": version.version(line.row),
        "groups": GROUPS,
        "filled": Filled.of(line.row.columns, _faults(visit, line)),
        "acts": audit.entries(visit.world, line.key, limit=ACTS)[0],
        "act": "",
        "fault": "",
        "field": "",
        "typed": visit.form,
    }


def _faults(visit: Visit, line: JobLine) -> Mapping[str, Sequence[str]]:
    """Give what is wrong with an Invalid row, so that each fault stands beside its field."""
    return check.checked(visit.world, line.row, visit.now).faults if line.invalid else {}
