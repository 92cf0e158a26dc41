"""The files that the pages come with: styles, scripts and the two libraries, each under an address that holds its hash.

An address names its content, so that a browser may keep the file for a year, and a new version has a new address.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FOLDER = Path(__file__).parent / "static"
#: What is served, and as what; licences lie beside the libraries and are no pages.
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
A_YEAR = "public, max-age=31536000, immutable"
#: Below this many bytes an answer is sent as it is: packing it costs more than it saves.
WORTH_PACKING = 1_000


@dataclass(frozen=True)
class Asset:
    """One file as it is sent."""

    address: str
    body: bytes
    packed: bytes
    kind: str


@cache
def assets() -> Mapping[str, Asset]:
    """Read every file once: by its path below `static/`."""
    files = sorted(file for file in FOLDER.rglob("*") if file.suffix in TYPES)
    return {asset.address: asset for asset in map(_asset, files)}


@cache
def address(name: str) -> str:
    """Give the address of a file by its path below `static/`; an unknown one is an error at once, not a hole."""
    return _asset(FOLDER / name).address


def _asset(file: Path) -> Asset:
    body = file.read_bytes()
    digest = sha256(body).hexdigest()[:12]
    name = file.relative_to(FOLDER).with_suffix(f".{digest}{file.suffix}").as_posix()
    return Asset(f"/static/{name}", body, gzip.compress(body, 6, mtime=0), TYPES[file.suffix])


def serve(request: Request) -> Response:
    """Answer GET /static/…; needs no key: there is no secret in it, and the page for signing in needs it."""
    asset = assets().get(request.url.path)
    if asset is None:
        return Response("There is no such file.", 404, media_type="text/plain")
    headers = {"Cache-Control": A_YEAR, "X-Content-Type-Options": "nosniff", "Vary": "Accept-Encoding"}
    if takes_gzip(request):
        return Response(asset.packed, headers=headers | {"Content-Encoding": "gzip"}, media_type=asset.kind)
    return Response(asset.body, headers=headers, media_type=asset.kind)


def takes_gzip(request: Request) -> bool:
    """Whether the browser takes gzip."""
    return "gzip" in request.headers.get("accept-encoding", "").lower()


def packed(response: Response, request: Request) -> Response:
    """Pack an answer when the browser takes it: Azure's front end does not do it for a Function."""
    body = bytes(response.body)
    response.headers["Vary"] = "Accept-Encoding, Cookie, HX-Request"
    if len(body) < WORTH_PACKING or not takes_gzip(request):
        return response
    response.body = gzip.compress(body, 5, mtime=0)
    response.headers["Content-Encoding"] = "gzip"
    response.headers["Content-Length"] = str(len(response.body))
    return response
