"""What a person typed since the last tick, as it must be said at once: a pause, its end, and what is asked for.

The tick's own words stay until it comes, and would say for a minute that a job runs next at nine that will not.
"""

from scheduler.obey import HELD
from scheduler.overlap import waits_for
from scheduler.standing import Status

_RESUMED = "Resumed: the next tick says when it is due."


def status(said: str, *, paused: bool, busy: bool) -> str:
    """Say what a job is now: what the last tick said, unless Enabled says otherwise by now.

    `busy`: a run of it is going, which a pause lets end. A row that no tick has seen, or that is Invalid, stays so.
    """
    if said in ("", Status.INVALID):
        return said
    if paused:
        return said if busy else Status.PAUSED
    return Status.SCHEDULED if said == Status.PAUSED else said


def reason(told: str, said: str, *, paused: str | None, busy: bool, request: str) -> str:
    """Say why: what the last tick told, what was typed since before it. `paused`: why, None where it is not."""
    if said in ("", Status.INVALID):
        return told
    return f"{_asked(request, told)}{_paused(told, said, paused, busy=busy)}"


def _paused(told: str, said: str, paused: str | None, *, busy: bool) -> str:
    if paused is None:
        return _RESUMED if said == Status.PAUSED else told
    sentence = f"Paused: {paused.rstrip('.')}." if paused else "Paused."
    if said == Status.PAUSED or sentence in told:
        return told
    return f"{told} {sentence}".strip() if busy else sentence


def _asked(request: str, told: str) -> str:
    """Tell what is asked for; a tick that saw it and lets it wait says why, and the next one may say so again."""
    if not request:
        return ""
    taken = "" if waits_for(told) or told.startswith(HELD) else ", taken at the next tick"
    return f"Asked: {'run now' if request == 'run' else request}{taken}. "
