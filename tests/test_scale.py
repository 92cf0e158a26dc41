"""docs/scale.md says what the code's own constants, the limits of Azure and the bench come to, and nothing else."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from math import ceil

import pytest

from scheduler.alerts import body, letter
from scheduler.chain import LONGEST_GRAPH, graph_to_text
from scheduler.desk import jobs as lines
from scheduler.facts.troubles import LooksMissed
from scheduler.pace import Allowances, Candidate, choose
from scheduler.ports import MOST_IN_BATCH, Throttled
from scheduler.run import LEASE
from scheduler.steps import line, links, retire, send
from scheduler.steps.look import FULL_EVERY
from scheduler.view import View
from scheduler.web.pages import health, timeline
from scheduler.web.shown import rows
from scheduler.wiring import THREADS
from tests import scale
from tests.calendars import at
from tests.scale import A_MINUTE, LIMITS, MOST_PUTS, OPERATE, PAGE, PUT, ROOT, SETTINGS
from tests.world import World, minutes
from tests.world.story import SETTINGS as STORY

TEXT = (ROOT / "docs/scale.md").read_text()
#: Each sentence whole and upright, wherever its lines end.
SAID = " ".join(TEXT.replace("*", "").split())
LAST_TABLE = TEXT.replace("*", "").partition("| jobs | what it takes |")[2]
A_DAY = int(A_MINUTE * 24 * 60)
KEPT = A_DAY * SETTINGS.retention_days
MINUTE = timedelta(minutes=1)
#: Rows a second of one PartitionKey, and seconds of one query: what Azure documents.
TARGET, QUERY = 2_000, 5


def holds(*sentences: str) -> None:
    assert [one for one in sentences if one not in SAID] == []


@pytest.mark.parametrize("table", [scale.by_jobs, scale.by_due, scale.by_aci])
def test_each_row_of_the_tables_is_what_its_sum_comes_to(table: Callable[[], Iterator[str]]) -> None:
    missing = [row for row in table() if f"\n{row}\n" not in TEXT]
    assert not missing, "\n".join(["these belong into docs/scale.md:", *missing])


def test_container_instances_bite_where_the_page_says_and_in_the_words_of_the_row() -> None:
    now, most = at("10:00"), SETTINGS.max_active_runs
    due = [Candidate(("t", "a"), 0, now, "West Europe")]
    hour, five = [
        choose(due, 0, most, Allowances().told("West Europe", *left, now), now)[1][0].why for left in ((9, 0), (0, 9))
    ]
    assert five == hour.replace("this hour", "these five minutes")
    full = choose(due, most, most, Allowances(), now)[1][0].why
    holds(f"`Waiting: {hour}.`", "`within these five minutes`", f"`Waiting: {full}.`")
    holds(
        f"{LIMITS.creates_hour} creations an hour",
        f"{A_MINUTE} starts a minute, {A_DAY:,} a day",
        f"{LIMITS.creates_5min} creations in five minutes",
        f"{LIMITS.deletes_hour} deletions an hour, {LIMITS.deletes_5min} in five minutes",
        f"{LIMITS.groups} groups at once | {most}, by `MAX_ACTIVE_RUNS`",
        f"{LIMITS.cores} cores; new subscriptions 10, trials 4",
        f"there for {most / A_MINUTE} minutes",
        f"Give them {most // 2} places each",
    )


def test_arms_buckets_are_those_of_the_emulator() -> None:
    holds(
        f"{LIMITS.reads_bucket} reads at once, {LIMITS.reads_refill} more each second",
        f"{LIMITS.writes_bucket} writes and {LIMITS.deletes_bucket} deletes, {LIMITS.writes_refill} more each second",
        f"{LIMITS.reads_refill * 60:,} a minute is what refills",
        f"{THREADS} PUTs of {PUT} seconds are {THREADS / PUT:.1f} a second",
        f"ARM reads a second, of {LIMITS.reads_refill} | writes, of {LIMITS.writes_refill}",
    )
    assert LIMITS.writes_refill == LIMITS.deletes_refill
    missed = LooksMissed(int(LIMITS.reads_bucket) // 5 + 1, "", throttled=True).sentence
    holds(f"`{missed}…`", f"With 1,000 running groups each is looked at every {1_000 // LIMITS.reads_bucket} minutes")
    assert (THREADS / PUT - LIMITS.writes_refill) * line.LAST_PUT < LIMITS.writes_bucket


def test_a_tick_has_the_time_that_the_page_gives_it() -> None:
    lease = int(LEASE / MINUTE)
    holds(
        f"behind a tick of over {retire.BUSY:.0f} s",
        f"{int(retire.BUSY * THREADS / (2 * PUT))} starts and as many ends, at {PUT} s for each PUT and DELETE",
        f"no PUT later than {line.LAST_PUT:.0f} s into a tick",
        f"{MOST_PUTS:,} PUTs | Status `Starting`, and no container for {lease} minutes",
        f"nothing is claimed after these {line.LAST_PUT:.0f} s",
        f"`MAX_ACTIVE_RUNS` below {MOST_PUTS:,}",
        f"a tick has time for {MOST_PUTS:,} starts",
        f"the host ends a tick after {scale.timeout()} minutes",
        f"a transaction for each {PAGE:,}",
        f"needs {scale.a_row() * 1_000:.1f} ms of CPU for a row that is due",
        f"60 s at no fewer than {int(60 / scale.a_row()) // 1_000:,},000 waiting rows",
        f"{line.LAST_PUT:.0f} s at {int(line.LAST_PUT / scale.a_row()) // 1_000:,},000",
    )
    assert timedelta(hours=1) == FULL_EVERY


def test_a_look_through_a_whole_table_takes_what_the_target_of_a_partition_comes_to() -> None:
    several = (10_000, 100_000, 1_000_000)
    seconds = [f"{jobs // TARGET} s at {jobs:,}" for jobs in several]
    few, more, most = [jobs // (TARGET * QUERY) for jobs in several]
    holds(
        f"{seconds[0]} jobs, {seconds[1]}, {seconds[2]}, and {few}, {more} and {most} transactions",
        f"no faster than {TARGET:,} rows a second, a look takes a minute at {60 * TARGET:,} jobs",
        f"{KEPT:,} rows, and by the same reckoning {KEPT // TARGET} s",
        f"{int(line.LAST_PUT * TARGET / A_DAY)} for `RETENTION_DAYS`",
        f"writes 3,000 rows, in {scale.starting(1_000) - 2} transactions",
        f"{3 * 1_000 / TARGET} s at the target, beside {scale.puts(1_000)} s for the PUTs",
        f"takes {MOST_IN_BATCH} rows of one PartitionKey",
    )


def test_a_busy_app_costs_what_its_seconds_come_to() -> None:
    lasts = 2 * scale.puts(100)
    (busy, costs), (most, most_costs) = scale.executing(lasts), scale.executing(60)
    holds(f"lasts {lasts} s", f"{busy:,.0f} GB-s, ${costs:.2f} a month", f"{most:,.0f} GB-s, ${most_costs:.2f}")


def test_memory_ends_where_the_bench_says_that_it_would() -> None:
    two, four, half = (f"{scale.most_jobs(mib):,}" for mib in (2_048, 4_096, 512))
    holds(f"{scale.a_job() * 1_024:.1f} KiB a row", f"some {two} jobs; with 4,096, the most, {four}; with 512 {half}")
    holds(f"memory, at some {two} jobs")
    sizes = re.search(r"@allowed\((.*?)\)\nparam instanceMemoryMB int = (\d+)", (ROOT / "infra/main.bicep").read_text())
    assert sizes
    assert sizes.groups() == ("[512, 2048, 4096]", "2048")


def test_the_heartbeat_holds_as_many_links_as_the_page_says() -> None:
    def links_of(number: int) -> str:
        return graph_to_text({("team", f"job{n:05}"): (("team", f"job{n + 1:05}"),) for n in range(number)})

    most = max(number for number in range(930, 950) if links_of(number))
    assert not links_of(most + 1)
    holds(f"{LONGEST_GRAPH:,} characters", f"{most} links", f"reads {links._IN_ONE_QUERY} rows with each query")
    holds(f"1,000 jobs behind one cost {ceil(1_000 / links._IN_ONE_QUERY)} transactions")
    holds(f"{scale.pages(10_000)} transactions in place of 1 at 10,000 jobs")


def test_pages_history_and_alerts_have_the_bounds_that_the_page_says() -> None:
    remembered = lines._pasts.cache_parameters()["maxsize"]
    holds(
        f"{rows.MOST_BYTES:,} bytes for its rows",
        f"Above {remembered:,} jobs",
        f"above {timeline.MOST_ROWS} jobs, Health names {health.MOST} of each kind",
        f"At 100,000 jobs a page is {scale.pages(100_000) + 1} transactions",
        f"at one run a minute | {24 * 60 * SETTINGS.retention_days:,} |",
        f"all that one region grants | {KEPT:,} |",
        f"{send.MOST} letters to {send.MOST_WEBHOOKS} webhooks at most. Of each message the first {body.MOST} are told",
        f"within {1_000 // send.MOST} minutes, 10,000 within {10_000 // send.MOST};",
        f"for {letter.TOO_OLD // timedelta(hours=1)} hours",
        f"after {letter.KEPT.days} days, {send.MOST_FORGOTTEN:,} an hour: {24 * send.MOST_FORGOTTEN:,} a day",
    )
    assert "About\n600 rows go in a minute" in (ROOT / "docs/history.md").read_text()


@pytest.mark.parametrize(("jobs", "a_day"), [(1_000, 1), (1_000, 24), (10_000, 1), (100_000, 1), (1_000_000, 1)])
def test_what_a_number_of_jobs_takes_is_told_by_its_starts_a_minute(jobs: int, a_day: int) -> None:
    a_minute = jobs * a_day / (24 * 60)
    (row,) = [line for line in LAST_TABLE.splitlines() if line.startswith(f"| {jobs:,} |")]
    assert f"{a_minute:.1f}" in row
    assert a_minute < A_MINUTE or f"{ceil(a_minute / A_MINUTE)} regions" in row


def test_prices_are_those_of_the_page_of_operating() -> None:
    assert [one for one in (*scale.PRICES, f"of {scale.FREE:,} that are free") if one not in OPERATE] == []
    (month,) = re.findall(r"\*\*Together\*\* \| \| \| \*\*(\$[\d.]+)", OPERATE)
    holds(f"its {month} a month")


# Counted here, for no other test does.


def test_jobs_of_many_partitions_cost_three_transactions_for_each_of_them() -> None:
    world = World("09:30")
    for n in range(10):
        world.add(f"team{n}/job", Schedule="0 10 * * *", Image="x")
    world.ticks("09:31", "09:35")
    assert world.spent(lambda: world.tick("10:00")) == 2 + 3 * 10 == 32
    holds("ten jobs in ten of them cost 32 in place of 5")


@pytest.mark.parametrize("jobs", [10, PAGE])
def test_a_full_read_is_a_transaction_for_each_page_one_of_runs_and_the_heartbeat(jobs: int) -> None:
    world = World("09:30")
    for n in range(jobs):
        world.add(f"team/job{n:05}", Enabled=False, Image="x")
    world.tick("09:31")
    assert world.spent(lambda: world.tick("10:32")) == scale.pages(jobs) + 2


def test_beyond_arms_reads_runs_take_turns_and_the_tick_says_how_many_it_did_not_see(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World("09:30")
    world.groups.behave(start_delay=1, duration=None, log="a line\n")
    for n in range(12):
        world.add(f"team/job{n:02}", Schedule="0 10 * * *", Image="x", Timeout="2h" if n < 10 else "5m")
    world.ticks("09:31", "09:35", "10:00")
    real = world.groups.get
    left: Iterator[bool] = iter(())

    def get(name: str) -> View | None:
        if not next(left, False):
            raise Throttled("429")
        return real(name)

    monkeypatch.setattr(world.groups, "get", get)
    told, finished = [], 0
    for now in minutes("10:01", "10:06"):
        left = iter([True] * 10)  # what ARM's bucket holds again
        done = world.tick(now)
        told += [one.sentence for one in done.troubles]
        finished += done.finished
    assert told == [LooksMissed(2, "429", throttled=True).sentence] * 6
    assert finished == 2, "the last of their keys were over their time, and looked at first"
    left = iter([True] * 10)
    assert world.tick("10:07").troubles == ()


def test_a_second_region_is_a_second_ration() -> None:
    world = World("09:30", replace(STORY, max_active_runs=1_000))
    world.groups.limits.creates_5min = 10
    for n in range(21):
        world.add(f"team/job{n:02}", Schedule="0 10 * * *", Image="x", Locations="westeurope, northeurope")
    for region in ("westeurope", "northeurope"):
        world.add(f"team/{region}", Image="x", Locations=region, Request="run")
    world.ticks("09:56", "10:00")  # their answers tell of both
    assert world.groups.calls["create"] == 2 + 9 + 9
    holds(f"two regions are {['no', 'five', 'ten'][2 * int(A_MINUTE) // 5]} starts a minute")
