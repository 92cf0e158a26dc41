"""A job's history over some days, out of its rows of Runs: what its last 30 runs, which its own row holds, cannot tell.

It costs a bounded number of requests, however many runs there were: where the newest `MOST` rows do not reach back to
the first day, the history begins where they end, and says so.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.desk.faults import Missing, Wrong
from scheduler.desk.names import job_name, parts_of, read_zone
from scheduler.desk.runline import RunLine, of_row
from scheduler.identity import countdown, run_prefix, span
from scheduler.period import Period, Seen
from scheduler.ports import Condition, World
from scheduler.row import Key, Row, iso
from scheduler.settings import Settings
from scheduler.wall import midnight

#: The most rows of Runs that one history is made of, and the most requests: the service may answer with few at once.
MOST, MOST_LOOKS = 10_000, 20
_PAGE = 1_000
#: How many days are shown unless somebody asks for others, and the most where runs are kept for ever.
DAYS, MOST_DAYS = 30, 366
#: What of a row is asked for: due time and attempt stand in its key.
_CELLS = ("State", "Trigger", "Duration", "Cost", "RetryAt")
_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class History:
    """How a job's runs went, day by day."""

    key: Key
    #: As IANA names it: days begin and end at its midnight.
    zone: str
    #: The days that were asked for; `period` has fewer where the newest rows do not reach back so far.
    days: int
    period: Period
    #: How many rows of Runs were looked at.
    rows: int
    #: Whether there are older ones among these days, and from which due time on all were looked at.
    more: bool = False
    since: datetime | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """Say what is left out, in sentences."""
        if not self.more:
            return ()
        if self.since is None:
            return (f"Table Storage gave no row in {MOST_LOOKS} answers: try again.",)
        return (f"Only the newest {self.rows:,} rows of Runs were looked at: those due since {iso(self.since)}.",)


def longest(settings: Settings) -> int:
    """Give the most days that may be asked for: what is older than RETENTION_DAYS is removed."""
    return min(settings.retention_days or MOST_DAYS, MOST_DAYS)


def history(world: World, key: Key, now: datetime, days: int | None = None, zone: str = "UTC") -> History:
    """Read a job's history of the last so many days, today among them; of a job that was removed, too.

    Raises `Wrong`, and `Missing` for a job that is not there and never ran.
    """
    most = longest(world.settings)
    asked = min(DAYS, most) if days is None else days
    if not 1 <= asked <= most:
        bound = " (RETENTION_DAYS)" if most == world.settings.retention_days else ""
        raise Wrong(f"days is {asked}: it must be a number from 1 to {most}{bound}.", "days")
    place = read_zone(zone)
    today = now.astimezone(place).date()
    first = today - timedelta(days=asked - 1)
    rows, more = _read(world, key, midnight(first, place), midnight(today + timedelta(days=1), place))
    if not rows and not more and world.jobs.read(key) is None and not world.runs.page([span(key)], _CELLS, 1).rows:
        raise Missing(f"There is no job {job_name(key)}.")
    lines = [of_row(row) for row in rows if parts_of(row)]
    if more and lines:
        # The due time at which the reading stopped may have attempts that were not read: its end is not known.
        lines = [line for line in lines if line.began > lines[-1].began] or lines
        first = max(first, lines[-1].began.astimezone(place).date())
    period = Period.of((_seen(line) for line in lines), first, place, now)
    return History(key, place.key, asked, period, len(rows), more, lines[-1].began if more and lines else None)


def _read(world: World, key: Key, begin: datetime, end: datetime) -> tuple[list[Row], bool]:
    """Read the rows of the due times from `begin` on and before `end`, newest first, and whether there are more."""
    prefix = run_prefix(key[1])
    where: list[Condition] = [
        ("PartitionKey", "eq", key[0]),
        ("RowKey", "ge", f"{prefix}{countdown(end - _MILLISECOND)}|"),
        ("RowKey", "lt", f"{prefix}{countdown(begin)}|~"),
    ]
    rows: list[Row] = []
    after = ""
    for _ in range(MOST_LOOKS):
        found = world.runs.page([where], _CELLS, min(_PAGE, MOST - len(rows)), after)
        rows += found.rows
        after = found.next
        if not after or len(rows) >= MOST:
            break
    return rows, bool(after)


def _seen(line: RunLine) -> Seen:
    seconds = line.seconds
    return Seen(
        line.began,
        line.attempt,
        str(line.cells.get("State")),
        line.trigger,
        seconds if seconds is not None and seconds >= 0 else None,
        line.cost,
        line.retry_at,
    )
