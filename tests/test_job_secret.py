"""Secrets stand in Key Vault: a row holds references to them, and no sentence repeats what stands where one should."""

import json
from typing import Any

import pytest

from scheduler.job import Faulty, Job
from scheduler.row import Row
from scheduler.watermark import TOLD

IMAGE = {"Image": "registry.example/weather:1"}
TOKEN = "https://weather.vault.azure.net/secrets/token"
KEY = "@Microsoft.KeyVault(VaultName=weather;SecretName=storage-key)"
HUSH = "hunter2-hunter2"


def good(**cells: Any) -> Job:
    job = Job.from_row(Row("weather", "extract", IMAGE | cells))
    assert isinstance(job, Job), job
    return job


def faults(**cells: Any) -> tuple[str, ...]:
    job = Job.from_row(Row("weather", "extract", IMAGE | cells))
    assert isinstance(job, Faulty), job
    return job.faults


@pytest.mark.parametrize("typed", [json.dumps({"TOKEN": TOKEN, "KEY": f" {KEY} "}), f"TOKEN={TOKEN}\nKEY={KEY}"])
def test_secure_env_holds_references_as_they_were_typed(typed: str) -> None:
    assert good(SecureEnv=typed).secure_env == (("TOKEN", TOKEN), ("KEY", KEY))


def test_every_reference_of_a_row_is_named_once() -> None:
    share = {"shareName": "in", "storageAccountName": "acct", "storageAccountKey": KEY}
    side: dict[str, Any] = {"image": "side", "resources": {"requests": {"cpu": 1, "memoryInGB": 1}}}
    side["environmentVariables"] = [{"name": "A", "secureValue": TOKEN + "2"}, {"name": "B", "secureValue": HUSH}]
    columns = {
        "SecureEnv": json.dumps({"A": TOKEN, "B": TOKEN}),
        "Volumes": json.dumps({"/in": {"azureFile": share}, "/keys": {"secret": {"token": TOKEN}}}),
        "Spec": json.dumps({"containers": [{"name": "side", "properties": side}]}),
    }
    assert good(**columns).references == (TOKEN, KEY, TOKEN + "2")
    alone = [good(**{name: typed}).references for name, typed in columns.items()]
    assert alone == [(TOKEN,), (KEY, TOKEN), (TOKEN + "2",)]
    assert good().references == ()


@pytest.mark.parametrize("name", TOLD)
def test_secure_env_may_not_set_what_the_scheduler_tells_the_run(name: str) -> None:
    (fault,) = faults(SecureEnv=f"{name}={TOKEN}")
    assert fault.startswith("SecureEnv is refused: the scheduler tells the run")


@pytest.mark.parametrize("typed", [HUSH, f"2X={HUSH}", f'{{"A": "{HUSH}"', f'["{HUSH}"]', f"A={HUSH * 2000}"])
@pytest.mark.parametrize("column", ["SecureEnv", "Volumes", "Spec"])
def test_what_stands_where_a_reference_should_is_never_repeated(column: str, typed: str) -> None:
    told = faults(**{column: typed})
    assert told
    assert all(one.startswith(f"{column} is refused: ") and HUSH not in one for one in told)


def test_each_value_that_is_no_reference_is_named_by_its_variable() -> None:
    told = faults(SecureEnv=json.dumps({"TOKEN": HUSH, "KEY": KEY, "OTHER": "https://example.org/secrets/x"}))
    assert [one.partition(",")[0] for one in told] == [
        "SecureEnv is refused: at TOKEN",
        "SecureEnv is refused: at OTHER",
    ]
    assert "this text is no reference to a secret in Key Vault: it must be https://VAULT" in told[0]
    assert HUSH not in str(told)


@pytest.mark.parametrize(
    "typed", [f"https://robot:{HUSH}@g.io/a.git", f"https://{HUSH}@g.io/a@b.git", f"HTTP://x:{HUSH}@g.io/a?b=/c@d"]
)
def test_a_password_in_the_address_of_a_repository_is_refused_and_not_repeated(typed: str) -> None:
    (fault,) = faults(GitRepo=typed)
    assert fault.startswith("GitRepo is refused: the repository has something before an @: it must be like https://")
    assert HUSH not in fault


def test_a_secret_that_a_person_put_into_spec_is_not_shown_with_the_job() -> None:
    job = good(Spec=json.dumps({"imageRegistryCredentials": [{"server": "s", "username": "u", "password": HUSH}]}))
    assert HUSH not in repr(job)
