"""A table in memory, strict where the service is stricter than Azurite."""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

from scheduler import cursor
from scheduler.ports import ANY, MOST_IN_BATCH, BatchRefused, Change, Condition, Delete, Insert, Page, Slice, Where
from scheduler.row import Columns, Key, Row, Value
from tests.world import limits
from tests.world.clock import Clock, Journal
from tests.world.faults import Fault, NoAnswer, Outside

PAGE = 1_000
_COMPARE: Mapping[str, Callable[[Value, Value], bool]] = {
    name: getattr(operator, name) for name in ("eq", "ge", "gt", "le", "lt", "ne")
}


class MemoryTable:
    """`ports.Table`. `name` begins its lines in the journal; `rows` is for looking, not for touching.

    A fault on order (`order`, see `faults`) is known by the operation and by the table's name.
    """

    def __init__(self, name: str, clock: Clock, journal: Journal) -> None:
        self.name = name
        self.rows: dict[Key, Row] = {}
        self.transactions = 0
        #: The most rows that one request looks at for a page; the service stops after seconds, and says where.
        self.scanned = 100_000
        #: How many rows were looked at for pages so far.
        self.looked_at = 0
        self._clock = clock
        self._outside = Outside(clock, journal)
        self.faults, self.order = self._outside.faults, self._outside.faults.order
        self._written = 0

    def read(self, key: Key) -> Row | None:
        """Read one row whole."""
        return self._ask("read", "/".join(key), lambda _: self.rows.get(key))

    def query(self, where: Where, select: Sequence[str] = (), limit: int | None = None) -> Page:
        """Read every row that matches (the first `limit`), in key order: one transaction for each thousand."""
        return self._ask("query", "", partial(self._found, where, select, limit))

    def page(self, where: Where, select: Sequence[str], limit: int, after: str = "") -> Slice:
        """Read some rows: one transaction, and `scanned` at most are looked at, so that a slice may be empty."""
        begin = cursor.read(after) if after else ("", "")
        return self._ask("page", "", partial(self._sliced, where, select, min(limit, PAGE), begin))

    def submit(self, changes: Sequence[Change]) -> Sequence[str]:
        """Write all changes or none."""
        if not changes:
            return []
        if len(changes) > MOST_IN_BATCH or len({change.key[0] for change in changes}) > 1:
            raise ValueError("a transaction takes at most 100 changes of one partition")
        return self._ask("submit", _line(changes), lambda _: self._written_all(changes))

    def keep(self, key: Key, columns: Columns) -> None:
        """Merge cells into a row, or add it."""
        if refused := limits.key_refused(key):
            raise ValueError(refused)
        self._ask("keep", "/".join(key), lambda _: self._merged_in(key, columns))

    def put(self, key: Key, columns: Columns) -> Row:
        """Write a row whole, over any other: what an import or a person's script does."""
        if refused := limits.key_refused(key) or limits.row_refused(key, columns):
            raise ValueError(refused)
        self.rows[key] = self._stamped(Row(*key, _kept(columns)))
        return self.rows[key]

    def remove(self, key: Key) -> None:
        """Delete a row: a person's doing only."""
        del self.rows[key]

    def _ask[T](self, operation: str, what: str, effect: Callable[[datetime], T]) -> T:
        def transaction(at: datetime) -> T:
            self.transactions += 1
            return effect(at)

        line = f"{self.name}.{operation} {what}".strip()
        return self._outside.ask(line, operation, [self.name], transaction, self._no_answer)

    def _no_answer(self, fault: Fault) -> NoAnswer:
        return NoAnswer(f"{self.name}: {fault.kind}: no answer")

    def _found(self, where: Where, select: Sequence[str], limit: int | None, _at: datetime) -> Page:
        found = [row for _, row in sorted(self.rows.items()) if _matches(row, where)][:limit]
        self.transactions += max(0, -(-len(found) // PAGE) - 1)
        return Page([_cut(row, select) for row in found], self._clock.now.replace(microsecond=0))

    def _sliced(self, where: Where, select: Sequence[str], limit: int, begin: cursor.Place, _at: datetime) -> Slice:
        found: list[Row] = []
        first, last = _range(where)
        first = max(first, (begin[0] or "", begin[1] or ""))
        for number, key in enumerate(sorted(key for key in self.rows if first <= key < last)):
            if len(found) == limit or number == self.scanned:
                return Slice(found, cursor.write(key))
            self.looked_at += 1
            if _matches(self.rows[key], where):
                found.append(_cut(self.rows[key], select))
        return Slice(found)

    def _written_all(self, changes: Sequence[Change]) -> Sequence[str]:
        after = self._all_or_none(changes)
        for key, row in after.items():
            if row:
                self.rows[key] = row
            else:
                del self.rows[key]
        return [row.etag if row else "" for row in (after[change.key] for change in changes)]

    def _merged_in(self, key: Key, columns: Columns) -> None:
        self.put(key, {**(self.rows[key].columns if key in self.rows else {}), **columns})

    def _all_or_none(self, changes: Sequence[Change]) -> dict[Key, Row | None]:
        after: dict[Key, Row | None] = {}
        for index, change in enumerate(changes):
            if change.key in after:
                raise BatchRefused(index, 400, "InvalidDuplicateRow: an entity can appear only once in a batch.")
            status, sentence = self._refused(change)
            if status:
                raise BatchRefused(index, status, sentence)
            gone = isinstance(change, Delete)
            after[change.key] = None if gone else self._stamped(Row(*change.key, self._merged(change)))
        if sum(limits.size(change.key, change.columns) for change in changes) > limits.MOST_IN_A_BATCH:
            raise BatchRefused(0 if len(changes) == 1 else None, 413, "RequestBodyTooLarge: more than 4 MiB.")
        return after

    def _refused(self, change: Change) -> tuple[int, str]:
        if refused := limits.key_refused(change.key) or limits.row_refused(change.key, self._merged(change)):
            return 400, refused
        there = self.rows.get(change.key)
        if isinstance(change, Insert):
            return (409, "EntityAlreadyExists") if there else (0, "")
        if there is None:
            return 404, "ResourceNotFound"
        return (0, "") if change.etag in {ANY, there.etag} else (412, "UpdateConditionNotSatisfied")

    def _merged(self, change: Change) -> dict[str, Value]:
        there = None if isinstance(change, Insert) else self.rows.get(change.key)
        return {**(there.columns if there else {}), **_kept(change.columns)}

    def _stamped(self, row: Row) -> Row:
        self._written += 1
        return replace(row, etag=f'W/"{self.name}-{self._written}"', timestamp=self._clock.now)


def _kept(columns: Columns) -> dict[str, Value]:
    """Give the cells as they come back: plain text for an enumeration's, UTC for any zone's."""
    return {name: _plain(value) for name, value in columns.items()}


def _plain(value: Value) -> Value:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value} has no zone")
        return value.astimezone(UTC)
    return str(value) if isinstance(value, str) else value


def _line(changes: Sequence[Change]) -> str:
    said = [f"{type(change).__name__.lower()} {change.key[1]}" for change in changes]
    return f"{changes[0].key[0]}: {', '.join(said)}"


def _cut(row: Row, select: Sequence[str]) -> Row:
    if not select:
        return row
    return replace(row, columns={name: row.columns[name] for name in select if name in row.columns})


def _matches(row: Row, where: Where) -> bool:
    return not where or any(all(_holds(row, condition) for condition in every) for every in where)


def _range(where: Where) -> tuple[Key, Key]:
    """Give the keys between which the service looks: those that bounds on both keys leave, or else the whole table."""
    said = {(column, how): str(value) for every in where[:1] for column, how, value in every}
    partition = said.get(("PartitionKey", "eq"))
    if partition is None or len(where) > 1:
        return ("", ""), ("\U0010ffff", "")
    first, last = said.get(("RowKey", "ge"), ""), said.get(("RowKey", "lt"), "\U0010ffff")
    return (partition, first), (partition, last)


def _holds(row: Row, condition: Condition) -> bool:
    """Compare as the service does: a cell that is missing or of another type never matches."""
    column, how, value = condition
    own: Columns = {"PartitionKey": row.partition, "RowKey": row.name, "Timestamp": row.timestamp}
    cell = own.get(column, row.columns.get(column))
    return cell is not None and _kind(cell) is _kind(value) and _COMPARE[how](cell, value)


def _kind(value: Value) -> type:
    return datetime if isinstance(value, datetime) else str if isinstance(value, str) else type(value)
