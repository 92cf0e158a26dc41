"""Write a file's rows into the tables: Runs first, so that no job's row is there before the proof of what it ran.

Rows of the audit are added to those that are there: what people did since the export stays told, whatever is restored.

An import that was interrupted has left the row `_crontable/import`, which says of which file, and how far it came:
the same command goes on from there, and another one is refused. A row is written whole, whatever stood there: one
that is written twice is written once.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, islice
from typing import BinaryIO

from scheduler import archive
from scheduler.archive import AUDIT, JOBS, OWN, RUNS, Counts, Header, Record, Torn
from scheduler.cloud.whole import WholeTable
from scheduler.commands.progress import Told
from scheduler.desk.faults import Missing, Wrong
from scheduler.ports import MOST_IN_BATCH, Table, Where
from scheduler.row import HEARTBEAT, Key, Row, iso, known
from scheduler.settings import Settings

MARK: Key = (OWN, "import")
#: What is no row of Crontable's own: there the heartbeat, the mark and any number of letters may stand.
_PEOPLES: Where = ([("PartitionKey", "lt", OWN)], [("PartitionKey", "gt", OWN)])
#: A tick a minute, and room for one that is late: a younger heartbeat says that somebody ticks.
ALIVE = timedelta(minutes=3)
#: What `Done` says while the rows that were there are being deleted.
_CLEARING = -1
#: A transaction takes 4 MiB; what stands around each row is not counted in its line.
_MOST_BYTES = 3_000_000
#: So many transactions may be done again after an interruption.
_SAVE_EVERY = 20
_NAMED = 5


@dataclass(frozen=True)
class Contents:
    """A file that was read to its end and found whole."""

    header: Header
    #: Of the rows that are to be written.
    counts: Counts
    digest: str
    #: The jobs of runs that were going when the file was written.
    open_runs: Sequence[str]


def check(file: BinaryIO, only: str | None, told: Told) -> Contents:
    """Read all of a file; Wrong, with the line, when anything is not as it must be."""
    digest, counts, going = hashlib.sha256(f"{only}\0".encode()), Counts(), dict[str, None]()
    try:
        first = file.readline()
        digest.update(first)
        header = Header.read(first)
        for record in archive.read(_noted(file, digest.update)):
            told(1)
            if only in (None, record.table):
                counts.add(record)
                going |= {record.open_run: None} if record.open_run else {}
    except Torn as torn:
        raise Wrong(f"Nothing was written. The file cannot be imported, {torn}") from torn
    return Contents(header, counts, digest.hexdigest(), list(going))


def _noted(lines: Iterable[bytes], note: Callable[[bytes], object]) -> Iterator[bytes]:
    for line in lines:
        note(line)
        yield line


def refuse_strangers(contents: Contents, settings: Settings) -> None:
    """Refuse open runs whose container groups this installation would not know: it would start them again.

    Scenario: INSTALLATION was left to its default, which names the storage account, and the account is a new one. The
    first tick finds each running group with other tags than it looks for, takes it for somebody else's, closes the
    run as failed by the platform, and starts its next attempt beside the container that is still at work.
    """
    theirs = contents.header
    if not contents.open_runs or theirs.whose == Header.of(settings, "").whose:
        return
    jobs = ", ".join(contents.open_runs[:_NAMED]) + (" ..." if len(contents.open_runs) > _NAMED else "")
    raise Wrong(
        f"Nothing was written. Runs were going when the file was made ({jobs}), in container groups of INSTALLATION "
        f"{theirs.installation!r} in ACI_RESOURCE_GROUP {theirs.resource_group!r} of AZURE_SUBSCRIPTION_ID "
        f"{theirs.subscription!r}. With other settings they would be started again. Give these three settings to this "
        "command and to the scheduler, or export when nothing runs. Where the containers are gone: --runs-are-gone"
    )


@dataclass
class Incoming:
    """An import, as far as it is."""

    contents: Contents
    tables: Mapping[str, WholeTable]
    jobs: Table
    done: int = 0

    def begin(self, now: datetime, *, replace: bool) -> None:
        """Find out whether this may be written here, and where to go on; Missing when not. Leave the mark."""
        heartbeat, mark = self.jobs.read(HEARTBEAT), self.jobs.read(MARK)
        _refuse_ticks(heartbeat, now)
        if mark and heartbeat and not replace:
            # Scenario: Runs was written and Jobs was not, and a tick closed each open run, whose job it did not find.
            raise Missing("A scheduler ticked on an import that is half done: begin anew, with --replace.")
        done = int(str(mark.columns.get("Done", _CLEARING))) if mark else _CLEARING
        ours = mark is not None and mark.columns.get("File") == self.contents.digest and not heartbeat
        if ours and (replace or done != _CLEARING):
            self.done = done
        elif replace:
            self.done = _CLEARING
        else:
            self._refuse_rows(mark)
        self.tables[JOBS].forget(HEARTBEAT)  # before the mark: one that stands beside a mark has come since
        self._save()

    def _refuse_rows(self, mark: Row | None) -> None:
        if mark:
            raise Missing(
                "An import of another file, or with other options, was begun here and did not come to its end: repeat "
                "that command, or begin anew with --replace, which deletes every row first."
            )
        for name in (JOBS, RUNS):
            table = self.tables.get(name)
            if table and table.query(_PEOPLES, ("PartitionKey",), limit=1).rows:
                raise Missing(f"The table of {name} holds rows. Export them, and then --replace deletes them first.")

    def write(self, file: BinaryIO, told: Told) -> None:
        """Write what is still to be written, and take the mark away; an interruption leaves it."""
        try:
            if self.done == _CLEARING:
                self._clear()
                self.done = 0
                self._save()
            records = islice(self._in_order(file), self.done, None)
            for number, batch in enumerate(_batches(records), 1):
                self.tables[batch[0].table].put(batch)
                self.done += len(batch)
                told(len(batch))
                if number % _SAVE_EVERY == 0:
                    self._save()
        except BaseException:
            with suppress(Exception):  # no network: the mark is a little behind, and rows are written twice
                self._save()
            raise
        self.tables[JOBS].forget(MARK)

    def disturbed(self) -> bool:
        """Say whether somebody ticked meanwhile: the heartbeat was taken away before the first row."""
        return self.jobs.read(HEARTBEAT) is not None

    def _save(self) -> None:
        self.jobs.keep(MARK, {"File": self.contents.digest, "Done": self.done})

    def _in_order(self, file: BinaryIO) -> Iterator[Record]:
        for name in (RUNS, AUDIT, JOBS):
            if name in self.tables:
                file.seek(0)
                file.readline()
                yield from (record for record in archive.read(file) if record.table == name)

    def _clear(self) -> None:
        """Delete what is there but for the audit, Jobs first: what has no row is not started."""
        for table in (table for name, table in self.tables.items() if name != AUDIT):
            for page in table.every_key():
                for _, keys in groupby((key for key in page if key[0] != OWN), key=lambda key: key[0]):
                    several = list(keys)
                    for at in range(0, len(several), MOST_IN_BATCH):
                        table.drop(several[at : at + MOST_IN_BATCH])


def _refuse_ticks(heartbeat: Row | None, now: datetime) -> None:
    """Refuse while a scheduler is at work here.

    Scenario: a tick makes its full read while Runs is written and Jobs is not. Each open run has lost its job's row,
    as it looks: the tick closes it and deletes its container group.
    """
    last = known(heartbeat.columns.get("LastTick")) if heartbeat else None
    if last and now - last < ALIVE:
        raise Missing(
            f"Nothing was written. A scheduler ticked here at {iso(last)}: stop it first, and come back three minutes "
            "after its last tick."
        )


def _batches(records: Iterable[Record]) -> Iterator[Sequence[Record]]:
    """Cut into transactions: at most 100 rows of one partition of one table, none twice, and not too much of them."""
    batch: dict[Key, Record] = {}
    size, last = 0, None
    for record in records:
        length, place = len(record.line()), (record.table, record.key[0])
        full = len(batch) == MOST_IN_BATCH or size + length > _MOST_BYTES or record.key in batch
        if batch and (full or place != last):
            yield list(batch.values())
            batch, size = {}, 0
        batch[record.key] = record
        size, last = size + length, place
    if batch:
        yield list(batch.values())
