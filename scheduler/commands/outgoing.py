"""Write both tables into a file: Jobs first, so that Runs, which is the proof, is never the older of the two."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from scheduler import archive
from scheduler.archive import JOBS, OWN, RUNS, Counts, Header, Record, Torn
from scheduler.cloud.whole import WholeTable
from scheduler.commands.answer import Wrong
from scheduler.commands.progress import Told
from scheduler.row import Key


@dataclass
class Outgoing:
    """An export, as far as it is."""

    header: Header
    counts: Counts = field(default_factory=Counts)
    #: Its first line is in the file.
    begun: bool = False
    #: The last row that is in the file whole.
    last: tuple[str, Key] | None = None

    def resume(self, part: BinaryIO, name: str) -> None:
        """Take up what an export that was interrupted has written, without its torn end; Wrong when it is not ours.

        Scenario: hours lie between the two. The rows of Jobs are the older ones then, as they are in any export:
        what ran meanwhile, Runs proves.
        """
        first = part.readline()
        end = 0
        try:
            if first.endswith(b"\n"):
                self._continue(Header.read(first))
                end = len(first) + sum(self._take(line) for line in _rows(part))
        except Torn as torn:
            raise Wrong(f"{name} is left of another export: delete it, and export anew. ({torn})") from torn
        part.seek(end)
        part.truncate()

    def _continue(self, there: Header) -> None:
        if there.whose != self.header.whose:
            raise Torn(f"It holds tables of {there.installation}, and these are of {self.header.installation}.")
        self.begun = True

    def _take(self, line: bytes) -> int:
        record = archive.record(line)
        self.counts.add(record)
        self.last = (record.table, record.key)
        return len(line)

    def write(self, out: BinaryIO, tables: Mapping[str, WholeTable], told: Told) -> None:
        """Write every row that is not there yet, and the last line."""
        if not self.begun:
            out.write(self.header.line().encode() + b"\n")
        for page in self._pages(tables):
            records = [record for record in page if record.key[0] != OWN]
            for record in records:
                out.write(record.line().encode() + b"\n")
                self.counts.add(record)
            out.flush()
            told(len(records))
        out.write(self.counts.line().encode() + b"\n")
        out.flush()

    def _pages(self, tables: Mapping[str, WholeTable]) -> Iterator[Sequence[Record]]:
        table, key = self.last or (JOBS, None)
        if table == JOBS:
            yield from tables[JOBS].records(JOBS, key)
            key = None
        yield from tables[RUNS].records(RUNS, key)


def _rows(part: BinaryIO) -> Iterator[bytes]:
    """Give the lines that were written whole, but for the last one of an export that came to its end."""
    for line in part:
        if not line.endswith(b"\n") or line.startswith(b'{"end"'):
            return
        yield line
