"""Turns: in which order open runs are looked at, for ARM may not let all of them be looked at in one tick.

It grants 250 reads at once and 25 more a second. Were rows looked at in the order of their keys, the last ones would
be those that it refuses, minute after minute: their ends and timeouts would never be noticed, and nothing would say so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from scheduler.facts.troubles import LooksMissed
from scheduler.row import UNSET, Key, iso
from scheduler.run import Run
from scheduler.steps.work import Work

#: By how much earlier the turn of a run comes that may have to be ended.
AHEAD = timedelta(minutes=10)


@dataclass(frozen=True)
class Missed:
    """A run whose group was not seen. `why`: the answer, '' when it was not asked about; `throttled`: it was 429."""

    run: Run
    why: str = ""
    throttled: bool = False


def until_refused[T](work: Work, look: Callable[[Run], T | Missed]) -> Callable[[Run], T | Missed]:
    """Look at one run, but after the first 429 of this tick at none: who asks on waits the longer."""

    def one(run: Run) -> T | Missed:
        if work.looks_refused.is_set():
            return Missed(run)
        found = look(run)
        if isinstance(found, Missed) and found.throttled:
            work.looks_refused.set()
        return found

    return one


def in_turn[T](work: Work, look: Callable[[Run], T | Missed], runs: Sequence[Run]) -> list[T | Missed]:
    """Look at each run; those that a 429 leaves out come before the others in the next tick."""
    ordered = by_turn(runs, work.world.memory.looked, work.now)
    found = work.each(until_refused(work, look), ordered)
    missed = [answer for answer in found if isinstance(answer, Missed)]
    # Scenario: ARM answers 500 for all groups of one region, for hours. They had their turn: did they keep it, they
    # would take all that ARM grants in each tick, and nobody would look at the groups of the other regions.
    _remember(work, ordered, {answer.run.key for answer in missed if answer.throttled or not answer.why})
    tell(work, missed)
    return found


def tell(work: Work, missed: Sequence[Missed]) -> None:
    """Tell of the runs that were not looked at, once in a tick: the first 429 leaves out who asks later, too."""
    if missed and not any(isinstance(one, LooksMissed) for one in work.troubles):
        throttled = work.looks_refused.is_set()
        why = next((answer.why for answer in missed if answer.throttled == throttled and answer.why), "")
        work.troubles.append(LooksMissed(len(missed), why, throttled))


def by_turn(runs: Sequence[Run], looked: dict[Key, datetime], now: datetime) -> list[Run]:
    """Order runs by when they were last looked at, the longest ago first; `AHEAD` what may have to be ended.

    Not before all others: were hundreds over their time that ARM tells nothing of, no other run would have a turn. Of
    those of which this process knows nothing, others are the first in each minute: processes come and go.
    """

    def turn(run: Run) -> tuple[datetime, str]:
        key = run.key
        before = looked.get(key)
        at = before or UNSET + 2 * AHEAD
        return at - AHEAD if _urgent(run, now) else at, "" if before else _drawn(key, now)

    return sorted(runs, key=turn)


def _drawn(key: Key, now: datetime) -> str:
    return sha256(f"{iso(now)} {key}".encode(errors="surrogatepass")).hexdigest()


def _urgent(run: Run, now: datetime) -> bool:
    """Say whether a look may end the run whatever its container does: it is cancelled, or may be over its time.

    And what is over already, but for its log: that is waited for ten minutes, and then lost.
    """
    return not run.removing and (run.cancel or run.unread is not None or now - run.claimed > run.timeout)


def _remember(work: Work, runs: Sequence[Run], missed: set[Key]) -> None:
    """Keep when each run was looked at, and forget those that are gone."""
    looked = work.world.memory.looked
    seen = {run.key: work.now for run in runs if run.key not in missed}
    work.world.memory.looked = {key: looked[key] for key in missed if key in looked} | seen
