"""A container group as ARM shows it: what was asked for without its secrets, and the states (aci.md, 2 and 3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.world.clock import span
from tests.world.life import GIVEN_UP, TO_PULL, Life, Spell

DIGEST = "sha256:" + "ab" * 32
#: With which code a container ends that a PUT restarts.
KILLED = 137
STOPPED = "Container stopped per client request"
CRASHING = "CrashLoopBackOff: Back-off restarting failed"
NO_ROOM = "The requested resource is not available in the location at this moment."
#: What no answer shows (aci.md, 2).
_SECRETS = {"secureValue", "password", "storageAccountKey", "workspaceKey", "protectedSettings"}

type State = dict[str, Any]


@dataclass
class Group:
    """A group: its present deployment, None when it is stopped, and the states that its container had before that."""

    name: str
    body: Mapping[str, Any]
    life: Life | None = None
    earlier: list[State] = field(default_factory=list)
    #: The last deployment, though it is stopped, and how often a PUT restarted its container in place.
    last: Life | None = None
    restarted: int = 0

    @property
    def began(self) -> datetime | None:
        """When it was last asked to run; None when it is stopped."""
        return self.life.asked if self.life else None

    @property
    def container(self) -> Mapping[str, Any]:
        """The first container as it was asked for."""
        first: Mapping[str, Any] = self.body["properties"]["containers"][0]
        return first

    def begin(self, life: Life) -> None:
        """Run once more; until the container starts, a GET shows how it ended the last time."""
        self.earlier, self.restarted = self.states(life.asked), 0
        self._take(life)

    def put(self, body: Mapping[str, Any], life: Life) -> None:
        """Be put anew: what runs is killed and started in place, what is over is deployed as if it had never been."""
        self.body = body
        if self.life is None or self.over(life.asked):
            self.earlier, self.restarted = [], 0
        else:
            self.earlier = [_killed(state, life.asked) for state in self.states(life.asked)]
            self.restarted += bool(self.life.spells(life.asked))
        self._take(life)

    def stop(self, now: datetime) -> None:
        """End what runs: neither exit code nor start time are left of it. What ended by itself stays as it was."""
        if self.life is not None and not self.over(now):
            gone = {"state": "Terminated", "finishTime": now.isoformat(), "detailStatus": STOPPED}
            self.earlier = [*self.states(now), gone]
            self.end(now)
            self.life = None

    def end(self, now: datetime) -> None:
        """End what runs, for the group is deleted or has vanished."""
        if self.life and not self.life.over:
            self.life.over = now

    def over(self, now: datetime) -> bool:
        """Say whether it ended by itself and stays so."""
        return self.life is not None and self.life.ended(now)

    def states(self, now: datetime) -> list[State]:
        """Give every state that its container had, oldest first, as ARM writes them."""
        if self.life is None:
            return self.earlier
        spells = self.life.spells(now)
        states = [*self.earlier, *map(_state, spells)]
        if spells and (again := spells[-1].again) and (again - (spells[-1].finished or again)).total_seconds() > 1:
            waits = not spells[-1].killed  # a group that is moved shows the kill until it runs elsewhere
            return [*states, {"state": "Waiting", "detailStatus": CRASHING}] if waits else states
        return states or ([{"state": "Waiting", "detailStatus": ""}] if self._pulling(now) else [])

    def shown(self, now: datetime) -> dict[str, Any]:
        """Write the body of a GET."""
        first, states = dict(self.container), self.states(now)
        if states:
            first["properties"] = {**first["properties"], "instanceView": self._view(states, now)}
        properties = {
            **_without_secrets(self.body["properties"]),
            "containers": _without_secrets([first, *self.body["properties"]["containers"][1:]]),
            "provisioningState": self._provisioning(now),
            "instanceView": {"events": self._events(now), "state": self._state(now)},
        }
        return {**self.body, "name": self.name, "properties": properties}

    def _take(self, life: Life) -> None:
        self.end(life.asked)
        self.life = self.last = life

    def _pulling(self, now: datetime) -> bool:
        life = self.life
        return bool(life and not life.behaviour.no_capacity and now >= life.asked + timedelta(seconds=TO_PULL))

    def _view(self, states: list[State], now: datetime) -> dict[str, Any]:
        spells = self.life.spells(now) if self.life else []
        past = [state for state in states[:-1] if state["state"] != "Waiting"]
        restarts = max(0, len(spells) - 1) + self.restarted
        view = {"restartCount": restarts, "currentState": states[-1], "events": self._pulls(now)}
        return {**view, "previousState": past[-1]} if past else view

    def _pulls(self, now: datetime) -> list[dict[str, Any]]:
        """Tell of the pull, and of the kills, as events of the container."""
        life, image = self.last, str(self.container["properties"]["image"])
        events = [{"name": "Pulling", "message": f'pulling image "{image}@{DIGEST}"'}]
        if life and life.behaviour.unpullable:
            events.append({"name": "Failed", "message": f'Failed to pull image "{image}": it is made unpullable'})
            events.append({"name": "BackOff", "message": f'Back-off pulling image "{image}"'})
        elif life and life.spells(now):
            events.append({"name": "Pulled", "message": f'Successfully pulled image "{image}@{DIGEST}"'})
            kills = [spell for spell in life.spells(now) if spell.killed]
            events += [{"name": "Killing", "message": "Killing container (platform initiated)."} for _ in kills]
        return events

    def _events(self, now: datetime) -> list[dict[str, Any]]:
        none = self.life and self.life.behaviour.no_capacity and not self.life.starting(now)
        return [{"name": "InsufficientCapacity.", "message": NO_ROOM}] if none else []

    def _provisioning(self, now: datetime) -> str:
        life = self.life
        if life is None:
            return "Succeeded"
        if not life.behaviour.starts:
            given_up = life.behaviour.no_capacity and not life.starting(now)
            return "Failed" if given_up or now >= life.asked + GIVEN_UP else "Pending"
        spells = life.spells(now)
        if spells and spells[-1].killed and spells[-1].again:
            return "Repairing"
        return "Succeeded" if now >= life.asked + span(life.behaviour.start_delay) else "Pending"

    def _state(self, now: datetime) -> str:
        if self.life is None:
            return "Stopped"
        if self.life.behaviour.no_capacity and self.over(now):
            return "Failed"
        spells = self.life.spells(now)
        if not spells:
            return "Pending"
        if not self.over(now):
            return "Running"
        return "Failed" if spells[-1].exit_code else "Succeeded"


def _state(spell: Spell) -> State:
    if spell.finished is None:
        return {"state": "Running", "startTime": spell.started.isoformat(), "detailStatus": ""}
    return {
        "state": "Terminated",
        "startTime": spell.started.isoformat(),
        "exitCode": spell.exit_code,
        "finishTime": spell.finished.isoformat(),
        "detailStatus": "Error" if spell.exit_code else "Completed",
    }


def _killed(state: State, now: datetime) -> State:
    if state["state"] != "Running":
        return state
    return {**state, "state": "Terminated", "exitCode": KILLED, "finishTime": now.isoformat(), "detailStatus": "Error"}


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {name: _without_secrets(inner) for name, inner in value.items() if name not in _SECRETS}
        return kept | ({"secret": {}} if isinstance(kept.get("secret"), dict) else {})
    return [_without_secrets(inner) for inner in value] if isinstance(value, list | tuple) else value
