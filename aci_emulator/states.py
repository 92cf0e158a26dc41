"""The life of a container and of a group of them, as pure transitions (aci.md, section 3).

Every transition takes the instant at which it happens and returns a new `View`.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from aci_emulator.arm import Json
from aci_emulator.clock import iso

ALWAYS, ON_FAILURE, NEVER = "Always", "OnFailure", "Never"
WAITING, RUNNING, TERMINATED = "Waiting", "Running", "Terminated"

FIRST_BACK_OFF = 10.0
LONGEST_BACK_OFF = 300.0
BACK_OFF_TEXT = "CrashLoopBackOff: Back-off restarting failed"
MOVING = "Repairing"
"""The provisioning state of a group that the platform moves to another node."""

EVICTED, MAINTAINED = 7147, 7148
"""The exit codes of a container that the platform killed."""
STOPPED_TEXT = "Container stopped per client request"


@dataclass(frozen=True)
class State:
    """What a container is doing, or did: `state` is Waiting, Running or Terminated."""

    state: str
    started: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    detail: str = ""

    def body(self) -> Json:
        """Return the state as ARM shows it, without what it does not have."""
        shown: Json = {"state": self.state}
        if self.started is not None:
            shown["startTime"] = iso(self.started)
        if self.exit_code is not None:
            shown["exitCode"] = self.exit_code
        if self.finished is not None:
            shown["finishTime"] = iso(self.finished)
        return shown | {"detailStatus": self.detail}


@dataclass(frozen=True)
class Event:
    """Something that happened to a container, `count` times between `first` and `last`."""

    name: str
    message: str
    type: str
    first: datetime
    last: datetime
    count: int = 1

    def body(self) -> Json:
        """Return the event as ARM shows it."""
        return {
            "count": self.count,
            "firstTimestamp": iso(self.first),
            "lastTimestamp": iso(self.last),
            "name": self.name,
            "message": self.message,
            "type": self.type,
        }


@dataclass(frozen=True)
class View:
    """A container's instanceView: its present and previous state, its restarts and its events."""

    current: State | None = None
    previous: State | None = None
    restarts: int = 0
    events: tuple[Event, ...] = ()

    def body(self) -> Json | None:
        """Return the instanceView, or None before the first pull."""
        if self.current is None:
            return None
        shown: Json = {"restartCount": self.restarts, "currentState": self.current.body()}
        if self.previous is not None:
            shown["previousState"] = self.previous.body()
        return shown | {"events": [event.body() for event in self.events]}

    @property
    def was_started(self) -> bool:
        """Whether the container ever ran."""
        return any(event.name == "Started" for event in self.events)

    def noted(self, at: datetime, name: str, message: str, kind: str = "Normal") -> "View":
        """Add an event, or count it once more when the same one happened before."""
        return replace(self, events=noted(self.events, at, name, message, kind))

    def pulling(self, at: datetime, image: str) -> "View":
        """Begin to pull. A state of an earlier start stays until the next start replaces it."""
        waiting = replace(self, current=self.current or State(WAITING))
        return waiting.noted(at, "Pulling", f'pulling image "{image}"')

    def pulled(self, at: datetime, image: str) -> "View":
        """Have the image, named by its digest."""
        return self.noted(at, "Pulled", f'Successfully pulled image "{image}"')

    def unpulled(self, at: datetime, image: str, reason: str) -> "View":
        """Fail to get the image; it is tried again."""
        failed = self.noted(at, "Failed", f'Failed to pull image "{image}": {reason}', "Warning")
        return failed.noted(at, "BackOff", f'Back-off pulling image "{image}"', "Warning")

    def unmounted(self, at: datetime, volume: str, reason: str) -> "View":
        """Fail to get a volume; it is tried again."""
        waiting = replace(self, current=self.current or State(WAITING))
        return waiting.noted(at, "FailedMount", f'Unable to mount volume "{volume}": {reason}', "Warning")

    def started(self, at: datetime, restarts: int) -> "View":
        """Run; `restarts` is how often this deployment restarted the container before."""
        running = State(RUNNING, started=at)
        return replace(self, current=running, previous=self._left(), restarts=restarts).noted(
            at, "Started", "Started container"
        )

    def unstartable(self, at: datetime, reason: str, exit_code: int) -> "View":
        """Fail before the first instruction, as when the command does not exist."""
        state = State(TERMINATED, started=at, finished=at, exit_code=exit_code, detail="Error")
        failed = replace(self, current=state, previous=self._left())
        return failed.noted(at, "Failed", f"Error: Failed to start container, {reason}", "Warning")

    def exited(self, at: datetime, exit_code: int) -> "View":
        """End by itself."""
        return replace(self, current=self._over(at, exit_code))

    def backing_off(self, at: datetime) -> "View":
        """Wait before the next restart; the exit is in previousState meanwhile."""
        waiting = State(WAITING, detail=BACK_OFF_TEXT)
        view = replace(self, current=waiting, previous=self._left())
        return view.noted(at, "BackOff", "Back-off restarting failed container", "Warning")

    def killed(self, at: datetime, exit_code: int, container_id: str) -> "View":
        """Be ended in place, by a restart or an update, to be started anew."""
        if self.current is None or self.current.state != RUNNING:
            return self
        ended = replace(self, current=State(WAITING), previous=self._over(at, exit_code))
        return ended.killing(at, container_id)

    def struck(self, at: datetime, exit_code: int, container_id: str) -> "View":
        """Be killed by the platform, for its own reasons: `exit_code` 7147 or 7148."""
        return self.exited(at, exit_code).killing(at, container_id)

    def stopped(self, at: datetime, container_id: str) -> "View":
        """Be stopped by the client: no exit code and no start are left; what ended before stays as it was."""
        if self.current is None or self.current.state == TERMINATED:
            return self
        state = State(TERMINATED, finished=at, detail=STOPPED_TEXT)
        return replace(self, current=state, previous=self.current).killing(at, container_id)

    def killing(self, at: datetime, container_id: str) -> "View":
        """Note that the platform kills it."""
        return self.noted(at, "Killing", f"Killing container with id {container_id} (platform initiated).")

    def _left(self) -> State | None:
        """Return the state that becomes previousState; a wait is not worth remembering."""
        return self.previous if self.current is None or self.current.state == WAITING else self.current

    def _over(self, at: datetime, exit_code: int) -> State:
        started = self.current.started if self.current is not None else None
        return State(TERMINATED, started, at, exit_code, "Completed" if exit_code == 0 else "Error")


def noted(events: tuple[Event, ...], at: datetime, name: str, message: str, kind: str) -> tuple[Event, ...]:
    """Return `events` with one more, or with its count raised when the same one happened before."""
    for index, event in enumerate(events):
        if (event.name, event.message) == (name, message):
            again = replace(event, last=at, count=event.count + 1)
            return (*events[:index], again, *events[index + 1 :])
    return (*events, Event(name, message, kind, at, at))


def restarts_after(policy: str, exit_code: int) -> bool:
    """Say whether `policy` starts a container again that ended with `exit_code`."""
    return policy == ALWAYS or (policy == ON_FAILURE and exit_code != 0)


def back_off(restarts: int) -> float:
    """Return the platform seconds to wait after `restarts` restarts: 0, then 10 doubling to 300."""
    if restarts == 0:
        return 0.0
    return min(FIRST_BACK_OFF * 2.0 ** min(restarts - 1, 10), LONGEST_BACK_OFF)


def group_state(policy: str, views: Collection[View], *, stopped: bool, pending: bool) -> str:
    """Return instanceView.state of a group from its containers.

    `stopped`: by a client. `pending`: not every container had its first start yet.
    Always never succeeds or fails, OnFailure never fails (container-state.md).
    """
    if stopped:
        return "Stopped"
    if pending:
        return "Pending"
    states = [view.current for view in views if view.current is not None]
    if policy == ALWAYS or any(state.state != TERMINATED for state in states):
        return "Running"
    if all(state.exit_code == 0 for state in states):
        return "Succeeded"
    return "Failed" if policy == NEVER else "Running"
