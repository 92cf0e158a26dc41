"""/api/docs: what the API can do, as one plain page made from its own OpenAPI; nothing comes from outside."""

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse

router = APIRouter(include_in_schema=False)
_STYLE = """
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1rem }
summary { cursor: pointer; padding: .4rem 0 } code, pre { font-family: ui-monospace, monospace }
summary b { display: inline-block; min-width: 4.5rem } table { border-collapse: collapse }
td, th { border-bottom: 1px solid #8886; padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top }
pre { overflow-x: auto; padding: .6rem; border: 1px solid #8886 }
"""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-cache",
}
#: How deep shapes are shown within shapes.
_DEEPEST = 3
_METHODS = ("get", "post", "put", "patch", "delete")

type Tree = Mapping[str, Any]


@router.get("/api/openapi.json")
def described(request: Request) -> JSONResponse:
    """Describe the API as OpenAPI 3.1."""
    return JSONResponse(request.app.openapi(), headers={"Cache-Control": "no-cache"})


@router.get("/api/docs")
def page(request: Request) -> HTMLResponse:
    """Show the same as a page."""
    return HTMLResponse("".join(_page(request.app.openapi())), headers=HEADERS)


def _page(told: Tree) -> Iterator[str]:
    title = escape(told["info"]["title"])
    yield f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1>"
    yield f"<p>{escape(told['info'].get('description', ''))}</p>"
    yield '<p><a href="/">Pages</a> · <a href="/api/openapi.json">OpenAPI as JSON</a></p>'
    every = [
        (path, method, one) for path, item in told["paths"].items() for method in _METHODS if (one := item.get(method))
    ]
    every.sort(key=lambda one: one[2]["tags"][0])
    for tag, several in groupby(every, key=lambda one: one[2]["tags"][0]):
        yield f"<h2>{escape(tag)}</h2>"
        for path, method, one in several:
            yield from _operation(told, path, method, one)
    yield "</main></body></html>"


def _operation(told: Tree, path: str, method: str, one: Tree) -> Iterator[str]:
    said = escape(one.get("description", ""))
    yield f"<details><summary><b>{method.upper()}</b> <code>{escape(path)}</code></summary><p>{said}</p>"
    if parameters := one.get("parameters"):
        yield "<table><tr><th>Parameter</th><th>In</th><th>Means</th></tr>"
        for parameter in parameters:
            needed = " (needed)" if parameter.get("required") else ""
            what = escape(parameter.get("description") or parameter["schema"].get("description", ""))
            yield f"<tr><td><code>{escape(parameter['name'])}</code></td>"
            yield f"<td>{escape(parameter['in'])}</td><td>{what}{needed}</td></tr>"
        yield "</table>"
    for name, content in _shapes(one):
        yield f"<p>{escape(name)}</p><pre>{escape(json.dumps(_whole(told, content), indent=1))}</pre>"
    yield "</details>"


def _shapes(one: Tree) -> Iterator[tuple[str, Tree]]:
    """Give the body and the good answers, each with its schema."""
    bodies = [("Body", one.get("requestBody", {}))]
    good = [(f"Answer {status}", answer) for status, answer in one["responses"].items() if status.startswith("2")]
    for name, holder in (*bodies, *good):
        if schema := holder.get("content", {}).get("application/json", {}).get("schema"):
            yield name, schema


def _whole(told: Tree, schema: Any, depth: int = 0) -> Any:  # noqa: ANN401 - any JSON value
    """Put shapes in the places of their names, a few levels deep."""
    if isinstance(schema, list):
        return [_whole(told, one, depth) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if name := schema.get("$ref", "").rpartition("/")[2]:
        shape = told["components"]["schemas"][name]
        return _whole(told, shape, depth + 1) if depth < _DEEPEST else name
    return {key: _whole(told, value, depth) for key, value in schema.items() if key != "title"}
