"""The file that keeps the emulator's state over its restarts: SQLite, one transaction for all that changed at once.

A transaction that was committed outlives a SIGKILL of the emulator: the write-ahead log holds it, and is read again at
the next start. The file holds the bodies of groups, secrets included: only its owner may read it.
"""

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aci_emulator.allowance import HOUR
from aci_emulator.arm import ArmError
from aci_emulator.group import Group
from aci_emulator.kept import (
    FORMAT,
    Chunk,
    Saved,
    Taken,
    read_group,
    read_log,
    read_operation,
    write_group,
    write_log,
    write_operation,
)
from aci_emulator.limits import Limits
from aci_emulator.logs import Log
from aci_emulator.operations import KEPT, Operation

type Key = tuple[str, str, str]

FILE = "state.db"
APPLICATION = 0x41434945
"""What marks a SQLite file as an emulator's: the letters ACIE."""

PATIENCE = 2.0
"""Seconds to wait for another emulator to let go: one that was just told to end needs a moment."""

SCHEMA = """
CREATE TABLE groups (key TEXT PRIMARY KEY, number INTEGER NOT NULL, value TEXT NOT NULL);
CREATE TABLE logs (key TEXT, container TEXT, begin INTEGER NOT NULL, PRIMARY KEY (key, container));
CREATE TABLE chunks (key TEXT, container TEXT, begin INTEGER, end INTEGER NOT NULL, marks TEXT NOT NULL,
                     data BLOB NOT NULL, PRIMARY KEY (key, container, begin));
CREATE TABLE operations (place INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, value TEXT NOT NULL);
CREATE TABLE taken (at TEXT NOT NULL, kind TEXT NOT NULL, subscription TEXT NOT NULL, location TEXT NOT NULL);
CREATE INDEX taken_at ON taken (at);
CREATE TABLE things (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE number (highest INTEGER NOT NULL);
INSERT INTO number VALUES (0);
"""


class StoreError(Exception):
    """The state cannot be kept in a folder, or not be read from it; the sentence says why. Nothing was deleted."""


class Store:
    """The state in `folder`, which exists; StoreError when another emulator has it, or when it cannot be read.

    Every `save` and `remove` belongs into a `transaction`.
    """

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        self._folder = folder
        self._path = folder / FILE
        self._logs: dict[Key, dict[str, tuple[Log, tuple[int, int]]]] = {}
        with self._said():
            _make_private(self._path)
            self._db = sqlite3.connect(self._path, timeout=patience, isolation_level=None)
            try:
                self._open()
            except BaseException:
                self._db.close()
                raise

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is saved inside, or nothing of it; StoreError when it cannot be written."""
        with self._said():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._logs.clear()
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def save(self, group: Group) -> None:
        """Keep a group as it is now, and of its logs what is not kept yet."""
        key = _text(group.path.key)
        self._db.execute(
            "INSERT INTO groups VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET number = excluded.number, value = excluded.value",
            (key, group.number, _text(write_group(group))),
        )
        self._db.execute("UPDATE number SET highest = max(highest, ?)", (group.number,))
        self._save_logs(group, key)

    def remove(self, group_key: Key) -> None:
        """Forget a group and its logs; one that is not there is no fault."""
        self._logs.pop(group_key, None)
        for table in ("groups", "logs", "chunks"):
            self._db.execute(f"DELETE FROM {table} WHERE key = ?", (_text(group_key),))  # noqa: S608 - names of ours

    def save_operation(self, operation: Operation) -> None:
        """Keep an operation as it is now; the oldest goes when there are more than the emulator itself remembers."""
        self._db.execute(
            "INSERT INTO operations (id, value) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET value = excluded.value",
            (operation.id, _text(write_operation(operation))),
        )
        self._db.execute("DELETE FROM operations WHERE place <= (SELECT max(place) FROM operations) - ?", (KEPT,))

    def save_taken(self, taken: Taken) -> None:
        """Keep that a create or a delete was counted; those that count no more, after an hour, go."""
        row = (_instant(taken.at), taken.kind, taken.subscription, taken.location)
        self._db.execute("INSERT INTO taken VALUES (?, ?, ?, ?)", row)
        self._db.execute("DELETE FROM taken WHERE at <= ?", (_instant(taken.at - HOUR),))

    def save_thing(self, name: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Keep any other JSON value, by a name of its own."""
        self._db.execute("INSERT OR REPLACE INTO things VALUES (?, ?)", (name, _text(value)))

    def has_grown(self, group: Group) -> bool:
        """Say whether a log of `group` holds what is not kept yet."""
        known = self._logs.get(group.path.key, {})
        return any(name not in known or known[name] != (log, log.span) for name, log in group.logs.items())

    def load(self, limits: Limits = Limits()) -> Saved:
        """Return all that is kept; `limits` are those of the logs. StoreError when it cannot be understood."""
        with self._said():
            try:
                return Saved(
                    groups=[
                        read_group(json.loads(value), self._read_logs(key, limits))
                        for key, value in self._rows("SELECT key, value FROM groups ORDER BY number")
                    ],
                    operations=[
                        read_operation(json.loads(value))
                        for (value,) in self._rows("SELECT value FROM operations ORDER BY place")
                    ],
                    taken=[
                        Taken(kind, subscription, location, datetime.fromisoformat(at))
                        for kind, subscription, location, at in self._rows(
                            "SELECT kind, subscription, location, at FROM taken ORDER BY at"
                        )
                    ],
                    number=self._rows("SELECT highest FROM number")[0][0],
                    things={name: json.loads(value) for name, value in self._rows("SELECT name, value FROM things")},
                )
            except (ArmError, AttributeError, LookupError, TypeError, ValueError) as fault:
                raise self._unreadable(f"it holds what this emulator does not understand: {fault!r}") from None

    def close(self) -> None:
        """Let go of the folder; what was saved stays."""
        self._db.close()

    def _open(self) -> None:
        """Take the file for this emulator alone, and make it ready; a file that is not ours is not touched."""
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._db.execute("BEGIN EXCLUSIVE")
        if self._number("application_id") == APPLICATION:
            if self._number("user_version") != FORMAT:
                raise self._unreadable("it was written by another version of the emulator")
            if self._rows("PRAGMA quick_check(1)") != [("ok",)]:
                raise self._unreadable("it is damaged")
        elif self._rows("SELECT * FROM sqlite_master"):
            raise self._unreadable("it belongs to another program")
        else:
            for statement in SCHEMA.split(";"):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {APPLICATION}")
            self._db.execute(f"PRAGMA user_version = {FORMAT}")
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")

    def _save_logs(self, group: Group, key: str) -> None:
        known = self._logs.get(group.path.key)
        if known is None:
            known = {}
            self._forget_logs("key = ?", key)
        for name in known.keys() - group.logs.keys():
            self._forget_logs("key = ? AND container = ?", key, name)
        for name, log in group.logs.items():
            self._save_log(log, known.get(name), key, name)
        self._logs[group.path.key] = {name: (log, log.span) for name, log in group.logs.items()}

    def _save_log(self, log: Log, known: tuple[Log, tuple[int, int]] | None, key: str, name: str) -> None:
        """Keep of a log what was added, and forget what it forgot; one that is not the `known` one takes its place."""
        span = log.span
        if known is None or known[0] is not log:
            self._forget_logs("key = ? AND container = ?", key, name)
            known = log, (0, 0)
            self._db.execute("INSERT INTO logs VALUES (?, ?, ?)", (key, name, span[0]))
        chunk = write_log(log, known[1][1])
        if chunk is not None:
            row = (key, name, chunk.begin, chunk.end, _text(chunk.marks), chunk.data)
            self._db.execute("INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?)", row)
        if span[0] != known[1][0]:
            self._db.execute("UPDATE logs SET begin = ? WHERE key = ? AND container = ?", (span[0], key, name))
            self._db.execute("DELETE FROM chunks WHERE key = ? AND container = ? AND end <= ?", (key, name, span[0]))

    def _forget_logs(self, which: str, *values: str) -> None:
        for table in ("logs", "chunks"):
            self._db.execute(f"DELETE FROM {table} WHERE {which}", values)  # noqa: S608 - all texts of ours

    def _read_logs(self, key: str, limits: Limits) -> dict[str, Log]:
        logs = {}
        for container, begin in self._rows("SELECT container, begin FROM logs WHERE key = ?", key):
            rows = self._rows(
                "SELECT begin, marks, data FROM chunks WHERE key = ? AND container = ? ORDER BY begin", key, container
            )
            logs[container] = read_log(limits, begin, (Chunk(at, json.loads(marks), data) for at, marks, data in rows))
        return logs

    def _rows(self, question: str, *values: str) -> list[Any]:
        return self._db.execute(question, values).fetchall()

    def _number(self, pragma: str) -> int:
        number: int = self._rows(f"PRAGMA {pragma}")[0][0]
        return number

    def _unreadable(self, why: str) -> StoreError:
        return StoreError(f"{self._path} cannot be read: {why}; move it away to begin anew")

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        """Say in a sentence what SQLite or the file system refuses."""
        try:
            yield
        except sqlite3.Error as fault:
            code = getattr(fault, "sqlite_errorcode", 0) & 0xFF
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise StoreError(f"{self._folder} is in use by another emulator") from None
            if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
                raise self._unreadable("it is damaged, or belongs to another program") from None
            raise StoreError(f"{self._path} cannot be used: {fault}") from None
        except OSError as fault:
            raise StoreError(f"{self._path} cannot be used: {fault.strerror}") from None


def _make_private(path: Path) -> None:
    """Make the file if it is missing, for its owner alone; SQLite gives its other files the same mode.

    It is not opened when it is there: to close it again would end the locks that this process has on it.
    """
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        path.chmod(0o600)


def _text(value: Any) -> str:  # noqa: ANN401 - any JSON value
    return json.dumps(value, separators=(",", ":"))


def _instant(at: datetime) -> str:
    """Write an instant so that the texts are in the order of time."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
