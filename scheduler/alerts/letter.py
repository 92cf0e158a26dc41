"""A letter: news on its way to a webhook, as a row of Jobs among Crontable's own.

Its NextRun says when it is to be sent next, so that the look of a tick finds it without a query of its own.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple, Self

from scheduler.alerts.address import masked
from scheduler.alerts.news import News
from scheduler.entry import ODD
from scheduler.identity import aware
from scheduler.mask import STARS
from scheduler.row import HEARTBEAT, NEVER, Columns, Key, Row, Value, iso, known

#: The columns that a look must ask for, beside those of a job.
COLUMNS = ("Alert", "AlertSaid", "Claim")
#: The first delay after a try that failed; it doubles up to the longest, until the news is too old to be any.
FIRST, LONGEST, TOO_OLD = timedelta(minutes=1), timedelta(hours=1), timedelta(hours=24)
#: How long a letter is kept once it is done with: until then the same news is known to have been told.
KEPT = timedelta(days=7)
_PREFIX = "alert-"


def deaf_name(address: str) -> str:
    """Name a webhook where its address must not stand."""
    return hashlib.sha256(address.encode(errors="surrogatepass")).hexdigest()[:16]


def deaf_from_text(cell: Value | None) -> dict[str, datetime]:
    """Read which webhooks take nothing, and since when; {} for what somebody mangled."""
    try:
        return {str(name): aware(since) for name, since in json.loads(str(cell)).items()}
    except ODD:
        return {}


def deaf_to_text(deaf: Mapping[str, datetime]) -> str:
    """Write it, the latest that a cell holds with ease."""
    return json.dumps({name: iso(since) for name, since in sorted(deaf.items(), key=lambda one: one[1])[-100:]})


def key_of(news: News) -> Key:
    """Name the row: the same news found twice is refused by the table, and told once."""
    return HEARTBEAT[0], f"{_PREFIX}{news.id}"


def is_letter(row: Row) -> bool:
    """Say whether a row of Jobs is one."""
    return row.partition == HEARTBEAT[0] and row.name.startswith(_PREFIX)


class Complaint(NamedTuple):
    """What a try met that failed, since when its news waits, and who it was that would not take it, '' = not known."""

    since: datetime
    said: str
    by: str = ""


def complained(row: Row) -> Complaint | None:
    """Read it from a letter's row; None where no try has failed, or it was taken since."""
    since, _, said = str(row.columns.get("AlertSaid", "")).partition(" ")
    by, _, rest = said.partition(" ")
    by, said = (by, rest) if by.endswith(STARS) else ("", said)
    try:
        return Complaint(aware(since), said, by)
    except (ValueError, OverflowError):
        return None


@dataclass(frozen=True)
class Letter:
    """News, whom it goes to, and how often that was tried."""

    key: Key
    news: News
    #: An address, or '' for the setting's.
    to: str
    #: When it was news.
    at: datetime
    #: When it is to be sent next; None when it is done with.
    next: datetime | None
    tries: int = 0
    #: What the last try met that failed, as `complaint` writes it; '' = none has failed, or it was taken.
    said: str = ""
    etag: str = ""

    @classmethod
    def of(cls, news: News, to: str, now: datetime) -> Self:
        """Write news down, to be sent at once."""
        return cls(key_of(news), news, to, now, now)

    @classmethod
    def from_row(cls, row: Row) -> Self | None:
        """Read it back; None for what somebody mangled."""
        try:
            said = json.loads(str(row.columns["Alert"]))
            news, at = News.from_dict(said), aware(said["at"])
            return cls(
                row.key, news, str(row.columns.get("AlertTo", "")), at,
                known(row.columns.get("NextRun")), int(said["tries"]), str(row.columns.get("AlertSaid", "")), row.etag,
            )  # fmt: skip
        except ODD:
            return None

    @property
    def columns(self) -> Columns:
        """Write it."""
        said = {**self.news.to_dict(), "at": iso(self.at), "tries": self.tries}
        sending: Columns = {"NextRun": self.next or NEVER, "AlertSaid": self.said, "Claim": ""}
        return {"Alert": json.dumps(said), "AlertTo": self.to, **sending}

    def again(self, now: datetime) -> datetime:
        """Say when it would be tried again, if this try fails."""
        return now + min(FIRST * int(2 ** min(self.tries, 10)), LONGEST)

    def complaint(self, said: str, by: str) -> str:
        """Write what a try met that failed, and at whom, behind the instant of the news: a list need not read these.

        Scenario: the setting names another webhook since; what the old one refused was not refused by the new one.
        """
        return " ".join(filter(None, (iso(self.at), masked(by), said)))

    def later(self, now: datetime, after: timedelta | None) -> datetime | None:
        """Say when to try again after the try that was claimed failed, never earlier than the webhook asks.

        None = it is too old by then.
        """
        at = max(self.next or now, now + (after or timedelta(0)))
        return at if at - self.at <= TOO_OLD else None
