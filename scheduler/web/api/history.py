"""A job's history as the API answers it."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from scheduler.desk.history import History as Read
from scheduler.identity import run_ref
from scheduler.period import Sums as Counted
from scheduler.trend import Trend as Judged
from scheduler.web.api.answers import Side, Told, Trend


class Sums(Told):
    """What runs come to: each due time once, by its last attempt; durations are of successful runs, in seconds."""

    runs: int
    succeeded: int
    failed: int
    cancelled: int
    rate: float | None
    median: float | None
    p95: float | None
    longest: float | None
    slow: int
    skipped: int
    attempts: int
    backfills: int
    cost: float | None


class HistoryDay(Sums):
    """A day of the zone that was asked for."""

    date: date


class Failures(Told):
    """Failures in a row, from the first due time to the last."""

    runs: int
    first: datetime
    last: datetime


class SlowRun(Told):
    """A run that took much longer than is usual in the period."""

    run: str
    due: datetime
    seconds: float


class History(Told):
    """A job's runs of some days; `since` and `notes` say where not all of them could be looked at."""

    job: str
    zone: str
    first: date
    last: date
    rows: int
    since: datetime | None
    notes: list[str]
    all: Sums
    streak: int
    streak_of: str
    failures: Failures | None
    going: int
    trend: Trend
    slow: list[SlowRun]
    days: list[HistoryDay]


def history(read: Read, most_slow: int) -> History:
    """Tell it, with the newest so many of the slow runs."""
    period = read.period
    state, many = period.sums.figures.streak or ("", 0)
    found = period.failures
    return History(
        job="/".join(read.key),
        zone=read.zone,
        first=period.days[0].date,
        last=period.days[-1].date,
        rows=read.rows,
        since=read.since,
        notes=list(read.notes),
        all=Sums(**_sums(period.sums)),
        streak=many,
        streak_of=str(state),
        failures=Failures(runs=found.runs, first=found.first, last=found.last) if found else None,
        going=period.going,
        trend=trend(period.trend),
        slow=_slow(read, most_slow),
        days=[HistoryDay(date=one.date, **_sums(one.sums)) for one in period.days],
    )


def trend(judged: Judged) -> Trend:
    """Tell whether a job gets slower."""
    newer, older = (Side(name=one.name, runs=one.runs, median=one.median) for one in (judged.newer, judged.older))
    verdict, sentence = str(judged.verdict), judged.sentence
    return Trend(verdict=verdict, newer=newer, older=older, change=judged.change, sentence=sentence)


def _slow(read: Read, most: int) -> list[SlowRun]:
    slow: Sequence[Any] = read.period.slow[:most]
    return [SlowRun(run=run_ref(one.due, one.attempt), due=one.due, seconds=one.seconds) for one in slow]


def _sums(sums: Counted) -> dict[str, Any]:
    figures = ("runs", "succeeded", "rate", "median", "p95", "longest")
    counts = ("failed", "cancelled", "slow", "skipped", "attempts", "backfills", "cost")
    told = {name: getattr(sums.figures, name) for name in figures}
    return told | {name: getattr(sums, name) for name in counts}
