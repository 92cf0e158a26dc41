"""Runs: list, look, log, container group, ledger."""

from typing import Annotated, Any

from fastapi import Query

from scheduler.desk import history as past
from scheduler.desk import ledgers, logs, spec
from scheduler.desk import runs as desk
from scheduler.web.api import answers, days, door, history, lines
from scheduler.web.api.door import Looks
from scheduler.web.api.models import JOB, After, JobKey, Limit, Ref, Zone
from scheduler.web.place import Here, Now

router = door.router("Runs")
_RUNS = f"{JOB}/runs"
_SIZE = 2**53
#: The most slow runs that a history names.
MOST_SLOW = 100


@router.get(_RUNS)
def listed(
    *,
    here: Here,
    _: Looks,
    key: JobKey,
    state: Annotated[str, Query(max_length=40, description="Only in this State, such as Failed or Skipped")] = "",
    limit: Limit = 50,
    after: After = "",
) -> answers.Runs:
    """List a job's runs and skips, newest first; those of a job that was removed are there, too."""
    found, following = desk.runs(here, key, state=state or None, limit=limit, after=after)
    going = () if after else desk.active(here, key)
    return answers.Runs(
        active=[lines.run(line) for line in going], runs=[lines.run(line) for line in found], next=following
    )


@router.get(f"{_RUNS}/{{ref}}")
def one(here: Here, _: Looks, key: JobKey, ref: Ref) -> answers.WholeRun:
    """Look at one run, with its events and the other attempts of its due time."""
    line = desk.run(here, key, ref)
    return lines.whole_run(line, desk.attempts(here, line.key, line.began))


@router.get(_RUNS + "/{ref}/log")
def log(
    *,
    here: Here,
    _: Looks,
    key: JobKey,
    ref: Ref,
    offset: Annotated[int, Query(ge=-_SIZE, le=_SIZE, description="In bytes; below 0 from the end")] = 0,
    limit: Annotated[int, Query(ge=logs.LEAST, le=logs.MOST, description="How many bytes at most")] = logs.MOST,
) -> answers.Log:
    """Read a part of a run's log, also while it runs; control characters are made visible."""
    part = logs.part(here, desk.run(here, key, ref), offset, limit)
    same = {name: getattr(part, name) for name in ("text", "next", "size", "growing", "more", "note")}
    return answers.Log(offset=part.start, **same)


@router.get(_RUNS + "/{ref}/container")
def container(here: Here, _: Looks, key: JobKey, ref: Ref) -> dict[str, Any]:
    """Look at the container group that ACI was asked for, secrets as ***; `notes` say what to know of it."""
    sent = spec.sent(here, desk.run(here, key, ref))
    return {"body": sent.body, "notes": list(sent.notes)}


@router.get(f"{JOB}/watermarks")
def watermarks(
    *,
    here: Here,
    _: Looks,
    key: JobKey,
    limit: Annotated[int, Query(ge=1, le=ledgers.MOST, description="From how many runs at most")] = ledgers.MOST,
) -> days.Ledger:
    """Tell how far the data has come: processed ranges, gaps, overlaps and rewinds, each named by run."""
    return days.ledger(ledgers.ledger(here, key, limit))


@router.get(f"{JOB}/history")
def told(
    *,
    here: Here,
    now: Now,
    _: Looks,
    key: JobKey,
    days: Annotated[
        int | None, Query(ge=1, le=past.MOST_DAYS, description="How many, today among them; 30, RETENTION_DAYS at most")
    ] = None,
    zone: Zone = "UTC",
) -> history.History:
    """Tell how a job's runs went day by day: rates, durations, cost, streaks, and whether it gets slower."""
    return history.history(past.history(here, key, now, days, zone), MOST_SLOW)
