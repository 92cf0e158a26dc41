"""Run: what happened, step by step; its log, which follows while it goes; and exactly what was asked of ACI."""

from collections.abc import Callable
from functools import partial
from typing import Any

from starlette.responses import Response

from scheduler.desk import asks, jobs, runs, sight, spec
from scheduler.desk.faults import Conflict, Faulty, Missing, Wrong
from scheduler.desk.jobs import JobLine
from scheduler.desk.runline import RunLine
from scheduler.history import slow, usual
from scheduler.row import Row, iso
from scheduler.run import State
from scheduler.web.dress import run_path
from scheduler.web.pages import log
from scheduler.web.shown.steps import pieces, steps
from scheduler.web.site import Site, Visit

_RUN = "/jobs/{partition}/{name}/runs/{ref}"
_SOON = "The next tick does it, within a minute or so."
#: How a run ended that may be run again.
_AGAIN = (State.FAILED, State.LOST, State.CANCELLED)


def add(site: Site) -> None:
    """Join the page and its acts to the app."""
    site.page(_RUN, show)
    site.act(f"{_RUN}/cancel", cancel)
    site.act(f"{_RUN}/retry", retry)


def show(visit: Visit) -> Response:
    """Show one run, skip or waiting attempt; htmx asks for the part that changes alone."""
    line = runs.run(visit.world, visit.key, visit.request.path_params["ref"])
    now = _now(visit, line)
    if visit.part == "now":
        return visit.show("run_now.html", **now)
    if line.skip:
        return visit.show("run_skip.html", **now)
    return visit.show("run.html", **now, sent=spec.sent(visit.world, line), **log.first(visit, line))


def _now(visit: Visit, line: RunLine) -> dict[str, Any]:
    """Find what the part that changes is made of."""
    job = _job(visit)
    seen = sight.sight(visit.world, line)
    events, started = line.events or seen.events, line.started or seen.started
    ended = line.finished or seen.ended
    told = steps(line, events, started, ended)
    lasting, over = line.lasting(visit.now), line.going and seen.ended is not None
    if over and started and ended:
        lasting = max((ended - started).total_seconds(), 0.0)
    often = usual(job.pasts) if job else None
    return {
        "line": line,
        "key": line.key,
        "job": job,
        "path": run_path(line.key, line.ref),
        "steps": told,
        "reached": max(number for number, step in enumerate(told) if step.at),
        "pieces": [] if line.skip else pieces(told, visit.now),
        "lasting": lasting,
        "over": over,
        "median": job.figures.median if job else None,
        "usual": often,
        "slow": lasting is not None and slow(lasting, often),
        "events": events,
        "sight": seen,
        "attempts": [] if line.skip else runs.attempts(visit.world, line.key, line.due),
        "again": "" if job is None else _again(line, job),
    }


def _job(visit: Visit) -> JobLine | None:
    try:
        return jobs.one(visit.world, visit.key)
    except Missing:
        return None  # its runs stay when a job is removed


def _again(line: RunLine, job: JobLine) -> str:
    """Say what would run it again: `retry` where it is the last of its job, else a request for its due time."""
    if line.going or line.skip or line.state not in _AGAIN:
        return ""
    last = job.pasts[-1] if job.pasts else None
    newest = last is not None and (last.due, last.attempt) == (line.due, line.attempt)
    return "retry" if newest and not job.runs else f"run {iso(line.due)}"


def cancel(visit: Visit) -> Response:
    """Ask for the end of what runs."""
    line = runs.run(visit.world, visit.key, visit.request.path_params["ref"])
    if not line.going:
        return visit.go(run_path(line.key, line.ref), f"It is over already: {line.state}.", "note")
    return _ask(visit, line, asks.cancel, f"Its end is asked for. {_SOON}")


def retry(visit: Visit) -> Response:
    """Ask for another attempt, or for another run of its due time."""
    line = runs.run(visit.world, visit.key, visit.request.path_params["ref"])
    again = _again(line, jobs.one(visit.world, visit.key))
    if not again:
        return visit.go(run_path(line.key, line.ref), f"There is nothing to try again: it is {line.state}.", "bad")
    act = asks.retry if again == "retry" else partial(asks.run, due=iso(line.due))
    return _ask(visit, line, act, f"Another attempt is asked for. {_SOON}")


def _ask(visit: Visit, line: RunLine, act: Callable[..., Row], told: str) -> Response:
    """Ask the job's row for it, and go back with what came of it."""
    address = run_path(line.key, line.ref)
    try:
        act(visit.world, visit.actor, visit.key)
    except (Faulty, Conflict, Wrong) as refusal:
        return visit.go(address, str(refusal), "bad")
    return visit.go(address, told)
