"""What people do to jobs: add, change, ask, pause, resume, rewind, remove; each is written down with who did it.

An act writes the job's row as any tool would, and the next tick obeys it. It names the version of the row that
the person saw (`version`), so that of two editors the second hears of the first. The scheduler's own writes
are no edits: where one comes between, the act looks again and goes on.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus

from scheduler import cell, request
from scheduler.columns import filled
from scheduler.columns.when import zone
from scheduler.desk import obeyed
from scheduler.desk.audit import Actor, Unsure, noted
from scheduler.desk.check import alone, by_column, laid, read, sound
from scheduler.desk.faults import Conflict, Faulty, Missing, Wrong
from scheduler.desk.typed import cleaned
from scheduler.desk.version import fits, version
from scheduler.job import NAME, OWNED
from scheduler.ports import BatchRefused, Change, Delete, Insert, Merge, World
from scheduler.row import OWN_PREFIX, Columns, Key, Row, Value
from scheduler.standing import Standing
from scheduler.template import inherit, is_template

#: How often an act looks again because the scheduler wrote the row meanwhile.
TRIES = 5
#: The most characters of why a job is paused: it stands in a list.
LONGEST_REASON = 500

type Cells = Mapping[str, Value | None]
type Decide = Callable[[Row], Columns]


def add(world: World, actor: Actor, key: Key, cells: Cells, *, force: bool = False) -> Row:
    """Add a row that is not there yet; gives it. Conflict when it is, Faulty when it would be Invalid."""
    _named(key, cells)
    columns = {name: value for name, value in sound(world, cells, Row(*key)).items() if filled(value)}
    row = Row(*key, columns)
    if faults := {} if force or is_template(key) else by_column(read(world, row)[1]):
        raise Faulty(faults)
    with noted(world, actor, "add", key, {}, columns):
        if present := world.jobs.read(key):
            raise Conflict(f"{_name(key)} is there already.", version(present))
        try:
            (etag,) = world.jobs.submit([Insert(key, columns)])
        except BatchRefused as refused:
            if refused.status != HTTPStatus.CONFLICT:
                raise _refused(refused) from refused
            there = world.jobs.read(key)
            # Its own answer was lost, and the SDK sent it again: that is nobody else's row.
            if there is None or _differing(there, columns) or {*there.columns} & {*OWNED} - {*columns}:
                raise Conflict(f"{_name(key)} is there already.", version(there) if there else "") from refused
            return there
    return replace(row, etag=etag, timestamp=actor.at)


def change(world: World, actor: Actor, key: Key, cells: Cells, *, etag: str | None = None, force: bool = False) -> Row:
    """Change cells of a row (None empties one); gives the row.

    Faulty when a cell given is wrong, or the row would have a fault that it has not yet; with `force` it is saved.
    """

    def decide(row: Row) -> Columns:
        columns = sound(world, cells, row)
        if not force and not is_template(key):
            before, after = (by_column(read(world, one)[1]) for one in (row, laid(row, columns)))
            fresh = {
                column: told
                for column, sentences in after.items()
                if (told := [one for one in sentences if column in columns or one not in before.get(column, ())])
            }
            if fresh:
                raise Faulty(fresh)
        return columns

    try:
        return _Edit(world, key, "change", etag, decide).by(actor)
    except Missing:
        cleaned(cells)  # what is wrong as it was typed is told first
        raise


def ask(world: World, actor: Actor, key: Key, text: str, *, etag: str | None = None) -> Row:
    """Write a request into the row's cell: run …, retry or cancel; the next tick obeys it.

    Conflict while an earlier one waits there. Faulty for one that cannot be read, and for every one but cancel
    in a row that is Invalid: it would not be heard.
    """

    def decide(row: Row) -> Columns:
        if is_template(key):
            raise Wrong(f"{_name(key)} is a template: it never runs.")
        faults = read(world, row)[1]
        try:
            command = request.read(text, zone(inherit(row, world.jobs.read).row.columns))
        except cell.Fault as fault:
            raise Faulty({"Request": [str(fault)]}) from fault
        if command is None:
            raise Faulty({"Request": ["Request is '': it must be run, retry or cancel."]})
        if faults and not isinstance(command, request.Cancel):
            raise Faulty(by_column(faults))
        waiting = row.columns.get("Request", "")
        if filled(waiting):
            raise Conflict(
                f"Request is {cell.shown(waiting)} already, and the next tick obeys it: ask again a minute later.",
                version(row),
            )
        return {"Request": request.canonical(text)}

    return _Edit(world, key, _action(text), etag, decide).by(actor)


def pause(world: World, actor: Actor, key: Key, reason: str = "", *, etag: str | None = None) -> Row:
    """Start nothing more until it is resumed; runs that are going end as they would."""
    if len(reason) > LONGEST_REASON:
        raise Wrong(f"reason has {len(reason):,} characters: at most {LONGEST_REASON} are allowed.", "reason")
    try:
        columns = cleaned({"Enabled": False, "PausedReason": reason})
    except Faulty as faulty:
        raise Wrong(str(faulty).replace("PausedReason", "reason", 1), "reason") from faulty

    def decide(row: Row) -> Columns:
        """Leave what somebody wrote when it was paused, unless there is another reason now."""
        paused = str(row.columns.get("Enabled", True)).lower() == "false"
        return columns if reason or not paused else {"Enabled": False}

    return _Edit(world, key, "pause", etag, decide).by(actor)


def resume(world: World, actor: Actor, key: Key, *, etag: str | None = None) -> Row:
    """Let it be due again, from now on; what was due during the pause is not caught up."""
    return _Edit(world, key, "resume", etag, lambda _: {"Enabled": True, "PausedReason": ""}).by(actor)


def rewind(world: World, actor: Actor, key: Key, value: str, *, etag: str | None = None) -> Row:
    """Set the watermark: the next run begins there, and a run that is going now does not move it."""
    columns = cleaned({"Watermark": value})

    def decide(row: Row) -> Columns:
        faults = by_column(read(world, laid(row, columns))[1])
        if "Watermark" in faults:
            raise Faulty({"Watermark": faults["Watermark"]})
        return columns

    return _Edit(world, key, "rewind", etag, decide).by(actor)


def remove(world: World, actor: Actor, key: Key, *, etag: str | None = None, force: bool = False) -> Row:
    """Delete the row; gives it as it was. Its runs and logs stay.

    Conflict while it has a run, and for a template that rows name; with `force` an open run is closed by a sweep.
    """

    def decide(row: Row) -> Columns:
        if not force and Standing.from_row(row).going:
            raise Conflict(f"{_name(key)} has a run that is going: cancel it first.", version(row))
        if not force and is_template(key) and (heirs := _heirs(world, key)):
            raise Conflict(f"{_name(key)} is the template of {', '.join(heirs[:5])}: change these first.", version(row))
        return {}

    return _Edit(world, key, "remove", etag, decide, lambda row, _: Delete(key, row.etag)).by(actor)


def _merge(row: Row, columns: Columns) -> Change:
    return Merge(row.key, columns, row.etag)


@dataclass(frozen=True)
class _Edit:
    """An act on a row that is there: look, decide, note, write; where another writer came between, look again."""

    world: World
    key: Key
    action: str
    #: The version that the person saw; None = whatever it is.
    etag: str | None
    #: Gives the cells to write, or raises why not.
    decide: Decide
    made: Callable[[Row, Columns], Change] = _merge

    def by(self, actor: Actor) -> Row:
        """Do it; gives the row as it then is, or, removed, as it was."""
        row, columns = self._seen()
        if self.action == "change" and not _differing(row, columns):
            return row
        with noted(self.world, actor, self.action, self.key, *self._told(row, columns)) as note:
            for _ in range(TRIES):
                try:
                    (written,) = self.world.jobs.submit([self.made(row, columns)])
                except BatchRefused as refused:
                    if refused.status not in (HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_FOUND):
                        raise _refused(refused) from refused
                    if done := self._done(row, columns):
                        return done
                    row, columns = self._seen()
                    note.changes(*self._told(row, columns))
                else:
                    return row if self.removes else replace(laid(row, columns), etag=written, timestamp=actor.at)
            raise Conflict(f"{_name(self.key)} is being written all the time: try again.", version(row))

    @property
    def removes(self) -> bool:
        """Whether the row is gone afterwards."""
        return self.action == "remove"

    def _done(self, row: Row, columns: Columns) -> Row | None:
        """Say whether a write that was refused stands all the same: the row as it is then; None = look again.

        Scenario: the answer to our write is lost, and the SDK sends it again. The second one meets the effect of the
        first and is refused: that is no other editor. A request may even be obeyed and cleared by then; written
        once more, the job would run twice. Where the row tells that none was obeyed, somebody else came between.
        """
        there = self.world.jobs.read(self.key)
        if there is None or self.removes:
            return row if self.removes and there is None else None
        if not _differing(there, columns):
            return there
        if "Request" in columns and obeyed.maybe(_action(str(columns["Request"])), row, there):
            raise Unsure(
                f"{_name(self.key)} was written at the same moment: look whether it was asked, and ask again if not.",
                version(there),
            )
        return None

    def _seen(self) -> tuple[Row, Columns]:
        """Read the row, hold it against the version that the person saw, and decide what to write."""
        row = None if self.key[0].startswith(OWN_PREFIX) else self.world.jobs.read(self.key)
        if row is None:
            raise Missing(f"{_name(self.key)} is not there.")
        columns = self.decide(row)
        # A row that is removed is meant as a whole.
        if not fits(self.etag, row, [*columns] or OWNED):
            raise Conflict(f"{_name(self.key)} was changed since you read it: read it again.", version(row))
        return row, columns

    def _told(self, row: Row, columns: Columns) -> tuple[Columns, Columns]:
        """Give the cells before and after: the changed ones; of a row that is removed, all that people own."""
        if self.removes:
            return {name: row.columns[name] for name in OWNED if filled(row.columns.get(name))}, {}
        differing = _differing(row, columns)
        return {name: row.columns.get(name, "") for name in differing}, differing


def _differing(row: Row, columns: Columns) -> dict[str, Value]:
    return {
        name: value
        for name, value in columns.items()
        if (filled(value) or filled(row.columns.get(name)))
        and (value != row.columns.get(name) or type(value) is not type(row.columns.get(name)))
    }


def _heirs(world: World, key: Key) -> list[str]:
    rows = world.jobs.query((), ("Template",)).rows
    called = [(row, str(row.columns.get("Template", "")).strip()) for row in rows]
    return [_name(row.key) for row, told in called if told in (_name(key), key[1] if row.partition == key[0] else "/")]


def _named(key: Key, cells: Cells) -> None:
    """Refuse a key that no job and no template can have, and tell what is wrong with the cells at once."""
    names = (("PartitionKey", key[0]), ("RowKey", key[1].removeprefix("_")))
    allowed = "it must have 1 to 63 letters, digits, '.', '_' and '-', a letter or digit first."
    if unfit := {
        which: [f"{which} is {cell.shown(name)}: {allowed}"] for which, name in names if not NAME.fullmatch(name)
    }:
        raise Faulty(unfit | alone(cells))


def _action(text: str) -> str:
    """Name a request as the audit does."""
    word = request.canonical(text).partition(" ")[0]
    return "backfill" if ".." in text and word == "run" else word or "run"


def _refused(refused: BatchRefused) -> Wrong:
    return Wrong(f"Table Storage refuses the row ({refused.status}): {refused.sentence[:500]}")


def _name(key: Key) -> str:
    return "/".join(key)
