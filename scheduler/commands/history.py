"""history: how a job's runs went day by day, and whether it gets slower."""

from typing import Annotated, Any

import typer

from scheduler import wiring
from scheduler.commands.answer import DONE, give, table, tell, whole
from scheduler.commands.rows import key
from scheduler.commands.typed import JobName, Json, present, room
from scheduler.desk import history as desk
from scheduler.desk.faults import Wrong
from scheduler.desk.history import History
from scheduler.identity import run_ref
from scheduler.period import Day, Sums
from scheduler.row import iso, lasted

app = room()
_HEADS = ("DAY", "RUNS", "FAILED", "SKIPPED", "SUCCESS", "MEDIAN", "95 %", "LONGEST", "SLOW", "COST", "")
_TYPED = {"days": "--days", "zone": "--zone"}
#: Characters of the longest bar.
_WIDTH = 24
_HALF, _MOST = "=", "-"
_NOTHING = "-"


@app.command()
def history(
    ctx: typer.Context,
    job: JobName,
    *,
    days: Annotated[str, typer.Option("--days", metavar="NUMBER", help="how many, today among them")] = "",
    zone: Annotated[str, typer.Option("--zone", metavar="ZONE", help="whose midnight parts the days")] = "UTC",
    as_json: Json = False,
) -> int:
    """Show how its runs went day by day, how long they took, and whether it gets slower."""
    world = wiring.world()
    asked = whole("--days", days, 1, desk.MOST_DAYS) if days else None
    try:
        found = desk.history(world, key(job), present(ctx), asked, zone)
    except Wrong as wrong:
        raise wrong.called(_TYPED) from wrong
    if as_json:
        give(_shape(job, found))
    else:
        _told(job, found)
    return DONE


def _told(job: str, found: History) -> None:
    period = found.period
    busy = [day for day in period.days if _ran(day.sums)]
    longest = max((day.sums.figures.p95 or 0.0 for day in busy), default=0.0)
    if busy:
        table(_HEADS, [_row(day, longest) for day in busy])
        tell(f"{_HALF} half of the successful runs, {_MOST} 95 of 100; days without any run are left out.")
    since = f"since {period.days[0].date.isoformat()} ({found.zone})"
    tell(f"{job} {since}: {period.sums.figures.sentence}; {period.sums.skipped} skips.")
    for sentence in (*_more(found), period.trend.sentence, *found.notes):
        tell(sentence)


def _more(found: History) -> list[str]:
    """Give what the table of days does not show."""
    period, sums = found.period, found.period.sums
    told = []
    if worst := period.failures:
        told.append(f"The longest row of failures: {worst.runs}, from {iso(worst.first)} to {iso(worst.last)}.")
    if sums.attempts or sums.backfills:
        told.append(f"Beside these {sums.attempts} attempts before the last ones, and {sums.backfills} of a backfill.")
    if period.going:
        told.append(f"{period.going} not decided yet.")
    return told


def _ran(sums: Sums) -> bool:
    return bool(sums.figures.runs or sums.skipped or sums.attempts or sums.backfills)


def _row(day: Day, longest: float) -> tuple[str, ...]:
    sums, figures = day.sums, day.sums.figures
    counts = (figures.runs, sums.failed, sums.skipped)
    took = (_NOTHING if one is None else lasted(one) for one in (figures.median, figures.p95, figures.longest))
    rate = _NOTHING if figures.rate is None else f"{int(figures.rate * 100)} %"
    cost = _NOTHING if sums.cost is None else f"{sums.cost:.4f}"
    slow = str(sums.slow or _NOTHING)
    return (day.date.isoformat(), *map(str, counts), rate, *took, slow, cost, _bar(sums, longest))


def _bar(sums: Sums, longest: float) -> str:
    """Draw the median to scale, and on up to what 95 of 100 runs did not exceed."""
    if not longest or sums.figures.median is None or sums.figures.p95 is None:
        return ""
    half, most = (max(1, round(one / longest * _WIDTH)) for one in (sums.figures.median, sums.figures.p95))
    return _HALF * half + _MOST * (most - half)


def _shape(job: str, found: History) -> dict[str, object]:
    period, worst, judged = found.period, found.period.failures, found.period.trend
    state, many = period.sums.figures.streak or ("", 0)
    return {
        "Job": job,
        "Zone": found.zone,
        "Rows": found.rows,
        "Since": iso(found.since) if found.since else "",
        "All": _sums(period.sums),
        "Streak": {"Of": str(state), "Runs": many},
        "Failures": {"Runs": worst.runs, "First": iso(worst.first), "Last": iso(worst.last)} if worst else None,
        "Going": period.going,
        "Trend": {
            "Verdict": str(judged.verdict),
            "Newer": judged.newer.median,
            "Older": judged.older.median,
            "Sentence": judged.sentence,
        },
        "Slow": [{"Run": run_ref(one.due, one.attempt), "Seconds": one.seconds} for one in period.slow],
        "Days": [{"Day": day.date.isoformat(), **_sums(day.sums)} for day in period.days],
        "Notes": list(found.notes),
    }


def _sums(sums: Sums) -> dict[str, Any]:
    figures = sums.figures
    return {
        "Runs": figures.runs,
        "Succeeded": figures.succeeded,
        "Failed": sums.failed,
        "Cancelled": sums.cancelled,
        "Rate": figures.rate,
        "Median": figures.median,
        "P95": figures.p95,
        "Longest": figures.longest,
        "Slow": sums.slow,
        "Skipped": sums.skipped,
        "Attempts": sums.attempts,
        "Backfills": sums.backfills,
        "Cost": sums.cost,
    }
