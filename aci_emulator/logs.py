"""What is kept of a container's output, and how it is read back (aci.md, 3.6). Pure."""

from collections import deque
from datetime import datetime
from itertools import pairwise

RUNNING_LIMIT = 4 * 1024 * 1024
"""Bytes kept while the container runs."""

STOPPED_LIMIT = 16 * 1024
STOPPED_LINES = 1_000
"""What is kept of a stopped container: the last 16 KB or 1,000 lines, whichever is less."""

_SMALL = 256
_MANY = 16_384


class Log:
    """The end of a container's output, stdout and stderr in one, with the instant of each piece."""

    def __init__(self) -> None:
        self._pieces: deque[tuple[datetime, bytearray]] = deque()
        self._size = 0

    def append(self, at: datetime, data: bytes) -> None:
        """Add output; the oldest goes once more than 4 MB are kept.

        A container that writes single bytes may not cost a hundred times its output: from 16,384 pieces on, a
        small last piece grows and its lines share an instant.
        """
        if self._pieces and len(self._pieces) >= _MANY and len(self._pieces[-1][1]) < _SMALL:
            self._pieces[-1][1].extend(data)
        else:
            self._pieces.append((at, bytearray(data)))
        self._size += len(data)
        self._keep(RUNNING_LIMIT)

    def settle(self) -> None:
        """Keep only what ACI keeps of a stopped container."""
        self._keep(STOPPED_LIMIT)
        whole = b"".join(piece for _, piece in self._pieces)
        self._keep(len(_last_lines(whole, STOPPED_LINES)))

    def text(self, tail: int | None = None, *, timestamps: bool = False) -> str:
        """Return the output, or its last `tail` lines; `timestamps` puts the instant before each line.

        At most 4 MB either way. A line's instant is that at which its first byte came.
        """
        whole = self._stamped() if timestamps else b"".join(piece for _, piece in self._pieces)
        return (whole if tail is None else _last_lines(whole, tail)).decode(errors="replace")

    def _keep(self, limit: int) -> None:
        while self._size > limit:
            excess = self._size - limit
            piece = self._pieces[0][1]
            if len(piece) <= excess:
                self._pieces.popleft()
                self._size -= len(piece)
            else:
                del piece[:excess]
                self._size -= excess

    def _stamped(self) -> bytes:
        """Return the lines with their instants, from the newest piece back until 4 MB are full."""
        parts: deque[bytes] = deque()
        size = 0
        pieces = [(None, bytearray(b"\n")), *self._pieces]
        for (_, before), (at, piece) in reversed(list(pairwise(pieces))):
            parts.appendleft(_stamp(at, bytes(piece), opens=before.endswith(b"\n")))
            size += len(parts[0])
            if size >= RUNNING_LIMIT:
                break
        return b"".join(parts)[-RUNNING_LIMIT:]


def _stamp(at: datetime | None, piece: bytes, *, opens: bool) -> bytes:
    """Put `at` before each line that begins in `piece`; its first begins there if `opens`."""
    stamp = b"" if at is None else at.isoformat(timespec="microseconds").replace("+00:00", "Z ").encode()
    ends = piece.endswith(b"\n")
    inner = piece[:-1] if ends else piece
    return (stamp if opens else b"") + inner.replace(b"\n", b"\n" + stamp) + (b"\n" if ends else b"")


def _last_lines(text: bytes, count: int) -> bytes:
    if count == 0:
        return b""
    body = text.removesuffix(b"\n")
    parts = body.rsplit(b"\n", count)
    return text if len(parts) <= count else text[len(parts[0]) + 1 :]
