"""What one look at a container group means for its run: wait, close it, or claim its creation anew.

Pure: (run, what ACI says, now) -> Stay | Close | Retake.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from scheduler.cell import length
from scheduler.identity import key_of_tags
from scheduler.row import iso
from scheduler.run import LEASE, MISSING, Cause, Event, Run, State
from scheduler.view import Spell, View

#: Exit codes by which ACI tells that the platform, not the job, ended the container.
PLATFORM_EXITS = (7147, 7148)
#: How often a run's creation is claimed before it is given up.
MOST_TRIES = 4
#: What the engine gives where a command is there and may not be executed, and where it is not there.
NOT_EXECUTED = _NOT_ALLOWED, _NO_COMMAND = 126, 127
_KILLED = 137
_PULL = ("pull", "image", "registry")
_FAILED = ("Failed", "BackOff")


@dataclass(frozen=True)
class Stay:
    """The run goes on, perhaps with something new to remember, or a reason why it could not be looked at."""

    run: Run
    why: str = ""


@dataclass(frozen=True)
class Retake:
    """Nobody's PUT can still arrive and the group is not there: create it under a new lease."""

    run: Run


@dataclass(frozen=True)
class Close:
    """The run is over: how, why, and when."""

    run: Run
    event: Event
    cause: Cause = Cause.NONE
    why: str = ""
    exit_code: int | None = None
    started: datetime | None = None
    finished: datetime | None = None
    #: The group is not there, or not ours: there is nothing to read and nothing to remove.
    absent: bool = False

    @property
    def state(self) -> State:
        """The state in which the run ends."""
        return self.run.after(self.event).state


type Verdict = Stay | Retake | Close


def judge(run: Run, view: View | None, now: datetime, installation: str) -> Verdict:
    """Say what this look at the run's group means; `view` is None when ACI answered 404."""
    if view is None:
        return _absent(run, now)
    if not run.existing and key_of_tags(installation, view.name, view.tags) != run.key:
        why = f"container group {view.name} is there with other tags: it is not ours, and was left alone"
        return Close(run, Event.FAILED, Cause.PLATFORM, why, finished=now, absent=True)
    if run.existing and not _ours(run, view):
        return _not_begun(run, now, absent=view.state != "Pending")
    return _present(replace(run, missing=None), view, now)


def _ours(run: Run, view: View) -> bool:
    """Say whether an existing group's state belongs to this run and not to the one before it."""
    if run.state is State.RUNNING:
        return True
    return any(spell.started and spell.since(run.prior) for spell in (view.current, view.previous))


def _present(run: Run, view: View, now: datetime) -> Verdict:
    end = view.first_end(run.prior if run.existing else None)
    if end:
        return _exited(run, end, now)
    if view.state == "Stopped" or view.current.state == "Terminated":
        if run.cancel:
            return _cancelled(run, view, now)
        why = f"the container was stopped by somebody before it ended ({view.current.detail or 'no exit code'})"
        return Close(
            run,
            Event.FAILED,
            Cause.PLATFORM,
            why,
            started=view.started,
            finished=view.current.finished or now,
        )
    if view.provisioning == "Failed":
        return _never_came_up(run, view, now)
    if run.cancel:
        return _cancelled(run, view, now)
    return _in_time(run, view, now)


def _exited(run: Run, end: Spell, now: datetime) -> Close:
    if end.exit_code == 0:
        return Close(run, Event.SUCCEEDED, exit_code=0, started=end.started, finished=end.finished or now)
    cause, why = Cause.EXIT, f"the container exited with code {end.exit_code}"
    if end.exit_code in PLATFORM_EXITS:
        cause, why = Cause.PLATFORM, f"the platform ended the container (exit code {end.exit_code})"
    elif end.exit_code == _NO_COMMAND:
        why += ": its command was not found in the image"
    elif end.exit_code == _NOT_ALLOWED:
        why += ": its command is there, and cannot be executed"
    elif end.exit_code == _KILLED:
        why += ": it was killed, most often for using more than MemoryGb"
    return Close(run, Event.FAILED, cause, why, end.exit_code, end.started, end.finished or now)


def _cancelled(run: Run, view: View, now: datetime) -> Close:
    return Close(run, Event.CANCELLED, why=_wish(run), started=view.started, finished=now)


def _wish(run: Run) -> str:
    return "replaced by a newer run (Overlap replace)" if run.replaced else "cancelled on request"


def _never_came_up(run: Run, view: View, now: datetime) -> Close:
    cause, told = _blame(view)
    why = f"ACI could not start the group: {told[-300:] or 'it gives no reason'}"
    return Close(run, Event.FAILED, cause, why, started=view.started, finished=now)


def _blame(view: View) -> tuple[Cause, str]:
    """Say why a container has not started, with the events that tell it."""
    told = " ".join(f"{event.get('name')} {event.get('message') or ''}".strip() for event in view.events)
    if "InsufficientCapacity" in told:
        return Cause.CAPACITY, told
    pulling = any(word in told.lower() for word in _PULL) and "Pulled" not in told
    failed = any(str(event.get("name")) in _FAILED for event in view.events)
    return (Cause.IMAGE if pulling and (failed or view.provisioning == "Failed") else Cause.PLATFORM), told


def _in_time(run: Run, view: View, now: datetime) -> Verdict:
    started = view.current.started or view.previous.started
    if started and now - started > run.timeout:
        why = f"it ran longer than its Timeout of {length(run.timeout)}"
        return Close(run, Event.FAILED, Cause.TIMEOUT, why, started=started, finished=now)
    if not started and now - (run.lease - LEASE) > run.start_timeout:
        return _start_too_late(run, view, now)
    return Stay(run.after(Event.SEEN))


def _start_too_late(run: Run, view: View, now: datetime) -> Close:
    """Give up a container that does not begin: that is no failure of the job's, and burns none of its Retries."""
    cause, told = _blame(view)
    why = f"it did not start within its StartTimeout of {length(run.start_timeout)}{f': {told[-300:]}' if told else ''}"
    return Close(run, Event.FAILED, cause, why, finished=now)


def _absent(run: Run, now: datetime) -> Verdict:
    if run.state is State.STARTING and not run.existing:
        return _not_begun(run, now)
    if run.cancel:
        return Close(run, Event.CANCELLED, why=f"{_wish(run)}; its group was gone", finished=now, absent=True)
    if run.missing is None:
        return Stay(replace(run, missing=now))
    if now - run.missing < MISSING:
        return Stay(run)
    why = f"its container group vanished; it was missing since {iso(run.missing)}"
    event = Event.VANISHED if run.state is State.RUNNING else Event.FAILED
    return Close(run, event, Cause.PLATFORM, why, finished=now, absent=True)


def _not_begun(run: Run, now: datetime, *, absent: bool = True) -> Verdict:
    """Judge a run whose group was not seen (or an existing one not seen to start).

    Scenario: the tick that claimed it may still have its PUT under way, or died before it. Until the
    lease ends only that tick may send; a cancel or a second try before then could meet a late start.
    """
    if now < run.lease:
        return Stay(run)
    if run.cancel:
        # Of a run that only Runs remembers nobody knows whether its group was ever there.
        sure = run.tick or run.existing
        when = " before it started" if sure else "; its container group was not found: if it ran, its log is lost"
        return Close(run, Event.CANCELLED, why=f"{_wish(run)}{when}", finished=now, absent=True)
    if not run.tick and not run.existing:
        # Scenario: its row was written over by an old copy while its container ran, and came back from Runs, which
        # does not know whether the group was ever there. Were it created again, one attempt would run twice.
        why = "its container group was not found once its job row had been restored: if it ran, its log is lost"
        return Close(run, Event.FAILED, Cause.PLATFORM, why, finished=now, absent=absent)
    if run.tries >= MOST_TRIES:
        # Scenario: an existing group took the start and never came up. Were it not stopped, it would look like
        # somebody else's work for ever, and no run of this job could start again.
        why = f"its container group could not be created in {run.tries} tries: no answer told why"
        why = why if absent else f"its container group did not come up in {run.tries} tries"
        return Close(run, Event.FAILED, Cause.PLATFORM, why, finished=now, absent=absent)
    return Retake(replace(run, tries=run.tries + 1))
