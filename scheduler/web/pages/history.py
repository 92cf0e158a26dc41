"""History: how a job's runs went day by day. The page Job loads it when somebody scrolls there, and not before."""

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from scheduler.desk import history
from scheduler.desk.faults import Wrong
from scheduler.desk.history import History
from scheduler.identity import run_ref
from scheduler.period import Day
from scheduler.web.site import Site, Visit

#: The periods that are offered; those that RETENTION_DAYS does not reach are left out.
OFFERED = (7, 30, 90, 365)
#: The most slow runs that are named.
SLOW = 12


def add(site: Site) -> None:
    """Join the page to the app."""
    site.page("/jobs/{partition}/{name}/history", show)


def show(visit: Visit) -> Response:
    """Show the days that the address asks for; htmx asks for the section alone."""
    found = history.history(visit.world, visit.key, visit.now, _days(visit.query.get("days", "")))
    period, most = found.period, history.longest(visit.world.settings)
    offered = sorted({one for one in OFFERED if one < most} | {min(most, max(OFFERED))})
    return visit.show(
        "job_history.html" if visit.part == "history" else "history.html",
        key=found.key,
        found=found,
        period=period,
        sums=period.sums,
        figures=period.sums.figures,
        offered=offered,
        chart=chart(found),
        busy=[day for day in reversed(period.days) if _ran(day)],
        slow=[(run_ref(one.due, one.attempt), one) for one in period.slow[:SLOW]],
    )


def chart(found: History) -> dict[str, Any] | None:
    """Give each day's figures, the first day first; None with fewer than two days of successes: a point is no curve."""
    days = found.period.days
    if sum(day.sums.figures.median is not None for day in days) < 2:  # noqa: PLR2004 - as said
        return None
    return {
        "at": [day.date.isoformat() for day in days],
        "runs": [day.sums.figures.runs for day in days],
        **{name: _tenths(days, name) for name in ("median", "p95", "longest")},
        "slow": [day.sums.slow for day in days],
        "failed": [day.sums.failed for day in days],
    }


def _tenths(days: Sequence[Day], name: str) -> list[float | None]:
    took = (getattr(day.sums.figures, name) for day in days)
    return [one if one is None else round(one, 1) for one in took]


def _ran(day: Day) -> bool:
    sums = day.sums
    return bool(sums.figures.runs or sums.skipped or sums.attempts or sums.backfills)


def _days(said: str) -> int | None:
    said = said.strip()
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 6):  # noqa: PLR2004 - the desk knows the bound
        raise Wrong(f"days is {said[:40]!r}: it must be a whole number.", "days")
    return int(said)
