"""Chains: when a job is due after other jobs, and what is wrong with the jobs it names. Pure.

`after a, team/b` is level-triggered: it is due when each upstream's LastSuccessDue is newer than what this job
last saw of it. Nothing is sent from one job to another, so that no crash can lose a link, and none is counted
twice: what was seen is kept in this job's own row (column Upstreams) and moves in the write that decides the link.
The graph of all chains is kept beside the last full read, for a tick looks only at the rows that changed.
"""

import json
from collections import deque
from collections.abc import Collection, Container, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from scheduler.cell import Fault
from scheduler.row import Key, Value
from scheduler.schedule import Schedule

#: A cell holds 32K characters.
LONGEST_GRAPH = 32_000
#: A longer circle is shown by its beginning and its end.
_LONGEST_CIRCLE = 10
_ODD = (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError)

type Seen = Mapping[str, datetime | None]
type Graph = Mapping[Key, tuple[Key, ...]]


@dataclass(frozen=True)
class Upstream:
    """What a job's row says of its successes, as those that run after it look at it."""

    #: The due time of its latest successful run (LastSuccessDue).
    due: datetime | None = None
    #: When that run ended (LastSuccess).
    finished: datetime | None = None
    #: Where that run's data interval begins (LastSuccessStart); a run on request has none.
    start: datetime | None = None


@dataclass(frozen=True)
class Link:
    """A chain is due: the latest upstream's due time, where its interval begins, and what has been seen by that."""

    due: datetime
    start: datetime | None
    seen: Seen
    #: When the last of these successes ended: a chain is late from then on.
    ready: datetime | None = field(default=None, compare=False)

    def interval(self, last_due: datetime | None) -> tuple[datetime, datetime] | None:
        """Give the run's data interval: from the upstream's, or from `last_due` of this job when that is earlier.

        What this job skipped or failed in between is in it then. None when neither is known.
        """
        begins = [begin for begin in (self.start, last_due) if begin is not None and begin < self.due]
        return (min(begins), self.due) if begins else None


def names(schedule: Schedule, key: Key) -> tuple[Key, ...]:
    """Give the keys of a chain's upstreams; a bare name is of the job's own partition, one named twice counts once."""
    typed = (name.rpartition("/") for name in schedule.upstreams)
    return tuple(dict.fromkeys((partition or key[0], name) for partition, _, name in typed))


def link(seen: Seen, upstreams: Mapping[str, Upstream]) -> Link | None:
    """Say whether all upstreams (by id, `team/name`) had a success that was not seen yet; None = wait.

    One that `seen` does not name has no baseline yet, and is waited for. Where several upstreams have the latest
    due time, the interval begins with the earliest of theirs.
    """
    fresh = {name: one.due for name, one in upstreams.items() if one.due is not None and _newer(seen, name, one.due)}
    if not upstreams or len(fresh) < len(upstreams):
        return None
    due = max(fresh.values())
    starts = [one.start for one in upstreams.values() if one.due == due and one.start is not None]
    ready = max((one.finished for one in upstreams.values() if one.finished), default=None)
    return Link(due, min(starts, default=None), dict(fresh), ready)


def _newer(seen: Seen, name: str, due: datetime) -> bool:
    last = seen.get(name, due)
    return last is None or last < due


def baseline(seen: Seen, upstreams: Mapping[str, Upstream], edited: datetime) -> Seen:
    """Say what a chain has seen once it is new, or its list of upstreams was edited at `edited`.

    An upstream that stays keeps what was seen of it. The history of a new one counts as seen and is not run; but
    a success that ended after the edit is none of that history: then nothing was seen, and it counts.

    Scenario: a person adds `after extract`, and before the next tick looks, extract succeeds. Taken as seen, that
    success would start nothing, and the person would wait for a day.
    """
    return {name: seen[name] if name in seen else _history(one, edited) for name, one in upstreams.items()}


def _history(upstream: Upstream, edited: datetime) -> datetime | None:
    return None if upstream.finished is not None and upstream.finished > edited else upstream.due


def to_text(seen: Seen) -> str:
    """Write the column Upstreams; '' when there are none.

    Every digit of an instant is kept: one cut to milliseconds would be older than the column that it was read
    from, and the same success would start the job at every tick.
    """
    said = {name: due and due.astimezone(UTC).isoformat() for name, due in sorted(seen.items())}
    return json.dumps(said) if said else ""


def from_text(written: Value | None) -> Seen | None:
    """Read the column Upstreams: {} when it is empty, None when it is mangled."""
    if written is None or written == "":
        return {}
    try:
        said = json.loads(written) if isinstance(written, str) else None
        return {name: None if due is None else _aware(due) for name, due in said.items()}  # type: ignore[union-attr]  # ODD
    except _ODD:
        return None


def _aware(written: str) -> datetime:
    read = datetime.fromisoformat(written)
    if read.tzinfo is None:
        raise ValueError("an instant has an offset")
    return read.astimezone(UTC)


def faults(job: Key, graph: Graph, known: Container[Key]) -> tuple[str, ...]:
    """Name what is wrong with the upstreams of `job`: itself among them, one that is not there, a circle.

    `graph` holds each chain's upstreams, this one's too; `known` holds every job. Only a job that stands on a
    circle is at fault, not one that waits for such a job.
    """
    upstreams = graph.get(job, ())
    wrong = [_fault(job, job, "a job cannot run after itself: remove it.")] if job in upstreams else []
    wrong += [
        _fault(job, one, "no such job is there: add its row, or write the name of one that is.")
        for one in upstreams
        if one != job and one not in known
    ]
    circle = _circle(job, graph) if job not in upstreams else ()
    if circle:
        why = f"these wait for each other, so that none would run: {_path(circle)}. Take one out of another's Schedule."
        wrong.append(_fault(job, circle[1], why))
    return tuple(wrong)


def _fault(job: Key, upstream: Key, allowed: str) -> str:
    name = upstream[1] if upstream[0] == job[0] else "/".join(upstream)
    return str(Fault("Schedule", f"after {name}", allowed))


def _circle(job: Key, graph: Graph) -> tuple[Key, ...]:
    """Find a shortest way from a job over its upstreams back to it, both ends named; () when there is none."""
    came: dict[Key, Key] = {}
    ahead = deque([job])
    while ahead:
        at = ahead.popleft()
        for one in graph.get(at, ()):
            if one == job:
                return _way(came, job, at)
            if one not in came:
                came[one] = at
                ahead.append(one)
    return ()


def _way(came: Mapping[Key, Key], job: Key, last: Key) -> tuple[Key, ...]:
    back = [job, last]
    while back[-1] != job:
        back.append(came[back[-1]])
    return tuple(reversed(back))


def _path(circle: Collection[Key]) -> str:
    said = ["/".join(key) for key in circle]
    if len(said) > _LONGEST_CIRCLE:
        said[_LONGEST_CIRCLE - 2 : -2] = [f"({len(said) - _LONGEST_CIRCLE} more)"]
    return " -> ".join(said)


def graph_to_text(graph: Graph) -> str:
    """Write the graph for the heartbeat row; '' (= unknown) when it is longer than a cell holds."""
    said = {"/".join(job): ["/".join(one) for one in upstreams] for job, upstreams in sorted(graph.items())}
    written = json.dumps(said, separators=(",", ":"))
    return written if len(written) <= LONGEST_GRAPH else ""


def graph_from_text(written: Value | None) -> Graph | None:
    """Read what `graph_to_text` wrote; None = unknown: read all rows."""
    try:
        said = json.loads(written) if isinstance(written, str) else None
        return {_key(job): tuple(_key(one) for one in upstreams) for job, upstreams in said.items()}  # type: ignore[union-attr]  # ODD
    except _ODD:
        return None


def _key(written: str) -> Key:
    """Read a job's id; exactly one slash, for neither of its halves can hold one."""
    partition, name = written.split("/")
    return partition, name
