"""HTTP beside the timer: the API, the pages, and what needs no sign-in; loaded by the first request, never by a tick.

who       who asks, and what they may            guard      no body too large, no error that leaves the app
signin    a key becomes a cookie                 refusals   every failure as one problem
context   health, and an existing group's run    api, pages the rest
"""

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI

from scheduler.ports import World
from scheduler.web import api, context, pages, refusals, signin
from scheduler.web.guard import Guard

_ABOUT = (
    "Jobs in Azure Table Storage that run containers on Azure Container Instances: see them and steer them. Each "
    "request holds a key in the header x-functions-key, or comes from a browser that signed in. Errors are "
    "problem+json (RFC 9457). An edit names in If-Match the ETag of what it changes."
)


def build(world: Callable[[], World], clock: Callable[[], datetime]) -> FastAPI:
    """Build the app. `world` is asked for at the first request, `clock` gives the aware present."""
    app = FastAPI(
        title="Crontable",
        version="1",
        description=_ABOUT,
        docs_url=None,
        openapi_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.world, app.state.clock = world, clock
    app.add_middleware(Guard)
    refusals.install(app)
    app.include_router(context.router)
    app.include_router(signin.router)
    api.add(app)
    pages.add(app, world, clock)
    return app
