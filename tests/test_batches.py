"""Changes are cut into transactions that the service takes: by their number, and by the bytes that they are sent as."""

import json
from collections.abc import Sequence

import pytest

from scheduler.cloud import cells
from scheduler.ports import Change, Merge
from scheduler.steps.write import write
from tests.world import Clock, Journal, MemoryTable

#: What the service takes in one transaction.
MOST_BYTES = 4 * 2**20


class Counted(MemoryTable):
    """A table that notes how many bytes each transaction's cells take in JSON."""

    def __init__(self) -> None:
        super().__init__("jobs", Clock(), Journal())
        self.sizes: list[int] = []

    def submit(self, changes: Sequence[Change]) -> Sequence[str]:
        """Note it."""
        self.sizes.append(sum(len(json.dumps(cells.written(one.columns))) for one in changes))
        return super().submit(changes)


@pytest.mark.parametrize("letter", ["x", "é", "天", "\U0001f326"])
def test_no_transaction_is_larger_than_the_service_takes_whatever_people_write(letter: str) -> None:
    table = Counted()
    keys = [("team", f"job{number:03}") for number in range(100)]
    etags = [table.put(key, {"X": "0"}).etag for key in keys]
    text = letter * 15_000
    answers = write(table, [Merge(key, {"Reason": text}, etag) for key, etag in zip(keys, etags, strict=True)])
    assert len(answers) == 100
    assert max(table.sizes) < MOST_BYTES
    assert len(table.sizes) < 20
