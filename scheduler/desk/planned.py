"""The due times of a day that are still to come, of all jobs, with a bound on what a page looks at. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.desk.ahead import Ahead, stretches
from scheduler.desk.jobs import JobLine
from scheduler.schedule import Schedule

#: The most due times that are planned for one job.
MOST_PLANNED = 100
#: The most due times that are planned for all jobs together, that are looked at for one, and for those together.
MOST_IN_ALL, MOST_SEEN, MOST_SEEN_IN_ALL = 20_000, 1_500, 10_000


@dataclass
class Plan:
    """The due times of a day that are still to come; jobs that share a schedule share the work."""

    begin: datetime
    end: datetime
    now: datetime
    left: int

    def __post_init__(self) -> None:
        self._known: dict[Schedule, tuple[datetime, ...]] = {}
        self._ahead: dict[Schedule, tuple[Ahead, ...]] = {}
        self._unseen = MOST_SEEN_IN_ALL
        self.cut: set[Schedule] = set()

    def ahead(self, line: JobLine, dues: Sequence[datetime]) -> tuple[Ahead, ...]:
        """Give the stretches in which a job with these due times is due often."""
        if not dues or line.schedule is None or not self._known[line.schedule]:
            return ()
        if line.schedule not in self._ahead:
            self._ahead[line.schedule] = tuple(stretches(self._known[line.schedule]))
        return self._ahead[line.schedule]

    def dues(self, line: JobLine) -> tuple[datetime, ...]:
        """Give all of a job's due times that were looked at."""
        if line.invalid or line.paused or line.schedule is None or self.end <= self.now:
            return ()
        waits = () if line.next_due is None or line.next_due > self.now else (line.next_due,)
        dues = self._known.get(line.schedule)
        if dues is None:
            dues = self._known[line.schedule] = self._after(line.schedule)
        known = (*(due for due in waits if self.begin <= due < self.end), *dues) if self.left > 0 else ()
        self.left -= min(len(known), MOST_PLANNED)
        return known

    def _after(self, schedule: Schedule) -> tuple[datetime, ...]:
        found: list[datetime] = []
        most = max(min(MOST_SEEN, self._unseen), MOST_PLANNED + 1)
        due = schedule.after(max(self.now, self.begin - timedelta(microseconds=1)))
        while due is not None and due < self.end and len(found) < most:
            found.append(due)
            due = schedule.after(due)
        self._unseen -= len(found)
        if due is not None and due < self.end:
            self.cut.add(schedule)
        return tuple(found)
