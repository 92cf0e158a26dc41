"""What is typed of a row: JOB, and COLUMN=VALUE; and the row that stands there."""

from collections.abc import Sequence
from difflib import get_close_matches

from scheduler import wiring
from scheduler.commands.answer import Missing, Wrong
from scheduler.job import OWNED
from scheduler.row import OWN_PREFIX, Key, Row, Value
from scheduler.standing import COLUMNS


def key(typed: str) -> Key:
    """Read JOB, PartitionKey/RowKey; Wrong for anything else."""
    partition, slash, name = typed.partition("/")
    if not slash or not partition or not name or "/" in name:
        raise Wrong(f"JOB is {typed!r}: it must be PartitionKey/RowKey, for example weather/extract.")
    if partition.startswith(OWN_PREFIX):
        raise Wrong(f"JOB is {typed!r}: a PartitionKey that begins with {OWN_PREFIX} is Crontable's own.")
    return partition, name


def cells(typed: Sequence[str]) -> dict[str, Value]:
    """Read COLUMN=VALUE, each; Wrong for a column that is not a person's to write."""
    return dict(_cell(one) for one in typed)


def _cell(typed: str) -> tuple[str, Value]:
    name, equals, value = typed.partition("=")
    if not equals:
        raise Wrong(f"{typed!r} is not COLUMN=VALUE.")
    if name in COLUMNS:
        raise Wrong(f"{name} is the scheduler's own column: edit what it follows from, such as Schedule or Watermark.")
    if name not in OWNED:
        near = get_close_matches(name, OWNED, 1)
        instead = f"did you mean {near[0]}?" if near else f"the columns are {', '.join(OWNED)}."
        raise Wrong(f"{name!r} is not a column of a job: {instead}")
    return name, value


def row(key: Key) -> Row:
    """Read a job's row; Missing when it is not there."""
    found = wiring.world().jobs.read(key)
    if found is None:
        raise Missing(f"{'/'.join(key)} is not there; `python -m scheduler jobs` lists the jobs.")
    return found
