"""The newest rows of Runs of one job after the other, many jobs by one request.

Most jobs of an installation have few rows. Asked for one by one, ten thousand jobs would cost as many requests a day,
though nothing of them can go.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from scheduler.identity import run_prefix
from scheduler.ports import World
from scheduler.row import Key, Row
from scheduler.steps.repair import NEWEST, newest_runs

#: Rows in one answer.
MOST = 1_000
_END = "\U0010ffff"


@dataclass
class Newest:
    """A stretch of Runs, as it was read: whoever asks for the jobs in the order of their keys finds most in it."""

    world: World
    select: Sequence[str]
    rows: Sequence[Row] = ()
    #: The keys between which every row is in `rows`.
    first: Key = ("", "")
    last: Key = ("", "")

    def known(self, job: Key) -> Sequence[Row] | None:
        """Give a job's newest rows, newest first, without a request; None where that cannot be."""
        begin, end = (job[0], run_prefix(job[1])), (job[0], f"{run_prefix(job[1])}~")
        if not self.first <= begin <= self.last:
            return None
        own = [row for row in self.rows if begin <= row.key < end]
        return own[:NEWEST] if len(own) >= NEWEST or self.last >= end else None

    def read(self, job: Key) -> tuple[Sequence[Row], int]:
        """Give a job's newest rows, and how many requests that took: two at most."""
        if (found := self.known(job)) is not None:
            return found, 0
        self._stretch(job)
        if (found := self.known(job)) is not None:
            return found, 1
        return newest_runs(self.world, job, self.select), 2

    def _stretch(self, job: Key) -> None:
        """Read from a job on; where a partition begins, from there on and into the next ones."""
        partition, prefix = job[0], run_prefix(job[1])
        if partition > self.last[0]:
            where = [("PartitionKey", "ge", partition)]
            self.first, end = (partition, ""), (_END, "")
        else:
            where = [("PartitionKey", "eq", partition), ("RowKey", "ge", prefix)]
            self.first, end = (partition, prefix), (partition, _END)
        part = self.world.runs.page([where], self.select, MOST)
        self.rows = part.rows
        reached = part.rows[-1].key if part.rows else self.first
        self.last = reached if part.next else end
