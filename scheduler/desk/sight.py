"""What ACI shows of the container group of a run that is going: its steps so far.

Of its events only the names and the times are taken: their messages may repeat a secret, and are shown once a tick
has read them and masked them. What was seen is good for a moment: each open page asks for it every ten seconds, and
ARM grants so many reads a minute, of which the tick needs its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from scheduler.desk.remembered import Remembered
from scheduler.desk.runline import RunLine
from scheduler.identity import key_of_tags
from scheduler.ports import GroupRefused, Groups, Unknown, World
from scheduler.run import Run
from scheduler.view import View

#: How many seconds a look is good for, and how many looks and bytes of them are remembered.
GOOD_FOR, MOST_REMEMBERED, MOST_BYTES = 5.0, 200, 1024 * 1024
_TOLD = ("name", "firstTimestamp", "lastTimestamp", "count", "type")


@dataclass(frozen=True)
class Sight:
    """Its events without their messages, when its container began and ended; `note`: why there is nothing to see."""

    events: tuple[Mapping[str, object], ...] = ()
    started: datetime | None = None
    ended: datetime | None = None
    note: str = ""


_seen_of: WeakKeyDictionary[Groups, Remembered[Sight]] = WeakKeyDictionary()


def sight(world: World, line: RunLine) -> Sight:
    """Look at a run's group, one GET in `GOOD_FOR` seconds; never raises for what ACI refuses.

    Nothing for a run that is not going.
    """
    run = line.entry
    if run is None or run.waiting:
        return Sight()
    remembered = _seen_of.setdefault(world.groups, Remembered(_size, MOST_REMEMBERED, MOST_BYTES))
    name = f"{'/'.join(run.key)} {run.state}"
    if known := remembered.get(name, world.monotonic()):
        return known
    found = _looked(world, run)
    now = world.monotonic()
    remembered.keep(name, found, now + GOOD_FOR, now)
    return found


def _size(seen: Sight) -> int:
    return sum(len(str(event)) for event in seen.events)


def _looked(world: World, run: Run) -> Sight:
    try:
        view = world.groups.get(run.group)
    except (Unknown, GroupRefused):
        return Sight(note="What ACI shows of its container group cannot be read now.")
    if view is None:
        return Sight(note="ACI does not show its container group yet.")
    if not run.existing and key_of_tags(world.settings.installation, view.name, view.tags) != run.key:
        return Sight(note="The container group of its name is not this run's.")
    return _seen(view, run.prior if run.existing else None, existing=run.existing)


def _seen(view: View, prior: datetime | None, *, existing: bool) -> Sight:
    """Take what belongs to this run: what an existing group shows may be of the run before."""
    began = view.started if view.current.since(prior) else None
    end = view.first_end(prior)
    events = [] if existing else view.events
    told = tuple({name: event[name] for name in _TOLD if name in event} for event in events)
    return Sight(told, began, end.finished if end else None)
