"""The audit: an act without a row cannot be, a kill at any write leaves a true trace, and no secret stands in it."""

import json
from typing import Any

import pytest

from scheduler.desk import acts, audit, hidden
from scheduler.desk.faults import Conflict, Faulty
from scheduler.desk.version import version
from scheduler.ports import BatchRefused
from tests.desk import acts as rows
from tests.desk import anna, place
from tests.world import Killed, World, at

EXTRACT = ("weather", "extract")
SECRET = "hunter2hunter2"
REFERENCE = "@Microsoft.KeyVault(SecretUri=https://team.vault.azure.net/secrets/token)"


@pytest.fixture
def world() -> World:
    return place()


def test_an_act_leaves_who_what_before_and_after(world: World) -> None:
    acts.change(world.ports, anna(world, "page"), EXTRACT, {"Schedule": "@daily", "Retries": 3})
    (row,) = rows(world)
    assert (row["At"], row["Who"], row["Via"], row["Action"]) == (world.clock.now, "anna", "page", "change")
    assert json.loads(row["Before"]) == {"Retries": "", "Schedule": "*/10 * * * *"}
    assert json.loads(row["After"]) == {"Retries": 3, "Schedule": "@daily"}
    assert (row["Result"], row["Reason"]) == ("done", "")


def test_a_kill_before_the_intent_leaves_nothing(world: World) -> None:
    world.journal.kill_before("audit.submit*")
    with pytest.raises(Killed):
        acts.pause(world.ports, anna(world), EXTRACT, "flood")
    assert rows(world) == []
    assert "Enabled" not in world.row("weather/extract")


def test_a_kill_between_the_intent_and_the_act_leaves_an_act_that_is_not_known_to_be_done(world: World) -> None:
    world.journal.kill_before("jobs.submit*")
    with pytest.raises(Killed):
        acts.pause(world.ports, anna(world), EXTRACT, "flood")
    assert [(row["Action"], row["Result"]) for row in rows(world)] == [("pause", "")]
    assert "Enabled" not in world.row("weather/extract")


def test_a_kill_between_the_act_and_its_end_leaves_the_same_row_and_the_act(world: World) -> None:
    world.journal.kill_before("audit.submit*", nth=2)
    with pytest.raises(Killed):
        acts.pause(world.ports, anna(world), EXTRACT, "flood")
    assert [(row["Action"], row["Result"]) for row in rows(world)] == [("pause", "")]
    assert world.row("weather/extract")["Enabled"] is False


def test_where_the_audit_cannot_be_written_nothing_is_done(world: World) -> None:
    world.journal.fail("audit.submit*", OSError("the Audit table is away"))
    with pytest.raises(OSError, match="away"):
        acts.ask(world.ports, anna(world), EXTRACT, "run")
    assert "Request" not in world.row("weather/extract")


def test_an_act_that_was_done_is_not_undone_by_a_note_that_cannot_be_written(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.journal.fail("audit.submit*", OSError("the Audit table is away"), nth=2)
    acts.ask(world.ports, anna(world), EXTRACT, "run")
    assert world.row("weather/extract")["Request"] == "run"
    assert [row["Result"] for row in rows(world)] == [""]
    assert "The end of weather|extract/" in caplog.text


def test_a_write_whose_answer_was_lost_stays_unknown(world: World) -> None:
    world.jobs.order("drop-after", "submit")
    with pytest.raises(Exception, match="no answer"):
        acts.ask(world.ports, anna(world), EXTRACT, "run")
    assert [row["Result"] for row in rows(world)] == [""]


def test_a_write_that_the_sdk_sent_twice_is_one_act_and_no_other_editor(world: World) -> None:
    seen = version(world.copy("weather/extract"))
    world.jobs.order("resent", "submit")
    acts.change(world.ports, anna(world), EXTRACT, {"Retries": 2}, etag=seen)
    world.jobs.order("resent", "submit")
    acts.ask(world.ports, anna(world), EXTRACT, "run")
    world.jobs.order("resent", "submit")
    acts.add(world.ports, anna(world), ("weather", "new"), {"Image": "extract:1"})
    world.jobs.order("resent", "submit")
    acts.remove(world.ports, anna(world), ("weather", "new"))
    assert {row["Result"] for row in (*rows(world), *rows(world, "weather/new"))} == {"done"}


def test_a_request_that_was_sent_twice_and_obeyed_between_is_not_written_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was lost, a tick obeyed at once, and only then the SDK's second try is refused."""
    submit = world.jobs.submit

    def lost(changes: Any) -> None:
        submit(changes)
        world.edit("weather/extract", Request="", Status="Starting")
        raise BatchRefused(0, 412, "UpdateConditionNotSatisfied")

    monkeypatch.setattr(world.jobs, "submit", lost)
    with pytest.raises(Conflict, match="look whether it was asked, and ask again if not"):
        acts.ask(world.ports, anna(world), EXTRACT, "run")
    assert world.row("weather/extract")["Request"] == ""
    assert [row["Result"] for row in rows(world)] == [""]


def test_what_is_refused_before_anything_is_written_is_no_act(world: World) -> None:
    with pytest.raises(Faulty):
        acts.change(world.ports, anna(world), EXTRACT, {"Retries": 99})
    assert rows(world) == []


def test_acts_are_listed_newest_first_of_one_job_and_page_by_page(world: World) -> None:
    for minute, reason in enumerate(("one", "two", "three")):
        world.clock.to(at(f"09:0{minute}"))
        acts.pause(world.ports, anna(world), EXTRACT, reason)
    acts.add(world.ports, anna(world), ("weather", "other"), {"Image": "extract:1"})
    first, onward = audit.entries(world.ports, EXTRACT, limit=2)
    rest, end = audit.entries(world.ports, EXTRACT, limit=2, after=onward)
    reasons = [json.loads(one.after)["PausedReason"] for one in (*first, *rest)]
    assert (reasons, end) == (["three", "two", "one"], "")
    late, _ = audit.entries(world.ports, EXTRACT, since=world.clock.now)
    assert [json.loads(one.after)["PausedReason"] for one in late] == ["three"]
    every, _ = audit.entries(world.ports)
    assert {one.key for one in every} == {EXTRACT, ("weather", "other")}


def test_a_row_of_the_audit_that_somebody_damaged_is_shown_as_far_as_it_can_be(world: World) -> None:
    world.audit.put(("weather|extract", "0"), {"Who": 5, "Before": "{", "At": "yesterday"})
    ((entry,), _) = audit.entries(world.ports)
    assert (entry.who, entry.before, entry.at, entry.action) == ("5", "{", None, "")


# secrets


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("AlertTo", f"https://hooks.example/{SECRET}", "https://hooks.example/***"),
        ("AlertTo", f"hooks.example/{SECRET}", "***"),
        ("AlertTo", "none", "none"),
        ("GitRepo", f"https://anna:{SECRET}@git.example/repo", "***"),
        ("GitRepo", "https://git.example/repo", "https://git.example/repo"),
        ("SecureEnv", f"TOKEN={SECRET}", "***"),
        ("SecureEnv", f'{{"TOKEN": "{SECRET}"', "***"),
        ("SecureEnv", f"TOKEN={REFERENCE}", f"TOKEN={REFERENCE}"),
        ("Spec", f"not JSON {SECRET}", "***"),
        ("Spec", "[" * 5000, "***"),
        ("Volumes", '{"/scratch": {"emptyDir": {}}}', '{"/scratch": {"emptyDir": {}}}'),
        ("Env", "MODE=full", "MODE=full"),
    ],
)
def test_a_cell_is_shown_without_a_secret(column: str, value: str, shown: str) -> None:
    assert hidden.shown(column, value) == shown


@pytest.mark.parametrize(
    ("column", "tree"),
    [
        ("Spec", {"properties": {"imageRegistryCredentials": [{"server": "s", "PassWord": SECRET}]}}),
        ("Spec", {"imageRegistryCredentials": [{"server": "s", "password": SECRET}]}),
        ("Spec", {"containers": [{"name": "job", "properties": {"environmentVariables": [{"SecureValue": SECRET}]}}]}),
        ("Spec", {"properties": {"volumes": [{"name": "v", "secret": {"file": SECRET}}]}}),
        ("Spec", {"diagnostics": {"logAnalytics": {"workspaceId": "w", "workspacekey": SECRET}}}),
        ("Volumes", {"/data": {"azureFile": {"shareName": "s", "storageAccountKey": SECRET}}}),
        ("Volumes", {"/data": {"AZUREFILE": {"shareName": "s", "STORAGEACCOUNTKEY": SECRET}}}),
        ("Volumes", {"/secrets": {"secret": {"token": SECRET}}}),
        ("Volumes", {"/secrets": {"Secret": {"token": SECRET}}}),
    ],
)
def test_secrets_in_arms_own_words_are_masked_and_the_rest_is_not(column: str, tree: dict[str, Any]) -> None:
    shown = str(hidden.shown(column, json.dumps(tree)))
    assert SECRET not in shown
    assert "***" in shown
    assert len(shown) > len("***")


def test_no_secret_gets_into_the_audit(world: World) -> None:
    spec = {"properties": {"imageRegistryCredentials": [{"server": "s", "username": "u", "password": SECRET}]}}
    acts.change(
        world.ports, anna(world), EXTRACT, {"Spec": json.dumps(spec), "GitRepo": f"https://a:{SECRET}@g/x"}, force=True
    )
    acts.remove(world.ports, anna(world), EXTRACT)
    assert SECRET not in str(rows(world))
    assert SECRET not in str(world.journal)


def test_a_cell_that_comes_back_as_it_was_shown_is_left_as_it_is(world: World) -> None:
    world.edit("weather/extract", Volumes=json.dumps({"/s": {"secret": {"token": SECRET}}}))
    present = world.row("weather/extract")["Volumes"]
    shown = hidden.shown("Volumes", present)
    acts.change(world.ports, anna(world), EXTRACT, {"Volumes": shown, "Owner": "anna"})
    assert world.row("weather/extract")["Volumes"] == present
    assert world.row("weather/extract")["Owner"] == "anna"


def test_stars_are_never_saved_in_place_of_what_they_hide(world: World) -> None:
    world.edit("weather/extract", Volumes=json.dumps({"/s": {"secret": {"token": SECRET}}}))
    changed = str(hidden.shown("Volumes", world.row("weather/extract")["Volumes"])).replace("/s", "/t")
    with pytest.raises(Faulty, match="type the whole value anew"):
        acts.change(world.ports, anna(world), EXTRACT, {"Volumes": changed}, force=True)


def test_a_copy_of_what_another_job_shows_is_no_new_job(world: World) -> None:
    with pytest.raises(Faulty, match="type the whole value anew"):
        acts.add(
            world.ports, anna(world), ("weather", "new"), {"Image": "extract:1", "AlertTo": "https://h.example/***"}
        )


def test_a_huge_edit_is_told_in_part(world: World) -> None:
    cells = {"Description": '"' * 30_000, "Owner": "anna", "PausedReason": "\n" * 30_000}
    acts.change(world.ports, anna(world), EXTRACT, cells)
    (row,) = rows(world)
    assert len(row["After"]) <= audit.LONGEST
    after = json.loads(row["After"])
    assert after["Owner"] == "anna"
    assert after["Description"].endswith("…")
