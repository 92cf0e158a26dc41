"""Jobs: all of them at a glance, those in trouble first. A person on call reads the first line, and is done or not."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from starlette.responses import Response

from scheduler.desk import jobs
from scheduler.desk.harmless import line as one_line
from scheduler.desk.jobs import FAILING, JobLine
from scheduler.row import HEARTBEAT, iso, known
from scheduler.web import words
from scheduler.web.dress import job_path, tone
from scheduler.web.shown import bars
from scheduler.web.shown.overview import KINDS, Asked, Overview
from scheduler.web.site import Site, Visit

#: No tick for so long: what the page says may be old.
LATE = timedelta(minutes=5)
#: Statuses whose reason says what the other columns do not.
_TELLING = frozenset(("Failed", "Lost", "Invalid", "Waiting", "Paused", "Cancelling", "Cancelled"))
#: Characters that one reason may have, and all of them together: where hundreds fail at once, the first ones tell why.
_LONGEST, _REASONS = 180, 15_000
#: What the shortest mark of a failing job takes of these, and what is left to the first ones in any case.
_MARKED, _FEWEST = 15, 500
#: What a reason says of due times, which have columns of their own; from the first of the blanks before, so that a cell
#: full of blanks is read once, and not once from each.
_DUES = re.compile(r"^The run due \S+?: |(?<!\s)\s*+Next run \S+\.$")
#: The most characters of a watermark that a list shows.
_MARK = 32


@dataclass(frozen=True, slots=True)
class Cells:
    """One row of the page as it is printed; plain texts, because a thousand of them are."""

    path: str
    name: str
    tone: str
    status: str
    failures: str
    reason: str
    code: str
    runs: str
    lasted: str
    due: str
    mark: str
    age: str


def add(site: Site) -> None:
    """Join the page to the app."""
    site.page("/", show)


def show(visit: Visit) -> Response:
    """Show the jobs that the address asks for; htmx asks for the list alone."""
    asked = Asked.of(visit.query)
    overview = Overview.of(jobs.lines(visit.world), asked)
    heartbeat = visit.world.jobs.read(HEARTBEAT)
    tick = known(heartbeat.columns.get("LastTick")) if heartbeat else None
    return visit.show(
        "jobs_list.html" if visit.part == "jobs" else "jobs.html",
        asked=asked,
        overview=overview,
        kinds=KINDS,
        rows=cells(overview.lines, visit.now),
        address=address,
        tick=tick,
        late=tick is not None and visit.now - tick > LATE,
    )


def address(asked: Asked, **other: str) -> str:
    """Give the page's address with some of what it asks for changed."""
    query = urlencode(asked.query(**other))
    return f"/?{query}" if query else "/"


def cells(lines: Sequence[JobLine], now: datetime) -> Iterator[Cells]:
    """Write each job's row, and the reasons of the first that have one: those in trouble stand first."""
    left = max(_FEWEST, _REASONS - _MARKED * sum(_again(line) for line in lines))
    for line in lines:
        mark = "" if not _again(line) else _failures(line) if left > 0 else FAILING
        reason = words.trimmed(_news(line), _LONGEST) if left > 0 and line.status in _TELLING else ""
        left -= len(mark) + len(reason)
        yield _cells(line, mark, reason, now)


def _cells(line: JobLine, mark: str, reason: str, now: datetime) -> Cells:
    figures, age = line.figures, line.watermark_age(now)
    return Cells(
        path=job_path(line.key),
        name=line.name,
        tone=tone(line.status),
        status=line.status or "Not seen yet",
        failures=mark,
        reason=reason,
        code=bars.code(line.pasts),
        runs=bars.sentence(line.pasts),
        lasted=words.lasted(figures.median) if figures.median is not None else "",
        due=iso(line.next_due).replace(":00Z", "Z") if line.next_due else "",
        mark=words.trimmed(one_line(line.watermark), _MARK),
        age=words.rough(age.total_seconds()) if age is not None and age > timedelta(0) else "",
    )


def _again(line: JobLine) -> bool:
    """Whether it fails while its status speaks of something else: it runs again, waits, or is paused."""
    return line.failing and not line.failed


def _failures(line: JobLine) -> str:
    several, code = line.failures > 1, line.last_exit_code
    often = f"{line.failures:,} failures in a row" if several else "1 failure"
    return f"{often}{', the last' if several else ''}: exit code {code}" if code else often


def _news(line: JobLine) -> str:
    """Give what the row says of itself, without what stands beside it anyway."""
    return _DUES.sub("", one_line(line.reason))
