"""A long log, read in steps of a container that runs, and kept in parts: in the world of stories and for real."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.blob import ContainerClient

from scheduler.cloud.logs import AzureLogs
from scheduler.kept import Kept
from scheduler.ports import Logs
from scheduler.settings import Settings
from scheduler.transcript import splice
from scheduler.view import View
from tests.contract.conftest import BURSTS, Stage
from tests.contract.test_groups import body, ended
from tests.printing import joins
from tests.servers import Azurite
from tests.world import Journal, MemoryLogs

NAME = "weather/extract/ct-a.log"


def step(stage: Stage, logs: Logs, now: datetime, *, final: bool = False) -> Kept:
    """Read once, and keep what is new."""
    note, etag = logs.note(NAME)
    reading = stage.groups.log("ct-a", "job", timestamps=True)
    kept, text = splice(Kept.from_note(note), reading, now, final=final)
    if text:
        logs.write(NAME, text, kept.parts - 1, note=kept.note, etag=etag)
    return kept


def followed(stage: Stage, logs: Logs) -> Kept:
    """Read as often as one looks, until the container has ended."""
    clock = [datetime(2026, 11, 22, 9, tzinfo=UTC)]

    def looked(view: View) -> bool:
        clock[0] += timedelta(minutes=1)
        if view.current.state == "Running":
            step(stage, logs, clock[0])
        return ended(view)

    stage.groups.create("ct-a", body("bursts"))
    stage.until("ct-a", looked)
    return step(stage, logs, clock[0], final=True)


def test_a_log_read_in_steps_is_whole_or_says_what_is_missing(stage: Stage) -> None:
    logs = MemoryLogs(Journal())
    kept = followed(stage, logs)
    marked = joins(logs.blobs[NAME], "".join(BURSTS).encode())
    assert kept.cut is (marked > 0)
    assert logs.blobs[NAME].endswith(BURSTS[-1].encode()[-10_000:])


@pytest.mark.azurite
def test_its_parts_make_one_blob(stage: Stage, azurite: Azurite, fresh: Callable[[str], str]) -> None:
    settings = Settings(connection=azurite.connection, logs_container=fresh("logs"))
    logs = AzureLogs(settings)
    kept = followed(stage, logs)
    assert Kept.from_note(logs.note(NAME)[0]).parts == kept.parts
    logs.close()
    with ContainerClient.from_connection_string(azurite.connection, settings.logs_container) as container:
        whole = container.download_blob(NAME).readall()
    assert kept.cut is (joins(whole, "".join(BURSTS).encode()) > 0)
