"""Jobs that start an existing container group: what must be known of the group before and at the start."""

from dataclasses import replace

from scheduler.job import Faulty, Job
from scheduler.ports import GroupRefused, Unknown, World
from scheduler.row import Key
from scheduler.standing import Status
from scheduler.steps.work import SELECT, Seen, Work
from scheduler.view import View


def refuse_groups(work: Work) -> None:
    """Mark jobs Invalid whose group two enabled jobs name, or whose group restarts its container always.

    It costs a query and a GET, so only rows are asked about that were edited, that are Invalid, or all of
    them with a full read.
    """
    for seen in list(work.seen.values()):
        if _named(seen) and (work.full or seen.edited or seen.standing.status == Status.INVALID):
            _refuse_shared(work, seen)
            _refuse_always(work, seen.key)


def _named(seen: Seen) -> str:
    return seen.job.group if isinstance(seen.job, Job) and seen.job.enabled else ""


def _refuse_shared(work: Work, seen: Seen) -> None:
    group = _named(seen)
    if not work.full:
        for row in work.world.jobs.query([[("ContainerGroup", "eq", group)]], SELECT).rows:
            work.seen.setdefault(row.key, Seen.of(work.world, row))
    sharing = [other for other in work.seen.values() if _named(other) == group]
    for one in sharing if len(sharing) > 1 else ():
        others = ", ".join("/".join(other.key) for other in sharing if other.key != one.key)
        refuse(work, one, f"ContainerGroup is '{group}': {others} names it too, and one group runs one job.")


def _refuse_always(work: Work, key: Key) -> None:
    seen = work.seen[key]
    try:
        view = work.world.groups.get(_named(seen)) if _named(seen) else None
    except (Unknown, GroupRefused):
        return  # the start will say what is wrong
    if view and view.restart_policy == "Always":
        refuse(work, seen, always(view.name))


def always(group: str) -> str:
    """Say why a group that never ends cannot be a job."""
    return f"ContainerGroup is '{group}': its restartPolicy is Always, so that no run of it would ever end; use Never."


def refuse(work: Work, seen: Seen, fault: str) -> None:
    """Make a row Invalid for a reason that lies outside it."""
    faults = seen.job.faults if isinstance(seen.job, Faulty) else ()
    work.seen[seen.key] = replace(seen, job=Faulty(seen.key, (*faults, fault), seen.job.schedule))


def before_start(world: World, group: str) -> View | Unknown | None:
    """Look at the group once before the claim: the start time it shows now belongs to the run before."""
    try:
        return world.groups.get(group)
    except Unknown as unknown:
        return unknown
    except GroupRefused:
        return None  # the start will be refused likewise, and its run then says why


def ended(view: View | None) -> bool:
    """Say whether the group's container has run and ended: ACI wants a stop before such a group is started."""
    return view is not None and view.current.state == "Terminated"


def someone_elses(view: View | None) -> bool:
    """Say whether the group is running though no run of ours is."""
    return view is not None and view.current.state == "Running"
