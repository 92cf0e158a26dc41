"""Turns: in which order open runs are looked at, for ARM may not let all of them be looked at in one tick.

It grants 250 reads at once and 25 more a second. Were rows looked at in the order of their keys, the last ones would
be those that it refuses, minute after minute: their ends and timeouts would never be noticed, and nothing would say so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from threading import Event

from scheduler.facts.troubles import LooksMissed
from scheduler.row import UNSET, Key, iso
from scheduler.run import Run, State
from scheduler.steps.work import Work


@dataclass(frozen=True)
class Missed:
    """A run whose group was not seen. `why`: the answer, '' when it was not asked about; `throttled`: it was 429."""

    run: Run
    why: str = ""
    throttled: bool = False


def in_turn[T](work: Work, look: Callable[[Run], T | Missed], runs: Sequence[Run]) -> list[T | Missed]:
    """Look at each run; after a 429 the others are left to the next tick, where they come first."""
    refused = Event()

    def one(run: Run) -> T | Missed:
        if refused.is_set():
            return Missed(run)
        found = look(run)
        if isinstance(found, Missed) and found.throttled:
            refused.set()
        return found

    ordered = by_turn(runs, work.world.memory.looked, work.now)
    found = work.each(one, ordered)
    missed = [answer for answer in found if isinstance(answer, Missed)]
    _remember(work, ordered, {answer.run.key for answer in missed})
    if missed:
        why = next((answer.why for answer in missed if answer.throttled == refused.is_set() and answer.why), "")
        work.troubles.append(LooksMissed(len(missed), why, refused.is_set()))
    return found


def by_turn(runs: Sequence[Run], looked: dict[Key, datetime], now: datetime) -> list[Run]:
    """Order runs: what may have to be ended first, then what was looked at longest ago.

    Of those of which this process knows nothing, others are the first in each minute: processes come and go.
    """

    def turn(run: Run) -> tuple[bool, datetime, str]:
        key = run.key
        before = looked.get(key)
        return not _urgent(run, now), before or UNSET, "" if before else _drawn(key, now)

    return sorted(runs, key=turn)


def _drawn(key: Key, now: datetime) -> str:
    return sha256(f"{iso(now)} {key}".encode(errors="surrogatepass")).hexdigest()


def _urgent(run: Run, now: datetime) -> bool:
    """Say whether a look may end the run whatever its container does: it is cancelled, or may be over its time.

    And what is over already, but for its log: that is waited for ten minutes, and then lost.
    """
    bound = run.timeout if run.state is State.RUNNING else run.start_timeout
    return not run.removing and (run.cancel or run.unread is not None or now - run.claimed > bound)


def _remember(work: Work, runs: Sequence[Run], missed: set[Key]) -> None:
    """Keep when each run was looked at, and forget those that are gone."""
    looked = work.world.memory.looked
    seen = {run.key: work.now for run in runs if run.key not in missed}
    work.world.memory.looked = {key: looked[key] for key in missed if key in looked} | seen
