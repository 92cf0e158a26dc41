"""Every way in which a request can fail, as one problem: the desk's refusals and the framework's."""

from collections.abc import Mapping
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from scheduler import cell
from scheduler.desk import hidden
from scheduler.desk.check import alone
from scheduler.desk.faults import Refusal
from scheduler.desk.typed import column_fault
from scheduler.job import OWNED
from scheduler.web.place import is_api
from scheduler.web.problem import Problem, answer, of_refusal

_TITLES = {400: "Not readable", 404: "Not found", 405: "Not this method", 406: "Not this form", 415: "Not this form"}
_SENTENCES = {404: "There is nothing at this address.", 400: "The body is not readable as JSON."}


def install(app: FastAPI) -> None:
    """Let the app answer them all as problem+json, or, where somebody looks at pages, as pages do."""
    app.add_exception_handler(Problem, lambda request, error: _told(request, cast("Problem", error)))
    app.add_exception_handler(
        Refusal, lambda request, error: _told(request, of_refusal(cast("Refusal", error), request))
    )
    app.add_exception_handler(HTTPException, lambda request, error: _told(request, _of_http(request, error)))
    app.add_exception_handler(RequestValidationError, lambda request, error: _told(request, _of_fields(request, error)))


def _told(request: Request, problem: Problem) -> Response:
    page = getattr(request.app.state, "error_page", None)
    if page is None or is_api(request):
        return answer(problem)
    shown: Response = page(request, problem)
    return shown


def _of_http(request: Request, error: Exception) -> Problem:
    refused = cast("HTTPException", error)
    status = refused.status_code
    headers = dict(refused.headers or {})
    if "Allow" in headers:
        headers["Allow"] = _methods(request) or headers["Allow"]
    allowed = f" It takes {headers['Allow']}." if "Allow" in headers else ""
    sentence = f"{request.method} is not possible here.{allowed}" if allowed else _SENTENCES.get(status, refused.detail)
    return Problem(status, _TITLES.get(status, "Refused"), sentence, headers=headers)


def _methods(request: Request) -> str:
    """Name every method that is possible at an address of the API: each is a route of its own, and knows no other."""
    there = request.app.openapi()["paths"]
    found = [methods for path, methods in there.items() if compile_path(path)[0].fullmatch(request.url.path)]
    return ", ".join(sorted({method.upper() for methods in found for method in methods}))


def _of_fields(request: Request, error: Exception) -> Problem:
    """Tell each field that is wrong: its name, its value, what is allowed."""
    wrong = cast("RequestValidationError", error).errors()
    if any(one["type"] == "json_invalid" for one in wrong):
        return Problem(400, _TITLES[400], _SENTENCES[400])
    if any(isinstance(one["input"], bytes) for one in wrong):  # the framework has not read it: its header says no JSON
        return Problem(400, _TITLES[400], _HEADER)
    # A cell that is none of its types is told once for each of them: the one that fits its type counts.
    told: dict[str, Mapping[str, Any]] = {}
    for one in sorted(wrong, key=lambda one: one["type"].endswith("_type")):
        field = _field(one, cells=request.method in ("PUT", "PATCH") or "columns" in one["loc"])
        told.setdefault(field.get("column") or field["field"], field)
    errors = [*told.values(), *_others(cast("RequestValidationError", error).body, told)]
    return Problem(422, "Not possible", " ".join(one["detail"] for one in errors)[:2000], errors)


def _others(body: object, told: Mapping[str, Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Tell what is wrong with the cells that the framework finds nothing wrong with: all faults of a row at once."""
    if not (isinstance(body, Mapping) and any("column" in one for one in told.values())):
        return []
    cells = body["columns"] if isinstance(body.get("columns"), Mapping) else body
    faults = alone({name: value for name, value in cells.items() if name in OWNED and name not in told})
    return [{"column": column, "detail": one} for column, several in faults.items() for one in several]


def _field(one: Mapping[str, Any], *, cells: bool) -> Mapping[str, Any]:
    """Tell one field; `cells`: the names in the body are columns."""
    where, *inside = [str(part) for part in one["loc"] if part != "columns"]
    name = inside[0] if inside else "The body"
    column = where == "body" and cells and bool(inside)
    named = {"column" if column else "field": name}
    if one["type"] == "extra_forbidden":
        return {**named, "detail": column_fault(name) if column else f"{cell.shown(name)} is not a field here."}
    if one["type"] == "missing":
        return {**named, "detail": f"{name} is missing."}
    if name in hidden.COLUMNS or not inside:
        return {**named, "detail": f"{name} is refused: it must be {_allowed(name, one, column=column)}."}
    value = one["input"] if isinstance(one["input"], str | int | float | bool | None) else "an object or a list"
    sentence = f"{name} is {cell.shown(value)}: it must be {_allowed(name, one, column=column)}."
    return {**named, "value": cell.shown(value).strip("'\""), "detail": sentence}


def _allowed(name: str, one: Mapping[str, Any], *, column: bool) -> str:
    """Say what is allowed, from what pydantic says was not."""
    kind, bounds = one["type"], one.get("ctx", {})
    if kind == "string_pattern_mismatch":
        return _FORMS.get(name, _PLAIN)
    if kind in _BOUNDS:
        return _BOUNDS[kind].format(**bounds)
    if kind.endswith("_type") and column:
        return "a text, a number, true, false or null"
    return next((said for begins, said in _KINDS.items() if kind.startswith(begins)), str(one["msg"]).lower())


_HEADER = "The body must be a JSON object, sent with the header Content-Type: application/json."
_PLAIN = "text without control characters"
_MOMENT = "an instant such as 2026-11-22T09:00:00Z"
#: What a text with a form of its own must look like.
_FORMS = {
    "partition": "1 to 63 letters, digits, '.', '_' and '-', a letter or digit first",
    "name": "1 to 63 letters, digits, '.', '_' and '-', a letter or digit first, or a template's _ before it",
    "ref": "a due time and an attempt, such as 2026-11-22T09:00:00Z.1",
    "if-match": "the ETag that you read, quotes and all, or *",
    "if-none-match": "*",
}
_BOUNDS = {
    "greater_than_equal": "at least {ge:,}",
    "greater_than": "above {gt:,}",
    "less_than_equal": "at most {le:,}",
    "less_than": "below {lt:,}",
    "string_too_long": "text of at most {max_length:,} characters",
    "finite_number": "a finite number",
}
_KINDS = {
    "int_": "a whole number",
    "bool_": "true or false",
    "string_": "text",
    "datetime_": _MOMENT,
    "timezone_": _MOMENT,
    "date_": "a day such as 2026-11-22",
    "model_": "a JSON object",
    "dict_": "a JSON object",
}
