"""What ACI says of a container group, cut down to what a run's end depends on.

The source of every rule is the wire: `instanceView` comes with GET only, containers have none before
the first pull, a stopped container has neither exit code nor start time, and after a non-zero exit the
platform may start the container again even under `Never` (then the exit is in `previousState`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from scheduler.row import UNSET

type Json = Mapping[str, Any]

_INT32 = 2**31


@dataclass(frozen=True)
class Spell:
    """One stay of the container in one state."""

    state: str = ""
    started: datetime | None = None
    finished: datetime | None = None
    exit_code: int | None = None
    detail: str = ""

    @classmethod
    def from_arm(cls, said: Json | None) -> Self:
        """Read `currentState` or `previousState`; anything missing or odd is as if not said."""
        said = said or {}
        code = said.get("exitCode")
        return cls(
            state=str(said.get("state") or ""),
            started=instant(said.get("startTime")),
            finished=instant(said.get("finishTime")),
            exit_code=code if isinstance(code, int) and abs(code) < _INT32 else None,
            detail=str(said.get("detailStatus") or ""),
        )

    @property
    def exited(self) -> bool:
        """Say whether the container's own process ended, as opposed to being stopped from outside."""
        return self.state == "Terminated" and self.exit_code is not None

    def since(self, prior: datetime | None) -> bool:
        """Say whether this began after `prior`, the start time that the group showed before; None = it had none."""
        return prior is None or (self.started is not None and self.started > prior)


@dataclass(frozen=True)
class View:
    """A container group as one GET saw it; only its first container is watched."""

    name: str
    tags: Mapping[str, str] = field(default_factory=dict)
    provisioning: str = ""
    state: str = ""
    restart_policy: str = "Always"
    location: str = ""
    container: str = ""
    image: str = ""
    current: Spell = field(default_factory=Spell)
    previous: Spell = field(default_factory=Spell)
    restarts: int = 0
    events: Sequence[Json] = ()

    @classmethod
    def from_arm(cls, said: Json) -> Self:
        """Read the body of a GET; a list's items give the same without states."""
        properties = said.get("properties") or {}
        first = (properties.get("containers") or [{}])[0]
        inside = first.get("properties") or {}
        seen = inside.get("instanceView") or {}
        whole = properties.get("instanceView") or {}
        return cls(
            name=str(said.get("name") or ""),
            tags=dict(said.get("tags") or {}),
            provisioning=str(properties.get("provisioningState") or ""),
            state=str(whole.get("state") or ""),
            restart_policy=str(properties.get("restartPolicy") or "Always"),
            location=str(said.get("location") or ""),
            container=str(first.get("name") or ""),
            image=str(inside.get("image") or ""),
            current=Spell.from_arm(seen.get("currentState")),
            previous=Spell.from_arm(seen.get("previousState")),
            restarts=int(seen.get("restartCount") or 0),
            events=[*(whole.get("events") or []), *(seen.get("events") or [])],
        )

    @property
    def started(self) -> datetime | None:
        """When the container last began to run."""
        return self.current.started or self.previous.started

    @property
    def digest(self) -> str:
        """The image's digest, which ACI tells in the messages of its pull events; '' before the pull."""
        for event in self.events:
            _, found, rest = str(event.get("message") or "").partition("@sha256:")
            if found and (digits := re.match(r"[0-9a-f]{64}", rest)):
                return f"sha256:{digits[0]}"
        return ""

    def first_end(self, prior: datetime | None = None) -> Spell | None:
        """Give the end that decides: the first `Terminated` with an exit code that began after `prior`.

        `prior` is the start time that an existing group showed before it was started: a state with that
        same start time is the previous run's, and would otherwise close the new run at once.
        """
        ends = [spell for spell in (self.previous, self.current) if spell.exited and spell.since(prior)]
        return ends[0] if ends else None


def instant(text: object) -> datetime | None:
    """Read ARM's time stamps, which have from no to seven decimals; None when it is not one."""
    if not isinstance(text, str):
        return None
    try:
        read = datetime.fromisoformat(text)
        read = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return read if read.year > UNSET.year else None  # .NET's "no time at all" is the year 1
