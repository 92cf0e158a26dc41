"""How the scheduler is: its last tick, what it left undone, what ACI still grants, and which rows are wrong."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from scheduler.desk import jobs, unsent
from scheduler.desk.beat import Beat
from scheduler.desk.jobs import JobLine
from scheduler.desk.unsent import Unsent
from scheduler.pace import FIVE_MINUTES, HOUR, Allowances
from scheduler.ports import World
from scheduler.row import HEARTBEAT, Row, known

_CELLS = ("FullRead", "LastTick", "Duration", "Counts", "Troubles", "Creations", *unsent.CELLS)


@dataclass(frozen=True)
class Late:
    """A due time that has passed, and that no tick has decided yet."""

    line: JobLine
    due: datetime
    by: timedelta


@dataclass(frozen=True)
class Creations:
    """What ACI last said of the creations that are left in a region; None = it did not say, or that is too long ago."""

    location: str
    told: datetime
    five_minutes: int | None
    hour: int | None
    #: How many may be asked for now, None = any number, and which window bounds that, '' = none.
    left: int | None
    window: str


@dataclass(frozen=True)
class Health:
    """The state of the whole. A tick is `late` after five minutes; `never` when there was none."""

    now: datetime
    status: str
    last_tick: datetime | None
    age: timedelta | None
    #: How long the last whole tick took, and what it did: seen, started, finished, skipped.
    seconds: float | None
    counts: Mapping[str, int]
    #: What it could not write or remove, as sentences; orphans that stay are among them.
    troubles: tuple[str, ...]
    full_read: datetime | None
    creations: tuple[Creations, ...]
    #: How many container groups stand or are about to, and how many may (MAX_ACTIVE_RUNS).
    going: int
    most: int
    #: How many jobs there are of each status, '' = no tick has seen them yet.
    jobs: Mapping[str, int]
    total: int
    invalid: tuple[JobLine, ...]
    #: Jobs whose open runs cannot be read, since somebody damaged the cell.
    damaged: tuple[JobLine, ...]
    #: Due times that nobody has decided, the latest first, and how late the worst is.
    late: tuple[Late, ...]
    #: What webhooks have not taken, by webhook; each has its sentence.
    unsent: tuple[Unsent, ...] = ()

    @property
    def lag(self) -> timedelta:
        """How late the most belated due time is."""
        return max((one.by for one in self.late), default=timedelta(0))


def health(world: World, now: datetime) -> Health:
    """Read all of it with one query of Jobs, Crontable's own row among the others."""
    rows = {row.key: row for row in world.jobs.query((), (*jobs.SELECT, *_CELLS)).rows}
    heartbeat, lines = rows.get(HEARTBEAT) or Row(*HEARTBEAT), jobs.of_rows(rows)
    cells = heartbeat.columns
    beat, full = Beat.of(cells, now), known(cells.get("FullRead"))
    open_runs = [run for line in lines if line.row.columns.get("Active") is True for run in line.standing.runs]
    took = cells.get("Duration")
    return Health(
        now=now,
        status=beat.status,
        last_tick=beat.last,
        age=beat.age,
        seconds=float(took) if isinstance(took, int | float) else None,
        counts=_counts(cells.get("Counts")),
        troubles=tuple(line for line in str(cells.get("Troubles", "")).splitlines() if line),
        full_read=full,
        creations=_creations(cells.get("Creations"), now),
        going=sum(not (run.existing or run.waiting) for run in open_runs),
        most=world.settings.max_active_runs,
        jobs=Counter(line.status for line in lines),
        total=len(lines),
        invalid=tuple(line for line in lines if line.invalid),
        damaged=tuple(line for line in lines if line.row.columns.get("Active") is True and line.standing.damaged),
        late=_late(lines, now),
        unsent=unsent.unsent(rows.values(), world.settings.webhook),
    )


def _late(lines: list[JobLine], now: datetime) -> tuple[Late, ...]:
    """Find due times that have passed; what waits in line, or for a run before it, is late, too, and says why.

    What its own Jitter puts off is not late before that.
    """
    found = [
        Late(line, due, now - due)
        for line in lines
        if not line.invalid and (due := line.next_due) is not None and due < now
        and not due < (known(line.row.columns.get("NextRun")) or due) > now
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda one: (one.due, one.line.key)))


def _counts(written: object) -> Mapping[str, int]:
    said = _json(written)
    return {str(name): value for name, value in said.items() if type(value) is int} if isinstance(said, dict) else {}


def _creations(written: object, now: datetime) -> tuple[Creations, ...]:
    allowances = Allowances.from_dict(_json(written))
    return tuple(
        Creations(
            location,
            told.when,
            told.five_minutes if now - told.when < FIVE_MINUTES else None,
            told.hour if now - told.when < HOUR else None,
            allowances.left(location, now),
            allowances.window(location, now),
        )
        for location, told in sorted(allowances.regions.items())
    )


def _json(written: object) -> object:
    try:
        return json.loads(written) if isinstance(written, str) and written else None
    except (ValueError, RecursionError):
        return None
