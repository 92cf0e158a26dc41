"""The door of the API: what each of its routes asks of whoever calls, and how it refuses; OpenAPI tells both."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.security import APIKeyHeader

from scheduler.cell import shown
from scheduler.desk.audit import Actor
from scheduler.web.problem import PROBLEMS, Problem
from scheduler.web.who import HEADER, operator, viewer

#: Whoever may look, and whoever may act.
type Looks = Annotated[Actor, Depends(viewer)]
type Operates = Annotated[Actor, Depends(operator)]

_KEY = APIKeyHeader(
    name=HEADER,
    scheme_name="Key",
    description="The setting WEB_KEY, or VIEWER_KEY to look only. Browsers that signed in send a cookie instead.",
    auto_error=False,  # `viewer` and `operator` refuse, in the API's own words
)


def router(tag: str) -> APIRouter:
    """Make a router whose routes all stand behind this door."""
    return APIRouter(tags=[tag], responses=PROBLEMS, dependencies=[Depends(_KEY), Depends(_named)])


def _named(request: Request) -> None:
    """Refuse a parameter that the route does not have, or has once: `?stat=Failed` would look as if it were obeyed."""
    operation = request.app.openapi()["paths"][request.scope["route"].path][request.method.lower()]
    known = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
    given = [name for name, _ in request.query_params.multi_items()]
    errors = [{"field": name, "detail": _unknown(name, known)} for name in dict.fromkeys(given) if name not in known]
    twice = [name for name in known if given.count(name) > 1]
    errors += [
        {"field": name, "detail": f"{name} is given {given.count(name)} times: once is allowed."} for name in twice
    ]
    if errors:
        raise Problem(422, "Not possible", " ".join(one["detail"] for one in errors)[:2000], errors)


def _unknown(name: str, known: Sequence[str]) -> str:
    near = get_close_matches(name, known, 1)
    instead = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}." if known else "there is none."
    return f"{shown(name)} is not a parameter here: {instead}"
