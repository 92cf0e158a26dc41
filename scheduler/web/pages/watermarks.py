"""Watermarks: how far a job's data has come, range by range, with gaps, overlaps and rewinds named by run."""

from collections import Counter

from starlette.responses import Response

from scheduler.desk import ledgers
from scheduler.desk.faults import Wrong
from scheduler.ledger import Finding
from scheduler.web.shown.strip import strip
from scheduler.web.site import Site, Visit

#: The rows of one page of the table.
ROWS = 100
#: What each kind of finding is called, and its tone.
KINDS = {"gap": ("Gap", "bad"), "overlap": ("Overlap", "odd"), "rewind": ("Rewind", "odd"), "break": ("Break", "bad")}


def add(site: Site) -> None:
    """Join the page to the app."""
    site.page("/jobs/{partition}/{name}/watermarks", show)


def show(visit: Visit) -> Response:
    """Show the ledger; the newest ranges first, in pages."""
    found = ledgers.ledger(visit.world, visit.key)
    ledger = found.ledger
    first = _first(visit.query.get("first", ""))
    newest = list(reversed(ledger.ranges))
    return visit.show(
        "watermarks.html",
        job=found.job,
        key=found.job.key,
        ledger=ledger,
        older=found.more,
        strip=strip(ledger),
        kinds=KINDS,
        counts=Counter(str(one.kind) for one in ledger.findings),
        findings=[(one, _runs(one)) for one in list(reversed(ledger.findings))[:ROWS]],
        ranges=newest[first : first + ROWS],
        first=first,
        rows=ROWS,
        sides=list(reversed(ledger.side))[:ROWS],
    )


def _runs(found: Finding) -> list[str]:
    """Name the runs of a finding, each once."""
    return list(dict.fromkeys(name for name in (found.before, found.after, *found.runs) if name))


def _first(said: str) -> int:
    said = said.strip()
    if not said:
        return 0
    if not (said.isascii() and said.isdigit() and len(said) < 7):  # noqa: PLR2004 - a ledger has at most thousands of ranges
        raise Wrong(f"first is {said[:40]!r}: it must be a whole number.", "first")
    return int(said)
