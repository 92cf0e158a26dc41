"""What the container of a run that is going says now, behind what is kept of its log, without the run's secrets.

A view of a page makes at most so many calls: the kept log's note, the run's secrets, the group where it is not ours,
and its log. What was read is good for a moment, longer where it took long, so that many readers cost as much as one.
"""

from dataclasses import dataclass, field, replace
from weakref import WeakKeyDictionary

from scheduler.desk.remembered import Remembered
from scheduler.kept import Kept
from scheduler.mask import Mask
from scheduler.ports import GroupRefused, Groups, Unknown, World
from scheduler.run import Run, State
from scheduler.spec import CONTAINER
from scheduler.transcript import splice
from scheduler.watermark import Answer

#: How many seconds a reading is good for, at the least, and as a multiple of those that it took.
GOOD_FOR, TIMES_ITS_COST = 2.0, 5.0
#: More readings than these, or more bytes of them in all, are forgotten: ACI gives up to 4 MB of a log.
_MOST_REMEMBERED, MOST_BYTES = 50, 16 * 1024 * 1024
_LONG = "The log is longer than 16 MiB: its middle is left out, and its newest lines come when they are kept."


@dataclass(frozen=True)
class Live:
    """Text to be put behind the first `behind` bytes of the kept log, and what was heard in the whole of it."""

    behind: int = 0
    text: bytes = b""
    said: Answer = field(default_factory=Answer)
    #: Why there is no text, as a sentence.
    note: str = ""


def _remembered() -> Remembered[Live]:
    return Remembered(lambda live: len(live.text), _MOST_REMEMBERED, MOST_BYTES)


#: By the port that they came through.
READINGS: WeakKeyDictionary[Groups, Remembered[Live]] = WeakKeyDictionary()


def live(world: World, run: Run, name: str) -> Live:
    """Read what a run that is going says now; `name` is its log's. Never raises for what ACI or a vault refuses."""
    if run.waiting:
        return Live(note="It has not begun.")
    remembered = READINGS.setdefault(world.groups, _remembered())
    began = world.monotonic()
    if known := remembered.get(name, began):
        return known
    found = _joined(world, run, name)
    lasts = max(GOOD_FOR, TIMES_ITS_COST * (world.monotonic() - began))
    now = world.monotonic()
    remembered.keep(name, found, now + lasts, now)
    return found


def forget(world: World, name: str) -> None:
    """Let the next view read anew: what was read does not join the kept log any more."""
    READINGS.setdefault(world.groups, _remembered()).forget(name)


def _joined(world: World, run: Run, name: str) -> Live:
    try:
        hidden = Mask(world.secrets.read(one).value for one in run.secrets)
    except (Unknown, GroupRefused):
        why = "its secrets could not be read, to take them out of it"
        return Live(note=f"What its container says now is not shown: {why}.")
    try:
        kept = Kept.from_note(world.logs.note(name)[0])
        container = _container(world, run)
        reading = world.groups.log(run.group, container, timestamps=True) if container else b""
    except Unknown as unknown:
        return Live(note=f"What its container says now cannot be read: {hidden(str(unknown)).rstrip('.')}.")
    except GroupRefused as refused:
        starting = run.state is State.STARTING
        why = "Its container has not begun." if starting else hidden(refused.sentence)
        return Live(note=why)
    # Only whole lines: half of one may be half of a secret.
    after, text = splice(kept, reading, run.claimed, final=False, masked=hidden)
    found = Live(kept.size, text, after.said)
    return replace(found, text=b"", note=_LONG) if kept.end is not None else found


def _container(world: World, run: Run) -> str:
    """Name the container that is read; '' where what an existing group shows may be of the run before."""
    if not run.existing:
        return CONTAINER
    view = world.groups.get(run.group)
    return view.container if view and view.current.since(run.prior) else ""
