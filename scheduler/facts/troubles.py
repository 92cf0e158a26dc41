"""What could not be done, and nothing else can tell: errors in the log, and lines of the page Health."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from scheduler.facts.fact import ERROR, WARNING, Fact
from scheduler.row import iso


@dataclass(frozen=True)
class Trouble(Fact):
    """Something that could not be done. `why`: the answer, or the error."""

    weight = ERROR
    #: What could not be done, in words that stand before the reason.
    what: ClassVar[str] = ""
    why: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.what}{self.why}"


@dataclass(frozen=True)
class JobTrouble(Trouble):
    """The same, of one job."""

    job: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job}: {self.what}{self.why}"


class LookRefused(JobTrouble):
    """ACI does not let a run's group be looked at."""


class LookOdd(JobTrouble):
    """A look at a run ended in an error that nobody foresaw."""

    what = "its run gave "


@dataclass(frozen=True)
class LooksMissed(Fact):
    """Groups of open runs that this tick did not see. `why`: the first answer; `throttled`: ARM had enough of us."""

    weight = WARNING
    groups: int
    why: str
    throttled: bool

    @property
    def sentence(self) -> str:
        """Say it; an alert of infra/ looks for the word that tells of 429."""
        several = f"{self.groups} running groups" if self.groups != 1 else "1 running group"
        waits = "and waits for its turn" if self.groups == 1 else "and wait for their turn"
        asked = "ARM answers 429, throttled: " if self.throttled else ""
        return f"{several} could not be looked at, {waits}: {asked}{self.why}"


@dataclass(frozen=True)
class StartsLate(Fact):
    """Starts that were left to the next tick, since this one was too old to send them."""

    weight = ERROR
    starts: int
    seconds: float

    @property
    def sentence(self) -> str:
        """Say it."""
        several = f"{self.starts} starts wait" if self.starts != 1 else "1 start waits"
        return f"{several} for the next tick: this one had taken {self.seconds:.0f} s before it came to them"


class StartOdd(JobTrouble):
    """A start ended in one."""

    what = "its start gave "


class NeedsOdd(JobTrouble):
    """Finding out what a start needs ended in one."""

    what = "what its start needs gave "


class EvidenceRefused(JobTrouble):
    """The run's row takes its end without the evidence."""

    what = "the run's row takes no evidence: "


@dataclass(frozen=True)
class RowRefused(JobTrouble):
    """A job's row cannot be written at all. `reason` is told in the row itself, too, if that can be written."""

    status: int

    @property
    def reason(self) -> str:
        """Say it without the job's name."""
        return f"The row cannot be written ({self.status}): {self.why}"

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job}: {self.reason}"


@dataclass(frozen=True)
class Untold(JobTrouble):
    """News could not be written down, so that nobody is told. `job`: '' of what concerns no single one."""

    status: int

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job or 'quota'}: nobody can be told ({self.status}): {self.why}"


@dataclass(frozen=True)
class GroupStays(JobTrouble):
    """ACI does not let a run's group be removed."""

    group: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"{self.job}: the group {self.group} stays: {self.why}"


@dataclass(frozen=True)
class OrphanStays(Trouble):
    """ACI does not let a group be removed that belongs to no run."""

    group: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"the orphan {self.group} stays: {self.why}"


class OrphansUnknown(Trouble):
    """ACI does not list the groups."""

    what = "orphans are not looked for: "


@dataclass(frozen=True)
class OrphansSpared(Fact):
    """Groups bear our tags, and the Runs table knows of no run at all. `group`: the first of them."""

    weight = ERROR
    groups: int
    group: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"the Runs table is empty, so that what bears our tags stays: {self.groups}, as {self.group}"


@dataclass(frozen=True)
class GroupCameBack(Fact):
    """A group stood there though its run was closed."""

    weight = ERROR
    group: str
    closed: datetime

    @property
    def sentence(self) -> str:
        """Say it."""
        return (
            f"the container group {self.group} was there though its run was closed at {iso(self.closed)}: ACI carried "
            "out a request more than five minutes late, or lost a delete; it was deleted now"
        )


@dataclass(frozen=True)
class RunUnreadable(Fact):
    """An open row of Runs that somebody damaged."""

    weight = ERROR
    row: str

    @property
    def sentence(self) -> str:
        """Say it."""
        return f"the run row {self.row} is open and cannot be read"


class LogsStay(Trouble):
    """Logs of old runs could not be removed."""

    what = "old runs stay until tomorrow: "


class RowsStay(Trouble):
    """Old rows could not be removed."""

    what = "old rows stay until tomorrow: "


class SweepFailed(Trouble):
    """The sweep of the day ended in an error."""

    what = "what is older than it is kept could not be removed, and stays for now: "


class SettingIgnored(Trouble):
    """A setting is wrong that no tick rests on; `why` is the whole sentence."""
