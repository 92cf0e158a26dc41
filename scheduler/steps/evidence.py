"""The evidence of a run: its log, kept while its group is still there, without the secrets that it was given.

A run of some minutes is read while it runs: of a container that has ended ACI keeps the last 16 KB. Each reading is
written as one more part of the log's blob, with a note of how far it goes, and only if the blob still is what it was
when the note was read: two ticks that read at once keep each line once.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from scheduler.identity import log_name
from scheduler.kept import FIRST, RUNNING_BYTES, Kept, due
from scheduler.mask import Mask
from scheduler.outcome import CUT_MARK, Outcome, close, was_cut
from scheduler.ports import GroupRefused, Unknown
from scheduler.price import Prices, cost
from scheduler.run import Cause, Event, Run, State
from scheduler.steps.work import Work
from scheduler.transcript import splice
from scheduler.verdict import NOT_EXECUTED, Close, Stay
from scheduler.view import View, instant

#: What is said of a run's end when its secrets cannot be had, and what ACI says may hold them.
_UNTOLD = "how it ended cannot be told: its secrets could not be read, to take them out of what ACI says"
#: How long the end of a run waits for its log.
PATIENCE = timedelta(minutes=10)
#: How long where a command could not be executed: then nothing ran that could print, and ACI may have no log at all.
SHORT_PATIENCE = timedelta(minutes=2)


def read_on(work: Work, found: Stay, view: View | None) -> Stay:
    """Read the log of a run that goes on, when it is time; what could not be read now is read by a later tick."""
    run = found.run
    if view is None or view.current.state != "Running" or run.state is not State.RUNNING:
        return found
    if not due(Kept.from_json(run.kept), view.started, work.now):
        return found
    try:
        with work.span("evidence", run):
            kept = _read(work, run, view, final=False)
    except (Unknown, GroupRefused):
        return found
    return replace(found, run=replace(run, kept=_timetable(kept)))


def _timetable(kept: Kept) -> dict[str, Any]:
    """Keep in the entry when the log was read, and is to be read again; how far it is kept its blob's note tells."""
    return {name: value for name, value in kept.as_json().items() if name in ("read", "next", "parts")}


def _read(work: Work, run: Run, view: View, *, final: bool) -> Kept:
    world, name = work.world, log_name(run.job, run.run_id)
    note, etag = world.logs.note(name)
    reading = world.groups.log(run.group, view.container, timestamps=True)
    if final and not reading:
        _still_there(work, run)
    # A log that says nothing has no blob: then only the entry knows when it was read.
    kept = replace(Kept.from_note(note), read=Kept.from_json(run.kept).read)
    after, text = splice(kept, reading, work.now, final=final, masked=mask(work, run))
    if text:
        world.logs.write(name, text, after.parts - 1, note=after.note, etag=etag)
    return after


def mask(work: Work, run: Run) -> Mask:
    """Know what must not be seen of what a run says; raises `Unknown` and `GroupRefused`."""
    return Mask(work.world.secrets.read(one).value for one in run.secrets)


def outcome_of(work: Work, verdict: Close, view: View | None, held: str) -> Outcome | Stay:
    """Keep the evidence while the group is still there; only then may the run be closed.

    A log that cannot be had now may be had in the next tick; a run is not held up by it for ever. A container
    that never started has none, and ACI answers a request for it with an error. `held`: the row's present watermark.

    Scenario: an existing group took the start and never came up. What it shows, and prints, is the run before.
    """
    run, unread, log, kept = verdict.run, "", b"", None
    try:
        hidden = _hidden(work, run)
        verdict, view = replace(verdict, why=hidden(verdict.why)), _masked(view, hidden)
        if view and view.started and not verdict.absent and (verdict.started or not run.existing):
            log, kept = _last(work, run, view, hidden)
    except GroupRefused as refused:
        unread, log = refused.sentence, b""
    except Unknown as unknown:
        since = run.unread or work.now
        if work.now - since < (SHORT_PATIENCE if verdict.exit_code in NOT_EXECUTED else PATIENCE):
            why = f"{verdict.why or 'its container ended'}, and its log cannot be read yet"
            return Stay(replace(run.after(Event.SEEN), unread=since), why)
        unread, log = str(unknown), b""
        verdict, view = (verdict, view) if not run.secrets else (replace(verdict, why=_UNTOLD), None)
    seen = None if verdict.absent else view
    outcome = close(verdict, seen, log, held, log_name(run.job, run.run_id), unread=unread, kept=kept)
    return _priced(work, run, outcome, seen)


def _hidden(work: Work, run: Run) -> Mask:
    """Know the run's secrets, or raise `Unknown`: a role that was taken away may come back, a log never does."""
    try:
        return mask(work, run)
    except GroupRefused as refused:
        raise Unknown(refused.sentence) from refused


def _masked(view: View | None, hidden: Mask) -> View | None:
    """Take secrets out of what ACI says: its events repeat commands."""
    return replace(view, events=json.loads(hidden(json.dumps(list(view.events))))) if view else None


def _last(work: Work, run: Run, view: View, hidden: Mask) -> tuple[bytes, Kept | None]:
    """Read a log for the last time: whole when it was never read, else what came behind what is kept.

    Scenario: a tick read on in the log of a long run, and died before its entry could say so. Written as a whole,
    the last 16 KB would take the place of all that is kept; so what may have been read on is taken as read on.
    """
    if work.now - run.claimed >= FIRST:
        return b"", _read(work, run, view, final=True)
    log = hidden(work.world.groups.log(run.group, view.container)[-RUNNING_BYTES:])
    if not log:
        _still_there(work, run)
    if log:
        work.world.logs.write(log_name(run.job, run.run_id), CUT_MARK + log if was_cut(log) else log)
    return log, None


def _still_there(work: Work, run: Run) -> None:
    """Tell an empty log from one that is gone with its group, and a watermark with it: raises `GroupRefused`.

    Scenario: the group went between the look and the reading.
    """
    if work.world.groups.get(run.group) is None:
        raise GroupRefused(Cause.PLATFORM, "its container group vanished before its log was read")


def _priced(work: Work, run: Run, outcome: Outcome, view: View | None) -> Outcome:
    """Add what the run cost: ACI's meter runs from the first pull of an image on."""
    began = min((moment for moment in (_first_pull(view), outcome.started) if moment), default=None)
    if began is None or outcome.finished is None or not run.cpu:
        return outcome
    seconds = (outcome.finished - began).total_seconds()
    price = cost(run.cpu, run.memory, run.spot, seconds, Prices.of(work.world.settings))
    return outcome if price is None else replace(outcome, evidence={**outcome.evidence, "Cost": price})


def _first_pull(view: View | None) -> datetime | None:
    pulls = [event for event in (view.events if view else ()) if event.get("name") == "Pulling"]
    return min((moment for event in pulls if (moment := instant(event.get("firstTimestamp")))), default=None)
