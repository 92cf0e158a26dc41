"""How far a long command is: a bar on a terminal, and elsewhere a line now and then."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from scheduler.commands.answer import say

#: Where there is no terminal, a line after so many rows.
EVERY = 10_000

type Told = Callable[[int], None]


@contextmanager
def progress(doing: str, total: int | None = None, done: int = 0) -> Iterator[Told]:
    """Show how many rows are done, on standard error; call what it gives with each further number of them.

    `total` is None where nobody knows how many there are, `done` what an earlier call of the command did.
    """
    if sys.stderr.isatty():
        with _bar(doing, total, done) as told:
            yield told
    else:
        yield _lines(doing, total, done)


@contextmanager
def _bar(doing: str, total: int | None, done: int) -> Iterator[Told]:
    # Loaded here: no tick and no other command shows a bar.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(doing, total=total, completed=done)
        yield lambda rows: shown.advance(task, rows)


def _lines(doing: str, total: int | None, done: int) -> Told:
    def told(rows: int) -> None:
        nonlocal done
        before, done = done, done + rows
        if before // EVERY != done // EVERY:
            say(f"{doing}: {done:,}{f' of {total:,}' if total else ''} rows")

    return told
