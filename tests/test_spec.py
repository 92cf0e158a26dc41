"""The container group that a run asks ACI for, and whether the settings allow it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from scheduler.cell import shown
from scheduler.job import Job
from scheduler.row import Row, Value
from scheduler.settings import Settings
from scheduler.spec import body, refused, told
from tests.calendars import JOB, at, run

PULL = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pull"
OWN = PULL.replace("pull", "weather")
SETTINGS = Settings(location="westeurope", installation="acct/Jobs")
RUN = replace(run(at("10:00")), watermark="2026-11-21", interval=(at("09:00"), at("10:00")))


def job(**cells: Value) -> Job:
    read = Job.from_row(Row(*JOB, cells or {"Image": "weather:1"}))
    assert isinstance(read, Job), read
    return read


def test_the_smallest_job_in_full() -> None:
    assert body(job(), RUN, SETTINGS) == {
        "location": "westeurope",
        "tags": {
            "crontable-installation": "acct/Jobs",
            "crontable-job": "weather/extract",
            "crontable-due": "2026-11-22T10:00:00Z",
            "crontable-attempt": "1",
        },
        "properties": {
            "osType": "Linux",
            "restartPolicy": "Never",
            "containers": [
                {
                    "name": "job",
                    "properties": {
                        "image": "weather:1",
                        "resources": {"requests": {"cpu": 1.0, "memoryInGB": 1.5}},
                        "environmentVariables": [{"name": name, "value": value} for name, value in told(RUN).items()],
                    },
                }
            ],
        },
    }


def test_a_run_is_told_what_it_is_and_how_far_the_data_has_come() -> None:
    assert told(RUN) == {
        "WATERMARK": "2026-11-21",
        "RUN_ID": RUN.group,
        "JOB": "weather/extract",
        "DUE": "2026-11-22T10:00:00Z",
        "ATTEMPT": "1",
        "INTERVAL_START": "2026-11-22T09:00:00Z",
        "INTERVAL_END": "2026-11-22T10:00:00Z",
    }
    requested = told(replace(RUN, interval=None))
    assert (requested["INTERVAL_START"], requested["INTERVAL_END"]) == ("", "")


def test_the_run_gets_the_watermark_it_was_claimed_with_not_the_rows_present_one() -> None:
    container = body(job(Image="weather:1", Watermark="1999"), RUN, SETTINGS)["properties"]["containers"][0]
    assert {"name": "WATERMARK", "value": "2026-11-21"} in container["properties"]["environmentVariables"]


def test_what_the_row_says_is_asked_for() -> None:
    asked = body(
        job(Image="weather:1", Command="python -m weather", Cpu=2, MemoryGb=4, Env="MODE=full", Identity=OWN),
        RUN,
        SETTINGS,
    )
    container = asked["properties"]["containers"][0]["properties"]
    assert container["command"] == ["python", "-m", "weather"]
    assert container["resources"] == {"requests": {"cpu": 2.0, "memoryInGB": 4.0}}
    assert container["environmentVariables"][0] == {"name": "MODE", "value": "full"}
    assert asked["identity"] == {"type": "UserAssigned", "userAssignedIdentities": {OWN: {}}}


def test_the_settings_add_the_subnet() -> None:
    asked = body(job(), RUN, replace(SETTINGS, subnet="/subnets/jobs"))
    assert asked["properties"]["subnetIds"] == [{"id": "/subnets/jobs"}]


@pytest.mark.parametrize(("image", "pulled"), [("ours.azurecr.io/weather:1", True), ("ours.azurecr.io.evil/w", False)])
def test_the_pull_identity_serves_our_registry_only(image: str, pulled: bool) -> None:
    ours = replace(SETTINGS, registry="ours.azurecr.io", pull_identity=PULL)
    asked = body(job(Image=image, Identity=OWN), RUN, ours)
    assert ("imageRegistryCredentials" in asked["properties"]) is pulled
    assert (PULL in asked["identity"]["userAssignedIdentities"]) is pulled
    if pulled:
        assert asked["properties"]["imageRegistryCredentials"] == [{"server": "ours.azurecr.io", "identity": PULL}]


@pytest.mark.parametrize(
    ("setting", "globs", "cells", "column"),
    [
        ("allowed_images", "ours.azurecr.io/*", {"Image": "theirs.io/x"}, "Image"),
        ("allowed_images", "ours.azurecr.io/a, ours.azurecr.io/b", {"Image": "ours.azurecr.io/ab"}, "Image"),
        ("allowed_identities", "*/weather-*", {"Image": "x", "Identity": OWN}, "Identity"),
        ("allowed_groups", "nightly-*", {"ContainerGroup": "hourly"}, "ContainerGroup"),
    ],
)
def test_what_the_settings_do_not_allow_is_refused_by_name(
    setting: str, globs: str, cells: dict[str, Value], column: str
) -> None:
    (sentence,) = refused(job(**cells), Settings(**{**vars(SETTINGS), setting: globs}))
    assert sentence == f"{column} is {shown(cells[column])}: the setting {setting.upper()} allows only {globs}."


@pytest.mark.parametrize(
    ("settings", "cells"),
    [
        (SETTINGS, {"Image": "any/thing"}),
        (SETTINGS, {"ContainerGroup": "any"}),
        (replace(SETTINGS, allowed_images="ours/*"), {"Image": "OURS/x"}),
        (replace(SETTINGS, allowed_images="ours/*,"), {"ContainerGroup": "nightly"}),
        (replace(SETTINGS, allowed_identities="*/weather"), {"Image": "x", "Identity": OWN.upper()}),
        (replace(SETTINGS, allowed_identities="*/weather"), {"Image": "x"}),
        (replace(SETTINGS, allowed_groups="nightly*"), {"Image": "x"}),
        (replace(SETTINGS, allowed_groups=" nightly* , other"), {"ContainerGroup": "nightly-2"}),
    ],
)
def test_what_the_settings_allow_is_not_refused(settings: Settings, cells: dict[str, Value]) -> None:
    assert refused(job(**cells), settings) == ()


def test_the_pull_identity_is_the_installations_own_and_needs_no_leave() -> None:
    ours = replace(SETTINGS, registry="ours.io", pull_identity=PULL, allowed_identities="*/weather")
    assert refused(job(Image="ours.io/x"), ours) == ()
    assert len(refused(job(Image="ours.io/x", Identity=OWN + "2"), ours)) == 1


def test_image_and_identity_are_both_named_at_once() -> None:
    strict = replace(SETTINGS, allowed_images="ours/*", allowed_identities="none")
    assert [one.split()[0] for one in refused(job(Image="x", Identity=OWN), strict)] == ["Image", "Identity"]


# Spec and Registry: the lists hold for the body that would be sent


SIZE = {"requests": {"cpu": 1, "memoryInGB": 1}}


def over(**whole: Any) -> str:
    return json.dumps(whole)


def beside(kind: str, name: str, image: str) -> str:
    size = {"resources": SIZE} if kind == "containers" else {}
    return over(**{kind: [{"name": name, "properties": {"image": image} | size}]})


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (beside("containers", "side", "theirs/x"), "Spec's image of container side"),
        (beside("initContainers", "first", "theirs/x"), "Spec's image of container first"),
        (beside("containers", "job", "theirs/x"), "Spec's image of container job"),
        (beside("containers", "job", "theirs/x").replace("image", "IMAGE"), "Spec's image of container job"),
        (
            beside("containers", "side", "theirs/x").replace("containers", "Containers"),
            "Spec's image of container side",
        ),
    ],
)
def test_no_container_of_spec_gets_past_the_allowed_images(spec: str, said: str) -> None:
    strict = replace(SETTINGS, allowed_images="ours/*")
    (sentence,) = refused(job(Image="ours/weather", Spec=spec), strict)
    assert sentence == f"{said} is 'theirs/x': the setting ALLOWED_IMAGES allows only ours/*."
    assert refused(job(Image="ours/weather", Spec=spec.replace("theirs/", "ours/")), strict) == ()


@pytest.mark.parametrize(
    "spec",
    [
        over(identity={"userAssignedIdentities": {OWN: {}}}),
        over(properties={}, Identity={"UserAssignedIdentities": {OWN: {}}}),
        over(imageRegistryCredentials=[{"server": "x.io", "identity": OWN}]),
        over(encryptionProperties={"vaultBaseUrl": "https://v", "keyName": "k", "keyVersion": "1", "identity": OWN}),
    ],
)
def test_no_identity_of_spec_gets_past_the_allowed_identities(spec: str) -> None:
    strict = replace(SETTINGS, allowed_identities="*/sales")
    (sentence,) = refused(job(Image="x", Spec=spec), strict)
    assert sentence == f"Spec's identity is {shown(OWN)}: the setting ALLOWED_IDENTITIES allows only */sales."
    assert refused(job(Image="x", Spec=spec), replace(SETTINGS, allowed_identities="*/weather")) == ()


def test_the_pull_identity_needs_leave_where_a_row_gives_it_to_its_own_container() -> None:
    strict = replace(SETTINGS, registry="ours.io", pull_identity=PULL, allowed_identities="*/weather")
    assert len(refused(job(Image="theirs.io/x", Identity=PULL), strict)) == 1


def test_a_registry_needs_an_identity_that_pulls() -> None:
    private = {"Image": "ours.io/x", "Registry": "ours.io"}
    (sentence,) = refused(job(**private), SETTINGS)
    assert sentence == (
        "Registry is 'ours.io' and Identity is empty: an identity must pull from there; "
        "fill Identity, or the setting ACI_PULL_IDENTITY."
    )
    login = over(imageRegistryCredentials=[{"server": "OURS.io", "username": "u", "password": "p"}])
    assert refused(job(**private, Spec=login), SETTINGS) == ()
    assert refused(job(**private, Identity=OWN), SETTINGS) == ()
    assert refused(job(**private), replace(SETTINGS, pull_identity=PULL)) == ()


def test_a_spot_job_is_told_that_the_settings_put_it_in_a_subnet() -> None:
    (sentence,) = refused(job(Image="x", Spot=True), replace(SETTINGS, subnet="/subnets/jobs"))
    assert sentence == (
        "Spot is 'true' and the setting ACI_SUBNET_ID puts every group in a subnet, where ACI has no Spot group: let "
        "Subnet be none."
    )
    assert refused(job(Image="x", Spot=True, Subnet="none"), replace(SETTINGS, subnet="/subnets/jobs")) == ()
