"""The life of one deployment of a group in virtual time: all of it is computed from when it was asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tests.world.clock import span
from tests.world.output import Pieces, Printed, printed

#: Seconds from the PUT to the pull's beginning, and in which a failed container of a moved group is started anew.
TO_PULL, TO_MOVE, TO_START_AGAIN = 1, 10, 1
#: After which provisioning is given up (aci.md, 1.2).
GIVEN_UP = timedelta(minutes=30)
FIRST_BACK_OFF, LONGEST_BACK_OFF = 10, 300
EVICTED, MAINTAINED = 7147, 7148


@dataclass(frozen=True)
class Behaviour:
    """What a container does once it is asked to run.

    Delays in seconds or as timedelta; a `duration` of None never ends. `log`: see `output.Printed`. `again`: how
    often the platform starts it again after its end whatever the policy says, as it may after a non-zero exit; with
    `again_failed` only after one. `stuck`: its pull never ends. `unpullable`: it cannot be pulled.
    `no_capacity`: there is found to be no room for it once the PUT was answered. `killed_after`: so long after its
    first start the platform ends it with `killed_with`, and starts it anew if it is `moved`.
    """

    start_delay: float | timedelta = 10
    duration: float | timedelta | None = 30
    exit_code: int = 0
    log: Printed = ""
    again: int = 0
    again_failed: bool = False
    stuck: bool = False
    unpullable: bool = False
    no_capacity: bool = False
    killed_after: float | timedelta | None = None
    killed_with: int = EVICTED
    moved: bool = True

    @property
    def starts(self) -> bool:
        """Whether its container ever starts."""
        return not (self.stuck or self.unpullable or self.no_capacity)


@dataclass(frozen=True)
class Spell:
    """One stay of the container: when it ran, and how it ended; no end = it runs, no code = it was cut off.

    `again`: when the platform starts it anew after it.
    """

    started: datetime
    finished: datetime | None = None
    exit_code: int | None = None
    again: datetime | None = None
    killed: bool = False


@dataclass
class Life:
    """One deployment of a group, with all that was asked for: what a checker reads.

    `by`: what asked for it, "create" or "start". `over`: when a stop, a delete, a later PUT or the
    platform took the containers away; None = nothing did.
    """

    name: str
    body: Mapping[str, Any]
    behaviour: Behaviour
    asked: datetime
    by: str
    over: datetime | None = None

    @property
    def container(self) -> Mapping[str, Any]:
        """The first container as it was asked for."""
        first: Mapping[str, Any] = self.body["properties"]["containers"][0]
        return first

    @property
    def image(self) -> str:
        """Its image."""
        return str(self.container["properties"]["image"])

    @property
    def tags(self) -> Mapping[str, str]:
        """The group's tags."""
        return dict(self.body.get("tags") or {})

    @property
    def env(self) -> Mapping[str, str]:
        """What the container is told, secure values included."""
        given = self.container["properties"].get("environmentVariables") or ()
        return {one["name"]: one.get("value", one.get("secureValue", "")) for one in given}

    @property
    def policy(self) -> str:
        """Its restart policy."""
        return str(self.body["properties"].get("restartPolicy") or "Always")

    def starting(self, now: datetime) -> bool:
        """Say whether it is under way to its first start, when ACI takes no other operation."""
        tried = timedelta(seconds=TO_PULL) if not self.behaviour.starts else span(self.behaviour.start_delay)
        return now < self.asked + tried

    def spells(self, now: datetime) -> list[Spell]:
        """Give the container's stays until now, oldest first: each is a start, the later ones the platform's."""
        until = min(now, self.over) if self.over else now
        return [_seen(spell, until) for spell in self._course(until)]

    def upcoming(self, now: datetime) -> datetime | None:
        """Give the next instant at which something of it changes by itself; None when nothing will."""
        if self.over:
            return None
        first = self.asked + span(self.behaviour.start_delay)
        moments = [self.asked + timedelta(seconds=TO_PULL), first if self.behaviour.starts else self.asked + GIVEN_UP]
        spells = list(self._course(now))
        moments += [moment for one in spells[-1:] for moment in (one.finished, one.again) if moment]
        return min((moment for moment in moments if moment > now), default=None)

    def ended(self, now: datetime) -> bool:
        """Say whether its container ended by itself and stays so."""
        if self.behaviour.no_capacity:
            return self.policy == "Never" and not self.starting(now)
        last = self.spells(now)[-1:]
        return bool(last and last[0].exit_code is not None and not last[0].again)

    def output(self, now: datetime) -> Pieces | None:
        """Give what its container has printed since it last started; None when it never did."""
        last = self.spells(now)[-1:]
        return printed(self.behaviour.log, self.env, last[0].started, last[0].finished or now) if last else None

    def _course(self, until: datetime) -> Iterator[Spell]:
        """Go through the stays that begin by then, each as it will have been once it is over."""
        if not self.behaviour.starts:
            return
        started: datetime | None = self.asked + span(self.behaviour.start_delay)
        killed, times = False, 0
        while started and started <= until:
            spell = self._stay(started, killed=killed)
            killed, times = killed or spell.killed, times + 1
            spell = replace(spell, again=self._again(spell, times))
            yield spell
            started = spell.again

    def _stay(self, started: datetime, *, killed: bool) -> Spell:
        how = self.behaviour
        end = None if how.duration is None else started + span(how.duration)
        if how.killed_after is not None and not killed:
            strike = started + span(how.killed_after)
            if end is None or strike < end:
                return Spell(started, strike, how.killed_with, killed=True)
        return Spell(started, end, None if end is None else how.exit_code)

    def _again(self, spell: Spell, times: int) -> datetime | None:
        """Say when the container is started once more, by the platform or by its restart policy."""
        how = self.behaviour
        if spell.finished is None:
            return None
        if spell.killed:
            return spell.finished + timedelta(seconds=TO_MOVE) if how.moved else None
        if times <= how.again and (spell.exit_code or not how.again_failed):
            return spell.finished + timedelta(seconds=TO_START_AGAIN)
        if self.policy == "Always" or (self.policy == "OnFailure" and spell.exit_code):
            return spell.finished + timedelta(seconds=back_off(times))
        return None


def back_off(times: int) -> int:
    """Give the seconds to wait before a container is started again that ended so often."""
    return TO_START_AGAIN if times == 1 else min(FIRST_BACK_OFF * 2 ** min(times - 2, 10), LONGEST_BACK_OFF)


def _seen(spell: Spell, until: datetime) -> Spell:
    """Give a stay as it is by then."""
    if spell.finished is None or spell.finished > until:
        return Spell(spell.started)
    return spell
