"""Jobs and runs as a person wants to see them: live tables on a terminal, else a line for each change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from rich.console import Console

NOTHING_BEFORE = datetime(1602, 1, 1, tzinfo=UTC)
NOTHING_AFTER = datetime(9999, 1, 1, tzinfo=UTC)
"""The scheduler writes instants outside of these two for `not yet` and `never`."""
WIDEST = 32
"""Characters of a cell: a watermark may have a thousand."""


@dataclass(frozen=True)
class JobLine:
    """One job as its row tells it; every text is to show, '' for nothing; `changed` is when the row was written."""

    job: str
    status: str
    reason: str
    next_run: str
    watermark: str
    finished: str
    seconds: str
    changed: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Take what is shown from a row of the Jobs table, whose columns may be missing."""
        text = _texts(row)
        finished = _happened(text.get("LastFinished", ""))
        return cls(
            job=f"{text.get('PartitionKey', '?')}/{text.get('RowKey', '?')}",
            status=text.get("Status", ""),
            reason=text.get("Reason", ""),
            next_run=_happened(text.get("NextRun", "")),
            watermark=text.get("Watermark", ""),
            finished=finished,
            seconds=text.get("LastDuration", "") if finished else "",
            changed=_changed(row),
        )

    def change(self) -> str:
        """What is worth a line of its own."""
        words = [f"{self.job:<18}", f"{self.status or 'new':<10}"]
        if self.watermark:
            words.append(f"watermark {shorten(self.watermark)}")
        return "  ".join([*words, self.reason]).rstrip()


@dataclass(frozen=True)
class RunLine:
    """One run, or one range of skipped due times, as its row tells it."""

    job: str
    row_key: str
    due: str
    state: str
    seconds: str
    watermarks: str
    reason: str
    changed: datetime

    @classmethod
    def from_row(cls, job: str, row: Mapping[str, Any]) -> Self:
        """Take what is shown from a row of the Runs table, whose columns may be missing."""
        text = _texts(row)
        before, after = text.get("WatermarkFrom", ""), text.get("WatermarkTo", "")
        return cls(
            job=job,
            row_key=text.get("RowKey", ""),
            due=_happened(text.get("Due", "")),
            state=text.get("State", ""),
            seconds=text.get("Duration", "") if _happened(text.get("Finished", "")) else "",
            watermarks=f"{shorten(before) or 'start'} -> {shorten(after)}" if after else "",
            reason=text.get("Reason", ""),
            changed=_changed(row),
        )

    def change(self, now: datetime) -> str:
        """What is worth a line of its own."""
        words = [f"{self.job:<18}", f"run due {clock(self.due, now)}", self.state, self.watermarks, self.reason]
        return "  ".join(word for word in words if word)


@dataclass(frozen=True)
class Look:
    """The tables at one instant: every job, and the runs that may be news."""

    jobs: Sequence[JobLine]
    runs: Sequence[RunLine] = ()


class View(Protocol):
    """Something that shows what was read, each time it was read."""

    def show(self, look: Look, now: datetime) -> None:
        """Show `look` as read at `now`."""
        ...

    def close(self) -> None:
        """Leave the terminal as it should be found."""
        ...


class Lines:
    """For a file or a pipe: each job's present state, then a line for each change; what stays is no news."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began: datetime | None = None
        self._jobs: dict[str, str] = {}
        self._runs: dict[tuple[str, str], str] = {}

    def show(self, look: Look, now: datetime) -> None:
        """Print what changed: runs first, for they are why jobs change."""
        self._began = began = self._began or now
        runs = {(run.job, run.row_key): (run.change(now), run.changed >= began) for run in look.runs}
        jobs = {line.job: line.change() for line in look.jobs}
        news = [text for key, (text, new) in runs.items() if new and self._runs.get(key) != text]
        news += [text for job, text in jobs.items() if self._jobs.get(job) != text]
        news += [f"{job:<18}  removed" for job in self._jobs if job not in jobs]
        self._jobs = jobs
        self._runs |= {key: text for key, (text, _) in runs.items()}
        for text in news:
            line = f"{now.astimezone():%H:%M:%S}  {text}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Nothing to put back."""


def shorten(text: str) -> str:
    """At most WIDEST characters, the cut marked."""
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def clock(text: str, now: datetime) -> str:
    """The local time of an ISO instant, with its date if that is not the day of `now`; other text as it is."""
    moment = _moment(text)
    if moment is None:
        return text
    here = moment.astimezone()
    return f"{here:%H:%M:%S}" if here.date() == now.astimezone().date() else f"{here:%Y-%m-%d %H:%M}"


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else _printable(str(value)) for name, value in row.items()}


def _printable(text: str) -> str:
    """Take out what would steer the terminal: a job may print any bytes as its watermark."""
    return "".join(character if character.isprintable() else " " for character in text)


def _happened(text: str) -> str:
    """The text of an instant, '' for one that stands for `not yet` or `never`."""
    moment = _moment(text)
    return text if moment is None or NOTHING_BEFORE < moment < NOTHING_AFTER else ""


def _changed(row: Mapping[str, Any]) -> datetime:
    stamp = row.get("Timestamp")
    return stamp if isinstance(stamp, datetime) else NOTHING_BEFORE


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
