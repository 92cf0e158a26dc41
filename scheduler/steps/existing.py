"""Jobs that start an existing container group: what must be known of the group before and at the start."""

from collections.abc import Sequence

from scheduler.job import Job
from scheduler.ports import GroupRefused, Unknown, World
from scheduler.row import Key
from scheduler.standing import Status
from scheduler.steps.repair import follow, refuse
from scheduler.steps.seen import SELECT, Seen
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
    """Add the rows that name the same groups as these: they may be at rest, and be right or wrong now."""
    for group in sorted({_group(work.seen[key]) for key in keys}):
        for row in work.world.jobs.query([[("ContainerGroup", "eq", group)]], SELECT).rows:
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


def always(group: str) -> str:
    """Say why a group that never ends cannot be a job."""
    return f"ContainerGroup is '{group}': its restartPolicy is Always, so that no run of it would ever end; use Never."


def before_start(world: World, group: str) -> View | Unknown | GroupRefused | None:
    """Look at the group once before the claim: the start time it shows now belongs to the run before.

    Only a 404 gives None. Without a look nothing may be claimed: the end of the run before would be taken for ours.
    """
    try:
        return world.groups.get(group)
    except (Unknown, GroupRefused) as unseen:
        return unseen


def ended(view: View | None) -> bool:
    """Say whether the group's container has run and ended: ACI wants a stop before such a group is started."""
    return view is not None and view.current.state == "Terminated"


def someone_elses(view: View | None) -> bool:
    """Say whether the group is running, or about to, though no run of ours is."""
    return view is not None and (view.current.state in ("Running", "Waiting") or view.state in ("Running", "Pending"))


def at_rest(view: View) -> bool:
    """Say whether nothing of the group is going: what is still to come up shows the end of the run before."""
    return view.current.state == "Terminated" and view.state != "Pending"
