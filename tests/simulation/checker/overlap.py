"""A job's containers keep its Overlap, by the instants at which they ran in the world, not by what rows say."""

from dataclasses import replace
from itertools import pairwise

from tests.simulation.checker.books import Books, JobBook, Run
from tests.simulation.checker.cells import instant, text
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Cells, Spell


def check_overlap(books: Books, found: Findings) -> None:
    """Hold every pair of neighbouring containers of each job against its Overlap."""
    for book in books.jobs.values():
        spells = [spell for spell in book.spells if not (spell.existing and spell.by == "PUT")]
        for spell in spells:
            beside = [other for other in spells if other is not spell and _runs_at(other, spell)]
            _alone(books, book, spell, beside, found)
        for before, after in pairwise(book.runs):
            if before.due == after.due and instant(before.cells, "RetryAt"):
                _undisturbed(book, before, after, spells, found)


def _runs_at(other: Spell, spell: Spell) -> bool:
    return other.started <= spell.started and (other.ended is None or other.ended > spell.started)


def _alone(books: Books, book: JobBook, spell: Spell, beside: list[Spell], found: Findings) -> None:
    if spell.by == "the platform" and _excused(books, book, spell, replace(spell, asked=spell.started)):
        found.leave("overlap", "a container that ACI ran again after it was asked to end it")
        return
    allowed = max(map(_allowed, _read(book, spell)))
    counted = [other for other in beside if not _excused(books, book, other, spell)]
    if len(counted) < len(beside):
        found.leave("overlap", "a container whose end was asked for and not obeyed")
    found.hold(
        "overlap", book.name, spell.started, len(counted) < allowed,
        f"{spell.group} began at {said(spell.started)} while "
        f"{', '.join(f'{other.group} ran since {said(other.started)}' for other in counted)}; "
        f"Overlap allows {allowed} at once",
    )  # fmt: skip


def _allowed(cells: Cells) -> int:
    return int(text(cells, "MaxOverlap") or 2) if text(cells, "Overlap").lower() == "allow" else 1


def _read(book: JobBook, spell: Spell) -> list[Cells]:
    """Give the row as it stood when its run was claimed, and when its start had its effect: it may be gone by then."""
    claims = [book.claimed(run) for run in book.runs if text(run.cells, "Group") == spell.group and not spell.existing]
    return [book.cells(spell.asked), *(book.cells(claim.at) for claim in claims if claim)]


def _excused(books: Books, book: JobBook, other: Spell, spell: Spell) -> bool:
    """Say whether ACI was asked to end the other one before, and its answer was lost or was no.

    A run is closed before its group is deleted, and one whose group does not go must not hold up the next; only
    what is replaced must be seen to be gone, unless a person made the row forget it by an old copy.
    """
    ended = [run.closed for run in book.runs if run.closed and text(run.cells, "Group") == other.group]
    forgotten = any(closed <= one.at <= spell.asked for one in book.whole for closed in ended)
    if text(book.cells(spell.asked), "Overlap").lower() == "replace" and not forgotten:
        return False
    asked = [
        *books.called(f"groups.delete {other.group}", spell.asked),
        *books.called(f"groups.stop {other.group}", spell.asked),
    ]
    closed = any(
        run.closed and run.closed <= spell.asked for run in book.runs if text(run.cells, "Group") == other.group
    )
    return closed and bool(asked) and "done" not in asked


def _undisturbed(book: JobBook, before: Run, after: Run, spells: list[Spell], found: Findings) -> None:
    """Hold that nothing else runs while an attempt is awaited: it counts as going."""
    assert before.closed
    own = {text(before.cells, "Group"), text(after.cells, "Group")}
    between = [spell for spell in spells if before.closed < spell.asked < after.registered and spell.group not in own]
    allows = text(book.cells(after.registered), "Overlap").lower() == "allow"
    if allows or book.written_by_person(before.registered, after.registered):
        found.leave(
            "overlap", "an attempt that was awaited while a person wrote the row, or beside which others may run"
        )
        return
    found.hold(
        "overlap", book.name, after.registered, not between,
        f"{', '.join(f'{spell.group} began at {said(spell.asked)}' for spell in between)} "
        f"while {after.name} was awaited",
    )  # fmt: skip
