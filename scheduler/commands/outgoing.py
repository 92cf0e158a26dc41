"""Write the tables into a file: Jobs first, so that Runs, which is the proof, is never the older of the two."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from scheduler import archive
from scheduler.archive import AUDIT, JOBS, OWN, RUNS, Counts, Header, Record, Torn
from scheduler.cloud.whole import WholeTable
from scheduler.commands.progress import Told
from scheduler.desk.faults import Wrong
from scheduler.row import Key

#: An export that was interrupted longer ago is not gone on with unasked.
OLDEST = timedelta(days=1)


@dataclass
class Outgoing:
    """An export, as far as it is."""

    header: Header
    counts: Counts = field(default_factory=Counts)
    #: Its first line is in the file.
    begun: bool = False
    #: The last row that is in the file whole.
    last: tuple[str, Key] | None = None

    def resume(self, part: BinaryIO, name: str, now: datetime, *, anew: bool = False) -> str:
        """Take up what an export that was interrupted has written, without its torn end; Wrong when it is not ours.

        Gives how long ago it was begun, '' when nothing is taken up. Scenario: hours lie between the two. The rows of
        Jobs are the older ones then, as they are in any export: what ran meanwhile, Runs proves. After a day nobody
        means it any more: it is refused, or with `anew` thrown away.
        """
        first = part.readline()
        end, ago = 0, ""
        try:
            if first.endswith(b"\n"):
                there = Header.read(first)
                ago, old = _age(there, now)
                if not (old and anew):
                    self._continue(there, old)
                    end = len(first) + sum(self._take(line) for line in _rows(part))
        except Torn as torn:
            raise Wrong(f"{name} is left of another export: delete it, and export anew. ({torn})") from torn
        part.seek(end)
        part.truncate()
        return ago if end else ""

    def _continue(self, there: Header, old: str) -> None:
        if old:
            raise Torn(f"{old} --replace begins anew in its place.")
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
        order = (JOBS, RUNS, AUDIT)
        for name in order[order.index(table) :]:
            yield from tables[name].records(name, key)
            key = None


def _age(header: Header, now: datetime) -> tuple[str, str]:
    """Say how long ago an export was begun; and why that is too long, '' when it is not."""
    try:
        age = now - datetime.fromisoformat(header.exported).astimezone(UTC)
    except (ValueError, OverflowError):
        return "", "Its first line does not tell when it was begun."
    minutes = max(0, int(age.total_seconds())) // 60
    hours, days = minutes // 60, minutes // 60 // 24
    ago = f"{days} days" if days > 1 else f"{hours} hours" if hours > 1 else f"{minutes} minutes"
    return ago, f"It was begun {ago} ago." if age > OLDEST else ""


def _rows(part: BinaryIO) -> Iterator[bytes]:
    """Give the lines that were written whole, but for the last one of an export that came to its end."""
    for line in part:
        if not line.endswith(b"\n") or line.startswith(b'{"end"'):
            return
        yield line
