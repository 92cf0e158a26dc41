"""Jobs that start an existing container group: what must be known of the group before and at the start."""

from scheduler.ports import GroupRefused, Unknown, World
from scheduler.view import View


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
