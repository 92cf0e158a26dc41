"""The weather image on its whole way: pushed, deployed into its row by digest, run as a job, and rolled back."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aci_emulator.tokens import client_id
from scheduler.settings import Settings
from tests.images.base import docker
from tests.images.folder import ADDRESS, NAME, Folder
from tests.images.shelf import Shelf, digest
from tests.servers import Azurite, emulator
from tests.test_whole_life import Place, _blob, succeeded

pytestmark = [pytest.mark.azurite, pytest.mark.timeout(600)]

JOB = ("weather", "extract")
IDENTITY = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/jobs"

ENV = {"WEATHER_SOURCE": "data/seattle-weather.csv", "WEATHER_STORE": "/store", "AZURE_CLIENT_ID": client_id(IDENTITY)}
ROW = {
    "Image": "weather:old",
    "Command": "python /app/entry.py python -m weather extract",
    "Env": json.dumps(ENV),
    "Identity": IDENTITY,
    "Volumes": json.dumps({"/store": {"emptyDir": {}}}),
}


@pytest.fixture
def place(azurite: Azurite, fresh: Callable[[str], str], tmp_path: Path) -> Iterator[Place]:
    """An installation whose container groups are real containers, and whose identities answer late."""
    with emulator(tmp_path, {}, "--runtime", "docker", "--identity-delay", "0.5") as url:
        made = Place(
            Settings(
                connection=azurite.connection,
                jobs_table=fresh("Jobs"),
                runs_table=fresh("Runs"),
                logs_container=fresh("logs").lower(),
                subscription="11111111-2222-3333-4444-555555555555",
                resource_group=fresh("images"),
                location="westeurope",
                arm_endpoint=url,
                installation=fresh("images"),
            )
        )
        yield made
        made.world.pool.shutdown()


def pushed(folder: Folder, registry: Shelf) -> str:
    """Push the image; gives its name by digest."""
    folder.make("push", "TAG=one", f"REGISTRY={registry.host}", environment=ADDRESS)
    return (folder.place / ".pushed").read_text().strip()


def test_a_pushed_image_is_deployed_by_digest_runs_as_a_job_and_is_rolled_back(
    built: Folder, registry: Shelf, place: Place
) -> None:
    image = pushed(built, registry)
    assert image == f"{registry.host}/{NAME}@{digest(registry.manifests[f'{NAME}:one'])}"
    place.add(JOB, **ROW)
    person = {
        "AzureWebJobsStorage": place.settings.connection,
        "JOBS_TABLE": place.settings.jobs_table,
        "RUNS_TABLE": place.settings.runs_table,
    }

    assert f"weather/extract: weather:old -> {image}" in built.make("deploy", environment=person).stdout
    assert f"runs {image} already" in built.make("deploy", environment=person).stdout
    row = place.row(JOB)
    assert (row["Image"], row["PreviousImage"]) == (image, "weather:old")

    for told, answered in (("", "2012-01-30"), ("2012-01-30", "2012-02-29")):
        place.set(JOB, Request="run")
        place.tick()
        row = place.until(succeeded, JOB)
        run = place.runs(JOB)[-1]
        assert (run["WatermarkFrom"], run["WatermarkTo"], row["Watermark"]) == (told, answered, answered)
        assert "entry: the identity gave a token, at try" in _blob(place, str(run["Log"]))

    assert f"weather/extract: {image} -> weather:old" in built.make("rollback", environment=person).stdout
    assert place.row(JOB)["PreviousImage"] == image
    docker("rmi", image)
