"""The world of stories where it is stricter than Azurite, and what only it can do: time, kills, faults."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from scheduler.ports import ANY, BatchRefused, GroupRefused, Insert, Merge, Unknown
from scheduler.row import Value
from scheduler.run import Cause
from tests.world import Behaviour, Clock, Journal, Killed, MemoryGroups, MemoryTable, World, at, minutes

NOON = at("12:00")


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
def groups(clock: Clock, journal: Journal) -> MemoryGroups:
    return MemoryGroups(clock, journal)


BODY = {
    "location": "westeurope",
    "properties": {"restartPolicy": "Never", "containers": [{"name": "job", "properties": {"image": "x"}}]},
}


@pytest.mark.parametrize("cell", ["2026-11-22T00:00:00Z", 0, 0.0, False, b""])
def test_a_cell_of_another_type_never_matches(table: MemoryTable, cell: Value) -> None:
    """Azurite finds a NextRun that was typed as text, and the service never does."""
    table.submit([Insert(("p", "a"), {"NextRun": cell})])
    for how in ("le", "ge", "eq", "lt"):
        assert table.query([[("NextRun", how, NOON)]]).rows == []


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({f"C{number}": 1 for number in range(253)}, "TooManyProperties"),
        ({f"C{number}": "x" * 32_000 for number in range(17)}, "EntityTooLarge"),
        ({"When": datetime(1600, 12, 31, tzinfo=UTC)}, "before 1601"),
        ({"not a name": 1}, "PropertyNameInvalid"),
        ({"Timestamp": NOON}, "PropertyNameInvalid"),
        ({"Large": 2**63}, "64 bits"),
    ],
)
def test_what_the_service_refuses_is_refused(table: MemoryTable, columns: dict[str, Value], sentence: str) -> None:
    with pytest.raises(BatchRefused, match=sentence) as refused:
        table.submit([Insert(("p", "good"), {}), Insert(("p", "bad"), columns)])
    assert (refused.value.status, refused.value.index) == (400, 1)
    assert table.rows == {}


def test_a_merge_may_not_fill_a_row_beyond_its_limits(table: MemoryTable) -> None:
    table.submit([Insert(("p", "a"), {f"C{number}": 1 for number in range(252)})])
    with pytest.raises(BatchRefused, match="TooManyProperties"):
        table.submit([Merge(("p", "a"), {"One": 1}, ANY)])


def test_the_timestamp_is_the_worlds_time(table: MemoryTable, clock: Clock) -> None:
    clock.to("10:30")
    table.keep(("p", "a"), {})
    assert table.rows["p", "a"].timestamp == at("10:30")
    clock.to("10:30:30.5")
    assert table.query([]).date == at("10:30:30"), "a Date header has no fractions"


def test_transactions_are_counted_as_the_service_bills_them(table: MemoryTable) -> None:
    for batch in range(11):
        table.submit([Insert(("p", f"{batch}-{number}"), {}) for number in range(100)])
    before = table.transactions
    table.query([])
    table.query([[("X", "eq", 1)]])
    table.read(("p", "0-0"))
    table.keep(("p", "0-0"), {})
    assert (before, table.transactions - before) == (11, 5)


def test_a_kill_before_an_operation_leaves_it_undone(table: MemoryTable, journal: Journal) -> None:
    journal.kill_before("jobs.submit*", nth=2)
    table.submit([Insert(("p", "a"), {})])
    with pytest.raises(Killed):
        table.submit([Insert(("p", "b"), {})])
    assert list(table.rows) == [("p", "a")]
    assert not journal.waiting


def test_a_kill_after_an_operation_leaves_it_done(table: MemoryTable, journal: Journal) -> None:
    journal.kill_after()
    with pytest.raises(Killed):
        table.submit([Insert(("p", "a"), {})])
    assert list(table.rows) == [("p", "a")]
    assert journal.lines == ["jobs.submit p: insert a"]


def test_somebody_can_act_between_two_operations(table: MemoryTable, journal: Journal) -> None:
    (etag,) = table.submit([Insert(("p", "a"), {"X": 1})])
    journal.before("jobs.submit*", lambda: table.put(("p", "a"), {"X": 2}))
    with pytest.raises(BatchRefused):
        table.submit([Merge(("p", "a"), {"X": 3}, etag)])
    assert table.rows["p", "a"].columns == {"X": 2}


@pytest.mark.parametrize("done", [True, False])
def test_an_operation_can_fail_with_or_without_its_effect(table: MemoryTable, journal: Journal, done: bool) -> None:
    journal.fail("jobs.*", OSError("cable"), done=done)
    with pytest.raises(OSError, match="cable"):
        table.keep(("p", "a"), {})
    assert (("p", "a") in table.rows) is done


def test_a_container_lives_by_the_clock(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("x", start_delay=10, duration=timedelta(minutes=1), exit_code=2, log="done\n")
    groups.create("ct-a", BODY)
    seen = {}
    for second in (0, 9, 10, 69, 70):
        clock.to(at("09:00") + timedelta(seconds=second))
        view = groups.get("ct-a")
        assert view
        seen[second] = (view.provisioning, view.state, view.current.state)
    assert seen == {
        0: ("Pending", "Pending", ""),
        9: ("Pending", "Pending", "Waiting"),
        10: ("Succeeded", "Running", "Running"),
        69: ("Succeeded", "Running", "Running"),
        70: ("Succeeded", "Failed", "Terminated"),
    }


def test_the_platform_may_run_a_failed_container_again_and_the_first_end_decides(
    groups: MemoryGroups, clock: Clock
) -> None:
    groups.behave("x", start_delay=0, duration=10, exit_code=1, again=1)
    groups.create("ct-a", BODY)
    clock.passes(15)
    view = groups.get("ct-a")
    assert view
    assert (view.current.state, view.previous.exit_code, view.restarts) == ("Running", 1, 1)
    end = view.first_end()
    assert end
    assert end.started == at("09:00")


def test_until_it_runs_again_a_started_group_shows_its_old_end(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("x", start_delay=10, duration=20)
    groups.provision("old", "x")
    clock.to("09:05")
    groups.start("old", stop_first=True)
    clock.passes(9)
    view = groups.get("old")
    assert view
    assert view.first_end() is not None
    assert view.first_end(prior=at("09:00:10")) is None
    clock.passes(21)
    view = groups.get("old")
    assert view
    end = view.first_end(prior=at("09:00:10"))
    assert end
    assert end.started == at("09:05:10")
    assert groups.starts == {"old": [at("09:00"), at("09:05")]}


def test_a_start_of_what_runs_or_is_about_to_is_no_start(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("x", start_delay=10, duration=None)
    groups.provision("old", "x")
    for _ in range(3):
        groups.start("old", stop_first=False)
        clock.passes(10)
    assert groups.starts == {"old": [at("09:00")]}


def test_a_stuck_group_never_starts_and_an_endless_one_never_ends(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("stuck", stuck=True)
    groups.behave("endless", duration=None)
    for name in ("stuck", "endless"):
        groups.create(name, BODY)
    clock.passes(timedelta(days=30))
    assert [view.state for name in ("stuck", "endless") if (view := groups.get(name))] == ["Pending", "Running"]


def test_every_start_is_written_down(groups: MemoryGroups, clock: Clock) -> None:
    groups.create("ct-a", BODY)
    clock.passes(60)
    groups.create("ct-a", BODY)
    assert groups.starts == {"ct-a": [at("09:00"), at("09:01")]}
    assert groups.calls["create"] == 2


@pytest.mark.parametrize("done", [True, False])
def test_an_unknown_answer_may_hide_an_effect(groups: MemoryGroups, done: bool) -> None:
    groups.fail("create", done=done)
    with pytest.raises(Unknown):
        groups.create("ct-a", BODY)
    assert (groups.get("ct-a") is not None) is done
    groups.create("ct-b", BODY)


def test_a_put_can_land_late(groups: MemoryGroups, clock: Clock) -> None:
    groups.fail("create", late=120)
    with pytest.raises(Unknown):
        groups.create("ct-a", BODY)
    clock.passes(119)
    assert groups.get("ct-a") is None
    clock.passes(1)
    assert groups.get("ct-a") is not None


def test_a_refusal_is_scripted_by_name_and_number(groups: MemoryGroups) -> None:
    groups.fail("create", GroupRefused(Cause.CAPACITY, "full"), name="ct-a", times=2)
    groups.create("ct-b", BODY)
    for _ in range(2):
        with pytest.raises(GroupRefused, match="full"):
            groups.create("ct-a", BODY)
    groups.create("ct-a", BODY)
    assert set(groups.groups) == {"ct-a", "ct-b"}


def test_a_provisioned_group_runs_at_once_and_is_not_ours(groups: MemoryGroups, clock: Clock) -> None:
    groups.behave("legacy", Behaviour(start_delay=0, duration=5))
    groups.provision("old", "x", policy="OnFailure")
    groups.provision("legacy", "x")
    clock.passes(10)
    view = groups.get("legacy")
    assert view
    assert view.current.exited
    assert dict(groups.tagged()) == {"old": {}, "legacy": {}}


def test_a_world_has_people_in_it() -> None:
    world = World("09:00")
    world.add("weather/extract", Schedule="@hourly", Image="x")
    copy = world.copy("weather/extract")
    world.clock.to("09:05")
    world.edit("weather/extract", Schedule="@daily")
    assert world.row("weather/extract") == {"Schedule": "@daily", "Image": "x"}
    assert world.copy("weather/extract").timestamp == at("09:05")
    world.replace(copy, Owner="ada")
    assert world.row("weather/extract") == {"Schedule": "@hourly", "Image": "x", "Owner": "ada"}
    world.remove("weather/extract")
    assert world.jobs.rows == {}


def test_a_restarted_process_remembers_nothing_and_names_its_ticks_anew() -> None:
    world = World()
    world.ports.memory.mark = NOON
    first: Callable[[], str] = world.ports.new_id
    names = [first()]
    world.restart()
    assert world.ports.memory.mark is None
    assert [*names, world.ports.new_id()] == ["tick-1", "tick-2"]


def test_times_read_as_people_write_them() -> None:
    assert at("09:00") == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert at("2026-11-23 09:00:30") == datetime(2026, 11, 23, 9, 0, 30, tzinfo=UTC)
    assert minutes("09:00", "09:02") == [at("09:00"), at("09:01"), at("09:02")]
