"""Jobs and runs as a person wants to see them: live tables on a terminal, else a line for each change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

RECENT = 10
"""Runs shown below the jobs on a terminal."""
NEVER = "9999"
"""The year by which the scheduler says that no time is planned."""
WIDEST = 32
"""Characters of a column: a watermark may have a thousand."""
COLOURS = {
    "Active": "cyan",
    "Failed": "red",
    "Invalid": "red",
    "Lost": "red",
    "Running": "cyan",
    "Starting": "cyan",
    "Succeeded": "green",
    "Waiting": "yellow",
}


@dataclass(frozen=True)
class JobLine:
    """One job as its row tells it; every field is text to show, empty for nothing."""

    job: str
    status: str
    reason: str
    next_run: str
    watermark: str
    finished: str
    seconds: str

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Self:
        """Take what is shown from a row of the Jobs table, whose columns may be missing."""
        text = _texts(row)
        return cls(
            job=f"{text.get('PartitionKey', '?')}/{text.get('RowKey', '?')}",
            status=text.get("Status", ""),
            reason=text.get("Reason", ""),
            next_run=_clock(text.get("NextRun", "")),
            watermark=text.get("Watermark", ""),
            finished=_clock(text.get("LastFinished", "")),
            seconds=text.get("LastDuration", ""),
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

    @classmethod
    def from_row(cls, job: str, row: Mapping[str, Any]) -> Self:
        """Take what is shown from a row of the Runs table, whose columns may be missing."""
        text = _texts(row)
        before, after = text.get("WatermarkFrom", ""), text.get("WatermarkTo", "")
        return cls(
            job=job,
            row_key=text.get("RowKey", ""),
            due=_clock(text.get("Due", "")),
            state=text.get("State", ""),
            seconds=text.get("Duration", ""),
            watermarks=f"{shorten(before) or 'start'} -> {shorten(after)}" if after else "",
            reason=text.get("Reason", ""),
        )

    def change(self) -> str:
        """What is worth a line of its own."""
        words = [f"{self.job:<18}", f"run due {self.due}", self.state, self.watermarks, self.reason]
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
    """For a file or a pipe: plain lines, one for each change; a state that stays is no news."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._jobs: dict[str, str] = {}
        self._runs: dict[tuple[str, str], str] = {}

    def show(self, look: Look, now: datetime) -> None:
        """Print what changed: runs first, for they are why jobs change."""
        runs = {(run.job, run.row_key): run.change() for run in look.runs}
        jobs = {line.job: line.change() for line in look.jobs}
        news = [text for key, text in runs.items() if self._runs.get(key) != text]
        news += [text for job, text in jobs.items() if self._jobs.get(job) != text]
        news += [f"{job:<18}  removed" for job in self._jobs if job not in jobs]
        self._jobs = jobs
        self._runs |= runs
        for text in news:
            line = f"{now.astimezone():%H:%M:%S}  {text}"
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def close(self) -> None:
        """Nothing to put back."""


class Screen:
    """For a terminal: the jobs, and the latest runs below them, redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._runs: dict[tuple[str, str], RunLine] = {}
        self._live = Live(console=console, auto_refresh=False)
        self._live.start()

    def show(self, look: Look, now: datetime) -> None:
        """Redraw."""
        for run in look.runs:
            self._runs.pop((run.job, run.row_key), None)
            self._runs[run.job, run.row_key] = run
        self._runs = dict(list(self._runs.items())[-RECENT:])
        newest_first = list(reversed(self._runs.values()))
        self._live.update(Group(jobs_table(look.jobs, now), runs_table(newest_first)), refresh=True)

    def close(self) -> None:
        """Leave the last tables where they are and give the cursor back."""
        self._live.stop()


def view(console: Console) -> View:
    """The view that suits where the output goes."""
    return Screen(console) if console.is_terminal and not console.is_dumb_terminal else Lines(console)


def jobs_table(jobs: Sequence[JobLine], now: datetime) -> Table:
    """All jobs, one row each."""
    grid = _grid(
        f"Jobs at {now.astimezone():%H:%M:%S}", "Job", "Status", "Next run", "Watermark", "Finished", "Seconds"
    )
    for line in jobs:
        fields = (line.next_run, line.watermark, line.finished, line.seconds, line.reason)
        grid.add_row(Text(line.job), _coloured(line.status), *map(Text, fields))
    return grid


def runs_table(runs: Sequence[RunLine]) -> Table:
    """These runs, one row each."""
    grid = _grid("Runs", "Job", "State", "Due", "Watermark", "Seconds")
    for run in runs:
        fields = (run.due, run.watermarks, run.seconds, run.reason)
        grid.add_row(Text(run.job), _coloured(run.state), *map(Text, fields))
    return grid


def shorten(text: str) -> str:
    """At most WIDEST characters, the cut marked."""
    return text if len(text) <= WIDEST else text[: WIDEST - 1] + "…"


def _grid(title: str, *columns: str) -> Table:
    """A table of these columns and a last one, Reason, which takes what room is left."""
    grid = Table(title=title, title_justify="left", expand=True)
    for name in columns:
        grid.add_column(name, no_wrap=True, max_width=WIDEST)
    grid.add_column("Reason", ratio=1)
    return grid


def _coloured(state: str) -> Text:
    return Text(state, style=COLOURS.get(state, ""))


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: "" if value is None else _printable(str(value)) for name, value in row.items()}


def _printable(text: str) -> str:
    """Take out what would steer the terminal: a job may print any bytes as its watermark."""
    return "".join(character if character.isprintable() else " " for character in text)


def _clock(text: str) -> str:
    """The local time of day of an ISO instant; other text as it is, and never as nothing."""
    if not text or text.startswith(NEVER):
        return ""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{moment.astimezone():%H:%M:%S}"
