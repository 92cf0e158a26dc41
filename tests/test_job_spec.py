"""Spec: ARM's own words in a cell; what would break a promise is refused, the rest is ACI's to judge."""

import json
from typing import Any

import pytest

from scheduler.job import Faulty, Job
from scheduler.row import Row
from scheduler.watermark import TOLD

IDENTITY = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/own"
SIZE = {"requests": {"cpu": 0.5, "memoryInGB": 1}}
SIDE = {"name": "side", "properties": {"image": "side:1", "resources": SIZE}}


def read(spec: object) -> Job | Faulty:
    return Job.from_row(Row("weather", "extract", {"Image": "weather", "Spec": json.dumps(spec)}))


def side(**properties: Any) -> dict[str, Any]:
    return {"containers": [{"name": "side", "properties": {"image": "side", "resources": SIZE} | properties}]}


def job(**properties: Any) -> dict[str, Any]:
    return {"containers": [{"name": "job", "properties": properties}]}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ({}, {"properties": {}}),
        ({"dnsConfig": {"nameServers": ["10.0.0.1"]}}, {"properties": {"dnsConfig": {"nameServers": ["10.0.0.1"]}}}),
        ({"containers": [SIDE]}, {"properties": {"containers": [SIDE]}}),
        ({"properties": {"containers": [SIDE]}}, {"properties": {"containers": [SIDE]}}),
        ({"Containers": [{"NAME": "side", "Properties": SIDE["properties"]}]}, {"properties": {"containers": [SIDE]}}),
        ({"zones": ["1"], "priority": "Spot"}, {"zones": ["1"], "properties": {"priority": "Spot"}}),
        (
            {"identity": {"type": "SystemAssigned"}, "Properties": {}},
            {"identity": {"type": "SystemAssigned"}, "properties": {}},
        ),
        (
            {"restartPolicy": "never", "osType": "windows"},
            {"properties": {"restartPolicy": "never", "osType": "windows"}},
        ),
        (
            {"volumes": [{"name": "files", "secret": {"Image": "aGk=", "TAGS": "aGk="}}]},
            {"properties": {"volumes": [{"name": "files", "secret": {"Image": "aGk=", "TAGS": "aGk="}}]}},
        ),
        ({"noveltyOfNextYear": {"Name": 1}}, {"properties": {"noveltyOfNextYear": {"Name": 1}}}),
        (job(image="other:2"), {"properties": job(image="other:2")}),
    ],
)
def test_a_spec_is_kept_in_arms_spelling(typed: object, kept: object) -> None:
    read_job = read(typed)
    assert isinstance(read_job, Job), read_job
    assert read_job.spec == kept


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ([], "it must be a JSON object of container-group properties"),
        ("x", "it must be a JSON object of container-group properties"),
        ({"restartPolicy": "Always"}, "restartPolicy must be Never"),
        ({"RestartPolicy": "OnFailure"}, "restartPolicy must be Never"),
        ({"properties": {"restartPolicy": 1}}, "restartPolicy must be Never"),
        ({"osType": "Plan9"}, "osType must be Linux or Windows."),
        ({"tags": {"a": "b"}}, "'tags' must not be in it: Crontable tags the group."),
        ({"NAME": "mine"}, "'name' must not be in it: Crontable names the group."),
        ({"location": "westeurope"}, "'location' must not be in it: fill Locations instead."),
        ({"Location": "westeurope", "properties": {}}, "'location' must not be in it: fill Locations instead."),
        ({"properties": {}, "containers": []}, "'containers' must not be in it: it must stand in properties."),
        ({"properties": None}, "properties must be an object."),
        ({"properties": {}, "Properties": {}}, "'properties' is given twice, in two ways of writing it."),
        ({"containers": [SIDE], "CONTAINERS": [SIDE]}, "'containers' is given twice"),
        ({"container\N{LATIN SMALL LETTER LONG S}": []}, "is no property of a container group."),
        ({"containerGroupProfile": {}}, "'containerGroupProfile' must not be in it"),
        ({"containers": None}, "containers must be a list of objects, each with the text name."),
        ({"containers": [{"properties": {}}]}, "containers must be a list of objects, each with the text name."),
        ({"containers": [SIDE, SIDE]}, "containers must not hold two items of the same name."),
        ({"containers": [{**SIDE, "name": "No"}]}, "a container's name must have 1 to 63 lower-case letters"),
        ({"initContainers": [{"name": "job"}]}, "job is the job's."),
        ({"initContainers": [{"name": "first"}]}, "container first must have an image"),
        ({"containers": [{"name": "side", "properties": []}]}, "the properties of container side must be an object."),
        (side(image="two words"), "container side must have an image"),
        (side(image=None), "container side must have an image"),
        (job(image=None), "container job must have an image"),
        (job(image=5), "container job must have an image"),
        (side(resources=None), "container side must have resources.requests with cpu and memoryInGB"),
        (side(resources={"requests": {"cpu": 1}}), "container side must have resources.requests"),
        (side(resources={"requests": {"cpu": "1", "memoryInGB": 1}}), "container side must have resources.requests"),
        (side(resources={"requests": {"cpu": True, "memoryInGB": 1}}), "container side must have resources.requests"),
        (job(resources={"requests": {"cpu": 0}}), "container job must have resources.requests"),
        (job(resources={"requests": {"cpu": None}}), "container job must have resources.requests"),
        (job(resources={"requests": None}), "container job must have resources.requests"),
        (job(environmentVariables={"A": "b"}), "in container job, environmentVariables must be a list of objects"),
        (
            side(volumeMounts=[{"name": "x"}]),
            "in container side, volumeMounts must be a list of objects, each with the",
        ),
        ({"volumes": None}, "volumes must be a list of objects, each with the text name."),
        (
            {"imageRegistryCredentials": [{}]},
            "imageRegistryCredentials must be a list of objects, each with the text serv",
        ),
        ({"identity": None}, "identity must be an object, and its type a text."),
        ({"identity": {"type": 1}}, "identity must be an object, and its type a text."),
        ({"identity": {"userAssignedIdentities": ["x"]}}, "userAssignedIdentities must be an object whose names are"),
        (
            {"identity": {"userAssignedIdentities": {"x": {}}}},
            "userAssignedIdentities must be an object whose names are",
        ),
        (
            job(environmentVariables=[{"name": "A", "secureValue": "@Microsoft.KeyVault(nonsense)"}]),
            "a reference to Key Vault in it cannot be read: it must be https://VAULT",
        ),
    ],
)
def test_a_spec_that_would_break_a_promise_is_refused_with_the_rule(typed: object, sentence: str) -> None:
    faulty = read(typed)
    assert isinstance(faulty, Faulty), faulty
    (fault,) = faulty.faults
    assert fault.startswith("Spec is refused: ")
    assert sentence in fault


@pytest.mark.parametrize("name", TOLD)
def test_the_jobs_container_may_not_be_told_otherwise_what_the_scheduler_tells_it(name: str) -> None:
    faulty = read(
        {"Containers": [{"Name": "job", "properties": {"EnvironmentVariables": [{"NAME": name, "value": "x"}]}}]}
    )
    assert isinstance(faulty, Faulty)
    assert faulty.faults == (
        f"Spec is refused: in container job, the scheduler tells the run {name}: choose another name.",
    )
    assert isinstance(read(side(environmentVariables=[{"name": name, "value": "x"}])), Job)


def test_a_spec_that_nests_without_end_is_refused() -> None:
    deep: Any = {}
    for _ in range(100):
        deep = {"a": deep}
    faulty = read(deep)
    assert isinstance(faulty, Faulty)
    assert faulty.faults == ("Spec is refused: its objects stand within each other deeper than 64.",)


def test_all_faults_of_a_spec_are_told_at_once() -> None:
    faulty = read({"restartPolicy": "Always", "osType": "x", "tags": {}, "name": "a", "containers": 1, "volumes": 1})
    assert isinstance(faulty, Faulty)
    assert len(faulty.faults) == 6
    users: dict[str, Any] = {"userAssignedIdentities": {IDENTITY: {}}}
    assert isinstance(read({"identity": users}), Job)
