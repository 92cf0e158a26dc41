"""Is a row wrong, by a reading of its cells as plain as can be? Then its due times wait for somebody to mend it."""

from datetime import UTC, datetime, timedelta

from tests.simulation.checker.books import Books, JobBook
from tests.simulation.checker.calendar import EPOCH, dues, readable
from tests.simulation.checker.cells import text
from tests.simulation.history import Cells

ALWAYS = datetime(9990, 1, 1, tzinfo=UTC)
#: A look at everything finds within this time that a missing upstream is there again.
LATELY = timedelta(minutes=75)
OFF = ("false", "0", "no")


def runnable(books: Books, book: JobBook, moment: datetime) -> bool:
    """Say whether a job could run at an instant: its row is right and enabled, and whom it runs after is there."""
    cells = book.cells(moment)
    enabled = text(cells, "Enabled").lower() not in OFF
    return enabled and not faulty(cells) and not missing(books, book, moment)


def missing(books: Books, book: JobBook, moment: datetime) -> bool:
    """Say whether a job that it runs after is not there, or runs after it in turn."""
    cells = book.cells(moment)
    behind, seen = upstreams(book.name, cells), {book.name}
    while behind:
        name = behind.pop()
        upstream = books.jobs.get(name)
        if upstream is None or name in seen or not _there(upstream, max(moment - LATELY, book.versions[0].at), moment):
            return True
        behind += [one for one in upstreams(name, upstream.cells(moment)) if one not in behind]
    return False


def _there(book: JobBook, since: datetime, moment: datetime) -> bool:
    """Say whether a row was there all the time."""
    gone = any(one.cells is None and since < one.at <= moment for one in book.versions)
    return bool(book.cells(since)) and not gone


def upstreams(name: str, cells: Cells) -> list[str]:
    """Name the jobs that a row runs after."""
    word, _, rest = text(cells, "Schedule").strip().partition(" ")
    if word.lower() != "after":
        return []
    partition = name.partition("/")[0]
    return [one if "/" in one else f"{partition}/{one}" for one in (each.strip() for each in rest.split(","))]


_CHOICES = {
    "Overlap": ("", "skip", "wait", "replace", "allow"),
    "CatchUp": ("", "latest", "all", "none"),
}
_NUMBERS = ("Cpu", "MemoryGb", "Retries", "Priority", "MaxOverlap")


def faulty(cells: Cells) -> bool:
    """Say whether a row cannot run as it stands (or is not there)."""
    if not cells or bool(text(cells, "Image")) == bool(text(cells, "ContainerGroup")):
        return True
    schedule, zone, start, end = (text(cells, name) for name in ("Schedule", "TimeZone", "StartAt", "EndAt"))
    if not schedule.lower().startswith("after ") and not readable((schedule, zone, start, end)):
        return True
    if _never(schedule, zone, start, end):
        return True
    if any(text(cells, name).lower() not in allowed for name, allowed in _CHOICES.items()):
        return True
    return _contradicts(cells) or any(not _numeric(text(cells, name)) for name in _NUMBERS)


def _contradicts(cells: Cells) -> bool:
    """Say whether two cells cannot stand beside each other."""
    allow = text(cells, "Overlap").lower() == "allow"
    replace_all = (text(cells, "Overlap").lower(), text(cells, "CatchUp").lower()) == ("replace", "all")
    return replace_all or (allow and bool(text(cells, "Watermark") or text(cells, "ContainerGroup")))


def _never(schedule: str, zone: str, start: str, end: str) -> bool:
    """Say whether it fires at no time between its bounds: only single instants, or a short stretch, can be so."""
    once = all(part.strip().lower().startswith("at ") for part in schedule.split(";"))
    if schedule.lower() in ("", "manual") or not (once or (start and end)) or schedule.lower().startswith("after "):
        return False
    return not dues((schedule, zone, start, end), EPOCH, ALWAYS)


def _numeric(written: str) -> bool:
    try:
        float(written or "0")
    except ValueError:
        return False
    return True
