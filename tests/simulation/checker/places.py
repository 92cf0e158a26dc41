"""Where runs go, and how many at once: the next location on lack of room, MAX_ACTIVE_RUNS, Priority first."""

from datetime import datetime
from itertools import pairwise

from tests.simulation.checker.books import Books, JobBook, Run
from tests.simulation.checker.cells import entries, instant, text
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Tick

#: Causes for which the next location is tried before any wait.
NO_ROOM = ("capacity", "quota")


def check_places(books: Books, found: Findings) -> None:
    """Judge every attempt's location, and every tick's order."""
    for book in books.jobs.values():
        for run in book.runs:
            _begins(books, book, run, found)
        for before, after in pairwise(book.runs):
            if before.due == after.due and instant(before.cells, "RetryAt"):
                _moves(books, book, before, after, found)
    for tick in books.clean:
        _within_bounds(books, tick, found)


def _moves(books: Books, book: JobBook, before: Run, after: Run, found: Findings) -> None:
    """Hold that lack of room leads to the next location, 429 to the first, and a ration used up to a later one."""
    places = _places(book, before)
    if not places or book.written_by_person(before.registered, after.registered):
        found.leave("place", "a job without Locations, or whose row a person wrote")
        return
    was, went = text(before.cells, "Location"), text(after.cells, "Location")
    wanted = was
    if text(before.cells, "Cause") in NO_ROOM and was in places:
        wanted = [*places, places[0]][places.index(was) + 1]
    if text(before.cells, "Cause") == "throttled":
        wanted = places[0]
    later = places[places.index(wanted) + 1 :] if wanted in places else []
    found.hold(
        "place", book.name, after.registered, went == wanted or (went in later and _rationed(books, book, after)),
        f"{before.name} failed by {text(before.cells, 'Cause')} in {was} of {', '.join(places)}, "
        f"and the next attempt went to {went}",
    )  # fmt: skip


def _begins(books: Books, book: JobBook, run: Run, found: Findings) -> None:
    """Hold that a first attempt goes to the first location, or to a later one when a ration is used up."""
    places, went = _places(book, run), text(run.cells, "Location")
    if run.attempt != 1 or not places or went == places[0]:
        return
    found.hold(
        "place", book.name, run.registered, went in places and _rationed(books, book, run),
        f"{run.name} began in {went}, and may in {', '.join(places)}, in that order",
    )  # fmt: skip


def _places(book: JobBook, run: Run) -> list[str]:
    """Give the locations of the row as it was when the run was claimed; none when it does not say."""
    claim = book.claimed(run)
    return [one.strip() for one in text((claim.cells if claim else None) or {}, "Locations").split(",") if one.strip()]


def _rationed(books: Books, book: JobBook, run: Run) -> bool:
    """Say whether a tick that claimed a run could know that ACI creates no more for now."""
    by = _claimed_by(book, run)
    return any(books.rationed(tick) for tick in books.history.ticks if by == f"tick {tick.number}")


def _within_bounds(books: Books, tick: Tick, found: Findings) -> None:
    """Hold that a tick that started something kept the bound, and let nothing more important wait."""
    made = [(book, run) for book in books.jobs.values() for run in book.runs if _made(book, run)]
    registered = [one for one in made if one[1].versions[0].by == f"tick {tick.number}"]
    # One that a tick claimed and died over has its place already: a later tick only takes it over.
    started = [(book, run) for book, run in registered if _claimed_by(book, run) == f"tick {tick.number}"]
    if not started or not tick.ended:
        return
    ended = tick.ended
    going = [
        run for book, run in made
        if run.registered <= ended and (run.closed is None or run.closed > ended)
        and any(entry.id == run.id for entry in entries(book.cells(ended)))
    ]  # fmt: skip
    found.hold(
        "pace", started[0][0].name, tick.began, len(going) <= books.history.most,
        f"after tick {tick.number} of {said(tick.began)} {len(going)} runs are going, and {books.history.most} may",
    )  # fmt: skip
    for book in books.jobs.values():
        if _in_line(book, tick.began) and _in_line(book, ended) and not book.written_by_person(tick.began, ended):
            here = [_priority(one, run.registered) for one, run in started if _same_line(book, tick, run)]
            least = min(here, default=_priority(book, ended))
            found.hold(
                "pace", book.name, tick.began, _priority(book, ended) <= least,
                f"it waits at {said(ended)} with Priority {_priority(book, ended)}, and tick {tick.number} "
                f"started another with {least}",
            )  # fmt: skip


def _same_line(book: JobBook, tick: Tick, run: Run) -> bool:
    """Say whether what a row waits for could have been had in a run's stead: a region that is full is its own line."""
    cells = book.cells(tick.ended or tick.began)
    _, told, first = text(cells, "Reason").partition("container groups in ")
    regions = [first.partition(" ")[0], *first.partition(", nor in ")[2].rstrip(".").split(", ")]
    return text(run.cells, "Location") in regions if told else True


def _claimed_by(book: JobBook, run: Run) -> str:
    claim = book.claimed(run)
    return claim.by if claim else ""


def _made(book: JobBook, run: Run) -> bool:
    """Say whether a run had a group made for it."""
    return not text(book.cells(run.registered), "ContainerGroup") and run.state != "Cancelled"


def _in_line(book: JobBook, moment: datetime) -> bool:
    """Say whether a row tells that it waits for a place, and nothing of it runs."""
    cells = book.cells(moment)
    runs = any(not entry.waiting for entry in entries(cells))
    return text(cells, "Reason").startswith("Waiting: ") and not runs


def _priority(book: JobBook, moment: datetime) -> int:
    return int(float(text(book.cells(moment), "Priority") or 0))
