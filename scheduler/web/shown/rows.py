"""The rows of the page Jobs, as few bytes each as can be, and never more of them than a page may hold. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from markupsafe import escape

from scheduler.desk.harmless import line as one_line
from scheduler.desk.jobs import JobLine
from scheduler.desk.stands import stands
from scheduler.row import iso
from scheduler.web import words
from scheduler.web.dress import job_path, tone
from scheduler.web.shown import bars
from scheduler.web.shown.overview import section

#: The most bytes of all rows. A name may be 127 characters long, and that of a row that is Invalid six kilobytes.
MOST_BYTES = 266_000
#: What the tags of a row take, and those of what only some have: a section, stale data, a reason, an age.
_TAGS, _SECTION, _STALE, _SLOWER, _REASON, _AGE = 64, 32, 18, 8, 3, 12
#: Statuses whose reason says what the other columns do not.
_TELLING = frozenset(("Failed", "Lost", "Invalid", "Waiting", "Paused", "Cancelling", "Cancelled"))
#: Characters that one reason may have, and all of them together: where hundreds fail at once, the first ones tell why.
_LONGEST, _REASONS = 180, 8_000
#: What a reason says of due times, which have columns of their own; from the first of the blanks before, so that a cell
#: full of blanks is read once, and not once from each.
_DUES = re.compile(r"^The run due \S+?: |(?<!\s)\s*+Next run \S+\.$")
#: The most characters of a watermark, and of a name, that a list shows.
_MARK, _NAME = 32, 80


@dataclass(frozen=True, slots=True)
class Cells:
    """One row of the page as it is printed; plain texts, because a thousand of them are."""

    #: The title above it, where a section begins.
    section: str
    path: str
    name: str
    tone: str
    status: str
    #: Since when its data is too old.
    stale: str
    reason: str
    code: str
    runs: str
    lasted: str
    #: How much longer it takes than it did.
    slower: str
    due: str
    mark: str
    age: str

    @property
    def size(self) -> int:
        """How many bytes it takes on the page, at most."""
        some = (
            *((self.section, _SECTION), (self.stale, _STALE), (self.slower, _SLOWER)),
            *((self.reason, _REASON), (self.age, _AGE)),
        )
        tags = _TAGS + sum(len(text) + tag for text, tag in some if text)
        typed = sum(len(escape(words.plain(text)).encode()) for text in (self.name, self.reason, self.mark))
        plain = (self.path, self.status, self.code, self.runs, self.lasted, self.due)
        return tags + typed - len(self.reason) + sum(map(len, plain))


def cells(lines: Sequence[JobLine], now: datetime, *, sections: bool = True) -> list[Cells]:
    """Write each job's row, as many as a page may hold; the first reasons only: those in trouble stand first."""
    rows, left = list[Cells](), MOST_BYTES
    for row in _written(lines, now, sections=sections):
        left -= row.size
        if left < 0 and rows:
            break
        rows.append(row)
    return rows


def _written(lines: Sequence[JobLine], now: datetime, *, sections: bool) -> Iterator[Cells]:
    left, above = _REASONS, ""
    for line in lines:
        telling = line.status in _TELLING or line.unread
        reason = words.trimmed(_news(line), _LONGEST) if left > 0 and telling else ""
        left -= len(reason)
        title = section(line).capitalize() if sections else ""
        yield _cells(line, title if title != above else "", reason, now)
        above = title


def _cells(line: JobLine, title: str, reason: str, now: datetime) -> Cells:
    figures, age = line.figures, line.watermark_age(now)
    return Cells(
        section=title,
        path=job_path(line.key),
        name=words.trimmed(line.name, _NAME),
        tone="bad" if line.failing else tone(line.status),
        status=stands(line),
        stale=words.rough((now - line.stale).total_seconds()) if line.stale else "",
        reason=reason,
        code=bars.code(line.pasts),
        runs=bars.count(line.pasts),
        lasted=words.lasted(figures.median) if figures.median is not None else "",
        slower=line.trend.mark if line.trend.slower else "",
        due=_due(line.next_due, now) if line.next_due else "",
        mark=words.trimmed(one_line(line.watermark), _MARK),
        age=words.rough(age.total_seconds()) if age is not None and age > timedelta(0) else "",
    )


def _due(due: datetime, now: datetime) -> str:
    """Write a due time as short as it stays clear: of today the time alone; the script makes '9 min' of it."""
    today = due.astimezone(UTC).date() == now.astimezone(UTC).date()
    whole = iso(due).replace(":00Z", "Z")
    return whole.partition("T")[2].removesuffix("Z") if today else whole


def _news(line: JobLine) -> str:
    """Give what the row says of itself, without what stands beside it anyway."""
    return _DUES.sub("", one_line(line.reason))
