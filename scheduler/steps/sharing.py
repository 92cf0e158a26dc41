"""Container groups that jobs name: one group runs one job, and must come to an end."""

from collections.abc import Sequence

from scheduler.job import Job
from scheduler.ports import GroupRefused, Unknown, World
from scheduler.row import Key
from scheduler.standing import Status
from scheduler.steps.existing import always
from scheduler.steps.links import fetch
from scheduler.steps.repair import follow, refuse
from scheduler.steps.seen import SELECT, Seen, is_job
from scheduler.steps.work import Work
from scheduler.view import View


def refuse_groups(work: Work) -> None:
    """Mark jobs Invalid whose group two enabled jobs name, or whose group restarts its container always.

    It costs a query and a GET, so only rows are asked about that were edited, that are Invalid, or all of
    them with a full read. Who shared the group of an edited row is asked about too: it may be alone now.
    """
    asked = [
        seen.key
        for seen in work.seen.values()
        if _group(seen) and (work.full or seen.edited or seen.standing.status == Status.INVALID)
    ]
    if not work.full:
        _see_sharing(work, asked)
    groups = sorted({_group(work.seen[key]) for key in asked})
    for group, view in zip(groups, work.each(lambda group: _look(work.world, group), groups), strict=True):
        sharing = [seen for seen in work.seen.values() if _group(seen) == group]
        enabled = [seen for seen in sharing if isinstance(seen.job, Job) and seen.job.enabled]
        for seen in enabled:
            if len(enabled) > 1:
                refuse(work, seen, _shared(group, seen, enabled))
            elif view and view.restart_policy == "Always":
                refuse(work, seen, always(group))
        for seen in sharing:
            if seen.edited or seen.standing.status == Status.INVALID:
                follow(work, seen.key)


def _group(seen: Seen) -> str:
    return seen.job.group if isinstance(seen.job, Job) else ""


def _see_sharing(work: Work, keys: Sequence[Key]) -> None:
    """Add the rows that name the same groups as these: they may be at rest, and be right or wrong now.

    Scenario: a template names the group, and a second row inherits from it: no job has a ContainerGroup of its own.
    """
    heirs = work.world.memory.heirs or {}
    for group in sorted({_group(work.seen[key]) for key in keys}):
        rows = work.world.jobs.query([[("ContainerGroup", "eq", group)]], SELECT).rows
        named = {row.key for row in rows}
        inheriting = [key for key, asked in heirs.items() if key not in work.seen and named & set(asked)]
        for row in (*filter(is_job, rows), *fetch(work, inheriting)):
            if row.key not in work.seen:
                work.seen[row.key] = Seen.of(work.world, row)


def _look(world: World, group: str) -> View | None:
    try:
        return world.groups.get(group)
    except (Unknown, GroupRefused):
        return None  # the start will say what is wrong


def _shared(group: str, one: Seen, sharing: Sequence[Seen]) -> str:
    others = ", ".join("/".join(other.key) for other in sharing if other.key != one.key)
    return f"ContainerGroup is '{group}': {others} names it too, and one group runs one job."
