"""A job's run, as JOB and RUN name it: where RUN is left out the one that goes, else the newest."""

from scheduler import wiring
from scheduler.commands.answer import plain
from scheduler.commands.rows import key, missing
from scheduler.desk import runs
from scheduler.desk.faults import Missing
from scheduler.desk.runline import RunLine

#: How many pages are looked at for a run behind skips.
_PAGES = 5


def line(job: str, ref: str) -> RunLine:
    """Find a run by its name, or the one that goes, or the newest one that is no skip."""
    wanted = key(job)
    return runs.run(wiring.world(), wanted, ref) if ref else _newest(job)


def _newest(job: str) -> RunLine:
    wanted, after = key(job), ""
    going = [one for one in runs.active(wiring.world(), wanted) if one.claim and not one.claim.waiting]
    if going:
        # Of several, the one that was claimed last; a backfill's due time says nothing of that.
        last = max(going, key=lambda one: (one.claimed is not None, one.claimed or one.began))
        return runs.run_at(wiring.world(), wanted, last.began, last.attempt)
    for _ in range(_PAGES):
        try:
            found, after = runs.runs(wiring.world(), wanted, after=after)
        except Missing as gone:
            raise missing(wanted) from gone
        if ran := next((one for one in found if not one.skip), None):
            # A list leaves out what is long.
            return runs.run_at(wiring.world(), wanted, ran.began, ran.attempt)
        if not after:
            break
    raise Missing(f"{job} has no run yet.")


def shape(one: RunLine) -> dict[str, object]:
    """Give a run as JSON holds it: its row of Runs, and `Run`, the name that `run show` and `logs` take."""
    return {"Run": one.ref, **plain(one.row)}
