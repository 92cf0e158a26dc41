"""What one pass has seen and done so far; each step reads it and adds to it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Event

from scheduler.alerts.alarms import Sight, watch
from scheduler.alerts.letter import Letter
from scheduler.alerts.news import News
from scheduler.changed import replace
from scheduler.decision import Skip
from scheduler.facts.fact import Fact, of_run
from scheduler.facts.runs import CreationsLeft
from scheduler.facts.troubles import RowRefused
from scheduler.job import Understood
from scheduler.pace import Made
from scheduler.ports import MOST_IN_BATCH, Allowance, Merge, World
from scheduler.row import UNSET, Key, Row, whole_milliseconds
from scheduler.run import Run
from scheduler.standing import Standing
from scheduler.steps.outbox import post
from scheduler.steps.seen import Seen
from scheduler.steps.write import Done, NotDone, write
from scheduler.telemetry import Span
from scheduler.verdict import Retake

#: So many rows are written, in whole transactions, before the next are made ready: a full read may have ten thousand.
_AT_ONCE = 10 * MOST_IN_BATCH


@dataclass
class Work:
    """One pass."""

    world: World
    now: datetime
    began: float
    tick: str
    full: bool = False
    date: datetime = UNSET
    full_read: datetime | None = None
    seen: dict[Key, Seen] = field(default_factory=dict)
    retakes: list[Retake] = field(default_factory=list)
    #: Rows that are to be mended, old copies or misdated: as suspect as they were until that is written.
    mended: set[Key] = field(default_factory=set)
    #: By its id, with the row's AlertTo: what is found twice is told once.
    news: dict[str, tuple[News, str]] = field(default_factory=dict)
    #: The news that the outbox has, and the letters there that are to be sent when this tick is over.
    posted: set[str] = field(default_factory=set)
    outbox: list[Letter] = field(default_factory=list)
    #: When the containers of open runs began, and the due times that were let pass, by job.
    running: dict[Key, datetime] = field(default_factory=dict)
    passed: dict[Key, tuple[Skip, ...]] = field(default_factory=dict)
    #: The rows were planned: from here on they say what they will say.
    planned: bool = False
    started: int = 0
    finished: int = 0
    skipped: int = 0
    throttled: int = 0
    #: ARM answered 429 to a look.
    looks_refused: Event = field(default_factory=Event)
    #: Starts that were left to the next tick, since this one is too old to send them.
    late: int = 0
    #: Rows that were read beside those seen, to know how far others are.
    beside: dict[Key, Row] = field(default_factory=dict)
    #: Of the jobs that others run after, the success that this tick held against those: later ones are news.
    acted: dict[Key, datetime | None] = field(default_factory=dict)
    #: By location, what ACI's answers said of the creations that are left, and how many groups each created: 1 or 0.
    told: list[tuple[str, Allowance, int]] = field(default_factory=list)
    #: What could not be written, for the log: nothing else can tell it.
    troubles: list[Fact] = field(default_factory=list)

    def each[T, R](self, call: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """Do the same for many at once; the answers come in the order of the items."""
        several, call = list(items), self.world.telemetry.carried(call)
        return [call(several[0])] if len(several) == 1 else list(self.world.pool.map(call, several)) if several else []

    def span(self, name: str, run: Run | None = None, *, quiet: bool = False) -> AbstractContextManager[Span]:
        """Time a part of this tick, for one run or for all; see `Telemetry.span`."""
        return self.world.telemetry.span(name, of_run(run) if run else None, quiet=quiet)

    def save(self, keys: Sequence[Key]) -> dict[Key, NotDone]:
        """Write the rows of these jobs where they differ; gives those that were refused.

        What is news by it goes into the outbox first: see `scheduler.steps.outbox`.
        """
        refusals: dict[Key, NotDone] = {}
        merges: dict[Key, Merge] = {}
        partition, alike = "", 0
        for key in sorted(keys):
            partition, alike = key[0], alike if key[0] == partition else 0
            if len(merges) >= _AT_ONCE and alike % MOST_IN_BATCH == 0:
                refusals |= self._written(merges)
                merges = {}
            written = self.now + timedelta(seconds=self.age)
            watched = self._watched(self.seen[key])
            seen = self.seen[key].saying(replace(watched, written=whole_milliseconds(written)))
            if merge := seen.merge():
                self.seen[key] = seen
                merges[key] = merge
                alike += 1
        return refusals | self._written(merges)

    def _written(self, merges: Mapping[Key, Merge]) -> dict[Key, NotDone]:
        self._post()
        refusals: dict[Key, NotDone] = {}
        for key, answer in write(self.world.jobs, list(merges.values())).items():
            if isinstance(answer, Done):
                self.seen[key] = self.seen[key].saved(answer, merges[key].columns)
                self.mended.discard(key)
                self.remember(key)
            else:
                refusals[key] = answer
        return refusals

    def _watched(self, seen: Seen) -> Standing:
        """Bring a row's alarms up to date with what it will say, and take note of what is news by that."""
        before = seen.there or Standing.from_row(seen.row)
        sight = Sight(
            seen.job, before, seen.standing, self.now, seen.since, self.running, self.planned,
            self.passed.get(seen.key, ()),
        )  # fmt: skip
        standing, news = watch(sight)
        for one in news:
            self.hear(one, seen)
        return standing

    def hear(self, news: News | None, seen: Seen | None = None) -> None:
        """Take note of news, if it is any; `seen`: the row whose AlertTo counts."""
        if news and news.id not in self.world.memory.told:
            self.news.setdefault(news.id, (news, seen.alert_to if seen else ""))

    def _post(self) -> None:
        fresh = {name: one for name, one in self.news.items() if name not in self.posted}
        if fresh:
            letters, troubles = post(self.world, fresh.values(), self.now)
            self.outbox += letters
            self.troubles += troubles
            self.posted |= fresh.keys()

    @property
    def age(self) -> float:
        """Seconds since the tick began, by a clock that never jumps."""
        return self.world.monotonic() - self.began

    def allow(self) -> None:
        """Take note of what ACI said of the creations that are left."""
        answered = whole_milliseconds(self.now + timedelta(seconds=self.age))
        for location, one, count in self.told:
            self.world.telemetry.tell(CreationsLeft(location, one.five_minutes, one.hour))
            allowances, ours = self.world.memory.allowances, Made(answered, count)
            self.world.memory.allowances = allowances.told(location, one.five_minutes, one.hour, self.now, ours)
        self.told.clear()

    def remember(self, key: Key) -> None:
        """Keep in mind how a row stands, to know the next time whether somebody wrote it."""
        seen = self.seen[key]
        if key in self.mended:
            return
        self.world.memory.rows[key] = Understood(seen.row.etag, seen.standing.written, seen.digest, seen.alone)

    def leave(self, key: Key, refused: NotDone) -> None:
        """Leave a job to the next tick; a row that cannot be written at all is told once a tick."""
        seen = self.seen.pop(key)
        if refused.lost:
            return
        trouble = RowRefused(refused.sentence[:500], "/".join(key), refused.status)
        self.troubles.append(trouble)
        merge = Merge(key, {"Status": "Invalid", "Reason": trouble.reason}, seen.row.etag)
        if any(seen.row.columns.get(name) != value for name, value in merge.columns.items()):
            write(self.world.jobs, [merge])
