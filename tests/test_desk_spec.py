"""What ACI was asked for, for a run: exactly that, and no secret."""

import json
from typing import Any

import pytest

from scheduler.desk import runs, spec
from scheduler.desk.spec import Sent
from tests.world import World, key

JOB = "weather/extract"
SECRET = "https://kv-1.vault.azure.net/secrets/api-key"
VALUE = "pa55/word"
LITERALS = {
    "containers": [
        {"name": "job", "properties": {"environmentVariables": [{"name": "OWN", "secureValue": "hunter2"}]}}
    ],
    "volumes": [
        {"name": "files", "azureFile": {"shareName": "s", "storageAccountName": "a", "storageAccountKey": "storage-k"}},
        {"name": "keys", "secret": {"id.pem": "cGVtLWZpbGU="}},
    ],
    "imageRegistryCredentials": [{"server": "reg.io", "username": "u", "password": "registry-pw"}],
    "diagnostics": {"logAnalytics": {"workspaceId": "w", "workspaceKey": "workspace-k"}},
    "extensions": [{"name": "x", "properties": {"protectedSettings": {"token": "protected-t"}}}],
}
NEVER = (VALUE, "hunter2", "storage-k", "cGVtLWZpbGU=", "registry-pw", "workspace-k", "protected-t")


def world_of(**columns: Any) -> World:
    world = World("09:00")
    world.secrets.put(SECRET, VALUE)
    cells = {"Schedule": "0 * * * *", "Image": "weather:1", "Watermark": "7", "Env": "MODE=full"}
    world.add(JOB, **cells | columns)
    world.ticks("09:01", "10:00")
    return world


def sent(world: World, ref: str = "2026-11-22T10:00:00Z.1") -> Sent:
    return spec.sent(world.ports, runs.run(world.ports, key(JOB), ref))


def test_it_is_what_was_sent_but_for_the_secrets() -> None:
    world = world_of(SecureEnv=json.dumps({"API_KEY": SECRET}))
    (group,) = world.groups.groups.values()
    shown = sent(world)
    assert shown.notes == ()
    assert shown.body
    assert json.loads(shown.text) == shown.body
    said, true = (
        {one["name"]: one for one in body["properties"]["containers"][0]["properties"]["environmentVariables"]}
        for body in (shown.body, group.body)
    )
    assert true["API_KEY"] == {"name": "API_KEY", "secureValue": VALUE}
    assert said["API_KEY"] == {"name": "API_KEY", "secureValue": SECRET}
    assert {name: one for name, one in said.items() if name != "API_KEY"} == {
        name: one for name, one in true.items() if name != "API_KEY"
    }
    assert said["WATERMARK"] == {"name": "WATERMARK", "value": "7"}
    assert shown.body["location"] == "westeurope"


@pytest.mark.parametrize("kept", [True, False])
def test_no_secret_of_any_kind_is_ever_shown(kept: bool) -> None:
    world = world_of(SecureEnv=json.dumps({"API_KEY": SECRET}), Spec=json.dumps(LITERALS))
    assert world.row(JOB)["Status"] in ("Starting", "Running"), world.row(JOB)["Reason"]
    if not kept:
        forget(world)
    shown = sent(world)
    assert shown.body
    assert not [secret for secret in NEVER if secret in shown.text]
    assert shown.text.count("***") >= 5


def forget(world: World) -> None:
    """Let the runs be of a version that kept no body with them."""
    for name, row in world.runs_table.rows.items():
        world.runs_table.put(name, {column: value for column, value in row.columns.items() if column != "Container"})


def test_what_was_not_kept_is_told_from_the_row_as_it_is_now_and_says_so() -> None:
    world = world_of()
    forget(world)
    world.edit(JOB, Image="weather:2")
    shown = sent(world)
    assert "weather:2" in shown.text
    assert shown.notes == ("It was not kept with the run: this is what the job's row as it is now would ask for.",)


def test_an_edit_after_the_claim_does_not_change_what_was_sent() -> None:
    world = world_of()
    world.edit(JOB, Image="weather:2")
    assert "weather:1" in sent(world).text


def test_why_there_is_none_is_told() -> None:
    world = world_of()
    forget(world)
    world.edit(JOB, Cpu="much")
    assert "Cpu is 'much'" in sent(world).notes[0]
    world.remove(JOB)
    assert sent(world).notes == ("Its job was deleted, and what it asked for was not kept.",)
    assert sent(world).text == ""


def test_an_existing_group_is_asked_for_nothing() -> None:
    world = World("09:00")
    world.groups.provision("shared", "weather:1")
    world.add(JOB, Schedule="0 * * * *", ContainerGroup="shared")
    world.ticks("09:01", "10:00")
    assert sent(world) == Sent(None, ("It starts the existing container group shared: Crontable asks for none.",))


def test_an_attempt_that_waits_shows_what_it_will_ask_for() -> None:
    world = World("09:00")
    world.groups.behave(duration=5, exit_code=3)
    world.add(JOB, Schedule="0 * * * *", Image="weather:1", Retries=1, RetryDelay="10m")
    world.ticks("09:01", "10:00", "10:01")
    shown = sent(world, "2026-11-22T10:00:00Z.2")
    assert '"value": "2"' in shown.text
    assert shown.notes[0].startswith("It is asked for when it is claimed")


def test_a_skip_has_no_group() -> None:
    world = World("09:00")
    world.groups.behave(duration=None)
    world.add(JOB, Schedule="*/10 * * * *", Image="weather:1")
    world.ticks("09:01", "09:10", "09:20", "09:30")
    skip = runs.runs(world.ports, key(JOB), state="skipped")[0][0]
    assert spec.sent(world.ports, skip).notes == ("A due time that was let pass has no container group.",)
