"""Play a story: the real `tick` in the in-memory world, with everything that happens to them; leaves a history."""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from itertools import count
from typing import cast

from scheduler import ports
from scheduler.row import Key
from scheduler.settings import Settings
from scheduler.steps.send import send
from scheduler.tick import tick
from tests.simulation.aci import Aci, WatchedLogs
from tests.simulation.features import REPOSITORY, SECRET
from tests.simulation.history import PERSON, History, Tick, Trouble, Version
from tests.simulation.hook import People
from tests.simulation.story import (
    Deletes,
    Edits,
    Event,
    Extra,
    Job,
    Late,
    Meanwhile,
    Mishap,
    Moves,
    Restarts,
    Silence,
    Story,
    Vanishes,
    WritesBack,
)  # fmt: skip
from tests.simulation.timeline import Strand, Timeline
from tests.simulation.timer import Timer
from tests.simulation.wire import ConnectionLost, Mishaps, Wire, Wired, WiredTable
from tests.world import Clock, Inline, Journal, Killed, MemoryTable
from tests.world.quotas import Limits
from tests.world.repositories import MemoryRepositories
from tests.world.secrets import MemorySecrets

SETTINGS = Settings(
    connection="in memory",
    subscription="00000000-0000-0000-0000-000000000000",
    resource_group="stories",
    location="westeurope",
    installation="stories/Jobs",
    alert_webhook="https://hooks.example.com/people",
)


class Silent(Journal):
    """The history is kept on the wire; the world need not keep one of its own."""

    @contextmanager
    def operation(self, line: str) -> Iterator[None]:  # noqa: ARG002 - the journal's own signature
        """Note nothing."""
        yield


@dataclass
class Process:
    """One process: its thread, its clock's error, what it remembers, and the tick that it is in."""

    name: str
    strand: Strand
    skew: float
    world: ports.World
    tick: Tick


class Stage:
    """One story while it is played."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.clock = Clock()
        self.clock.to(story.first - timedelta(hours=1))
        journal = Silent()
        self.tables = {name: MemoryTable(name, self.clock, journal) for name in ("jobs", "runs", "audit")}
        self.history = History(story.first, story.last, story.calm, story.most, story.creates)
        self.aci = Aci(self.clock, journal, story.jobs, self.history, Limits(creates_5min=story.creates))
        self.logs = WatchedLogs(self.clock, journal, self.history)
        self.secrets = MemorySecrets(journal)
        self.secrets.put(SECRET, "the value of a secret")
        self.repositories = MemoryRepositories(journal)
        self.repositories.push(REPOSITORY)
        self.timeline = Timeline(self.clock)
        self.mishaps = Mishaps()
        self.waiting: list[Meanwhile] = []
        self._ids = count(1)
        self.processes = {name: self._process(name, skew) for name, skew in story.skews.items()}
        self.timer = Timer(self)

    def play(self) -> History:
        """Play it to its end."""
        for group in sorted({job.group for job in self.story.jobs} - {""}):
            self.aci.provision(group)
        for job in self.story.jobs:
            self._at(self.story.first + timedelta(minutes=job.joins), partial(self._adds, job))
        for event in self.story.events:
            apart = isinstance(event, Extra)
            self.timeline.at(event.at, partial(self._happens, event), apart=apart)
        self._at(self.story.calm, self._calms)
        self.timer.begin()
        try:
            self.timeline.run()
        finally:
            for process in self.processes.values():
                process.strand.close()
        self.aci.write_down()
        return self.history

    def begin_tick(self, name: str) -> None:
        """Let a process make a pass, unless it is still in the one before."""
        process = self.processes[name]
        if process.strand.busy:
            return
        now = self.clock.now + timedelta(seconds=process.skew)
        process.tick = Tick(len(self.history.ticks) + 1, name, self.clock.now, now)
        self.history.ticks.append(process.tick)
        process.strand.begin(lambda: self._passes(process))

    def meanwhile(self, line: str, takes: float) -> None:
        """Let happen what waited for this call, before it has its effect."""
        for event in [event for event in self.waiting if fnmatchcase(line, event.call)]:
            self.waiting.remove(event)
            apart = isinstance(event.act, Extra)
            moment = self.clock.now + timedelta(seconds=takes / 2)
            self.timeline.at(moment, partial(self._happens, event.act), apart=apart)

    def wrote(self, table: str, keys: Iterable[Key], by: str) -> None:
        """Write down how rows stand now."""
        versions = self.history.jobs if table == "jobs" else self.history.runs
        for key in keys:
            row = self.tables[table].rows.get(key)
            versions.setdefault(key, []).append(Version(self.clock.now, by, row.columns if row else None))

    def _at(self, moment: datetime, act: Callable[[], None]) -> None:
        self.timeline.at(moment, act)

    def _process(self, name: str, skew: float) -> Process:
        process = Process(name, Strand(self.timeline), skew, None, Tick(0, name, self.clock.now, self.clock.now))  # type: ignore[arg-type]  # filled below
        process.world = self._fresh(process)
        return process

    def _fresh(self, process: Process) -> ports.World:
        wire = Wire(self, process)
        quick, slow = self.story.table_takes, self.story.group_takes
        return ports.World(
            jobs=WiredTable("jobs", wire, self),
            runs=WiredTable("runs", wire, self),
            audit=WiredTable("audit", wire, self),
            groups=cast("ports.Groups", Wired("groups", wire, slow, self.aci)),
            logs=cast("ports.Logs", Wired("logs", wire, quick, self.logs)),
            secrets=cast("ports.Secrets", Wired("secrets", wire, quick, self.secrets)),
            repositories=cast("ports.Repositories", Wired("repositories", wire, slow, self.repositories)),
            webhook=cast("ports.Webhook", Wired("webhook", wire, slow, People(self, process))),
            settings=replace(SETTINGS, max_active_runs=self.story.most),
            monotonic=self.clock.monotonic,
            new_id=lambda: f"tick-{next(self._ids)}",
            pool=Inline(),
        )

    def _passes(self, process: Process) -> None:
        """Make one pass; whatever it raises is written down."""
        one = process.tick
        try:
            summary = tick(process.world, one.now)
        except Killed:
            one.how = "killed"
            process.world = self._fresh(process)
        except ConnectionLost as lost:
            one.how = f"failed: no answer to {lost}"
        except Exception as error:  # noqa: BLE001 - the checker will say what it thinks of it
            one.how = f"raised {error!r}"
        else:
            one.how, one.troubles = "whole", tuple(trouble.sentence for trouble in summary.troubles)
        one.ended = self.clock.now
        if one.whole:
            self._sends(process)

    def _sends(self, process: Process) -> None:
        """Send the news behind a whole tick; what goes wrong with it is no tick's trouble."""
        try:
            send(process.world, process.tick.now)
        except Killed:
            process.world = self._fresh(process)
        except ConnectionLost:
            pass

    def _adds(self, job: Job) -> None:
        self._writes(job.name, job.cells)

    def _calms(self) -> None:
        self.mishaps.clear()
        self.waiting.clear()
        self.timer.late, self.timer.silent_until = 0.0, self.clock.now

    def _happens(self, event: Event) -> None:
        """Let an event of the story happen."""
        match event:
            case Extra():
                self.begin_tick(event.process)
            case Mishap():
                self.mishaps.arm(event)
            case Edits():
                if before := self._cells(event.job):
                    self._writes(event.job, {**before, **event.cells})
            case Deletes():
                self._deletes(event.job)
            case WritesBack():
                self._writes_back(event)
            case Meanwhile():
                self.waiting.append(event)
            case _:
                self._befalls(event)

    def _befalls(self, event: Event) -> None:
        match event:
            case Silence():
                self.timer.silent_until = min(event.at + timedelta(minutes=event.minutes), self.story.calm)
            case Late():
                self.timer.late = event.seconds
            case Moves():
                self.timer.process = event.process
            case Restarts():
                process = self.processes[event.process]
                if not process.strand.busy:
                    process.skew, process.world = event.skew, self._fresh(process)
            case Vanishes():
                self.aci.vanish(event.job, self._noted(event.job))
                self.history.troubles.append(Trouble(self.clock.now, "vanished", 0, event.job))
            case _:
                raise TypeError(event)

    def _noted(self, job: str) -> set[str]:
        """Name the groups of a job of which its row ever said that they were seen to be there."""
        said = [str((one.cells or {}).get("ActiveRuns") or "[]") for one in self.history.jobs.get(_key(job), [])]
        entries = [entry for one in dict.fromkeys(said) for entry in json.loads(one)]
        return {entry["group"] for entry in entries if entry["state"] == "Running"}

    def _cells(self, job: str) -> dict[str, object] | None:
        row = self.tables["jobs"].rows.get(_key(job))
        return dict(row.columns) if row else None

    def _writes(self, job: str, cells: object) -> None:
        self.tables["jobs"].put(_key(job), cells)  # type: ignore[arg-type]  # a person types what they like
        self.wrote("jobs", [_key(job)], PERSON)

    def _deletes(self, job: str) -> None:
        if _key(job) in self.tables["jobs"].rows:
            self.tables["jobs"].remove(_key(job))
            self.wrote("jobs", [_key(job)], PERSON)

    def _writes_back(self, event: WritesBack) -> None:
        """Write the row as it stood then, over whatever stands there now."""
        versions = [one for one in self.history.jobs.get(_key(event.job), []) if one.at <= event.of and one.cells]
        if versions:
            self._writes(event.job, versions[-1].cells)


def play(story: Story) -> History:
    """Play a story; the same one leaves the same history."""
    return Stage(story).play()


def _key(job: str) -> Key:
    partition, _, name = job.partition("/")
    return partition, name
