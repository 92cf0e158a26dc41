"""What happened: every request with its effect, and what the platform did by itself. No clock, no I/O."""

import itertools
from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime

from aci_emulator.arm import Json
from aci_emulator.clock import iso

KEPT = 100_000
LONGEST = 2_000
"""Characters that are kept of a path."""


@dataclass
class Entry:
    """One request, or one act of the platform (`operation` platform, no method, path or status).

    `group`: the name of the container group, `id` its resource id. `status` None: no answer was sent, or none yet.
    `effect`: what changed (created, replaced, tagged, deleted, starting, stopped, restarting; of the platform: started,
    exited, killed, ...), empty when nothing did.
    """

    number: int
    at: str
    operation: str
    group: str = ""
    id: str = ""
    effect: str = ""
    method: str = ""
    path: str = ""
    status: int | None = None
    code: str = ""
    fault: str = ""
    client_request_id: str = ""


class Journal:
    """The latest 100,000 entries."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def request(self, at: datetime, method: str, path: str) -> Entry:
        """Write down a request as it comes; whoever answers it completes the entry."""
        entry = Entry(next(self._numbers), iso(at), "", method=method, path=path[:LONGEST])
        self._entries.append(entry)
        return entry

    def note(self, at: datetime, group: str, number: str, effect: str) -> None:
        """Write down what the platform did to the container group called `group`, whose resource id is `number`."""
        self._entries.append(Entry(next(self._numbers), iso(at), "platform", group, number, effect))

    def body(self, after: int = 0, operation: str = "", group: str = "") -> list[Json]:
        """Return the entries later than number `after`, of one operation and one group when they are given."""
        return [
            asdict(entry)
            for entry in self._entries
            if entry.number > after
            and operation in ("", entry.operation)
            and group.lower() in ("", entry.group.lower())
        ]

    def clear(self) -> None:
        """Forget all entries; the numbers go on."""
        self._entries.clear()
