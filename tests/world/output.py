"""What a container prints, in virtual time, and what the platform keeps of it (aci.md, 3.6)."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

KEPT_RUNNING, KEPT_ENDED, KEPT_LINES = 4 * 1024 * 1024, 16 * 1024, 1_000

_LINE = re.compile(rb"[^\n]*\n|[^\n]+")

#: Texts with the seconds after the container's start at which each is printed, in order; they may never end.
type Timed = Iterable[tuple[float, str]]
#: What a container prints: a text as it starts, timed texts, or either made from its environment. Bytes are not
#: printed: they are what a reading gives, whatever the rules say.
type Printed = str | bytes | Sequence[tuple[float, str]] | Callable[[Mapping[str, str]], "str | Timed"]
#: Output with its instants.
type Pieces = list[tuple[datetime, bytes]]


def printed(log: Printed, env: Mapping[str, str], started: datetime, until: datetime) -> Pieces:
    """Give what a container that started then has printed by now."""
    said = log(env) if callable(log) else log
    if isinstance(said, bytes):
        return [(started, said)]
    timed: Timed = [(0.0, said)] if isinstance(said, str) else said
    elapsed = (until - started).total_seconds()
    within = takewhile(lambda one: one[0] <= elapsed, timed)
    return [(started + timedelta(seconds=seconds), text.encode()) for seconds, text in within]


def read(pieces: Pieces, *, over: bool, timestamps: bool) -> bytes:
    """Read the log of a container that runs, or is `over`, as ACI answers: in JSON, so in whole characters."""
    kept = _last_lines(_last_bytes(pieces, KEPT_ENDED), KEPT_LINES) if over else _last_bytes(pieces, KEPT_RUNNING)
    whole = _stamped(kept)[-KEPT_RUNNING:] if timestamps else b"".join(text for _, text in kept)
    return whole.decode(errors="replace").encode()


def _last_bytes(pieces: Pieces, most: int) -> Pieces:
    kept: Pieces = []
    for instant, text in reversed(pieces):
        if most <= 0:
            break
        kept.insert(0, (instant, text[-most:]))
        most -= len(text)
    return kept


def _last_lines(pieces: Pieces, most: int) -> Pieces:
    """Cut to the last lines; an unfinished one counts."""
    whole = b"".join(text for _, text in pieces)
    lines = whole.removesuffix(b"\n").rsplit(b"\n", most)
    return pieces if len(lines) <= most else _last_bytes(pieces, len(whole) - len(lines[0]) - 1)


def _stamped(pieces: Pieces) -> bytes:
    """Put to each line the instant at which its first byte came."""
    told, opens = list[bytes](), True
    for instant, text in pieces:
        stamp = instant.isoformat(timespec="microseconds").replace("+00:00", "Z ").encode()
        for line in _LINE.findall(text):
            told += [stamp, line] if opens else [line]
            opens = line.endswith(b"\n")
    return b"".join(told)
