"""The life of one container group in virtual time: what a GET says of it is computed from when it began."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.world.clock import span

DIGEST = "sha256:" + "ab" * 32
STOPPED = "Container stopped per client request"

#: What a container prints: text, or made from its environment.
type Printed = str | bytes | Callable[[Mapping[str, str]], str]


@dataclass(frozen=True)
class Behaviour:
    """What a container does once it is asked to run.

    Delays in seconds or as timedelta; a `duration` of None never ends. `again`: how often the platform starts it
    again after its end whatever the policy says, as it may after a non-zero exit. `stuck`: it is never pulled.
    """

    start_delay: float | timedelta = 10
    duration: float | timedelta | None = 30
    exit_code: int = 0
    log: Printed = ""
    again: int = 0
    stuck: bool = False


@dataclass
class Group:
    """A group: what was asked for, when it last began (None: it is stopped), and the states it had before that."""

    name: str
    body: Mapping[str, Any]
    behaviour: Behaviour
    began: datetime | None
    earlier: list[dict[str, Any]] = field(default_factory=list)

    @property
    def container(self) -> Mapping[str, Any]:
        """The first container as it was asked for."""
        first: Mapping[str, Any] = self.body["properties"]["containers"][0]
        return first

    @property
    def image(self) -> str:
        """Its image."""
        return str(self.container["properties"]["image"])

    def begin(self, now: datetime, behaviour: Behaviour) -> None:
        """Run once more; until the container starts, a GET shows how it ended the last time."""
        self.earlier = self.states(now)
        self.began, self.behaviour = now, behaviour

    def stop(self, now: datetime) -> None:
        """End what runs: neither exit code nor start time are left of it. What ended by itself stays as it was."""
        if self.began is not None and not self.over(now):
            gone = {"state": "Terminated", "finishTime": now.isoformat(), "detailStatus": STOPPED}
            self.earlier = [*self.states(now), gone]
            self.began = None

    def over(self, now: datetime) -> bool:
        """Say whether it ended by itself and stays so."""
        spells = self._spells(now)
        return bool(spells) and spells[-1]["state"] == "Terminated" and not self._goes_on(len(spells))

    def states(self, now: datetime) -> list[dict[str, Any]]:
        """Give every state that its container had, oldest first, as ARM writes them."""
        return [*self.earlier, *self._spells(now)]

    def shown(self, now: datetime) -> dict[str, Any]:
        """Write the body of a GET."""
        first = dict(self.container)
        states = self.states(now)
        if states:
            first["properties"] = {**first["properties"], "instanceView": self._view(states, now)}
        properties = {
            **self.body["properties"],
            "containers": [first, *self.body["properties"]["containers"][1:]],
            "provisioningState": "Pending" if self.began and not self._spells(now) else "Succeeded",
            "instanceView": {"events": [], "state": self._state(now)},
        }
        return {**self.body, "name": self.name, "properties": properties}

    def printed(self, now: datetime) -> bytes:
        """Give what it has printed: all of it as soon as it runs."""
        if not self.states(now):
            return b""
        log = self.behaviour.log
        given = self.container["properties"].get("environmentVariables", ())
        text = log({one["name"]: one.get("value", "") for one in given}) if callable(log) else log
        return text if isinstance(text, bytes) else text.encode()

    def _view(self, states: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
        view = {
            "restartCount": max(0, len(self._spells(now)) - 1),
            "currentState": states[-1],
            "events": [{"name": "Pulled", "message": f'Successfully pulled image "{self.image}@{DIGEST}"'}],
        }
        return {**view, "previousState": states[-2]} if len(states) > 1 else view

    def _state(self, now: datetime) -> str:
        if self.began is None:
            return "Stopped"
        if not self._spells(now):
            return "Pending"
        if not self.over(now):
            return "Running"
        return "Succeeded" if self.behaviour.exit_code == 0 else "Failed"

    def _spells(self, now: datetime) -> list[dict[str, Any]]:
        """Give the container's stays since the group began; a restart takes the platform a second."""
        if self.began is None or self.behaviour.stuck:
            return []
        spells: list[dict[str, Any]] = []
        started = self.began + span(self.behaviour.start_delay)
        while started <= now and (not spells or self._goes_on(len(spells))):
            spells.append(_spell(started, self.behaviour, now))
            if spells[-1]["state"] == "Running":
                break
            started = datetime.fromisoformat(spells[-1]["finishTime"]) + timedelta(seconds=1)
        return spells

    def _goes_on(self, times: int) -> bool:
        policy = self.body["properties"].get("restartPolicy", "Always")
        failed = self.behaviour.exit_code != 0
        return times <= self.behaviour.again or policy == "Always" or (policy == "OnFailure" and failed)


def _spell(started: datetime, behaviour: Behaviour, now: datetime) -> dict[str, Any]:
    running = {"state": "Running", "startTime": started.isoformat(), "detailStatus": ""}
    if behaviour.duration is None or started + span(behaviour.duration) > now:
        return running
    return {
        "state": "Terminated",
        "startTime": started.isoformat(),
        "exitCode": behaviour.exit_code,
        "finishTime": (started + span(behaviour.duration)).isoformat(),
        "detailStatus": "Error" if behaviour.exit_code else "Completed",
    }
