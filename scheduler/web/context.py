"""What needs no sign-in: is the scheduler alive, and what may an existing container group know of its run."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import JSONResponse

from scheduler.row import HEARTBEAT, iso, known
from scheduler.run import Run
from scheduler.standing import Standing
from scheduler.web.place import Here, Now
from scheduler.web.problem import PROBLEMS, Problem
from scheduler.web.who import HEADER, opens

#: A tick is due every minute; Azure's timer is late by minutes now and then.
LATE = timedelta(minutes=5)

router = APIRouter(tags=["Without sign-in"])


@router.get("/api/health", responses={503: {"description": "Late, or there was never a tick"}})
def health(here: Here, now: Now) -> Response:
    """Tell the age of the last whole tick; 503 when there was none for five minutes. Needs no key."""
    heartbeat = here.jobs.read(HEARTBEAT)
    last = known(heartbeat.columns.get("LastTick")) if heartbeat else None
    return _health(last, now)


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


def _health(last: datetime | None, now: datetime) -> Response:
    if last is None:
        return JSONResponse({"status": "never", "last_tick": None, "age_seconds": None}, status_code=503)
    age = now - last
    late = age > LATE
    told = {"status": "late" if late else "ok", "last_tick": iso(last), "age_seconds": round(age.total_seconds(), 1)}
    return JSONResponse(told, status_code=503 if late else 200)


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
