"""Several ticks at once: their requests meet at the door, and go on in an order that a seed decides."""

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

#: Seconds for all the others to come: far more than any tick needs.
PATIENCE = 60
#: How often a party's turn comes: between two of a slow one a fast one may do all that it has to do.
PACES = (1, 10, 100)


@dataclass(eq=False)
class _Waiting:
    """A request at the door."""

    party: int


class Turns:
    """Holds the requests of several parties until each living one has come with one.

    `order`: draws which of them goes on, alone, until it has its answer and its party has come again or ended; so
    a tick may be met by others between any two of its steps. Without it all go on, and run freely from then on.
    A party is a tick: it may send several requests at a time, and ends when its process does.
    """

    def __init__(self, parties: int, order: Random | None) -> None:
        self._order = order
        self._paces = [order.choice(PACES) if order else 1 for _ in range(parties)]
        self._living = set(range(parties))
        self._waiting: list[_Waiting] = []
        self._going: _Waiting | None = None
        self._free = False
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def turn(self, party: int) -> Iterator[None]:
        """Wait for the turn of one request of this party, and keep it while the request is carried."""
        mine = _Waiting(party)
        with self._changed:
            self._waiting.append(mine)
            self._gather()
            if not self._changed.wait_for(lambda: self._free or self._going is mine, PATIENCE):
                raise RuntimeError(f"party {party} waited in vain for {self._living}")
        try:
            yield
        finally:
            with self._changed:
                if self._going is mine:
                    self._going = None
                    self._gather()

    def ended(self, party: int) -> None:
        """Take note that a party's process is gone, with whatever it waited for."""
        with self._changed:
            self._living.discard(party)
            self._waiting = [one for one in self._waiting if one.party != party]
            self._gather()

    def _gather(self) -> None:
        if self._going is None and self._waiting and self._living <= {one.party for one in self._waiting}:
            if self._order:
                (self._going,) = self._order.choices(self._waiting, [self._paces[one.party] for one in self._waiting])
                self._waiting.remove(self._going)
            else:
                self._free = True
        self._changed.notify_all()
