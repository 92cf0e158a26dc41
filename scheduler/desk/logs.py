"""A run's log, part by part: what is kept of it, and of a run that is going also what its container says now.

The two are one text: what the container says now begins where the kept log ends, for it is joined to it just as the
tick that will keep it does. So an offset that a reader was given stays good while the log grows, and after.
"""

import re
from codecs import getincrementaldecoder
from collections.abc import Iterator
from dataclasses import dataclass

from scheduler.desk import harmless
from scheduler.desk.faults import Wrong
from scheduler.desk.live import Live, forget, live
from scheduler.desk.runline import RunLine
from scheduler.identity import log_name
from scheduler.ports import Unknown, World

#: The most bytes of one part, and the least.
MOST, LEAST = 256 * 1024, 16
#: An escape sequence that is longer is no colour.
_LONGEST_ESCAPE = 32
#: The rest of a character that begins before the part.
_TORN = re.compile(rb"[\x80-\xbf]{0,3}")
_ESCAPED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[^\[])")


@dataclass(frozen=True)
class LogPart:
    """A part of a log. `start` and `next` are bytes of the whole log; `size` is how many it has now."""

    text: str
    start: int
    next: int
    size: int
    #: The run is going: ask again, from `next` on, in a while.
    growing: bool = False
    #: Something that the reader must know, as a sentence; '' = nothing.
    note: str = ""
    #: How far a run that is going said it was.
    progress: str = ""

    @property
    def more(self) -> bool:
        """Whether there is more of it at this moment."""
        return self.next < self.size


def part(world: World, line: RunLine, start: int = 0, length: int = MOST) -> LogPart:
    """Read a part of a run's log, harmless to show; `start` < 0 counts from its end. Raises `Wrong`.

    No more than `length` bytes are loaded, however long the log is. A part begins and ends between characters; one
    that counts from the end begins with a line. One that starts behind the end is empty, and stays where it is.
    """
    if not LEAST <= length <= MOST:
        raise Wrong(f"length is {length}: it must be a number from {LEAST} to {MOST:,}.", "length")
    name = _name(line)
    if not name:
        return LogPart("", 0, 0, 0, line.going, _without(line))
    said = live(world, line.entry, name) if line.entry else Live()
    try:
        data, begin, size = _read(world, name, said, start, length)
    except Unknown as unknown:
        return LogPart("", max(start, 0), max(start, 0), 0, line.going, f"{str(unknown).rstrip('.')}.")
    ended = begin + len(data) >= size and not line.going
    text, before, behind = _shown(data, first=begin == 0, line=start < 0, last=ended)
    note = said.note or ("" if size or line.going else _GONE)
    return LogPart(
        harmless.text(text),
        begin + before,
        begin + len(data) - behind,
        size,
        line.going,
        note,
        harmless.line(said.said.progress),
    )


def whole(world: World, line: RunLine, start: int = 0) -> Iterator[bytes]:
    """Read all that is kept of a log, piece by piece, as it was printed but for its secrets; raises `Unknown`."""
    name, at, size = _name(line), start, start + 1
    while name and at < size:
        piece = world.logs.read(name, at, MOST)
        yield piece.data
        at, size = at + max(len(piece.data), 1), piece.size


def kept(world: World, line: RunLine) -> int:
    """Say how many bytes of a log are kept; raises `Unknown`."""
    name = _name(line)
    return world.logs.read(name, 0, 0).size if name else 0


_GONE = "The log is not there any more: it was removed once it was older than RETENTION_DAYS, or by somebody."


def _name(line: RunLine) -> str:
    """Name the log; that of a run that is going may not be there yet."""
    claimed = line.going and line.claim and not line.claim.waiting
    return line.log_name or (log_name(line.claim.job, line.claim.run_id) if claimed and line.claim else "")


def _without(line: RunLine) -> str:
    if line.skip:
        return "A due time that was let pass has no log."
    return "It has not begun." if line.going else "No log was kept: it printed nothing, or its reason says why."


def _read(world: World, name: str, said: Live, start: int, length: int) -> tuple[bytes, int, int]:
    """Give the bytes that were asked for, where they begin, and how many there are in all."""
    kept = world.logs.read(name, max(start, 0), length if start >= 0 else 0)
    if said.text and said.behind != kept.size:
        # A tick kept more of it at this moment: what the container said then stands in the log, or will be read anew.
        forget(world, name)
        said = Live()
    size = kept.size + len(said.text)
    begin = start if start >= 0 else max(0, size + start)
    data = kept.data
    if start < 0 and begin < kept.size:
        data = world.logs.read(name, begin, min(length, kept.size - begin)).data
    behind = max(0, begin - kept.size)
    room = length - len(data)
    return (data + said.text[behind : behind + room] if begin + len(data) >= kept.size else data), begin, size


def _shown(data: bytes, *, first: bool, line: bool, last: bool) -> tuple[str, int, int]:
    """Give a part's text, and how many bytes were left out before and behind it: what was torn there."""
    begin = 0 if first else len(_TORN.match(data)[0])  # type: ignore[index]  # it matches anything
    if line and not first:
        begin = data.find(b"\n", begin, len(data) - 1) + 1 or begin
    end = len(data) if last else _end(data, begin)
    decoder = getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(data[begin:end], final=last)
    return text, begin, len(data) - end + (0 if last else len(decoder.getstate()[0]))


def _end(data: bytes, begin: int) -> int:
    """Find where no escape sequence and no line break is torn; a part that is nothing else is given as it is."""
    end = len(data)
    escape = data.rfind(b"\x1b", max(begin, end - _LONGEST_ESCAPE))
    if escape > begin and not _ESCAPED.match(data, escape):
        end = escape
    return end - 1 if data[end - 1 : end] == b"\r" and end - 1 > begin else end
