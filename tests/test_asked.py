"""What a run asks of ACI, as people may see it: whole, and without any secret's value."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduler.arm import HIDDEN, SECRETS
from scheduler.asked import MOST_KEPT, asked, kept
from scheduler.covered import unhidden
from scheduler.job import Job
from scheduler.row import Row, Value
from scheduler.run import Run
from scheduler.spec import body
from tests.world import World, minutes
from tests.world.story import SETTINGS

DUE = datetime(2026, 11, 22, 9, tzinfo=UTC)
REFERENCE = "https://contoso.vault.azure.net/secrets/token"
RUN = Run(
    ("weather", "extract"), DUE, 1, "schedule", "ct-1", "ct-1", "tick", DUE, DUE, timedelta(hours=1),
    timedelta(minutes=15), location="northeurope", watermark="monday", commit="c0ffee",
)  # fmt: skip

_OBJECTS = {"protectedsettings", "secret"}


def job(**columns: Value) -> Job:
    read = Job.from_row(Row("weather", "extract", {"Schedule": "@daily", "Image": "extract:1", **columns}))
    assert isinstance(read, Job), read
    return read


def spec(**properties: Any) -> str:
    return json.dumps({"properties": properties})


def test_it_is_the_body_that_is_sent_with_references_in_place_of_secrets() -> None:
    one = job(SecureEnv=f"TOKEN={REFERENCE}", Env="CITY=Oslo", Cpu=2)
    shown = asked(one, RUN, SETTINGS)
    sent = body(one, RUN, SETTINGS, location=RUN.location, secrets={REFERENCE: "hunter2"}, commit=RUN.commit)
    assert json.loads(json.dumps(shown).replace(REFERENCE, "hunter2")) == json.loads(json.dumps(sent))


def test_what_a_person_typed_as_a_secret_is_stars() -> None:
    typed = spec(
        imageRegistryCredentials=[{"server": "r.io", "username": "me", "password": "open-sesame"}],
        volumes=[{"name": "keys", "secret": {"key.pem": "b3Blbi1zZXNhbWU="}}],
        extensions=[{"name": "x", "properties": {"extensionType": "y", "protectedSettings": {"a": "open-sesame"}}}],
    )
    text = kept(replace(job(), spec=json.loads(typed)), RUN, SETTINGS)
    assert "open-sesame" not in text
    assert "b3Blbi1zZXNhbWU" not in text
    assert text.count("***") == 3
    assert '"username":"me"' in text


def test_a_secret_is_stars_wherever_else_it_was_typed() -> None:
    typed = spec(
        imageRegistryCredentials=[{"server": "r.io", "username": "me", "password": "open-sesame"}],
        volumes=[{"name": "code", "gitRepo": {"repository": "https://me:open-token@example.org/code.git"}}],
    )
    one = replace(job(Command='["login", "--password=open-sesame"]'), spec=json.loads(typed))
    text = kept(one, RUN, SETTINGS)
    assert "open-" not in text
    assert '"--password=***"' in text


@pytest.mark.parametrize(
    "name", [*SECRETS, *HIDDEN, "secret", "repository", "PassWord", "PROTECTEDsettings", "pa\u017fsword"]
)
def test_a_secret_is_looked_for_in_whatever_case_its_name_is_written(name: str) -> None:
    login = "https://me:open-sesame@example.org/code.git"
    typed = {"properties": {"novelty": {name: {"file": login} if name.lower() in _OBJECTS else login}}}
    assert not unhidden(json.dumps(typed))
    assert "open-sesame" not in kept(replace(job(), spec=typed), RUN, SETTINGS)


def test_a_plain_body_is_kept_as_it_would_be_shown() -> None:
    one = job(Env="CITY=Troms\u00f8\nMODE=full", Command='["extract", "--all"]', Cpu=2)
    assert json.loads(kept(one, RUN, SETTINGS)) == asked(one, RUN, SETTINGS)
    plain = job(Command='["extract"]')
    text = kept(plain, RUN, SETTINGS)
    assert unhidden(text)
    assert json.loads(text) == asked(plain, RUN, SETTINGS)


def test_one_that_is_too_long_is_not_kept() -> None:
    assert kept(job(Env=f"A={'x' * MOST_KEPT}"), RUN, SETTINGS) == ""


def test_it_is_kept_with_the_run_and_stays_when_the_row_is_edited() -> None:
    place = World("08:55")
    place.secrets.put(REFERENCE, "hunter2hunter2")
    place.add("weather/extract", Schedule="0 9 * * *", Image="extract:1", SecureEnv=f"TOKEN={REFERENCE}")
    place.groups.provision("nightly", "report")
    place.add("weather/report", Schedule="0 9 * * *", ContainerGroup="nightly")
    place.ticks(*minutes("08:56", "09:03"))
    place.edit("weather/extract", Image="extract:2")
    (row,) = place.runs("weather/extract")
    assert row.columns["State"] == "Succeeded"
    container = json.loads(str(row.columns["Container"]))
    assert container["properties"]["containers"][0]["properties"]["image"] == "extract:1"
    assert REFERENCE in json.dumps(container)
    assert "hunter2" not in json.dumps(row.columns, default=str)
    assert "Container" not in place.runs("weather/report")[0].columns


def test_a_secret_of_one_digit_breaks_no_number_and_no_name() -> None:
    typed = spec(imageRegistryCredentials=[{"server": "r.io", "username": "me", "password": "1"}])
    shown = asked(replace(job(Cpu=1, Command='["say", "2 and 1"]'), spec=json.loads(typed)), RUN, SETTINGS)
    inside = shown["properties"]["containers"][0]["properties"]
    assert inside["resources"]["requests"]["cpu"] == 1
    assert inside["command"] == ["say", "2 and ***"]
