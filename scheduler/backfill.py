"""A backfill: past due times that a person asked to be played again, in order, beside the live schedule. Pure.

It has a watermark of its own, so that the live one stays where it is. It stands in the job row's column
Backfill, moves on with each claim, and ends with its last due time, a final failure or a cancel.
"""

import json
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import count
from typing import Self

from scheduler.entry import ODD
from scheduler.identity import aware
from scheduler.row import iso
from scheduler.schedule import Schedule

#: The most due times of one backfill.
MOST = 1_000


@dataclass(frozen=True)
class Backfill:
    """Due times from `first` on and before `before`; `next` is the one to be claimed next, None after the last."""

    first: datetime
    before: datetime
    next: datetime | None
    total: int
    done: int = 0
    watermark: str = ""
    id: str = ""  # when it was asked for: tells its runs from those of another backfill of the same due times

    @property
    def progress(self) -> str:
        """Say how far it is."""
        return f"Backfill {iso(self.first)}..{iso(self.before)}: {self.done} of {self.total} done"

    def claimed(self, schedule: Schedule) -> Self:
        """Move on to the due time after the one that is claimed now."""
        return replace(self, next=_within(schedule.after(self.next), self.before) if self.next else None)

    def settled(self, watermark: str) -> Self:
        """Count a success, and keep what it moved the backfill's watermark to."""
        return replace(self, done=self.done + 1, watermark=watermark)

    def __str__(self) -> str:
        said = asdict(self) | {
            name: iso(moment) if moment else None
            for name, moment in (("first", self.first), ("before", self.before), ("next", self.next))
        }
        return json.dumps(said)

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Read the column Backfill; None when there is none, or somebody mangled it."""
        if not text:
            return None
        try:
            said = json.loads(text)
            following = said["next"]
            return cls(
                aware(said["first"]), aware(said["before"]), aware(following) if following else None,
                int(said["total"]), int(said["done"]), str(said["watermark"]), str(said["id"]),
            )  # fmt: skip
        except ODD:
            return None


def begin(schedule: Schedule, first: datetime, before: datetime, watermark: str, now: datetime) -> Backfill | str:
    """Begin a backfill of the due times `first` <= due < `before`, or say why there is none."""
    if before > now:
        return f"it ends at {iso(before)}, which is not past yet"
    due = schedule.latest(first)
    due = due if due == first else schedule.after(first)
    begin_at = _within(due, before)
    if begin_at is None:
        return f"the schedule has no due time from {iso(first)} on and before {iso(before)}"
    total, following = 0, begin_at
    for total in count(1):
        if total > MOST:
            return f"it has more than {MOST:,} due times: ask for it in pieces"
        after = _within(schedule.after(following), before)
        if after is None:
            break
        following = after
    return Backfill(first, before, begin_at, total, 0, watermark, iso(now))


def _within(due: datetime | None, before: datetime) -> datetime | None:
    return due if due and due < before else None
