"""SecureEnv: a run is told its secrets, and nobody else is."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest

from scheduler.ports import GroupRefused, Secret, Unknown
from scheduler.run import Cause
from tests.world import World, minutes

JOB = "weather/extract"
KEY = "https://kv-1.vault.azure.net/secrets/api-key"
VALUE = 's3cr3t/with "quotes" & ünïcode'


def secretive(**columns: Any) -> World:
    """A job that is told a secret and prints it in several ways, its watermark and metrics among them."""
    world = World("09:00")
    world.secrets.put(KEY, VALUE)
    world.groups.behave(
        start_delay=5,
        duration=20,
        log=lambda env: (
            f"key is {env['API_KEY']}\n{json.dumps(env['API_KEY'])}\n::progress::40 {env['API_KEY']}\n"
            f"::watermark::{env['API_KEY']}\n"
        ),
    )
    world.add(
        JOB, **{"Schedule": "0 * * * *", "Image": "weather:1", "SecureEnv": json.dumps({"API_KEY": KEY}), **columns}
    )
    world.tick("09:01")
    return world


def said(world: World) -> Iterator[str]:
    """Everything that anybody could read: tables, blobs, the journal of all calls."""
    for table in (world.jobs, world.runs_table):
        for row in table.rows.values():
            yield repr(row)
    for name, blob in world.logs.blobs.items():
        yield name + blob.decode(errors="replace")
    yield from world.journal.lines


def hidden(world: World, value: str = VALUE) -> bool:
    forms = [value, json.dumps(value), json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]]
    return not any(form in text for text in said(world) for form in forms)


def test_what_must_be_asked_for_is_asked_for_all_jobs_at_once() -> None:
    world, everybody = World("09:00"), Barrier(4)
    world.secrets.put(KEY, VALUE)
    for number in range(4):
        world.add(f"team/job{number}", Schedule="0 * * * *", Image="x", SecureEnv=json.dumps({"API_KEY": KEY}))
    world.tick("09:01")

    class Gathered:
        """Answers when all four are asking."""

        def read(self, reference: str) -> Secret:
            everybody.wait(timeout=60)
            return Secret(reference, VALUE)

    with ThreadPoolExecutor(4) as pool:
        done = world.tick("10:00", through=replace(world.ports, secrets=Gathered(), pool=pool))
    assert (done.started, done.troubles) == (4, ())


def test_a_run_is_told_its_secret_and_nothing_shows_it() -> None:
    world = secretive()
    world.tick("10:00")
    (group,) = world.groups.groups.values()
    sent = {one["name"]: one for one in group.body["properties"]["containers"][0]["properties"]["environmentVariables"]}
    assert sent["API_KEY"] == {"name": "API_KEY", "secureValue": VALUE}
    world.ticks("10:01", "10:02")
    assert world.row(JOB)["Status"] == "Succeeded"
    (run,) = world.runs(JOB)
    assert "key is ***" in world.log(str(run.columns["Log"]))
    assert run.columns["WatermarkTo"] == "***"
    assert hidden(world)


def test_the_value_that_the_run_was_given_is_masked_though_the_secret_was_renewed_meanwhile() -> None:
    world = secretive()
    world.tick("10:00")
    world.secrets.put(KEY, "quite another")
    world.ticks("10:01", "10:02")
    assert world.row(JOB)["Status"] == "Succeeded"
    assert hidden(world)


def test_a_fresh_process_masks_too() -> None:
    world = secretive()
    world.tick("10:00")
    world.restart()
    world.ticks("10:01", "10:02")
    assert hidden(world)
    assert world.row(JOB)["Status"] == "Succeeded"


def test_a_log_that_cannot_be_masked_is_not_kept() -> None:
    world = secretive()
    world.tick("10:00")
    world.secrets.fail(times=1_000)
    world.ticks(*minutes("10:01", "10:13"))
    assert world.row(JOB)["Status"] == "Succeeded"
    assert "could not be kept" in str(world.row(JOB)["Reason"])
    assert not world.logs.blobs
    assert hidden(world)


def test_what_aci_says_of_a_body_is_masked() -> None:
    world = secretive()
    world.groups.fail("create", GroupRefused(Cause.SPEC, f"create: BadRequest: {VALUE} is odd"))
    world.tick("10:00")
    assert "*** is odd" in str(world.row(JOB)["Reason"])
    assert hidden(world)


def test_what_a_start_raises_is_masked() -> None:
    world = secretive()
    world.groups.fail("create", RuntimeError(f"odd: {VALUE}"))
    done = world.tick("10:00")
    assert done.troubles
    assert not any(VALUE in one.sentence for one in done.troubles)


def test_a_vault_without_an_answer_leaves_the_due_time_to_the_next_tick() -> None:
    world = secretive()
    world.secrets.fail(Unknown("no answer"), times=2)
    world.ticks("10:00", "10:01", "10:02")
    (run,) = world.runs(JOB)
    assert (run.columns["Attempt"], run.columns["State"]) == (1, "Active")


def test_a_vault_that_denies_is_a_failed_run_that_names_the_role_and_is_tried_again() -> None:
    world = secretive()
    world.secrets.deny(KEY)
    world.ticks("10:00")
    (run,) = world.runs(JOB)
    assert (run.columns["State"], run.columns["Cause"]) == ("Failed", "denied")
    assert "Key Vault Secrets User" in str(world.row(JOB)["Reason"])
    assert world.row(JOB)["Status"] == "Waiting"
    assert not world.started()


def test_a_secret_that_is_not_there_is_a_failed_run() -> None:
    world = secretive(SecureEnv=json.dumps({"API_KEY": "https://kv-1.vault.azure.net/secrets/none"}))
    world.ticks("10:00")
    assert (world.row(JOB)["Status"], world.runs(JOB)[0].columns["Cause"]) == ("Failed", "spec")


@pytest.mark.parametrize("value", ["", " ", "a"])
def test_odd_values_do_no_harm(value: str) -> None:
    world = secretive()
    world.secrets.put(KEY, value)
    world.ticks("10:00", "10:01", "10:02")
    assert world.row(JOB)["Status"] == "Succeeded"


def test_a_takeover_reads_the_secret_again() -> None:
    world = secretive()
    world.groups.fail("create")
    world.ticks("10:00", "10:01")
    assert not world.started()
    world.ticks(*minutes("10:02", "10:20"))
    (run,) = world.runs(JOB)
    assert run.columns["State"] == "Succeeded"
    assert hidden(world)


def test_a_request_that_a_vault_keeps_waiting_is_not_forgotten() -> None:
    world = secretive()
    world.secrets.fail(Unknown("no answer"), times=8)
    world.edit(JOB, Request="run")
    world.ticks(*minutes("09:10", "09:20"))
    assert [row.columns["State"] for row in world.runs(JOB)] == ["Succeeded"]
    assert (world.row(JOB)["Request"], world.row(JOB)["Status"]) == ("", "Succeeded")
