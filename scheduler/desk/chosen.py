"""Which jobs a list shows: those of a status, of a group, or all; what there is none of is told, with what there is."""

from collections.abc import Iterable

from scheduler import cell
from scheduler.desk import jobs
from scheduler.desk.faults import Missing, Wrong
from scheduler.desk.jobs import FAILING, SLOWER, STALE, JobLine
from scheduler.ports import World
from scheduler.standing import Status

#: The most groups that a refusal names.
_MOST_NAMED = 20


def asked(typed: str, option: str = "status") -> frozenset[str]:
    """Read which statuses are asked for, commas between; none = all. `option` is how the refusal calls them."""
    there = {name.casefold(): name for name in (*Status, FAILING, STALE, SLOWER)}
    words = [word.strip() for word in typed.split(",") if word.strip()]
    if wrong := [word for word in words if word.casefold() not in there]:
        allowed = f"it must be one of {', '.join(there.values())}, or several with commas."
        raise Wrong(f"{option} is {cell.shown(wrong[0])}: {allowed}", "status")
    return frozenset(there[word.casefold()] for word in words)


def takes(asked: frozenset[str], line: JobLine) -> bool:
    """Say whether a job is of those that `asked` read."""
    if not asked or line.status in asked:
        return True
    kinds = {FAILING: line.failing, STALE: line.stale is not None, SLOWER: line.trend.slower}
    return any(holds for kind, holds in kinds.items() if kind in asked)


def of_group(world: World, group: str) -> list[JobLine]:
    """Read the jobs of one group (PartitionKey) with all of their cells, '' = all; raises `Missing` where none is."""
    found = jobs.every(world, group)
    if found or not group:
        return found
    raise no_group(group, (line.group for line in jobs.lines(world)))


def no_group(asked: str, groups: Iterable[str]) -> Missing:
    """Say that nothing is in a group, and name those that there are."""
    names = sorted(set(groups), key=str.lower)
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    there = f"there are {', '.join(names[:_MOST_NAMED])}{more}." if names else "there is no job yet."
    return Missing(f"No job is in the group {cell.shown(asked)}: {there}")
