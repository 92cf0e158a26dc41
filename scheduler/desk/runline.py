"""One run, skip or waiting attempt as people read it: out of its row of Runs and its entry in the job's row."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from scheduler.desk.cells import Cell, code, flag, moment, number, text, whole
from scheduler.desk.names import parts_of
from scheduler.entry import row_of, run_of
from scheduler.identity import run_ref
from scheduler.row import UNSET, Columns, Key, Row, iso, known
from scheduler.run import ENDS, OPEN, SKIPPED, Run, job_name

#: What a list of runs is made of: all but what is long, the entry, the events and what ACI was asked for.
LISTED = (
    *(
        "State",
        "Trigger",
        "Due",
        "From",
        "Attempt",
        "Group",
        "RunId",
        "Location",
        "Claimed",
        "Lease",
        "Cause",
        "Reason",
    ),
    *("Started", "Finished", "Duration", "ExitCode", "WatermarkFrom", "WatermarkTo", "IntervalStart", "IntervalEnd"),
    *(
        "RetryAt",
        "Commit",
        "Cpu",
        "MemoryGb",
        "Spot",
        "Cost",
        "Image",
        "Digest",
        "Restarts",
        "Log",
        "Metrics",
        "Progress",
    ),
)


@dataclass(frozen=True)
class RunLine:
    """One run. `row` is its row of Runs (in a list cut to `LISTED`), `entry` what the job's row says of it while open.

    Of an attempt that is still to come, or was claimed this moment, `row` is what would be registered.
    """

    row: Row = field(repr=False)
    entry: Run | None = None

    #: Why it was started: schedule, after, request or backfill.
    trigger = Cell("Trigger", text)
    #: Its end, or the reason of a skip, as its row has it; see `reason`.
    told = Cell("Reason", text)
    #: Why it did not succeed, one of `scheduler.run.Cause`.
    cause = Cell("Cause", text)
    #: When its container began and ended; known once it is closed.
    started = Cell("Started", moment)
    finished = Cell("Finished", moment)
    #: What its container ended with.
    exit_code = Cell("ExitCode", code)
    #: The watermark that it was told.
    watermark_from = Cell("WatermarkFrom", text)
    #: The name of its container group, and RUN_ID as its container is told.
    group = Cell("Group", text)
    run_id = Cell("RunId", text)
    #: The image that ACI says ran, and its digest; the commit of GitRepo.
    image = Cell("Image", text)
    digest = Cell("Digest", text)
    commit = Cell("Commit", text)
    #: Cores and GB that its group asked for, and whether it was a Spot group.
    cpu = Cell("Cpu", number)
    memory = Cell("MemoryGb", number)
    spot = Cell("Spot", flag)
    #: What it cost, in the money of the settings; None without prices.
    cost = Cell("Cost", number)
    #: How often the platform started its container again.
    restarts = Cell("Restarts", whole)
    #: When the next attempt follows; None when none does.
    retry_at = Cell("RetryAt", moment)
    #: The blob that holds its log; '' when it has none. `desk.logs` reads it.
    log_name = Cell("Log", text)
    #: How far it said it was; of an open one `desk.logs` tells.
    progress = Cell("Progress", text)
    #: What ACI was asked for, as JSON without secrets; '' when it was not kept. `desk.spec` reads it.
    container = Cell("Container", text)

    @property
    def cells(self) -> Columns:
        """The cells of its row."""
        return self.row.columns

    @property
    def key(self) -> Key:
        """The job."""
        return self.row.partition, job_name(self.row)

    @property
    def ref(self) -> str:
        """Its name within the job, for addresses and the command line."""
        return run_ref(self.began, self.attempt)

    @property
    def skip(self) -> bool:
        """Whether this is a range of due times that was let pass, from `first` to `due`."""
        return self.cells.get("State") == SKIPPED

    @property
    def going(self) -> bool:
        """Whether it is open: neither closed nor a skip; an attempt that waits is."""
        return self.entry is not None or self.cells.get("State") == OPEN

    @property
    def state(self) -> str:
        """How it ended; of an open one Waiting, Starting, Running or Cancelling; Skipped.

        `Active` where the job's row does not know the open run: the job was deleted, or a tick is about to tell.
        """
        if self.entry is None:
            return text(self.cells.get("State"))
        return "Cancelling" if self.cancelling else str(self.entry.state)

    @property
    def succeeded(self) -> bool | None:
        """Whether it ended well; None while it is open, and of a skip."""
        said = self.cells.get("State")
        return said == "Succeeded" if self.entry is None and said in set(ENDS) else None

    @property
    def cancelling(self) -> bool:
        """Whether its end was asked for."""
        return self.entry is not None and self.entry.cancel

    @cached_property
    def due(self) -> datetime:
        """Its due time; of a skip the last of its range."""
        return known(self.cells.get("Due")) or self.began

    @property
    def first(self) -> datetime:
        """The first due time of a skip; else the due time."""
        return known(self.cells.get("From")) or self.began

    @property
    def began(self) -> datetime:
        """The due time in its key, of a skip the first one: its name, and what lists are ordered by."""
        return self._parts[0]

    @property
    def attempt(self) -> int:
        """Which try of its due time it is."""
        return self._parts[1]

    @property
    def unread(self) -> datetime | None:
        """Since when its container is over and its log cannot be read; None while it is not, and once it is closed."""
        return self.entry.unread if self.entry and not self.entry.cancel else None

    @property
    def reason(self) -> str:
        """Its end, or the reason of a skip, in a sentence; '' while it is open, unless only its log is awaited."""
        if self.unread is None:
            return self.told
        return f"Its container ended, and its log cannot be read yet: each tick tries again, since {iso(self.unread)}."

    @property
    def claimed(self) -> datetime | None:
        """When it was promised."""
        return None if self.entry and self.entry.waiting else known(self.cells.get("Claimed"))

    @property
    def lease(self) -> datetime | None:
        """Until when its claim belongs to the tick that made it, while it is open."""
        return None if self.entry is None or self.entry.waiting else self.entry.lease

    @property
    def not_before(self) -> datetime | None:
        """When an attempt that waits may begin."""
        return self.entry.not_before if self.entry else None

    @property
    def closed(self) -> datetime | None:
        """When its end was written down; a closed row never changes again."""
        return None if self.going or self.skip else self.row.timestamp

    @property
    def seconds(self) -> float | None:
        """How long its container ran; None while it is open, and of a skip."""
        return None if self.going or self.skip else number(self.cells.get("Duration"))

    def lasting(self, now: datetime) -> float | None:
        """How long it took, or has been going since its claim; None of a skip, and of an attempt that waits."""
        if not self.going:
            return self.seconds
        return max(0.0, (now - self.claimed).total_seconds()) if self.claimed else None

    @property
    def watermark_to(self) -> str | None:
        """The watermark after it, the same where it did not move it; None while it is open, and of a skip."""
        return None if self.going or self.skip else text(self.cells.get("WatermarkTo"))

    @property
    def moved(self) -> bool:
        """Whether it moved its watermark."""
        return self.succeeded is True and self.watermark_to != self.watermark_from

    @property
    def interval(self) -> tuple[datetime, datetime] | None:
        """The stretch of time that it stands for."""
        start, end = (known(self.cells.get(name)) for name in ("IntervalStart", "IntervalEnd"))
        return (start, end) if start and end else None

    @property
    def location(self) -> str:
        """The region of its group."""
        return self.entry.location if self.entry else text(self.cells.get("Location"))

    @cached_property
    def events(self) -> tuple[Mapping[str, Any], ...]:
        """ACI's events, as ACI wrote them: name, message, firstTimestamp, lastTimestamp, count, type."""
        said = _json(self.cells.get("Events"))
        return tuple(one for one in said if isinstance(one, dict)) if isinstance(said, list) else ()

    @cached_property
    def metrics(self) -> Mapping[str, float]:
        """What it reported as figures; of an open one `desk.logs` tells."""
        said = _json(self.cells.get("Metrics"))
        figures = {str(name): number(value) for name, value in said.items()} if isinstance(said, dict) else {}
        return {name: value for name, value in figures.items() if value is not None}

    @cached_property
    def claim(self) -> Run | None:
        """The run as it was claimed, or stands in the job's row; None in lists of closed runs, and of a skip."""
        return self.entry or (run_of(self.row) if "Entry" in self.cells else None)

    @property
    def apart(self) -> bool:
        """Whether its watermark was its own, so that the row's stayed; in lists known of open runs only."""
        return self.claim is not None and self.claim.apart

    @cached_property
    def _parts(self) -> tuple[datetime, int]:
        return parts_of(self.row) or (known(self.cells.get("Due")) or UNSET, 0)


def of_row(row: Row, entry: Run | None = None) -> RunLine:
    """Make a line of a row of Runs; `entry` counts only while the row is open."""
    return RunLine(row, entry if row.columns.get("State") == OPEN else None)


def of_entry(entry: Run) -> RunLine:
    """Make a line of what stands in the job's row alone."""
    return RunLine(Row(*entry.key, row_of(entry)), entry)


def _json(written: object) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(written) if isinstance(written, str) and written else None
    except (ValueError, RecursionError):
        return None
