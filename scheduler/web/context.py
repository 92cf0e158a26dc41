"""What needs no sign-in: is the scheduler alive, and what may an existing container group know of its run."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse

from scheduler.desk.beat import Beat, beat
from scheduler.row import iso
from scheduler.run import Run
from scheduler.standing import Standing
from scheduler.web.place import Here, Now
from scheduler.web.problem import PROBLEMS, Problem
from scheduler.web.who import HEADER, opens

router = APIRouter(tags=["Without sign-in"])


@router.get("/api/health", responses={503: {"description": "Late, or there was never a tick"}})
def health(here: Here, now: Now) -> Response:
    """Tell the age of the last whole tick; 503 when there was none for five minutes. Needs no key."""
    return _health(beat(here, now))


@router.get("/api/context/{partition}/{name}", responses=PROBLEMS)
def context(
    here: Here, partition: str, name: str, x_functions_key: Annotated[str, Header(include_in_schema=False)] = ""
) -> Response:
    """Tell a container of an existing group which run it is; 404 when its job has none. Its key is CONTEXT_KEY."""
    if not opens(x_functions_key, here.settings.context_key):
        raise Problem(401, "Unauthorized", f"The header {HEADER} must hold the value of the setting CONTEXT_KEY.")
    row = here.jobs.read((partition, name))
    going = Standing.from_row(row).going if row else ()
    if not going:
        raise Problem(404, "No active run", f"{partition}/{name} has no active run.")
    return JSONResponse(_context(going[0]))


def _health(found: Beat) -> Response:
    told = {
        "status": found.status,
        "last_tick": iso(found.last) if found.last else None,
        "age_seconds": None if found.age is None else round(found.age.total_seconds(), 1),
    }
    return JSONResponse(told, status_code=200 if found.status == "ok" else 503)


def _context(run: Run) -> dict[str, Any]:
    start, end = run.interval or (None, None)
    return {
        "job": "/".join(run.job),
        "run_id": run.run_id,
        "due": iso(run.due),
        "attempt": run.attempt,
        "watermark": run.watermark,
        "interval_start": iso(start) if start else None,
        "interval_end": iso(end) if end else None,
    }
