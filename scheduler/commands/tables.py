"""tables export, tables import: all tables into a file and back, for a backup, a move, or a look from outside."""

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, BinaryIO, TextIO

import typer

from scheduler import wiring
from scheduler.archive import JOBS, Counts, Header
from scheduler.commands.answer import DONE, INTERRUPTED, say
from scheduler.commands.progress import progress
from scheduler.commands.typed import Json, present, room
from scheduler.desk.faults import Missing, Wrong
from scheduler.row import iso

app = room(help="Copy all tables into a file, or back.")
_STREAM = "-"
_AGAIN = "The same command goes on from there."


@app.command("export")
def carry(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="- is standard output")],
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="write over a file that is there, and over an export that is a day old")
    ] = False,
    as_json: Json = False,
) -> int:
    """Write Jobs, Runs and Audit into a file of JSON lines, which has its name only once it is whole."""
    from scheduler.cloud import whole as opened  # noqa: PLC0415 - the SDK is loaded by who needs it
    from scheduler.commands.outgoing import Outgoing  # noqa: PLC0415 - likewise

    settings = wiring.world().settings
    now = present(ctx)
    going, tables = Outgoing(Header.of(settings, iso(now))), opened.tables(settings)
    if file == _STREAM:
        with progress("Exporting") as told:
            going.write(sys.stdout.buffer, tables, told)
        return _answer(sys.stderr, going.counts, f"Exported: {going.counts}.", as_json=as_json)
    whole = Path(file)
    if whole.is_dir():
        raise Wrong(f"FILE is '{whole}', which is a folder: name a file, or - for standard output.")
    if whole.exists() and not replace:
        raise Missing(f"{whole} is there already: choose another name, or write over it with --replace.")
    part = whole.with_name(f"{whole.name}.part")
    try:
        with _kept(part) as out:
            if begun := going.resume(out, str(part), now, anew=replace):
                say(f"Going on with {part}, begun {begun} ago: {going.counts} are in it.")
            with progress("Exporting", done=going.counts.all) as told:
                going.write(out, tables, told)
            os.fsync(out.fileno())
    except KeyboardInterrupt:
        return say(f"Interrupted: {part} holds {going.counts}. {_AGAIN}", INTERRUPTED)
    part.replace(whole)
    return _answer(sys.stdout, going.counts, f"{whole} holds {going.counts}.", as_json=as_json)


@app.command("import")
def bring(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="- is standard input")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="delete every row of Jobs and Runs first")] = False,
    only: Annotated[
        str, typer.Option("--only", metavar="jobs", help="write the Jobs table only; its rows are held against Runs")
    ] = "",
    runs_are_gone: Annotated[
        bool,
        typer.Option(
            "--runs-are-gone",
            help="the containers of the file's open runs exist no more: each counts as lost, and is tried again",
        ),
    ] = False,
    as_json: Json = False,
) -> int:
    """Write the rows of such a file into the tables, once all of it was read and found whole."""
    from scheduler.cloud import whole as opened  # noqa: PLC0415 - as above
    from scheduler.commands.incoming import Incoming, check, refuse_strangers  # noqa: PLC0415 - as above

    if only not in ("", JOBS):
        raise Wrong(f"--only is {only!r}: it must be {JOBS}.")
    world = wiring.world()
    tables = {name: table for name, table in opened.tables(world.settings).items() if only in ("", name)}
    with _read(file) as read:
        with progress("Checking") as told:
            contents = check(read, only or None, told)
        if not runs_are_gone:
            refuse_strangers(contents, world.settings)
        coming = Incoming(contents, tables, world.jobs)
        coming.begin(present(ctx), replace=replace)
        try:
            with progress("Importing", contents.counts.all, max(coming.done, 0)) as told:
                coming.write(read, told)
        except KeyboardInterrupt:
            return say(
                f"Interrupted after {max(coming.done, 0):,} of {contents.counts.all:,} rows. {_AGAIN}", INTERRUPTED
            )
    if coming.disturbed():
        say("A scheduler ticked meanwhile, and what it made of half the rows is not known: stop it, and --replace.")
    going = len(contents.open_runs)
    looked = f" The first tick looks after the open runs of {going} job{'' if going == 1 else 's'}." if going else ""
    stream = sys.stderr if file == _STREAM else sys.stdout
    return _answer(stream, contents.counts, f"Imported: {contents.counts}.{looked}", as_json=as_json)


def _answer(stream: TextIO, counts: Counts, told: str, *, as_json: bool) -> int:
    print(json.dumps(vars(counts)) if as_json else told, file=stream)
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
