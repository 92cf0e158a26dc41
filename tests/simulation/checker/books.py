"""A history, put in order: by job, its row's versions, its runs and skips, its containers, the ticks that met it."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property

from tests.simulation.checker.cells import NOTHING, entries, instant, text
from tests.simulation.history import Call, Cells, History, Key, Put, Spell, Tick, Version

#: What a run row says until it is closed, and what a row says that lets due times pass.
OPEN, SKIPPED = "Active", "Skipped"
#: Clocks differ by less than this.
SKEW = timedelta(minutes=1)
#: ACI counts creations in windows of this length.
FIVE_MINUTES = timedelta(minutes=5)


@dataclass(frozen=True)
class Run:
    """One attempt at one due time, as its row of Runs tells."""

    job: str
    key: Key
    due: datetime
    attempt: int
    trigger: str
    versions: Sequence[Version]

    @property
    def name(self) -> str:
        """Say which it is."""
        return f"the run due {self.due:%Y-%m-%d %H:%M:%S}" + (f" attempt {self.attempt}" if self.attempt > 1 else "")

    @property
    def cells(self) -> Cells:
        """Its row as it stands at the end."""
        return self.versions[-1].cells or NOTHING

    @property
    def state(self) -> str:
        """How it ended, or that it did not."""
        return text(self.cells, "State")

    @property
    def id(self) -> str:
        """Its RUN_ID."""
        return text(self.cells, "RunId")

    @property
    def registered(self) -> datetime:
        """When its row was written first."""
        return self.versions[0].at

    @cached_property
    def closed(self) -> datetime | None:
        """When its row was closed."""
        return next((one.at for one in self.versions if one.cells and text(one.cells, "State") != OPEN), None)


@dataclass(frozen=True)
class Skip:
    """A range of due times that was let pass."""

    job: str
    first: datetime
    last: datetime
    trigger: str
    at: datetime
    why: str
    by: str = ""


@dataclass
class JobBook:
    """Everything about one job."""

    name: str
    versions: list[Version]
    runs: list[Run] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    spells: list[Spell] = field(default_factory=list)
    #: The rows that others inherit from, by name.
    templates: Mapping[str, "JobBook"] = field(default_factory=dict)
    KEPT = ("Watermark", "Request", "Template")

    def __post_init__(self) -> None:
        self._instants = [one.at for one in self.versions]

    def row(self, moment: datetime) -> Version | None:
        """Give its row as it stood at an instant: its last version then; None before there was one."""
        found = bisect_right(self._instants, moment)
        return self.versions[found - 1] if found else None

    def cells(self, moment: datetime) -> Cells:
        """Give the columns that stood at an instant, with those that its Template fills; none without a row."""
        row = self.row(moment)
        own = (row.cells or NOTHING) if row else NOTHING
        shared = self.templates.get(self._template(own)) if own.get("Template") else None
        if shared is None:
            return own
        inherited = {name: value for name, value in shared.cells(moment).items() if name not in self.KEPT}
        return inherited | {name: value for name, value in own.items() if value != ""}

    def _template(self, own: Cells) -> str:
        """Name the row that its cells are inherited from: a bare name is of the same partition."""
        named = text(own, "Template")
        return named if "/" in named else f"{self.name.partition('/')[0]}/{named}"

    def claimed(self, run: Run) -> Version | None:
        """Give the version of its row that first promised a run; None when there is none."""
        return next((one for one in self.versions if one.cells and run.id in text(one.cells, "ActiveRuns")), None)

    def rewritten(self, until: datetime) -> bool:
        """Say whether a person wrote the row whole before: an old copy of the scheduler's columns, or none at all."""
        return any(one.at <= until for one in self.whole)

    @cached_property
    def whole(self) -> list[Version]:
        """What people wrote whole: with an old copy of the scheduler's columns, or with none."""
        pairs = zip([None, *self.versions], self.versions, strict=False)
        return [
            later for before, later in pairs
            if later.persons and before is not None and _digest(before) != _digest(later)
        ]  # fmt: skip

    @cached_property
    def persons(self) -> list[Version]:
        """What people wrote."""
        return [one for one in self.versions if one.persons]

    def written_by_person(self, after: datetime, until: datetime) -> bool:
        """Say whether a person wrote the row between two instants."""
        shared = [one for book in self.templates.values() for one in book.persons]
        return any(after <= one.at <= until for one in (*self.persons, *shared))

    @cached_property
    def deleted(self) -> bool:
        """Say whether the row was ever deleted."""
        return any(one.cells is None for one in self.versions)


class Books:
    """A history in order."""

    def __init__(self, history: History) -> None:
        self.history = history
        rows = {"/".join(key): versions for key, versions in history.jobs.items() if not key[0].startswith("_")}
        self.templates = {name: JobBook(name, versions) for name, versions in rows.items() if "/_" in name}
        self.jobs = {
            name: JobBook(name, versions, templates=self.templates)
            for name, versions in rows.items()
            if name not in self.templates
        }
        for key, versions in history.runs.items():
            self._enter(key, versions)
        for spell in history.spells:
            self._place(spell)
        for book in self.jobs.values():
            book.runs.sort(key=lambda run: (run.due, run.attempt))
            book.spells.sort(key=lambda spell: spell.started)

    def _enter(self, key: Key, versions: Sequence[Version]) -> None:
        job, cells = f"{key[0]}/{key[1].partition('|')[0]}", versions[-1].cells or NOTHING
        book, due = self.jobs.get(job), instant(cells, "Due")
        if book is None or due is None:
            return
        trigger = text(cells, "Trigger")
        if text(cells, "State") == SKIPPED:
            first = instant(cells, "From") or due
            book.skips.append(Skip(job, first, due, trigger, versions[0].at, text(cells, "Reason"), versions[0].by))
        else:
            book.runs.append(Run(job, key, due, int(str(cells.get("Attempt", 1))), trigger, versions))

    def _place(self, spell: Spell) -> None:
        names = [spell.tags["crontable-job"]] if spell.tags else self._users(spell.group)
        for name in names:
            if name in self.jobs:
                self.jobs[name].spells.append(spell)

    def _users(self, group: str) -> list[str]:
        """Name the jobs that ever started an existing group."""
        return [
            name
            for name, book in self.jobs.items()
            if any(one.cells and one.cells.get("ContainerGroup") == group for one in book.versions)
        ]

    @cached_property
    def puts(self) -> Mapping[str, list[Put]]:
        """The creations that took effect, by group."""
        found: defaultdict[str, list[Put]] = defaultdict(list)
        for put in self.history.puts:
            found[put.group].append(put)
        return found

    @cached_property
    def troubled(self) -> set[int]:
        """The ticks that something befell."""
        return {trouble.tick for trouble in self.history.troubles}

    @cached_property
    def clean(self) -> list[Tick]:
        """The whole ticks that nothing befell and no other tick ran into."""
        ticks = sorted(self.history.ticks, key=lambda tick: tick.began)
        clean = []
        busy = datetime.min.replace(tzinfo=UTC)
        for tick, later in zip(ticks, [*ticks[1:], None], strict=False):
            alone = tick.began > busy and (later is None or (tick.ended is not None and tick.ended < later.began))
            busy = max(busy, tick.ended or tick.began)
            if alone and tick.whole and tick.number not in self.troubled:
                clean.append(tick)
        return clean

    def clean_after(self, moment: datetime, until: datetime) -> Iterator[Tick]:
        """Give the clean ticks that began after `moment`, by their own clock too, and ended before `until`."""
        for tick in self.clean:
            if tick.ended and min(tick.began, tick.now) >= moment and tick.ended <= until:
                yield tick

    def began(self, by: str) -> datetime:
        """Say when a tick began, by how it signs."""
        return self._begun[by]

    def whole(self, by: str) -> bool:
        """Say whether a tick did all that it had to do, by how it signs."""
        return by in self._whole

    @cached_property
    def _whole(self) -> set[str]:
        return {f"tick {tick.number}" for tick in self.history.ticks if tick.whole}

    def clock(self, by: str) -> datetime:
        """Say what a tick took for the time when it began."""
        return self._clocks[by]

    @cached_property
    def _clocks(self) -> Mapping[str, datetime]:
        return {f"tick {tick.number}": tick.now for tick in self.history.ticks}

    @cached_property
    def _begun(self) -> Mapping[str, datetime]:
        return {f"tick {tick.number}": tick.began for tick in self.history.ticks}

    def crowded(self, tick: Tick) -> bool:
        """Say whether so many runs were going in a tick that no further one may have had a place."""
        until = tick.ended or tick.began
        going = set[str]()
        for book in self.jobs.values():
            for moment in (tick.began, until):
                going.update(entry.id for entry in entries(book.cells(moment)) if not entry.waiting)
            for run in book.runs:
                if run.registered <= until and (run.closed is None or run.closed >= tick.began):
                    going.add(run.id)
        return len(going) >= self.history.most or self.rationed(tick)

    def rationed(self, tick: Tick) -> bool:
        """Say whether ACI had created all that it grants within five minutes, or said no to one for that reason."""
        since, until = tick.began - FIVE_MINUTES - SKEW, tick.ended or tick.began
        sent = [call for call in self._creations if since <= call.at <= until]
        most = self.history.creates
        return (most is not None and len(sent) >= most) or any("throttled" in call.answer.lower() for call in sent)

    @cached_property
    def _creations(self) -> list[Call]:
        return [call for call in self.history.calls if call.line.startswith("groups.create")]

    def calls(self, line: str) -> Sequence[Call]:
        """Give the calls of this line."""
        return self._by_line.get(line, ())

    def called(self, line: str, until: datetime) -> list[str]:
        """Give the answers to a call, up to an instant."""
        return [call.answer for call in self.calls(line) if call.at <= until]

    @cached_property
    def _by_line(self) -> Mapping[str, list[Call]]:
        found: defaultdict[str, list[Call]] = defaultdict(list)
        for call in self.history.calls:
            found[call.line].append(call)
        return found


def _digest(version: Version) -> str:
    return text(version.cells or NOTHING, "ScheduleDigest")
