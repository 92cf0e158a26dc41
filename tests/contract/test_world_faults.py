"""Faults on order for tables and logs, and time in which things are planned, in the world of stories."""

import pytest

from scheduler.ports import ANY, BatchRefused, Insert, Merge, Unknown
from tests.world import Clock, Journal, Killed, MemoryLogs, MemoryTable, NoAnswer, at

A = ("p", "a")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def table(clock: Clock, journal: Journal) -> MemoryTable:
    return MemoryTable("jobs", clock, journal)


@pytest.fixture
def logs(clock: Clock, journal: Journal) -> MemoryLogs:
    return MemoryLogs(journal, clock)


@pytest.mark.parametrize("kind", ["drop-before", "unavailable", "server-error", "drop-after", "server-error-after"])
def test_a_table_that_does_not_answer_may_have_written(table: MemoryTable, kind: str) -> None:
    table.order(kind, "submit")
    with pytest.raises(NoAnswer, match=kind):
        table.submit([Insert(A, {})])
    assert (A in table.rows) is kind.endswith("after")
    table.order(kind, "keep")
    with pytest.raises(NoAnswer):
        table.keep(A, {"X": 1})
    assert (A in table.rows and "X" in table.rows[A].columns) is kind.endswith("after")


@pytest.mark.parametrize("operation", ["read", "query"])
def test_a_look_at_a_table_may_get_no_answer(table: MemoryTable, operation: str) -> None:
    table.order("drop-before", operation, times=2)
    for _ in range(2):
        with pytest.raises(NoAnswer):
            table.read(A) if operation == "read" else table.query([])
    assert table.read(A) is None
    assert table.query([]).rows == []


def test_an_answer_that_is_lost_hides_a_refusal_too(table: MemoryTable) -> None:
    table.submit([Insert(A, {})])
    table.order("drop-after", "submit")
    with pytest.raises(NoAnswer):
        table.submit([Insert(A, {"X": 1})])
    assert table.rows[A].columns == {}


def test_a_batch_that_the_sdk_sends_again_meets_its_own_effect(table: MemoryTable) -> None:
    """What AzureTable does when an answer is lost: hence whoever is refused reads the row before he believes it."""
    table.order("resent", "submit", times=3)
    with pytest.raises(BatchRefused) as refused:
        table.submit([Insert(A, {"X": 1})])
    assert (refused.value.status, table.rows[A].columns) == (409, {"X": 1})
    with pytest.raises(BatchRefused) as refused:
        table.submit([Merge(A, {"X": 2}, table.rows[A].etag)])
    assert (refused.value.status, table.rows[A].columns) == (412, {"X": 2})
    (etag,) = table.submit([Merge(A, {"X": 3}, ANY)])
    assert etag == table.rows[A].etag


def test_a_late_write_lands_if_its_etag_still_holds(table: MemoryTable, clock: Clock) -> None:
    (etag,) = table.submit([Insert(A, {})])
    table.order("late", "submit", times=2, seconds=30)
    for name in ("X", "Y"):
        with pytest.raises(NoAnswer):
            table.submit([Merge(A, {name: 1}, etag)])
    assert table.rows[A].columns == {}
    clock.passes(30)
    assert table.rows[A].columns == {"X": 1}
    assert table.rows[A].timestamp == at("09:00:30")


def test_a_fault_on_order_leaves_the_journal_and_the_bill_as_they_are(table: MemoryTable, journal: Journal) -> None:
    table.order("drop-after", "submit")
    table.order("drop-before", "read")
    with pytest.raises(NoAnswer):
        table.submit([Insert(A, {})])
    with pytest.raises(NoAnswer):
        table.read(A)
    assert journal.lines == ["jobs.submit p: insert a", "jobs.read p/a"]
    assert table.transactions == 1


def test_a_kill_goes_before_a_fault(table: MemoryTable, journal: Journal) -> None:
    table.order("drop-after", "submit")
    journal.kill_after("jobs.submit*")
    with pytest.raises(Killed):
        table.submit([Insert(A, {})])
    assert A in table.rows


def test_a_slow_table_takes_its_time(table: MemoryTable, clock: Clock) -> None:
    table.order("slow", "query", seconds=20)
    table.query([])
    assert clock.now == at("09:00:20")


def test_tables_have_faults_of_their_own(clock: Clock, journal: Journal) -> None:
    jobs, runs = MemoryTable("jobs", clock, journal), MemoryTable("runs", clock, journal)
    jobs.order("drop-before")
    assert runs.read(A) is None
    with pytest.raises(NoAnswer):
        jobs.read(A)


@pytest.mark.parametrize("kind", ["drop-before", "drop-after"])
def test_a_place_for_logs_that_does_not_answer_may_have_written(logs: MemoryLogs, kind: str) -> None:
    logs.order(kind, "write", name="*/ct-a.log")
    logs.write("job/ct-b.log", b"one")
    with pytest.raises(Unknown):
        logs.write("job/ct-a.log", b"one")
    assert ("job/ct-a.log" in logs.blobs) is (kind == "drop-after")
    logs.order(kind, "note")
    with pytest.raises(Unknown):
        logs.note("job/ct-a.log")


def test_a_late_log_lands_only_where_it_belongs(logs: MemoryLogs, clock: Clock) -> None:
    logs.order("late", "write", seconds=60)
    with pytest.raises(Unknown):
        logs.write("a.log", b"slow", note="slow", etag="")
    logs.write("a.log", b"quick", note="quick", etag="")
    clock.passes(60)
    assert (logs.blobs["a.log"], logs.note("a.log")[0]) == (b"quick", "quick")


def test_what_is_planned_happens_at_its_instant_and_in_order(clock: Clock) -> None:
    happened = []
    for when in ("09:03", "09:01", "09:02"):
        clock.plan(at(when), lambda moment: happened.append((moment, clock.now, clock.seconds)))
    assert clock.upcoming == at("09:01")
    clock.to("09:02:30")
    assert happened == [(at("09:01"), at("09:01"), 60), (at("09:02"), at("09:02"), 120)]
    assert (clock.now, clock.seconds, clock.upcoming) == (at("09:02:30"), 150, at("09:03"))
    clock.to("08:00")
    clock.to("09:10")
    assert happened[-1][1] == at("09:03")
    assert clock.upcoming is None


def test_what_is_planned_may_plan_more(clock: Clock) -> None:
    happened = []

    def again(moment: object) -> None:
        happened.append(moment)
        if len(happened) < 3:
            clock.plan(clock.now, again)

    clock.plan(at("09:01"), again)
    clock.to("09:02")
    assert happened == [at("09:01")] * 3
