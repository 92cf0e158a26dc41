"""What cannot stand beside what: the row is told which two columns, and what to do."""

import json
from typing import Any

import pytest

from scheduler.columns.clash import MADE
from scheduler.job import Faulty, Job
from scheduler.row import Row

IMAGE = {"Image": "registry.example/weather:1"}
SUBNET = "/subscriptions/1/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/jobs"
TOKEN = "https://weather.vault.azure.net/secrets/token"
SIDE = {"name": "side", "properties": {"image": "ours.io/a", "resources": {"requests": {"cpu": 1, "memoryInGB": 1}}}}


def read(cells: dict[str, Any]) -> Job | Faulty:
    return Job.from_row(Row("weather", "extract", cells))


SENTENCES = [
    (
        "Overlap is 'Allow' and Watermark is '7': runs beside each other cannot share a watermark; "
        "empty it, or let Overlap be skip, wait or replace."
    ),
    (
        "CatchUp is 'all' and Overlap is 'replace': each missed run would be ended by the next; "
        "let Overlap be skip or wait, or CatchUp latest."
    ),
    (
        f"Spot is 'True' and Subnet is '{SUBNET[:60]}…': ACI puts no Spot group in a subnet; "
        "empty one, or let Subnet be none."
    ),
    "GitRevision is 'main' and GitRepo is empty: it must say of which repository.",
    "Env and SecureEnv both set A, B: leave it in one.",
    "Env sets B to a reference to Key Vault, which only SecureEnv reads: move it there.",
    (
        "Registry is 'ours.io' and Image is 'registry.example/weather:1': no image comes from there; "
        "let Image begin with ours.io/, or Registry be none."
    ),
    (
        "Overlap is 'allow' and ContainerGroup is 'nightly': one group runs once at a time; "
        "let Overlap be skip, wait or replace."
    ),
]
CELLS: list[dict[str, Any]] = [
    IMAGE | {"Overlap": "Allow", "Watermark": 7},
    IMAGE | {"CatchUp": "all", "Overlap": "replace"},
    IMAGE | {"Spot": True, "Subnet": SUBNET},
    IMAGE | {"GitRevision": "main"},
    IMAGE | {"Env": "A=1\nB=2\nC=3", "SecureEnv": f"B={TOKEN}\nA={TOKEN}"},
    IMAGE | {"Env": "A=1\nB=@Microsoft.KeyVault(VaultName=weather;SecretName=token)"},
    IMAGE | {"Registry": "ours.io"},
    {"ContainerGroup": "nightly", "Overlap": "allow"},
]


@pytest.mark.parametrize(("cells", "sentence"), list(zip(CELLS, SENTENCES, strict=True)))
def test_two_columns_that_contradict_each_other_are_both_named(cells: dict[str, Any], sentence: str) -> None:
    job = read(cells)
    assert isinstance(job, Faulty)
    assert job.faults == (sentence,)


@pytest.mark.parametrize("column", MADE)
def test_an_existing_group_takes_no_column_that_only_a_made_one_has(column: str) -> None:
    job = read({"ContainerGroup": "nightly", column: "x"})
    assert isinstance(job, Faulty)
    assert any(
        one.startswith(f"{column} is ") and one.endswith("an existing ContainerGroup has its own; leave it empty.")
        for one in job.faults
    )


@pytest.mark.parametrize(
    "cells",
    [
        {"Overlap": "allow", "Watermark": " "},
        {"Overlap": "wait", "Watermark": "7"},
        {"Overlap": "replace", "CatchUp": "none"},
        {"Overlap": "wait", "CatchUp": "all"},
        {"Spot": True, "Subnet": "none"},
        {"Spot": False, "Subnet": SUBNET},
        {"GitRepo": "https://g.io/a", "GitRevision": "main"},
        {"Env": "A=1", "SecureEnv": f"B={TOKEN}"},
        {"Registry": "Registry.Example"},
        {"Registry": "none"},
        {"Registry": "ours.io", "Spec": json.dumps({"containers": [SIDE]})},
        {"MaxOverlap": 5},
        {"Overlap": "wait", "ContainerGroup": "nightly", "Image": ""},
    ],
)
def test_what_goes_together_is_a_job(cells: dict[str, Any]) -> None:
    assert isinstance(read(IMAGE | cells), Job)
