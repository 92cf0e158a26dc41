"""No two container starts for one (job, due, attempt), except where ACI itself restarted one: then it is on record."""

from collections import defaultdict

from tests.simulation.checker.books import Books, JobBook, Run
from tests.simulation.checker.cells import text
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Put, Spell

#: The tags by which a group says whose run it is.
TAGS = ("crontable-job", "crontable-due", "crontable-attempt")


def check_starts(books: Books, found: Findings) -> None:
    """Count the starts of every run's container."""
    _created_once(books, found)
    for book in books.jobs.values():
        for run in book.runs:
            _of_a_run(books, book, run, found)
            _as_it_was_told(books, run, found)


def _created_once(books: Books, found: Findings) -> None:
    by_run: defaultdict[tuple[str, ...], list[Put]] = defaultdict(list)
    for put in books.history.puts:
        by_run[tuple(put.tags.get(name, "") for name in TAGS)].append(put)
    for (job, due, attempt), puts in by_run.items():
        found.hold(
            "start", job, puts[-1].at, len(puts) == 1,
            f"the run due {due} attempt {attempt} was created {len(puts)} times: "
            f"at {', '.join(said(put.at) for put in puts)}",
        )  # fmt: skip


def spells_of(books: Books, book: JobBook, run: Run) -> list[Spell]:
    """Give the spells of a run's container; an existing group's are told apart by when the run was open."""
    mine = [spell for spell in book.spells if spell.group == text(run.cells, "Group")]
    if mine and not mine[0].existing:
        return mine
    until = run.closed or books.history.last
    return [spell for spell in mine if spell.by != "PUT" and run.registered <= spell.asked <= until]


def _of_a_run(books: Books, book: JobBook, run: Run, found: Findings) -> None:
    spells = spells_of(books, book, run)
    ours = [spell for spell in spells if spell.by != "the platform"]
    if not spells:
        found.leave("start", "a run whose container never ran")
        return
    found.hold(
        "start", book.name, spells[-1].asked, len(ours) <= 1,
        f"{run.name} was started {len(ours)} times: at {', '.join(said(spell.asked) for spell in ours)}",
    )  # fmt: skip
    again = len(spells) - len(ours)
    if again and run.closed and _seen_again(books, run, spells):
        found.hold(
            "restart", book.name, spells[-1].started, "again" in text(run.cells, "Reason").lower() or _counted(run),
            f"ACI restarted the container of {run.name} {again} times, and its row does not say so",
        )  # fmt: skip


def _seen_again(books: Books, run: Run, spells: list[Spell]) -> bool:
    """Say whether the last look before the run was closed could see ACI's restart."""
    looks = [call.at for call in books.calls(f"groups.get {text(run.cells, 'Group')}") if call.answer == "done"]
    last = max((look for look in looks if run.closed and look <= run.closed), default=None)
    return last is not None and any(spell.by == "the platform" and spell.started <= last for spell in spells)


def _counted(run: Run) -> bool:
    return any("restart" in f"{name} {value}".lower() for name, value in run.cells.items())


def _as_it_was_told(books: Books, run: Run, found: Findings) -> None:
    """Hold that the container was told whose run it is, and the watermark that its row says."""
    for put in books.puts.get(text(run.cells, "Group"), []):
        told = {
            "JOB": run.job, "RUN_ID": run.id, "ATTEMPT": str(run.attempt),
            "WATERMARK": text(run.cells, "WatermarkFrom"),
        }  # fmt: skip
        for name, value in told.items():
            found.hold(
                "told", run.job, put.at, put.told.get(name) == value,
                f"{run.name} was told {name}={put.told.get(name)!r}, and its row says {value!r}",
            )  # fmt: skip
