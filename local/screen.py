"""The live tables of a terminal, laid out for its width and height.

Nothing may push a job or its Reason off the screen: a narrow terminal has the Reason on lines of its own,
a wide one drops columns before Reason gets too little room, and what does not fit is counted and said.
"""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from local.view import JobLine, Lines, Look, RunLine, View, clock, shorten

RECENT = 10
"""Runs that are remembered for the table below the jobs."""
LEAST_RUNS = 4
"""Rows that the runs get however many jobs there are."""
LEAST_REASON = 30
NARROW = 110
"""Below this many columns the Reason stands under its job."""
MOST_LINES = 3
"""Lines of one Reason; `python -m scheduler job show` has all of it."""
GAP = 2
DROPPED_FIRST = ("SECONDS", "FINISHED", "DUE", "WATERMARK", "NEXT RUN")
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
class Line:
    """One row of a table: its cells by column, the state that gives it its colour, and its Reason."""

    cells: dict[str, str]
    state: str
    reason: str


class Screen:
    """For a terminal: the jobs, and the latest runs below them, redrawn in place."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._runs: dict[tuple[str, str], RunLine] = {}
        self._live = Live(console=console, auto_refresh=False)
        self._live.start()

    def show(self, look: Look, now: datetime) -> None:
        """Redraw, for the size that the terminal has now."""
        for run in look.runs:
            self._runs[run.job, run.row_key] = run
        latest = sorted(self._runs.items(), key=lambda item: item[1].changed)[-RECENT:]
        self._runs = dict(latest)
        newest_first = [run for _, run in reversed(latest)]
        lines = draw(Look(look.jobs, newest_first), now, self._console.width, self._console.height - 1)
        self._live.update(Group(*lines), refresh=True)

    def close(self) -> None:
        """Leave the last tables where they are and give the cursor back."""
        self._live.stop()


def view(console: Console) -> View:
    """The view that suits where the output goes."""
    return Screen(console) if console.is_terminal and not console.is_dumb_terminal else Lines(console)


def draw(look: Look, now: datetime, width: int, height: int) -> list[Text]:
    """The tables in at most `height` lines of `width`; `look.runs` is the newest first.

    Reasons get fewer lines before any row is left out.
    """
    runs = [_run(run, now) for run in look.runs]
    for most in range(MOST_LINES, 0, -1):
        below = _runs_table(runs, width, most)
        above = _jobs_table(look.jobs, now, width, most)
        if len(above) + len(below) <= height:
            return above + below
    # Title, column names, and then an empty line and column names above the runs.
    reserved = min(len(below), 2 + max(LEAST_RUNS, height - len(above) - 2)) if runs else 0
    return _fewer_jobs(look.jobs, now, width, height - reserved) + below[:reserved]


def _fewer_jobs(jobs: Sequence[JobLine], now: datetime, width: int, height: int) -> list[Text]:
    """The jobs that changed last, in the table's order, as many as fit, and how many more there are."""
    whole = _jobs_table(jobs, now, width, 1)
    if len(whole) <= height:
        return whole
    last = sorted(range(len(jobs)), key=lambda place: jobs[place].changed, reverse=True)
    for count in range(len(jobs) - 1, 0, -1):
        drawn = _jobs_table([jobs[place] for place in sorted(last[:count])], now, width, 1)
        if len(drawn) < height:
            return [*drawn, Text(f"+{len(jobs) - count} more: python -m scheduler jobs", style="dim", no_wrap=True)]
    return whole[: max(height, 0)]


def _jobs_table(jobs: Sequence[JobLine], now: datetime, width: int, most: int) -> list[Text]:
    title = Text(f"Jobs at {now.astimezone():%H:%M:%S}", style="italic", no_wrap=True)
    return [title, *_table([_job(line, now) for line in jobs], "STATUS", width, most, under=width < NARROW)]


def _runs_table(runs: Sequence[Line], width: int, most: int) -> list[Text]:
    """A run's Reason is short or empty, so that it stands beside the run on a narrow terminal, too."""
    return [Text(""), *_table(runs, "STATE", width, min(most, 1), under=False)] if runs else []


def _job(line: JobLine, now: datetime) -> Line:
    cells = {
        "JOB": shorten(line.job),
        "STATUS": line.status or "new",
        "NEXT RUN": clock(line.next_run, now) or "-",
        "WATERMARK": shorten(line.watermark) or "-",
        "FINISHED": clock(line.finished, now) or "-",
        "SECONDS": line.seconds or "-",
    }
    return Line(cells, line.status, line.reason)


def _run(run: RunLine, now: datetime) -> Line:
    told = "  ".join(text for text in (run.watermarks, run.reason) if text)
    cells = {
        "RUN OF": shorten(run.job),
        "STATE": run.state,
        "DUE": clock(run.due, now) or "-",
        "SECONDS": run.seconds or "-",
    }
    return Line(cells, run.state, told)


def _table(lines: Sequence[Line], state: str, width: int, most: int, *, under: bool) -> list[Text]:
    """Column names and rows. `under`: the Reason on lines below its row, else beside it in what is left."""
    if not lines:
        return []
    widths = _fitting(lines, width - (0 if under else LEAST_REASON))
    used = sum(widths.values()) + GAP * len(widths)
    indent = GAP if under else used
    head = _row({name: name for name in widths}, widths)
    head.append("" if under else "REASON")
    head.stylize("bold")
    drawn = [_cut(head, width)]
    for line in lines:
        reasons = _wrapped(line.reason, max(width - indent, 1), most)
        row = _row(line.cells, widths, {state: COLOURS.get(line.state, "")})
        if not under:
            row.append(reasons.pop(0) if reasons else "")
        drawn += [_cut(row, width), *(Text(" " * indent + text, style="dim", no_wrap=True) for text in reasons)]
    return drawn


def _fitting(lines: Sequence[Line], width: int) -> dict[str, int]:
    """The columns that fit into `width`, each with its own; the least important go first."""
    names = list(lines[0].cells)
    widths = {name: max(cell_len(text) for text in (name, *(line.cells[name] for line in lines))) for name in names}
    for name in DROPPED_FIRST:
        if sum(widths.values()) + GAP * len(widths) <= width:
            break
        widths.pop(name, None)
    return widths


def _row(cells: dict[str, str], widths: dict[str, int], styles: dict[str, str] | None = None) -> Text:
    row = Text(no_wrap=True)
    for name, width in widths.items():
        row.append(set_cell_size(cells[name], width) + " " * GAP, style=(styles or {}).get(name, ""))
    return row


def _cut(row: Text, width: int) -> Text:
    row.rstrip()
    row.truncate(width, overflow="ellipsis")
    return row


def _wrapped(text: str, width: int, most: int) -> list[str]:
    lines = textwrap.wrap(text, width, max_lines=most, placeholder=" …") if text else []
    return [line[:width] for line in lines]
