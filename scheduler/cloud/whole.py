"""A whole table, page by page, with every cell as the service holds it: for `tables export` and `tables import`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scheduler.archive import AUDIT, JOBS, RUNS, Record, Typed
from scheduler.cloud.batch import Write
from scheduler.cloud.tables import AzureTable
from scheduler.ports import Delete
from scheduler.row import Key
from scheduler.settings import Settings

_TYPE = "@odata.type"
_KEYS = ("PartitionKey", "RowKey")
#: Of a cell that stands without its type; a Double stands with its point, also when it is whole.
_KINDS: Mapping[type, str] = {str: "String", bool: "Boolean", int: "Int32", float: "Double"}


def tables(settings: Settings) -> "Mapping[str, WholeTable]":
    """Open Jobs, Runs and Audit, by the names that the records have for them; no request is sent."""
    return {
        JOBS: WholeTable.open(settings, settings.jobs_table),
        RUNS: WholeTable.open(settings, settings.runs_table),
        AUDIT: WholeTable.open(settings, settings.audit_table),
    }


class WholeTable(AzureTable):
    """One table of the storage account, read and written without a look at what its cells mean."""

    def records(self, table: str, after: Key | None = None) -> Iterator[Sequence[Record]]:
        """Read every row, or those after a key, in key order, a page at a time; `table`: what the records say."""
        for asked in _following(after):
            for page in self._stream(asked):
                yield [_record(table, entity) for entity in page]

    def every_key(self) -> Iterator[Sequence[Key]]:
        """Read every row's key, a page at a time; rows of pages that were given may be deleted meanwhile."""
        for page in self._stream("", _KEYS):
            yield [(entity["PartitionKey"], entity["RowKey"]) for entity in page]

    def put(self, records: Sequence[Record]) -> None:
        """Write up to 100 rows of one partition as they are, whatever stood there; all or none."""
        table = self._client.table_name
        writes = [Write.replace(table, record.key, _cells(record)) for record in records]
        self._there(lambda: self._transact(writes))

    def drop(self, keys: Sequence[Key]) -> None:
        """Delete up to 100 rows of one partition, all or none; a row that is not there refuses them all."""
        self.submit([Delete(key) for key in keys])

    def forget(self, key: Key) -> None:
        """Delete a row, if it is there."""
        self._there(lambda: self._client.delete_entity(*key))

    def _stream(self, asked: str, select: Sequence[str] = ()) -> Iterator[Sequence[Mapping[str, Any]]]:
        self.query((), _KEYS, limit=1)  # makes a table that is missing
        answers: list[Any] = []
        how: dict[str, Any] = {"select": list(select) or None, "answers": answers}
        entities = self._client.query_entities(asked, **how) if asked else self._client.list_entities(**how)
        for _ in entities.by_page():
            yield answers.pop().body["value"]


def _following(after: Key | None) -> Sequence[str]:
    """Filter the rows behind a key: two ranges, because an `or` of both would be read from the table's beginning."""
    if after is None:
        return ("",)
    partition, name = (text.replace("'", "''") for text in after)
    return (f"PartitionKey eq '{partition}' and RowKey gt '{name}'", f"PartitionKey gt '{partition}'")


def _record(table: str, entity: Mapping[str, Any]) -> Record:
    cells: dict[str, Typed] = {}
    for name, value in entity.items():
        if value is None or name in (*_KEYS, "Timestamp") or "odata." in name:
            continue
        kind = str(entity.get(name + _TYPE, "")).removeprefix("Edm.") or _KINDS[type(value)]
        cells[name] = (kind, value)
    return Record(table, (entity["PartitionKey"], entity["RowKey"]), cells)


def _cells(record: Record) -> dict[str, Any]:
    """Write cells with their types, just as they were read."""
    said: dict[str, Any] = {}
    for name, (kind, value) in record.cells.items():
        said |= {name: value, name + _TYPE: f"Edm.{kind}"}
    return said
