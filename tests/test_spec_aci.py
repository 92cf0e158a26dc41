"""The body is one that ACI takes: held against the emulator's own reading of it."""

import json
from typing import Any

import pytest

from aci_emulator.spec import AzureFile, GitRepo, GroupSpec, Secret, read_spec
from scheduler.job import Job
from scheduler.row import Row
from scheduler.settings import Settings
from scheduler.spec import Totals, body, totals
from tests.calendars import JOB, at, run

IDENTITY = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"
SUBNET = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/jobs"
TOKEN = "https://weather.vault.azure.net/secrets/token"
KEY = "@Microsoft.KeyVault(VaultName=weather;SecretName=key)"
SETTINGS = Settings(
    location="West Europe", installation="acct/Jobs", registry="ours.io", pull_identity=f"{IDENTITY}pull", subnet=SUBNET
)
RUN = run(at("10:00"))
SHARE = {"shareName": "in", "storageAccountName": "acct", "storageAccountKey": KEY}
SPEC = {
    "Identity": {"type": "SystemAssigned"},
    "properties": {
        "containers": [
            {
                "name": "proxy",
                "properties": {
                    "image": "ours.io/proxy:2",
                    "resources": {"requests": {"cpu": 0.5, "memoryInGB": 0.5}},
                    "environmentVariables": [{"name": "TOKEN", "secureValue": TOKEN}],
                    "volumeMounts": [{"name": "volume-code", "mountPath": "/code", "readOnly": True}],
                },
            },
            {"name": "job", "properties": {"Resources": {"limits": {"cpu": 2, "memoryInGB": 4}}}},
        ],
        "initContainers": [
            {
                "name": "prepare",
                "properties": {"image": "busybox", "volumeMounts": [{"name": "volume-2", "mountPath": "/scratch"}]},
            }
        ],
        "imageRegistryCredentials": [{"server": "theirs.io", "username": "robot", "password": TOKEN}],
        "dnsConfig": {"nameServers": ["10.0.0.1"]},
    },
}
RICH: dict[str, Any] = {
    "Image": "ours.io/weather:1",
    "Command": "python -m weather",
    "Cpu": 1.5,
    "MemoryGb": 3.5,
    "Env": "MODE=full",
    "SecureEnv": f"TOKEN={TOKEN}",
    "Identity": f"{IDENTITY}weather",
    "Volumes": json.dumps(
        {
            "/in": {"azureFile": SHARE, "readOnly": True},
            "/scratch": {"emptyDir": {}},
            "/keys": {"secret": {"token.txt": TOKEN}},
        }
    ),
    "GitRepo": "https://github.com/team/jobs.git",
    "GitRevision": "main",
    "Spec": json.dumps(SPEC),
}


def taken(settings: Settings = SETTINGS, **cells: Any) -> GroupSpec:
    """What the emulator reads in the body; ArmError when it refuses it."""
    job = Job.from_row(Row(*JOB, cells))
    assert isinstance(job, Job), job
    whole = body(job, RUN, settings, secrets=dict.fromkeys(job.references, "hush"), commit="f" * 40)
    return read_spec(json.loads(json.dumps(whole)), name=RUN.group)


def test_a_row_with_nearly_everything_in_it_is_a_group() -> None:
    group = taken(**RICH)
    job, proxy = group.containers
    (prepare,) = group.init_containers
    assert [job.name, proxy.name, prepare.name] == ["job", "proxy", "prepare"]
    assert (job.cpu, job.memory, job.cpu_limit, job.command) == (1.5, 3.5, 2, ("python", "-m", "weather"))
    assert (job.environment["MODE"], job.environment["TOKEN"], job.environment["ATTEMPT"]) == ("full", "hush", "1")
    assert [mount.path for mount in job.mounts] == ["/in", "/scratch", "/keys", "/code"]
    share, _, keys, code = group.volumes
    assert isinstance(share, AzureFile)
    assert isinstance(keys, Secret)
    assert isinstance(code, GitRepo)
    assert keys.files == {"token.txt": b"hush"}
    assert (code.directory, code.revision) == (".", "f" * 40)
    assert [(login.server, login.identity) for login in group.logins] == [
        ("ours.io", f"{IDENTITY}pull"),
        ("theirs.io", ""),
    ]
    assert (group.identities.system, group.identities.users) == (True, (f"{IDENTITY}weather", f"{IDENTITY}pull"))
    assert (group.restart_policy, group.location, group.subnets) == ("Never", "westeurope", (SUBNET.lower(),))


def test_what_is_billed_is_what_aci_adds_up() -> None:
    job = Job.from_row(Row(*JOB, RICH))
    assert isinstance(job, Job)
    group = taken(**RICH)
    assert totals(body(job, None, SETTINGS)) == Totals(
        sum(one.cpu for one in group.containers), sum(one.memory for one in group.containers), spot=False
    )


@pytest.mark.parametrize(
    "cells",
    [
        {"Image": "weather"},
        {"Image": "weather", "Spot": True, "Subnet": "none", "Locations": "uksouth"},
        {"Image": "theirs.io/weather", "Registry": "theirs.io"},
        {"Image": "weather", "Subnet": SUBNET.replace("jobs", "others")},
        {"Image": "weather", "Spec": json.dumps({"identity": {"type": "None"}})},
        {
            "Image": "weather",
            "Spec": json.dumps({"volumes": [{"name": "files", "secret": {"a": KEY}}]}),
        },
        {"Image": "weather", "Cpu": 4, "MemoryGb": 16, "Spot": "yes", "Subnet": "none"},
    ],
)
def test_each_of_these_rows_is_a_group(cells: dict[str, Any]) -> None:
    assert taken(**cells).containers[0].name == "job"
