"""The operations that `Azure-AsyncOperation` names (aci.md, 1.1)."""

import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from aci_emulator.arm import PROVIDER, Json
from aci_emulator.clock import iso
from aci_emulator.states import Event

API_VERSION = "2018-06-01"
"""What the operation's address names, whatever the request's version was."""

KEPT = 10_000


@dataclass
class Operation:
    """One PUT, start or restart on its way: `status` Pending, then Succeeded, Failed or Canceled."""

    subscription: str
    location: str
    group_id: str
    started: datetime
    status: str = "Pending"
    events: tuple[Event, ...] = ()
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def body(self) -> Json:
        """Return the operation as ARM shows it."""
        return {
            "id": self.group_id,
            "status": self.status,
            "startTime": iso(self.started),
            "properties": {"events": [event.body() for event in self.events]},
        }

    @property
    def path(self) -> str:
        """The address without scheme and host."""
        return (
            quote(
                f"/subscriptions/{self.subscription}/providers/{PROVIDER}/locations/{self.location}"
                f"/operations/{self.id}"
            )
            + f"?api-version={API_VERSION}"
        )


class Operations:
    """The latest 10,000 operations."""

    def __init__(self) -> None:
        self._operations: OrderedDict[str, Operation] = OrderedDict()

    def add(self, operation: Operation) -> Operation:
        """Keep `operation`; the oldest goes when there are too many."""
        self._operations[operation.id] = operation
        if len(self._operations) > KEPT:
            self._operations.popitem(last=False)
        return operation

    def find(self, subscription: str, name: str) -> Operation | None:
        """Return the operation `name` of a subscription."""
        operation = self._operations.get(name.lower())
        matches = operation is not None and operation.subscription.lower() == subscription.lower()
        return operation if matches else None
