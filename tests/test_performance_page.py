"""docs/performance.md says of its own tables what they hold: what was aimed at, and what was not reached."""

import re

import pytest

from bench import crontable
from bench.contenders import EVERYBODY, PEERS
from bench.contenders import LARGE as LARGEST
from bench.figures import DECIDED, WHOLE
from bench.page import BEGIN, END, PAGE
from tests.test_docs import section

TEXT = PAGE.read_text()
TABLES = TEXT.partition(BEGIN)[2].partition(END)[0]
MEASURED = section(TEXT, "## What is measured")
SAID = " ".join(section(TEXT, "## What was aimed at, and what was not reached").split())
SIZES = SMALL, MIDDLE, LARGE = "100 jobs, 10 due", "1,000 jobs, 100 due", "10,000 jobs, 1,000 due"
#: The columns of a table of the bench, behind the name.
CPU, RATIO, OPERATIONS, MEMORY, IDLE, IDLE_OPERATIONS = 0, 1, 3, 4, 5, 7
SQLITE, WAL, BEAT = "APScheduler 3, SQLite", "APScheduler 3, SQLite WAL", "Celery beat, redis"
UNITS = {"ms": 1.0, "s": 1_000.0}


def rows(size: str) -> dict[str, list[str]]:
    """The rows of a table by their names, without how often they were measured."""
    lines = [line.strip("| ").split(" | ") for line in section(TABLES, f"### {size}").splitlines() if line[:1] == "|"]
    return {name.partition(" (")[0]: cells for name, *cells in lines[2:]}


def numbers(cell: str) -> list[float]:
    """A cell's median, and where it has a spread, the least and the most."""
    return [float(one.replace(",", "")) for one in re.findall(r"[\d,.]*\d", cell)]


def milliseconds(cell: str) -> float:
    return numbers(cell)[0] * UNITS[cell.split()[1]]


def ratio(name: str, size: str) -> float:
    return numbers(rows(size)[name][RATIO])[0]


def starts(what: str) -> float:
    """Seconds: the most of the rounds, or the only one."""
    (cell,) = re.findall(rf"^\| {re.escape(what)}.* \| (.+) \|$", TABLES, re.MULTILINE)
    return numbers(cell)[-1]


def says(*sentences: str) -> None:
    assert [one for one in sentences if one not in SAID] == []


def test_an_idle_tick_is_what_was_aimed_at() -> None:
    says("An idle tick makes 2 requests and takes at most 5 ms at every size.")
    for size in SIZES:
        idle, requests = rows(size)[DECIDED][IDLE], rows(size)[DECIDED][IDLE_OPERATIONS]
        assert numbers(idle)[0] * UNITS[idle.split()[1]] <= 5, size
        assert numbers(requests) == [2], size


@pytest.mark.parametrize(
    ("size", "short", "most", "requests"), [(MIDDLE, "1,000/100", 60, 3), (LARGE, "10,000/1,000", 600, 21)]
)
def test_a_busy_tick_is_what_was_aimed_at(size: str, short: str, most: int, requests: int) -> None:
    says(f"nder {most} ms and {requests} requests at {short}")
    row = rows(size)[DECIDED]
    assert milliseconds(row[CPU]) < most
    assert numbers(row[OPERATIONS]) == [requests]


def test_memory_and_starts_are_what_was_aimed_at() -> None:
    says("Under 120 MiB at 10,000 jobs.")
    assert numbers(rows(LARGE)[WHOLE][MEMORY])[0] < 120
    says("With a PUT of 3 s, 100 due jobs have all been sent within 12 s of the tick's begin")
    says("100 running groups are looked at within 6 s meanwhile")
    assert "### Starts: 100 due jobs, a PUT of 3 s, 100 running groups\n" in TABLES
    assert starts("the last PUT was sent") <= 12
    assert starts("the running groups, from the first look") <= 6


def test_dagster_and_prefect_are_as_far_behind_as_the_page_says() -> None:
    says("A hundred times and more ahead of Dagster and Prefect at 1,000/100. At 10,000/1,000 they were not run.")
    for name in ("Dagster daemon, SQLite", "Prefect server, SQLite"):
        assert ratio(name, MIDDLE) >= 100
        assert name not in rows(LARGE)


def test_the_whole_tick_is_said_to_be_dearer_where_it_is() -> None:
    says("is dearer than APScheduler 3 and rq-scheduler at every size")
    says("and than Celery beat as it comes at 100/10 and 1,000/100.")

    def cheaper(name: str, size: str) -> bool:
        return ratio(WHOLE, size) < ratio(name, size)

    assert not any(cheaper(name, size) for name in (SQLITE, WAL, "rq-scheduler, redis") for size in SIZES)
    assert [cheaper(BEAT, size) for size in SIZES] == [False, False, True]


def test_apscheduler_with_sqlite_is_as_far_behind_as_the_page_says() -> None:
    says("Three times ahead of APScheduler 3 with SQLite as it comes, at 1,000/100 and 10,000/1,000.")
    assert all(ratio(SQLITE, size) >= 3 for size in (MIDDLE, LARGE))


def test_celery_beat_is_as_far_behind_as_the_page_says() -> None:
    says("Ten times ahead of Celery beat, synced, at 1,000/100, and fifty at 10,000/1,000")
    assert ratio(f"{BEAT}, synced", MIDDLE) >= 10
    assert ratio(f"{BEAT}, synced", LARGE) >= 50
    says("it is between two and ten at 1,000/100, and between twenty and fifty at 10,000/1,000")
    assert 2 <= ratio(BEAT, MIDDLE) < 10
    assert 20 <= ratio(BEAT, LARGE) < 50


def test_whoever_keeps_a_schedule_costs_more_from_a_hundred_due_jobs_on() -> None:
    says("cheaper than each of them that keeps when its jobs are due next or were sent last")
    says("APScheduler 3 with either log, APScheduler 4 with SQLite, rq-scheduler, Celery beat, Dagster, Prefect.")
    keep = [one.name for one in PEERS if not one.name.startswith("Huey") and "memory" not in one.name]
    assert {SQLITE, WAL, BEAT, f"{BEAT}, synced", "rq-scheduler, redis"} < set(keep)
    assert all(ratio(name, size) > 1 for size in (MIDDLE, LARGE) for name in keep if name in rows(size))
    assert all(name in rows(MIDDLE) for name in keep)


def test_who_is_cheaper_is_named() -> None:
    says("Huey with SQLite takes less than half of Crontable's CPU at every size")
    says("rq-scheduler and APScheduler 3, with either log, are about even.")
    assert all(ratio("Huey, SQLite", size) < 0.5 for size in SIZES)
    assert all(1 / 1.5 < ratio(name, SMALL) < 1.5 for name in (SQLITE, WAL, "rq-scheduler, redis"))


def test_a_due_row_takes_about_what_the_page_says() -> None:
    found = re.search(r"About a fifth of .* about ([\d.]+) ms a job", SAID)
    assert found
    rest = milliseconds(rows(LARGE)[DECIDED][CPU]) * 4 / 5 / 1_000
    assert float(found[1]) == pytest.approx(rest, rel=0.25)


def test_the_due_rows_of_the_bench_share_one_schedule() -> None:
    says("The due rows of the bench share one Schedule")
    assert crontable.DUE.count("*") == 3


def test_the_page_says_of_everybody_what_is_kept_and_who_is_left_out() -> None:
    table = [line.strip("| ").split(" | ") for line in MEASURED.splitlines() if line[:1] == "|"][2:]
    names = [name for name, _, _ in table]
    known = tuple(name.partition(",")[0] for name in names)
    assert [one.name for one in EVERYBODY if not one.name.startswith(known)] == []
    assert [one.name for one in EVERYBODY if one.name.startswith(BEAT)] == [one for one in names if "beat" in one]
    said = " ".join(MEASURED.split())
    assert "At 10,000/1,000 Celery beat, synced, takes part in `make bench-long` only" in said
    assert "APScheduler 4 with SQLite, Dagster and Prefect do not take part there." in said
    absent = [one.name for one in EVERYBODY if not one.meets(LARGEST, long=True, asked=False)]
    assert absent == ["APScheduler 4, SQLite", "Dagster daemon, SQLite", "Prefect server, SQLite"]
    waiting = {one.name for one in EVERYBODY if not one.meets(LARGEST, long=False, asked=False)} - {*absent}
    assert waiting == {"Celery beat, redis, synced"}
