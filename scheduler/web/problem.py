"""Errors as RFC 9457 tells them: problem+json with a sentence, and one for each field or column at fault."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request, Response

from scheduler.desk.faults import Conflict, Faulty, Missing, Refusal, Wrong

MEDIA = "application/problem+json"

#: One field or column at fault: {"column" or "field": its name, "detail": its sentence, "value": what it holds}.
type Error = Mapping[str, Any]


_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "A sentence for whoever asked"},
        "errors": {
            "type": "array",
            "description": "Each column or field at fault, with its own sentence",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {"column": _TEXT, "field": _TEXT, "value": _TEXT, "detail": _TEXT},
            },
        },
    },
}
_REFUSED = {"description": "Refused: problem+json (RFC 9457)", "content": {MEDIA: {"schema": _PROBLEM}}}
#: What OpenAPI says of a route's refusals.
PROBLEMS: dict[int | str, dict[str, Any]] = {"4XX": _REFUSED}


class Problem(Exception):
    """An answer that is no success: HTTP's status, a short title, a sentence, and where it is about fields, those."""

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        errors: Sequence[Error] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail = status, title, detail
        self.errors, self.headers = tuple(errors), dict(headers or {})


def answer(problem: Problem) -> Response:
    """Write a problem."""
    told: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.title,
        "status": problem.status,
        "detail": problem.detail,
    }
    if problem.errors:
        told["errors"] = problem.errors
    headers = {"Cache-Control": "no-store", **problem.headers}
    # In ASCII: a sentence may repeat half a character, which UTF-8 has no bytes for.
    return Response(json.dumps(told), problem.status, headers, MEDIA)


def of_refusal(refusal: Refusal, request: Request) -> Problem:
    """Say a refusal of the desk's as HTTP does."""
    match refusal:
        case Missing():
            return Problem(404, "Not found", str(refusal))
        case Wrong(field=field):
            return Problem(422, "Not possible", str(refusal), [{"field": field, "detail": str(refusal)}] * bool(field))
        case Faulty(faults=faults):
            errors = [{"column": column, "detail": one} for column, several in faults.items() for one in several]
            return Problem(422, "The row would be Invalid", str(refusal), errors)
        case Conflict(etag=etag):
            return _conflict(str(refusal), etag, request)
        case _:
            return Problem(400, "Refused", str(refusal))


def quoted(etag: str) -> str:
    """Write a version as an ETag."""
    return f'"{etag}"'


def _conflict(sentence: str, etag: str, request: Request) -> Problem:
    """Say 412 where the asker named a version that is not there any more, 409 where they did not."""
    seen = [one.strip() for one in request.headers.get("if-match", "*").split(",")]
    stale = bool(etag) and not {"*", quoted(etag)} & set(seen)
    headers = {"ETag": quoted(etag)} if etag else {}
    if stale or "if-none-match" in request.headers:
        return Problem(412, "The row is not as you saw it", sentence, headers=headers)
    return Problem(409, "Not now", sentence, headers=headers)
