"""plan: put each row before the pure `plan`, and note what the row should say then."""

from dataclasses import replace

from scheduler.plan import Plan, plan
from scheduler.row import Key
from scheduler.steps.work import Work


def decide(work: Work) -> dict[Key, Plan]:
    """Plan every row seen."""
    return {key: decide_one(work, key) for key in list(work.seen)}


def decide_one(work: Work, key: Key) -> Plan:
    """Plan one row."""
    seen = work.seen[key]
    decided = plan(seen.job, seen.digest, seen.standing, seen.row.timestamp, work.now)
    work.seen[key] = replace(seen, standing=decided.standing, before=seen.standing)
    return decided
