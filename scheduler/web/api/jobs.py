"""Jobs: list, look, add, edit, remove."""

from typing import Annotated

from fastapi import Query, Response

from scheduler.desk import acts, chosen
from scheduler.desk import jobs as desk
from scheduler.desk.version import ANY, version
from scheduler.job import OWNED, SHARED
from scheduler.row import Key, Row
from scheduler.web.api import answers, door, lines
from scheduler.web.api.door import Looks, Operates
from scheduler.web.api.models import JOB, Columns, Force, IfMatch, IfNoneMatch, JobKey, cells_of
from scheduler.web.place import Here
from scheduler.web.problem import Problem, quoted

router = door.router("Jobs")

_STATUSES = "Only of this Status, or of several with commas; failing: also those that run again after a failure"
_WORD = r"^[^\x00-\x1f\x7f]*$"


@router.get("/api/jobs")
def listed(
    *,
    here: Here,
    _: Looks,
    search: Annotated[str, Query(max_length=200, pattern=_WORD, description="Text in name, owner, image …")] = "",
    partition: Annotated[str, Query(max_length=63, pattern=_WORD, description="Only of this PartitionKey")] = "",
    status: Annotated[str, Query(max_length=200, pattern=_WORD, description=_STATUSES)] = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="How many at most")] = 200,
    after: Annotated[str, Query(max_length=130, pattern=_WORD, description="`next` of the page before")] = "",
) -> answers.Jobs:
    """List jobs in order of their names; `total` counts all that fit."""
    wanted = chosen.asked(status)
    found = sorted(
        (line for line in desk.lines(here) if _fits(line, search.lower(), partition) and chosen.takes(wanted, line)),
        key=lambda line: line.key,
    )
    begin = tuple(after.split("/", 1)) if after else ()
    rest = [line for line in found if line.key > begin]
    more = len(rest) > limit
    shown = rest[:limit]
    return answers.Jobs(
        jobs=[lines.job(line) for line in shown], total=len(found), next="/".join(shown[-1].key) if more else ""
    )


@router.get(JOB)
def one(here: Here, _: Looks, answer: Response, key: JobKey) -> answers.Whole:
    """Look at one job; the header ETag is for an edit of it."""
    return _told(here, key, answer)


@router.put(JOB, status_code=200, responses={201: {"description": "Added"}})
def put(
    *,
    here: Here,
    actor: Operates,
    answer: Response,
    key: JobKey,
    columns: Columns,
    if_match: IfMatch = None,
    if_none_match: IfNoneMatch = None,
    force: Force = False,
) -> answers.Whole:
    """Add a job (If-None-Match: *), or replace all that people own of one (If-Match); it keeps its watermark."""
    typed = cells_of(columns)
    if if_none_match:
        acts.add(here, actor, key, typed, force=force)
        answer.status_code = 201
        answer.headers["Location"] = f"/api/jobs/{'/'.join(key)}"
        return _told(here, key, answer)
    empty = {column: None for column in OWNED if column not in SHARED}
    acts.change(
        here, actor, key, {**empty, **typed}, etag=_required(if_match, "or If-None-Match: * to add it"), force=force
    )
    return _told(here, key, answer)


@router.patch(JOB)
def patch(
    *,
    here: Here,
    actor: Operates,
    answer: Response,
    key: JobKey,
    columns: Columns,
    if_match: IfMatch = None,
    force: Force = False,
) -> answers.Whole:
    """Edit some cells, null empties one; If-Match holds the ETag that you read."""
    etag = _required(if_match, "or * to edit whatever it holds now")
    acts.change(here, actor, key, cells_of(columns), etag=etag, force=force)
    return _told(here, key, answer)


@router.delete(JOB, status_code=204)
def remove(
    *,
    here: Here,
    actor: Operates,
    key: JobKey,
    if_match: IfMatch = None,
    force: Force = False,
) -> None:
    """Remove a job; its runs and logs stay until they are old."""
    etag = _required(if_match, "or * to remove whatever it holds now")
    acts.remove(here, actor, key, etag=etag, force=force)


def etag_of(if_match: str | None) -> str | None:
    """Take the version out of an If-Match header; None where there is none. `"*"`, in quotes, is no row's version."""
    inner = if_match.strip('"') if if_match else None
    return if_match if inner == ANY else inner


def tagged(row: Row, answer: Response) -> None:
    """Write the row's version as the answer's ETag."""
    answer.headers["ETag"] = quoted(version(row))


def _told(here: Here, key: Key, answer: Response) -> answers.Whole:
    line = desk.one(here, key)
    tagged(line.row, answer)
    return lines.whole(here, line)


def _required(if_match: str | None, otherwise: str) -> str | None:
    if if_match is None:
        sentence = f"The header If-Match must hold the ETag of the job as you read it, {otherwise}."
        raise Problem(428, "If-Match is missing", sentence)
    return etag_of(if_match)


def _fits(line: desk.JobLine, search: str, partition: str) -> bool:
    said = " ".join(("/".join(line.key), line.owner, line.description, line.image, line.container_group)).lower()
    return search in said and partition in ("", line.key[0])
