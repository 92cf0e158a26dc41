"""Alerts that have not arrived: those that wait for their next try, and those that were given up."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from scheduler.alerts.address import masked
from scheduler.alerts.letter import complained, is_letter
from scheduler.row import Row, iso, known

#: The cells that tell of it: not the news themselves, of which there may be a week's.
CELLS = ("NextRun", "AlertTo", "AlertSaid")


@dataclass(frozen=True)
class Unsent:
    """What one webhook has not taken. `to`: its address as it may be shown."""

    to: str
    #: How many wait for their next try, since when the oldest does, and what it met at its last one.
    waiting: int
    oldest: datetime | None
    said: str
    #: How many were given up since the webhook last took one, and why the last of them.
    given_up: int
    why: str
    #: Who said so, and who gave the reason why: the same webhook, unless the setting names another one since.
    said_by: str = ""
    why_by: str = ""

    @property
    def sentence(self) -> str:
        """Say it."""
        return " ".join(filter(None, (self._waiting(), self._given_up())))

    def _waiting(self) -> str:
        if not (self.waiting and self.oldest):
            return ""
        many = f"{self.waiting:,} alerts wait" if self.waiting > 1 else "1 alert waits"
        there = f", at {self.said_by}" if self.said_by != self.to else ""
        return f"{many} to be sent to {self.to}, the oldest since {iso(self.oldest)}; the last try{there}: {self.said}."

    def _given_up(self) -> str:
        if not self.given_up:
            return ""
        many = f"{self.given_up:,} alerts were" if self.given_up > 1 else "1 alert was"
        return f"{many} given up, and nobody was told: {self.why} ({self.why_by})."


def unsent(rows: Iterable[Row], webhook: str) -> tuple[Unsent, ...]:
    """Find them among the rows of Jobs; `webhook`: the setting's, which counts where a row names none of its own."""
    by_address: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if is_letter(row):
            by_address[str(row.columns.get("AlertTo", "")) or webhook].append(row)
    found = [_of(masked(to), letters) for to, letters in sorted(by_address.items())]
    return tuple(one for one in found if one.waiting or one.given_up)


def _of(to: str, letters: Sequence[Row]) -> Unsent:
    taken = [one.timestamp for one in letters if not one.columns.get("AlertSaid") and _next(one) is None]
    worked = max(taken, default=None)
    failed = [(one, complaint) for one in letters if (complaint := complained(one))]
    waiting = sorted(complaint for one, complaint in failed if _next(one))
    lost = sorted(
        (one.timestamp, complaint)
        for one, complaint in failed
        if _next(one) is None and (worked is None or one.timestamp > worked)
    )
    oldest, said, said_by = waiting[0] if waiting else (None, "", "")
    why, why_by = lost[-1][1][1:] if lost else ("", "")
    return Unsent(to, len(waiting), oldest, said, len(lost), why, said_by or to, why_by or to)


def _next(letter: Row) -> datetime | None:
    return known(letter.columns.get("NextRun"))
