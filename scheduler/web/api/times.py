"""Times: a schedule's next due times, a row that is not saved, a day's runs, past and planned."""

from datetime import date
from typing import Annotated

from fastapi import Query

from scheduler.desk import timeline as desk
from scheduler.desk.check import MOST, SHOWN, check, upcoming
from scheduler.desk.names import read_job
from scheduler.desk.typed import cleaned
from scheduler.web.api import answers, days, door, models
from scheduler.web.api.door import Looks
from scheduler.web.api.models import DAY, Zone
from scheduler.web.place import Here, Now

router = door.router("Times")


@router.post("/api/validate")
def validate(here: Here, now: Now, _: Looks, body: models.Validate) -> answers.Checked:
    """Check a row without saving it: what is wrong with it, when it would be due, what it would say."""
    seen = check(here, read_job(body.job), cleaned(models.cells_of(body.columns)), now, body.count)
    faults = {column: list(several) for column, several in seen.faults.items()}
    return answers.Checked(good=seen.good, faults=faults, next_dues=list(seen.next_dues), sentence=seen.sentence)


@router.get("/api/schedule")
def schedule(
    *,
    now: Now,
    _: Looks,
    schedule: Annotated[str, Query(max_length=2000, description='Such as "0 2 * * 1-5" or "every 2 hours"')],
    zone: Zone = "UTC",
    count: Annotated[int, Query(ge=1, le=MOST, description="How many")] = SHOWN,
) -> answers.Dues:
    """Show the next due times of a schedule; none for one that is only due on request or after another job."""
    return answers.Dues(schedule=schedule, zone=zone, dues=list(upcoming(schedule, zone, now, count)))


@router.get("/api/timeline")
def timeline(
    *,
    here: Here,
    now: Now,
    _: Looks,
    day: Annotated[date | None, DAY, Query(description="Such as 2026-11-22; today when it is left out")] = None,
    zone: Zone = "UTC",
    partition: Annotated[str, Query(max_length=63, description="Only jobs of this PartitionKey")] = "",
) -> days.Day:
    """Show a day: what ran, what is planned, and how many container groups that makes."""
    return days.day(desk.day(here, now, day or now.date(), zone, partition))
