"""Where logs are kept, in the world of stories and in Azurite alike."""

from collections.abc import Callable

import pytest
from azure.storage.blob import ContainerClient

from scheduler.cloud.logs import AzureLogs
from scheduler.settings import Settings
from tests.servers import Azurite
from tests.world import Journal, MemoryLogs

NAME = "weather/extract/ct-weather-1.log"


def test_the_world_keeps_the_last_of_two_logs_of_one_name() -> None:
    logs = MemoryLogs(Journal())
    logs.write(NAME, b"first")
    logs.write(NAME, b"second")
    assert logs.blobs == {NAME: b"second"}


@pytest.mark.azurite
def test_azurite_keeps_the_last_of_two_logs_of_one_name_as_plain_text(
    azurite: Azurite, fresh: Callable[[str], str]
) -> None:
    settings = Settings(connection=azurite.connection, logs_container=fresh("logs"))
    logs = AzureLogs(settings)
    logs.write(NAME, b"a longer first")
    logs.write(NAME, "zweite, fünf".encode())
    logs.close()
    with ContainerClient.from_connection_string(azurite.connection, settings.logs_container) as container:
        blob = container.download_blob(NAME)
        assert blob.readall().decode() == "zweite, fünf"
        assert blob.properties.content_settings.content_type == "text/plain; charset=utf-8"
