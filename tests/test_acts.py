"""What people do to jobs: two editors, a tick in between, requests that wait; on the memory world and on Azurite."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from scheduler.cloud.tables import AzureTable
from scheduler.desk import acts
from scheduler.desk.faults import Conflict, Faulty, Missing, Wrong
from scheduler.desk.version import version
from scheduler.job import OWNED
from scheduler.ports import ANY, Insert, Merge, World
from scheduler.row import Row
from scheduler.settings import Settings
from tests import world as worlds
from tests.desk import anna, place

EXTRACT = ("weather", "extract")


@pytest.fixture
def story() -> worlds.World:
    return place()


@pytest.fixture(params=["world", pytest.param("azurite", marks=pytest.mark.azurite)])
def world(request: pytest.FixtureRequest, story: worlds.World, fresh: Callable[[str], str]) -> Iterator[World]:
    """The tables that are written are the service's own; the rest is the story's."""
    if request.param == "world":
        yield story.ports
        return
    settings = Settings(connection=request.getfixturevalue("azurite").connection)
    tables = [AzureTable.open(settings, fresh(name)) for name in ("ActsJobs", "ActsAudit")]
    tables[0].submit([Insert(EXTRACT, story.row("weather/extract"))])
    yield replace(story.ports, jobs=tables[0], audit=tables[1])
    for table in tables:
        table.close()


def there(world: World) -> Row:
    row = world.jobs.read(EXTRACT)
    assert row is not None
    return row


def written(world: World) -> list[tuple[Any, ...]]:
    """Action, before, after and result of each act, in no order."""
    rows = world.audit.query(()).rows
    return sorted(tuple(row.columns[name] for name in ("Action", "Before", "After", "Result")) for row in rows)


# two editors


def test_of_two_editors_the_second_hears_of_the_first_and_nothing_is_lost(world: World, story: worlds.World) -> None:
    seen = version(there(world))
    acts.change(world, anna(story), EXTRACT, {"Schedule": "@daily"}, etag=seen)
    with pytest.raises(Conflict, match="weather/extract was changed since you read it") as conflict:
        acts.change(world, anna(story), EXTRACT, {"Retries": 3}, etag=seen)
    assert conflict.value.etag == version(there(world)) != seen
    acts.change(world, anna(story), EXTRACT, {"Retries": 3}, etag=conflict.value.etag)
    assert there(world).columns["Schedule"] == "@daily"
    assert there(world).columns["Retries"] == 3


def test_a_tick_that_writes_the_row_meanwhile_is_no_other_editor(world: World, story: worlds.World) -> None:
    seen = version(there(world))
    world.jobs.submit([Merge(EXTRACT, {"Status": "Running", "NextDue": story.clock.now, "Active": True}, ANY)])
    acts.change(world, anna(story), EXTRACT, {"Schedule": "@daily"}, etag=seen)
    assert (there(world).columns["Schedule"], there(world).columns["Status"]) == ("@daily", "Running")


def test_a_run_that_moves_the_watermark_refuses_a_rewind_and_no_other_edit(world: World, story: worlds.World) -> None:
    seen = version(there(world))
    world.jobs.submit([Merge(EXTRACT, {"Watermark": "tuesday"}, ANY)])
    with pytest.raises(Conflict):
        acts.rewind(world, anna(story), EXTRACT, "monday", etag=seen)
    with pytest.raises(Conflict):
        acts.change(world, anna(story), EXTRACT, {"Watermark": "monday"}, etag=seen)
    acts.change(world, anna(story), EXTRACT, {"Schedule": "@daily"}, etag=seen)
    acts.rewind(world, anna(story), EXTRACT, "monday", etag=version(there(world)))
    assert (there(world).columns["Watermark"], there(world).columns["Schedule"]) == ("monday", "@daily")


def test_an_edit_of_the_columns_does_not_refuse_a_rewind(world: World, story: worlds.World) -> None:
    seen = version(there(world))
    acts.change(world, anna(story), EXTRACT, {"Schedule": "@daily"}, etag=seen)
    acts.rewind(world, anna(story), EXTRACT, "monday", etag=seen)


def test_the_storages_own_etag_guards_the_moment_between_look_and_write(
    world: World, story: worlds.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tick writes right after the look: the first write is refused, the second look finds nothing of people's."""
    read = world.jobs.read
    meddled: list[Any] = []

    def meddle(key: Any) -> Row | None:
        row = read(key)
        if not meddled:
            meddled.append(world.jobs.submit([Merge(EXTRACT, {"Watermark": "by a run"}, ANY)]))
        return row

    monkeypatch.setattr(world.jobs, "read", meddle)
    acts.rewind(world, anna(story), EXTRACT, "monday")
    assert read(EXTRACT).columns["Watermark"] == "monday"  # type: ignore[union-attr]
    assert written(world) == [("rewind", '{"Watermark": "by a run"}', '{"Watermark": "monday"}', "done")]


def test_another_editor_in_that_moment_is_heard_of(
    world: World, story: worlds.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, read = version(there(world)), world.jobs.read
    meddled: list[Any] = []

    def meddle(key: Any) -> Row | None:
        row = read(key)
        if not meddled:
            meddled.append(world.jobs.submit([Merge(EXTRACT, {"Schedule": "@hourly"}, ANY)]))
        return row

    monkeypatch.setattr(world.jobs, "read", meddle)
    with pytest.raises(Conflict):
        acts.change(world, anna(story), EXTRACT, {"Schedule": "@daily"}, etag=seen)
    assert read(EXTRACT).columns["Schedule"] == "@hourly"  # type: ignore[union-attr]
    assert [one[3] for one in written(world)] == ["refused"]


# each act


def test_a_row_is_added_once(world: World, story: worlds.World) -> None:
    key = ("weather", "report")
    acts.add(world, anna(story), key, {"Image": "extract:1", "Schedule": "@daily", "Owner": None, "Retries": 2})
    row = world.jobs.read(key)
    assert row is not None
    assert row.columns == {"Image": "extract:1", "Schedule": "@daily", "Retries": 2}
    with pytest.raises(Conflict, match=r"weather/report is there already\.") as conflict:
        acts.add(world, anna(story), key, {"Image": "extract:1"})
    assert conflict.value.etag == version(row)
    assert [one[3] for one in written(world)] == ["done", "refused"]


def test_a_row_is_removed_with_what_it_held_in_the_audit(world: World, story: worlds.World) -> None:
    gone = acts.remove(world, anna(story), EXTRACT, etag=version(there(world)))
    assert gone.columns["Image"] == "extract:1"
    assert world.jobs.read(EXTRACT) is None
    assert written(world) == [("remove", '{"Image": "extract:1", "Schedule": "*/10 * * * *"}', "{}", "done")]
    with pytest.raises(Missing, match=r"weather/extract is not there\."):
        acts.remove(world, anna(story), EXTRACT)


def test_pause_and_resume_write_what_a_person_would(world: World, story: worlds.World) -> None:
    acts.pause(world, anna(story), EXTRACT, "flood")
    assert (there(world).columns["Enabled"], there(world).columns["PausedReason"]) == (False, "flood")
    acts.resume(world, anna(story), EXTRACT)
    assert (there(world).columns["Enabled"], there(world).columns["PausedReason"]) == (True, "")


def test_a_cell_is_emptied_by_nothing_and_no_edit_at_all_leaves_no_trace(world: World, story: worlds.World) -> None:
    acts.change(world, anna(story), EXTRACT, {"Owner": "anna", "Retries": 2})
    acts.change(world, anna(story), EXTRACT, {"Owner": None})
    before = there(world)
    acts.change(world, anna(story), EXTRACT, {"Owner": None, "Retries": 2, "Description": ""})
    assert before.columns["Owner"] == ""
    assert there(world).etag == before.etag
    assert len(written(world)) == 2


# requests


def test_the_next_tick_obeys_a_request(story: worlds.World) -> None:
    acts.ask(story.ports, anna(story), EXTRACT, "  RUN ")
    assert story.row("weather/extract")["Request"] == "run"
    story.tick("09:01")
    assert (story.row("weather/extract")["Request"], story.row("weather/extract")["Status"]) == ("", "Running")


def test_a_request_waits_for_the_one_before_it(world: World, story: worlds.World) -> None:
    acts.ask(world, anna(story), EXTRACT, "run")
    with pytest.raises(Conflict, match="Request is 'run' already, and the next tick obeys it"):
        acts.ask(world, anna(story), EXTRACT, "cancel")
    assert there(world).columns["Request"] == "run"


@pytest.mark.parametrize(
    ("text", "action"),
    [("run 2026-11-01", "run"), ("run 2026-11-01..2026-11-03", "backfill"), ("retry", "retry"), ("cancel", "cancel")],
)
def test_the_audit_names_what_was_asked_for(story: worlds.World, text: str, action: str) -> None:
    acts.ask(story.ports, anna(story), EXTRACT, text)
    assert [one[0] for one in written(story.ports)] == [action]


@pytest.mark.parametrize(
    "text", ["", "rum", "run yesterday", "cancel now", "run watermark", "run 2026-11-03..2026-11-01"]
)
def test_a_request_that_cannot_be_read_is_not_written(story: worlds.World, text: str) -> None:
    with pytest.raises(Faulty) as faulty:
        acts.ask(story.ports, anna(story), EXTRACT, text)
    assert [*faulty.value.faults] == ["Request"]
    assert "Request" not in story.row("weather/extract")
    assert written(story.ports) == []


def test_of_a_row_that_is_invalid_only_a_cancel_is_heard(story: worlds.World) -> None:
    story.edit("weather/extract", Retries=99)
    with pytest.raises(Faulty, match="Retries is '99'"):
        acts.ask(story.ports, anna(story), EXTRACT, "run")
    acts.ask(story.ports, anna(story), EXTRACT, "cancel")


# what would be wrong


def test_an_edit_that_would_make_the_row_invalid_names_every_column_and_is_not_saved(story: worlds.World) -> None:
    with pytest.raises(Faulty) as faulty:
        acts.change(story.ports, anna(story), EXTRACT, {"Schedule": "61 * * * *", "Retries": 99, "Owner": "anna"})
    assert {*faulty.value.faults} == {"Schedule", "Retries"}
    assert "Owner" not in story.row("weather/extract")
    assert written(story.ports) == []


def test_with_force_it_is_saved_all_the_same(story: worlds.World) -> None:
    acts.change(story.ports, anna(story), EXTRACT, {"Retries": 99}, force=True)
    story.tick("09:01")
    assert story.row("weather/extract")["Status"] == "Invalid"


def test_a_row_that_is_wrong_already_can_be_mended_column_by_column(story: worlds.World) -> None:
    story.edit("weather/extract", Retries=99, Cpu="many")
    acts.change(story.ports, anna(story), EXTRACT, {"Retries": 2})
    acts.pause(story.ports, anna(story), EXTRACT, "until Cpu is known")
    with pytest.raises(Faulty, match="Cpu is 'lots'"):
        acts.change(story.ports, anna(story), EXTRACT, {"Cpu": "lots"})


def test_the_settings_allow_lists_count(story: worlds.World) -> None:
    story.ports.settings = replace(story.ports.settings, allowed_images="ours.azurecr.io/*")
    with pytest.raises(Faulty, match="ALLOWED_IMAGES") as faulty:
        acts.add(story.ports, anna(story), ("weather", "new"), {"Image": "extract:2"})
    assert [*faulty.value.faults] == ["Image"]


def test_a_chain_must_lead_somewhere_and_not_back(story: worlds.World) -> None:
    with pytest.raises(Faulty, match="no such job is there"):
        acts.add(story.ports, anna(story), ("weather", "report"), {"Image": "extract:1", "Schedule": "after extrakt"})
    acts.add(story.ports, anna(story), ("weather", "report"), {"Image": "extract:1", "Schedule": "after extract"})
    with pytest.raises(Faulty, match="these wait for each other"):
        acts.change(story.ports, anna(story), EXTRACT, {"Schedule": "after report"})


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"Shedule": "@daily"}, "'Shedule' is not a column of a job: did you mean Schedule?"),
        ({"Status": "Running"}, "Status is the scheduler's own column"),
        ({"Owner": "a\x00b"}, r"Owner holds the character U\+0000"),
        ({"Owner": "half \ud800"}, r"Owner holds the character U\+D800"),
        ({"Owner": "x" * 32_001}, "Owner has 32,001 characters: at most 32,000"),
        ({"Priority": 2**63}, "a whole number must lie between"),
        ({"Cpu": float("nan")}, "Cpu is nan: it must be a number"),
        (dict.fromkeys(OWNED, "x" * 31000), "more than 400,000 characters together"),
    ],
)
def test_what_a_table_cannot_hold_is_refused_with_its_column(story: worlds.World, cells: Any, said: str) -> None:
    with pytest.raises(Faulty, match=said):
        acts.change(story.ports, anna(story), EXTRACT, cells, force=True)


@pytest.mark.parametrize(
    "key", [("_crontable", "heartbeat"), ("we ather", "x"), ("weather", "a/b"), ("", "x"), ("w", "__x")]
)
def test_a_key_that_no_job_has_is_not_added_or_found(story: worlds.World, key: tuple[str, str]) -> None:
    with pytest.raises(Faulty):
        acts.add(story.ports, anna(story), key, {"Image": "extract:1"})
    with pytest.raises(Missing):
        acts.change(story.ports, anna(story), key, {"Image": "extract:1"})


# removing


def test_a_job_with_a_run_is_not_removed_unless_one_means_it(story: worlds.World) -> None:
    story.ticks("09:10")
    with pytest.raises(Conflict, match="has a run that is going: cancel it first"):
        acts.remove(story.ports, anna(story), EXTRACT)
    acts.remove(story.ports, anna(story), EXTRACT, force=True)
    assert EXTRACT not in story.jobs.rows


def test_a_template_is_no_job_and_stays_while_rows_name_it(story: worlds.World) -> None:
    template = ("weather", "_python")
    acts.add(story.ports, anna(story), template, {"Retries": 3})
    with pytest.raises(Wrong, match="weather/_python is a template: it never runs"):
        acts.ask(story.ports, anna(story), template, "run")
    for named in ("_python", "weather/_python"):
        acts.change(story.ports, anna(story), EXTRACT, {"Template": named})
        with pytest.raises(Conflict, match="is the template of weather/extract: change these first"):
            acts.remove(story.ports, anna(story), template)
    acts.change(story.ports, anna(story), EXTRACT, {"Template": None})
    acts.remove(story.ports, anna(story), template)
