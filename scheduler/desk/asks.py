"""What people ask of a job part by part: a run, a backfill, another attempt, an end; the same at every door.

A part that is wrong is told by its own name (`due`, `first`, `before`, `watermark`); a door that calls it otherwise
says so with `Wrong.called`.
"""

from datetime import timedelta

from scheduler import request
from scheduler.desk.acts import ask
from scheduler.desk.audit import Actor
from scheduler.desk.faults import Wrong
from scheduler.ports import World
from scheduler.row import Key, Row

#: As far as a zone's clock is behind UTC, and more.
_FARTHEST = timedelta(hours=15)


def run(  # noqa: PLR0917 - who asks what of which, as one says it
    world: World, actor: Actor, key: Key, due: str | None = None, watermark: str | None = None, etag: str | None = None
) -> Row:
    """Ask for one run: now, or for a due time; with the row's watermark (None), or another one ('' = none)."""
    try:
        text = request.run(due, watermark)
        if due is not None:
            _happened("due", due, actor)
    except request.Unfit as unfit:
        raise Wrong(str(unfit), unfit.part) from unfit
    return ask(world, actor, key, text, etag=etag)


def backfill(  # noqa: PLR0917 - as above
    world: World,
    actor: Actor,
    key: Key,
    first: str,
    before: str,
    watermark: str | None = None,
    etag: str | None = None,
) -> Row:
    """Ask for the schedule's due times from `first` on and before `before`, the first one told a watermark."""
    try:
        text = request.backfill(first, before, watermark)
        _happened("first", first, actor)
    except request.Unfit as unfit:
        raise Wrong(str(unfit), unfit.part) from unfit
    return ask(world, actor, key, text, etag=etag)


def retry(world: World, actor: Actor, key: Key, etag: str | None = None) -> Row:
    """Ask for what waits for its next attempt, or else what failed or was cancelled last, again."""
    return ask(world, actor, key, request.RETRY, etag=etag)


def cancel(world: World, actor: Actor, key: Key, etag: str | None = None) -> Row:
    """Ask for the end of every run that is going, every attempt that waits, and the backfill."""
    return ask(world, actor, key, request.CANCEL, etag=etag)


def _happened(part: str, typed: str, actor: Actor) -> None:
    """Refuse a time that lies ahead in every zone of the world; of a nearer one the tick knows the row's zone."""
    if request.instant(part, typed) - actor.at > _FARTHEST:
        raise request.Unfit(part, typed, "it must not lie in the future: what is due then runs by itself.")
