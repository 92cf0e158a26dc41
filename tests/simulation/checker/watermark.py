"""Committed watermark ranges join up with no gap and no overlap, but where a person rewound.

The cell's whole history is walked: each change was a person's, or one successful run's answer to exactly the
value that stood there, or the repair of an old copy that somebody wrote back.
"""

from datetime import datetime

from tests.simulation.checker.books import Books, JobBook, Run
from tests.simulation.checker.cells import text
from tests.simulation.checker.findings import Findings, said
from tests.simulation.checker.requests import read
from tests.simulation.checker.starts import spells_of
from tests.simulation.history import Version

_ANSWER = "::watermark::"


def check_watermarks(books: Books, found: Findings) -> None:
    """Walk every job's ledger."""
    for book in books.jobs.values():
        committed = _walk(book, found)
        for run in book.runs:
            _kept_its_place(book, run, found)
            _committed(books, book, run, committed, found)


def _walk(book: JobBook, found: Findings) -> dict[str, Version]:
    """Explain each change of the cell; gives the versions that commit runs, by their group."""
    committed: dict[str, Version] = {}
    once: set[str] = set()
    before: Version | None = None
    for version in book.versions:
        old, new = (text(one.cells or {}, "Watermark") if one else "" for one in (before, version))
        if version in book.whole:
            once.clear()  # an old copy: what was committed since is committed anew, on the way to the present
        if old != new and not version.persons:
            run = _answerer(book, old, new, version, once)
            if run:
                committed[run.id] = version
                once.add(run.id)
            found.hold(
                "watermark", book.name, version.at, run or _restored(book, version, new),
                f"at {said(version.at)} the watermark went from {old!r} to {new!r}, and no closed run did that",
            )  # fmt: skip
        before = version
    return committed


def _answerer(book: JobBook, old: str, new: str, version: Version, committed: set[str]) -> Run | None:
    for run in book.runs:
        ranged = text(run.cells, "WatermarkFrom") == old and text(run.cells, "WatermarkTo") == new
        in_time = run.closed is not None and run.closed <= version.at
        if ranged and in_time and run.state == "Succeeded" and run.id not in committed and not apart(book, run):
            return run
    return None


def apart(book: JobBook, run: Run) -> bool:
    """Say whether a run has a watermark of its own, so that the row's must stay: a backfill's, one of the past, ..."""
    claim = book.claimed(run)
    if run.trigger == "backfill" or text((claim.cells if claim else None) or {}, "Overlap").lower() == "allow":
        return True
    asked = [one for version in book.persons if (one := read(version)) and one.word == "run"]
    own = any(
        one.due == run.due or (one.watermark or None) == text(run.cells, "WatermarkFrom")
        for one in asked
        if not one.until
    )
    return run.trigger == "request" and own


def _restored(book: JobBook, version: Version, new: str) -> bool:
    """Say whether a person wrote the row whole before, and the cell is as the newest run says."""
    if not book.rewritten(version.at):
        return False
    known = [run for run in book.runs if run.registered <= version.at and not apart(book, run)]
    newest = max(known, key=lambda run: (text(run.cells, "Claimed"), run.registered), default=None)
    if newest is None:
        return False
    if newest.closed is None or newest.closed > version.at:
        return new == text(newest.versions[0].cells or {}, "WatermarkFrom")
    return new == text(newest.cells, "WatermarkTo")


def _kept_its_place(book: JobBook, run: Run, found: Findings) -> None:
    """Hold that only success moves anything."""
    if run.closed and run.state != "Succeeded":
        found.hold(
            "watermark", book.name, run.closed, text(run.cells, "WatermarkTo") == text(run.cells, "WatermarkFrom"),
            f"{run.name} is {run.state} and says that it moved the watermark to {text(run.cells, 'WatermarkTo')!r}",
        )  # fmt: skip


def _committed(books: Books, book: JobBook, run: Run, committed: dict[str, Version], found: Findings) -> None:
    """Hold that a success's answer was taken, unless a person wrote the cell meanwhile or the log was lost."""
    answer = _answered(books, book, run)
    if run.closed is None or run.state != "Succeeded" or answer is None or apart(book, run):
        return
    given = text(run.cells, "WatermarkFrom")
    if answer == given:
        return
    claimed, until = book.claimed(run), _settled(book, run)
    if claimed is None or until is None:
        found.leave("watermark", "a run whose row was gone when it ended, or that ended with the story")
        return
    if book.written_by_person(claimed.at, until):
        found.leave("watermark", "a run during which a person wrote the row")
        return
    if not text(run.cells, "Log"):
        found.leave("watermark", "a run whose log was lost")
        return
    found.hold(
        "watermark", book.name, run.closed, run.id in committed and text(run.cells, "WatermarkTo") == answer,
        f"{run.name} succeeded and answered {answer!r}, which was not kept",
    )  # fmt: skip


def _answered(books: Books, book: JobBook, run: Run) -> str | None:
    for spell in spells_of(books, book, run):
        lines = [line for line in spell.printed.splitlines() if line.startswith(_ANSWER)]
        if lines and spell.exit_code == 0:
            return lines[-1].removeprefix(_ANSWER)
    return None


def _settled(book: JobBook, run: Run) -> datetime | None:
    """Say when the run left its job row's ActiveRuns."""
    inside = False
    for version in book.versions:
        holds = version.cells is not None and run.id in text(version.cells, "ActiveRuns")
        if inside and not holds and run.closed and version.at >= run.closed:
            return version.at if version.cells is not None else None
        inside = inside or holds
    return None
