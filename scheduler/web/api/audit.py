"""Who did what to which job."""

from datetime import datetime
from typing import Annotated

from fastapi import Query

from scheduler.desk import audit
from scheduler.desk.faults import Wrong
from scheduler.desk.names import read_job
from scheduler.web.api import answers, door, lines
from scheduler.web.api.door import Looks
from scheduler.web.api.models import INSTANT, After, Limit
from scheduler.web.place import Here

router = door.router("Audit")


@router.get("/api/audit")
def acts(
    *,
    here: Here,
    _: Looks,
    job: Annotated[str, Query(max_length=130, description="Only of this job, such as weather/extract")] = "",
    since: Annotated[datetime | None, INSTANT, Query(description="Only later, such as 2026-11-22T09:00:00Z")] = None,
    limit: Limit = 50,
    after: After = "",
) -> answers.Acts:
    """List acts: of one job the newest first, of all jobs job by job."""
    if since and since.tzinfo is None:
        raise Wrong(f"since is '{since.isoformat()}': it must have an offset, such as Z.", "since")
    found, following = audit.entries(here, read_job(job) if job else None, since=since, limit=limit, after=after)
    return answers.Acts(acts=[lines.act(entry) for entry in found], next=following)
