"""News: a change that a person on call wants to be told once; a second failure in a row is a state, and none."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from scheduler.facts.jobs import Failed, OfJob, RationUsedUp, Recovered
from scheduler.identity import run_ref
from scheduler.outcome import Outcome
from scheduler.pace import region_of
from scheduler.row import Key
from scheduler.run import Cause, Run, State, Trigger


class Kind(StrEnum):
    """What has changed."""

    FAILED = "failed"
    RECOVERED = "recovered"
    INVALID = "invalid"
    VALID = "valid"
    LONG = "long"
    ENDED = "ended"
    STILL = "still"
    MOVING = "moving"
    STALE = "stale"
    FRESH = "fresh"
    MISSED = "missed"
    QUOTA = "quota"
    TEST = "test"


#: The kinds by which something that was wrong is over.
GOOD = frozenset({Kind.RECOVERED, Kind.VALID, Kind.ENDED, Kind.MOVING, Kind.FRESH})
TITLES = {
    Kind.FAILED: "Failed",
    Kind.RECOVERED: "Recovered",
    Kind.INVALID: "Invalid row",
    Kind.VALID: "Valid again",
    Kind.LONG: "Runs long",
    Kind.ENDED: "Long run ended",
    Kind.STILL: "Watermark stands still",
    Kind.MOVING: "Watermark moves again",
    Kind.STALE: "Data is too old",
    Kind.FRESH: "Data is fresh again",
    Kind.MISSED: "Due time missed",
    Kind.QUOTA: "Quota reached",
    Kind.TEST: "Test",
}
#: The longest sentence and reason that are kept; a message is shorter still.
LONGEST = 2_000


@dataclass(frozen=True)
class News:
    """One thing to tell. `what`: what tells it from the next of its kind: a run, a due time, an edit, a day."""

    kind: Kind
    #: '' of what concerns no single job.
    job: str
    sentence: str
    what: str = ""
    #: The run that it is about, as `run_ref` writes it.
    run: str = ""
    #: What it says, as the log is told it; None for what was read back from the outbox.
    fact: OfJob | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, kind: Kind, fact: OfJob, what: str = "", run: str = "") -> Self:
        """Make news of a fact, in its words."""
        return cls(kind, fact.job, fact.sentence, what, run, fact)

    @property
    def id(self) -> str:
        """Name it: the same whoever finds it, and however often."""
        told = f"{self.kind}\0{self.job}\0{self.what}"
        return f"{self.kind}-{hashlib.sha256(told.encode(errors='surrogatepass')).hexdigest()[:32]}"

    @property
    def title(self) -> str:
        """Say in a line what it is about."""
        return f"{TITLES[self.kind]}: {self.job}" if self.job else TITLES[self.kind]

    def to_dict(self) -> dict[str, str]:
        """Write it as JSON takes it."""
        said = self.sentence if len(self.sentence) <= LONGEST else f"{self.sentence[: LONGEST - 1]}…"
        return {"kind": str(self.kind), "job": self.job, "sentence": said, "what": self.what, "run": self.run}

    @classmethod
    def from_dict(cls, said: Any) -> Self:  # noqa: ANN401 - whatever JSON holds
        """Read it back; raises ValueError, LookupError or TypeError for what somebody mangled."""
        texts = {name: str(said.get(name, "")) for name in ("job", "sentence", "what", "run")}
        return cls(Kind(said["kind"]), texts["job"], texts["sentence"], texts["what"], texts["run"])


def news(failures: int, run: Run, outcome: Outcome) -> News | None:
    """Compare a run's end with the failures in a row before it.

    Scenario: a job fails each hour, and somebody fills up last week. A backfill's runs count nowhere, so none of them
    may say that the job recovered; one that fails ends its backfill, and who asked for that wants to hear of it.
    """
    if outcome.retry_at:
        return None
    job, name = "/".join(run.job), run_ref(run.due, run.attempt)
    backfill = run.trigger == Trigger.BACKFILL
    if outcome.state is State.SUCCEEDED and failures and not backfill:
        return News.of(Kind.RECOVERED, Recovered(job, name, failures, outcome.sentence), name, name)
    if outcome.state in (State.FAILED, State.LOST) and (backfill or not failures):
        sentence = f"{'Its backfill ends with that. ' if backfill else ''}{outcome.sentence}"
        return News.of(Kind.FAILED, Failed(job, name, sentence), name, name)
    return None


def scarce(run: Run, outcome: Outcome, now: datetime) -> News | None:
    """Tell that a run met the end of what ACI grants in its region: its quota, or the creations of the hour."""
    if outcome.cause not in (Cause.QUOTA, Cause.THROTTLED):
        return None
    return _quota(RationUsedUp("/".join(run.job), region_of(run.location), outcome.sentence, met=True), now)


def rationed(job: Key, location: str, told: str, now: datetime) -> News:
    """Tell that a start waits, since ACI said that it creates no more in its region for now."""
    return _quota(RationUsedUp("/".join(job), region_of(location), told, met=False), now)


def _quota(fact: RationUsedUp, now: datetime) -> News:
    """Tell it once a day and region: it concerns no single job."""
    return replace(News.of(Kind.QUOTA, fact, f"{fact.location} {now.date()}"), job="")
