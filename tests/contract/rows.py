"""How the contract's tests write rows and read them back: all are in partition p, unless they say otherwise."""

from scheduler.ports import Insert, Merge, Table
from scheduler.row import Columns, Value


def insert(name: str, /, partition: str = "p", **columns: Value) -> Insert:
    return Insert((partition, name), columns)


def merge(name: str, etag: str, /, **columns: Value) -> Merge:
    return Merge(("p", name), columns, etag)


def names(table: Table, *every: tuple[str, str, Value]) -> list[str]:
    return [row.name for row in table.query([every]).rows]


def cells(table: Table, name: str) -> Columns:
    row = table.read(("p", name))
    assert row is not None
    return row.columns
