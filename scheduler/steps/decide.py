"""plan: put each row before the pure `plan`, and note what the row should say then."""

from scheduler.changed import replace
from scheduler.decision import Plan
from scheduler.plan import plan
from scheduler.row import Key
from scheduler.steps.links import link_of
from scheduler.steps.work import Work


def decide(work: Work) -> dict[Key, Plan]:
    """Plan every row seen; gives the plans of those of which something is to be done."""
    work.planned = True
    plans = ((key, decide_one(work, key)) for key in list(work.seen))
    return {key: planned for key, planned in plans if not planned.idle}


def decide_one(work: Work, key: Key, said: str = "") -> Plan:
    """Plan one row; `said`: what became of its request, which is done with.

    Should the plan come to nothing, the row must be due in the next tick too: a chain's due time is written into it.
    """
    seen = work.seen[key]
    standing, link = link_of(work, key)
    decided = plan(seen.job, seen.digest, standing, seen.since, work.now, link=link, said=said)
    due = link and (standing.next_due or link.due)
    before = replace(standing, next_due=due, next_run=due) if due else standing
    # Of ten thousand rows at rest, a full read holds one standing each, and not three.
    told = before if decided.standing == before else decided.standing
    work.seen[key] = replace(seen, standing=told, before=before)
    if decided.skips:
        work.passed[key] = (*work.passed.get(key, ()), *decided.skips)
    return decided
