"""Who did what to which job: a row of the Audit table for each act, its intent written before the act itself.

1. The intent is inserted, with an empty Result. Killed here: it says that somebody was about to, and nothing happened.
2. The act is done. Killed here: it was done, and its Result stays empty, which reads as "not known".
3. The Result is merged in: done, or refused with the reason.

So an act without a row cannot be: where the Audit table cannot be written, nothing is done.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from scheduler.desk import hidden
from scheduler.desk.faults import Conflict, Refusal, Wrong
from scheduler.facts.asking import EndUnwritten
from scheduler.identity import countdown
from scheduler.ports import ANY, Insert, Merge, World
from scheduler.row import Columns, Key, Row, Value, iso, known, whole_milliseconds
from scheduler.spoken import say


class Unsure(Conflict):
    """It is not known whether the act was done: its Result stays empty."""


#: What Result may say; '' = it is not known whether the act was done.
DONE, REFUSED = "done", "refused"
#: A cell holds 32K characters.
LONGEST = 30_000


@dataclass(frozen=True)
class Actor:
    """Who acts, by which door (`api`, `page` or `cli`), and when."""

    name: str
    via: str
    at: datetime


@dataclass(frozen=True)
class Entry:
    """One act, as it was written down; `before` and `after` are JSON of the changed cells."""

    key: Key
    at: datetime | None
    who: str
    via: str
    action: str
    before: str
    after: str
    result: str
    reason: str

    @classmethod
    def of(cls, row: Row) -> Self:
        """Read a row of Audit; a cell of another type reads as ''."""
        partition, _, name = row.partition.partition("|")
        texts = {column: str(row.columns.get(column, "")) for column in _TEXTS}
        return cls((partition, name), known(row.columns.get("At")), *texts.values())


_TEXTS = ("Who", "Via", "Action", "Before", "After", "Result", "Reason")


@dataclass
class Note:
    """The row of an act that goes on; `changes` corrects what it says of before and after."""

    world: World
    key: Key

    def changes(self, before: Columns, after: Columns) -> None:
        """Say what the act really changed, when it had to look again."""
        self.world.audit.submit([Merge(self.key, {"Before": _told(before), "After": _told(after)}, ANY)])

    def ends(self, result: str, reason: str = "") -> None:
        """Write how it ended. What was done is done: that its note fails must not make it seem undone."""
        try:
            self.world.audit.submit([Merge(self.key, {"Result": result, "Reason": reason[:LONGEST]}, ANY)])
        except Exception:  # noqa: BLE001 - whatever the table says, the act stands
            say(EndUnwritten("/".join(self.key), result))


@contextmanager
def noted(  # noqa: PLR0917 - who did what to which, as one says it
    world: World, actor: Actor, action: str, job: Key, before: Columns, after: Columns
) -> Iterator[Note]:
    """Write the intent, let the act be done inside, write its end.

    A refusal ends it as refused. Any other error leaves its Result empty: a write whose answer was lost may stand.
    """
    at = whole_milliseconds(actor.at)
    note = Note(world, (partition(job), f"{countdown(at)}|{world.new_id()}"))
    cells: dict[str, Value] = {"At": at, "Who": actor.name[:_LONGEST_NAME], "Via": actor.via, "Action": action}
    cells |= {"Before": _told(before), "After": _told(after), "Result": "", "Reason": ""}
    world.audit.submit([Insert(note.key, cells)])
    try:
        yield note
    except Unsure:
        raise
    except Refusal as refusal:
        note.ends(REFUSED, str(refusal))
        raise
    note.ends(DONE)


def entries(
    world: World, job: Key | None = None, *, since: datetime | None = None, limit: int = 50, after: str = ""
) -> tuple[Sequence[Entry], str]:
    """Read acts in one request: of one job newest first, or of all jobs, job by job; gives where the next begin."""
    where = [("PartitionKey", "eq", partition(job))] if job else []
    where += [("RowKey", "le", f"{countdown(since)}~")] if since else []
    try:
        part = world.audit.page([where] if where else [], (), limit, after)
    except ValueError as wrong:
        raise Wrong(str(wrong), "after") from wrong
    return [Entry.of(row) for row in part.rows], part.next


def partition(job: Key) -> str:
    """Give the PartitionKey of a job's acts; `|` is not allowed in a job's name."""
    return "|".join(job)


_LONGEST_NAME = 256


def _told(cells: Columns) -> str:
    """Write cells as JSON without a secret, whole texts cut where a cell could not hold them."""
    shown = {name: hidden.shown(name, value) for name, value in sorted(cells.items())}
    text = json.dumps(shown, default=_plain, ensure_ascii=False)
    if len(text) <= LONGEST:
        return text
    share = LONGEST // (2 * len(shown))  # JSON may double a text: quotes and line breaks take a backslash each
    cut = {name: _cut(value, share) for name, value in shown.items()}
    return json.dumps(cut, default=_plain, ensure_ascii=False)


def _cut(value: Value, most: int) -> Value:
    return value if not isinstance(value, str) or len(value) <= most else f"{value[: most - 1]}…"


def _plain(value: object) -> str:
    return iso(value) if isinstance(value, datetime) else "(binary)"
