"""What is kept of a container's output, and how it is read back (aci.md, 3.6). Pure."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise

from aci_emulator.limits import Limits

_SMALL = 256
_MANY = 16_384


class Log:
    """The end of a container's output, stdout and stderr in one, with the instant of each piece.

    `limits`: the bytes kept while it runs, and the last bytes or lines, whichever is less, once it has stopped.
    """

    def __init__(self, limits: Limits = Limits()) -> None:
        self._limits = limits
        self._pieces: deque[tuple[datetime, bytearray]] = deque()
        self._size = 0
        self._end = 0

    @classmethod
    def restored(cls, limits: Limits, begin: int, pieces: Iterable[tuple[datetime, bytes]]) -> "Log":
        """Return a log that holds `pieces`, whose first byte was the container's byte number `begin`."""
        log = cls(limits)
        log._pieces.extend((at, bytearray(data)) for at, data in pieces)
        log._size = sum(len(piece) for _, piece in log._pieces)
        log._end = begin + log._size
        return log

    @property
    def span(self) -> tuple[int, int]:
        """Which bytes are kept of all that the container wrote: the first's number, and that after the last."""
        return self._end - self._size, self._end

    def since(self, offset: int) -> list[tuple[datetime, bytes]]:
        """Return what is kept from byte number `offset` on, each piece with its instant."""
        found: deque[tuple[datetime, bytes]] = deque()
        begin = self._end
        for at, piece in reversed(self._pieces):
            if begin <= offset:
                break
            begin -= len(piece)
            found.appendleft((at, bytes(piece[max(offset - begin, 0) :])))
        return list(found)

    def append(self, at: datetime, data: bytes) -> None:
        """Add output; the oldest goes once more than the limit, ACI's 4 MB, is kept.

        A container that writes single bytes may not cost a hundred times its output: from 16,384 pieces on, a
        small last piece grows and its lines share an instant.
        """
        if self._pieces and len(self._pieces) >= _MANY and len(self._pieces[-1][1]) < _SMALL:
            self._pieces[-1][1].extend(data)
        else:
            self._pieces.append((at, bytearray(data)))
        self._size += len(data)
        self._end += len(data)
        self._keep(self._limits.log_running)

    def settle(self) -> None:
        """Keep only what ACI keeps of a stopped container."""
        self._keep(self._limits.log_stopped)
        whole = b"".join(piece for _, piece in self._pieces)
        if self._limits.log_lines < whole.count(b"\n") + 1:
            self._keep(len(_last_lines(whole, int(self._limits.log_lines))))

    def text(self, tail: int | None = None, *, timestamps: bool = False) -> str:
        """Return the output, or its last `tail` lines; `timestamps` puts the instant before each line.

        No more than is kept while it runs, either way. A line's instant is that at which its first byte came.
        """
        whole = self._stamped() if timestamps else b"".join(piece for _, piece in self._pieces)
        return (whole if tail is None else _last_lines(whole, tail)).decode(errors="replace")

    def _keep(self, limit: float) -> None:
        while self._size > limit:
            excess = self._size - int(limit)
            piece = self._pieces[0][1]
            if len(piece) <= excess:
                self._pieces.popleft()
                self._size -= len(piece)
            else:
                del piece[:excess]
                self._size -= excess

    def _stamped(self) -> bytes:
        """Return the lines with their instants, from the newest piece back until no more is allowed."""
        most = self._limits.log_running
        parts: deque[bytes] = deque()
        size = 0
        pieces = [(None, bytearray(b"\n")), *self._pieces]
        for (_, before), (at, piece) in reversed(list(pairwise(pieces))):
            parts.appendleft(_stamp(at, bytes(piece), opens=before.endswith(b"\n")))
            size += len(parts[0])
            if size >= most:
                break
        whole = b"".join(parts)
        return whole[len(whole) - int(most) :] if len(whole) > most else whole


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
