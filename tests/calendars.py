"""A job row through a day, for stories about what the plan decides: the plan of tests, not of the product.

A calendar plans as the tick does and keeps what is decided as the tables do: the standing goes through its
row's cells and back, a start leaves a run behind, and `ends` takes it away again. All clocks are UTC on 22
November 2026 unless a story gives a whole instant.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from scheduler.identity import group_name
from scheduler.job import Digest, Job
from scheduler.plan import Cancel, Plan, Skip, Start, plan
from scheduler.row import Row, Value
from scheduler.run import LEASE, Run
from scheduler.standing import Standing

JOB = ("weather", "extract")


def at(clock: str) -> datetime:
    """`09:30` or `09:30:15` on the day of the stories, or a whole ISO instant."""
    return datetime.fromisoformat(clock if "T" in clock else f"2026-11-22T{clock}+00:00")


def clock(moment: datetime) -> str:
    return moment.strftime("%H:%M" if moment.second == 0 else "%H:%M:%S")


def run(due: datetime, trigger: str = "schedule") -> Run:
    name = group_name("acct/Jobs", JOB, due, 1)
    return Run(JOB, due, 1, trigger, name, name, "t", due, due + LEASE, timedelta(hours=1), timedelta(minutes=15))


def said(decided: Plan) -> list[str]:
    words = []
    for one in decided.decisions:
        match one:
            case Skip(first, last):
                words.append(f"skip {clock(first)}" + (f" to {clock(last)}" if last != first else ""))
            case Start(due, trigger):
                words.append(f"start {clock(due)}" + (" on request" if trigger == "request" else ""))
            case Cancel(going):
                words.append(f"cancel {clock(going.due)}")
    return words


@dataclass
class Calendar:
    """One job row through a day."""

    cells: dict[str, Value]
    edited: datetime
    standing: Standing = field(default_factory=lambda: Standing(JOB))
    last: Plan = field(default_factory=lambda: Plan(Standing(JOB), ()))

    def tick(self, now: str) -> list[str]:
        """Plan at `now`, keep what was decided, and say it in words."""
        row = Row(*JOB, {**self.standing.columns(), **self.cells, "Request": self.standing.request})
        self.last = plan(Job.from_row(row), Digest.of(row.columns), Standing.from_row(row), self.edited, at(now))
        kept = self.last.standing
        if self.last.start:
            kept = replace(
                kept, runs=(*kept.runs, run(self.last.start.due, self.last.start.trigger)), status="Starting"
            )
        if kept != self.standing:
            self.edited = at(now)
        self.standing = Standing.from_row(Row(*JOB, {**kept.columns(), "Request": kept.request}))
        return said(self.last)

    def edit(self, now: str, **cells: Any) -> "Calendar":
        """Type into the row as a person does."""
        self.standing = replace(self.standing, request=cells.pop("Request", self.standing.request))
        self.cells = {**self.cells, **cells}
        self.edited = at(now)
        return self

    def ends(self) -> "Calendar":
        """Let the runs end."""
        self.standing = replace(self.standing, runs=(), status="Succeeded")
        return self

    @property
    def next(self) -> str:
        due = self.standing.next_due
        return clock(due) if due else "never"


def typed(schedule: str = "0 * * * *", edited: str = "09:00:30", **cells: Value) -> Calendar:
    """A row that a person has just typed, and no tick has seen."""
    return Calendar({"Image": "weather", "Schedule": schedule, **cells}, at(edited))


def hourly() -> Calendar:
    """A job of every full hour, seen at 09:01, with the run of 10:00 behind it."""
    calendar = typed()
    assert calendar.tick("09:01") == []
    assert calendar.tick("10:00:05") == ["start 10:00"]
    return calendar.ends()
