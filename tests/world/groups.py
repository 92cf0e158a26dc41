"""Container groups in memory and in virtual time, with limits and with faults on order."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from scheduler.ports import Allowance, GroupRefused, Unknown
from scheduler.run import Cause
from scheduler.spec import Body
from scheduler.view import View
from tests.world import output
from tests.world.clock import Clock, Journal, span
from tests.world.faults import DEPLOYMENT, REMOVAL, Fault, Outside
from tests.world.life import EVICTED, MAINTAINED, Behaviour, Life
from tests.world.quotas import Limits, Quotas
from tests.world.refused import refusal
from tests.world.shown import Group


class MemoryGroups:
    """`ports.Groups`.

    `starts`: by group, each instant at which its container was asked to run. `lives`: every deployment that ever was,
    with its tags, its environment and each stay of its container, those that the platform began too: what a checker
    reads. `limits`: see `quotas.Limits`. `strict`: a group under way to its first start refuses other operations.
    """

    def __init__(self, clock: Clock, journal: Journal, limits: Limits | None = None, *, strict: bool = True) -> None:
        self.starts: defaultdict[str, list[datetime]] = defaultdict(list)
        self.lives: list[Life] = []
        self.calls: Counter[str] = Counter()
        self.groups: dict[str, Group] = {}
        self.limits = limits or Limits()
        self.strict = strict
        self._quotas = Quotas(self.limits)
        self._outside = Outside(clock, journal)
        self.faults, self.order = self._outside.faults, self._outside.faults.order
        self._clock = clock
        self._behaviours: list[tuple[str, Behaviour]] = []
        self._outliving: dict[str, Life] = {}

    def behave(self, glob: str = "*", behaviour: Behaviour | None = None, **how: Any) -> None:
        """Say what containers whose image or group name matches do from their next start on; the last word counts."""
        self._behaviours.append((glob, behaviour or Behaviour(**how)))

    def change(self, name: str, **how: Any) -> None:
        """Change what a group is doing right now, as `behave` says it: its duration or exit code, for instance."""
        life = self.groups[name].life
        assert life, f"{name} is stopped"
        life.behaviour = replace(life.behaviour, **how)

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
        kind = "late" if late is not None else "drop-after" if done else "drop-before"
        error = error or Unknown("no answer")
        self.order(kind, operation, name=name, times=times, seconds=late and span(late), error=error)

    def provision(self, name: str, image: str, policy: str = "Never", **properties: Any) -> Group:
        """Put a group there as `infra/` would; like every new group it runs at once."""
        container = {"name": "main", "properties": {"image": image}}
        body = {
            "location": "westeurope",
            "tags": {},
            "properties": {"restartPolicy": policy, "containers": [container], **properties},
        }
        self._put(name, body, self._clock.now)
        return self.groups[name]

    def somebody(self, does: str, name: str) -> None:
        """Let somebody with the portal open "stop", "start" or "delete" a group."""
        acts: dict[str, Callable[[str, datetime], None]] = {
            "stop": self._stop,
            "start": partial(self._start, stop_first=False),
            "delete": self._delete,
        }
        acts[does](name, self._clock.now)

    def upcoming(self) -> datetime | None:
        """Give the next instant at which a group changes by itself, output aside; None when none will."""
        moments = [life.upcoming(self._clock.now) for life in self.lives]
        return min((moment for moment in [*moments, self._clock.upcoming] if moment), default=None)

    def create(self, name: str, body: Body) -> Allowance:
        """PUT: a second one restarts what runs, even if nothing changed."""
        image = str(body.get("properties", {}).get("containers", [{}])[0].get("properties", {}).get("image", ""))
        return self._ask("create", name, partial(self._create, name, body), body, image)

    def get(self, name: str) -> View | None:
        """GET with states."""
        return self._ask("get", name, lambda at: self._view(name, at))

    def tagged(self) -> Iterable[tuple[str, Mapping[str, str]]]:
        """List names and tags."""
        return self._ask("tagged", "", lambda _: [(name, dict(one.body["tags"])) for name, one in self.groups.items()])

    def delete(self, name: str) -> None:
        """Delete."""
        self._ask("delete", name, partial(self._removed, name, self._delete))

    def start(self, name: str, *, stop_first: bool) -> None:
        """Start; one that runs or is about to is left as it is."""
        self._ask("start", name, partial(self._start, name, stop_first=stop_first))

    def stop(self, name: str) -> None:
        """Stop."""
        self._ask("stop", name, partial(self._removed, name, self._stop))

    def log(self, name: str, container: str, *, timestamps: bool = False) -> bytes:
        """Read the log."""
        return self._ask("log", name, partial(self._log, name, container, timestamps=timestamps))

    def _ask[T](
        self, operation: str, name: str, effect: Callable[[datetime], T], body: Body | None = None, image: str = ""
    ) -> T:
        self.calls[operation] += 1
        asked = f"{operation} {name}".strip()

        def refused(fault: Fault) -> Exception:
            there = self.groups.get(name)
            return refusal(fault, operation, asked, body or (there.body if there else {}))

        return self._outside.ask(f"groups.{asked}", operation, filter(None, (name or "*", image)), effect, refused)

    def _create(self, name: str, body: Body, at: datetime) -> Allowance:
        there = self.groups.get(name)
        self._idle(f"create {name}", there, at)
        others = [one for one in self.groups.values() if one is not there]
        self._quotas.check(f"create {name}", body, others, at, there=there is not None)
        left = self._quotas.count(f"create {name}", body, at)
        self._put(name, body, at)
        return left

    def _put(self, name: str, body: Body, at: datetime) -> None:
        body = {"tags": {}, **body}
        life = self._life(name, body, at, "create")
        there = self.groups.setdefault(name, Group(name, body))
        there.put(body, life)

    def _start(self, name: str, at: datetime, *, stop_first: bool) -> None:
        if name not in self.groups:
            raise GroupRefused(Cause.SPEC, f"start {name}: ResourceNotFound: it was not found.")
        group = self.groups[name]
        if stop_first:
            self._idle(f"start {name}", group, at)
            group.stop(at)
        if group.life is not None and not group.over(at):
            return
        others = [one for one in self.groups.values() if one is not group]
        self._quotas.check(f"start {name}", group.body, others, at, there=True)
        group.begin(self._life(name, group.body, at, "start"))

    def _life(self, name: str, body: Body, at: datetime, by: str) -> Life:
        life = Life(name, body, self._behaviour(name, body), at, by)
        if name in self._outliving:  # the documented cure for containers that outlived their group
            self._outliving.pop(name).over = at
        self.lives.append(life)
        self.starts[name].append(at)
        for fault in self._outside.faults.striking(DEPLOYMENT, by, (name, life.image)):
            self._strike(life, fault)
        return life

    def _strike(self, life: Life, fault: Fault) -> None:
        """Let a fault on order strike a deployment."""
        changes: Mapping[str, Mapping[str, Any]] = {
            "capacity-later": {"no_capacity": True},
            "unpullable": {"unpullable": True},
            "stuck": {"stuck": True},
            "second-start": {"again": 1, "again_failed": True},
            "evicted": {"killed_after": fault.lasts, "killed_with": EVICTED, "moved": fault.restart},
            "maintenance": {"killed_after": fault.lasts, "killed_with": MAINTAINED, "moved": fault.restart},
            "vanish": {},
        }
        life.behaviour = replace(life.behaviour, **changes[fault.kind])
        if fault.kind == "vanish":
            self._clock.plan(life.asked + span(life.behaviour.start_delay) + fault.lasts, partial(self._vanish, life))

    def _vanish(self, life: Life, at: datetime) -> None:
        there = self.groups.get(life.name)
        if there and there.life is life:
            self._delete(life.name, at)

    def _removed(self, name: str, act: Callable[[str, datetime], None], at: datetime) -> None:
        """Stop or delete; by order the containers run on, out of everybody's sight, until the next PUT."""
        there = self.groups.get(name)
        self._idle(f"{act.__name__.strip('_')} {name}", there, at)
        operation = "delete" if act == self._delete else "stop"
        life = there.life if there else None
        outlives = life and not life.over and self._outside.faults.striking(REMOVAL, operation, (name,))
        act(name, at)
        if life and outlives:
            life.over = None
            self._outliving[name] = life

    def _delete(self, name: str, at: datetime) -> None:
        if there := self.groups.pop(name, None):
            there.end(at)

    def _stop(self, name: str, at: datetime) -> None:
        if name in self.groups:
            self.groups[name].stop(at)

    def _idle(self, asked: str, there: Group | None, at: datetime) -> None:
        if self.strict and there and there.life and there.life.starting(at):
            raise Unknown(f"{asked}: ContainerGroupTransitioning: The container group is still transitioning.")

    def _behaviour(self, name: str, body: Body) -> Behaviour:
        image = str(body["properties"]["containers"][0]["properties"]["image"])
        for glob, behaviour in reversed(self._behaviours):
            if fnmatchcase(image, glob) or fnmatchcase(name, glob):
                return behaviour
        return Behaviour()

    def _view(self, name: str, at: datetime) -> View | None:
        group = self.groups.get(name)
        return View.from_arm(group.shown(at)) if group else None

    def _log(self, name: str, container: str, at: datetime, *, timestamps: bool) -> bytes:
        group = self.groups.get(name)
        if group is None or group.container["name"] != container:
            return b""
        pieces = group.last.output(at) if group.last else None
        if pieces is None or group.last is None:
            raise Unknown(f"read the log of {name}: ContainerLogNotAvailable: there is none yet.")
        if isinstance(group.last.behaviour.log, bytes):
            return group.last.behaviour.log
        over = group.last.over is not None or bool(group.last.spells(at)[-1].finished)
        return output.read(pieces, over=over, timestamps=timestamps)
