"""validate: what a tick would think of a row, of cells typed over it, or of all rows; nothing is saved."""

import typer

from scheduler.commands.answer import DONE, FAILED, WRONG, give, say, table, tell
from scheduler.commands.progress import progress
from scheduler.commands.rows import cells, key, place, row
from scheduler.commands.typed import Cells, Json, present, room
from scheduler.desk.check import Checked, check, checked
from scheduler.row import Key, iso
from scheduler.steps.seen import is_job

app = room()


@app.command()
def validate(
    ctx: typer.Context,
    job: str = typer.Argument("", metavar="[JOB]", help="PartitionKey/RowKey; all jobs when left out"),
    typed: Cells = None,
    *,
    as_json: Json = False,
) -> int:
    """Say what a tick would think of a job, with COLUMN=VALUE typed over its row; or of all jobs. Nothing is saved."""
    if not job:
        return _all(ctx, as_json=as_json)
    wanted, changed = key(job), cells(typed or ())
    if not changed:
        row(wanted)
    found = check(place(), wanted, changed, present(ctx))
    if as_json:
        give(shape(wanted, found))
    elif found.good:
        tell("\n".join([found.sentence, *(iso(due) for due in found.next_dues)]))
    else:
        say("\n".join(_faults(found)))
    return DONE if found.good else WRONG


def _all(ctx: typer.Context, *, as_json: bool) -> int:
    world = place()
    rows = [row for row in world.jobs.query(()).rows if is_job(row)]
    results: list[tuple[Key, Checked]] = []
    with progress("Checking", len(rows)) as told:
        for one in rows:
            results.append((one.key, checked(world, one, present(ctx))))
            told(1)
    wrong = [(key, found) for key, found in results if not found.good]
    if as_json:
        give([shape(key, found) for key, found in results])
    else:
        if wrong:
            table(("JOB", "FAULT"), [("/".join(key), fault) for key, found in wrong for fault in _faults(found)])
        tell(f"{len(wrong)} of {len(results)} jobs are wrong." if wrong else f"All {len(results)} jobs are good.")
    return FAILED if wrong else DONE


def shape(key: Key, found: Checked) -> dict[str, object]:
    """Give what was found as JSON holds it."""
    return {
        "Job": "/".join(key),
        "Good": found.good,
        "Faults": {column: list(several) for column, several in found.faults.items()},
        "Next": [iso(due) for due in found.next_dues],
        "Sentence": found.sentence,
    }


def _faults(found: Checked) -> list[str]:
    return [fault for several in found.faults.values() for fault in several]
