"""Is this finished run news? A change is, a state is not: the second failure in a row alerts nobody. Pure."""

from dataclasses import dataclass

from scheduler.outcome import Outcome
from scheduler.run import State


@dataclass(frozen=True)
class News:
    """Something that a person on call wants to be told once."""

    job: str
    sentence: str


def news(job: str, failures: int, outcome: Outcome) -> News | None:
    """Compare a run's end with the failures in a row before it."""
    if outcome.retry_at:
        return None
    if outcome.state is State.SUCCEEDED and failures:
        return News(
            job, f"{job} recovered after {failures} failure{'s in a row' if failures > 1 else ''}. {outcome.sentence}"
        )
    if outcome.state in (State.FAILED, State.LOST) and not failures:
        return News(job, f"{job} failed. {outcome.sentence}")
    return None
