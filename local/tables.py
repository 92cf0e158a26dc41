"""The tables read for the view: in this process, since a command for each look would cost half a core."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from local.needs import RefusalError
from local.view import JobLine, Look, RunLine
from scheduler import wiring
from scheduler.ports import World
from scheduler.row import Key, Row
from scheduler.settings import Settings
from scheduler.steps.repair import newest_runs
from scheduler.steps.seen import is_job

MOST = 20
"""Jobs whose runs are read in one look; each costs a query."""
NEWEST = 2
"""Runs of a job in one look: the one that ended and the one that began."""


class Tables:
    """The tables that the settings in `env` name. Its methods block: call them off the event loop."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._seen: dict[Key, object] = {}

    def look(self) -> Look:
        """Every job as its row tells it, and the newest runs of those that changed since the last look.

        Raises RefusalError with the reason when the tables cannot be read.
        """
        with _read():
            rows = [row for row in self._world.jobs.query(()).rows if is_job(row)]
            runs = [run for row in self._changed(rows)[:MOST] for run in self._runs(row.key)]
        return Look([JobLine.from_row(_columns(row)) for row in rows], runs)

    def cell(self, job: str, column: str) -> object:
        """One cell of a job's row, None when it or the row is not there. Raises RefusalError as `look` does."""
        partition, _, name = job.partition("/")
        with _read():
            row = self._world.jobs.read((partition, name))
        return row.columns.get(column) if row else None

    def _changed(self, rows: Sequence[Row]) -> list[Row]:
        changed = [row for row in rows if self._seen.get(row.key) != row.timestamp]
        self._seen = {row.key: row.timestamp for row in rows}
        return changed

    def _runs(self, job: Key) -> list[RunLine]:
        newest = newest_runs(self._world, job)[:NEWEST]
        return [RunLine.from_row("/".join(job), _columns(row)) for row in reversed(newest)]

    @cached_property
    def _world(self) -> World:
        return wiring.build(Settings.read(self._env))


@contextmanager
def _read() -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the storage's own errors are known to scheduler/cloud only
        first, *_ = str(error).strip().splitlines() or [type(error).__name__]
        raise RefusalError(f"The tables cannot be read: {first}") from error


def _columns(row: Row) -> dict[str, Any]:
    return {**row.columns, "PartitionKey": row.key[0], "RowKey": row.key[1], "Timestamp": row.timestamp}
