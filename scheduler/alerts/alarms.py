"""Alarms: what stands wrong with a job, and since when. What begins and what ends is news; what stands is none.

The names of those that stand are kept in the job row's cell Alarms, in the same write that makes them stand, so
that a fresh process, or one that follows a killed one, does not tell them again:

    stale since 2026-11-22T09:00:00Z; long 2026-11-22T08:00:00Z.1 since 2026-11-22T08:40:00Z
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple

from scheduler import recent
from scheduler.alerts.news import Kind, News
from scheduler.changed import replace
from scheduler.decision import Skip
from scheduler.facts.jobs import (
    BecameInvalid,
    BecameValid,
    DataFresh,
    DataStale,
    DueTimesMissed,
    LongRunEnded,
    MovesAgain,
    OfRun,
    RunsLong,
    StandsStill,
    TookLong,
)
from scheduler.history import slow, usual
from scheduler.identity import aware, run_ref
from scheduler.job import Faulty, Job
from scheduler.ledger import as_time
from scheduler.recent import Past
from scheduler.row import Key, iso
from scheduler.run import Run, State
from scheduler.standing import Standing, Status

#: So many successes in a row without a step of the watermark are looked at, in a job that moved it so often before.
FEW, MOVES = 3, 2
_ONE = re.compile(r"(?P<name>[a-z]+(?: \S+)?) since (?P<since>\S+)", re.ASCII)


@dataclass(frozen=True)
class Sight:
    """A job at the moment of a write: what its row says, what it will say, and what the tick has seen beside that."""

    job: Job | Faulty
    before: Standing
    after: Standing
    at: datetime
    #: When the row was last edited.
    edited: datetime
    #: Of runs whose containers were seen, when those began.
    began: Mapping[Key, datetime]
    #: The row was planned: only then is it certain what it says of itself.
    planned: bool = True
    #: The due times that this tick lets pass, and why.
    skips: Sequence[Skip] = ()

    @cached_property
    def id(self) -> str:
        """PartitionKey/RowKey, as people write it."""
        return "/".join(self.after.key)

    @cached_property
    def pasts(self) -> tuple[Past, ...]:
        """The last closed runs."""
        return recent.read(self.after.recent)

    @property
    def paused(self) -> bool:
        """Say whether somebody wants it to rest."""
        return isinstance(self.job, Job) and not self.job.enabled

    @cached_property
    def fresh_until(self) -> datetime | None:
        """Say when the data will be, or was, too old; None when nobody asked to be told, or the job is paused."""
        if isinstance(self.job, Faulty) or not (self.job.enabled and self.job.fresh_for):
            return None
        reached = reaches(self.after)
        try:
            return reached + self.job.fresh_for if reached else None
        except OverflowError:
            return None


class Change(NamedTuple):
    """An alarm that begins, or one that ends; without news nobody waits to hear it."""

    name: str
    stands: bool
    news: News | None = None


def read(text: str) -> dict[str, datetime]:
    """Read the cell; what somebody damaged is left out."""
    found = {}
    for part in text.split(";"):
        if one := _ONE.fullmatch(part.strip()):
            try:
                found[one["name"]] = aware(one["since"])
            except (ValueError, OverflowError):
                continue
    return found


def write(alarms: Mapping[str, datetime]) -> str:
    """Write the cell, the oldest first."""
    return "; ".join(f"{name} since {iso(since)}" for name, since in sorted(alarms.items(), key=lambda one: one[1]))


def reaches(standing: Standing) -> datetime | None:
    """Say how far the data has come; None when that is not known.

    The watermark tells, where it is a date or an instant, in UTC unless it says otherwise; else the last due time that
    succeeded.
    """
    return as_time(standing.watermark) or standing.last_success_due


def watch(sight: Sight) -> tuple[Standing, tuple[News, ...]]:
    """Bring the cell Alarms up to date with a write, and give what is news by it.

    NextRun is brought forward to the instant at which the data will be too old: the row must be looked at then.
    """
    stood = read(sight.after.alarms)
    changes = [change for rule in _RULES for change in rule(sight, stood)]
    over = {one.name for one in changes if not one.stands}
    stand = {name: since for name, since in stood.items() if name not in over}
    stand |= {one.name: sight.at for one in changes if one.stands}
    cell = sight.after.alarms if stand == stood else write(stand)
    after = replace(sight.after, alarms=cell, next_run=_looked_at(sight, stand))
    return after, tuple(one.news for one in changes if one.news)


def _looked_at(sight: Sight, stand: Mapping[str, datetime]) -> datetime | None:
    deadline = None if "stale" in stand else sight.fresh_until
    return min((one for one in (sight.after.next_run, deadline) if one), default=None)


def _invalid(sight: Sight, stood: Mapping[str, datetime]) -> Iterator[Change]:
    wrong = sight.after.status == Status.INVALID
    if not sight.planned or wrong == ("invalid" in stood):
        return
    kind, fact = (Kind.INVALID, BecameInvalid) if wrong else (Kind.VALID, BecameValid)
    news = News.of(kind, fact(sight.id, sight.after.reason), iso(sight.edited))
    yield Change("invalid", stands=wrong, news=news)


def _stale(sight: Sight, stood: Mapping[str, datetime]) -> Iterator[Change]:
    """Hold the data's age against FreshFor. Of an Invalid row nobody knows what was asked."""
    if isinstance(sight.job, Faulty):
        return
    until, fresh_for = sight.fresh_until, sight.job.fresh_for or timedelta(0)
    old = until is not None and sight.at >= until
    if until and old and "stale" not in stood:
        news = News.of(Kind.STALE, DataStale(sight.id, fresh_for, until - fresh_for), _again(sight, until))
        yield Change("stale", stands=True, news=news)
    elif not old and "stale" in stood:
        moved = until is not None and reaches(sight.before) != reaches(sight.after)
        fresh = DataFresh(sight.id, reaches(sight.after) or sight.at)
        yield Change(
            "stale", stands=False, news=News.of(Kind.FRESH, fresh, _again(sight, until)) if until and moved else None
        )


def _again(sight: Sight, until: datetime) -> str:
    """Tell one time of going stale from the next: after a rewind the data is too old from the same instant on."""
    return f"{iso(until)} {iso(sight.edited)} {sight.after.last_success and iso(sight.after.last_success)}"


def _still(sight: Sight, stood: Mapping[str, datetime]) -> Iterator[Change]:
    """See whether runs succeed and the watermark stays, by what was usual for this job."""
    if sight.after.recent == sight.before.recent:
        return
    known = {past.key for past in recent.read(sight.before.recent)}
    idle, longest = stood_still(sight.pasts)
    moved = next((past for past in sight.pasts if past.moved and past.key not in known), None)
    if moved and "still" in stood:
        news = _of(Kind.MOVING, MovesAgain(sight.id, _name(moved), sight.after.watermark))
        yield Change("still", stands=False, news=news)
    elif longest is not None and idle >= max(FEW, 2 * longest + 1) and "still" not in stood:
        fact = StandsStill(sight.id, _name(sight.pasts[-1]), idle, sight.after.watermark)
        yield Change("still", stands=True, news=_of(Kind.STILL, fact))


def stood_still(pasts: Sequence[Past]) -> tuple[int, int | None]:
    """Count the successes since the watermark last moved, and the most that there were between two of its moves.

    The most is None where it moved less than twice: what is usual is not known. A run of an earlier due time than one
    before it, as of a backfill, has a watermark of its own and says nothing about the row's.
    """
    idle, longest, moves = 0, 0, 0
    newest: datetime | None = None
    for past in pasts:
        if past.state is not State.SUCCEEDED or (newest and past.due < newest):
            continue
        newest = past.due
        if past.moved:
            longest = max(longest, idle) if moves else 0
            idle, moves = 0, moves + 1
        else:
            idle += 1
    return idle, longest if moves >= MOVES else None


def _long(sight: Sight, stood: Mapping[str, datetime]) -> Iterator[Change]:
    """Hold runs that go on, and those that have just ended, against what is usual for this job."""
    named = [name for name in stood if name.startswith("long ")]
    if not (named or sight.began or sight.after.recent != sight.before.recent):
        return
    going = {run_ref(run.due, run.attempt): run for run in sight.after.going if not run.waiting}
    for name in named:
        if name.removeprefix("long ") not in going:
            yield Change(name, stands=False, news=_ended(sight, name.removeprefix("long ")))
    if sight.after.recent != sight.before.recent:
        yield from _lasted(sight, stood)
    fresh = {name: run for name, run in going.items() if run.key in sight.began and f"long {name}" not in stood}
    often = usual(sight.pasts) if fresh else None
    for name, run in fresh.items():
        if often is not None and (lasting := _lasts(sight, run)) is not None and slow(lasting, often):
            yield Change(f"long {name}", stands=True, news=_of(Kind.LONG, RunsLong(sight.id, name, lasting, often)))


def _lasts(sight: Sight, run: Run) -> float | None:
    began = sight.began.get(run.key)
    return (sight.at - began).total_seconds() if began else None


def _lasted(sight: Sight, stood: Mapping[str, datetime]) -> Iterator[Change]:
    """Tell of runs that were slow and over before a tick could see it."""
    before = recent.read(sight.before.recent)
    often, known = usual(before), {past.key for past in before}
    for past in sight.pasts:
        name = run_ref(past.due, past.attempt)
        if often is None or past.key in known or past.state is not State.SUCCEEDED or f"long {name}" in stood:
            continue
        if slow(past.seconds, often):
            news = _of(Kind.LONG, TookLong(sight.id, name, past.seconds, often))
            yield Change(f"long {name}", stands=False, news=news)


def _ended(sight: Sight, name: str) -> News | None:
    """Tell the end of a run that was told to be long; a failure is told as such."""
    past = next((past for past in reversed(sight.pasts) if run_ref(past.due, past.attempt) == name), None)
    if past is None or past.state is not State.SUCCEEDED:
        return None
    return _of(Kind.ENDED, LongRunEnded(sight.id, name, past.seconds))


def _missed(sight: Sight, stood: Mapping[str, datetime]) -> Iterator[Change]:
    """Tell of due times that were let pass though no run of the job was in their way; a start or a pause ends it."""
    late = [skip for skip in sight.skips if skip.late]
    if late and "missed" not in stood:
        first, last = late[0].first, late[-1].last
        why = "; ".join(dict.fromkeys(skip.why for skip in late))
        news = News.of(Kind.MISSED, DueTimesMissed(sight.id, first, last, why), iso(first))
        yield Change("missed", stands=True, news=news)
    elif not late and "missed" in stood and (sight.paused or sight.after.last_due != sight.before.last_due):
        yield Change("missed", stands=False)


def _of(kind: Kind, fact: OfRun) -> News:
    return News.of(kind, fact, fact.run, fact.run)


def _name(past: Past) -> str:
    return run_ref(past.due, past.attempt)


_RULES = (_invalid, _stale, _still, _long, _missed)
