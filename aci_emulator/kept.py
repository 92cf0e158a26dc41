"""How the emulator's state is written down, and read back as it was: groups, views, logs, operations. Pure.

All becomes JSON values, but for a log, which becomes chunks: bytes, and the instants at which they came.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aci_emulator.arm import API_VERSIONS, Json
from aci_emulator.group import Group, GroupPath
from aci_emulator.limits import EVERY, Limits
from aci_emulator.logs import Log
from aci_emulator.operations import Operation
from aci_emulator.spec import read_spec
from aci_emulator.states import Event, State, View

FORMAT = 1
"""The number of this way of writing; another emulator's files may have another."""

UNLIMITED = Limits().adjusted({EVERY: "none"})
NEWEST = API_VERSIONS[-1]
"""The api-version under which a body is read again. It decides only what is refused, and the newest refuses least."""


@dataclass(frozen=True)
class Taken:
    """One create or delete that counts against what ACI grants; `kind`, `subscription`, `location`: whose it is."""

    kind: str
    subscription: str
    location: str
    at: datetime


@dataclass(frozen=True)
class Saved:
    """Everything that was kept, each list in its order.

    `number`: the highest number that a group ever had. `things`: whatever else was kept, by name.
    """

    groups: list[Group] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    taken: list[Taken] = field(default_factory=list)
    number: int = 0
    things: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Chunk:
    """A stretch of a log: `begin` is the number of its first byte, `marks` the length and instant of each piece."""

    begin: int
    marks: list[list[Any]]
    data: bytes

    @property
    def end(self) -> int:
        """The number after that of its last byte."""
        return self.begin + len(self.data)


def write_group(group: Group) -> Json:
    """Return all of a group but its logs."""
    path = group.path
    return {
        "path": [path.subscription, path.resource_group, path.name],
        "body": group.spec.body,
        "number": group.number,
        "provisioning": group.provisioning,
        "pending": group.pending,
        "failed": group.failed,
        "stopped": group.stopped,
        "busy": group.busy,
        "views": {name: _write_view(view) for name, view in group.views.items()},
        "events": [_write_event(event) for event in group.events],
    }


def read_group(value: Json, logs: dict[str, Log]) -> Group:
    """Return the group that `write_group` made `value` of; it was accepted once, so no limit refuses it again.

    KeyError, TypeError, ValueError or ArmError when `value` is nothing of the kind.
    """
    return Group(
        path=GroupPath(*value["path"]),
        spec=read_spec(value["body"], UNLIMITED, NEWEST),
        number=value["number"],
        provisioning=value["provisioning"],
        pending=value["pending"],
        failed=value["failed"],
        stopped=value["stopped"],
        busy=value["busy"],
        views={name: _read_view(view) for name, view in value["views"].items()},
        logs=logs,
        events=_read_events(value["events"]),
    )


def write_operation(operation: Operation) -> Json:
    """Return all of an operation."""
    return {
        "subscription": operation.subscription,
        "location": operation.location,
        "group_id": operation.group_id,
        "started": operation.started.isoformat(),
        "status": operation.status,
        "events": [_write_event(event) for event in operation.events],
        "id": operation.id,
    }


def read_operation(value: Json) -> Operation:
    """Return the operation that `write_operation` made `value` of."""
    events, started = _read_events(value["events"]), datetime.fromisoformat(value["started"])
    return Operation(**value | {"events": events, "started": started})


def write_log(log: Log, after: int) -> Chunk | None:
    """Return what `log` keeps from byte number `after` on, None when that is nothing."""
    pieces = log.since(after)
    if not pieces:
        return None
    data = b"".join(piece for _, piece in pieces)
    return Chunk(log.span[1] - len(data), [[len(piece), at.isoformat()] for at, piece in pieces], data)


def read_log(limits: Limits, begin: int, chunks: Iterable[Chunk]) -> Log:
    """Return the log that was written as `chunks`, each where the one before ends, and keeps what `begin` begins."""
    pieces: list[tuple[datetime, bytes]] = []
    start: float = math.inf
    for chunk in chunks:
        start = min(start, chunk.begin)
        offset = 0
        for length, at in chunk.marks:
            pieces.append((datetime.fromisoformat(at), chunk.data[offset : offset + length]))
            offset += length
    return Log.restored(limits, begin, _without(pieces, begin - int(start) if pieces else 0))


def _without(pieces: list[tuple[datetime, bytes]], excess: int) -> list[tuple[datetime, bytes]]:
    """Return `pieces` without their first `excess` bytes."""
    kept = []
    for at, piece in pieces:
        if len(piece) > excess:
            kept.append((at, piece[max(excess, 0) :]))
        excess -= len(piece)
    return kept


def _write_view(view: View) -> Json:
    return {
        "current": _write_state(view.current),
        "previous": _write_state(view.previous),
        "restarts": view.restarts,
        "events": [_write_event(event) for event in view.events],
    }


def _read_view(value: Json) -> View:
    current, previous = _read_state(value["current"]), _read_state(value["previous"])
    return View(current, previous, value["restarts"], _read_events(value["events"]))


def _write_state(state: State | None) -> Json | None:
    if state is None:
        return None
    return {
        "state": state.state,
        "started": _write_instant(state.started),
        "finished": _write_instant(state.finished),
        "exit_code": state.exit_code,
        "detail": state.detail,
    }


def _read_state(value: Json | None) -> State | None:
    if value is None:
        return None
    return State(**value | {which: _read_instant(value[which]) for which in ("started", "finished")})


def _write_event(event: Event) -> Json:
    return {
        "name": event.name,
        "message": event.message,
        "type": event.type,
        "first": event.first.isoformat(),
        "last": event.last.isoformat(),
        "count": event.count,
    }


def _read_events(values: list[Json]) -> tuple[Event, ...]:
    return tuple(
        Event(**value | {which: datetime.fromisoformat(value[which]) for which in ("first", "last")})
        for value in values
    )


def _write_instant(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()


def _read_instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
