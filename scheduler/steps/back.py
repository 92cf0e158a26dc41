"""Look back: find in Runs what a `retry` means, before anything is promised or let pass.

Only Runs knows what failed last. Were it asked no earlier than at the claim, a retry that finds nothing would have
taken the tick of a due time: a job of every minute would let it pass, and nothing had been in its way.
"""

from collections.abc import Mapping
from dataclasses import replace

from scheduler.decision import Plan, Start
from scheduler.row import Key
from scheduler.steps.decide import decide_one
from scheduler.steps.prepare import NotNow, again
from scheduler.steps.work import Work


def look_back(work: Work, plans: Mapping[Key, Plan]) -> dict[Key, Plan]:
    """Make of each retry the attempt that it asks for; where there is none, plan as if nobody had asked."""
    asked = [(key, start) for key, decided in plans.items() for start in decided.starts if start.last]
    renewed = dict(plans)
    found = work.each(lambda one: _found(work, *one), asked)
    work.world.memory.retries = {
        key: (work.seen[key].row.etag, answer)
        for (key, start), answer in zip(asked, found, strict=True) if isinstance(answer, Start) and answer is not start
    }  # fmt: skip
    for (key, start), answer in zip(asked, found, strict=True):
        if isinstance(answer, NotNow):
            work.seen[key] = work.seen[key].saying(replace(work.seen[key].unplanned, request=""))
            renewed[key] = decide_one(work, key, answer.why)
        else:
            several = tuple(answer if one is start else one for one in plans[key].decisions)
            renewed[key] = replace(plans[key], decisions=several)
    return renewed


def _found(work: Work, key: Key, start: Start) -> Start | NotNow:
    """Ask Runs, or remember: no run of a job ends without a write of its row, so the same row means the same retry.

    Scenario: it waits in line for an hour, and would ask three times a minute for what cannot have changed.
    """
    etag, known = work.world.memory.retries.get(key, ("", start))
    if etag and etag == work.seen[key].row.etag:
        return replace(known, said=start.said)
    try:
        return again(work.world, key, start)
    except Exception:  # noqa: BLE001 - the claim asks once more, and tells what is odd; the other jobs go on
        return start
