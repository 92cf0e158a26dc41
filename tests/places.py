"""Tables of their own on a real Azurite, with a terminal beside them: what exports and imports go between."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient

from scheduler import wiring
from scheduler.cloud.whole import WholeTable
from scheduler.ports import Insert
from scheduler.row import HEARTBEAT, NEVER
from tests.servers import Azurite
from tests.typist import NOW, Typist, settings, terminal


class Place:
    """Tables of their own, with a terminal beside them."""

    def __init__(self, azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> None:
        self.azurite, self._monkeypatch = azurite, monkeypatch
        self.settings = settings(azurite, "http://127.0.0.1:1") | {"INSTALLATION": "store/Jobs"}

    @contextmanager
    def here(self, **changed: str) -> Iterator[None]:
        with terminal(self._monkeypatch, self.settings | changed):
            yield

    def client(self, name: str) -> TableClient:
        return TableClient.from_connection_string(self.azurite.connection, self.settings[name])

    def rows(self) -> list[list[dict[str, Any]]]:
        """What the service holds, every cell with its type, but for what it writes itself."""
        return [self._rows(name) for name in ("JOBS_TABLE", "RUNS_TABLE", "AUDIT_TABLE")]

    def _rows(self, name: str) -> list[dict[str, Any]]:
        pages: list[Any] = []
        with self.client(name) as client, suppress(ResourceNotFoundError):  # a table that nobody wrote to is not there
            list(client.list_entities(raw_response_hook=lambda said: pages.append(said.http_response.json())))
        return [
            {cell: value for cell, value in row.items() if cell not in ("odata.etag", "Timestamp")}
            for page in pages
            for row in page.get("value", ())
        ]


def held(name: str) -> list[tuple[str, str]]:
    """The keys of the rows of a table, as the terminal's settings name it."""
    return [row.key for row in getattr(wiring.world(), name).query(()).rows]


def carried(place: Place) -> list[list[dict[str, Any]]]:
    """What an export of the place holds."""
    jobs, *others = place.rows()
    return [[row for row in jobs if row["PartitionKey"] != HEARTBEAT[0]], *others]


def fill(many: int = 3, runs: int = 2) -> None:
    """Some jobs in two partitions, each with some runs, and what a tick leaves beside them."""
    world = wiring.world()
    for partition in ("o'hara", "weather"):
        world.jobs.submit([Insert((partition, f"job{n}"), {"Schedule": "@daily", "NextRun": NOW}) for n in range(many)])
        rows = [Insert((partition, f"job0|{n:03}|001"), {"State": "Succeeded", "Due": NEVER}) for n in range(runs)]
        world.runs.submit(rows)
        world.audit.submit([Insert((f"{partition}|job0", "1|a"), {"Who": "anna", "Action": "add", "Result": "done"})])
    world.jobs.keep(HEARTBEAT, {"LastTick": NOW - timedelta(hours=1), "Chains": "old"})


def counted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Note each transaction that is written: its table and how many rows."""
    sizes: list[tuple[str, int]] = []
    put = WholeTable.put

    def noted(table: WholeTable, records: Sequence[Any]) -> None:
        sizes.append((records[0].table, len(records)))
        put(table, records)

    monkeypatch.setattr(WholeTable, "put", noted)
    return sizes


def filled(place: Place, typist: Typist, file: Path, many: int = 3, runs: int = 2) -> None:
    with place.here():
        fill(many, runs)
        assert typist.type("tables", "export", str(file)) == 0, typist.err
