"""sweep, with each full read: groups of ours that no open run claims, and open runs whose job row is gone.

Each is asked about once more before anything is done: a tick that runs beside this one may have claimed,
registered and created after this one's look.
"""

from dataclasses import replace

from scheduler.outcome import Outcome
from scheduler.ports import GroupRefused, Unknown
from scheduler.row import Key, Row, known
from scheduler.run import OPEN, Run, finished, key_of_tags
from scheduler.steps.finish import Ending, end, examine
from scheduler.steps.repair import repair
from scheduler.steps.work import Work


def sweep(work: Work) -> None:
    """Bring Runs, Jobs and ACI together again, where a row was deleted or replaced or a delete was lost."""
    if not work.full:
        return
    claimed = {run.key for seen in work.seen.values() for run in seen.standing.runs}
    open_rows = [row for row in work.world.runs.query([[("State", "eq", OPEN)]]).rows if row.key not in claimed]
    runs = [run for row in open_rows if (run := _read(work, row)) and _lease_over(work, row)]
    repair(work, list(dict.fromkeys(run.job for run in runs if run.job in work.seen)))
    _close_jobless(work, [run for run in runs if run.job not in work.seen])
    _delete_orphans(work, claimed | {row.key for row in open_rows})


def _read(work: Work, row: Row) -> Run | None:
    try:
        return Run.from_row(row)
    except (KeyError, ValueError, TypeError) as error:
        work.troubles.append(f"run row {row.partition}/{row.name} cannot be read: {error!r}")
        return None


def _lease_over(work: Work, row: Row) -> bool:
    lease = known(row.columns.get("Lease"))
    return lease is None or lease <= work.now


def _close_jobless(work: Work, runs: list[Run]) -> None:
    """Close runs whose job row was deleted, with their evidence; there is no row left to settle.

    Scenario: the row was added while this tick looked. Reading it once more tells.
    """
    gone = [run for run in runs if work.world.jobs.read(run.job) is None]
    found = work.each(lambda run: examine(work, replace(run, cancel=True, lease=work.now), run.watermark), gone)
    end(work, [replace(one, outcome=_alone(one.outcome)) for one in found if isinstance(one, Ending)])


def _alone(outcome: Outcome) -> Outcome:
    return replace(outcome, watermark=None, said=f"{outcome.sentence.rstrip('.')}; its job row was deleted.")


def _delete_orphans(work: Work, claimed: set[Key]) -> None:
    """Delete groups whose four tags are ours and whose run is closed or unknown."""
    installation = work.world.settings.installation
    try:
        ours = [
            (name, key) for name, tags in work.world.groups.tagged() if (key := key_of_tags(installation, name, tags))
        ]
    except (Unknown, GroupRefused):
        return
    for name, key in ours:
        row = None if key in claimed else work.world.runs.read(key)
        if key in claimed or (row and not finished(row)):
            continue
        try:
            work.world.groups.delete(name)
        except (Unknown, GroupRefused):
            continue
