"""The pages that people look at and act on, one file each. How one is added: a function `add(site)` in its file.

def add(site: Site) -> None:
    site.page("/health", show)          # GET, for viewers and operators
    site.act("/jobs/{partition}/{name}/run", run)   # POST, for operators, from this site only
"""

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI
from starlette.routing import Route

from scheduler.ports import World
from scheduler.web import assets
from scheduler.web.pages import acting, health, history, job, jobs, log, run, settings, sign_in, timeline, watermarks
from scheduler.web.site import Site

#: Every page; an address is looked for in this order.
PAGES = (jobs, settings, acting, job, run, log, timeline, health, watermarks, history, sign_in)


def add(app: FastAPI, world: Callable[[], World], clock: Callable[[], datetime]) -> None:
    """Put the pages, and the files that they come with, onto the app; after the API's own routes."""
    site = Site(world, clock)
    for page in PAGES:
        page.add(site)
    app.router.routes.append(Route("/static/{path:path}", assets.serve, methods=["GET"], include_in_schema=False))
    app.router.routes.extend(site.routes)
    app.state.error_page = site.wrong
