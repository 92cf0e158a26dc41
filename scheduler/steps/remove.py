"""remove: delete a run's group, or stop an existing one; what is gone is done."""

from scheduler.facts.troubles import GroupStays
from scheduler.identity import key_of_tags
from scheduler.ports import GroupRefused, Unknown
from scheduler.run import Run
from scheduler.steps.work import Work
from scheduler.view import View


def remove(work: Work, run: Run) -> bool:
    """Delete the run's group, or stop an existing one; says whether it is done."""
    try:
        with work.span("delete", run):
            if run.existing:
                work.world.groups.stop(run.group)
            else:
                work.world.groups.delete(run.group)
    except Unknown:
        return False
    except GroupRefused as refused:
        work.troubles.append(GroupStays(refused.sentence, "/".join(run.job), run.group))
        return False
    return True


def gone(work: Work, run: Run) -> bool:
    """Remove the group; of a run that is replaced, only a later look tells that it is gone."""
    return remove(work, run) and not run.replaced


def still_ours(work: Work, run: Run) -> View | None:
    """Look before a delete or stop that is tried again: somebody may have made another group of that name."""
    view = work.world.groups.get(run.group)
    if view is None or run.existing:
        return view
    return view if key_of_tags(work.world.settings.installation, view.name, view.tags) == run.key else None
