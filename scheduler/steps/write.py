"""Send changes in batches of up to 100 rows of one PartitionKey, and tell for each whether it was done.

A refused batch wrote nothing. The row that the message names is dropped and the rest is sent again; after
three refusals each goes alone. A refusal is believed only after reading the row: the SDK sends a batch
again after a 5xx, so that our own first try may be what refuses the second.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from scheduler.ports import MOST_IN_BATCH, BatchRefused, Change, Delete, Table
from scheduler.row import Key, Row, Value

#: Answers that say that somebody else was quicker.
CONFLICTS = (404, 409, 412)
_PATIENCE = 3
#: A transaction holds 4 MiB; texts count twice (UTF-16), and there is a frame around each row.
_LARGEST = 3_000_000
#: No number, flag or instant is longer, its type beside it.
_LONGEST_OTHER = 100


@dataclass(frozen=True)
class Done:
    """The change stands in the table, under this ETag.

    `found`: a refusal led to this row, and the change stood there. What else it says, somebody may have written since.
    """

    etag: str
    found: Row | None = None


@dataclass(frozen=True)
class NotDone:
    """The change was not made; `row` is what stands there instead, None when nothing does."""

    status: int
    sentence: str
    row: Row | None

    @property
    def lost(self) -> bool:
        """Say whether somebody else was faster, as opposed to a row that cannot be written at all."""
        return self.status in CONFLICTS


type Answer = Done | NotDone


def write(table: Table, changes: Sequence[Change]) -> Mapping[Key, Answer]:
    """Make the changes, at most one for each row; gives an answer for each key."""
    answers: dict[Key, Answer] = {}
    for _, partition in groupby(sorted(changes, key=lambda one: one.key), key=lambda one: one.key[0]):
        for batch in _batches(list(partition)):
            answers |= _send(table, batch)
    return answers


def _batches(changes: Sequence[Change]) -> Iterator[list[Change]]:
    batch: list[Change] = []
    size = 0
    for change in changes:
        weight = 500 + sum(len(name) + _weight(value) for name, value in change.columns.items())
        if batch and (len(batch) == MOST_IN_BATCH or size + weight > _LARGEST):
            yield batch
            batch, size = [], 0
        batch.append(change)
        size += weight
    if batch:
        yield batch


def _weight(value: Value) -> int:
    """Say how many bytes a cell takes at most: in JSON, a letter that is not ASCII is written with six or twelve."""
    if isinstance(value, str | bytes):
        return 2 * len(value) if value.isascii() else 12 * len(value)
    return _LONGEST_OTHER


def _send(table: Table, batch: list[Change]) -> dict[Key, Answer]:
    answers: dict[Key, Answer] = {}
    for _ in range(_PATIENCE):
        try:
            etags = table.submit(batch)
        except BatchRefused as refused:
            named = 0 if len(batch) == 1 else refused.index
            if named is None or not 0 <= named < len(batch):
                break
            dropped = batch.pop(named)
            answers[dropped.key] = _believed(table, dropped, refused)
            if not batch:
                return answers
        else:
            return answers | {one.key: Done(etag) for one, etag in zip(batch, etags, strict=True)}
    return answers | {one.key: _alone(table, one) for one in batch}


def _alone(table: Table, change: Change) -> Answer:
    try:
        return Done(table.submit([change])[0])
    except BatchRefused as refused:
        return _believed(table, change, refused)


def _believed(table: Table, change: Change, refused: BatchRefused) -> Answer:
    if refused.status not in CONFLICTS:
        return NotDone(refused.status, refused.sentence, None)
    row = table.read(change.key)
    if isinstance(change, Delete):
        return NotDone(refused.status, refused.sentence, row) if row else Done("")
    if row and all(row.columns.get(name) == value for name, value in change.columns.items()):
        return Done(row.etag, row)
    return NotDone(refused.status, refused.sentence, row)
