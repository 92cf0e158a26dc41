"""The test button of the alerts."""

from scheduler.desk import alerts
from scheduler.desk.names import read_job
from scheduler.web.api import answers, door, models
from scheduler.web.api.door import Operates
from scheduler.web.place import Here

router = door.router("Alerts")


@router.post("/api/alerts/test")
def try_out(here: Here, actor: Operates, body: models.Test | None = None) -> answers.Tested:
    """Post one message to the webhook of a job, or to that of the setting ALERT_WEBHOOK; tell what it answered."""
    tried = alerts.test(here, actor, read_job(body.job) if body and body.job else None)
    return answers.Tested(to=tried.to, done=tried.done, said=tried.said)
