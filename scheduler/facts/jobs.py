"""What people are told of a job, once: what changed, and in which words. `scheduler.alerts` says when it is news."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.cell import length
from scheduler.facts.fact import WARNING, Fact
from scheduler.row import iso


@dataclass(frozen=True)
class OfJob(Fact):
    """Something that a person on call wants to be told of a job."""

    weight = WARNING
    job: str


@dataclass(frozen=True)
class OfRun(OfJob):
    """The same, of one of its runs."""

    run: str


@dataclass(frozen=True)
class Failed(OfRun):
    """A due time failed for good. `told`: how, in words."""

    told: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job} failed. {self.told}"


@dataclass(frozen=True)
class Recovered(OfRun):
    """A run succeeded after so many due times in a row had failed."""

    failures: int
    told: str

    @property
    def sentence(self) -> str:
        """Say it."""
        times = f"{self.failures} failure{'s in a row' if self.failures > 1 else ''}"
        return f"{self.job} recovered after {times}. {self.told}"


@dataclass(frozen=True)
class BecameInvalid(OfJob):
    """The row is wrong. `told`: the row's own Reason."""

    told: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job} is Invalid and does not run. {self.told}"


@dataclass(frozen=True)
class BecameValid(OfJob):
    """The row was mended."""

    told: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job} is valid again. {self.told}"


@dataclass(frozen=True)
class DataStale(OfJob):
    """The data is older than somebody wants it; it reaches to `reaches`."""

    fresh_for: timedelta
    reaches: datetime

    @property
    def sentence(self) -> str:
        """Say it."""
        older = f"has data older than its FreshFor of {length(self.fresh_for)}"
        return f"{self.job} {older}: it reaches to {iso(self.reaches)}."


@dataclass(frozen=True)
class DataFresh(OfJob):
    """It is young enough again."""

    reaches: datetime

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job} has fresh data again: it reaches to {iso(self.reaches)}."


@dataclass(frozen=True)
class StandsStill(OfRun):
    """So many runs in a row succeeded, and none moved the watermark."""

    runs: int
    watermark: str

    @property
    def sentence(self) -> str:
        """Say it."""
        where = f" at {self.watermark}" if self.watermark else ""
        stays = f"{self.runs} runs in a row succeeded, and it stands still{where}"
        return f"{self.job} does not move its watermark: {stays}."


@dataclass(frozen=True)
class MovesAgain(OfRun):
    """A run moved it."""

    watermark: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job} moves its watermark again: {self.watermark}."


@dataclass(frozen=True)
class RunsLong(OfRun):
    """A run goes on for longer than is usual; both in seconds."""

    seconds: float
    usual: float

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job} runs for {lasting(self.seconds)} now, and usually not longer than {lasting(self.usual)}."


@dataclass(frozen=True)
class TookLong(OfRun):
    """A run was long, and over before a tick could see it."""

    seconds: float
    usual: float

    @property
    def sentence(self) -> str:
        """Say it."""
        usually = f"usually not longer than {lasting(self.usual)}"
        return f"{self.job} took {lasting(self.seconds)}, and {usually}. The run succeeded."


@dataclass(frozen=True)
class LongRunEnded(OfRun):
    """A run that was told to be long succeeded."""

    seconds: float

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job} ended its long run after {lasting(self.seconds)}: it succeeded."


@dataclass(frozen=True)
class DueTimesMissed(OfJob):
    """Due times were let pass because they were late."""

    first: datetime
    last: datetime
    why: str

    @property
    def sentence(self) -> str:
        """Say it."""
        several = f"times from {iso(self.first)} to {iso(self.last)}"
        which = f"time of {iso(self.first)}" if self.first == self.last else several
        return f"{self.job} missed its due {which}: {self.why}."


@dataclass(frozen=True)
class RationUsedUp(OfJob):
    """ACI grants no more in a region; this job met it first."""

    location: str
    told: str
    #: It was asked for and refused; else it waits without being asked for.
    met: bool

    @property
    def sentence(self) -> str:
        """Say it."""
        first = f"{self.job} met it first: {self.told}" if self.met else f"{self.job} waits for it. {self.told}"
        return f"ACI grants no more in {self.location} for now. {first}"


@dataclass(frozen=True)
class TestAsked(OfJob):
    """Somebody tries whether alerts arrive; `job`: '' for the setting's webhook."""

    who: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"This is a test of {self.job or 'the alerts'}, asked for by {self.who}. Nothing is wrong."


def lasting(seconds: float) -> str:
    """Write a duration as people read it: 40 s, 12 min, 3 h 5 min."""
    minutes = round(seconds / 60)
    if seconds < 100:  # noqa: PLR2004 - seconds that one still counts
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"  # noqa: PLR2004 - an hour's
