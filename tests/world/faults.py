"""Faults on order, for every service of the world: which, on what, how often; the same kinds as the emulator's.

Nothing is drawn but from the seeds that the orders name, so that a story replays.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from random import Random

from tests.world.clock import Clock, Journal, span

#: In place of the request; around one that has its effect; on the deployment that one begins; at its removal.
INSTEAD, AROUND, DEPLOYMENT, REMOVAL = "instead", "around", "deployment", "removal"
#: What a service may be asked.
GROUPS = ("create", "get", "tagged", "delete", "start", "stop", "log")
TABLES = ("read", "query", "page", "submit", "keep")
LOGS = ("write", "note", "read", "remove")
ANY = (*GROUPS, *TABLES, *LOGS)


class NoAnswer(Exception):
    """A table did not answer: what leaves `AzureTable` as `azure.core.exceptions.AzureError`."""


@dataclass(frozen=True)
class Kind:
    """A kind of fault: when it acts, on which operations, after or for how many seconds unless told."""

    when: str
    operations: tuple[str, ...]
    seconds: float = 0.0


KINDS = {
    "capacity": Kind(INSTEAD, ("create", "start")),
    "quota": Kind(INSTEAD, ("create",)),
    "inaccessible-image": Kind(INSTEAD, ("create",)),
    "registry-error": Kind(INSTEAD, ("create",)),
    "bad-spec": Kind(INSTEAD, ("create",)),
    "not-registered": Kind(INSTEAD, ("create",)),
    "transitioning": Kind(INSTEAD, ("create", "delete", "start", "stop", "log")),
    "denied": Kind(INSTEAD, GROUPS),
    "linked-denied": Kind(INSTEAD, ("create",)),
    "throttled": Kind(INSTEAD, GROUPS, 10),
    "no-log": Kind(INSTEAD, ("log",)),
    "server-error": Kind(INSTEAD, ANY),
    "unavailable": Kind(INSTEAD, ANY),
    "drop-before": Kind(INSTEAD, ANY),
    "late": Kind(INSTEAD, ("create", "delete", "start", "stop", "submit", "keep", "write", "remove"), 60),
    "server-error-after": Kind(AROUND, ANY),
    "drop-after": Kind(AROUND, ANY),
    "resent": Kind(AROUND, ("submit",)),
    "slow": Kind(AROUND, ANY, 5),
    "capacity-later": Kind(DEPLOYMENT, ("create", "start")),
    "unpullable": Kind(DEPLOYMENT, ("create", "start")),
    "stuck": Kind(DEPLOYMENT, ("create", "start")),
    "second-start": Kind(DEPLOYMENT, ("create", "start"), 1),
    "evicted": Kind(DEPLOYMENT, ("create", "start"), 1),
    "maintenance": Kind(DEPLOYMENT, ("create", "start"), 1),
    "vanish": Kind(DEPLOYMENT, ("create", "start"), 1),
    "outlive": Kind(REMOVAL, ("delete", "stop")),
}
"""As the emulator has them; `bad-spec`, `not-registered`, `linked-denied`, `no-log` and `resent` are the world's own.

`resent`: the answer is lost and the SDK sends the batch again, which then meets its own effect.
"""
_LOST = ("drop-after", "server-error-after")


@dataclass
class Fault:
    """One order: a kind, on operations and names that match, how often, and how likely each time.

    `times`: None = for ever. `skip`: so many matching requests pass first. `seconds`: see the kind. `error`: what
    is raised, unless the service knows better. `restart`: whether a killed container is started again.
    """

    kind: str
    operation: str = "*"
    name: str = "*"
    times: int | None = 1
    skip: int = 0
    probability: float = 1.0
    draw: Random = field(default_factory=lambda: Random(0))
    seconds: float = 0.0
    error: Exception | None = None
    restart: bool = True
    struck: int = 0

    @property
    def late(self) -> bool:
        """Whether it has its effect after all, later."""
        return self.kind == "late"

    @property
    def lasts(self) -> timedelta:
        """Its seconds."""
        return timedelta(seconds=self.seconds)

    def strikes(self, operation: str, names: Iterable[str]) -> bool:
        """Say whether it strikes this request, and count it."""
        if operation not in KINDS[self.kind].operations or not fnmatchcase(operation, self.operation):
            return False
        if not any(fnmatchcase(name, self.name) for name in names) or self.times == self.struck:
            return False
        if self.skip:
            self.skip -= 1
            return False
        if self.draw.random() >= self.probability:
            return False
        self.struck += 1
        return True


class Faults:
    """All orders of one service, in the order in which they were given."""

    def __init__(self) -> None:
        self.orders: list[Fault] = []

    def order(
        self,
        kind: str,
        operation: str = "*",
        *,
        name: str = "*",
        times: int | None = 1,
        skip: int = 0,
        probability: float = 1.0,
        draw: Random | None = None,
        seconds: float | timedelta | None = None,
        error: Exception | None = None,
        restart: bool = True,
    ) -> Fault:
        """Order a fault; see `Fault`."""
        wait = KINDS[kind].seconds if seconds is None else span(seconds).total_seconds()
        draw = draw or Random(0)
        fault = Fault(kind, operation, name, times, skip, probability, draw, wait, error, restart)
        self.orders.append(fault)
        return fault

    def clear(self) -> None:
        """Let all faults cease."""
        self.orders.clear()

    def striking(self, when: str, operation: str, names: Iterable[str]) -> list[Fault]:
        """Give those that strike this request now; in place of a request at most one does."""
        found = []
        for fault in self.orders:
            if KINDS[fault.kind].when == when and fault.strikes(operation, names):
                found.append(fault)
                if when == INSTEAD:
                    break
        return found


type Effect[T] = Callable[[datetime], T]


class Outside:
    """What every service of the world does with a request: faults, the journal, and time that passes."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self.faults = Faults()
        self._clock = clock
        self._journal = journal

    def ask[T](
        self,
        line: str,
        operation: str,
        names: Iterable[str],
        effect: Effect[T],
        refusal: Callable[[Fault], Exception],
    ) -> T:
        """Do `effect` as the journal's `line`, unless a fault prevents it; `refusal` says what a fault raises."""
        names = list(names)
        instead = self.faults.striking(INSTEAD, operation, names)
        around = [] if instead else self.faults.striking(AROUND, operation, names)
        raising = [*instead, *(fault for fault in around if fault.kind in _LOST)]
        with self._journal.operation(line):
            if not instead:
                answer = self._done(effect, around, lost=bool(raising))
            elif instead[0].late:
                self._clock.plan(self._clock.now + instead[0].lasts, partial(_if_it_may_be, effect))
        if raising:
            raise raising[0].error or refusal(raising[0])
        return answer

    def _done[T](self, effect: Effect[T], around: list[Fault], *, lost: bool) -> T:
        kinds = [fault.kind for fault in around]
        try:
            if "resent" in kinds:
                effect(self._clock.now)
            return effect(self._clock.now)
        except Exception:
            if lost:
                return None  # type: ignore[return-value]  # nobody gets it: the refusal is lost too
            raise
        finally:
            for fault in around:
                if fault.kind == "slow":
                    self._clock.passes(fault.seconds)


def _if_it_may_be(effect: Effect[object], at: datetime) -> None:
    """Let a late request have its effect, if it is not refused by then."""
    with suppress(Exception):  # nobody waits for the answer any more
        effect(at)
