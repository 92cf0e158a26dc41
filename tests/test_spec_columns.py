"""What each column adds to the container group: secrets, disks, code, place, and who pulls the image."""

import json
from dataclasses import replace
from typing import Any

import pytest

from scheduler.job import Job
from scheduler.row import Row
from scheduler.settings import Settings
from scheduler.spec import Totals, body, refused, requested, told, totals
from tests.calendars import JOB, at, run

PULL = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pull"
OWN = PULL.replace("pull", "weather")
SUBNET = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/jobs"
TOKEN = "https://weather.vault.azure.net/secrets/token"
SETTINGS = Settings(location="westeurope", installation="acct/Jobs")
RUN = run(at("10:00"))
SIDE = {"image": "side", "resources": {"requests": {"cpu": 0.5, "memoryInGB": 0.5}}}


def job(**cells: Any) -> Job:
    read = Job.from_row(Row(*JOB, {"Image": "weather:1", **cells}))
    assert isinstance(read, Job), read
    return read


def properties(settings: Settings = SETTINGS, secrets: dict[str, str] | None = None, **cells: Any) -> dict[str, Any]:
    found: dict[str, Any] = body(job(**cells), RUN, settings, secrets=secrets or {})["properties"]
    return found


def container(secrets: dict[str, str] | None = None, **cells: Any) -> dict[str, Any]:
    first: dict[str, Any] = properties(secrets=secrets, **cells)["containers"][0]
    assert first["name"] == "job"
    inside: dict[str, Any] = first["properties"]
    return inside


def spec(**properties: Any) -> str:
    return json.dumps(properties)


def over(**inside: Any) -> str:
    """A Spec that changes the job's own container."""
    return spec(containers=[{"name": "job", "properties": inside}])


# secrets


def test_a_secret_is_told_as_a_secure_value_beside_the_plain_ones() -> None:
    variables = container({TOKEN: "hush"}, Env="A=1", SecureEnv=f"B={TOKEN}")["environmentVariables"]
    assert variables[:2] == [{"name": "A", "value": "1"}, {"name": "B", "secureValue": "hush"}]
    assert {one["name"] for one in variables[2:]} == set(told(RUN))


def test_a_secret_that_was_not_read_stops_the_body_and_before_a_run_there_is_none() -> None:
    with pytest.raises(KeyError):
        body(job(SecureEnv=f"B={TOKEN}"), RUN, SETTINGS)
    before = body(job(SecureEnv=f"B={TOKEN}"), None, SETTINGS)
    (variable,) = before["properties"]["containers"][0]["properties"]["environmentVariables"]
    assert variable == {"name": "B", "secureValue": TOKEN}
    assert "tags" not in before


# disks and code


def test_volumes_are_numbered_and_mounted_where_the_row_says() -> None:
    share = {"shareName": "in", "storageAccountName": "acct", "storageAccountKey": TOKEN}
    typed = json.dumps({"/in": {"azureFile": share, "readOnly": True}, "/keys": {"secret": {"token": TOKEN}}})
    asked = properties(secrets={TOKEN: "hush"}, Volumes=typed)
    assert asked["volumes"] == [
        {"name": "volume-1", "azureFile": {**share, "storageAccountKey": "hush"}},
        {"name": "volume-2", "secret": {"token": "aHVzaA=="}},
    ]
    assert asked["containers"][0]["properties"]["volumeMounts"] == [
        {"name": "volume-1", "mountPath": "/in", "readOnly": True},
        {"name": "volume-2", "mountPath": "/keys"},
    ]


@pytest.mark.parametrize(
    ("revision", "commit", "said"),
    [("main", "f" * 40, {"revision": "f" * 40}), ("main", "", {"revision": "main"}), ("", "", {})],
)
def test_the_code_is_cloned_at_its_commit_and_mounted(revision: str, commit: str, said: dict[str, str]) -> None:
    coded = job(GitRepo="https://g.io/a.git", GitRevision=revision)
    asked = body(coded, RUN, SETTINGS, commit=commit)["properties"]
    clone = {"repository": "https://g.io/a.git", "directory": ".", **said}
    assert asked["volumes"] == [{"name": "volume-code", "gitRepo": clone}]
    mounts = asked["containers"][0]["properties"]["volumeMounts"]
    assert mounts == [{"name": "volume-code", "mountPath": "/code"}]


# where


def test_the_group_is_made_where_the_run_is_sent_or_first_in_line_or_where_the_settings_say() -> None:
    listed = job(Locations="northeurope, uksouth")
    assert body(listed, RUN, SETTINGS, location="uksouth")["location"] == "uksouth"
    assert body(listed, RUN, SETTINGS)["location"] == "northeurope"
    assert body(job(), RUN, SETTINGS)["location"] == "westeurope"


def test_the_rows_subnet_beats_the_settings_and_none_is_none() -> None:
    usual = replace(SETTINGS, subnet="/subnets/usual")
    assert properties(usual, Subnet=SUBNET)["subnetIds"] == [{"id": SUBNET}]
    assert properties(usual)["subnetIds"] == [{"id": "/subnets/usual"}]
    assert "subnetIds" not in properties(usual, Subnet="none")


def test_a_spot_job_asks_for_spot() -> None:
    assert properties(Spot=True)["priority"] == "Spot"
    assert "priority" not in properties(Spot=False)


# who pulls


def pulled(settings: Settings, **cells: Any) -> tuple[list[dict[str, str]], list[str]]:
    asked = body(job(**cells), RUN, settings)
    identities = list(asked.get("identity", {}).get("userAssignedIdentities", {}))
    return asked["properties"].get("imageRegistryCredentials", []), identities


OURS = replace(SETTINGS, registry="ours.io", pull_identity=PULL)


@pytest.mark.parametrize(
    ("settings", "cells", "credentials", "identities"),
    [
        (OURS, {"Image": "theirs.io/a", "Registry": "theirs.io"}, [("theirs.io", PULL)], [PULL]),
        (OURS, {"Image": "theirs.io/a", "Registry": "theirs.io", "Identity": OWN}, [("theirs.io", PULL)], [OWN, PULL]),
        (SETTINGS, {"Image": "theirs.io/a", "Registry": "theirs.io", "Identity": OWN}, [("theirs.io", OWN)], [OWN]),
        (OURS, {"Image": "ours.io/a", "Registry": "none"}, [], []),
        (OURS, {"Image": "OURS.io/a", "Identity": PULL.upper()}, [("ours.io", PULL)], [PULL.upper()]),
        (OURS, {"Image": "ours.io/a", "Registry": "ours.io"}, [("ours.io", PULL)], [PULL]),
        (replace(OURS, pull_identity=""), {"Image": "ours.io/a", "Identity": OWN}, [], [OWN]),
        (
            OURS,
            {"Spec": spec(initContainers=[{"name": "first", "properties": {"image": "ours.io/a"}}])},
            [("ours.io", PULL)],
            [PULL],
        ),
        (
            OURS,
            {"Image": "ours.io/a", "Spec": spec(imageRegistryCredentials=[{"server": "Ours.io", "identity": OWN}])},
            [("Ours.io", OWN)],
            [OWN],
        ),
    ],
)
def test_images_are_pulled_with_an_identity_that_the_group_has(
    settings: Settings, cells: dict[str, str], credentials: list[tuple[str, str]], identities: list[str]
) -> None:
    said, named = pulled(settings, **cells)
    assert [(one["server"], one["identity"]) for one in said] == credentials
    assert named == identities


# Spec, over all of it


def test_spec_adds_containers_beside_the_job_which_stays_first() -> None:
    asked = properties(Spec=spec(containers=[{"name": "side", "properties": SIDE}], dnsConfig={"nameServers": ["1"]}))
    assert [one["name"] for one in asked["containers"]] == ["job", "side"]
    assert asked["containers"][1]["properties"] == SIDE
    assert asked["dnsConfig"] == {"nameServers": ["1"]}


def test_spec_changes_the_jobs_container_and_what_the_run_is_told_stays() -> None:
    variables = [{"name": "A", "value": "2"}, {"name": "C", "value": "3"}]
    inside = container(Env="A=1\nB=2", Spec=over(image="other", environmentVariables=variables))
    assert inside["image"] == "other"
    assert inside["resources"]["requests"] == {"cpu": 1.0, "memoryInGB": 1.5}
    assert [one["name"] for one in inside["environmentVariables"]] == ["A", "B", "C", *told(RUN)]
    assert inside["environmentVariables"][0] == {"name": "A", "value": "2"}


def test_spec_keeps_the_volumes_and_mounts_of_the_columns() -> None:
    mount = {"name": "extra-volume", "mountPath": "/extra"}
    typed = spec(
        volumes=[{"name": "extra-volume", "emptyDir": {}}],
        containers=[{"name": "job", "properties": {"volumeMounts": [mount]}}],
    )
    asked = properties(GitRepo="https://g.io/a", Spec=typed)
    assert [one["name"] for one in asked["volumes"]] == ["volume-code", "extra-volume"]
    assert [one["mountPath"] for one in asked["containers"][0]["properties"]["volumeMounts"]] == ["/code", "/extra"]


def test_a_reference_in_spec_is_resolved_too_and_a_bare_secret_is_sent_as_it_is() -> None:
    variables = [{"name": "A", "secureValue": TOKEN}, {"name": "B", "secureValue": "bare"}]
    sent = container({TOKEN: "hush"}, Spec=over(environmentVariables=variables))["environmentVariables"]
    assert sent[:2] == [{"name": "A", "secureValue": "hush"}, {"name": "B", "secureValue": "bare"}]


def test_whatever_spec_says_the_run_is_never_restarted_and_the_tags_are_ours() -> None:
    asked = body(job(Spec=spec(restartPolicy="NEVER")), RUN, SETTINGS)
    assert asked["properties"]["restartPolicy"] == "Never"
    assert set(asked["tags"]) == {"crontable-installation", "crontable-job", "crontable-due", "crontable-attempt"}


@pytest.mark.parametrize(
    ("said", "identity", "kind", "users"),
    [
        ({"type": "SystemAssigned"}, "", "SystemAssigned", []),
        ({"type": "SystemAssigned"}, OWN, "SystemAssigned, UserAssigned", [OWN]),
        ({"type": "SystemAssigned, UserAssigned", "userAssignedIdentities": {PULL: {}}}, OWN, None, [OWN, PULL]),
        ({"userAssignedIdentities": {PULL: {}}}, "", "UserAssigned", [PULL]),
        ({"type": "UserAssigned", "userAssignedIdentities": {OWN.upper(): {}}}, OWN, "UserAssigned", [OWN]),
        ({"type": "None"}, "", "", []),
    ],
)
def test_identities_of_the_row_and_of_spec_come_together(
    said: dict[str, Any], identity: str, kind: str | None, users: list[str]
) -> None:
    asked = body(job(Identity=identity, Spec=json.dumps({"identity": said})), RUN, SETTINGS).get("identity", {})
    assert asked.get("type", "") == ("SystemAssigned, UserAssigned" if kind is None else kind)
    assert list(asked.get("userAssignedIdentities", {})) == users


def test_the_size_of_a_group_is_the_sum_of_its_containers() -> None:
    first = {"name": "first", "properties": {"image": "x"}}
    typed = spec(containers=[{"name": "side", "properties": SIDE}], initContainers=[first], priority="spot")
    assert totals(body(job(Cpu=2, Spec=typed), None, SETTINGS)) == Totals(2.5, 2.0, spot=True)
    assert totals(body(job(), RUN, SETTINGS)) == Totals(1.0, 1.5, spot=False)
    for one in (job(), job(Cpu=2, MemoryGb=3, Spot=True), job(Cpu=2, Spec=typed)):
        assert requested(one, SETTINGS) == totals(body(one, None, SETTINGS))


def test_a_body_shares_nothing_with_the_row_it_was_made_of() -> None:
    listed = job(Spec=over(environmentVariables=[{"name": "A", "value": "1"}]), Env="B=2")
    assert body(listed, RUN, SETTINGS) == body(listed, RUN, SETTINGS)
    assert json.dumps(listed.spec) == json.dumps(
        job(Spec=over(environmentVariables=[{"name": "A", "value": "1"}])).spec
    )


@pytest.mark.parametrize(("columns", "named"), [({"Cpu": 0.5}, "Cpu is 0.5"), ({"MemoryGb": 0.5}, "MemoryGb is 0.5")])
def test_a_group_that_aci_never_makes_is_a_fault_of_its_row(columns: dict[str, float], named: str) -> None:
    job = Job.from_row(Row("t", "j", {"Image": "x", **columns}))
    assert isinstance(job, Job)
    (said,) = refused(job, Settings(location="westeurope"))
    assert said.startswith(named)
