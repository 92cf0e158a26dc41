"""Each change is told once: no news is lost though ticks die, and none comes again but from one who died telling it."""

from collections import defaultdict
from datetime import datetime, timedelta

from tests.simulation.checker.books import Books, JobBook, Run
from tests.simulation.checker.cells import instant
from tests.simulation.checker.findings import Findings, said
from tests.simulation.history import Cells, Post

#: What becomes news so shortly before the end may be told after it.
SOON = timedelta(minutes=10)


def check_news(books: Books, found: Findings) -> None:
    """Hold what reached people against what happened."""
    _once(books, found)
    told: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for post in books.history.posts:
        told[post.job, post.kind].add(post.run)
    for book in books.jobs.values():
        _all(book, told, books.history.last, found)


def _once(books: Books, found: Findings) -> None:
    """Let news come again only from a tick that something befell at or after its own telling of it."""
    by_change: defaultdict[tuple[str, ...], list[Post]] = defaultdict(list)
    for post in books.history.posts:
        by_change[(post.kind, post.job, post.run) if post.run else (post.id,)].append(post)
    for posts in by_change.values():
        unexcused = [one for one in posts[:-1] if not _befallen(books, one)]
        first, last = posts[0], posts[-1]
        found.hold(
            "news", first.job, last.at, not unexcused,
            f"that it {first.kind} ({first.run or first.id}) was told {len(posts)} times, at {said(first.at)} and "
            f"again until {said(last.at)}, though nothing befell who told it",
        )  # fmt: skip


def _befallen(books: Books, post: Post) -> bool:
    return any(one.tick == post.tick and one.at >= post.at for one in books.history.troubles)


def _all(book: JobBook, told: dict[tuple[str, str], set[str]], last: datetime, found: Findings) -> None:
    """Walk the counter of failures in a row: where it leaves nought, and where it comes back, is news."""
    before = 0
    for version in book.versions:
        now = _failures(version.cells or {})
        changed = "failed" if now and not before else "recovered" if before and not now else ""
        before = now
        if not changed or version.persons or version.at > last - SOON:
            continue
        if book.rewritten(version.at):
            found.leave("news", "a job whose row was written whole by a person")
            continue
        runs = [run for run in book.runs if run.closed and run.closed <= version.at and _counts(run, changed)]
        found.hold(
            "news", book.name, version.at, {_name(run) for run in runs} & told[book.name, changed],
            f"at {said(version.at)} it {changed}, and nobody was told",
        )  # fmt: skip


def _counts(run: Run, changed: str) -> bool:
    if run.trigger == "backfill":
        return False
    if changed == "recovered":
        return run.state == "Succeeded"
    return run.state in ("Failed", "Lost") and instant(run.cells, "RetryAt") is None


def _name(run: Run) -> str:
    part = f".{run.due.microsecond // 1000:03d}" if run.due.microsecond else ""
    return f"{run.due:%Y-%m-%dT%H:%M:%S}{part}Z.{run.attempt}"


def _failures(cells: Cells) -> int:
    value = cells.get("Failures")
    return value if isinstance(value, int) else 0
