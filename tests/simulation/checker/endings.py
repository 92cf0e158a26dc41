"""Every run ends, every group goes, and each row's Status agrees with its last run, within a few ticks."""

from datetime import datetime, timedelta

from tests.simulation.checker.books import OPEN, Books, JobBook, Run
from tests.simulation.checker.cells import entries, instant, span, text
from tests.simulation.checker.faults import faulty
from tests.simulation.checker.findings import Findings, said
from tests.simulation.checker.starts import spells_of
from tests.simulation.history import Tick

#: So many ticks that nothing befell bring a run from its container's end to its own.
ENOUGH = 4
#: What was claimed and never came up is looked for this long: four leases of a quarter of an hour, each found to be
#: over by a tick that may be 16 minutes away, for the timer leaps over what stands still.
GIVEN_UP = timedelta(minutes=4 * (15 + 16))
#: Only a look at everything finds what no row speaks of; there is one an hour.
SWEPT = timedelta(minutes=75)
#: A group that is not there is believed to have vanished when two looks, two minutes apart by any clock, say so.
MISSED = timedelta(minutes=3)
#: What a row may say of itself while nothing of it runs, whatever its last run said.
GOING = ("Starting", "Running", "Cancelling", "Waiting", "Paused")
AT_REST = ("Scheduled", "Paused", "Invalid", "Waiting", "")


def check_endings(books: Books, found: Findings) -> None:
    """Hold runs, groups, rows and ticks to their ends."""
    for book in books.templates.values():
        written = [one for one in book.versions if not one.persons]
        found.hold(
            "template", book.name, book.versions[-1].at, not written and not book.runs,
            "a row that is only there for others to inherit from was written by a tick, or has runs",
        )  # fmt: skip
    for tick in books.history.ticks:
        _came_through(books, tick, found)
    for book in books.jobs.values():
        for run in book.runs:
            _ends(books, book, run, found)
        _agrees(books, book, found)
    _leaves_nothing(books, found)


def _came_through(books: Books, tick: Tick, found: Findings) -> None:
    """Hold that only what befell a tick ended it."""
    excused = tick.whole or tick.number in books.troubled
    found.hold(
        "tick", "-", tick.began, excused and not tick.how.startswith("raised"),
        f"tick {tick.number} of {said(tick.began)} {tick.how}, though nothing had befallen it",
    )  # fmt: skip


def _ends(books: Books, book: JobBook, run: Run, found: Findings) -> None:
    over, why = _over(books, book, run)
    until = run.closed or books.history.last
    patience = SWEPT if _alone(book, over, until) else timedelta(0)
    spells = spells_of(books, book, run)
    if any(spell.end == "the platform" for spell in spells):
        patience = max(patience, MISSED)
    late = list(books.clean_after(over + patience, until))
    if not spells:
        # What a row that is wrong would have created, nobody knows: its run waits until the row is mended.
        late = [tick for tick in late if not faulty(book.cells(tick.began))]
    found.hold(
        "ending", book.name, until, len(late) <= ENOUGH,
        f"{run.name} {why} at {said(over)}, and {len(late)} ticks later, at {said(until)}, "
        f"it {'was closed' if run.closed else 'is still open'}",
    )  # fmt: skip


def _over(books: Books, book: JobBook, run: Run) -> tuple[datetime, str]:
    """Say from when on the run has nothing to wait for."""
    spells, cells = spells_of(books, book, run), book.cells(run.registered)
    ended = [spell.ended for spell in spells if spell.ended]
    limit = span(cells, "Timeout", "1h")
    if spells and not ended:
        return spells[0].started + limit, "ran past its Timeout"
    if spells:
        return min(*ended, spells[0].started + limit), "was over"
    return run.registered + max(GIVEN_UP, span(cells, "StartTimeout", "15m")), "never came up"


def _alone(book: JobBook, over: datetime, until: datetime) -> bool:
    """Say whether its row was gone, or another, while it should have ended: only the hourly look sees it then."""
    gone = any(one.cells is None and one.at <= until for one in book.versions)
    return gone or (book.rewritten(until) and not book.rewritten(over - SWEPT))


def _leaves_nothing(books: Books, found: Findings) -> None:
    """Hold that no group stands there at the end whose run is closed, or that no run knows."""
    runs = {text(run.cells, "Group"): run for book in books.jobs.values() for run in book.runs}
    for put in books.history.puts:
        run = runs.get(put.group)
        closed = run.closed if run else put.at
        if put.group not in books.history.left or (run and closed is None):
            found.judged["group"] += 1
            continue
        later = list(books.clean_after(max(put.at, closed or put.at) + SWEPT, books.history.last))
        found.hold(
            "group", put.tags.get("crontable-job", "?"), put.at, len(later) <= ENOUGH,
            f"the group {put.group} stands there at the end, {len(later)} ticks after its run was closed",
        )  # fmt: skip


def _agrees(books: Books, book: JobBook, found: Findings) -> None:
    """Hold the row's last word against its last run."""
    cells = book.versions[-1].cells
    if not cells or faulty(cells):
        return
    going = [run for run in book.runs if run.state == OPEN]
    if not going and any(not entry.removing for entry in entries(cells)):
        found.leave("status", "a run that is claimed or awaited, and has no row yet")
        return
    status = text(cells, "Status")
    if going:
        latest = max([*(run.registered for run in going), *(one.at for one in book.persons)])
        if not list(books.clean_after(latest, books.history.last)):
            found.leave("status", "a run that was just claimed")
            return
        found.hold(
            "status", book.name, books.history.last, status in GOING or text(cells, "Overlap").lower() == "allow",
            f"it says {status!r} at the end, while {going[0].name} is going",
        )  # fmt: skip
        return
    if not list(books.clean_after(max([book.versions[0].at, *(one.at for one in book.persons)]), books.history.last)):
        found.leave("status", "a row that somebody just wrote")
        return
    closed = [run for run in book.runs if run.closed]
    # Of two beside each other, one may end later and the other be closed later: either is the last.
    last = max(closed, key=lambda run: (instant(run.cells, "Finished") or run.closed, run.closed), default=None)
    also = max(closed, key=lambda run: (run.closed, instant(run.cells, "Finished") or run.closed), default=None)
    found.hold(
        "status", book.name, books.history.last, status in {*AT_REST, *(one.state for one in (last, also) if one)},
        f"it says {status!r} at the end, and {f'{last.name} is {last.state}' if last else 'it has no run'}",
    )  # fmt: skip
