"""The timer: a tick each minute, as long as there is anything that a tick could change; else time leaps on.

A tick that is left out is a tick that was missed, which the scheduler must bear anyhow. So leaping loses no
generality, and a story of a week costs no more than what happens in it.
"""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from scheduler.row import NEVER, known
from tests.simulation.aci import next_turn

if TYPE_CHECKING:
    from tests.simulation.stage import Stage

MINUTE = timedelta(minutes=1)
#: A row that somebody wrote is looked at for so long.
FRESH = timedelta(minutes=3)
#: A look at everything is due each hour; what only that finds need not be asked for more often than this.
RARE = timedelta(minutes=10)


class Timer:
    """When the next tick is, in which process, and how late it comes."""

    def __init__(self, stage: "Stage") -> None:
        self.process = next(iter(stage.story.skews))
        self.silent_until = stage.story.first
        self.late = 0.0
        self._stage = stage
        self._quiet = 0
        self._marks = (0, 0, 0)

    def begin(self) -> None:
        """Set the first tick."""
        self._set(self._stage.story.first + MINUTE)

    def _set(self, minute: datetime) -> None:
        if minute <= self._stage.story.last:
            self._stage.timeline.at(minute + timedelta(seconds=self.late), self._fires, apart=True)

    def _fires(self) -> None:
        stage = self._stage
        if stage.clock.now >= self.silent_until:
            stage.begin_tick(self.process)
        # What this tick leads to is known when it has ended: look again right before the next minute.
        stage.timeline.at(_minute_after(stage.clock.now) - timedelta(seconds=1), self._goes_on)

    def _goes_on(self) -> None:
        now = self._stage.clock.now
        soon = _minute_after(now)
        target = soon if self._restless() else max(soon, self._next_change(now))
        self._set(max(_minute_after(target - timedelta(microseconds=1)), self._first_heard()))

    def _first_heard(self) -> datetime:
        return _minute_after(self.silent_until - timedelta(microseconds=1))

    def _restless(self) -> bool:
        """Say whether something is going on that the very next tick may bring on."""
        stage = self._stage
        jobs, runs = (sum(map(len, one.values())) for one in (stage.history.jobs, stage.history.runs))
        marks = jobs, runs, stage.aci.changes
        moved, self._marks = marks != self._marks, marks
        self._quiet = 0 if moved else self._quiet + 1
        ticks = stage.history.ticks
        written = max((one[-1].at for one in stage.history.jobs.values() if one[-1].persons), default=stage.story.first)
        return moved or not ticks[-1:] or not ticks[-1].whole or stage.clock.now - written < FRESH

    def _next_change(self, now: datetime) -> datetime:
        """Find the next instant at which anything can change, by what the rows, the containers and the story say."""
        stage = self._stage
        moments = [stage.timeline.next, next_turn(stage.aci, now), stage.story.last]
        going = False
        for row in stage.tables["jobs"].rows.values():
            if row.partition.startswith("_"):
                continue
            following = known(row.columns.get("NextRun"))
            if following and stage.history.ticks[-1].began < following <= now:
                return now  # it has come due, and no tick has looked since
            moments.append(following if following and following > now else None)
            going = going or row.columns.get("Active") is not False or (following or NEVER) <= now
        if going:
            moments.append(now + MINUTE * 4 ** min(self._quiet, 2))
        elif stage.aci.orphans():
            moments.append(now + RARE)
        return min(filter(None, moments))


def _minute_after(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0) + MINUTE
