"""The sums of docs/scale.md, made anew: from the code's own constants, the limits that the emulator imposes, the prices
of docs/operate.md and the figures of docs/performance.md. `.venv/bin/python -m tests.scale` prints the tables."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from math import ceil, floor
from pathlib import Path

from aci_emulator.limits import Limits
from scheduler import pace
from scheduler.cloud import tables
from scheduler.job import Job
from scheduler.ports import MOST_IN_BATCH
from scheduler.row import Row
from scheduler.settings import Settings
from scheduler.steps import line, look
from scheduler.wiring import THREADS

ROOT = Path(__file__).parents[1]
OPERATE = (ROOT / "docs/operate.md").read_text()
PERFORMANCE = (ROOT / "docs/performance.md").read_text()

#: Of a month of 31 days, a tick a minute; and the hours, each with a full read.
TICKS, HOURS = 31 * 24 * 60, int(31 * 24 / (look.FULL_EVERY.total_seconds() / 3_600))
PAGE = tables._PAGE
LIMITS = Limits()
SETTINGS = Settings()
#: How many creations an hour's ration comes to in a minute.
A_MINUTE = Fraction(int(LIMITS.creates_hour), int(pace.HOUR.total_seconds()) // 60)
#: Seconds of a PUT, as docs/emulator.md has it.
PUT = 3
#: What a run of one minute is at least: there in its own minute and until the next tick has seen its end.
MINUTES_THERE = 2
JOBS = (10, 100, 1_000, 10_000, 100_000, 1_000_000)
DUE = (1, 5, 10, 100, 1_000, 10_000)
#: What the bench ran: jobs, and due at once.
BENCH = {100: 10, 1_000: 100, 10_000: 1_000}
_UNITS = {"ms": 0.001, "s": 1.0, "MiB": 1.0}
#: The prices of docs/operate.md, as they stand there.
PRICES = ("$0.00036 for 10,000", "$0.054 for 10,000", "$0.000026 a GB-s", "$0.0405 and $0.0045 an hour")
TRANSACTION, BLOB_WRITE, GB_SECOND = 0.00036 / 10_000, 0.054 / 10_000, 0.000026
CORE_HOUR, GB_HOUR = 0.0405, 0.0045
#: GB-s a month that cost nothing, and the GB of an instance.
FREE, INSTANCE = 100_000, 2


@dataclass(frozen=True)
class Figures:
    """A row of the bench's table of docs/performance.md: seconds, and MiB."""

    cpu: float
    memory: float
    idle: float

    @classmethod
    def of(cls, jobs: int, row: str) -> "Figures":
        """Read a row of Crontable's."""
        _, _, table = PERFORMANCE.partition(f"### {jobs:,} jobs, {BENCH[jobs]:,} due\n")
        found = re.search(rf"^\| Crontable, {row} \|(.*)\|$", table, re.MULTILINE)
        assert found, f"docs/performance.md has no row of {jobs:,} jobs"
        cells = [cell.strip() for cell in found[1].split("|")]
        return cls(*(_figure(cells[at]) for at in (0, 4, 5)))


def _figure(cell: str) -> float:
    number, unit, *_ = cell.split()  # behind them, the spread
    return float(number.replace(",", "")) * _UNITS[unit]


@cache
def whole(jobs: int) -> Figures:
    """What the bench says of a whole tick."""
    return Figures.of(jobs, "whole tick")


@cache
def a_row() -> float:
    """Seconds of CPU for a row that is due, up to the first PUT."""
    return Figures.of(10_000, "up to the first PUT").cpu / BENCH[10_000]


@cache
def a_job() -> float:
    """MiB for a row that there is."""
    return (whole(10_000).memory - whole(1_000).memory) / 9_000


def pages(jobs: int) -> int:
    """Transactions that answer with so many jobs; the heartbeat's row is in that table, too."""
    return ceil((jobs + 1) / PAGE)


def idle_month(jobs: int) -> int:
    """Transactions of a month in which nothing is due: a look and a heartbeat a tick; of an hour's full read further
    pages of Jobs, and one look at Runs."""
    return 2 * TICKS + HOURS * pages(jobs)


def starting(due: int) -> int:
    """Transactions of a tick that starts so many of one PartitionKey."""
    return 2 + 3 * ceil(due / MOST_IN_BATCH)


def turning(due: int) -> int:
    """The same where as many end."""
    return starting(due) + 2 * ceil(due / MOST_IN_BATCH)


def memory(jobs: int) -> float:
    """MiB of a process that has read so many rows."""
    return whole(10_000).memory + (jobs - 10_000) * a_job()


def most_jobs(mib: int) -> int:
    """How many rows fit, in whole ten thousands."""
    return floor((10_000 + (mib - whole(10_000).memory) / a_job()) / 10_000) * 10_000


def containers(due: int) -> float:
    """Dollars a month of so many runs a minute, of one minute each, at the sizes that a row has by default."""
    job = Job.from_row(Row("a", "b", {"Image": "x"}))
    assert isinstance(job, Job)
    return due * TICKS * (job.cpu * CORE_HOUR + job.memory * GB_HOUR) / 60


def executing(seconds: float) -> tuple[float, float]:
    """GB-s of a month in which each tick takes so long, and dollars."""
    used = TICKS * seconds * INSTANCE
    return used, (used - FREE) * GB_SECOND


def dollars(amount: float) -> str:
    """Write an amount: two digits after the point, of less than ten cents three."""
    return f"${amount:,.3f}" if amount < 0.1 else f"${amount:,.2f}" if amount < 1_000 else f"${amount:,.0f}"


def lasting(minutes: Fraction) -> str:
    """Write a pause as people read it."""
    if minutes < 60:
        return f"{int(minutes)} min"
    if minutes < 48 * 60:
        return f"{minutes // 60} h {int(minutes % 60)} min"
    return f"{round(minutes / 1_440)} days"


def _measured(jobs: int) -> tuple[str, str]:
    nearest = max(jobs, min(BENCH))
    if nearest in BENCH:
        return f"{whole(nearest).idle * 1_000:.1f} ms", f"{whole(nearest).memory:,.0f} MiB"
    return "not run", f"*{memory(jobs) / 1_024:.1f} GiB*"


def by_jobs() -> Iterator[str]:
    """The rows of the table by N."""
    for jobs in JOBS:
        cpu, held = _measured(jobs)
        beyond = jobs > max(BENCH)
        idle, full, month = "*2*" if beyond else "2", f"{pages(jobs) + 2:,}", f"{idle_month(jobs):,}"
        every = lasting(jobs / A_MINUTE)
        costs = dollars(idle_month(jobs) * TRANSACTION)
        yield f"| {jobs:,} | {idle} | {cpu} | *{full}* | *{month}* | *{costs}* | {held} | *{every}* |"


def _cpu(due: int) -> str:
    ran = {at_once: whole(jobs).cpu for jobs, at_once in BENCH.items()}
    if due in ran:
        return f"{ran[due]:.2f} s"
    return f"under {ran[10]:.2f} s" if due < 10 else f"*{ran[1_000] * due / 1_000:.0f} s*"


def puts(several: int) -> int:
    """Seconds until the last of so many PUTs is answered: THREADS at once, round by round."""
    return ceil(several / THREADS) * PUT


def by_due() -> Iterator[str]:
    """The rows of the table by due a minute: storage and time."""
    for due in DUE:
        month = TICKS * turning(due) + HOURS
        told = (f"{starting(due):,}", f"{turning(due):,}", f"{month:,}")
        costs = dollars(month * TRANSACTION), dollars(2 * due * TICKS * BLOB_WRITE)
        ran = "*{}*" if due > BENCH[10_000] else "{}"
        shown = " | ".join([ran.format(told[0]), *(f"*{one}*" for one in (*told[1:], *costs))])
        yield f"| {due:,} | {shown} | {_cpu(due)} | *{puts(due)} s* |"


def by_aci() -> Iterator[str]:
    """The rows of the table by due a minute: Container Instances and ARM."""
    for due in DUE:
        there = due * MINUTES_THERE
        regions = max(ceil(due / A_MINUTE), ceil(there / LIMITS.groups))
        reads, writes = due * (MINUTES_THERE + 1) / 60, due / 60
        yield (
            f"| {due:,} | *{regions:,}* | *{there:,}* | *{reads:,.2f}* | *{writes:,.2f}* | *{writes:,.2f}* "
            f"| *{dollars(containers(due))}* |"
        )


def timeout() -> int:
    """The minutes after which the host ends a tick."""
    hours, minutes, _ = json.loads((ROOT / "host.json").read_text())["functionTimeout"].split(":")
    return int(hours) * 60 + int(minutes)


#: How many PUTs a tick has time for.
MOST_PUTS = int(THREADS * line.LAST_PUT / PUT)


if __name__ == "__main__":
    for table in (by_jobs, by_due, by_aci):
        print(*table(), "", sep="\n")  # noqa: T201
