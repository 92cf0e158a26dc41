"""logs: what a run printed, in parts however long it is; -f goes on until the run is over."""

import json
import time
from collections.abc import Iterator
from typing import Annotated

import typer

from scheduler import wiring
from scheduler.commands import found
from scheduler.commands.answer import DONE, say, whole
from scheduler.commands.typed import JobName, Json, RunName, room
from scheduler.desk.logs import MOST, LogPart, part
from scheduler.desk.runline import RunLine

app = room()
#: Seconds between two looks at a run that is going.
NAP = 2.0
_MOST_LINES = 1_000_000


@app.command()
def logs(
    job: JobName,
    run: RunName = "",
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="go on until the run is over; Ctrl-C ends it")] = False,
    tail: Annotated[str, typer.Option("--tail", metavar="NUMBER", help="only so many lines of the end")] = "",
    as_json: Json = False,
) -> int:
    """Print a run's log; when none is named, of the run that goes, or else of the newest."""
    lines = whole("--tail", tail, 0, _MOST_LINES) if tail else None
    one = found.line(job, run)
    start, skipped = (0, 0) if lines is None else _behind(one, lines)
    note = ""
    for piece in _parts(job, one, start, follow=follow):
        if piece.note != note:
            note = piece.note
            say(note) if note else None
        text, skipped = _without(piece.text, skipped)
        if as_json:
            _give(one, piece, text)
        elif text:
            print(text, end="" if piece.more or text.endswith("\n") else "\n", flush=True)
    if follow:
        ended = found.line(job, one.ref)
        say(ended.reason or f"{job} {ended.ref}: {ended.state}.")
    return DONE


def _parts(job: str, one: RunLine, start: int, *, follow: bool) -> Iterator[LogPart]:
    """Read part after part; of a run that is going, look again until it is over."""
    while True:
        piece = part(wiring.world(), one, start)
        yield piece
        start = piece.next
        if piece.more:
            continue
        if not (follow and piece.growing):
            return
        time.sleep(NAP)
        one = found.line(job, one.ref)


def _behind(one: RunLine, lines: int) -> tuple[int, int]:
    """Find where the last so many lines begin: a place in the log, and how many lines to leave out from there on."""
    piece = part(wiring.world(), one, -MOST)
    start, there = piece.start, _count(piece.text)
    while there < lines and start > 0:
        before = max(0, start - MOST)
        piece = part(wiring.world(), one, before, start - before)
        start, there = before, there + piece.text.count("\n")
    return start, max(0, there - lines)


def _count(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n") and bool(text))


def _without(text: str, lines: int) -> tuple[str, int]:
    """Leave the first lines of a text out; gives how many are still to be left out."""
    there = text.splitlines(keepends=True)
    return "".join(there[lines:]), max(0, lines - len(there))


def _give(one: RunLine, piece: LogPart, text: str) -> None:
    told = {"Run": one.ref, "Start": piece.start, "Next": piece.next, "Size": piece.size, "Text": text}
    print(json.dumps(told), flush=True)
