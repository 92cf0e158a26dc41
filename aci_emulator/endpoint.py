"""Where containers, and programs on this machine, get the tokens of managed identities (aci.md, 7)."""

import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from aci_emulator.platform import Platform

_PATH = re.compile(r"(?:/_emulator/identity/(?P<key>[^/]+))?/metadata/identity/oauth2/token/?", re.IGNORECASE)


def answer(platform: Platform, request: Request) -> Response | None:
    """Answer a request for a token as the Azure Instance Metadata Service does; None when it is no such request."""
    match = _PATH.fullmatch(request.scope["path"])
    if match is None:
        return None
    if request.method != "GET":
        return JSONResponse({"error": "invalid_request", "error_description": "Only GET is served"}, 405)
    status, body = platform.identities.answer(
        match["key"], request.query_params, request.headers, platform.clock.now(), platform.identity_delay
    )
    return JSONResponse(body, status)


def make_app(platform: Platform) -> ASGIApp:
    """Return an ASGI application that serves tokens and nothing else."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found = answer(platform, Request(scope, receive))
        await (found or JSONResponse({"error": "not_found"}, 404))(scope, receive, send)

    return app
