"""A container that prints, a platform that keeps the end of it, and a blob that is made of readings."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from scheduler.kept import ENDED_BYTES, ENDED_LINES, RUNNING_BYTES, Kept
from scheduler.transcript import GAP, MIDDLE, splice

NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def stamped(lines: list[tuple[str, str]]) -> bytes:
    return "".join(f"{instant} {text}" for instant, text in lines).encode()


def instant(nanoseconds: int) -> str:
    """Write an instant with as few digits as it needs, as some platforms do."""
    seconds, rest = divmod(nanoseconds, 10**9)
    digits = f"{rest:09d}".rstrip("0")
    return f"{NINE + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}{'.' if digits else ''}{digits}Z"


@dataclass
class Container:
    """A container that prints, and a platform that keeps the end of it."""

    lines: list[tuple[str, str]] = field(default_factory=list)

    def prints(self, when: int, text: str) -> None:
        """Print a text at so many nanoseconds past nine; what follows an unfinished line has that line's instant."""
        for piece in text.splitlines(keepends=True):
            if self.lines and not self.lines[-1][1].endswith("\n"):
                self.lines[-1] = (self.lines[-1][0], self.lines[-1][1] + piece)
            else:
                self.lines.append((instant(when), piece))

    @property
    def whole(self) -> bytes:
        return "".join(text for _, text in self.lines).encode()

    def running(self, most: int = RUNNING_BYTES) -> bytes:
        return stamped(self.lines)[-most:]

    def ended(self, bytes_kept: int = ENDED_BYTES, lines_kept: int = ENDED_LINES) -> bytes:
        """Cut what it printed, then put the instants to what is left of it, as the emulator does."""
        last, room, kept = self.lines[-lines_kept:], bytes_kept, list[tuple[str, str]]()
        for when, text in reversed(last):
            left = text.encode()[-room:].decode(errors="replace") if room > 0 else ""
            if left:
                kept.insert(0, (when, left))
            room -= len(text.encode())
        return stamped(kept)

    def ended_by_lines(self, bytes_kept: int = ENDED_BYTES, lines_kept: int = ENDED_LINES) -> bytes:
        """Cut it to whole lines."""
        kept = self.lines[-lines_kept:]
        while sum(len(text.encode()) for _, text in kept) > bytes_kept:
            kept = kept[1:]
        return stamped(kept)

    def ended_as_stamped(self, bytes_kept: int = ENDED_BYTES, lines_kept: int = ENDED_LINES) -> bytes:
        """Cut it with the instants put to it."""
        return stamped(self.lines[-lines_kept:])[-bytes_kept:]


@dataclass
class Blob:
    """What is kept, as `ports.Logs` keeps it."""

    kept: Kept = field(default_factory=Kept)
    parts: list[bytes] = field(default_factory=list)
    now: datetime = NINE

    def step(self, reading: bytes, *, final: bool = False, dies: bool = False) -> bytes:
        """Splice and write; `dies`: before it is noted that this was done."""
        self.now += MINUTE
        kept, text = splice(self.kept, reading, self.now, final=final)
        if text:
            self.parts[kept.parts - 1 :] = [text]
            assert len(self.parts) == kept.parts
        if not dies:
            self.kept = Kept.from_note(kept.note)
        return text

    @property
    def whole(self) -> bytes:
        return b"".join(self.parts)


def joins(blob: bytes, log: bytes) -> int:
    """Say how many cuts are marked, once all that stands between them was found in the log, in order, once."""
    pieces = [piece for part in blob.split(MIDDLE) for piece in part.split(GAP)]
    position = 0
    for number, piece in enumerate(pieces):
        if number and number == len(pieces) - 1:
            assert log.endswith(piece)
            found = len(log) - len(piece)
        else:
            found = log.find(piece, position)
        assert found >= position if number else found == 0, (number, piece[:200], found, position)
        position = found + len(piece)
    assert position == len(log) or not pieces[-1]
    return len(pieces) - 1


ENDINGS: list[Callable[..., bytes]] = [Container.ended, Container.ended_by_lines, Container.ended_as_stamped]
SMALL = {"ENDED_BYTES": 400, "ENDED_LINES": 12, "RUNNING_BYTES": 3_000, "_NEARLY": 100, "HELD": 120}


@contextmanager
def small_platform(**sizes: int) -> Iterator[None]:
    """Let the platform keep little, so that a test need not print much."""
    small: dict[str, Any] = SMALL | sizes
    with patch.multiple("scheduler.transcript", **small):
        yield
