"""tables export, tables import: both tables into a file and back, for a backup, a move, or a look from outside."""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from scheduler import wiring
from scheduler.archive import Counts, Header
from scheduler.commands.answer import DONE, INTERRUPTED, Missing, Wrong, say
from scheduler.commands.progress import progress
from scheduler.row import iso

_STREAM = "-"
_AGAIN = "The same command goes on from there."


def carry(asked: argparse.Namespace, now: datetime) -> int:
    """Export: write both tables into a file, which has its name only once it is whole."""
    from scheduler.cloud.whole import both  # noqa: PLC0415 - the SDK is loaded by who needs it
    from scheduler.commands.outgoing import Outgoing  # noqa: PLC0415 - likewise

    settings = wiring.world().settings
    going, tables = Outgoing(Header.of(settings, iso(now))), both(settings)
    if asked.file == _STREAM:
        with progress("Exporting") as told:
            going.write(sys.stdout.buffer, tables, told)
        return _answer(asked, going.counts, f"Exported: {going.counts}.")
    file = Path(asked.file)
    if file.is_dir():
        raise Wrong(f"FILE is '{file}', which is a folder: name a file, or - for standard output.")
    if file.exists() and not asked.replace:
        raise Missing(f"{file} is there already: choose another name, or write over it with --replace.")
    part = file.with_name(f"{file.name}.part")
    try:
        with _kept(part) as out:
            going.resume(out, str(part))
            with progress("Exporting", done=going.counts.all) as told:
                going.write(out, tables, told)
            os.fsync(out.fileno())
    except KeyboardInterrupt:
        return say(f"Interrupted: {part} holds {going.counts}. {_AGAIN}", INTERRUPTED)
    part.replace(file)
    return _answer(asked, going.counts, f"{file} holds {going.counts}.")


def bring(asked: argparse.Namespace, now: datetime) -> int:
    """Import: write a file's rows into the tables, once all of the file was read and found whole."""
    from scheduler.cloud.whole import both  # noqa: PLC0415 - as above
    from scheduler.commands.incoming import Incoming, check, refuse_strangers  # noqa: PLC0415 - as above

    world = wiring.world()
    tables = {name: table for name, table in both(world.settings).items() if asked.only in (None, name)}
    with _read(asked.file) as file:
        with progress("Checking") as told:
            contents = check(file, asked.only, told)
        if not asked.runs_are_gone:
            refuse_strangers(contents, world.settings)
        coming = Incoming(contents, tables, world.jobs)
        coming.begin(now, replace=asked.replace)
        try:
            with progress("Importing", contents.counts.all, max(coming.done, 0)) as told:
                coming.write(file, told)
        except KeyboardInterrupt:
            return say(
                f"Interrupted after {max(coming.done, 0):,} of {contents.counts.all:,} rows. {_AGAIN}", INTERRUPTED
            )
    if coming.disturbed():
        say("A scheduler ticked meanwhile, and what it made of half the rows is not known: stop it, and --replace.")
    going = len(contents.open_runs)
    looked = f" The first tick looks after the open runs of {going} job{'' if going == 1 else 's'}." if going else ""
    return _answer(asked, contents.counts, f"Imported: {contents.counts}.{looked}")


def _answer(asked: argparse.Namespace, counts: Counts, told: str) -> int:
    stream = sys.stderr if asked.file == _STREAM else sys.stdout
    print(json.dumps(vars(counts)) if asked.json else told, file=stream)
    return DONE


@contextmanager
def _kept(part: Path) -> Iterator[BinaryIO]:
    try:
        part.touch()
        out = part.open("r+b")
    except OSError as error:
        raise Wrong(f"{part} cannot be written: {error.strerror}.") from error
    with out:
        yield out


@contextmanager
def _read(name: str) -> Iterator[BinaryIO]:
    """Open a file that can be read twice: standard input is kept beside it first."""
    if name == _STREAM:
        with tempfile.TemporaryFile() as kept:
            shutil.copyfileobj(sys.stdin.buffer, kept)
            kept.seek(0)
            yield kept
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - closed below; only the opening may fail with this sentence
    except OSError as error:
        raise Missing(f"{name} cannot be read: {error.strerror}.") from error
    with file:
        yield file
