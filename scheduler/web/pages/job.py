"""Job: how its runs went, how long they took, how far its data came, and everything that one can do to it."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from scheduler.desk import audit, check, jobs, runs, version
from scheduler.desk.jobs import JobLine
from scheduler.desk.runs import STATES
from scheduler.history import usual
from scheduler.web.shown import bars, charts
from scheduler.web.shown.fields import GROUPS
from scheduler.web.shown.form import Filled
from scheduler.web.site import Site, Visit

#: How many runs a page shows and draws, how many due times the grid has, how many acts the list.
RUNS, GRID, ACTS = 60, 40, 12


def add(site: Site) -> None:
    """Join the page to the app."""
    site.page("/jobs/{partition}/{name}", show)


def show(visit: Visit) -> Response:
    """Show the job; htmx asks for what goes on alone, or for an older page of its runs."""
    return page(visit, jobs.one(visit.world, visit.key))


def page(visit: Visit, line: JobLine, status: int = 200, **more: Any) -> Response:  # noqa: ANN401 - a template takes anything
    """Show the job, after an act that was refused with what was typed and why (`act`, `fault`, `filled`)."""
    state, after = visit.query.get("state", ""), visit.query.get("after", "")
    lines, following = runs.runs(visit.world, line.key, state=state or None, limit=RUNS, after=after)
    figures, slow_from = line.figures, usual(line.pasts)
    values: Mapping[str, Any] = {
        "line": line,
        "key": line.key,
        "path": visit.request.url.path,
        "runs": lines,
        "following": following,
        "state": state,
        "after": after,
        "states": STATES,
        "grid": charts.grid(lines, GRID),
        "durations": charts.durations(lines, figures.median, slow_from),
        "watermarks": charts.watermarks(lines),
        "figures": figures,
        "code": bars.code(line.pasts),
        "sentence": bars.sentence(line.pasts),
        "usual": slow_from,
        "etag": version.version(line.row),
        "groups": GROUPS,
        "filled": Filled.of(line.row.columns, _faults(visit, line)),
        "acts": audit.entries(visit.world, line.key, limit=ACTS)[0] if not visit.part else (),
        "act": "",
        "fault": "",
        "typed": visit.form,
    }
    template = "job_runs.html" if visit.part == "runs" else "job.html"
    return visit.show(template, status, **{**values, **more})


def _faults(visit: Visit, line: JobLine) -> Mapping[str, Sequence[str]]:
    """Give what is wrong with an Invalid row, so that each fault stands beside its field."""
    return check.checked(visit.world, line.row, visit.now).faults if line.invalid and not visit.part else {}
