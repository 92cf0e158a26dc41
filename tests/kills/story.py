"""Stories: what people typed, when ticks come, which of them are killed, and how every run ends all the same."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from scheduler.row import iso
from tests.kills.place import Place

#: A run as it must stand in Runs at the end: minutes into the story at which it was due, attempt, state.
type Run = tuple[int, int, str]


@dataclass(frozen=True)
class Job:
    """A job's row, when it is due (in minutes), and how its runs end. `provisioned`: the image of a group to start."""

    name: str
    columns: Mapping[str, Any]
    due: Sequence[int]
    runs: Sequence[Run]
    provisioned: str = ""


@dataclass(frozen=True)
class Story:
    """Jobs, the minutes of its ticks, and what people do right before some of them.

    `quiet`: the minute of the tick after which nothing goes any more, whatever was killed before it.
    `furnished`: the tables are there before the first tick.
    """

    jobs: Sequence[Job]
    ticks: Sequence[int]
    quiet: int
    people: Mapping[int, Callable[[Place], None]] = field(default_factory=dict)
    furnished: bool = True

    def begin(self, place: Place, start: datetime) -> None:
        """Type the rows."""
        if self.furnished:
            place.furnish()
        for job in self.jobs:
            if job.provisioned:
                place.containers.provision(f"ours-{job.name}", job.provisioned)
            group = {"ContainerGroup": f"ours-{job.name}"} if job.provisioned else {}
            due = "; ".join(f"at {iso(start + timedelta(minutes=minute))}" for minute in job.due)
            place.add(job.name, Schedule=due, **group, **job.columns)

    def before(self, minute: int, place: Place) -> None:
        """Do what people do right before the tick of this minute."""
        self.people.get(minute, _nobody)(place)


def _nobody(_: Place) -> None:
    """Do nothing."""


def _cancel(place: Place) -> None:
    """Ask once for the end of the run that would last, as soon as there is one."""
    row = place.rows()["cancelled"].columns
    if row["Active"] and row["Status"] in ("Starting", "Running"):
        place.edit("cancelled", Request="cancel")


#: A cancel comes right before the tick of minute 2, and later if the run comes later.
_CANCELS = dict.fromkeys(range(2, 81), _cancel)
RETRIED: Mapping[str, Any] = {"Image": "trips", "Retries": 1, "RetryDelay": "1m"}
#: Enough ticks after each, and after the leases of what a killed one has claimed, which last 15 minutes.
_TICKS = [0, 1, 2, 3, 18, 20, 34, 36, 62, 63, 80]
#: One tick (minute 2) starts a job, finishes one, finds that one failed and may try again, starts another one's
#: second try, and cancels one.
EVERYTHING = Story(
    jobs=[
        Job("started", {"Image": "ends"}, [2], [(2, 1, "Succeeded")]),
        Job("finished", {"Image": "ends", "Overlap": "wait"}, [1, 18], [(1, 1, "Succeeded"), (18, 1, "Succeeded")]),
        Job("cancelled", {"Image": "lasts"}, [1], [(1, 1, "Cancelled")]),
        Job("failed", RETRIED, [1], [(1, 1, "Failed"), (1, 2, "Succeeded")]),
        Job("tried", RETRIED, [0], [(0, 1, "Failed"), (0, 2, "Succeeded")]),
    ],
    ticks=_TICKS,
    quiet=36,
    people=_CANCELS,
)
#: The same with groups that are there before their runs, and are started and stopped.
EXISTING = Story(
    jobs=[
        Job("started", {}, [2], [(2, 1, "Succeeded")], "ends"),
        Job("finished", {"Overlap": "wait"}, [1, 18], [(1, 1, "Succeeded"), (18, 1, "Succeeded")], "ends"),
        Job("cancelled", {}, [1], [(1, 1, "Cancelled")], "lasts"),
    ],
    ticks=_TICKS,
    quiet=36,
    people=_CANCELS,
)
#: The very first day: the Runs table and the logs' container are missing.
FIRST_DAY = Story(
    jobs=[Job("first", {"Image": "ends"}, [0], [(0, 1, "Succeeded")])],
    ticks=[0, 1, 2, 16, 18, 62],
    quiet=18,
    furnished=False,
)
#: For several ticks at once: in each minute some jobs end and are due again.
RACED = Story(
    jobs=[
        *(Job(f"each{n}", {"Image": "ends"}, [0, 1, 2, 3], [(m, 1, "Succeeded") for m in range(4)]) for n in range(3)),
        Job("kept", {}, [1], [(1, 1, "Succeeded")], "ends"),
        Job("failed", RETRIED, [0], [(0, 1, "Failed"), (0, 2, "Succeeded")]),
        Job("cancelled", {"Image": "lasts"}, [0], [(0, 1, "Cancelled")]),
    ],
    ticks=[0, 1, 2, 3, 4, 62],
    quiet=62,
    people=_CANCELS,
)
