"""A run's log, part by part: never the whole of it, and more of it while the run goes."""

from typing import Any
from urllib.parse import quote

from starlette.responses import Response

from scheduler.desk import logs, runs
from scheduler.desk.faults import Wrong
from scheduler.desk.runline import RunLine
from scheduler.web.dress import run_path
from scheduler.web.site import HEADERS, Site, Visit

_LOG = "/jobs/{partition}/{name}/runs/{ref}/log"
#: What a page shows of a log at once, in bytes, and how much it may have grown to before it begins anew.
PART, MOST_HELD = 64 * 1024, 512 * 1024
#: The most bytes of a log that are sent as one text.
LARGEST = 32 * 1024 * 1024


def add(site: Site) -> None:
    """Join the log's parts to the app."""
    site.page(_LOG, show)
    site.page(f"{_LOG}.txt", whole)


def first(visit: Visit, line: RunLine) -> dict[str, Any]:
    """Give what the run's page shows of the log at first: its end, or the part that `at` names.

    Of a run that is going the container must be asked, which may take seconds: the page comes first.
    """
    if line.going and "at" not in visit.query:
        return {"part": None, "log": f"{run_path(line.key, line.ref)}/log"}
    return _part(visit, line, _number(visit, "at", -PART))


def show(visit: Visit) -> Response:
    """Answer htmx: a part in place of the one that is shown, or (`from`) what came behind it."""
    line = runs.run(visit.world, visit.key, visit.request.path_params["ref"])
    if "from" not in visit.query:
        return visit.show("run_log.html", line=line, key=line.key, **_part(visit, line, _number(visit, "at", -PART)))
    held, begin = _number(visit, "held", 0), _number(visit, "from", 0)
    if held < 1 or held > MOST_HELD:
        return _anew(visit, line, waiting=held < 1)
    part = logs.part(visit.world, line, max(begin, 0), PART)
    if not part.text and part.growing:
        return Response(status_code=204, headers=HEADERS)
    answer = visit.show("run_log_more.html", part=part, held=held + part.next - part.start, log=_path(line))
    return _over(answer, line)


def _anew(visit: Visit, line: RunLine, *, waiting: bool) -> Response:
    """Begin anew with the log's end: nothing was shown yet, or more than a page should hold."""
    values = _part(visit, line, -PART)
    if waiting and values["part"].growing and not values["part"].text:
        return Response(status_code=204, headers=HEADERS)
    answer = visit.show("run_log.html", line=line, key=line.key, **values)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#log", "outerHTML"
    return _over(answer, line)


def _over(answer: Response, line: RunLine) -> Response:
    """Tell the page when the run is over, so that all of it is told anew."""
    if not line.going:
        answer.headers["HX-Trigger"] = "run-over"
    return answer


def _part(visit: Visit, line: RunLine, at: int) -> dict[str, Any]:
    part = logs.part(visit.world, line, at, PART)
    if at >= part.size > 0:  # an address that somebody kept, or made up: rather the end than nothing
        part = logs.part(visit.world, line, -PART, PART)
    return {"part": part, "size": PART, "log": _path(line), "held": part.next - part.start}


def _path(line: RunLine) -> str:
    return f"{run_path(line.key, line.ref)}/log"


def _number(visit: Visit, name: str, otherwise: int) -> int:
    """Read a number of the address."""
    said = visit.query.get(name, "").strip()
    if not said:
        return otherwise
    digits = said.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 16):  # noqa: PLR2004 - no log has so many bytes
        raise Wrong(f"{name} is {said[:40]!r}: it must be a whole number of bytes.", name)
    return int(said)


def whole(visit: Visit) -> Response:
    """Send what is kept of a log as text, as it was printed but for its secrets; a long one in pieces, by links.

    The host holds an answer as a whole before it sends it on: none may be as long as a log can be.
    """
    line = runs.run(visit.world, visit.key, visit.request.path_params["ref"])
    if "from" not in visit.query and (size := logs.kept(visit.world, line)) > LARGEST:
        begins = range(0, size, LARGEST)
        told: dict[str, Any] = {"line": line, "key": line.key, "log": _path(line)}
        return visit.show("log_pieces.html", **told, size=size, begins=begins, most=LARGEST)
    begin = max(_number(visit, "from", 0), 0)
    pieces, left = list[bytes](), LARGEST
    for piece in logs.whole(visit.world, line, begin):
        pieces.append(piece[:left])
        left -= len(pieces[-1])
        if not left:
            break
    behind = f"-{begin // LARGEST + 1:03}" if "from" in visit.query else ""
    name = quote(f"{line.key[0]}-{line.key[1]}-{line.ref}{behind}.log".replace(":", ""), safe="")
    shown = HEADERS | {"Content-Disposition": f"inline; filename={name}", "Content-Security-Policy": "sandbox"}
    return Response(b"".join(pieces), headers=shown, media_type="text/plain; charset=utf-8")
