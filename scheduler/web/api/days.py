"""A day and a ledger as the API answers them."""

from datetime import date, datetime

from scheduler.desk import ledgers, timeline
from scheduler.desk.names import job_name
from scheduler.web.api.answers import Told


class Bar(Told):
    """A run on the line of its job; of one that is going `end` is now."""

    ref: str
    due: datetime
    attempt: int
    state: str
    begin: datetime
    end: datetime
    going: bool


class Planned(Told):
    """A due time to come, and when its run would end if it took as long as most do."""

    due: datetime
    end: datetime


class Lane(Told):
    """One job's day."""

    job: str
    bars: list[Bar]
    planned: list[Planned]
    notes: list[str]


class Level(Told):
    """From this instant on so many container groups are there; `planned`: that is a guess."""

    at: datetime
    groups: int
    planned: bool


class Day(Told):
    """A day: `most` is the setting MAX_ACTIVE_RUNS, `aci` ACI's own bound of a region."""

    date: date
    zone: str
    begin: datetime
    end: datetime
    lanes: list[Lane]
    levels: list[Level]
    peak: int
    most: int
    aci: int
    notes: list[str]


class Step(Told):
    """One successful run that moved the watermark, or had one of its own."""

    run: str
    begin: str
    end: str


class Range(Told):
    """A stretch of the line, processed by the same runs; `begin` '' = from the beginning of all."""

    begin: str
    end: str
    runs: list[str]
    times: int


class Finding(Told):
    """A gap, overlap, rewind or break, with the runs before and after it."""

    kind: str
    begin: str
    end: str
    before: str
    after: str
    runs: list[str]
    sentence: str


class Ledger(Told):
    """How far the data of a job has come, range by range; `more`: there are older runs."""

    job: str
    watermark: str
    scale: str
    ranges: list[Range]
    findings: list[Finding]
    steps: list[Step]
    side: list[Step]
    still: int
    more: bool


def day(seen: timeline.Day) -> Day:
    """Tell a day."""
    lanes = [
        Lane(
            job=job_name(lane.line.key),
            bars=[
                Bar(
                    ref=bar.ref,
                    due=bar.due,
                    attempt=bar.attempt,
                    state=bar.state,
                    begin=bar.begin,
                    end=bar.end,
                    going=bar.going,
                )
                for bar in lane.bars
            ],
            planned=[Planned(due=one.due, end=one.end) for one in lane.planned],
            notes=list(lane.notes),
        )
        for lane in seen.lanes
    ]
    levels = [Level(at=one.at, groups=one.groups, planned=one.planned) for one in seen.levels]
    same = {name: getattr(seen, name) for name in ("date", "zone", "begin", "end", "peak", "most", "aci")}
    return Day(**same, lanes=lanes, levels=levels, notes=list(seen.notes))


def ledger(seen: ledgers.JobLedger) -> Ledger:
    """Tell a ledger."""
    told = seen.ledger
    return Ledger(
        job=job_name(seen.job.key),
        watermark=seen.job.watermark,
        scale=str(told.scale),
        ranges=[Range(begin=one.begin, end=one.end, runs=list(one.runs), times=one.times) for one in told.ranges],
        findings=[
            Finding(
                kind=str(one.kind),
                begin=one.begin,
                end=one.end,
                before=one.before,
                after=one.after,
                runs=list(one.runs),
                sentence=one.sentence,
            )
            for one in told.findings
        ],
        steps=[Step(run=one.name, begin=one.begin, end=one.end) for one in told.steps],
        side=[Step(run=one.name, begin=one.begin, end=one.end) for one in told.side],
        still=told.still,
        more=seen.more,
    )
