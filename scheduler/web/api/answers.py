"""What the API answers, as OpenAPI describes it."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, model_validator


class Told(BaseModel):
    """An answer: half a character, which a cell can hold and UTF-8 cannot, must not make it fail."""

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, given: Any) -> Any:  # noqa: ANN401 - as pydantic has it
        return _whole(given)


def _whole(given: Any) -> Any:  # noqa: ANN401 - any JSON value, and the same kind back
    if isinstance(given, str):
        return given if given.isascii() else given.encode(errors="replace").decode()
    if isinstance(given, dict):
        return {_whole(name): _whole(value) for name, value in given.items()}
    return [_whole(one) for one in given] if isinstance(given, list | tuple) else given


class Past(Told):
    """One closed run, in a few words; `cause` is why it did not succeed where no exit code says so, such as timeout."""

    due: datetime
    attempt: int
    state: str
    started: datetime | None
    seconds: float
    moved: bool
    cause: str


class Figures(Told):
    """What the last runs say together; durations are those of successful runs, in seconds."""

    runs: int
    succeeded: int
    rate: float | None
    streak: int
    streak_of: str
    median: float | None
    p95: float | None
    longest: float | None


class Side(Told):
    """One side of the comparison: its name, how many runs succeeded, and their median."""

    name: str
    runs: int
    median: float | None


class Trend(Told):
    """Whether the job gets slower: `verdict` is slower, faster, steady or unknown."""

    verdict: str
    newer: Side
    older: Side
    change: float | None
    sentence: str


class Alarm(Told):
    """What stands wrong with a job, and since when: `name` is stale, still, missed, invalid, or long and a run."""

    name: str
    since: datetime
    sentence: str


class Job(Told):
    """A job as a list shows it; `status` and `reason` are as of now, with what was typed since the last tick."""

    job: str
    partition: str
    name: str
    status: str
    reason: str
    enabled: bool
    paused_reason: str
    schedule: str
    zone: str
    next_due: datetime | None
    last_due: datetime | None
    last_started: datetime | None
    last_finished: datetime | None
    last_success: datetime | None
    last_seconds: float
    last_exit_code: int | None
    failures: int
    watermark: str
    watermark_at: datetime | None
    request: str
    alarms: list[Alarm]
    owner: str
    description: str
    recent: list[Past]
    figures: Figures
    trend: Trend


class Whole(Job):
    """A job with the cells that people own: `columns` are its own, `inherited` those of its templates."""

    etag: str
    template: bool
    columns: dict[str, Any]
    inherited: dict[str, Any]
    runs: list[str]
    faults: list[str]


class Jobs(Told):
    """Some jobs, and where the next begin; '' = these were the last."""

    jobs: list[Job]
    total: int
    next: str


class Run(Told):
    """One run, or a skip: a range of due times, from `first` to `due`, that was let pass."""

    ref: str
    job: str
    state: str
    going: bool
    due: datetime
    first: datetime | None
    attempt: int
    trigger: str
    reason: str
    cause: str
    claimed: datetime | None
    started: datetime | None
    finished: datetime | None
    seconds: float | None
    exit_code: int | None
    watermark_from: str
    watermark_to: str | None
    moved: bool
    interval_start: datetime | None
    interval_end: datetime | None
    group: str
    run_id: str
    location: str
    image: str
    digest: str
    commit: str
    cost: float | None
    retry_at: datetime | None
    progress: str
    metrics: dict[str, float]


class WholeRun(Run):
    """A run with its events, and the run's other attempts."""

    events: list[dict[str, Any]]
    attempts: list[str]


class Runs(Told):
    """Some runs, newest first, and where the next begin; '' = these were the last. A page may be short or empty.

    `active`, on the first page: what goes or waits, however old its due time; `runs` holds it too, in its place.
    """

    active: list[Run]
    runs: list[Run]
    next: str


class Log(Told):
    """A part of a log: `size` is in bytes, `next` the offset to go on from, `growing` = more may come."""

    text: str
    offset: int
    next: int
    size: int
    growing: bool
    more: bool
    note: str


class Tested(Told):
    """Where a message was posted (as it may be shown), whether it was taken, and what was said."""

    to: str
    done: bool
    said: str


class Checked(Told):
    """What the scheduler would think of a row; `faults` by column, '' holds those of no column."""

    good: bool
    faults: dict[str, list[str]]
    next_dues: list[datetime]
    sentence: str


class Dues(Told):
    """The next due times of a schedule."""

    schedule: str
    zone: str
    dues: list[datetime]


class Act(Told):
    """Who did what to which job. `result`: done, refused, or '' where it is not known whether it was done."""

    job: str
    at: datetime | None
    who: str
    via: str
    action: str
    before: dict[str, Any]
    after: dict[str, Any]
    result: str
    reason: str


class Acts(Told):
    """Some acts, of a job the newest first, and where the next begin; '' = these were the last."""

    acts: list[Act]
    next: str
