"""An independent judge of a history: it reads what the world wrote down and the tables, and nothing else.

It knows neither the scheduler nor cronsim (tests/test_simulation_checker.py holds that), walks the calendar
minute by minute through zoneinfo, and says of each promise how often it judged it, where it was broken, and
what it could not judge. The promises, a file each:

    dues        each due time that the calendar demands is run once or skipped with a reason; nothing else is
    skips       a skip has a cause that holds; nothing is early, too late, or out of order
    starts      no two container starts for one (job, due, attempt) but ACI's own, and those are on record
    attempts    failures are tried again by the budgets of their causes
    chains      a job behind others runs once each of them has succeeded, and misses no round
    places      the next location on lack of room; no more at once than allowed, the most important first
    overlap     a job's containers keep its Overlap, by the instants at which they truly ran
    watermark   committed ranges join up, but where a person rewound; a failed run moves nothing
    intervals   the data intervals of scheduled runs join up, and the container was told its own
    evidence    every finished run has its log, exit code and times, and says what truly happened
    endings     every run ends, every group goes, and each row's Status agrees, within a few ticks
    requests    what a person asked for is done once
    counters    failures are counted once each, and only those that nothing follows
    news        each change is told once, whatever dies
"""

from tests.simulation.checker.attempts import check_attempts
from tests.simulation.checker.books import Books
from tests.simulation.checker.chains import check_chains
from tests.simulation.checker.counters import check_counters
from tests.simulation.checker.dues import check_dues
from tests.simulation.checker.endings import check_endings
from tests.simulation.checker.evidence import check_evidence
from tests.simulation.checker.findings import Findings, Violation
from tests.simulation.checker.intervals import check_intervals
from tests.simulation.checker.news import check_news
from tests.simulation.checker.overlap import check_overlap
from tests.simulation.checker.places import check_places
from tests.simulation.checker.requests import check_requests
from tests.simulation.checker.skips import check_skips
from tests.simulation.checker.starts import check_starts
from tests.simulation.checker.watermark import check_watermarks
from tests.simulation.history import History

RULES = (
    check_dues, check_skips, check_starts, check_attempts, check_places, check_chains, check_overlap, check_intervals,
    check_watermarks, check_evidence, check_endings, check_requests, check_counters, check_news,
)  # fmt: skip


def check(history: History) -> Findings:
    """Judge a history by every rule."""
    books, found = Books(history), Findings()
    for rule in RULES:
        rule(books, found)
    return found


__all__ = ["RULES", "Findings", "Violation", "check"]
