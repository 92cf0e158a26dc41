"""How the scheduler is."""

from datetime import datetime

from scheduler.desk import health as desk
from scheduler.desk.names import job_name
from scheduler.web.api import door
from scheduler.web.api.answers import Told
from scheduler.web.api.door import Looks
from scheduler.web.place import Here, Now

router = door.router("State")


class Creations(Told):
    """What ACI last said of the creations that are left in a region; null = it did not say, or long ago."""

    location: str
    told: datetime
    five_minutes: int | None
    hour: int | None
    left: int | None
    window: str


class Late(Told):
    """A due time that has passed, and that no tick has decided yet."""

    job: str
    due: datetime
    seconds: float


class Faulty(Told):
    """A row that is wrong, and why."""

    job: str
    reason: str


class Unsent(Told):
    """Alerts that a webhook has not taken: those that wait for their next try, and those that were given up.

    `said_by` and `why_by` are who said so: `to`, unless the setting named another webhook then.
    """

    to: str
    waiting: int
    oldest: datetime | None
    said: str
    given_up: int
    why: str
    said_by: str
    why_by: str
    sentence: str


class State(Told):
    """The state of the whole: `status` is ok, late (no whole tick for five minutes) or never."""

    status: str
    last_tick: datetime | None
    age_seconds: float | None
    tick_seconds: float | None
    counts: dict[str, int]
    troubles: list[str]
    full_read: datetime | None
    lag_seconds: float
    going: int
    most: int
    creations: list[Creations]
    jobs: dict[str, int]
    total: int
    invalid: list[Faulty]
    damaged: list[str]
    late: list[Late]
    unsent: list[Unsent]


@router.get("/api/state")
def state(here: Here, now: Now, _: Looks) -> State:
    """Tell how the scheduler is: its last tick, how late due times are, what ACI still grants, which rows are wrong."""
    seen = desk.health(here, now)
    return State(
        status=seen.status,
        last_tick=seen.last_tick,
        age_seconds=seen.age.total_seconds() if seen.age is not None else None,
        tick_seconds=seen.seconds,
        counts=dict(seen.counts),
        troubles=list(seen.troubles),
        full_read=seen.full_read,
        lag_seconds=seen.lag.total_seconds(),
        going=seen.going,
        most=seen.most,
        creations=[Creations(**vars(one)) for one in seen.creations],
        jobs=dict(seen.jobs),
        total=seen.total,
        invalid=[Faulty(job=job_name(line.key), reason=line.reason) for line in seen.invalid],
        damaged=[job_name(line.key) for line in seen.damaged],
        late=[Late(job=job_name(one.line.key), due=one.due, seconds=one.by.total_seconds()) for one in seen.late],
        unsent=[Unsent(**vars(one), sentence=one.sentence) for one in seen.unsent],
    )
