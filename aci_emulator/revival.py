"""What becomes of each group when an emulator starts anew, as if the platform had lost its node. Pure.

The containers ended with the old emulator. Those that ran were killed by the platform, as maintenance does it
(aci.md, 3.3 and 3.4); what follows is the restart policy's. What a client asked for goes on or is brought to its end.
"""

import copy
from dataclasses import dataclass, replace
from datetime import datetime

from aci_emulator.group import Group
from aci_emulator.kept import Saved, Taken
from aci_emulator.operations import Operation
from aci_emulator.states import MAINTAINED, MOVING, NEVER, RUNNING, View

UNDER_WAY = {"Pending": "put", "Creating": "put", "Updating": "restart"}
"""The provisioning states of an operation that is not over, and the one it may be: a start looks like a put."""

PENDING = "Pending"
"""The status of an operation that is not over."""


@dataclass(frozen=True)
class Remove:
    """Let the group be gone: it was being deleted."""


@dataclass(frozen=True)
class Deploy:
    """Deploy the group: `kind` and `again` as for `Deployments.begin`.

    `goes_on`: a client's operation is carried on by it; else it is the platform's own doing.
    """

    kind: str
    again: int
    goes_on: bool


type Act = Remove | Deploy | None


@dataclass(frozen=True)
class Revived:
    """A group as it is shown from now on, and what is to be done with it.

    `operation`: the client's operation that its deployment goes on with. `killed`: whether containers of it ran.
    """

    group: Group
    act: Act
    operation: Operation | None = None
    killed: bool = False


@dataclass(frozen=True)
class Revival:
    """Everything as it is from now on; `number` is the highest that a group ever had."""

    groups: list[Revived]
    operations: list[Operation]
    taken: list[Taken]
    number: int


def revive(saved: Saved, now: datetime) -> Revival:
    """Return what becomes of all that was saved; `saved` itself is left as it is."""
    operations = [replace(operation) for operation in saved.operations]
    newest = {operation.group_id.lower(): operation for operation in operations if operation.status == PENDING}
    groups = [_revive(group, newest.get(group.path.id.lower()), now) for group in saved.groups]
    going = {revived.operation.id for revived in groups if revived.operation is not None}
    for operation in operations:
        if operation.status == PENDING and operation.id not in going:
            operation.status = "Canceled"
    return Revival(groups, operations, saved.taken, saved.number)


def revive_group(saved: Group, now: datetime) -> tuple[Group, Act]:
    """Return the group as it is shown from `now` on, and what is to be done; `saved` is left as it is."""
    group = replace(saved, logs=copy.deepcopy(saved.logs))
    if group.busy == "delete":
        return group, Remove()
    if group.busy == "stop":
        group.stop(now)
        return group, None
    if not group.busy and group.provisioning != MOVING:
        if group.stopped or group.ended:
            return _settle(group), None
        if group.spec.restart_policy == NEVER and not group.pending and _any_runs(group):
            _lose(group, now)
            return _settle(group), None
    return _deploy(group, now)


def _deploy(group: Group, now: datetime) -> tuple[Group, Deploy]:
    """Let the group be deployed: as new if it was not whole yet, else in place."""
    again = 0 if group.pending else 1
    goes_on = bool(group.busy) or group.provisioning in UNDER_WAY
    kind = group.busy or UNDER_WAY.get(group.provisioning, "restart")
    _lose(group, now, waits=goes_on and again == 1)
    if not goes_on:
        group.provisioning = MOVING
    return group, Deploy(kind, again, goes_on)


def _lose(group: Group, now: datetime, *, waits: bool = False) -> None:
    """Show what ran as killed; if it `waits`, for the start that a client asked for, the kill is its previousState."""
    for name, view in group.views.items():
        if _runs(view):
            strike = view.killed if waits else view.struck
            group.views[name] = strike(now, MAINTAINED, group.container_id(name))
            if name in group.logs:
                group.logs[name].settle()


def _settle(group: Group) -> Group:
    """End an operation that had nothing left to do but to say so."""
    if group.provisioning in UNDER_WAY:
        group.provisioning = "Succeeded" if _whole(group) else "Failed"
    return group


def _whole(group: Group) -> bool:
    """Say whether every container was started: one that was not ends in the instant of its event Failed."""
    failures = (
        view.current is not None
        and any((event.name, event.last) == ("Failed", view.current.finished) for event in view.events)
        for view in group.views.values()
    )
    return not group.pending and not any(failures)


def _revive(old: Group, operation: Operation | None, now: datetime) -> Revived:
    """Revive a group and carry its pending `operation` on, or write down how it ended."""
    group, act = revive_group(old, now)
    killed = old.busy not in {"delete", "stop"} and _any_runs(old)
    if isinstance(act, Deploy) and act.goes_on:
        return Revived(group, act, operation, killed=killed)
    if operation is not None:
        over = act is None and not group.stopped
        operation.status = group.provisioning if over else "Canceled"
        operation.events = group.every_event()
    return Revived(group, act, killed=killed)


def _any_runs(group: Group) -> bool:
    return any(_runs(view) for view in group.views.values())


def _runs(view: View) -> bool:
    return view.current is not None and view.current.state == RUNNING
