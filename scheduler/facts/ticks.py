"""What happens to ticks: they are whole, or fail; a loop goes on with them; and the sweep of the day behind them."""

from dataclasses import dataclass
from datetime import datetime

from scheduler.facts.fact import ERROR, Count, Fact
from scheduler.row import iso


@dataclass(frozen=True)
class Ticked(Fact):
    """A whole tick. `past_due`: the timer called later than it should have."""

    seen: int
    started: int
    finished: int
    skipped: int
    #: Starts that ACI refused for now, since it had been asked for too many.
    throttled: int
    seconds: float
    past_due: bool = False
    #: What a person on call wants to be told, and what could not be done.
    news: tuple[Fact, ...] = ()
    troubles: tuple[Fact, ...] = ()

    def __str__(self) -> str:
        return self.sentence

    @property
    def sentence(self) -> str:
        """Say it; an alert of infra/ looks for the word that tells of throttled starts."""
        late = "past due: " if self.past_due else ""
        throttled = f"{self.throttled} throttled, " if self.throttled else ""
        return (
            f"{late}tick: {self.seen} rows looked at, {self.started} started, {self.finished} finished, "
            f"{self.skipped} skipped, {throttled}in {self.seconds:.2f} s"
        )

    @property
    def counts(self) -> tuple[Count, ...]:
        """Give how long it took, and what passed without a run."""
        return (
            Count("crontable.tick.duration", self.seconds),
            *((Count("crontable.skips", self.skipped),) if self.skipped else ()),
        )

    def to_dict(self) -> dict[str, object]:
        """Write it as JSON takes it, news and troubles as sentences."""
        counts = {"seen": self.seen, "started": self.started, "finished": self.finished, "skipped": self.skipped}
        said = {"news": [one.sentence for one in self.news], "troubles": [one.sentence for one in self.troubles]}
        return {**counts, "seconds": self.seconds, **said, "throttled": self.throttled}


@dataclass(frozen=True)
class TickFailed(Fact):
    """A tick that was not whole, where nobody else would say so. `at`: when it was made."""

    weight = ERROR
    at: datetime
    why: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{_clock(self.at)} tick failed, the next one tries again: {self.why}"


@dataclass(frozen=True)
class LoopBegan(Fact):
    """A loop without Azure Functions goes on from here."""

    schedule: str
    first: datetime

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"A tick at {self.schedule}, the first at {iso(self.first)}; Ctrl-C ends it."


@dataclass(frozen=True)
class Retired(Fact):
    """A sweep is over. `rows`: how many it removed, of Runs and of the audit."""

    rows: int
    days: int

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.rows:,} rows that were older than {self.days} days were removed, with the logs of their runs."


def stamped(at: datetime, told: object) -> str:
    """Put a tick's instant before what is said of it, as a loop prints it."""
    return f"{_clock(at)} {told}"


def _clock(at: datetime) -> str:
    return iso(at.replace(microsecond=0))
