"""What one asks of a job: run, cancel, retry, backfill, pause, resume, rewind. The next tick obeys, within a minute."""

from fastapi import Response

from scheduler.desk import acts, asks, jobs
from scheduler.ports import World
from scheduler.row import Row
from scheduler.web.api import answers, door, lines, models
from scheduler.web.api.door import Operates
from scheduler.web.api.jobs import etag_of, tagged
from scheduler.web.api.models import JOB, IfMatch, JobKey
from scheduler.web.place import Here

router = door.router("Acts")


@router.post(f"{JOB}/run", status_code=202)
def run(
    *, here: Here, actor: Operates, answer: Response, key: JobKey,
    body: models.RunNow | None = None, if_match: IfMatch = None,
) -> answers.Job:  # fmt: skip
    """Run it now, or for a due time; also while it is paused."""
    body = body or models.RunNow()
    return _told(here, asks.run(here, actor, key, body.due, body.watermark, etag_of(if_match)), answer)


@router.post(f"{JOB}/cancel", status_code=202)
def cancel(here: Here, actor: Operates, answer: Response, key: JobKey, if_match: IfMatch = None) -> answers.Job:
    """End every run that is going, every attempt that waits, and the backfill."""
    return _told(here, asks.cancel(here, actor, key, etag_of(if_match)), answer)


@router.post(f"{JOB}/retry", status_code=202)
def retry(here: Here, actor: Operates, answer: Response, key: JobKey, if_match: IfMatch = None) -> answers.Job:
    """Run again, now, what waits for its next attempt, or else what failed or was cancelled last."""
    return _told(here, asks.retry(here, actor, key, etag_of(if_match)), answer)


@router.post(f"{JOB}/backfill", status_code=202)
def backfill(
    *, here: Here, actor: Operates, answer: Response, key: JobKey,
    body: models.Backfill, if_match: IfMatch = None,
) -> answers.Job:  # fmt: skip
    """Play past due times again, in order, with a watermark of their own."""
    row = asks.backfill(here, actor, key, body.first, body.before, body.watermark, etag_of(if_match))
    return _told(here, row, answer)


@router.post(f"{JOB}/pause")
def pause(
    *, here: Here, actor: Operates, answer: Response, key: JobKey,
    body: models.Pause | None = None, if_match: IfMatch = None,
) -> answers.Job:  # fmt: skip
    """Start nothing more until it is resumed."""
    reason = body.reason if body else ""
    return _told(here, acts.pause(here, actor, key, reason, etag=etag_of(if_match)), answer)


@router.post(f"{JOB}/resume")
def resume(here: Here, actor: Operates, answer: Response, key: JobKey, if_match: IfMatch = None) -> answers.Job:
    """Let it be due again, from now on."""
    return _told(here, acts.resume(here, actor, key, etag=etag_of(if_match)), answer)


@router.post(f"{JOB}/rewind")
def rewind(
    *, here: Here, actor: Operates, answer: Response, key: JobKey,
    body: models.Rewind, if_match: IfMatch = None,
) -> answers.Job:  # fmt: skip
    """Set the watermark; If-Match, where given, refuses it when the watermark moved since you read it."""
    row = acts.rewind(here, actor, key, body.watermark, etag=etag_of(if_match))
    return _told(here, row, answer)


def _told(here: World, row: Row, answer: Response) -> answers.Job:
    tagged(row, answer)
    return lines.job(jobs.one(here, row.key))
