"""What happens to telemetry and to alerts on their way: they do not arrive any more, or do again."""

from dataclasses import dataclass

from scheduler.facts.fact import ERROR, WARNING, Fact


@dataclass(frozen=True)
class TelemetryOff(Fact):
    """A connection string is set, and nothing is sent all the same."""

    why: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"No telemetry is sent, and ticks go on without: {self.why}"


@dataclass(frozen=True)
class TelemetryRefused(TelemetryOff):
    """The same, where somebody should mend it."""

    weight = WARNING


@dataclass(frozen=True)
class TelemetryFailing(Fact):
    """What is sent does not arrive any more; said once, until it does again."""

    weight = WARNING
    why: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"Telemetry does not arrive, and ticks go on without: {self.why[:500]}"


@dataclass(frozen=True)
class TelemetryBack(Fact):
    """What is sent arrives again."""

    sentence = "Telemetry arrives again."


@dataclass(frozen=True)
class AlertsFailing(Fact):
    """A webhook took a message before, or none was tried, and takes none now; said once, until it does again."""

    weight = WARNING
    to: str
    why: str

    @property
    def sentence(self) -> str:
        """Say it; `to` is the address as it may be shown."""
        return f"Alerts do not arrive at {self.to}, and are tried again: {self.why}."


@dataclass(frozen=True)
class AlertsBack(Fact):
    """It takes them again."""

    to: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"Alerts arrive again at {self.to}."


@dataclass(frozen=True)
class AlertGivenUp(Fact):
    """News that nobody will be told. `title`: of the first, `more`: how many beside it."""

    weight = ERROR
    to: str
    why: str
    title: str
    more: int

    @property
    def sentence(self) -> str:
        """Say it."""
        several = f" and {self.more} more" if self.more else ""
        return f"An alert could not be sent to {self.to}: {self.why}. It was given up: {self.title}{several}."


@dataclass(frozen=True)
class AlertsUnsent(Fact):
    """Sending itself went wrong. `error`: its kind alone, since its text may hold a webhook's address."""

    weight = ERROR
    error: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"alerts could not be sent, and are tried again: {self.error}"
