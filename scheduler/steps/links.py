"""Chains: which jobs are due because others succeeded, found from the rows that changed.

A tick looks at few rows. The graph of all chains is kept from the last full read, so that a success leads to
the jobs that wait for it: their rows, and those of their other upstreams, are read then and only then. Nothing is
remembered that a crash could lose: what a chain has seen stands in its own row, and a tick that was not whole
makes the next one look again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import batched, groupby

from scheduler import chain
from scheduler.baseline import grounded
from scheduler.chain import Link, Upstream
from scheduler.job import Job
from scheduler.ports import Where
from scheduler.row import Key, Row, known
from scheduler.standing import Standing, Status
from scheduler.steps.repair import refuse, understand
from scheduler.steps.seen import SELECT, Seen
from scheduler.steps.work import Work

#: A filter takes 15 comparisons: seven rows by both their keys.
_IN_ONE_QUERY = 7


def link_up(work: Work) -> int:
    """Bring in the chains that may be due, with all that they wait for, and refuse those that never can be.

    Gives how many there were.
    """
    graph = _graph(work)
    _bring(work, _awaiting(work, graph))
    graph = _graph(work)  # rows that were brought in may have been edited too
    chains = [key for key in work.seen if key in graph]
    asked = [key for key in chains if _open_question(work, key, graph[key])]
    wanted = {one for key in asked for one in graph[key]}
    work.beside |= {row.key: row for row in fetch(work, wanted - work.seen.keys())}
    _refuse(work, asked)
    awaited = {name for names in graph.values() for name in names}
    work.acted = {key: work.seen[key].standing.last_success_due for key in awaited & work.seen.keys()}
    return len(asked)


def _graph(work: Work) -> dict[Key, tuple[Key, ...]]:
    """Bring the graph up to date with the rows seen; a full read knows all rows there are."""
    memory = work.world.memory
    graph = {} if work.full or memory.chains is None else dict(memory.chains)
    for key, seen in work.seen.items():
        schedule = seen.job.schedule
        if names := chain.names(schedule, key) if schedule else ():
            graph[key] = names
        else:
            graph.pop(key, None)
    memory.chains = graph
    return graph


def _awaiting(work: Work, graph: chain.Graph) -> set[Key]:
    """Name the chains that are not among the rows seen, and one of whose upstreams has news.

    Scenario: a tick settled a success and died. Its row was written after the mark of the last whole tick, so it
    is looked at again, and what was acted on is not what it says.
    """
    news = {key for key in work.seen if _news(work, key)}
    return {key for key, names in graph.items() if key not in work.seen and news & set(names)}


def _news(work: Work, key: Key) -> bool:
    """Say whether a job among the rows seen had a success that no whole tick has acted on, as far as is known."""
    seen, acted = work.seen.get(key), work.world.memory.acted
    return seen is not None and acted.get(key, ...) != seen.standing.last_success_due


def _bring(work: Work, keys: set[Key]) -> None:
    for row in fetch(work, keys):
        work.seen[row.key] = Seen.of(work.world, row)
    brought = [key for key in keys if key in work.seen]
    understand(work, brought)
    for key in brought:
        work.remember(key)
    if work.world.memory.chains is not None:
        for key in keys - work.seen.keys():
            work.world.memory.chains.pop(key, None)  # it was deleted


def fetch(work: Work, keys: Iterable[Key]) -> list[Row]:
    """Read rows of Jobs by their keys, seven to a query; those that are not there are left out."""
    rows: list[Row] = []
    for partition, grouped in groupby(sorted(keys), key=lambda key: key[0]):
        for several in batched(grouped, _IN_ONE_QUERY, strict=False):
            rows += work.world.jobs.query(_named(partition, several), SELECT).rows
    return rows


def _named(partition: str, keys: Sequence[Key]) -> Where:
    return [[("PartitionKey", "eq", partition), ("RowKey", "eq", name)] for _, name in keys]


def _open_question(work: Work, key: Key, upstreams: Sequence[Key]) -> bool:
    """Say whether a chain has to be held against its upstreams: a row that only waits for its run's end has not.

    What was written since the last tick, by a person or by a tick that may have died, is asked about.
    """
    seen, mark = work.seen[key], work.world.memory.mark
    if not seen.standing.runs or seen.standing.next_due or seen.standing.status == Status.INVALID:
        return True
    recent = work.full or mark is None or seen.row.timestamp >= mark
    return recent or any(_news(work, one) for one in upstreams)


def _refuse(work: Work, keys: Sequence[Key]) -> None:
    """Make chains Invalid that wait for a job that is not there, or for each other."""
    there = work.seen.keys() | work.beside.keys()
    graph = work.world.memory.chains or {}
    for key in keys:
        if wrong := chain.faults(key, graph, there):
            refuse(work, work.seen[key], *wrong)


def link_of(work: Work, key: Key) -> tuple[Standing, Link | None]:
    """Say whether a chain is due, from its row and its upstreams'; the standing has its baseline, once it has one."""
    seen = work.seen[key]
    names = chain.names(seen.job.schedule, key) if isinstance(seen.job, Job) else ()
    upstreams = {"/".join(name): _upstream(work, name) for name in names}
    rows = {name: one for name, one in upstreams.items() if one is not None}
    if not names or len(rows) < len(names):
        return seen.standing, None
    saw = grounded(seen.standing.upstreams, rows, seen.since)
    found = chain.link(saw, rows)
    return replace(seen.standing, upstreams=chain.to_text(saw), next_due=_still(seen.standing, found)), found


def _still(standing: Standing, found: Link | None) -> datetime | None:
    """Keep what waits only while it is due at all: its list of upstreams may have been edited."""
    return standing.next_due if found else None


def _upstream(work: Work, key: Key) -> Upstream | None:
    if seen := work.seen.get(key):
        one = seen.standing
        return Upstream(one.last_success_due, one.last_success, one.last_success_start)
    row = work.beside.get(key)
    if row is None:
        return None
    cells = row.columns
    return Upstream(
        known(cells.get("LastSuccessDue")), known(cells.get("LastSuccess")), known(cells.get("LastSuccessStart"))
    )
