"""Failures in a row are counted once each, and only those that nothing follows."""

from tests.simulation.checker.books import Books, JobBook, Run
from tests.simulation.checker.cells import instant
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Cells


def check_counters(books: Books, found: Findings) -> None:
    """Walk every row's counter."""
    for book in books.jobs.values():
        _walk(book, found)


def _walk(book: JobBook, found: Findings) -> None:
    """Explain each step of the cell by a run that was closed, and not explained before."""
    counted: set[str] = set()
    before = 0
    for version in book.versions:
        now = _failures(version.cells or {})
        if version in book.whole or (version.persons and now != before):
            counted.clear()  # an old copy: what failed since is counted anew
        closed = [run for run in book.runs if run.closed and run.closed <= version.at]
        if now > before and not version.persons:
            failed = [run for run in closed if _final(run) and run.id not in counted]
            counted.update(run.id for run in failed[: now - before])
            found.hold(
                "failures", book.name, version.at, len(failed) >= now - before,
                f"at {said(version.at)} Failures went from {before} to {now}, "
                f"and {len(failed)} runs more had failed for good",
            )  # fmt: skip
        elif now < before and not version.persons:
            succeeded = any(run.state == "Succeeded" for run in closed) or book.rewritten(version.at)
            found.hold(
                "failures", book.name, version.at, succeeded,
                f"at {said(version.at)} Failures went from {before} to {now}, and nothing had succeeded",
            )  # fmt: skip
        before = now


def _failures(cells: Cells) -> int:
    value = cells.get("Failures")
    return value if isinstance(value, int) else 0


def _final(run: Run) -> bool:
    return run.state in ("Failed", "Lost") and instant(run.cells, "RetryAt") is None
