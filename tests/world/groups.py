"""Container groups in memory and in virtual time, with faults on order."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from scheduler.ports import GroupRefused, Unknown
from scheduler.run import Cause
from scheduler.spec import Body
from scheduler.view import View
from tests.world.clock import Clock, Journal, span
from tests.world.life import Behaviour, Group


@dataclass
class _Fault:
    operation: str
    error: Exception
    done: bool
    late: timedelta | None
    name: str
    times: int


class MemoryGroups:
    """`ports.Groups`. `starts`: by group, each instant at which its container was asked to run."""

    def __init__(self, clock: Clock, journal: Journal) -> None:
        self.starts: defaultdict[str, list[datetime]] = defaultdict(list)
        self.calls: Counter[str] = Counter()
        self.groups: dict[str, Group] = {}
        self._clock = clock
        self._journal = journal
        self._behaviours: list[tuple[str, Behaviour]] = []
        self._faults: list[_Fault] = []
        self._late: list[tuple[datetime, Callable[[], object]]] = []

    def behave(self, glob: str = "*", behaviour: Behaviour | None = None, **how: Any) -> None:
        """Say what containers whose image or group name matches do from their next start on; the last word counts."""
        self._behaviours.append((glob, behaviour or Behaviour(**how)))

    def change(self, name: str, **how: Any) -> None:
        """Change what a group is doing right now, as `behave` says it: its duration or exit code, for instance."""
        group = self.groups[name]
        group.behaviour = replace(group.behaviour, **how)

    def fail(
        self,
        operation: str,
        error: Exception | None = None,
        *,
        done: bool = False,
        late: float | timedelta | None = None,
        name: str = "*",
        times: int = 1,
    ) -> None:
        """Let the next operation of this name fail, by default as `Unknown`.

        `done`: it had its effect all the same. `late`: it has it so much later, if the world still stands.
        """
        lag = None if late is None else span(late)
        self._faults.append(_Fault(operation, error or Unknown("no answer"), done, lag, name, times))

    def provision(self, name: str, image: str, policy: str = "Never", **properties: Any) -> Group:
        """Put a group there as `infra/` would; like every new group it runs at once."""
        container = {"name": "main", "properties": {"image": image}}
        body = {
            "location": "westeurope",
            "tags": {},
            "properties": {"restartPolicy": policy, "containers": [container], **properties},
        }
        self._put(name, body)
        return self.groups[name]

    def create(self, name: str, body: Body) -> None:
        """PUT: a second one restarts what runs, even if nothing changed."""
        self._do("create", name, lambda: self._put(name, body))

    def get(self, name: str) -> View | None:
        """GET with states."""
        return self._do("get", name, lambda: self._view(name))

    def tagged(self) -> Iterable[tuple[str, Mapping[str, str]]]:
        """List names and tags."""
        return self._do("tagged", "", lambda: [(name, dict(one.body["tags"])) for name, one in self.groups.items()])

    def delete(self, name: str) -> None:
        """Delete."""
        self._do("delete", name, lambda: self.groups.pop(name, None))

    def start(self, name: str, *, stop_first: bool) -> None:
        """Start; one that runs or is about to is left as it is."""
        self._do("start", name, lambda: self._start(name, stop_first=stop_first))

    def stop(self, name: str) -> None:
        """Stop."""
        self._do("stop", name, lambda: self._stop(name))

    def log(self, name: str, container: str) -> bytes:
        """Read the log."""
        return self._do("log", name, lambda: self._log(name, container))

    def _do[T](self, operation: str, name: str, effect: Callable[[], T]) -> T:
        self.calls[operation] += 1
        for landed in [late for late in self._late if late[0] <= self._clock.now]:
            self._late.remove(landed)
            landed[1]()
        fault = self._fault(operation, name)
        with self._journal.operation(f"groups.{operation} {name}".strip()):
            if not fault:
                return effect()
            if fault.late is not None:
                self._late.append((self._clock.now + fault.late, effect))
            elif fault.done:
                effect()
        raise fault.error

    def _fault(self, operation: str, name: str) -> _Fault | None:
        for fault in self._faults:
            if fault.operation == operation and fnmatchcase(name, fault.name) and fault.times > 0:
                fault.times -= 1
                return fault
        return None

    def _put(self, name: str, body: Body) -> None:
        now, there = self._clock.now, self.groups.get(name)
        group = Group(name, {"tags": {}, **body}, Behaviour(), None)
        behaviour = self._behaviour(group)
        if there and not there.over(now):
            group.earlier = there.states(now)
        group.began, group.behaviour = now, behaviour
        self.groups[name] = group
        self.starts[name].append(now)

    def _start(self, name: str, *, stop_first: bool) -> None:
        group, now = self._there(name), self._clock.now
        if stop_first:
            group.stop(now)
        if group.began is None or group.over(now):
            group.begin(now, self._behaviour(group))
            self.starts[name].append(now)

    def _stop(self, name: str) -> None:
        if name in self.groups:
            self.groups[name].stop(self._clock.now)

    def _behaviour(self, group: Group) -> Behaviour:
        for glob, behaviour in reversed(self._behaviours):
            if fnmatchcase(group.image, glob) or fnmatchcase(group.name, glob):
                return behaviour
        return Behaviour()

    def _view(self, name: str) -> View | None:
        group = self.groups.get(name)
        return View.from_arm(group.shown(self._clock.now)) if group else None

    def _log(self, name: str, container: str) -> bytes:
        group = self.groups.get(name)
        named = group is not None and group.container["name"] == container
        return group.printed(self._clock.now) if group and named else b""

    def _there(self, name: str) -> Group:
        if name not in self.groups:
            raise GroupRefused(Cause.SPEC, f"start {name}: ResourceNotFound: it was not found.")
        return self.groups[name]
