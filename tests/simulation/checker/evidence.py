"""Every finished run has its evidence, and says what truly happened to its container."""

from datetime import timedelta

from tests.simulation.checker.books import Books, JobBook, Run
from tests.simulation.checker.cells import instant, text
from tests.simulation.checker.findings import Findings, said
from tests.simulation.checker.starts import spells_of
from tests.simulation.history import Spell

#: ACI's instants, through JSON and a table's milliseconds.
NEARLY = timedelta(seconds=1)
#: A container that began so shortly before its run was closed may not have been seen.
LATEST_LOOK = timedelta(minutes=5)


def check_evidence(books: Books, found: Findings) -> None:
    """Hold every closed run against its container."""
    for book in books.jobs.values():
        for run in book.runs:
            if run.closed:
                _unchanged(book, run, found)
                spells = spells_of(books, book, run)
                _told_truly(book, run, spells, found)
                _log_kept(books, book, run, spells, found)


def _unchanged(book: JobBook, run: Run, found: Findings) -> None:
    closing = next(one for one in run.versions if one.at == run.closed)
    found.hold(
        "evidence", book.name, run.versions[-1].at, closing.cells == run.cells,
        f"{run.name} was closed at {said(run.closed)} and changed after that, at {said(run.versions[-1].at)}",
    )  # fmt: skip


def _told_truly(book: JobBook, run: Run, spells: list[Spell], found: Findings) -> None:
    """Hold state, exit code and times against the first spell that ended by itself."""
    assert run.closed
    ended = next(
        (spell for spell in spells if spell.end == "itself" and (spell.ended or run.closed) <= run.closed), None
    )
    if run.state == "Succeeded":
        found.hold(
            "evidence", book.name, run.closed, ended and ended.exit_code == 0,
            f"{run.name} is Succeeded, and its container {_fate(ended)}",
        )  # fmt: skip
    if text(run.cells, "Cause") == "exit":
        code = run.cells.get("ExitCode")
        true = any(spell.end == "itself" and spell.exit_code == code for spell in spells)
        found.hold(
            "evidence", book.name, run.closed, true,
            f"{run.name} failed with exit code {code}, and its container {_fate(ended)}",
        )  # fmt: skip
    if ended and run.state in ("Succeeded", "Failed") and text(run.cells, "Cause") in ("", "exit"):
        started, finished = instant(run.cells, "Started"), instant(run.cells, "Finished")
        right = any(
            started
            and finished
            and spell.ended
            and abs(started - spell.started) < NEARLY
            and abs(finished - spell.ended) < NEARLY
            for spell in spells
        )
        found.hold(
            "evidence", book.name, run.closed, right,
            f"{run.name} says that it ran from {said(started)} to {said(finished)}, and its container {_fate(ended)}",
        )  # fmt: skip


def _fate(spell: Spell | None) -> str:
    if spell is None:
        return "never ended by itself"
    return f"ran from {said(spell.started)} to {said(spell.ended)} and ended with {spell.exit_code}"


def _log_kept(books: Books, book: JobBook, run: Run, spells: list[Spell], found: Findings) -> None:
    """Hold that what its container printed was kept, as its own, before its group was deleted."""
    assert run.closed
    ended = run.state == "Succeeded" or text(run.cells, "Cause") == "exit"
    margin = timedelta(0) if ended else LATEST_LOOK
    lived = [spell for spell in spells if spell.started < run.closed - margin]
    if not lived or text(run.cells, "State") == "Lost":
        found.leave("evidence", "a run whose container never ran, or vanished")
        return
    if not spells[0].existing and any(
        spell.end == "the platform" and (spell.ended or run.closed) <= run.closed for spell in spells
    ):
        found.leave("evidence", "a run whose group vanished")
        return
    name = text(run.cells, "Log")
    if not name:
        troubles = books.history.troubles
        excuse = any(one.call.startswith(("groups.log", "logs.")) or one.what == "vanished" for one in troubles)
        found.hold(
            "evidence", book.name, run.closed, excuse and "log" in text(run.cells, "Reason"),
            f"{run.name} is closed without a log, and says nothing of it: {text(run.cells, 'Reason')}",
        )  # fmt: skip
        return
    kept = [blob for blob in books.history.blobs if blob.name == name and blob.at <= run.closed]
    if kept and "[cut:" in kept[-1].text:
        found.leave("evidence", "a log that says that it was cut")
        return
    # Of a container that was ended by us, what it printed last may have come after the reading.
    # Of one that ACI ran again, only the last spell's log is left.
    lines = None if ended and len(lived) == 1 else 1
    told = [spell.printed.splitlines()[:lines] for spell in lived]
    whole = bool(kept) and any(said and all(line in kept[-1].text for line in said) for said in told)
    found.hold(
        "evidence", book.name, run.closed, whole,
        f"{run.name} names the log {name}, which "
        f"{'holds another text' if kept else 'was not kept before it was closed'}",
    )  # fmt: skip
