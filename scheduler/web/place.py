"""What every route is given: the world, the present instant, and whether a request is one of the API's."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from scheduler.ports import World


def world(request: Request) -> World:
    """Give the world that the app was built with."""
    found: World = request.app.state.world()
    return found


def now(request: Request) -> datetime:
    """Give the present, read once a request."""
    moment: datetime = request.app.state.clock()
    return moment


def is_api(request: Request) -> bool:
    """Say whether the asker is a program, which wants problem+json, or a person before a page."""
    path = str(request.scope["path"])  # not the URL, which a Host header that is none makes unreadable
    return path.startswith("/api/") or path == "/api"


type Here = Annotated[World, Depends(world)]
type Now = Annotated[datetime, Depends(now)]
