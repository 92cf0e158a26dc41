"""Jobs: all of them at a glance, those in trouble first. A person on call reads the first line, and is done or not."""

from collections.abc import Iterator, Sequence
from urllib.parse import urlencode

from markupsafe import escape
from starlette.responses import Response

from scheduler.desk import jobs
from scheduler.desk.beat import beat
from scheduler.web import words
from scheduler.web.shown.overview import KINDS, Asked, Overview
from scheduler.web.shown.rows import cells
from scheduler.web.site import Site, Visit, digest, unchanged

#: The most bytes of the names of groups to choose from; the search finds the others.
_GROUPS = 8_000


def add(site: Site) -> None:
    """Join the page to the app."""
    site.page("/", show)


def show(visit: Visit) -> Response:
    """Show the jobs that the address asks for; htmx asks for the list alone, and gets nothing where nothing is new."""
    asked, lines = Asked.of(visit.query), jobs.lines(visit.world)
    last = beat(visit.world, visit.now)
    since = words.rough(last.age.total_seconds()) if last.age and last.late else ""
    seen = (asked, last.last, since, *((line.key, line.row.etag) for line in lines))
    if answer := unchanged(visit, seen):
        return answer
    overview = Overview.of(lines, asked)
    wanted = overview.lines[asked.first :]
    rows = cells(wanted, visit.now, sections=asked.sort == "trouble")
    return visit.show(
        "jobs_list.html" if visit.part == "jobs" else "jobs.html",
        asked=asked,
        overview=overview,
        kinds=KINDS,
        groups=list(_groups(overview.groups)),
        rows=rows,
        following=asked.first + len(rows) if len(rows) < len(wanted) else 0,
        address=address,
        tick=last.last,
        late=last.late,
        seen=digest(seen),
    )


def address(asked: Asked, **other: str) -> str:
    """Give the page's address with some of what it asks for changed."""
    query = urlencode(asked.query(**other))
    return f"/?{query}" if query else "/"


def _groups(names: Sequence[str]) -> Iterator[str]:
    """Give the groups to choose from, as many as the page has room for."""
    left = _GROUPS
    for name in names:
        left -= len(escape(words.plain(name)).encode())
        if left < 0:
            return
        yield name
