"""One pass over the table: the page that everything else serves.

A tick is stateless. All it needs is in the tables and in ACI, so it may be killed at any instruction, come
late, twice, or beside another, and the next one carries on. The order of its writes is the safety:

    skip      write down the due times that pass
    claim     promise the run in the job row, with its ETag: this merge is the lock
    register  insert the run's row: a due time has one run, whatever copy of the job row comes back
    create    PUT the container group, once
    observe   GET it until its container has ended
    evidence  keep log, events, exit code while the group is still there
    close     write the end into the run's row
    delete    remove the group
    settle    write the end into the job row: counters, watermark, entry removed, in one merge

Policy is not here: what should be done is `plan`'s to say, and what an observation means is `verdict`'s.
"""

from datetime import datetime

from scheduler.facts.ticks import Ticked
from scheduler.ports import World
from scheduler.row import whole_milliseconds
from scheduler.steps.decide import decide
from scheduler.steps.finish import finish
from scheduler.steps.links import link_up
from scheduler.steps.look import look
from scheduler.steps.report import report
from scheduler.steps.start import start
from scheduler.steps.sweep import sweep
from scheduler.steps.work import Work


def tick(world: World, now: datetime) -> Ticked:
    """Run one pass at `now`; raises when it was not whole, and the next one then reads everything."""
    work = Work(world, whole_milliseconds(now), world.monotonic(), world.new_id())
    try:
        with work.span("look"):
            look(work)
        with work.span("finish"):
            finish(work)
        with work.span("sweep", quiet=not work.full):
            sweep(work)
        with work.span("link", quiet=True) as span:
            span.note(chains=link_up(work) or None)
        with work.span("plan"):
            plans = decide(work)
        with work.span("start"):
            start(work, plans)
        with work.span("report"):
            return report(work)
    except BaseException:
        world.memory.failed = True
        raise
