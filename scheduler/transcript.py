"""A long run's log, joined together out of readings. Pure.

(What is kept, a reading with instants, now) -> what is kept then, and the text of its next part. A reading is joined
by the instant of the last line kept, and how many lines of that instant there were; instants tell no more than that,
for two streams of one container may be a little out of order. Where nothing joins it, a line of the log says so.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from scheduler.kept import ENDED_BYTES, ENDED_LINES, RUNNING_BYTES, Kept, merged
from scheduler.watermark import heard

#: The most that is kept of a log. Beyond it, its middle is left out.
MOST_KEPT = 16 * 1024 * 1024
#: What is kept of the end of such a log: so much up to the last reading but one, and as much of the last one.
END = 64 * 1024
#: An unfinished line is left to the next reading unless it is longer: no line that speaks to us is.
HELD = 4 * 1024
GAP = b"[cut: lines are missing here: ACI keeps the last 16 KB or 1,000 lines of an ended container, 4 MB of another]\n"
MIDDLE = b"\n[cut: the log is longer than 16 MiB: lines are missing here]\n"
_NEARLY = 256
_STAMP = re.compile(rb"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?)(?: |$)", re.MULTILINE)

type _Masked = Callable[[bytes], bytes]


class _Line(NamedTuple):
    """A line of a reading: its instant, and where its stamp, its text and the next line begin."""

    instant: bytes
    begin: int
    text: int
    end: int


def as_it_is(text: bytes) -> bytes:
    """Mask nothing."""
    return text


def splice(kept: Kept, reading: bytes, now: datetime, *, final: bool, masked: _Masked = as_it_is) -> tuple[Kept, bytes]:
    """Join a reading, made with instants, to what is kept; gives what is kept then, and its last part's text.

    The text is to be written as part number `parts - 1` of what is kept then; b'' = there is nothing to write.
    `final`: the container has ended, and nothing will come behind this. `masked` takes secrets out of a text.
    """
    if not (lines := _lines(reading)):
        return _unstamped(kept, reading, now, final=final, masked=masked)
    joint = _joint(kept, lines, reading, masked)
    begin = _first_later(kept, lines, reading) if joint is None else joint
    end = max(begin, len(reading) if final else _finished(lines[-1], reading))
    text = masked(_bare(reading[begin:end]))
    answer = heard(text.partition(b"\n")[2] if kept.open and joint is not None else text)
    share = max(len(text) / ENDED_BYTES, text.count(b"\n") / ENDED_LINES)
    after = _until(kept, lines, reading, (begin, end), masked).after(share, now, _moment(lines[0].instant, now))
    after = replace(after, said=merged(kept.said, answer))
    if joint is None and (text or (final and kept.digest)):
        digest = after.digest if text else ""  # so that a last step that is done twice says it once
        text, after = _gap(kept) + text, replace(after, cut=True, digest=digest)
    contiguous = reading[:end] if joint is not None else b""
    return _bounded(kept, after, text, lambda: masked(_bare(contiguous)), final=final)


def _bare(reading: bytes) -> bytes:
    return _STAMP.sub(b"", reading)


def _lines(reading: bytes) -> list[_Line]:
    """Find the lines; one without an instant belongs to the line before it, and at the beginning to none."""
    stamps = list(_STAMP.finditer(reading))
    ends = [*(stamp.start() for stamp in stamps[1:]), len(reading)]
    return [_Line(stamp[1], stamp.start(), stamp.end(), end) for stamp, end in zip(stamps, ends, strict=bool(stamps))]


def _joint(kept: Kept, lines: Sequence[_Line], reading: bytes, masked: _Masked) -> int | None:
    """Find where what is not kept begins; None when nothing proves that no line is missing before that.

    With a line before them, all lines of the last instant are there, and the last one kept is found by counting.
    Else some may be missing, and it is known by its text: two equal lines of one instant are then taken for one.
    """
    if not kept.until:
        return None if _may_be_cut(lines, reading) else 0
    until = kept.until.encode()
    here = [number for number, line in enumerate(lines) if line.instant == until]
    if here and here[0] > 0 and len(here) >= kept.same > 0:
        return lines[here[kept.same - 1]].text + kept.length
    for line in (lines[number] for number in reversed(here)):
        if _digest(masked(reading[line.text : line.text + kept.length])) == kept.digest:
            return line.text + kept.length
    return None


def _first_later(kept: Kept, lines: Sequence[_Line], reading: bytes) -> int:
    """Find the first whole line of a later instant, in a reading that cannot be joined.

    Its first line may be the rest of one though it has an instant: that of what is left of it.
    """
    torn = lines[0].begin == 0 and len(lines) > 1 and _may_be_cut(lines, reading)
    until = _ordered(kept.until.encode())
    return next((line.begin for line in lines[torn:] if _ordered(line.instant) > until), len(reading))


def _may_be_cut(lines: Sequence[_Line], reading: bytes) -> bool:
    """Say whether the platform may have dropped lines: it keeps so much that less proves nothing is missing."""
    bare = len(reading) - sum(line.text - line.begin for line in lines)
    full = any(ENDED_BYTES - _NEARLY <= size <= ENDED_BYTES for size in (bare, len(reading)))
    return full or len(reading) >= RUNNING_BYTES - _NEARLY or ENDED_LINES <= len(lines) <= ENDED_LINES + 1


def _finished(last: _Line, reading: bytes) -> int:
    """Say where what can be kept now ends: before an unfinished line, which the next reading will have whole."""
    unfinished = not reading.endswith(b"\n") and len(reading) - last.text < HELD
    return last.begin if unfinished else len(reading)


def _until(kept: Kept, lines: Sequence[_Line], reading: bytes, span: tuple[int, int], masked: _Masked) -> Kept:
    """Note where the part between two offsets of the reading ends."""
    begin, end = span
    if begin >= end:
        return kept
    within = [line for line in lines if line.begin < end]
    last = within[-1]
    new = sum(line.begin >= begin for line in within if line.instant == last.instant)
    return replace(
        kept,
        until=last.instant.decode(),
        same=new + (kept.same if last.instant == kept.until.encode() else 0),
        length=end - last.text,
        digest=_digest(masked(reading[last.text : end])),
        open=not reading[:end].endswith(b"\n"),
    )


def _bounded(kept: Kept, after: Kept, text: bytes, whole: Callable[[], bytes], *, final: bool) -> tuple[Kept, bytes]:
    """Make the next part, or the end part of a log that is too long.

    The end part is written anew with each reading, out of `whole`: what was read, without instants, where it is
    joined to what is kept. The last reading's stands behind it: an ended container has little left to read.
    """
    if not text:
        return after, text
    if kept.end is None and kept.size + len(text) <= MOST_KEPT - 2 * (END + len(MIDDLE)):
        return replace(after, parts=kept.parts + 1, size=kept.size + len(text)), text
    if kept.end is not None and final and len(text) <= END:
        return replace(after, parts=kept.parts + 1, cut=True), text
    latest = text if not kept.end else (whole() or text)[-kept.end - len(text) :]
    if len(latest) > END:
        latest = latest[-END:].partition(b"\n")[2] or latest[-END:]
    return replace(after, parts=kept.parts + (kept.end is None), cut=True, end=len(latest)), MIDDLE + latest


def _unstamped(kept: Kept, reading: bytes, now: datetime, *, final: bool, masked: _Masked) -> tuple[Kept, bytes]:
    """Take a reading without any instant: as it is at the end, and not at all before that."""
    after, text = kept.after(0.0, now, now), masked(reading)
    if not final or not (reading or kept.parts) or kept.digest == _digest(text):
        return after, b""
    missing = bool(kept.parts) or _may_be_cut((), reading)
    after = replace(after, said=merged(kept.said, heard(text)), cut=kept.cut or missing, digest=_digest(text))
    return _bounded(kept, after, (_gap(kept) if missing else b"") + text, bytes, final=True)


def _gap(kept: Kept) -> bytes:
    return (b"\n" if kept.open else b"") + GAP


def _digest(text: bytes) -> str:
    return sha256(text).hexdigest()[:12]


def _ordered(instant: bytes) -> tuple[bytes, bytes]:
    """Make instants comparable, which have from no to nine decimals."""
    found = re.match(rb"\.(\d+)", instant[19:])
    return instant[:19], found[1].rstrip(b"0") if found else b""


def _moment(instant: bytes, otherwise: datetime) -> datetime:
    try:
        read = datetime.fromisoformat(instant.decode())
    except ValueError:
        return otherwise
    return read if read.tzinfo else otherwise
