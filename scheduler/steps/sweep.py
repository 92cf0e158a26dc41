"""sweep, with each full read: groups of ours that no open run claims, and open runs whose job row is gone.

Each is asked about once more before anything is done: a tick that runs beside this one may have claimed,
registered and created after this one's look.
"""

from dataclasses import replace

from scheduler.entry import run_of
from scheduler.facts.troubles import GroupCameBack, OrphansSpared, OrphanStays, OrphansUnknown, RunUnreadable
from scheduler.identity import key_of_tags
from scheduler.outcome import Outcome
from scheduler.ports import GroupRefused, Unknown
from scheduler.row import Key, Row, known
from scheduler.run import OPEN, Run, finished
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
    run = run_of(row)
    if run is None:
        work.troubles.append(RunUnreadable(f"{row.partition}/{row.name}"))
    return run


def _lease_over(work: Work, row: Row) -> bool:
    lease = known(row.columns.get("Lease"))
    return lease is None or lease <= work.now


def _close_jobless(work: Work, runs: list[Run]) -> None:
    """Close runs whose job row was deleted, with their evidence; there is no row left to settle.

    Scenario: the row was added while this tick looked. Reading it once more tells. There is no entry that could say
    since when a log cannot be had: it was waited for since the claim.
    """
    rows = work.each(lambda run: work.world.jobs.read(run.job), runs)
    gone = [
        replace(run, tick="", cancel=True, lease=work.now, unread=run.claimed)
        for run, row in zip(runs, rows, strict=True)
        if row is None
    ]
    found = work.each(lambda run: examine(work, run, run.watermark), gone)
    end(work, [replace(one, outcome=_alone(one.outcome)) for one in found if isinstance(one, Ending)])


def _alone(outcome: Outcome) -> Outcome:
    return replace(
        outcome, watermark=None, retry_at=None, said=f"{outcome.sentence.rstrip('.')}; its job row was deleted."
    )


def _delete_orphans(work: Work, claimed: set[Key]) -> None:
    """Delete groups whose four tags are ours and whose run is closed or unknown."""
    installation = work.world.settings.installation
    try:
        ours = [
            (name, key) for name, tags in work.world.groups.tagged() if (key := key_of_tags(installation, name, tags))
        ]
    except Unknown:
        return
    except GroupRefused as refused:
        work.troubles.append(OrphansUnknown(refused.sentence))
        return
    strays = [(name, key) for name, key in ours if key not in claimed]
    if strays and not work.world.runs.query((), ("State",), limit=1).rows:
        # Scenario: an installation takes over from another one, under its name, and ticks before the tables were
        # carried. Nothing here knows of the runs that go on, and each of them would be killed in the middle.
        first, *_ = sorted(name for name, _ in strays)
        work.troubles.append(OrphansSpared(len(strays), first))
        return
    work.each(lambda one: _delete_orphan(work, *one), strays)


def _delete_orphan(work: Work, name: str, key: Key) -> None:
    """Delete one group, unless a tick beside this one has registered its run meanwhile."""
    row = work.world.runs.read(key)
    if row and not finished(row):
        return
    try:
        work.world.groups.delete(name)
    except Unknown:
        return
    except GroupRefused as refused:
        work.troubles.append(OrphanStays(refused.sentence, name))
        return
    closed = known(row.columns.get("Finished")) if row else None
    if closed:
        # What we assume of ACI does not hold: who operates this must know that a container may have run twice.
        work.troubles.append(GroupCameBack(name, closed))
