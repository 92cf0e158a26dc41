"""runs: a job's runs and skips, newest first, and a few figures over them."""

from contextlib import nullcontext
from typing import Annotated

import typer

from scheduler import wiring
from scheduler.commands.answer import DONE, give, table, tell, text, whole
from scheduler.commands.found import shape
from scheduler.commands.progress import progress
from scheduler.commands.rows import key, missing, row
from scheduler.commands.typed import JobName, Json, room
from scheduler.desk import runs as desk
from scheduler.desk.faults import Missing, Wrong
from scheduler.desk.runline import RunLine
from scheduler.history import Figures
from scheduler.recent import Past
from scheduler.row import iso

app = room()
_HEADS = ("RUN", "STATE", "SECONDS", "FROM", "TO", "REASON")
_CELLS = ("Duration", "WatermarkFrom", "WatermarkTo")
_MOST = 100_000


@app.command()
def runs(
    job: JobName,
    *,
    state: Annotated[str, typer.Option("--state", help="only these, for example failed, skipped or active")] = "",
    limit: Annotated[str, typer.Option("--limit", metavar="NUMBER", help="how many at most")] = "50",
    as_json: Json = False,
) -> int:
    """List what is going, and a job's newest runs and skips."""
    wanted, most = key(job), whole("--limit", limit, 1, _MOST)
    found = _read(job, state, most)
    if not state:
        found = desk.led(desk.active(wiring.world(), wanted), found)[:most]
    if not found:
        row(wanted)
    if as_json:
        give([shape(one) for one in found])
        return DONE
    table(_HEADS, [(_named(one), one.state, *(text(one.row, name) for name in _CELLS), one.reason) for one in found])
    closed = [past for one in reversed(found) if (past := Past.from_row(one.cells))]
    skips = sum(one.skip for one in found)
    tell(f"of these {len(found)}: {Figures.of(closed).sentence}; {skips} {'skip' if skips == 1 else 'skips'}")
    return DONE


def _named(one: RunLine) -> str:
    """Give a run's name; of a skip that stands for several due times the first and the last of them."""
    return f"{iso(one.began)} to {iso(one.due)}" if one.skip and one.began != one.due else one.ref


def _read(job: str, state: str, most: int) -> list[RunLine]:
    """Read page after page, until there are enough."""
    found: list[RunLine] = []
    after, more = "", True
    try:
        with progress("Reading", most) if most > desk.MOST else nullcontext(_nothing) as told:
            while more and len(found) < most:
                limit = min(desk.MOST, most - len(found))
                page, after = desk.runs(wiring.world(), key(job), state=state or None, limit=limit, after=after)
                found += page
                told(len(page))
                more = bool(after)
    except Missing as gone:
        raise missing(key(job)) from gone
    except Wrong as wrong:
        raise Wrong(f"--{wrong}" if wrong.field in ("state", "limit") else str(wrong)) from wrong
    return found[:most]


def _nothing(read: int) -> None:
    del read
