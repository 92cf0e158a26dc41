"""Volumes: mount paths and ARM's sources, with keys and secrets from Key Vault only."""

import json
from typing import Any

import pytest

from scheduler.columns.volumes import Volume
from scheduler.job import Faulty, Job
from scheduler.row import Row

KEY = "https://weather.vault.azure.net/secrets/storage-key"
SHARE = {"shareName": "in", "storageAccountName": "acct", "storageAccountKey": KEY}


def read(volumes: object, **cells: Any) -> Job | Faulty:
    typed = volumes if isinstance(volumes, str) else json.dumps(volumes)
    return Job.from_row(Row("weather", "extract", {"Image": "weather", "Volumes": typed, **cells}))


def test_each_kind_of_volume_is_taken() -> None:
    job = read(
        {
            "/data": {"azureFile": SHARE, "readOnly": True},
            "//scratch/a/": {"emptyDir": {}},
            "/secrets": {"secret": {"storage.key": KEY}},
        }
    )
    assert isinstance(job, Job)
    assert job.volumes == (
        Volume("/data", {"azureFile": SHARE}, read_only=True),
        Volume("/scratch/a", {"emptyDir": {}}),
        Volume("/secrets", {"secret": {"storage.key": KEY}}),
    )


def test_properties_may_be_written_in_any_case() -> None:
    job = read({"/data": {"AzureFile": {name.upper(): value for name, value in SHARE.items()}, "READONLY": False}})
    assert isinstance(job, Job)
    assert job.volumes == (Volume("/data", {"azureFile": SHARE}),)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("[]", "it must be a JSON object of mount paths"),
        ("/data", "it must be a JSON object of mount paths"),
        ({"data": {"emptyDir": {}}}, "'data' must be an absolute path other than /, without ':' and '..'."),
        ({"/": {"emptyDir": {}}}, "'/' must be an absolute path"),
        ({"/a/../etc": {"emptyDir": {}}}, "'/a/../etc' must be an absolute path"),
        ({"/a:b": {"emptyDir": {}}}, "'/a:b' must be an absolute path"),
        ({"/a\n": {"emptyDir": {}}}, "must be an absolute path"),
        ({"/" + "a" * 300: {"emptyDir": {}}}, "must be an absolute path"),
        ({"/a": {"emptyDir": {}}, "/a/": {"emptyDir": {}}}, "/a is given twice."),
        ({"/a": {}}, "at /a there must be one of azureFile, emptyDir, secret"),
        ({"/a": None}, "at /a there must be one of azureFile, emptyDir, secret"),
        ({"/a": {"emptyDir": {}, "secret": {}}}, "at /a there must be one of"),
        ({"/a": {"emptyDir": {}, "name": "mine"}}, "at /a there must be one of"),
        ({"/a": {"gitRepo": {"repository": "https://g.io/a"}}}, "at /a there must be one of"),
        ({"/a": {"emptyDir": {}, "EMPTYDIR": {}}}, "at /a, 'emptyDir' is given twice"),
        ({"/a": {"emptyDir": {}, "readOnly": "yes"}}, "at /a, readOnly must be true or false."),
        ({"/a": {"azureFile": {"shareName": "in"}}}, "azureFile must have shareName, storageAccountKey, storageAccou"),
        ({"/a": {"azureFile": {**SHARE, "extra": 1}}}, "azureFile must have shareName"),
        ({"/a": {"azureFile": {**SHARE, "readOnly": 1}}}, "at /a, readOnly must be true or false."),
        ({"/a": {"azureFile": {**SHARE, "shareName": "../x"}}}, "at /a, shareName must have 1 to 63 letters"),
        (
            {"/a": {"azureFile": {**SHARE, "storageAccountKey": "a2V5"}}},
            "at /a, storageAccountKey, this text is no refe",
        ),
        ({"/a": {"azureFile": {**SHARE, "storageAccountKey": 5}}}, "at /a, storageAccountKey, this text is no refe"),
        ({"/a": {"secret": {"token": "aHVzaA=="}}}, "at /a, token, this text is no reference"),
        ({"/a": {"secret": {"..": KEY}}}, "at /a, a secret's file must be named with"),
        ({f"/{n}": {"emptyDir": {}} for n in range(21)}, "it names 21 volumes, and ACI allows 20 in a group."),
    ],
)
def test_a_volume_that_cannot_be_is_refused_with_the_rule(typed: object, sentence: str) -> None:
    job = read(typed)
    assert isinstance(job, Faulty)
    (fault,) = job.faults
    assert fault.startswith("Volumes is refused: ")
    assert sentence in fault


def test_the_fault_of_each_volume_is_told() -> None:
    job = read({"/a": {}, "b": {"emptyDir": {}}, "/c": {"secret": {"x": "y"}}})
    assert isinstance(job, Faulty)
    assert len(job.faults) == 3


def test_the_code_of_a_repository_has_its_own_place_and_counts() -> None:
    code: dict[str, Any] = {"GitRepo": "https://g.io/a.git"}
    taken, many = (
        read({"/code/": {"emptyDir": {}}}, **code),
        read({f"/{n}": {"emptyDir": {}} for n in range(20)}, **code),
    )
    assert isinstance(taken, Faulty)
    assert isinstance(many, Faulty)
    assert taken.faults == (
        "Volumes has /code and GitRepo is 'https://g.io/a.git': its code is mounted there; choose another path.",
    )
    assert "Volumes names 20 and GitRepo is" in many.faults[0]
    assert isinstance(read({f"/{n}": {"emptyDir": {}} for n in range(19)}, **code), Job)
