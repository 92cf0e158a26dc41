"""What the buttons of a job's page do. Each act goes through the desk, which writes down who did it."""

from collections.abc import Callable
from functools import partial

from starlette.responses import Response

from scheduler.desk import acts, alerts, asks, jobs
from scheduler.desk.faults import Conflict, Faulty, Refusal, Wrong
from scheduler.row import Row
from scheduler.web.dress import job_path
from scheduler.web.pages import job
from scheduler.web.site import Site, Visit

_JOB = "/jobs/{partition}/{name}"
_SOON = "The next tick does it, within a minute or so."
#: What the page calls the fields of an act, where it is not the field's own name.
_LABELS = {
    "run": {"due": "Due time", "watermark": "Watermark"},
    "backfill": {"first": "From", "before": "Before", "watermark": "Its watermark"},
    "pause": {"reason": "Reason"},
}


def add(site: Site) -> None:
    """Join the acts to the app."""
    for name, (act, told) in _ACTS.items():
        site.act(f"{_JOB}/{name}", partial(_do, name, act, told))
    site.act(f"{_JOB}/test-alert", test_alert)
    site.page(f"{_JOB}/remove", ask_again)
    site.act(f"{_JOB}/remove", remove)


def _do(name: str, act: Callable[[Visit], Row], told: str, visit: Visit) -> Response:
    """Do it and go back; what was refused is told beside the button, with all that was typed still there."""
    try:
        act(visit)
    except Wrong as wrong:
        return refused(visit, name, wrong.called(_LABELS.get(name, {})))
    except (Faulty, Conflict) as refusal:
        return refused(visit, name, refusal)
    return visit.go(job_path(visit.key), told)


def refused(visit: Visit, name: str, refusal: Refusal) -> Response:
    """Show the job's page again, with the refusal where the act was."""
    status = 409 if isinstance(refusal, Conflict) else 422
    told = {"act": name, "fault": str(refusal), "field": refusal.field if isinstance(refusal, Wrong) else ""}
    return job.page(visit, jobs.one(visit.world, visit.key), status, **told)


def _run(visit: Visit) -> Row:
    due, watermark = (visit.form.get(name, "").strip() or None for name in ("due", "watermark"))
    return asks.run(visit.world, visit.actor, visit.key, due, watermark)


def _backfill(visit: Visit) -> Row:
    first, before, watermark = (visit.form.get(name, "").strip() for name in ("first", "before", "watermark"))
    if not first or not before:
        raise Wrong("A backfill needs both ends: the first due time, and the one before which it ends.", "first")
    return asks.backfill(visit.world, visit.actor, visit.key, first, before, watermark or None)


def _retry(visit: Visit) -> Row:
    return asks.retry(visit.world, visit.actor, visit.key)


def _cancel(visit: Visit) -> Row:
    return asks.cancel(visit.world, visit.actor, visit.key)


def _pause(visit: Visit) -> Row:
    return acts.pause(visit.world, visit.actor, visit.key, visit.form.get("reason", "").strip())


def _resume(visit: Visit) -> Row:
    return acts.resume(visit.world, visit.actor, visit.key)


def _rewind(visit: Visit) -> Row:
    etag = visit.form.get("etag") or None
    return acts.rewind(visit.world, visit.actor, visit.key, visit.form.get("value", ""), etag=etag)


_ACTS: dict[str, tuple[Callable[[Visit], Row], str]] = {
    "run": (_run, f"A run is asked for. {_SOON}"),
    "backfill": (_backfill, f"The backfill is asked for. {_SOON}"),
    "cancel": (_cancel, f"The end of what runs and waits is asked for. {_SOON}"),
    "retry": (_retry, f"Another attempt is asked for. {_SOON}"),
    "pause": (_pause, "Paused: nothing more is started; what runs now ends as it would."),
    "resume": (_resume, "Resumed: it is due again from now on."),
    "rewind": (_rewind, "The watermark is set; the next run begins there."),
}


def test_alert(visit: Visit) -> Response:
    """Send a message to whoever hears of the job, and tell what they answered."""
    try:
        tested = alerts.test(visit.world, visit.actor, visit.key)
    except Wrong as refusal:
        return refused(visit, "test-alert", refusal)
    return visit.go(job_path(visit.key), tested.sentence, "good" if tested.done else "bad")


def ask_again(visit: Visit) -> Response:
    """Ask whether the job is really to be removed."""
    line = jobs.one(visit.world, visit.key)
    return visit.show("job_remove.html", line=line, key=line.key, fault="")


def remove(visit: Visit) -> Response:
    """Remove the job, once its name was typed."""
    line = jobs.one(visit.world, visit.key)
    if visit.form.get("sure", "").strip() != line.name:
        fault = f"Type {line.name} to remove it."
        return visit.show("job_remove.html", 422, line=line, key=line.key, fault=fault)
    try:
        acts.remove(visit.world, visit.actor, visit.key)
    except Conflict as refusal:
        return visit.show("job_remove.html", 409, line=line, key=line.key, fault=str(refusal))
    stays = f" Its runs and logs stay, at {job_path(line.key)}." if jobs.kept(visit.world, line.key) else ""
    return visit.go("/", f"{line.name} is removed.{stays}")
