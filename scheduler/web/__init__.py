"""HTTP beside the timer: is the scheduler alive, and what may an existing container group know of its run."""

import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse

from scheduler.ports import World
from scheduler.row import HEARTBEAT, iso, known
from scheduler.run import Run
from scheduler.standing import Standing

#: A tick is due every minute; Azure's timer is late by minutes now and then.
LATE = timedelta(minutes=5)
#: How an app setting begins whose secret the platform could not read: the reference itself, which may be guessed.
UNRESOLVED = "@Microsoft.KeyVault("


def build(world: Callable[[], World], clock: Callable[[], datetime]) -> FastAPI:
    """Build the app. `world` is asked for at the first request, `clock` gives the aware present."""
    app = FastAPI(title="Crontable", docs_url=None, openapi_url=None, redoc_url=None)

    @app.get("/api/health")
    def health() -> JSONResponse:
        """Tell the age of the last whole tick; 503 when there was none for five minutes. Needs no key."""
        heartbeat = world().jobs.read(HEARTBEAT)
        last = known(heartbeat.columns.get("LastTick")) if heartbeat else None
        return _health(last, clock())

    @app.get("/api/context/{partition}/{name}")
    def context(partition: str, name: str, x_functions_key: Annotated[str, Header()] = "") -> JSONResponse:
        """Tell a container of an existing group which run it is; 404 when its job has none."""
        if not _opens(x_functions_key, world().settings.context_key):
            why = "The header x-functions-key must hold the value of the setting CONTEXT_KEY."
            return problem(401, "Unauthorized", why)
        row = world().jobs.read((partition, name))
        going = Standing.from_row(row).going if row else ()
        if not going:
            return problem(404, "No active run", f"{partition}/{name} has no active run.")
        return JSONResponse(_context(going[0]))

    return app


def _opens(given: str, key: str) -> bool:
    known_key = key != "" and not key.startswith(UNRESOLVED)
    return known_key and hmac.compare_digest(given.encode(), key.encode())


def _health(last: datetime | None, now: datetime) -> JSONResponse:
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


def problem(status: int, title: str, detail: str) -> JSONResponse:
    """Answer an error in the shape of RFC 9457."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(told, status_code=status, media_type="application/problem+json")
