"""watermarks: how far a job's data has come, range by range, with gaps, overlaps and rewinds named by run."""

from typing import Annotated

import typer

from scheduler import wiring
from scheduler.commands.answer import DONE, give, table, tell, whole
from scheduler.commands.rows import key
from scheduler.commands.typed import JobName, Json, room
from scheduler.desk import ledgers
from scheduler.desk.ledgers import JobLedger
from scheduler.ledger import Finding, Ledger, Range

app = room()
#: Characters of the line that the ranges are drawn on.
_WIDTH = 60
_ONCE, _OFTEN, _NEVER = "=", "#", "."
_BEGINNING = "the beginning"


@app.command()
def watermarks(
    job: JobName,
    *,
    limit: Annotated[str, typer.Option("--limit", metavar="NUMBER", help="of so many newest successful runs")] = "200",
    as_json: Json = False,
) -> int:
    """Show which ranges were processed, by which runs, and every gap, overlap and rewind."""
    found = ledgers.ledger(wiring.world(), key(job), whole("--limit", limit, 1, ledgers.MOST))
    if as_json:
        give(_shape(job, found))
        return DONE
    ledger = found.ledger
    tell(f"{job} is at {found.job.watermark or _BEGINNING}.")
    if line := _line(ledger):
        tell(line)
    if ledger.ranges:
        table(("FROM", "TO", "TIMES", "RUNS"), [_row(one) for one in ledger.ranges])
    for finding in ledger.findings:
        tell(f"{finding.kind.capitalize()}: {finding.sentence}")
    if ledger.side:
        tell(f"With a watermark of their own: {', '.join(one.name for one in ledger.side)}.")
    if found.more:
        tell(f"Older runs than the newest {limit} were not looked at: --limit takes up to {ledgers.MOST}.")
    return DONE


def _row(one: Range) -> tuple[str, ...]:
    return one.begin or "-", one.end, str(one.times), " ".join(one.runs)


def _line(ledger: Ledger) -> str:
    """Draw the ranges to scale; '' where the watermarks are neither dates nor numbers."""
    drawn = [_NEVER] * _WIDTH
    for one in ledger.ranges:
        begin, end = ledger.share(one.begin), ledger.share(one.end)
        if begin is None or end is None:
            return ""
        for at in range(int(begin * _WIDTH), min(_WIDTH, max(int(end * _WIDTH), int(begin * _WIDTH) + 1))):
            drawn[at] = _OFTEN if one.times > 1 or drawn[at] == _OFTEN else _ONCE
    if not ledger.ranges:
        return ""
    ends = f"{ledger.ranges[0].begin or _BEGINNING} [{''.join(drawn)}] {ledger.ranges[-1].end}"
    return f"{ends}   ({_ONCE} once, {_OFTEN} more than once, {_NEVER} not processed)"


def _shape(job: str, found: JobLedger) -> dict[str, object]:
    ledger = found.ledger
    return {
        "Job": job,
        "Watermark": found.job.watermark,
        "Scale": ledger.scale,
        "Ranges": [{"From": one.begin, "To": one.end, "Runs": one.runs, "Times": one.times} for one in ledger.ranges],
        "Findings": [_finding(one) for one in ledger.findings],
        "Apart": [{"Run": one.name, "From": one.begin, "To": one.end} for one in ledger.side],
        "Still": ledger.still,
        "More": found.more,
    }


def _finding(one: Finding) -> dict[str, object]:
    return {
        "Kind": one.kind,
        "From": one.begin,
        "To": one.end,
        "Before": one.before,
        "After": one.after,
        "Runs": one.runs,
        "Sentence": one.sentence,
    }
