"""The HTTP API under /api, a file for each kind of resource; nothing here knows Azure, and nothing here decides.

jobs     list, look, add, edit, remove          runs    list, look, log, container group, ledger
acts     run, cancel, retry, pause, rewind …    times   due times, validation, a day
audit    who did what                           state   how the scheduler is
docs     all of this, as OpenAPI and as a page
"""

from fastapi import FastAPI

from scheduler.web.api import acts, alerts, audit, docs, jobs, runs, state, times

#: The routers, in the order in which the docs show them.
ROUTERS = (jobs.router, acts.router, runs.router, times.router, audit.router, state.router, alerts.router, docs.router)


def add(app: FastAPI) -> None:
    """Put the API's routes onto the app."""
    for router in ROUTERS:
        app.include_router(router)
